"""The frontier: by hand, against brute force, and what must hold from step to step."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest

from sarhad.errors import SpecError
from sarhad.plan import PlanSpec, frontier, optimise, priority_list, shares_of
from sarhad.plan.frontier import scaled
from tests.plan.games import best_value, every_plan, instance, limits, random_game


def test_the_frontier_by_hand():
    # One way, two items that add 1 and 0.5 for 60 and 40; money 0, then 50, then 100 (thirds of 150 are 50).
    game = instance([(0, 1)], [[1.0], [0.5]], [(0, 1, 10.0)])
    terms = limits([60, 40], [[150]], quarters=1, tail_years=0.75)
    found = frontier(game, terms, shares_of(3, 1.0), time_limit_s=60, seed=1)
    assert found["budget_usd"].tolist() == [50, 100, 150]
    assert found["value"].tolist() == pytest.approx(
        [10 * exp(-0.6), 10 * exp(-1.6), 10 * exp(-1.6)], rel=1e-5
    )
    assert found["n_items"].tolist() == [1, 2, 2]
    assert found.attrs["value_without_plan"] == pytest.approx(10 * exp(-0.1))


@pytest.mark.parametrize("seed", range(3))
def test_every_step_is_the_optimum_at_its_money(seed):
    game, terms = random_game(seed)
    found = frontier(game, terms, shares_of(3, 1.5), time_limit_s=60, seed=1)
    for row in found.to_dict("records"):
        less = scaled(terms, row["share"])
        best = best_value(game, less, every_plan(less))
        assert row["value"] + found.attrs["constant"] == pytest.approx(best, rel=1e-5)
        assert row["bound_envelope"] + found.attrs["constant"] <= best * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_envelope_never_rises_and_keeps_bound_below_value_in_short_searches(seed):
    game, terms = random_game(seed, n_items=8)
    plan = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1, work_limit=1)
    listed = priority_list(game, terms, plan.plan_items)
    found = frontier(game, terms, shares_of(4, 1.0), time_limit_s=60, seed=2, work_limit=1, priority=listed)
    assert (np.diff(found["value_envelope"]) <= 0).all()
    assert (np.diff(found["bound_envelope"]) <= 0).all()
    assert (found["bound_envelope"] <= found["value_envelope"] + 1e-9).all()
    assert (found["prefix_value"] >= found["bound_envelope"] - 1e-9).all()
    assert found["prefix_items"].iloc[-1] == len(listed)
    assert found["prefix_value"].iloc[-1] == pytest.approx(plan.value)
    again = frontier(game, terms, shares_of(4, 1.0), time_limit_s=60, seed=2, work_limit=1, priority=listed)
    assert again.to_csv() == found.to_csv()


def test_steps_that_make_no_sense_are_refused():
    with pytest.raises(SpecError, match=r"0 steps up to 1 of the budgets"):
        shares_of(0, 1.0)
    with pytest.raises(SpecError, match=r"up to -1 of the budgets"):
        shares_of(3, -1.0)
