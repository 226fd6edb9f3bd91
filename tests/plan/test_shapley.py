"""Shapley shares: by hand, against all orders, and what holds of them whatever is sampled."""

from __future__ import annotations

import itertools
from math import exp, factorial

import numpy as np
import pandas as pd
import pytest

from sarhad.detection import Instance, evaluate
from sarhad.errors import SpecError
from sarhad.plan import Terms, operating, shapley_shares
from sarhad.plan import shapley as module
from tests.plan.games import every_plan, instance, limits, random_game, value_of

# Two equal ways; items 0 and 1 watch one each and only work together, item 2 adds 0.1 to both.
PAIR = instance([(0, 1), (0, 1)], [[1.0, 0.0], [0.0, 1.0], [0.1, 0.1]], [(0, 1, 100.0)])
ONE_YEAR = limits([10, 10, 10], [[100]], quarters=1, tail_years=0.75)


def as_items(terms: Terms, start: np.ndarray) -> pd.DataFrame:
    chosen = np.flatnonzero(start >= 0)
    return pd.DataFrame(
        {
            "item_id": [terms.item_ids[i] for i in chosen],
            "start_quarter": [terms.quarters[q] for q in start[chosen]],
        }
    )


def shares(game: Instance, terms: Terms, start: np.ndarray, **how: int) -> pd.DataFrame:
    return shapley_shares(game, terms, as_items(terms, start), **{"pairs": 5, "seed": 1} | how)


def test_items_that_only_work_together_share_what_they_do():
    # Without: 100 e^-0.1. The pair alone prevents P0 = 100 (e^-0.1 - e^-1.1), under item 2 P2 = 100 (e^-0.2 - e^-1.2).
    # Of the 6 orders each of the pair closes it in 3: once with no item 2 before (012 has 1 second), twice with it.
    found = shares(PAIR, ONE_YEAR, np.array([0, 0, 0])).set_index("item_id")["share"]
    pair_first, pair_last = 100 * (exp(-0.1) - exp(-1.1)), 100 * (exp(-0.2) - exp(-1.2))
    assert found["I00"] == pytest.approx((pair_first + 2 * pair_last) / 6, rel=1e-9)
    assert found["I01"] == pytest.approx(found["I00"], rel=1e-12)
    # Item 2 comes last in 2 orders and not last in 4.
    last, other = 100 * (exp(-1.1) - exp(-1.2)), 100 * (exp(-0.1) - exp(-0.2))
    assert found["I02"] == pytest.approx((2 * last + 4 * other) / 6, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_exact_shares_are_the_mean_over_all_orders(seed):
    game, terms = random_game(seed)
    start = max(every_plan(terms), key=lambda p: int((p >= 0).sum()))
    chosen = np.flatnonzero(start >= 0).tolist()
    mean = dict.fromkeys(chosen, 0.0)
    for order in itertools.permutations(chosen):
        part = np.full_like(start, -1)
        before = value_of(game, terms, part)
        for i in order:
            part[i] = start[i]
            state = operating(terms, part)
            state[:, 3] &= state[:, [4, 5]].any(axis=1)  # 3 requires 4 or 5
            after = evaluate(game, state, terms.quarter_weight).value
            mean[i] += (before - after) / factorial(len(chosen))
            before = after
    found = shares(game, terms, start)
    assert found.attrs["pairs"] == 0
    assert found["share"].to_numpy() == pytest.approx([mean[i] for i in chosen], abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_sampled_shares_add_up_and_lie_near_the_exact_ones(seed, monkeypatch):
    game, terms = random_game(seed)
    start = max(every_plan(terms), key=lambda p: int((p >= 0).sum()))
    exact = shares(game, terms, start)
    monkeypatch.setattr(module, "EXACT", 0)
    found = shares(game, terms, start, pairs=200, seed=seed)
    without = value_of(game, terms, np.full_like(start, -1))
    assert found["share"].sum() == pytest.approx(without - value_of(game, terms, start), rel=1e-9)
    assert (found["low"] <= found["share"]).all()
    off = (found["share"] - exact["share"]).abs()
    assert (off <= 5 * found["standard_error"] + 1e-9).all()


def test_an_item_that_only_stands_beside_what_it_requires_counts_from_then_on():
    terms = limits([10, 10], [[100]], quarters=1, tail_years=0.75, requires={0: ((1,),)})
    game = instance([(0, 1)], [[1.0], [0.0]], [(0, 1, 100.0)])
    found = shares(game, terms, np.array([0, 0]))["share"]
    assert found.to_numpy() == pytest.approx([50 * (exp(-0.1) - exp(-1.1))] * 2, rel=1e-9)


def test_an_empty_plan_has_no_shares_and_one_pair_gives_no_interval():
    assert shares(PAIR, ONE_YEAR, np.array([-1, -1, -1])).empty
    with pytest.raises(SpecError, match=r"1 pairs of orders give no interval\. Ask for 2 or more"):
        shares(PAIR, ONE_YEAR, np.array([0, 0, 0]), pairs=1)


def test_same_seed_same_shares(monkeypatch):
    monkeypatch.setattr(module, "EXACT", 0)
    one, two = (shares(PAIR, ONE_YEAR, np.array([0, 0, 0]), seed=3) for _ in range(2))
    assert one.to_csv() == two.to_csv()
