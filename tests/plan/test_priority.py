"""The priority list: by hand, and what every beginning of it keeps."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest

from sarhad.plan import PlanSpec, optimise, priority_list
from sarhad.plan.store import starts
from tests.plan.games import instance, is_feasible, limits, random_game, value_of


def test_items_that_only_work_together_stay_together():
    # Items 0 and 1 close one of two equal ways each, item 2 adds 0.1 to both; all cost the same. Item 2 goes last:
    # without it 100 e^-1.1, without 0 or 1 100 e^-0.2. From the front, item 2 alone would come first.
    game = instance([(0, 1), (0, 1)], [[1.0, 0.0], [0.0, 1.0], [0.1, 0.1]], [(0, 1, 100.0)])
    terms = limits([10, 10, 10], [[100]], quarters=1, tail_years=0.75)
    plan = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1).plan_items
    found = priority_list(game, terms, plan)
    assert set(found["item_id"][:2]) == {"I00", "I01"}
    assert found["value"].to_numpy() == pytest.approx([100 * exp(-0.1), 100 * exp(-1.1), 100 * exp(-1.2)])
    assert found["cumulative_usd"].tolist() == [10, 20, 30]


@pytest.mark.parametrize("seed", range(6))
def test_every_beginning_keeps_all_limits_and_has_the_value_stated(seed):
    game, terms = random_game(seed, n_items=8)
    plan = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1, work_limit=2)
    found = priority_list(game, terms, plan.plan_items)
    assert sorted(found["item_id"]) == sorted(plan.plan_items["item_id"])
    for n in range(1, len(found) + 1):
        start = starts(terms, found.head(n))
        assert is_feasible(terms, start)
        assert found["value"].iloc[n - 1] + plan.constant == pytest.approx(value_of(game, terms, start))
    assert (np.diff(found["value"]) <= 1e-9).all()
    if len(found):
        assert found["value"].iloc[-1] == pytest.approx(plan.value)


def test_a_plan_without_items_has_an_empty_list():
    game, terms = random_game(1)
    plan = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1, work_limit=0).plan_items.iloc[:0]
    assert priority_list(game, terms, plan).empty


def test_items_that_touch_no_path_are_listed_too():
    game = instance([(0, 1)], [[0.0], [0.0]], [(0, 1, 1.0)])
    terms = limits([10, 20], [[100]], quarters=1, requires={0: ((1,),)})
    plan = optimise(
        game, terms, PlanSpec(lock_in={"I00": None, "I01": None}), time_limit_s=1, seed=1
    ).plan_items
    assert priority_list(game, terms, plan)["item_id"].tolist() == ["I01", "I00"]
