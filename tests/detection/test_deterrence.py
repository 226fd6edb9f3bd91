from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_games import prevented_by_hand, tiny_game

from sarhad.detection import CrossingLogit, Informed, NonAdaptive, PartlyInformed, evaluate, still_made
from sarhad.errors import SpecError

SEEDS = st.integers(0, 10_000)
KINDS = [Informed(), PartlyInformed(np.arange(5) % 2 == 0), CrossingLogit(4.0), NonAdaptive()]


def test_attempts_fall_with_the_chance_to_get_through_by_the_elasticity():
    """From 0.8 to 0.2 is a quarter: elasticity 0.5 leaves half of the attempts, 2 a sixteenth."""
    evade, without = np.array([[0.8, 0.0], [0.2, 0.0]]), np.array([0.8, 0.0])
    assert still_made(evade, without, 0.5) == pytest.approx(np.array([[1.0, 1.0], [0.5, 1.0]]))
    assert still_made(evade, without, 2.0) == pytest.approx(np.array([[1.0, 1.0], [0.0625, 1.0]]))
    assert still_made(evade, without, 0.0).tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_attempts_never_rise_above_those_without_a_programme():
    assert still_made(np.array([[0.9]]), np.array([0.3]), 1.0).tolist() == [[1.0]]


@pytest.mark.parametrize("mover", KINDS, ids=lambda kind: type(kind).__name__)
@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, inf=st.booleans())
def test_value_with_deterrence_is_that_of_the_attempts_still_made(mover, seed, inf):
    game = tiny_game(seed, inf=inf)
    plan = np.random.default_rng(seed).random((3, 5)) < 0.5
    years = np.array([0.25, 0.25, 5.0])
    plain, found = (evaluate(game, plan, years, mover, elasticity=e) for e in (0.0, 0.7))
    bare = evaluate(game, np.zeros((1, 5), bool), np.ones(1), mover)
    share = np.minimum(1.0, plain.evade / bare.evade) ** 0.7  # every scenario has a way without items
    for t in range(3):
        prevented = np.array([prevented_by_hand(game, plan[t], threat) for threat in range(2)])
        made = game.attempts_per_year * prevented[game.threat] * share[t]
        through = np.bincount(game.threat, made * plain.evade[t], 2) * years[t]
        np.testing.assert_allclose(found.through[t], through, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(found.attempts + found.deterred, plain.attempts, rtol=1e-12)
    np.testing.assert_array_equal(found.evade, plain.evade)
    assert found.value <= plain.value * (1.0 + 1e-12)
    assert (plain.deterred == 0.0).all()


@pytest.mark.parametrize("elasticity", [-0.1, float("nan"), float("inf")])
def test_an_elasticity_that_is_none_is_refused(elasticity):
    with pytest.raises(SpecError, match="elasticity must be a finite number >= 0, found"):
        evaluate(tiny_game(0), np.zeros((1, 5), bool), np.ones(1), elasticity=elasticity)
