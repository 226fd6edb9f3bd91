"""Displacement: by hand, and its sums against the evaluation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from tests.detection.tiny_games import tiny_game

from sarhad.detection import Exposure, Graph, Instance, displacement, evaluate


def three_ways(prevention: float = 0.0) -> Instance:
    """Return three parallel crossings in sections A, B, C with effort 0.1, 0.2, 0.4; item 0 adds 1 to A, 1 to B."""
    added = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    return Instance(
        graph=Graph(2, np.zeros(3, np.int64), np.ones(3, np.int64), np.arange(3), ("E0", "E1", "E2")),
        exposure=Exposure(("I0", "I1"), np.array([0, 1]), ((), ()), (csr_array(added),), np.array([[prevention], [0.0]])),
        movers=("foot",), threats=("goods",), sections=("A", "B", "C"),
        effort=np.array([[0.1, 0.2, 0.4]]), existing=np.zeros((1, 3)), scenario_ids=("C0",),
        origin=np.array([0]), destination=np.array([1]), mover=np.array([0]), threat=np.array([0]),
        attempts_per_year=np.array([10.0]), consequence=np.ones(1),
    )  # fmt: skip


def test_movers_take_the_next_best_section():
    nothing, first, both = np.array([[0, 0], [1, 0], [1, 1]], dtype=bool)
    assert displacement(three_ways(), nothing, first).flow[0, 0].tolist() == pytest.approx([0, 10, 0, 0, 0])
    assert displacement(three_ways(), first, both).flow[0, 1].tolist() == pytest.approx([0, 0, 10, 0, 0])


def test_what_prevention_stops_is_shown_apart():
    moved = displacement(three_ways(np.log(2)), np.zeros(2, bool), np.array([True, False]))
    assert moved.flow[0, 0].tolist() == pytest.approx([0, 5, 0, 5, 0])
    assert moved.after[0].tolist() == pytest.approx([0, 5, 0])


def test_those_who_spread_move_as_little_as_can_be():
    theta, nothing, first = 2.0, np.zeros(2, bool), np.array([True, False])
    moved = displacement(three_ways(), nothing, first, theta=theta)
    before = np.exp(-theta * np.array([0.1, 0.2, 0.4]))
    after = np.exp(-theta * np.array([1.1, 0.2, 0.4]))
    before, after = 10 * before / before.sum(), 10 * after / after.sum()
    flow = moved.flow[0]
    assert flow.sum(axis=1) == pytest.approx(before)
    assert flow[:, :3].sum(axis=0) == pytest.approx(after)
    assert flow[1, 1] == pytest.approx(before[1])  # B only gains: nobody leaves it
    assert flow[0, 0] == pytest.approx(after[0])


@pytest.mark.parametrize("seed", range(8))
def test_rows_are_the_flow_before_and_columns_the_flow_after(seed):
    game = tiny_game(seed, inf=seed % 2 == 0)
    states = np.array([[False] * 5, [True] * 5])
    moved = displacement(game, *states)
    found = evaluate(game, states, np.ones(2))
    section = game.graph.section[found.crossing]
    before, after = (np.bincount(section, row, 3) for row in found.flow)
    assert moved.before.sum(axis=0) == pytest.approx(before, abs=1e-9)
    assert moved.after.sum(axis=0) == pytest.approx(after, abs=1e-9)
    assert (moved.flow >= -1e-12).all()
