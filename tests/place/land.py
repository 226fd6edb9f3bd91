"""Made-up ground for tests of place."""

from __future__ import annotations

import numpy as np
from affine import Affine
from pyproj import CRS

from sarhad.place import Terrain


def land(elevation, side=None, cell_m=100.0) -> Terrain:
    """Return a terrain with this elevation; all of it inside unless a side is given."""
    elevation = np.asarray(elevation, dtype=np.float32)
    side = np.ones(elevation.shape, dtype=np.int8) if side is None else np.asarray(side, dtype=np.int8)
    return Terrain(
        crs=CRS.from_epsg(32642),
        transform=Affine(cell_m, 0.0, 500_000.0, 0.0, -cell_m, 4_100_000.0),
        elevation_m=elevation,
        side=side,
        chainage_km=np.zeros(elevation.shape, dtype=np.float32),
        distance_km=np.zeros(elevation.shape, dtype=np.float32),
        distortion=0.0,
    )
