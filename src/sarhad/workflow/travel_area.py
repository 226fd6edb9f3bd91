"""The elevation about one or many points, on square cells in metres, for travel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sarhad.errors import DataError, SpecError
from sarhad.place.elevation import (
    cell_of,
    cells_of,
    covering,
    grid_about,
    own_grid,
    read_onto,
    require_memory,
)
from sarhad.place.mosaic import Mosaic, open_rasters
from sarhad.place.raster import Raster
from sarhad.place.terrain import Float32Array, IntArray
from sarhad.place.travel.burning import Cells
from sarhad.workflow.post_files import Post


@dataclass(frozen=True)
class Area:
    """Elevation, the grid it is on, and the points on it.

    Parameters
    ----------
    elevation_m
        Of the cell centres, nan where there is none, shape of `cells`.
    cells
        The grid: the raster's own where it is square and in true metres, else transverse Mercator.
    points
        Flat cell of each point.
    notices
        What a person should know.
    """

    elevation_m: Float32Array
    cells: Cells
    points: IntArray
    notices: tuple[str, ...]

    @property
    def cell_m(self) -> float:
        """Return the width of a cell."""
        return float(self.cells.transform.a)


def area_about(
    dem: Path, points: list[Post], radius_km: float, *, bytes_a_cell: int, memory_gb: float
) -> Area:
    """Return the elevation about points as far as a radius reaches from any, at the fineness of the rasters there.

    Raises
    ------
    StoreError
        If a file cannot be read.
    CrsMismatchError
        If one has no coordinate system, or one that does not fit its numbers.
    SpecError
        If points lie outside or too far apart, the radius holds too few cells, or the memory is too little.
    DataError
        If there is no elevation at points, or rasters disagree.
    """
    mosaic = open_rasters(dem)
    here = _covering(dem, mosaic, points)
    own = own_grid(mosaic, here, (points[0].lon, points[0].lat))
    cell_m = cell_of(here, own)
    lonlat = np.array([(at.lon, at.lat) for at in points], dtype=np.float64)
    grid = grid_about(own, lonlat, cell_m, cells_of(radius_km, cell_m))
    require_memory(mosaic, grid, radius_km, bytes_a_cell, memory_gb)
    elevation, said = read_onto(mosaic, grid)
    row, col = grid.cells.T
    void = [
        f"{at.lon:g},{at.lat:g}" for at, z in zip(points, elevation[row, col], strict=True) if np.isnan(z)
    ]
    if void:
        raise DataError(
            f"{dem}: no elevation at {', '.join(void)} (a void). Move the point or fill the raster."
        )
    cells = Cells(grid.crs, grid.transform, grid.shape)
    return Area(elevation, cells, row * cells.shape[1] + col, said)


def _covering(dem: Path, mosaic: Mosaic, points: list[Post]) -> Raster:
    """Return the raster that holds the first point; raise SpecError naming every point that is on none."""
    held, faults = [], []
    for at in points:
        try:
            held.append(covering(dem, mosaic, (at.lon, at.lat)))
        except SpecError as error:
            faults.append(str(error))
    if faults:
        raise SpecError("\n".join(faults))
    return held[0]
