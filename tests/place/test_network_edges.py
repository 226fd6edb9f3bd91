"""Which edges the network keeps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from sarhad.place.edges import Block, _neighbours, needed_edges


def block_of(tail, head, hours):
    nothing = np.zeros(len(tail) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return Block(
        tail,
        head,
        False,
        False,
        (None,) * len(tail),
        np.full(len(tail), np.nan),
        (nothing,) * len(hours),
        hours,
    )


def least(tail, head, hours, n_nodes):
    fine = np.isfinite(hours)
    return dijkstra(coo_array((hours[fine], (tail[fine], head[fine])), shape=(n_nodes, n_nodes)).tocsr())


@pytest.mark.parametrize("seed", range(8))
def test_dropping_edges_changes_no_least_hours(seed):
    rng = np.random.default_rng(seed)
    n_nodes = 14
    tail, head = np.nonzero(rng.random((n_nodes, n_nodes)) < 0.5)
    apart = tail != head
    tail, head = tail[apart], head[apart]
    hours = rng.integers(1, 6, (2, len(tail))).astype(float)  # small whole hours: many ties
    hours[rng.random(hours.shape) < 0.1] = np.inf
    kept = needed_edges(block_of(tail, head, hours), n_nodes)
    assert 0 < len(kept) < len(tail)
    for row in hours:
        assert np.array_equal(
            least(tail, head, row, n_nodes), least(tail[kept], head[kept], row[kept], n_nodes)
        )


def test_an_edge_stays_when_one_mover_needs_it():
    tail, head = np.array([0, 1, 0]), np.array([1, 2, 2])
    assert needed_edges(block_of(tail, head, np.array([[2.0, 1.0, 3.0], [2.0, 1.0, 2.5]])), 3).tolist() == [
        0,
        1,
        2,
    ]
    assert needed_edges(block_of(tail, head, np.array([[2.0, 1.0, 3.0], [2.0, 1.0, 3.0]])), 3).tolist() == [
        0,
        1,
    ]


def test_neighbours_are_joined_both_ways_and_not_too_far():
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 100, (2, 60))
    tail, head = _neighbours(x, y, 25.0)
    pairs = set(zip(tail.tolist(), head.tolist(), strict=True))
    assert pairs == {(b, a) for a, b in pairs}
    assert np.hypot(x[tail] - x[head], y[tail] - y[head]).max() <= 25.0


@pytest.mark.parametrize("count", [0, 1, 2, 3, 6])
def test_nodes_on_one_straight_line_are_joined_to_the_nearest(count):
    x = np.arange(count, dtype=float)
    tail, head = _neighbours(x, 0.0 * x, 1.5)
    assert sorted(zip(tail.tolist(), head.tolist(), strict=True)) == sorted(
        pair for i in range(count - 1) for pair in ((i, i + 1), (i + 1, i))
    )
