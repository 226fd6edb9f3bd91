"""One post: the bounded kernel against its definition, and the limits of view."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from sarhad.errors import SpecError
from sarhad.place.viewshed import ViewSpec, seen_from, unpack
from sarhad.place.viewshed.definition import is_seen
from sarhad.place.viewshed.ring import new_strip, read_ring

N, CELL_M = 81, 30.0


def by_definition(elevation, row, col, spec):
    """Return the window of a post, every ray walked in full."""
    reach, square = spec.reach(CELL_M)
    eye = float(elevation[row, col]) + spec.observer_height_m
    seen = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=bool)
    for (r, q), z in np.ndenumerate(elevation):
        down, right = r - row, q - col
        if down**2 + right**2 > square or np.isnan(z):
            continue
        steep = abs(down) >= abs(right)
        along, across = (down, right) if steep else (right, down)
        n = abs(along)
        sign = 1 if along > 0 else -1
        args = (elevation, row, col, n, across, sign, steep, eye, spec.target_height_m, spec.drop_m(CELL_M))
        seen[down + reach, right + reach] = n <= 1 or is_seen(*args, 1, n)
    return seen


def terrains():
    """Return eight grounds that are hard for bounds: rough, tied, plane, stepped, with voids, walls, cliffs."""
    rng = np.random.default_rng(5)
    smooth = gaussian_filter(rng.standard_normal((N, N)), 6) * 2000
    voids = smooth + 50
    voids[rng.random((N, N)) < 0.1] = np.nan
    walls = np.zeros((N, N))
    walls[::9] = 15
    cliffs = np.where(rng.random((N, N)) < 0.02, 8000.0, 0.0)
    found = {
        "smooth": smooth,
        "noise": rng.uniform(0, 20, (N, N)),
        "flat": np.zeros((N, N)),
        "plane": np.add.outer(np.arange(N) * 3.0, np.arange(N) * 7.0),
        "steps": np.round(smooth / 20) * 20,
        "voids": voids,
        "walls": walls,
        "cliffs": cliffs,
    }
    return {name: z.astype(np.float32) for name, z in found.items()}


@pytest.mark.parametrize("name", list(terrains()))
@pytest.mark.parametrize("refraction", [0.13, 1.0])
def test_no_cell_differs_from_the_definition(name, refraction):
    elevation = terrains()[name]
    for row, col, height in ((40, 40, 10.0), (2, 70, 0.0), (80, 0, 30.0)):
        elevation[row, col] = np.nan_to_num(elevation[row, col])
        spec = ViewSpec(height, 1.5, 2.0, refraction)
        found = unpack(seen_from(elevation, CELL_M, row, col, spec))
        assert np.array_equal(found, by_definition(elevation, row, col, spec))


@pytest.mark.parametrize("turned", [False, True])
def test_what_looks_past_the_edge_of_a_narrow_grid_is_harmless(turned):
    # a wall ends the view along the strip: only wedges that leave the grid go on
    strip = np.zeros((300, 7), dtype=np.float32)
    strip[140] = strip[160] = 5000.0
    strip[:, 3] += np.arange(300) % 5
    strip = np.ascontiguousarray(strip.T) if turned else strip
    row, col = (3, 150) if turned else (150, 3)
    spec = ViewSpec(2.0, 4.4, 2.0)
    found = unpack(seen_from(strip, CELL_M, row, col, spec))
    assert np.array_equal(found, by_definition(strip, row, col, spec))
    assert 40 < found.sum() < 160


def test_xdraw_sees_nearly_the_same_on_smooth_ground():
    elevation = terrains()["smooth"]
    exact, near = (
        unpack(seen_from(elevation, CELL_M, 40, 40, ViewSpec(10.0, 1.2, method=m)))
        for m in ("exact", "xdraw")
    )
    assert 0.05 < exact.mean() < 0.7
    assert (exact & near).sum() / (exact | near).sum() > 0.9


def test_xdraw_along_the_edge_sees_what_it_sees_with_ground_beyond():
    # no ray to the right of a column needs what lies to its left: the edge changes nothing
    hills = (gaussian_filter(np.random.default_rng(9).standard_normal((400, 260)), 4) * 300).astype(
        np.float32
    )
    spec = ViewSpec(40.0, 5.0, 1.0, method="xdraw")
    whole, cut = (
        unpack(seen_from(ground, 30.0, 200, col, spec))[:, 166:]
        for ground, col in ((hills, 130), (hills[:, 130:].copy(), 0))
    )
    cut, whole = cut[:, :130], whole[:, :130]
    assert np.array_equal(cut, whole)
    assert 0.02 < cut.mean() < 0.9


def test_azimuth_and_elevation_keep_a_sector():
    # on a plain every target is below the horizontal, and between 350 and 10 degrees lies the north
    plain = np.zeros((N, N), dtype=np.float32)
    north = unpack(seen_from(plain, CELL_M, 40, 40, ViewSpec(10.0, 1.0, azimuth_deg=(350.0, 10.0))))
    down, right = np.nonzero(north)
    turn = np.degrees(np.arctan2(right - 33, 33 - down))
    assert (np.abs(turn[(down != 33) | (right != 33)]) <= 10.0).all()
    assert north[:34, 33].all()
    above = unpack(seen_from(plain, CELL_M, 40, 40, ViewSpec(10.0, 1.0, elevation_deg=(0.0, 90.0))))
    assert above.sum() == 1  # itself


@pytest.mark.parametrize("radius_km", [0.01, 0.03, 60.0])
def test_any_radius_from_one_cell_to_the_whole_map(radius_km):
    plain = np.zeros((N, N), dtype=np.float32)
    seen = unpack(seen_from(plain, CELL_M, 40, 40, ViewSpec(200.0, radius_km)))
    assert seen.sum() == {0.01: 1, 0.03: 5, 60.0: N * N}[radius_km]


def test_every_fault_of_a_spec_is_named():
    with pytest.raises(SpecError, match=r"(?s)height: -1 .*target height: nan .*radius: 0 .*method: r2"):
        ViewSpec(-1, 0, float("nan"), method="r2")
    with pytest.raises(SpecError, match=r"200.0 km are 6666 cells of 30 m; at most 4000"):
        ViewSpec(10.0, 200.0).reach(30.0)


@pytest.mark.parametrize(("low", "high"), [(-12, -8), (7, 11), (-6, 6)])
def test_places_off_the_grid_are_void_and_no_others_are_touched(low, high):
    ground, post = np.zeros((30, 9), dtype=np.float32), np.full(40, 7.0, dtype=np.float32)
    read_ring(ground, 20, 4, 0, 12, low, high, 1.0, 0.0, new_strip(12), post)
    at = np.arange(40) - 12
    inside = (at >= low) & (at <= high)
    assert (post[~inside] == 7.0).all()
    assert np.allclose(post[inside & (abs(at) <= 4)], -1.0 / 12)
    assert (post[inside & (abs(at) > 4)] < -1e29).all()
