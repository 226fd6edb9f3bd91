from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from tiny_games import tiny_game

from sarhad.detection import standing, value_by_period
from sarhad.detection.instance import Instance
from sarhad.errors import SpecError

SEEDS = st.integers(0, 10_000)
YEARS = np.array([0.25, 0.25, 0.25, 5.0])
N_ITEMS = 8


def plan_of(seed: int) -> np.ndarray:
    first = np.random.default_rng(seed).integers(0, 6, N_ITEMS)
    return np.arange(4)[:, None] >= first[None, :]


def with_ties(instance: Instance) -> Instance:
    """Return the game with weights of few values, so that many ways tie, and edges that cost nothing."""
    exposure = instance.exposure
    coarse = tuple(csr_array(np.round(2.0 * added.toarray()) / 4.0) for added in exposure.by_mover)
    return dataclasses.replace(
        instance,
        effort=np.round(8.0 * instance.effort) / 8.0,
        existing=np.zeros_like(instance.existing),
        exposure=dataclasses.replace(exposure, by_mover=coarse),
    )


def check_against_full_runs(instance: Instance, seed: int) -> None:
    rng, plan = np.random.default_rng(seed), plan_of(seed)
    stands = standing(instance, plan, YEARS)
    np.testing.assert_array_equal(stands.by_period, value_by_period(instance, plan, YEARS))
    ids = np.array(instance.exposure.item_ids)
    for _ in range(6):
        picked = rng.permutation(N_ITEMS)[: rng.integers(1, 4)]
        n_added, since = int(rng.integers(0, len(picked) + 1)), int(rng.integers(0, 5))
        found = stands.what_if(add=ids[picked[:n_added]], remove=ids[picked[n_added:]], since=since)
        changed = plan.copy()
        changed[since:, picked[:n_added]], changed[since:, picked[n_added:]] = True, False
        np.testing.assert_array_equal(found.by_period, value_by_period(instance, changed, YEARS))
        assert found.value == found.by_period.sum()
        assert found.change == found.value - stands.value
    np.testing.assert_array_equal(stands.by_period, value_by_period(instance, plan, YEARS))


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, inf=st.booleans())
def test_a_what_if_has_the_bits_of_a_full_run(seed, inf):
    check_against_full_runs(tiny_game(seed, n_side=7, n_items=N_ITEMS, inf=inf), seed)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, inf=st.booleans())
def test_a_what_if_has_the_bits_of_a_full_run_where_many_ways_tie_and_some_are_free(seed, inf):
    check_against_full_runs(with_ties(tiny_game(seed, n_side=7, n_items=N_ITEMS, inf=inf)), seed)


def test_origins_that_the_plan_cuts_off_come_back_when_the_item_goes():
    game = tiny_game(3, n_items=N_ITEMS)
    crosses = game.graph.section >= 0
    wall = csr_array(np.where((np.arange(len(game.exposure.item)) == 0)[:, None] & crosses, np.inf, 0.0))
    game = dataclasses.replace(game, exposure=dataclasses.replace(game.exposure, by_mover=(wall, wall)))
    plan = np.ones((1, N_ITEMS), dtype=bool)
    stands = standing(game, plan, np.ones(1))
    assert stands.value == 0.0
    without = value_by_period(game, np.arange(N_ITEMS)[None, :] > 0, np.ones(1))[0]
    assert stands.what_if(remove=["I0"]).value == without > 0.0
    bare = standing(game, np.zeros_like(plan), np.ones(1))
    assert bare.what_if(add=["I0"]).value == 0.0


def test_what_is_no_item_or_no_period_is_refused():
    stands = standing(tiny_game(0), np.zeros((2, 5), bool), np.ones(2))
    with pytest.raises(SpecError, match=r"1 of 2 are no items: X9"):
        stands.what_if(add=["I1", "X9"])
    with pytest.raises(SpecError, match=r"I1 cannot be added and removed at once"):
        stands.what_if(add=["I1"], remove=["I1"])
    with pytest.raises(SpecError, match=r"since must lie in 0\.\.2, found 3"):
        stands.what_if(add=["I1"], since=3)
