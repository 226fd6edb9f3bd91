"""Elevation of a raster read at the cell centres of another grid, each cell for itself: no block sees another's edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine
from numba import njit
from pyproj import CRS, Transformer

from sarhad.place.border import FloatArray
from sarhad.place.raster import Bounds, Float32Array

OriginArray = npt.NDArray[np.int16]
IntArray = npt.NDArray[np.int64]
Block = tuple[int, int, int, int]  # first and last row, first and last column, the last ones not included

STEP = 16  # cells of the grid between points whose place on the raster is computed and not interpolated


@dataclass(frozen=True)
class Places:
    """Row and column on a lattice of every 16th cell centre of a grid, one beyond its end.

    Parameters
    ----------
    rows, cols
        In cells of the lattice, from its corner, shape (ceil(height / 16) + 1, ceil(width / 16) + 1).
    """

    rows: FloatArray
    cols: FloatArray

    def around(self, block: Block) -> Bounds | None:
        """Return the first row and column and the last that a block's centres lie at; None where they lie nowhere."""
        down, right = (
            np.unique([start, *range(-(-start // STEP) * STEP, stop, STEP), stop - 1])
            for start, stop in (block[:2], block[2:])
        )
        rows, cols = (_between(table, down, right) for table in (self.rows, self.cols))
        known = np.isfinite(rows) & np.isfinite(cols)
        if not known.any():
            return None
        rows, cols = rows[known], cols[known]
        return float(rows.min()), float(cols.min()), float(rows.max()), float(cols.max())


def _between(table: FloatArray, down: IntArray, right: IntArray) -> FloatArray:
    """Return what a table of every 16th cell holds, linear between, at rows and columns of the grid."""
    (k, v), (m, u) = (np.divmod(at, STEP) for at in (down, right))
    share_down, share_right = v[:, None] / STEP, u / STEP
    with np.errstate(invalid="ignore"):  # beyond a projection's reach
        above, below = (
            table[np.ix_(row, m)] + share_right * (table[np.ix_(row, m + 1)] - table[np.ix_(row, m)])
            for row in (k, k + 1)
        )
        found: FloatArray = above + share_down * (below - above)
    return found


def fill(
    values: Float32Array,
    number: OriginArray,
    first: tuple[int, int],
    at: Places,
    block: Block,
    reach: tuple[float, float],
    onto: tuple[Float32Array, OriginArray],
) -> None:
    """Fill the cells of a block of a grid that are still missing, where the raster has them.

    Parameters
    ----------
    values, number
        Window of the lattice: elevation [m], nan where missing; which raster gave it. Shape (h, w).
    first
        Row and column of the window on the lattice.
    at
        Where the cells of the whole grid lie on the lattice.
    block
        Of the grid.
    reach
        Cells of the lattice, down and right, over which a cell is averaged; 1 and 1: bilinear.
    onto
        Elevation and number of the raster of the whole grid, nan and -1 where missing; changed in place.

    Notes
    -----
    Weights fall linearly with the distance from the cell centre along each axis, to 0 at `reach`; missing cells are left
    out of the average. A cell whose centre lies on a missing cell is missing: voids keep their size.
    """
    _sample(values, number, first, at.rows, at.cols, block, reach, *onto)


def places(lattice: tuple[str, Affine], crs: CRS, to_xy: Affine, shape: tuple[int, ...]) -> Places:
    """Return where the cells of a grid lie on a lattice, given by its coordinate system and transform.

    Notes
    -----
    Exact at every 16th cell and linear between: at 30 m that is off by 5 mm, since over s metres a straight line of
    one projection bends by about ``s^2 / (8 R)`` in another.
    """
    down, right = (np.arange(0, n + STEP, STEP, dtype=np.float64) + 0.5 for n in shape)
    x, y = np.meshgrid(to_xy.c + to_xy.a * right, to_xy.f + to_xy.e * down)
    own_x, own_y = Transformer.from_crs(crs, lattice[0], always_xy=True).transform(x, y)
    back = ~lattice[1]
    return Places(back.d * own_x + back.e * own_y + back.f, back.a * own_x + back.b * own_y + back.c)


@njit(cache=True, nogil=True)
def _sample(
    values: Float32Array,
    number: OriginArray,
    first: tuple[int, int],
    rows: FloatArray,
    cols: FloatArray,
    block: Block,
    reach: tuple[float, float],
    elevation: Float32Array,
    origin: OriginArray,
) -> None:
    """Fill elevation and origin."""
    height, width = values.shape
    top, left = first
    down, right = reach
    for r in range(block[0], block[1]):
        k, v = r // STEP, (r % STEP) / STEP
        for c in range(block[2], block[3]):
            if not np.isnan(elevation[r, c]):
                continue
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
