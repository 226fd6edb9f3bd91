"""All limits at once against every plan, for both engines; each limit's own small case."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sarhad.detection import Instance
from sarhad.errors import DataError, SpecError
from sarhad.plan import PlanSpec, Terms, explain, money_prices, optimise
from sarhad.plan.frontier import scaled
from sarhad.plan.limits import SecurityFloor, Tied, under_construction
from sarhad.plan.rows import Package, start_rows
from sarhad.plan.store import starts
from tests.plan.games import best_value, instance, limits
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


def five_items() -> tuple[Instance, Terms]:
    """Return the example of docs/models/plan.md: one way, four quarters, one crew, a winter, a gift, a bundle, a floor."""
    game = instance([(0, 1)], [[1.0], [0.8], [0.6], [0.5], [0.5]], [(0, 1, 100.0)])
    plain = limits(
        [60, 40, 40, 30, 30], [[70], [0]], quarters=4, build=[1] * 5, tail_years=0.75,
        classes=[0, 0, 1, 0, 0], payers=[[True, True], [True, True]],
    )  # fmt: skip
    works = np.ones((5, 4), dtype=bool)
    works[:, 0] = False
    gift = Tied(
        partner=np.array([1]), year=np.array([0]), first=np.array([0]), last=np.array([0]), usd=np.array([40]),
        is_in_kind=np.array([True]), pays=np.array([[False], [True]]),
    )  # fmt: skip
    closed = dataclasses.replace(plain, works=works, may_pause=np.zeros(5, dtype=bool), tied=gift)
    crew = [
        (f"one crew in {closed.quarters[q]}", under_construction(closed, q).astype(float), 1.0)
        for q in range(4)
    ]
    return game, dataclasses.replace(
        closed,
        rows=start_rows((5, 4), crew),
        packages=(Package("I03 and I04 belong together", (3, 4), (1.0, 1.0), 2.0),),
        floors=(SecurityFloor("at most 25 % at the end", "goods", "", 0.25),),
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_the_five_items_of_the_model_page(engine):
    # Winter leaves starts in the second and third quarter, the crew one item in each. Pairs: I00 and I01 cost 100 of
    # 70; I03 and I04 let exp(-1) = 37 % through, more than the floor; I00 (60) and I02 (the gift) let exp(-1.6) = 20 %
    # through, I01 and I02 exp(-1.4) = 25 %. The stronger one goes first.
    game, terms = five_items()
    found = optimise(game, terms, PlanSpec(), time_limit_s=20, seed=1, engine=engine)
    assert dict(zip(found.plan_items["item_id"], found.plan_items["operating_quarter"], strict=True)) == {
        "I00": "2025Q3",
        "I02": "2025Q4",
    }
    assert found.value == pytest.approx(
        100 * np.exp(-0.1) * (0.5 + 0.25 * np.exp(-1) + np.exp(-1.6)), rel=1e-9
    )
    assert found.status == "optimal"
    rows = found.funding[["item_id", "partner_id", "kind", "usd"]].to_numpy().tolist()
    assert rows == [["I00", "P0", "capital", 60], ["I02", "P1", "capital_in_kind", 40]]
    assert "at most 25 % at the end: 20.2% get through, at most 25.0% may" in found.notices


def test_the_five_items_without_the_gift_cannot_keep_the_floor():
    game, terms = five_items()
    found = optimise(game, dataclasses.replace(terms, tied=None), PlanSpec(), time_limit_s=20, seed=1)
    assert found.status == "infeasible"
    # For 70 even I01 and I03, without crew, winter and bundle, would let exp(-1.3) = 27 % through; P1 might give more.
    money = [f"{p} gives {usd} usd of free money for 2025" for p, usd in (("P0", 70), ("P1", 0))]
    said = "; ".join([*money, "at most 25 % at the end"])
    assert found.notices == (f"these limits conflict: {said}",)


def test_the_five_items_hold_on_to_a_former_plan_when_one_change_is_allowed():
    game, terms = five_items()
    keep = {"I01": "2025Q2", "I02": "2025Q3"}
    values = []
    for changes in (0, 1, 2):
        spec = PlanSpec(keep=keep, max_changes=changes)
        found = optimise(game, terms, spec, time_limit_s=20, seed=1)
        values.append(found.value)
        chosen = dict(zip(found.plan_items["item_id"], found.plan_items["start_quarter"], strict=True))
        assert (chosen == keep) == (changes < 2)
    assert values[0] == values[1] > values[2]


def test_a_floor_of_a_section_counts_ways_over_it_alone():
    # Two ways; only the second crosses in S1. Item I00 watches the first, item I01 the second.
    plain = instance([(0, 1), (0, 1)], [[2.0, 0.0], [0.0, 1.0]], [(0, 1, 10.0)])
    graph = dataclasses.replace(plain.graph, section=np.array([0, 1]))
    game = dataclasses.replace(plain, graph=graph, sections=("S0", "S1"))
    terms = limits([50, 50], [[50]], quarters=1, tail_years=0.75)
    floor = SecurityFloor("through S1 at most half", "goods", "S1", 0.5)
    found = optimise(game, dataclasses.replace(terms, floors=(floor,)), PlanSpec(), time_limit_s=20, seed=1)
    assert list(found.plan_items["item_id"]) == ["I01"]
    assert "through S1 at most half: 36.8% get through, at most 50.0% may" in found.notices


def test_negative_exposure_and_unknown_floors_are_refused():
    game, terms = five_items()
    wrong = instance([(0, 1)], [[-0.5], [0.8], [0.6], [0.5], [0.5]], [(0, 1, 100.0)])
    with pytest.raises(DataError, match=r"exposure of foot: 1 values are missing or negative: I00"):
        optimise(wrong, terms, PlanSpec(), time_limit_s=1, seed=1)
    strange = dataclasses.replace(terms, floors=(SecurityFloor("floor F", "people", "", 0.5),))
    with pytest.raises(SpecError, match=r"floor F: threat people is not in the value \(it has: goods\)"):
        optimise(game, strange, PlanSpec(), time_limit_s=1, seed=1)


def test_changes_need_a_plan_to_keep():
    game, terms = five_items()
    with pytest.raises(SpecError, match="no plan is named that is to be kept"):
        optimise(game, terms, PlanSpec(max_changes=1), time_limit_s=1, seed=1)
    with pytest.raises(SpecError, match="changes cannot be negative"):
        optimise(game, terms, PlanSpec(keep={"I01": "2025Q2"}, max_changes=-1), time_limit_s=1, seed=1)


def test_explanations_prices_and_frontiers_know_the_limits():
    game, terms = five_items()
    found = optimise(game, terms, PlanSpec(), time_limit_s=20, seed=1)
    why = explain(game, terms, found.plan_items, item="I01")
    assert "one crew in 2025Q2" in why.binds
    prices = money_prices(game, terms, found.plan_items, time_limit_s=5)
    assert prices[["partner_id", "year", "budget_usd", "spent_usd"]].to_numpy().tolist() == [
        ["P0", 2025, 70, 60],
        ["P1", 2025, 40, 40],
    ]
    half = scaled(terms, 0.5)
    assert half.tied is not None
    assert half.tied.usd.tolist() == [20]
