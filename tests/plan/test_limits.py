from __future__ import annotations

import numpy as np
import pytest

from sarhad.detection import evaluate
from sarhad.detection.marginal import removal_values
from sarhad.plan import explain, falls_with, operating
from sarhad.plan.money import outlays
from sarhad.plan.store import items_table
from tests.plan.games import random_game

SEEDS = range(12)


def everything_early(terms) -> np.ndarray:
    """Return a plan of all items that can still operate, each as soon as what it requires lets it."""
    start = np.where(terms.latest_start >= 0, np.minimum(terms.first_start, terms.latest_start), -1)
    for _ in range(terms.n_items):
        for item in range(terms.n_items):
            for members in terms.requires[item]:
                ready = [terms.ready[j, start[j]] for j in members if start[j] >= 0]
                needed = min(ready, default=terms.n_quarters) - terms.build_quarters[item]
                start[item] = -1 if needed > terms.latest_start[item] else max(start[item], needed)
    return start


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_left_without_an_item_keeps_its_prerequisites(seed):
    _, terms = random_game(seed)
    start = everything_early(terms)
    for item in np.flatnonzero(start >= 0).tolist():
        left = start.copy()
        left[falls_with(terms, start, item)] = -1
        since = np.where(left >= 0, left + terms.build_quarters, terms.n_quarters)
        assert left[item] == -1
        for other in np.flatnonzero(left >= 0).tolist():
            assert all(since[list(s)].min() <= since[other] for s in terms.requires[other])


@pytest.mark.parametrize("seed", SEEDS)
def test_an_explained_item_is_worth_what_the_plan_loses_with_it(seed):
    game, terms = random_game(seed)
    start = everything_early(terms)
    chosen = np.flatnonzero(start >= 0)
    lost = [falls_with(terms, start, int(i)) for i in chosen]
    plan = operating(terms, start)
    marginal = removal_values(game, plan, terms.quarter_weight, lost)
    table = items_table(terms, outlays(terms), start)
    value = evaluate(game, plan, terms.quarter_weight).value
    for item, worth in zip(chosen.tolist(), marginal.tolist(), strict=True):
        said = explain(game, terms, table, item=terms.item_ids[item])
        assert said.value_in_plan == pytest.approx(worth, rel=1e-9, abs=1e-9 * value)
        assert terms.item_ids[item] not in said.replaced_by
        assert not set(said.replaced_by) & set(table["item_id"])
