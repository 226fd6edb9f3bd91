"""All limits at once against every plan, for both engines; each limit's own small case."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sarhad.plan import PlanSpec, optimise
from sarhad.plan.limits import SecurityFloor
from sarhad.plan.rows import start_rows
from sarhad.plan.store import starts
from tests.plan.games import best_value
from tests.plan.rich import every_rich_plan, keeps_all, rich_game
from tests.plan.test_engines import ENGINES

SEEDS = range(6)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", SEEDS)
def test_with_all_limits_on_the_plan_is_the_best_of_all_plans(seed, engine):
    game, terms = rich_game(seed)
    every = every_rich_plan(game, terms)
    found = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1, engine=engine)
    if not every:
        assert found.status == "infeasible"
        return
    assert found.status == "optimal"
    assert found.value + found.constant == pytest.approx(best_value(game, terms, every), rel=2e-6)
    assert keeps_all(game, terms, starts(terms, found.plan_items))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_search_of_large_programmes_keeps_all_limits_and_its_bound_holds(seed, monkeypatch):
    monkeypatch.setattr("sarhad.plan.search.is_small", lambda *_: False)
    game, terms = rich_game(seed)
    best = best_value(game, terms, every_rich_plan(game, terms))
    found = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1, work_limit=3)
    assert found.status in ("optimal", "feasible")
    assert keeps_all(game, terms, starts(terms, found.plan_items))
    assert found.bound + found.constant <= best * (1 + 1e-9) <= (found.value + found.constant) * (1 + 2e-9)


def test_the_payments_keep_every_supply_and_add_up():
    game, terms = rich_game(0)
    found = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1)
    paid = found.funding.groupby("item_id")["usd"].sum()
    cost = found.plan_items.set_index("item_id")["cost_usd"]
    assert paid.to_dict() == cost[cost > 0].to_dict()
    in_kind = found.funding[found.funding["kind"].str.endswith("_in_kind")]
    assert in_kind["usd"].sum() <= terms.tied.usd[1]
    assert set(in_kind["partner_id"]) <= {"P1"}


def test_a_conflict_is_named_and_nothing_in_it_is_idle():
    # Item I02 needs one of the crews of the only open quarter, which the lock of I01 takes; the money is no trouble.
    game, terms = rich_game(0)
    shape = terms.n_items, terms.n_quarters
    crew = np.zeros(shape)
    crew[[1, 2]] = 1.0
    rows = start_rows(shape, [("one crew", crew, 1.0), ("a spare limit", crew, 5.0)])
    free = dataclasses.replace(
        terms, rows=rows, tied=None, works=None, may_pause=None, packages=(), former=None, floors=(),
        budget_usd=terms.budget_usd + 1000, build_quarters=np.zeros_like(terms.build_quarters),
        exclusive=(), requires=((),) * terms.n_items,
    )  # fmt: skip
    found = optimise(game, free, PlanSpec(lock_in={"I01": None, "I02": None}), time_limit_s=20, seed=1)
    assert found.status == "infeasible"
    assert found.notices == ("these limits conflict: I01 is locked in; I02 is locked in; one crew",)


def test_a_floor_that_nothing_can_meet_is_named():
    game, terms = rich_game(0)
    hard = dataclasses.replace(terms, floors=(SecurityFloor("goods: at most 0.1 %", "goods", "", 0.001),))
    found = optimise(game, hard, PlanSpec(), time_limit_s=20, seed=1)
    assert found.status == "infeasible"
    assert found.notices == ("these limits conflict: goods: at most 0.1 %",)


def test_a_floor_is_stated_with_the_plan():
    game, terms = rich_game(0)
    found = optimise(game, terms, PlanSpec(), time_limit_s=20, seed=1)
    said = [n for n in found.notices if n.startswith("goods: at most 90 %")]
    assert len(said) == 1
    assert "get through" in said[0]
