"""The cost of locks: by hand, against brute force, and locks that cannot be kept."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest

from sarhad.errors import SpecError
from sarhad.plan import PlanSpec, cost_of_override, optimise
from tests.plan.games import best_value, every_plan, instance, limits, random_game


def test_the_cost_of_a_lock_by_hand():
    # One way, money for one of two items: item 0 adds 1, item 1 adds 0.5. Locking 1 in costs 10 (e^-0.6 - e^-1.1).
    game = instance([(0, 1)], [[1.0], [0.5]], [(0, 1, 10.0)])
    terms = limits([50, 50], [[50]], quarters=1, tail_years=0.75)
    former = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1)
    found = cost_of_override(
        game, terms, former, spec=PlanSpec(lock_in={"I01": None}), time_limit_s=60, seed=1
    )
    assert found.cost == pytest.approx(10 * (exp(-0.6) - exp(-1.1)), rel=1e-5)
    assert (found.enters, found.leaves) == (("I01",), ("I00",))
    assert found.cost_low <= found.cost <= found.cost_high + 1e-12
    out = cost_of_override(
        game, terms, former, spec=PlanSpec(lock_out=frozenset({"I00"})), time_limit_s=60, seed=1
    )
    assert out.cost == pytest.approx(found.cost, rel=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_the_cost_is_the_difference_of_two_optima(seed):
    game, terms = random_game(seed, n_items=6)
    plans = every_plan(terms)
    best = best_value(game, terms, plans)
    former = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1)
    for item in range(3):
        for inside in (True, False):
            kept = [p for p in plans if (p[item] >= 0) == inside]
            name = terms.item_ids[item]
            spec = PlanSpec(lock_in={name: None}) if inside else PlanSpec(lock_out=frozenset({name}))
            found = cost_of_override(game, terms, former, spec=spec, time_limit_s=60, seed=1)
            if not kept:
                assert found.status in ("infeasible", "unknown")
                continue
            exact = best_value(game, terms, kept) - best
            assert found.cost == pytest.approx(exact, abs=1e-5 * best)
            assert found.cost_low - 1e-9 <= exact <= found.cost_high + 1e-9


def test_a_lock_that_money_cannot_keep_says_why():
    game = instance([(0, 1)], [[1.0], [0.5]], [(0, 1, 10.0)])
    terms = limits([50, 500], [[50]], quarters=1, tail_years=0.75)
    former = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1)
    found = cost_of_override(
        game, terms, former, spec=PlanSpec(lock_in={"I01": None}), time_limit_s=60, seed=1
    )
    assert found.status == "infeasible"
    assert np.isnan(found.cost)
    assert "need 500 usd" in found.notices[-1]


def test_a_lock_that_the_plan_keeps_costs_nothing():
    game, terms = random_game(2)
    former = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1)
    name = former.plan_items["item_id"].iloc[0]
    spec = PlanSpec(lock_in={name: None})
    found = cost_of_override(game, terms, former, spec=spec, time_limit_s=60, seed=1, work_limit=0)
    assert found.cost == pytest.approx(0.0, abs=1e-9)
    assert (found.enters, found.leaves) == ((), ())


def test_no_lock_has_no_cost():
    game, terms = random_game(2)
    former = optimise(game, terms, PlanSpec(), time_limit_s=0, seed=1)
    with pytest.raises(SpecError, match=r"no lock is given"):
        cost_of_override(game, terms, former, spec=PlanSpec(), time_limit_s=1, seed=1)
