"""Prices of money: by hand, where money is plenty, and against a little more money."""

from __future__ import annotations

import dataclasses
from math import exp, log

import numpy as np
import pytest

from sarhad.plan import PlanSpec, money_prices, optimise
from sarhad.plan.bounding import Bounding
from sarhad.plan.game import changeable
from sarhad.plan.locks import read_locks
from sarhad.plan.money import outlays
from tests.plan.games import instance, limits, random_game


def test_the_price_by_hand():
    # One way of 100 e^-0.1, one item of 100 usd that halves it, 50 usd of money: half an item is bought, the chance
    # is 2^-x, its slope there ln 2 x 2^-1/2 an item, so a hundredth of that a dollar;
    # the tangents that stand for the curve leave a few per cent.
    game = instance([(0, 1)], [[log(2)]], [(0, 1, 100.0)])
    terms = limits([100], [[50]], quarters=1, tail_years=0.75)
    plan = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1)
    found = money_prices(game, terms, plan.plan_items, time_limit_s=10)
    expected = 100 * exp(-0.1) * log(2) / 2**0.5 / 100 * 1e6
    assert found["prevented_per_million"].tolist() == pytest.approx([expected], rel=0.05)
    assert found["spent_usd"].tolist() == [0]


def test_money_that_nobody_lacks_has_no_price():
    game = instance([(0, 1)], [[1.0]], [(0, 1, 10.0)])
    terms = limits([10], [[55], [20]], quarters=1, tail_years=0.75, payers=[[True, True]])
    plan = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1)
    found = money_prices(game, terms, plan.plan_items, time_limit_s=10)
    assert found["prevented_per_million"].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert found["spent_usd"].sum() == 10


def bound(game, terms):
    inside, pool = changeable(game)
    locks = read_locks(terms, PlanSpec())
    found = Bounding(inside, terms, pool, outlays(terms).total, locks.allowed, locks.forced)
    found.begin(np.zeros(1, dtype=np.int64), [], locks.allowed)
    for _ in range(80):
        assert found.round(30.0)
    return found.bound


@pytest.mark.parametrize("seed", [0, 2])  # where the programme settles
def test_a_little_more_money_lowers_the_linear_programme_as_the_price_says(seed):
    # The programme's value is convex in the money, so the price lies between the slopes to either side.
    game, terms = random_game(seed)
    plan = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1, work_limit=1)
    found = money_prices(game, terms, plan.plan_items, time_limit_s=30)
    for place, row in enumerate(found.to_dict("records")):
        at = terms.partners.index(row["partner_id"]), terms.years.index(row["year"])
        values = []
        for usd in (-3, 0, 3):
            budget = terms.budget_usd.copy()
            budget[at] += usd
            values.append(bound(game, dataclasses.replace(terms, budget_usd=budget)))
        less, more = (values[0] - values[1]) / 3e-6, (values[1] - values[2]) / 3e-6
        slack = 0.1 * max(less, 1e3) + max(found.attrs["unsettled"], 0.0) * values[1] / 3e-6
        assert more - slack <= row["prevented_per_million"] <= less + slack, place
