"""Elevation around a point from any rasters, on square cells in metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from pyproj import CRS, Proj
from rasterio.warp import transform, transform_bounds

from sarhad.errors import DataError, SpecError
from sarhad.place.agreement import TOLERANCE_M, settle
from sarhad.place.mosaic import Mosaic, Sea, open_rasters
from sarhad.place.raster import Bounds, Float32Array, Raster, local_projection

FEWEST_CELLS = 2  # of a radius
BYTES_READ = 12  # a cell on the way in: as stored, as float32, warped
TRUE_SCALE = 0.002  # how far a raster's own metres may be off to be taken as they are; UTM is off by 0.001
LOW_SHARE = 0.01  # of the cells below sea level worth a word


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
    cell_m = own[1].a if own else max(0.1, round(min(here.cell_m), 1))
    reach = _reach(radius_km, cell_m, bytes_a_cell + BYTES_READ, memory_gb, fewest_cells)
    crs, to_xy = _square(own, at, cell_m, reach)
    side = 2 * reach + 1
    said = settle(mosaic, tolerance_m=tolerance_m, within=degrees_of(crs, to_xy, (side, side)))
    elevation, origin = mosaic.onto(crs, to_xy, (side, side))
    if np.isnan(elevation[reach, reach]):
        raise DataError(
            f"{path}: no elevation at {at[0]:g},{at[1]:g} (a void). Move the point or fill the raster."
        )
    used = Mosaic(tuple(raster for n, raster in enumerate(mosaic.rasters) if (origin == n).any()))
    said += used.notices(cell_m) + below_sea(elevation)
    return Elevation(crs, to_xy, elevation, float(np.isnan(elevation).mean()), tuple(said))


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


def _square(
    own: tuple[CRS, Affine] | None, at: tuple[float, float], cell_m: float, reach: int
) -> tuple[CRS, Affine]:
    """Return coordinate system and transform of the square whose middle cell holds the point."""
    if own is None:
        half = (reach + 0.5) * cell_m
        return local_projection(at), Affine(cell_m, 0.0, -half, 0.0, -cell_m, half)
    crs, to_xy = own
    xs, ys = transform("EPSG:4326", crs.to_wkt(), [at[0]], [at[1]])
    col, row = ~to_xy @ (xs[0], ys[0])
    return crs, to_xy @ Affine.translation(int(np.floor(col)) - reach, int(np.floor(row)) - reach)


def degrees_of(crs: CRS, to_xy: Affine, shape: tuple[int, int]) -> Bounds:
    """Return the bounds of a grid in degrees."""
    west, north = to_xy.c, to_xy.f
    bounds = west, north + to_xy.e * shape[0], west + to_xy.a * shape[1], north
    west, south, east, north = transform_bounds(crs.to_wkt(), "EPSG:4326", *bounds, densify_pts=21)
    return west, south, east, north


def _reach(radius_km: float, cell_m: float, bytes_a_cell: int, memory_gb: float, fewest: int) -> int:
    """Return the radius in cells."""
    if not (np.isfinite(radius_km) and radius_km * 1000.0 >= fewest * cell_m):
        raise SpecError(
            f"radius {radius_km:g} km: less than {fewest} cells of {cell_m:g} m. Give a larger radius."
        )
    reach = int(np.ceil(radius_km * 1000.0 / cell_m))
    needed_gb = (2 * reach + 1) ** 2 * bytes_a_cell / 1e9
    if not needed_gb <= memory_gb:
        raise SpecError(
            f"radius {radius_km:g} km: {(2 * reach + 1) ** 2:,} cells of {cell_m:g} m need {needed_gb:.1f} GB, more "
            f"than the {memory_gb:g} GB allowed. Give a smaller radius or allow more memory."
        )
    return reach
