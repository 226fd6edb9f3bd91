"""Line of sight."""

from __future__ import annotations

import numpy as np
import pytest
from land import land

from sarhad.place import visible

RADIUS = 6_371_008.8
OPEN = {"observer_height_m": 10.0, "target_height_m": 1.7, "radius_km": 3.0, "refraction": 0.13}


def oracle(elevation, row, col, cell_m, observer_height_m, target_height_m, radius_km, refraction):
    """Return the cells in sight, ray by ray with np.interp: slow and plain."""
    fall = (1 - refraction) / (2 * RADIUS)
    eye = elevation[row, col] + observer_height_m
    seen = []
    for (r, c), height in np.ndenumerate(elevation):
        whole = cell_m * np.hypot(r - row, c - col)
        if whole > radius_km * 1000:
            continue
        steps = max(abs(r - row), abs(c - col))
        line_of_sight = True
        for k in range(1, steps):
            share = k / steps
            at_r, at_c = row + (r - row) * share, col + (c - col) * share
            if abs(r - row) >= abs(c - col):
                ground = np.interp(at_c, np.arange(elevation.shape[1]), elevation[round(at_r)])
            else:
                ground = np.interp(at_r, np.arange(elevation.shape[0]), elevation[:, round(at_c)])
            target = height + target_height_m - fall * whole**2
            ray = eye + (target - eye) * share
            line_of_sight &= bool(ground - fall * (whole * share) ** 2 <= ray + 1e-9)
        if line_of_sight:
            seen.append(r * elevation.shape[1] + c)
    return seen


@pytest.mark.parametrize("seed", range(6))
def test_it_sees_what_the_slow_way_sees(seed):
    rng = np.random.default_rng(seed)
    elevation = rng.uniform(0, 30 * (seed + 1), (31, 27)).astype(np.float32)
    row, col = (int(n) for n in rng.integers(0, 27, 2))
    cells, _ = visible(land(elevation), row, col, **OPEN)
    assert cells.tolist() == oracle(elevation.astype(np.float64), row, col, 100.0, **OPEN)
    assert 1 < len(cells) < elevation.size


@pytest.mark.parametrize("refraction", [0.0, 0.13])
def test_on_a_plain_it_sees_as_far_as_the_horizon_allows(refraction):
    # sqrt(2 R h / (1 - k)) each for eye and target: 11.29 + 5.05 km at k = 0
    plain = land(np.zeros((3, 900)))
    horizon = sum(np.sqrt(2 * RADIUS * h / (1 - refraction)) / 1000 for h in (10.0, 2.0))
    _, km = visible(
        plain, 1, 0, observer_height_m=10.0, target_height_m=2.0, radius_km=60.0, refraction=refraction
    )
    assert km.max() == pytest.approx(horizon, abs=0.11)


def test_a_wall_hides_what_is_lower_behind_it():
    # eye 10 m, wall 60 m at 500 m: at 1,000 m the ray stands at 110 m, minus 5 cm for the curve
    height = np.zeros((1, 11))
    height[0, 5] = 60.0
    height[0, 10] = 100.0
    wall = land(height)
    low, _ = visible(wall, 0, 0, **OPEN)
    high, _ = visible(wall, 0, 0, **(OPEN | {"target_height_m": 10.5}))
    assert low.tolist() == [0, 1, 2, 3, 4, 5]
    assert high.tolist() == [0, 1, 2, 3, 4, 5, 10]


def test_cells_without_elevation_are_not_seen_and_hide_nothing():
    height = np.zeros((1, 5))
    height[0, 2] = np.nan
    cells, km = visible(land(height), 0, 0, **OPEN)
    assert cells.tolist() == [0, 1, 3, 4]
    assert km == pytest.approx([0.0, 0.1, 0.3, 0.4])
    assert len(visible(land(height), 0, 2, **OPEN)[0]) == 0
