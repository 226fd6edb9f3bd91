"""Line of sight between a site and the cells around it, over a curved Earth with refraction."""

from __future__ import annotations

import numpy as np
from numba import njit

from sarhad.place.border import FloatArray
from sarhad.place.terrain import Float32Array, IntArray, Terrain

EARTH_RADIUS_M = 6_371_008.8  # mean radius of the WGS 84 ellipsoid


def visible(
    terrain: Terrain,
    row: int,
    col: int,
    *,
    observer_height_m: float,
    target_height_m: float,
    radius_km: float,
    refraction: float,
) -> tuple[IntArray, FloatArray]:
    """Return the flat indices of the cells visible from a cell, and their distances in km.

    Parameters
    ----------
    terrain
        The grid.
    row, col
        Cell of the site; it sees itself.
    observer_height_m, target_height_m
        Above the ground.
    radius_km
        How far it looks.
    refraction
        Coefficient of refraction; 0.13 for light in standard air, 0 for none.

    Notes
    -----
    The exact method R3: each cell has its own ray; the ground under it is read where the ray crosses the
    rows (or columns) of cell centres along its longer axis, linear between the two cells there. A height
    at distance d appears lower by ``(1 - refraction) d^2 / (2 R)``. Cells without elevation hide nothing
    and are not seen.

    References
    ----------
    Franklin and Ray (1994), Higher isn't necessarily better: visibility algorithms and experiments,
    6th Symposium on Spatial Data Handling, 751-770.
    """
    found, distance = _seen(
        terrain.elevation_m,
        row,
        col,
        terrain.cell_m,
        observer_height_m,
        target_height_m,
        radius_km * 1000.0,
        (1.0 - refraction) / (2.0 * EARTH_RADIUS_M),
    )
    return found, distance


@njit(cache=True, nogil=True)
def _seen(
    elevation: Float32Array,
    row: int,
    col: int,
    cell_m: float,
    observer_m: float,
    target_m: float,
    radius_m: float,
    drop: float,
) -> tuple[IntArray, FloatArray]:
    """Return flat indices and distances in km of the cells in sight."""
    height, width = elevation.shape
    reach = int(radius_m / cell_m)
    found = np.empty((2 * reach + 1) ** 2, dtype=np.int64)
    distance_km = np.empty((2 * reach + 1) ** 2)
    size = 0
    eye = float(elevation[row, col]) + observer_m
    if np.isnan(eye):
        return found[:0], distance_km[:0]
    for r in range(max(row - reach, 0), min(row + reach + 1, height)):
        for c in range(max(col - reach, 0), min(col + reach + 1, width)):
            down, right = r - row, c - col
            distance = cell_m * np.sqrt(float(down * down + right * right))
            if distance > radius_m or np.isnan(elevation[r, c]):
                continue
            if _in_sight(elevation, row, col, down, right, cell_m, eye, target_m, drop):
                found[size] = r * width + c
                distance_km[size] = distance / 1000.0
                size += 1
    return found[:size].copy(), distance_km[:size].copy()


@njit(cache=True, nogil=True)
def _in_sight(
    elevation: Float32Array,
    row: int,
    col: int,
    down: int,
    right: int,
    cell_m: float,
    eye: float,
    target_m: float,
    drop: float,
) -> bool:
    """Return whether no ground between the eye and a target stands above the ray to it."""
    steps = max(abs(down), abs(right))
    if steps <= 1:
        return True
    whole = cell_m * np.sqrt(float(down * down + right * right))
    top = float(elevation[row + down, col + right]) + target_m - drop * whole * whole
    slope = (top - eye) / whole
    steep = abs(down) >= abs(right)
    for k in range(1, steps):
        share = k / steps
        distance = whole * share
        if steep:
            r, minor = row + (k if down > 0 else -k), col + right * share
        else:
            r, minor = col + (k if right > 0 else -k), row + down * share
        low = int(np.floor(minor))
        part = minor - low
        high = low + 1 if part > 0.0 else low
        a = float(elevation[r, low] if steep else elevation[low, r])
        b = float(elevation[r, high] if steep else elevation[high, r])
        ground = a + (b - a) * part if part > 0.0 else a
        if ground - drop * distance * distance > eye + slope * distance:
            return False
    return True
