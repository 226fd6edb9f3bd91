"""Lines and areas as cells: thick for what must not be slipped through, thin for what is paid once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from affine import Affine
from numba import njit
from pyproj import CRS, Transformer
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from sarhad.place.border import FloatArray
from sarhad.place.elevation import degrees_of
from sarhad.place.travel.steps import DOWN, RIGHT, UInt8Array, UInt16Array

BoolArray = npt.NDArray[np.bool_]
MARGIN = 0.1  # of the grid: so far beyond it shapes are kept, so that what crosses it crosses its rim
LONGEST_DEG = 0.01  # a straight line in degrees is none in metres: corners are put in at this distance


@dataclass(frozen=True)
class Cells:
    """The grid of an elevation model.

    Parameters
    ----------
    crs
        In metres.
    transform
        From column and row to x and y.
    shape
        Rows and columns.
    """

    crs: CRS
    transform: Affine
    shape: tuple[int, int]

    def in_metres(self, shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
        """Return what lies about the grid of shapes in degrees, in its coordinates; empty where nothing does."""
        turn = Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)
        west, south, east, north = degrees_of(self.crs, self.transform, self.shape)
        wide, high = MARGIN * (east - west), MARGIN * (north - south)
        about = shapely.box(west - wide, south - high, east + wide, north + high)

        def turned(points: FloatArray) -> FloatArray:
            return np.column_stack(turn.transform(points[:, 0], points[:, 1]))

        near = shapely.intersection(shapely.make_valid(np.array(shapes, dtype=object)), about)
        return list(shapely.transform(shapely.segmentize(near, LONGEST_DEG), turned))


def burnt(
    cells: Cells, shapes: Sequence[BaseGeometry], codes: Sequence[int], *, is_thick: bool
) -> UInt8Array:
    """Return the code of the last shape on each cell, 0 where there is none.

    Parameters
    ----------
    cells
        The grid.
    shapes
        Lines or polygons in degrees.
    codes
        Of each shape, 1 to 255; of two on a cell the later one counts.
    is_thick
        Every cell that a shape touches, so that lines are joined by the sides of cells; else one cell a step, joined
        by their sides or corners.
    """
    near = [(one, code) for one, code in zip(cells.in_metres(shapes), codes, strict=True) if not one.is_empty]
    if not near:
        return np.zeros(cells.shape, dtype=np.uint8)
    found: UInt8Array = rasterize(
        near,
        out_shape=cells.shape,
        transform=cells.transform,
        all_touched=is_thick,
        dtype="uint8",
    )
    return found


@njit(cache=True, nogil=True)
def without_slips(
    moves: UInt16Array, kind: UInt8Array, wet: BoolArray, along: BoolArray, road: BoolArray
) -> UInt16Array:
    """Return the moves without those that slip past a river that may be crossed, or jump over other ground.

    Parameters
    ----------
    moves
        Of `Ground`.
    kind
        Kind of surface of each cell.
    wet
        Cells of rivers, joined by sides or corners.
    along
        Cells that a road and a river share: a bridge, or a road on the bank. Only steps from road to road remain.
    road
        Cells of roads.

    Notes
    -----
    No diagonal step leads between two cells of a river, or between one and a closed cell: who crosses has been in it
    and has paid. A knight's move needs one kind of surface on all four cells, for it pays by its ends alone.
    """
    height, width = moves.shape
    left = moves.copy()
    for row in range(height):
        for col in range(width):
            bits = moves[row, col]
            for k in range(16):
                if (bits >> k) & 1 == 0:
                    continue
                r, c = row + DOWN[k], col + RIGHT[k]
                is_slip = False
                if along[row, col] or along[r, c]:
                    is_slip = k >= 8 or not (road[row, col] and road[r, c])
                elif k >= 8:
                    down, right = int(DOWN[k] / 2), int(RIGHT[k] / 2)
                    same = kind[row, col] == kind[row + down, col + right] == kind[r - down, c - right]
                    is_slip = not same or kind[r, c] != kind[row, col] or wet[row, col]
                elif k >= 4 and not wet[row, col] and not wet[r, c]:
                    one, other = wet[r, col], wet[row, c]
                    is_slip = (one and (other or moves[row, c] == 0)) or (other and moves[r, col] == 0)
                if is_slip:
                    left[row, col] &= ~(1 << k)
    return left
