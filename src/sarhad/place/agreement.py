"""Where rasters that overlap give different elevations: places and numbers, never an average."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from affine import Affine
from rasterio.warp import transform, transform_bounds

from sarhad.errors import DataError
from sarhad.place.mosaic import Mosaic, Sea
from sarhad.place.raster import Bounds, Raster, local_projection

TOLERANCE_M = 30.0  # as 30 m models of steep ground differ from each other without fault
MOST_TOLD = 5


@dataclass(frozen=True)
class Disagreement:
    """Two rasters that differ where they overlap.

    Parameters
    ----------
    first, second
        Their names; the first is used.
    cells, beyond
        Places compared, and those that differ by more than the tolerance.
    at
        Longitude and latitude of the largest difference.
    first_m, second_m
        Elevations there.
    """

    first: str
    second: str
    cells: int
    beyond: int
    at: tuple[float, float]
    first_m: float
    second_m: float

    @property
    def text(self) -> str:
        """Say it."""
        return (
            f"{self.first} and {self.second}: {self.beyond:,} of {self.cells:,} places of their overlap differ, most at "
            f"{self.at[0]:.4f},{self.at[1]:.4f}: {self.first_m:.0f} m and {self.second_m:.0f} m"
        )


def disagreements(
    mosaic: Mosaic, *, tolerance_m: float = TOLERANCE_M, within: Bounds | None = None
) -> list[Disagreement]:
    """Return the pairs of rasters that differ by more than a tolerance somewhere, worst first.

    Parameters
    ----------
    mosaic
        The rasters.
    tolerance_m
        What may differ.
    within
        West, south, east, north of what matters, in degrees; None: everywhere.

    Notes
    -----
    Both are read onto cells of the coarser one, block by block.
    """
    found = []
    for first, second in combinations(mosaic.rasters, 2):
        box = _overlap(first.bounds, second.bounds)
        box = None if box is None else _overlap(box, within or box)
        if box is not None:
            one = _compare(first, second, box, tolerance_m, mosaic.sea)
            if one is not None:
                found.append(one)
    return sorted(found, key=lambda one: (-one.beyond, one.first, one.second))


def settle(mosaic: Mosaic, *, tolerance_m: float = TOLERANCE_M, within: Bounds | None = None) -> list[str]:
    """Return what to say of rasters that disagree, the first of them being used.

    Raises
    ------
    DataError
        If they disagree and nobody said which to trust.
    """
    found = disagreements(mosaic, tolerance_m=tolerance_m, within=within)
    if not found:
        return []
    told = [one.text for one in found[:MOST_TOLD]]
    if len(found) > MOST_TOLD:
        told.append(f"{len(found) - MOST_TOLD} more pairs")
    head = f"rasters differ by more than {tolerance_m:g} m where they overlap"
    if mosaic.is_ordered:
        return [f"{head}, the first of each pair is used: {line}" for line in told]
    raise DataError(
        "\n".join([f"{head}, and nothing says which to trust:", *told])
        + "\nGive the files one by one in order of trust, or leave one of them out."
    )


def _overlap(one: Bounds, other: Bounds) -> Bounds | None:
    west, south = max(one[0], other[0]), max(one[1], other[1])
    east, north = min(one[2], other[2]), min(one[3], other[3])
    return (west, south, east, north) if east > west and north > south else None


def _compare(first: Raster, second: Raster, box: Bounds, tolerance_m: float, sea: Sea) -> Disagreement | None:
    crs = local_projection(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
    west, south, east, north = transform_bounds("EPSG:4326", crs.to_wkt(), *box, densify_pts=21)
    cell = max(*first.cell_m, *second.cell_m)
    height, width = max(int((north - south) / cell), 1), max(int((east - west) / cell), 1)
    side = Mosaic((first, second)).block_side(cell)
    cells = beyond = 0
    worst, at, heights = tolerance_m, (0.0, 0.0), (0.0, 0.0)
    for top in range(0, height, side):
        for left in range(0, width, side):
            to_xy = Affine(cell, 0.0, west + left * cell, 0.0, -cell, north - top * cell)
            shape = min(side, height - top), min(side, width - left)
            ours, theirs = (
                Mosaic((raster,), sea=sea).onto(crs, to_xy, shape)[0] for raster in (first, second)
            )
            apart = np.nan_to_num(np.abs(ours - theirs), nan=-1.0)
            cells += int((apart >= 0.0).sum())
            beyond += int((apart > tolerance_m).sum())
            row, col = np.unravel_index(int(apart.argmax()), shape)
            if apart[row, col] > worst:
                worst, heights = float(apart[row, col]), (float(ours[row, col]), float(theirs[row, col]))
                at = to_xy @ (float(col) + 0.5, float(row) + 0.5)
    if not beyond:
        return None
    lon, lat = transform(crs.to_wkt(), "EPSG:4326", [at[0]], [at[1]])
    return Disagreement(
        first.name, second.name, cells, beyond, (float(lon[0]), float(lat[0])), heights[0], heights[1]
    )
