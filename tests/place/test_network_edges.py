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


def test_an_edge_goes_when_two_shorter_ones_are_hardly_longer():
    tail, head = np.array([0, 1, 0]), np.array([1, 2, 2])
    assert needed_edges(block_of(tail, head, np.array([[2.0, 1.0, 2.98]])), 3).tolist() == [0, 1]
    assert needed_edges(block_of(tail, head, np.array([[2.0, 1.0, 2.96]])), 3).tolist() == [0, 1, 2]


def test_two_edges_hardly_apart_do_not_replace_each_other():
    # 0 to 1 and 0 to 2 take 10 h, 1 to 2 and back next to nothing: one of the two must stay
    tail, head = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 1])
    kept = needed_edges(block_of(tail, head, np.array([[10.0, 10.01, 0.01, 0.01]])), 3)
    assert np.isfinite(least(tail[kept], head[kept], np.array([10.0, 10.01, 0.01, 0.01])[kept], 3)[0]).all()


def test_neighbours_are_those_within_three_rings():
    x = np.arange(12, dtype=float)
    tail, head = _neighbours(x, np.zeros(12), 100.0)
    # in a row the nearest four reach two or more to either side; three rings of them six and more
    assert np.abs(tail - head).max() >= 6
    assert (0, 11) not in set(zip(tail.tolist(), head.tolist(), strict=True))


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
