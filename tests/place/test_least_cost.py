"""Least-cost paths over cells."""

from __future__ import annotations

import numpy as np
import pytest
from land import land
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from sarhad.place.grid import steps_within
from sarhad.place.shortest import least_cost_paths
from sarhad.place.travel import WALK, path_hours

INF = float("inf")
WALKER = np.array([WALK, 1.0, INF, 200.0, 0.1])


def fine_hours(ground, p):
    """Return the matrix of all steps' hours."""
    pairs = steps_within(ground.side, np.flatnonzero(ground.side.ravel()))
    ptr = np.arange(0, 2 * len(pairs) + 1, 2)
    point = path_hours(ground.elevation_m, p, ground.cell_m, False, ptr, pairs.ravel())
    hours = point[0::2] + point[1::2]
    fine = np.isfinite(hours)
    size = ground.side.size
    return coo_array((hours[fine], (pairs[fine, 0], pairs[fine, 1])), shape=(size, size)).tocsr()


@pytest.mark.parametrize("seed", range(5))
def test_paths_are_as_short_as_scipy_finds_them(seed):
    rng = np.random.default_rng(seed)
    side = np.where(rng.random((17, 23)) < 0.8, 1, 2)
    ground = land(rng.uniform(0, 400, (17, 23)), side)
    p = np.array([WALK, 0.7, 2.0, 150.0, 0.2])
    cells = np.flatnonzero(side.ravel() == 1)
    sources, targets = cells[::9], np.tile(cells[::7], len(cells[::9]))
    ptr = np.arange(len(sources) + 1) * len(cells[::7])
    path_ptr, path = least_cost_paths(ground, 1, p, sources, ptr, targets, 10.0)
    point = path_hours(ground.elevation_m, p, ground.cell_m, False, path_ptr, path)
    wanted = dijkstra(fine_hours(ground, p), indices=sources)[:, cells[::7]].ravel()
    assert np.isinf(wanted).any() == (np.diff(path_ptr) == 0).any()
    for k, hours in enumerate(wanted):
        own = slice(path_ptr[k], path_ptr[k + 1])
        if np.isinf(hours):
            assert path_ptr[k] == path_ptr[k + 1]
            continue
        assert point[own].sum() == pytest.approx(hours, rel=1e-12, abs=1e-15)
        assert path[own][0] == sources[k // len(cells[::7])]
        assert path[own][-1] == targets[k]
        assert (side.ravel()[path[own]] == 1).all()


def test_the_way_leads_through_the_gap_in_a_ridge():
    # a wall of 500 m with one gap at row 4: nine cells of 100 m, the way through costs least
    height = np.zeros((5, 9))
    height[:4, 4] = 500.0
    ground = land(height)
    _, path = least_cost_paths(ground, 1, WALKER, np.array([0]), np.array([0, 1]), np.array([8]), 10.0)
    assert 4 * 9 + 4 in path


def test_a_window_too_narrow_for_any_way_round_finds_none():
    height = np.zeros((30, 9))
    height[:29, 4] = 5000.0
    ground = land(height)
    limited = np.array([WALK, 1.0, 1.0, INF, 0.0])
    near = least_cost_paths(ground, 1, limited, np.array([0]), np.array([0, 1]), np.array([8]), 1.0)
    far = least_cost_paths(ground, 1, limited, np.array([0]), np.array([0, 1]), np.array([8]), 3.0)
    assert len(near[1]) == 0
    assert len(far[1]) > 50
