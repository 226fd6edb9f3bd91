from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_games import tiny_game

from sarhad.detection import columns_on, edge_exposure, evaluate, prevention
from sarhad.detection.quick import value_by_period, value_by_threat


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), inf=st.booleans())
def test_the_quick_value_equals_that_of_evaluate(seed, inf):
    game, rng = tiny_game(seed, inf=inf), np.random.default_rng(seed)
    plan, years = rng.random((4, 5)) < 0.5, np.array([0.25, 0.0, 1.0, 5.0])
    found = evaluate(game, plan, years)
    np.testing.assert_allclose(value_by_period(game, plan, years), found.by_period, rtol=1e-12)
    weight = game.effort + game.existing + edge_exposure(game, plan[2])
    prevented = prevention(game.exposure, columns_on(game.exposure, plan[2]))
    one_year = evaluate(game, plan[2:3], np.ones(1)).by_threat
    np.testing.assert_allclose(value_by_threat(game, weight, prevented), one_year, rtol=1e-12)


def test_arrays_that_cannot_be_written_are_taken_like_any_other():
    game = tiny_game(0)
    tail = game.graph.tail.astype(np.int32)
    tail.setflags(write=False)
    copy = type(game.graph)(
        game.graph.n_nodes, tail, game.graph.head, game.graph.section, game.graph.edge_ids
    )
    assert copy.tail.dtype == np.int64
    assert copy.tail.flags.writeable
