from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_games import columns_by_hand, exposure_by_hand, tiny_game

from sarhad.detection import columns_on, edge_exposure, prevention
from sarhad.errors import SpecError


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), mask=st.integers(0, 31), inf=st.booleans())
def test_exposure_is_the_sum_of_the_columns_that_are_on(seed, mask, inf):
    game = tiny_game(seed, inf=inf)
    operating = np.array([bool(mask >> i & 1) for i in range(5)])
    on = columns_on(game.exposure, operating)
    assert np.flatnonzero(on).tolist() == columns_by_hand(game, operating)
    for m in range(2):
        expected = exposure_by_hand(game, operating, m)
        np.testing.assert_allclose(game.existing[m] + edge_exposure(game, operating)[m], expected, rtol=1e-12)
    by_hand = sum((game.exposure.by_threat[c] for c in columns_by_hand(game, operating)), np.zeros(2))
    np.testing.assert_allclose(prevention(game.exposure, on), by_hand, rtol=1e-12)


def test_many_states_at_once_equal_each_alone():
    game = tiny_game(3)
    states = np.random.default_rng(0).random((2, 4, 5)) < 0.5
    together = columns_on(game.exposure, states)
    for a in range(2):
        for b in range(4):
            np.testing.assert_array_equal(together[a, b], columns_on(game.exposure, states[a, b]))


def test_infinite_prevention_ends_a_threat():
    game = tiny_game(3)
    game.exposure.by_threat[0, 1] = np.inf
    on = np.zeros((2, 7), bool)
    on[1, 0] = True
    assert prevention(game.exposure, on)[:, 1].tolist() == [0.0, np.inf]


def test_numbers_instead_of_truth_values_are_refused():
    with pytest.raises(SpecError, match="operating must be boolean of shape"):
        edge_exposure(tiny_game(0), np.zeros(5))
