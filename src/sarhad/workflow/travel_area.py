"""The elevation about one or many points, on square cells in metres, for travel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from pyproj import CRS, Transformer

from sarhad.errors import DataError, SpecError
from sarhad.place.agreement import settle
from sarhad.place.elevation import BYTES_READ, FEWEST_CELLS, below_sea, covering, degrees_of, own_grid
from sarhad.place.mosaic import Mosaic, open_rasters
from sarhad.place.raster import Raster, local_projection
from sarhad.place.terrain import Float32Array, IntArray
from sarhad.place.travel.burning import Cells
from sarhad.workflow.post_files import Post

WIDEST_KM = 300.0  # from the middle of the points; farther out the projection stretches by more than 0.1 %


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
    cell_m = own[1].a if own else max(0.1, round(min(here.cell_m), 1))
    if not (np.isfinite(radius_km) and radius_km * 1000.0 >= FEWEST_CELLS * cell_m):
        raise SpecError(
            f"radius {radius_km:g} km: less than {FEWEST_CELLS} cells of {cell_m:g} m. Give a larger radius."
        )
    cells, row, col = _grid(own, points, cell_m, int(np.ceil(radius_km * 1000.0 / cell_m)))
    _require_memory(cells, radius_km, bytes_a_cell + BYTES_READ, memory_gb)
    said = settle(mosaic, within=degrees_of(cells.crs, cells.transform, cells.shape))
    elevation, origin = mosaic.onto(cells.crs, cells.transform, cells.shape)
    void = [
        f"{at.lon:g},{at.lat:g}" for at, z in zip(points, elevation[row, col], strict=True) if np.isnan(z)
    ]
    if void:
        raise DataError(
            f"{dem}: no elevation at {', '.join(void)} (a void). Move the point or fill the raster."
        )
    used = Mosaic(tuple(raster for n, raster in enumerate(mosaic.rasters) if (origin == n).any()))
    said += used.notices(cell_m) + below_sea(elevation)
    return Area(elevation, cells, row * cells.shape[1] + col, tuple(said))


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


def _grid(
    own: tuple[CRS, Affine] | None, points: list[Post], cell_m: float, reach: int
) -> tuple[Cells, IntArray, IntArray]:
    """Return the grid that reaches so many cells beyond the points, and their rows and columns."""
    lon, lat = np.array([[at.lon, at.lat] for at in points]).T
    if own is None:
        crs = local_projection(((lon.min() + lon.max()) / 2, (lat.min() + lat.max()) / 2))
        half = 0.5 * cell_m
        to_xy = Affine(cell_m, 0.0, -half, 0.0, -cell_m, half)  # the middle is in the middle of a cell
    else:
        crs, to_xy = own
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    if own is None and np.abs(x).max() > WIDEST_KM * 1000.0:
        raise SpecError(
            f"points: they lie {np.ptp(x) / 1000.0:.0f} km apart from west to east, more than {2 * WIDEST_KM:.0f}. Give "
            "them in parts, or an elevation model in a metric projection."
        )
    col, row = (np.floor(axis).astype(np.int64) for axis in ~to_xy @ (np.asarray(x), np.asarray(y)))
    top, left = int(row.min()) - reach, int(col.min()) - reach
    shape = int(row.max()) - top + reach + 1, int(col.max()) - left + reach + 1
    return Cells(crs, to_xy @ Affine.translation(left, top), shape), row - top, col - left


def _require_memory(cells: Cells, radius_km: float, bytes_a_cell: int, memory_gb: float) -> None:
    count = cells.shape[0] * cells.shape[1]
    needed_gb = count * bytes_a_cell / 1e9
    if not needed_gb <= memory_gb:
        raise SpecError(
            f"radius {radius_km:g} km: {count:,} cells of {cells.transform.a:g} m need {needed_gb:.1f} GB, more than the "
            f"{memory_gb:g} GB allowed. Give a smaller radius or allow more memory."
        )
