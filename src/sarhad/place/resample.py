"""Elevation of a raster read at the cell centres of another grid, each cell for itself: no block sees another's edge."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from affine import Affine
from numba import njit
from pyproj import CRS, Transformer

from sarhad.place.border import FloatArray
from sarhad.place.raster import Float32Array

OriginArray = npt.NDArray[np.int16]

STEP = 16  # cells of the grid between points whose place on the raster is computed and not interpolated


def resampled(
    values: Float32Array,
    number: OriginArray,
    first: tuple[int, int],
    lattice: tuple[str, Affine],
    reach: tuple[float, float],
    grid: tuple[CRS, Affine, tuple[int, int]],
) -> tuple[Float32Array, OriginArray]:
    """Return elevation and number of the raster at the cell centres of a grid; nan and -1 where it has none.

    Parameters
    ----------
    values, number
        Window of the lattice: elevation [m], nan where missing; which raster gave it. Shape (h, w).
    first
        Row and column of the window on the lattice.
    lattice
        Coordinate system and transform of the lattice.
    reach
        Cells of the lattice, down and right, over which a cell is averaged; 1 and 1: bilinear.
    grid
        Coordinate system, transform and shape of the grid.

    Notes
    -----
    Weights fall linearly with the distance from the cell centre along each axis, to 0 at `reach`; missing cells are left
    out of the average. A cell whose centre lies on a missing cell is missing: voids keep their size.

    The place on the raster is exact at every 16th cell and linear between: at 30 m that is off by 5 mm, since over s
    metres a straight line of one projection bends by about ``s^2 / (8 R)`` in another.
    """
    crs, to_xy, shape = grid
    rows, cols = _places(lattice, crs, to_xy, shape)
    elevation = np.full(shape, np.nan, dtype=np.float32)
    origin = np.full(shape, -1, dtype=np.int16)
    _sample(values, number, first[0], first[1], rows, cols, reach[0], reach[1], elevation, origin)
    return elevation, origin


def _places(
    lattice: tuple[str, Affine], crs: CRS, to_xy: Affine, shape: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """Return row and column on the lattice of every 16th cell centre of a grid, one beyond its end."""
    down, right = (np.arange(0, n + STEP, STEP, dtype=np.float64) + 0.5 for n in shape)
    x, y = np.meshgrid(to_xy.c + to_xy.a * right, to_xy.f + to_xy.e * down)
    own_x, own_y = Transformer.from_crs(crs, lattice[0], always_xy=True).transform(x, y)
    back = ~lattice[1]
    return back.d * own_x + back.e * own_y + back.f, back.a * own_x + back.b * own_y + back.c


@njit(cache=True, nogil=True)
def _sample(
    values: Float32Array,
    number: OriginArray,
    top: int,
    left: int,
    rows: FloatArray,
    cols: FloatArray,
    down: float,
    right: float,
    elevation: Float32Array,
    origin: OriginArray,
) -> None:
    """Fill elevation and origin."""
    height, width = values.shape
    for r in range(elevation.shape[0]):
        k, v = r // STEP, (r % STEP) / STEP
        for c in range(elevation.shape[1]):
            m, u = c // STEP, (c % STEP) / STEP
            y0, y1 = (
                rows[k, m] + u * (rows[k, m + 1] - rows[k, m]),
                rows[k + 1, m] + u * (rows[k + 1, m + 1] - rows[k + 1, m]),
            )
            x0, x1 = (
                cols[k, m] + u * (cols[k, m + 1] - cols[k, m]),
                cols[k + 1, m] + u * (cols[k + 1, m + 1] - cols[k + 1, m]),
            )
            y, x = y0 + v * (y1 - y0), x0 + v * (x1 - x0)
            if not (top <= y < top + height and left <= x < left + width):
                continue
            i, j = int(np.floor(y)) - top, int(np.floor(x)) - left
            if np.isnan(values[i, j]):
                continue
            y, x = y - 0.5, x - 0.5  # centres of cells at whole numbers
            total, weights = 0.0, 0.0
            for a in range(
                max(int(np.ceil(y - down)), top), min(int(np.floor(y + down)), top + height - 1) + 1
            ):
                across = 1.0 - abs(a - y) / down
                for b in range(
                    max(int(np.ceil(x - right)), left), min(int(np.floor(x + right)), left + width - 1) + 1
                ):
                    z = values[a - top, b - left]
                    weight = across * (1.0 - abs(b - x) / right)
                    if z == z:
                        total += weight * z
                        weights += weight
            elevation[r, c] = total / weights
            origin[r, c] = number[i, j]
