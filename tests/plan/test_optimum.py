"""The plan against brute force, and laws of exact answers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sarhad.detection import Instance
from sarhad.plan import PlanResult, PlanSpec, Terms, optimise
from sarhad.plan.game import changeable
from sarhad.plan.store import starts
from sarhad.plan.whole import Whole
from tests.plan.games import best_value, every_plan, instance, is_feasible, limits, random_game, value_of

SEEDS = range(5)


def plan(game: Instance, terms: Terms, spec: PlanSpec | None = None) -> PlanResult:
    return optimise(game, terms, spec or PlanSpec(), time_limit_s=60, seed=1)


# Two ways 0-1-3 and 0-2-3; item 0 watches the first, item 1 the second: each alone changes nothing, both together
# leave exp(-0.2 - 1). Items 2 and 3 add 0.1 to both ways and are what greedy takes first.
PARALLEL = instance(
    [(0, 1), (0, 2), (1, 3), (2, 3)],
    [[1, 0, 0, 0], [0, 1, 0, 0], [0.1, 0.1, 0, 0], [0, 0, 0.1, 0.1]],
    [(0, 3, 100.0)],
)


def test_two_items_on_parallel_ways_are_found_where_greedy_stalls():
    found = plan(PARALLEL, limits([50, 50, 50, 50], [[100]], quarters=1, tail_years=0.75))
    assert list(found.plan_items["item_id"]) == ["I00", "I01"]
    assert found.value == pytest.approx(100 * np.exp(-1.2), rel=1e-9)
    assert found.status == "optimal"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_is_as_good_as_the_best_of_all_plans(seed):
    game, terms = random_game(seed)
    found = plan(game, terms)
    best = best_value(game, terms, every_plan(terms))
    assert found.status == "optimal"
    assert found.value + found.constant == pytest.approx(best, rel=2e-6)
    assert found.bound + found.constant <= best * (1 + 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rounds", [0, 1])
def test_every_bound_lies_below_every_feasible_value(seed, rounds):
    game, terms = random_game(seed)
    found = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=seed, work_limit=rounds)
    best = best_value(game, terms, every_plan(terms))
    assert found.bound + found.constant <= best * (1 + 1e-9) <= (found.value + found.constant) * (1 + 2e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_value_is_what_the_evaluation_says_and_the_plan_keeps_every_limit(seed):
    game, terms = random_game(seed, n_items=8)
    found = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=seed, work_limit=2)
    start = starts(terms, found.plan_items)
    assert found.value + found.constant == pytest.approx(value_of(game, terms, start), rel=1e-9)
    assert is_feasible(terms, start)


@pytest.mark.parametrize("seed", range(3))
def test_more_money_more_items_and_earlier_starts_are_never_worse(seed):
    game, terms = random_game(seed)
    value = plan(game, terms).value
    richer = dataclasses.replace(terms, budget_usd=terms.budget_usd * 3 // 2)
    later = dataclasses.replace(terms, first_start=1)
    fewer = PlanSpec(lock_out=frozenset({"I00", "I03"}))
    assert plan(game, richer).value <= value * (1 + 2e-6)
    assert plan(game, later).value >= value * (1 - 2e-6)
    assert plan(game, terms, fewer).value >= value * (1 - 2e-6)


def test_renamed_items_give_the_same_value():
    game, terms = random_game(3)
    names = tuple(f"Z{k}" for k in range(terms.n_items))
    exposure = dataclasses.replace(game.exposure, item_ids=names)
    renamed = plan(dataclasses.replace(game, exposure=exposure), dataclasses.replace(terms, item_ids=names))
    assert renamed.value == plan(game, terms).value


def test_permuted_scenarios_give_the_same_plan_to_the_byte():
    game, terms = random_game(4)
    order = np.random.default_rng(0).permutation(game.n_scenarios)
    parts = {
        name: getattr(game, name)[order]
        for name in ("origin", "destination", "mover", "threat", "attempts_per_year")
    }
    ids = tuple(game.scenario_ids[k] for k in order)
    first, second = plan(game, terms), plan(dataclasses.replace(game, scenario_ids=ids, **parts), terms)
    assert first.plan_items.to_csv() == second.plan_items.to_csv()
    assert first.funding.to_csv() == second.funding.to_csv()


def test_same_seed_and_work_give_the_same_bytes():
    game, terms = random_game(5, n_items=8)
    one, two = (optimise(game, terms, PlanSpec(), time_limit_s=60, seed=7, work_limit=2) for _ in range(2))
    assert one.plan_items.to_csv() == two.plan_items.to_csv()
    assert (one.value, one.bound) == (two.value, two.bound)


def test_what_no_item_can_touch_is_left_out_of_all_four():
    game = instance([(0, 1), (2, 3)], [[0.5, 0.0]], [(0, 1, 10.0), (2, 3, 7.0)])
    found = plan(game, limits([50], [[100]], quarters=1, tail_years=0.75))
    assert found.constant == pytest.approx(7 * np.exp(-0.1), rel=1e-12)
    assert found.value_without_plan == pytest.approx(10 * np.exp(-0.1), rel=1e-12)
    assert found.value == pytest.approx(10 * np.exp(-0.6), rel=1e-9)
    assert found.value_with_everything == pytest.approx(found.value, rel=1e-9)


def test_displacement_cancels_an_item():
    # Item 0 closes one of two equal ways: worth nothing, not even its low price; item 1 serves both ways.
    game = instance([(0, 1), (0, 1)], [[3.0, 0.0], [0.2, 0.2]], [(0, 1, 10.0)])
    found = plan(game, limits([10, 50], [[55]], quarters=1, tail_years=0.75))
    assert list(found.plan_items["item_id"]) == ["I01"]


def test_prevention_lowers_all_paths():
    game = instance([(0, 1)], [[0.0]], [(0, 1, 10.0)], prevention=[0.5])
    found = plan(game, limits([10], [[55]], quarters=1, tail_years=0.75))
    assert found.value == pytest.approx(10 * np.exp(-0.6), rel=1e-9)


def test_certain_detection_is_legal():
    game = instance([(0, 1)], [[np.inf]], [(0, 1, 10.0)])
    found = plan(game, limits([10], [[55]], quarters=1, tail_years=0.75))
    assert found.value == 0.0
    assert found.status == "optimal"


def test_points_in_turns_give_the_same_paths(monkeypatch):
    game, _ = random_game(4)
    known, _ = changeable(game)
    points = np.random.default_rng(1).random((7, known.over.n))
    whole = known.paths(points), known.pricer.distances(points)
    monkeypatch.setattr("sarhad.plan.pricing.LENGTHS", 1.0)
    parts = known.paths(points), known.pricer.distances(points)
    assert (whole[1] == parts[1]).all()
    assert (whole[0][0] == parts[0][0]).all()
    for field in dataclasses.fields(whole[0][1]):
        assert (getattr(whole[0][1], field.name) == getattr(parts[0][1], field.name)).all()


@pytest.mark.parametrize("limit", [1, 2])
def test_the_work_limit_holds_for_whole_starts_too(limit, monkeypatch):
    game, terms = random_game(3, n_items=8)
    solved = []
    monkeypatch.setattr("sarhad.plan.run.Run.is_open", lambda run: True)
    whole = Whole.whole
    monkeypatch.setattr(Whole, "whole", lambda *args: solved.append(1) or whole(*args))
    optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1, work_limit=limit)
    assert len(solved) == limit


@pytest.mark.parametrize("seed", SEEDS)
def test_a_former_plan_that_keeps_every_limit_stays_as_it_is_until_a_better_one_is_found(seed):
    game, terms = random_game(seed, n_items=5)
    feasible = [start for start in every_plan(terms) if is_feasible(terms, start) and (start >= 0).any()]
    former = feasible[len(feasible) // 2]
    dated = {terms.item_ids[i]: terms.quarters[former[i]] for i in np.flatnonzero(former >= 0)}
    found = optimise(game, terms, PlanSpec(warm_start=dated), time_limit_s=0, seed=1)
    assert (starts(terms, found.plan_items) == former).all()
    assert found.value + found.constant == pytest.approx(value_of(game, terms, former), rel=1e-12)
