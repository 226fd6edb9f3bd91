"""Money: what a start costs when, who pays, and that nobody pays more than there is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from sarhad.errors import SpecError
from sarhad.plan import PlanSpec, optimise
from sarhad.plan.money import demand, funding, hall_rows, outlays, pay, purse
from tests.plan.games import instance, limits, random_game


def test_capital_is_spread_over_the_build_and_upkeep_follows_from_operation():
    # 100 usd over 3 quarters from the 2nd on: 33 in 2025 (1 quarter), 67 in 2026; upkeep 10 a year for 1 quarter.
    terms = limits([100], [[500, 500, 500]], quarters=6, build=[3], annual=[10], tail_years=1.5)
    out = outlays(terms)
    assert out.capital[0, 1].tolist() == [33, 67, 0, 0, 0]
    assert out.upkeep[0, 1].tolist() == [0, 0, 5, 10, 5]


def test_supply_and_swaps_pay_what_greedy_filling_cannot():
    # Need 0 may be paid by both supplies, need 1 by the first alone: the first must give way.
    flow, lacking = pay(np.array([10, 10]), np.array([10, 10]), np.array([[True, True], [True, False]]))
    assert not lacking.any()
    assert flow.tolist() == [[0, 10], [10, 0]]


def test_money_that_does_not_reach_is_named_by_the_needs_it_fails():
    _, lacking = pay(np.array([10, 50]), np.array([11, 20]), np.array([[True, False], [False, True]]))
    assert lacking.tolist() == [True, False]


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_payments_agree_with_a_linear_programme(seed):
    rng = np.random.default_rng(seed)
    supply, need = rng.integers(0, 30, 4), rng.integers(0, 20, 5)
    is_open = rng.random((4, 5)) < 0.5
    pairs = np.argwhere(is_open)
    by_supply = (np.arange(4)[:, None] == pairs[:, 0]).astype(float)
    by_need = (np.arange(5)[:, None] == pairs[:, 1]).astype(float)
    best = linprog(-np.ones(len(pairs)), np.vstack([by_supply, by_need]), np.concatenate([supply, need]))
    flow, lacking = pay(supply, need, is_open)
    assert lacking.any() == (round(-best.fun) < need.sum())
    assert (flow.sum(axis=1) <= supply).all()
    if not lacking.any():
        assert (flow.sum(axis=0) == need).all()
    else:
        assert need[lacking].sum() > supply[is_open[:, lacking].any(axis=1)].sum()


@given(st.integers(0, 200))
@settings(max_examples=10, deadline=None)
def test_funding_adds_up_and_no_partner_pays_more_than_it_has(seed):
    game, terms = random_game(seed, n_items=8)
    found = optimise(game, terms, PlanSpec(), time_limit_s=30, seed=seed, work_limit=1)
    rows, cost = found.funding, outlays(terms)
    by_item = rows.groupby("item_id")["usd"].sum()
    for row in found.plan_items.itertuples():
        assert by_item.get(row.item_id, 0) == row.cost_usd
    paid = rows.groupby(["partner_id", "year"])["usd"].sum()
    for number, partner in enumerate(terms.partners):
        spent = np.array([paid.get((partner, year), 0) for year in terms.years])
        has = terms.budget_usd[number]
        for first in range(len(terms.years)):
            last = first
            while terms.carries_over[number, last]:
                last += 1
            assert spent[: last + 1].sum() <= has[: last + 1].sum()
    eligible = {
        (p, k) for k in range(len(terms.payers)) for n, p in enumerate(terms.partners) if terms.payers[k, n]
    }
    item_class = dict(zip(terms.item_ids, terms.item_class.tolist(), strict=True))
    assert all((row.partner_id, item_class[row.item_id]) in eligible for row in rows.itertuples())
    assert (rows["usd"] > 0).all()
    assert cost.total.min() >= 0


def test_upkeep_of_the_tail_keeps_to_the_money_of_the_tail():
    terms = limits([10, 10], [[100]], quarters=1, annual=[8, 8], tail_years=2)
    money = terms.budget_usd.copy()
    money[:, 1:] = [[9, 9]]
    terms = dataclasses.replace(terms, budget_usd=money, is_tail_paid=True)
    game = instance([(0, 1)], [[0.5], [0.5]], [(0, 1, 10.0)])
    found = optimise(game, terms, PlanSpec(), time_limit_s=30, seed=1)
    assert len(found.plan_items) == 1
    assert funding(terms, np.array([0, -1]))["usd"].sum() == 10 + 2 + 8 + 8


def test_rows_watched_from_the_start_are_valid():
    _, terms = random_game(1)
    source, rows = purse(terms), hall_rows(terms)
    need = demand(terms, outlays(terms).total, np.zeros(terms.n_items, dtype=np.int64))
    room = source.cover(rows)
    _, lacking = pay(source.supply, need, source.is_open)
    assert lacking.any() or (rows @ need <= room).all()


def test_a_budget_below_every_item_means_do_nothing_with_a_notice():
    game = instance([(0, 1)], [[0.5]], [(0, 1, 10.0)])
    found = optimise(game, limits([50], [[49]], quarters=1), PlanSpec(), time_limit_s=30, seed=1)
    assert found.plan_items.empty
    assert found.status == "optimal"
    assert (
        "nothing is built: no item that lowers the value fits the money of its years, tail included (the cheapest costs 50 usd)"
        in found.notices
    )


def test_without_any_money_nothing_is_built_and_the_notice_says_so():
    game = instance([(0, 1)], [[0.5]], [(0, 1, 10.0)])
    for budget in ([[0]], np.zeros((0, 1))):
        found = optimise(game, limits([50], budget, quarters=1), PlanSpec(), time_limit_s=30, seed=1)
        assert (found.status, found.plan_items.empty) == ("optimal", True)
        notice = "nothing is built: no partner has money that may pay for any of the items"
        assert notice in found.notices


def test_a_search_without_time_says_that_it_had_none():
    game = instance([(0, 1)], [[0.5]], [(0, 1, 10.0)])
    found = optimise(game, limits([50], [[100]], quarters=1), PlanSpec(), time_limit_s=0, seed=1)
    assert "nothing is built: no time was given to search for a plan" in found.notices


def test_locks_beyond_the_money_are_infeasible_and_say_why():
    game = instance([(0, 1)], [[0.5], [0.5]], [(0, 1, 10.0)])
    spec = PlanSpec(lock_in={"I00": "2025Q1", "I01": "2025Q1"})
    found = optimise(game, limits([50, 60], [[100]], quarters=1), spec, time_limit_s=30, seed=1)
    assert found.status == "infeasible"
    assert found.notices == (
        "the locked items need 110 usd for category 0 in 2025-2025, but P0 may pay only 100 usd for it",
    )


def test_locks_that_exclude_each_other_are_infeasible_and_say_why():
    game = instance([(0, 1)], [[0.5], [0.5]], [(0, 1, 10.0)])
    terms = limits([5, 6], [[100]], quarters=1, exclusive=((0, 1),))
    found = optimise(game, terms, PlanSpec(lock_in={"I00": None, "I01": None}), time_limit_s=30, seed=1)
    assert found.status == "infeasible"
    assert found.notices == ("I00 and I01 are locked in, but exclude each other",)


def test_time_limit_zero_returns_the_former_plan_with_a_bound():
    game = instance([(0, 1)], [[0.5], [0.7]], [(0, 1, 10.0)])
    terms = limits([5, 6], [[100]], quarters=1)
    found = optimise(game, terms, PlanSpec(warm_start={"I00": "2025Q1"}), time_limit_s=0, seed=1)
    assert list(found.plan_items["item_id"]) == ["I00"]
    assert found.stopped == "time"
    assert found.bound == pytest.approx(found.value_with_everything)


def test_stopping_keeps_the_best_plan():
    game, terms = random_game(2)
    found = optimise(game, terms, PlanSpec(), time_limit_s=30, seed=1, on_progress=lambda _: False)
    assert found.stopped == "interrupt"
    assert found.value <= found.value_without_plan


def test_unknown_locks_are_refused():
    game, terms = random_game(2)
    with pytest.raises(SpecError, match=r"1 locked items do not exist: X\. Name items of the table item\."):
        optimise(game, terms, PlanSpec(lock_out=frozenset({"X"})), time_limit_s=1, seed=1)
    with pytest.raises(SpecError, match=r"I00: 2031Q1 is no quarter of the horizon"):
        optimise(game, terms, PlanSpec(lock_in={"I00": "2031Q1"}), time_limit_s=1, seed=1)
