"""Elevation around points from any rasters, on square cells in metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS, Proj, Transformer
from rasterio.warp import transform, transform_bounds

from sarhad.errors import DataError, SpecError
from sarhad.place.agreement import TOLERANCE_M, settle
from sarhad.place.border import FloatArray
from sarhad.place.mosaic import Mosaic, Sea, open_rasters
from sarhad.place.raster import Bounds, Float32Array, Raster, local_projection

IntArray = npt.NDArray[np.int64]

FEWEST_CELLS = 2  # of a radius
BYTES_READ = 12  # a cell on the way in: as stored, as float32, warped
TRUE_SCALE = 0.002  # how far a raster's own metres may be off to be taken as they are; UTM is off by 0.001
LOW_SHARE = 0.01  # of the cells below sea level worth a word
WIDEST_KM = 300.0  # from the middle of points; farther out the projection stretches by more than 0.1 %


@dataclass(frozen=True)
class Grid:
    """Square cells about points.

    Parameters
    ----------
    crs
        In metres.
    transform, shape
        From column and row to x and y (rasterio order); rows and columns.
    cells
        Row and column of each point, shape (n, 2).
    """

    crs: CRS
    transform: Affine
    shape: tuple[int, int]
    cells: IntArray

    def cut(self, raster: Raster) -> Grid:
        """Return the part that lies on a raster of the same cells."""
        col, row = (round(at) for at in ~raster.transform @ (self.transform.c, self.transform.f))
        top, left = max(-row, 0), max(-col, 0)
        below, beside = min(self.shape[0], raster.shape[0] - row), min(self.shape[1], raster.shape[1] - col)
        transform = self.transform @ Affine.translation(left, top)
        return Grid(self.crs, transform, (below - top, beside - left), self.cells - (top, left))


@dataclass(frozen=True)
class Elevation:
    """Elevation around a point, whose cell is in the middle.

    Parameters
    ----------
    crs
        In metres: that of the raster where it is north up, square and true to scale, else transverse Mercator about
        the point.
    transform
        From column and row to x and y (rasterio order).
    elevation_m
        Of the cell centres, nan where the rasters have none, shape (n, n).
    share_void
        Share of cells without elevation.
    notices
        What a person should know of it.
    """

    crs: CRS
    transform: Affine
    elevation_m: Float32Array
    share_void: float
    notices: tuple[str, ...] = ()

    @property
    def cell_m(self) -> float:
        """Return the width of a cell."""
        return float(self.transform.a)

    @property
    def middle(self) -> int:
        """Return the row, and the column, of the point."""
        return len(self.elevation_m) // 2


def elevation_around(
    path: Path,
    at: tuple[float, float],
    radius_km: float,
    *,
    bytes_a_cell: int = 0,
    memory_gb: float = 4.0,
    fewest_cells: int = FEWEST_CELLS,
    sea: Sea = Sea.AS_GIVEN,
    tolerance_m: float = TOLERANCE_M,
) -> Elevation:
    """Return the elevation within a square about a point, at the fineness of the rasters there.

    Parameters
    ----------
    path
        A raster that GDAL opens (GeoTIFF, COG, VRT), or a folder of them.
    at
        Longitude and latitude.
    radius_km
        Half the width of the square.
    bytes_a_cell
        What the computation that follows needs besides.
    memory_gb
        Memory that reading and computing may take.
    fewest_cells
        Of the radius.
    sea
        What stands where there is no land.
    tolerance_m
        What overlapping rasters may differ by.

    Raises
    ------
    StoreError
        If a file cannot be read.
    CrsMismatchError
        If one has no coordinate system, or one that does not fit its numbers.
    SpecError
        If the point lies outside, the radius holds too few cells, or the memory is too little.
    DataError
        If there is no elevation at the point, or rasters disagree.
    """
    mosaic = open_rasters(path, sea=sea)
    here = covering(path, mosaic, at)
    own = own_grid(mosaic, here, at)
    cell_m = cell_of(here, own)
    reach = cells_of(radius_km, cell_m, fewest_cells)
    grid = grid_about(own, np.array([at], dtype=np.float64), cell_m, reach)
    require_memory(mosaic, grid, radius_km, bytes_a_cell, memory_gb)
    elevation, said = read_onto(mosaic, grid, tolerance_m=tolerance_m)
    if np.isnan(elevation[reach, reach]):
        raise DataError(
            f"{path}: no elevation at {at[0]:g},{at[1]:g} (a void). Move the point or fill the raster."
        )
    return Elevation(grid.crs, grid.transform, elevation, float(np.isnan(elevation).mean()), said)


def cell_of(raster: Raster, own: tuple[CRS, Affine] | None) -> float:
    """Return the width of the cells to read a raster on: its own where these are kept, else as fine in decimetres."""
    return float(own[1].a) if own else max(0.1, round(min(raster.cell_m), 1))


def grid_about(own: tuple[CRS, Affine] | None, points: FloatArray, cell_m: float, reach: int) -> Grid:
    """Return the cells that reach so many beyond points in each direction.

    Parameters
    ----------
    own
        The grid that is kept, as of `own_grid`; None: transverse Mercator about the middle of the points.
    points
        Longitude and latitude, shape (n, 2).
    cell_m, reach
        Width of a cell, and the cells beyond.

    Raises
    ------
    SpecError
        If the points lie too far apart for that projection.
    """
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    crs = own[0] if own else local_projection((float(middle[0]), float(middle[1])))
    x, y = (
        np.asarray(one) for one in Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(*points.T)
    )
    if own is None and np.abs(x).max() > WIDEST_KM * 1000.0:
        raise SpecError(
            f"points: they lie {np.ptp(x) / 1000.0:.0f} km apart from west to east, more than {2 * WIDEST_KM:.0f}. Give "
            "them in parts, or an elevation model in a metric projection."
        )
    half = 0.5 * cell_m  # the westernmost and the northernmost point lie in the middle of their cells
    to_xy = own[1] if own else Affine(cell_m, 0.0, x.min() - half, 0.0, -cell_m, y.max() + half)
    col, row = ~to_xy @ np.array([x, y])
    cells = np.floor(np.stack([row, col], axis=1)).astype(np.int64)
    first, last = cells.min(axis=0) - reach, cells.max(axis=0) + reach + 1
    transform = to_xy @ Affine.translation(int(first[1]), int(first[0]))
    return Grid(crs, transform, (int(last[0] - first[0]), int(last[1] - first[1])), cells - first)


def read_onto(
    mosaic: Mosaic, grid: Grid, *, tolerance_m: float = TOLERANCE_M
) -> tuple[Float32Array, tuple[str, ...]]:
    """Return the elevation of a grid and what a person should know of it.

    Raises
    ------
    DataError
        If rasters disagree and nobody said which to trust.
    """
    within = degrees_of(grid.crs, grid.transform, grid.shape)
    said = settle(mosaic, tolerance_m=tolerance_m, within=within)
    elevation, origin = mosaic.onto(grid.crs, grid.transform, grid.shape)
    used = Mosaic(tuple(raster for n, raster in enumerate(mosaic.rasters) if (origin == n).any()))
    return elevation, (*said, *used.notices(float(grid.transform.a)), *below_sea(elevation))


def below_sea(elevation: Float32Array) -> list[str]:
    """Return a word on elevations below 0, where there are more than a few."""
    share = float((elevation < 0.0).mean())
    if share <= LOW_SHARE:
        return []
    return [
        f"{share:.1%} of the cells lie below sea level, down to {float(np.nanmin(elevation)):.0f} m: is it the sea?"
    ]


def covering(path: Path, mosaic: Mosaic, at: tuple[float, float]) -> Raster:
    """Return the first raster that holds a point."""
    lon, lat = at
    if not (abs(lon) <= 180.0 and abs(lat) <= 85.0):
        raise SpecError(
            f"point {lon:g},{lat:g}: give longitude -180..180, then latitude -85..85, in degrees."
        )
    for raster in mosaic.rasters:
        xs, ys = transform("EPSG:4326", raster.wkt, [lon], [lat])
        col, row = ~raster.transform @ (xs[0], ys[0])
        if 0 <= col < raster.shape[1] and 0 <= row < raster.shape[0]:
            return raster
    west, south, east, north = mosaic.bounds
    raise SpecError(
        f"point {lon:g},{lat:g} lies outside {path}, which reaches from {west:.4f},{south:.4f} to "
        f"{east:.4f},{north:.4f}. Give longitude first, then latitude."
    )


def own_grid(mosaic: Mosaic, raster: Raster, at: tuple[float, float]) -> tuple[CRS, Affine] | None:
    """Return the grid of a raster if its cells are square, north up and true metres, and all are on it."""
    crs, to_xy = CRS.from_wkt(raster.wkt), raster.transform
    is_square = to_xy.b == to_xy.d == 0.0 and to_xy.a == -to_xy.e > 0.0
    if len(mosaic.lattices) > 1 or not is_square or not crs.is_projected:
        return None
    if crs.axis_info[0].unit_name not in ("metre", "meter"):
        return None
    scale = Proj(crs).get_factors(*at)
    off = max(abs(scale.meridional_scale - 1.0), abs(scale.parallel_scale - 1.0))
    return (crs, to_xy) if off <= TRUE_SCALE else None


def degrees_of(crs: CRS, to_xy: Affine, shape: tuple[int, int]) -> Bounds:
    """Return the bounds of a grid in degrees."""
    west, north = to_xy.c, to_xy.f
    bounds = west, north + to_xy.e * shape[0], west + to_xy.a * shape[1], north
    west, south, east, north = transform_bounds(crs.to_wkt(), "EPSG:4326", *bounds, densify_pts=21)
    return west, south, east, north


def cells_of(radius_km: float, cell_m: float, fewest: int = FEWEST_CELLS) -> int:
    """Return a radius in cells; raise SpecError if it has too few."""
    if not (np.isfinite(radius_km) and radius_km * 1000.0 >= fewest * cell_m):
        raise SpecError(
            f"radius {radius_km:g} km: less than {fewest} cells of {cell_m:g} m. Give a larger radius."
        )
    return int(np.ceil(radius_km * 1000.0 / cell_m))


def require_memory(mosaic: Mosaic, grid: Grid, radius_km: float, bytes_a_cell: int, memory_gb: float) -> None:
    """Raise SpecError if reading a grid, and what follows with so many bytes a cell, need more memory than allowed."""
    cell_m, count = float(grid.transform.a), grid.shape[0] * grid.shape[1]
    needed_gb = (count * (bytes_a_cell + BYTES_READ) + mosaic.reading_bytes(cell_m, grid.shape)) / 1e9
    if not needed_gb <= memory_gb:
        raise SpecError(
            f"radius {radius_km:g} km: {count:,} cells of {cell_m:g} m need {needed_gb:.1f} GB, more "
            f"than the {memory_gb:g} GB allowed. Give a smaller radius or allow more memory."
        )
