"""Line of sight between a site and the cells around it, over a curved Earth with refraction."""

from __future__ import annotations

import numpy as np

from sarhad.place.border import FloatArray
from sarhad.place.terrain import IntArray, Terrain
from sarhad.place.viewshed import ViewSpec, seen_from, unpack


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
    """Return the flat indices of the cells visible from a cell, sorted, and their distances in km.

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
    spec = ViewSpec(observer_height_m, radius_km, target_height_m, refraction)
    seen = unpack(seen_from(terrain.elevation_m, terrain.cell_m, row, col, spec))
    reach = seen.shape[0] // 2
    down, right = (at - reach for at in np.nonzero(seen))
    cells = (row + down) * terrain.shape[1] + col + right
    return cells, terrain.cell_m * np.sqrt((down * down + right * right).astype(np.float64)) / 1000.0
