"""Elevation around a point from any raster, on square cells of a local projection in metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform, transform_bounds
from rasterio.windows import Window, from_bounds

from sarhad.errors import CrsMismatchError, DataError, SpecError, StoreError
from sarhad.place.terrain import Float32Array

VOID_M = -32_768.0  # what models write where they do not say what they write
LOWEST_M, HIGHEST_M = -12_000.0, 9_000.0  # beyond these an elevation is a void, such as the -32768 of int16
FEWEST_CELLS = 2  # of a radius
BYTES_READ = 12  # a cell on the way in: as stored, as float32, warped


@dataclass(frozen=True)
class Elevation:
    """Elevation around a point, whose cell is in the middle.

    Parameters
    ----------
    crs
        Transverse Mercator about the point, in metres.
    transform
        From column and row to x and y (rasterio order).
    elevation_m
        Of the cell centres, nan where the raster has none, shape (n, n).
    share_void
        Share of cells without elevation.
    """

    crs: CRS
    transform: Affine
    elevation_m: Float32Array
    share_void: float

    @property
    def cell_m(self) -> float:
        """Return the width of a cell."""
        return float(self.transform.a)


def elevation_around(
    path: Path, at: tuple[float, float], radius_km: float, *, bytes_a_cell: int = 0, memory_gb: float = 4.0
) -> Elevation:
    """Return the elevation within a square about a point, at the fineness of the raster.

    Parameters
    ----------
    path
        Any raster that GDAL opens: GeoTIFF, COG, VRT.
    at
        Longitude and latitude.
    radius_km
        Half the width of the square.
    bytes_a_cell
        What the computation that follows needs besides.
    memory_gb
        Memory that reading and computing may take.

    Raises
    ------
    StoreError
        If the file cannot be read.
    CrsMismatchError
        If it has no coordinate system, or one that does not fit its numbers.
    SpecError
        If the point lies outside, the radius holds no cells, or the memory is too little.
    DataError
        If there is no elevation at the point.
    """
    try:
        with rasterio.open(path) as raster:
            _require_system(path, raster)
            x, y = _require_inside(path, raster, at)
            cell_m = _cell_m(raster, x, y, at)
            reach = _reach(radius_km, cell_m, bytes_a_cell + BYTES_READ, memory_gb)
            return _read(path, raster, at, cell_m, reach)
    except rasterio.errors.RasterioIOError as error:
        raise StoreError(f"{path}: not a readable raster ({error}). Give a GeoTIFF, COG or VRT.") from error


def _require_system(path: Path, raster: rasterio.DatasetReader) -> None:
    if raster.crs is None:
        raise CrsMismatchError(
            f"{path}: the file names no coordinate system. Write one into it, for example with "
            "gdal_edit.py -a_srs EPSG:4326."
        )
    widest = float(np.abs(raster.bounds).max())
    if raster.crs.is_geographic and widest > 360.0:
        raise CrsMismatchError(
            f"{path}: its coordinates reach {widest:,.0f}, yet it says that they are degrees. Give it the projection "
            "it was made in."
        )
    if not raster.crs.is_geographic and widest <= 360.0 and max(raster.res) < 1.0:
        raise CrsMismatchError(
            f"{path}: it says that its coordinates are metres, yet they look like degrees (none above {widest:.1f}). "
            "Give it EPSG:4326 if they are."
        )


def _require_inside(
    path: Path, raster: rasterio.DatasetReader, at: tuple[float, float]
) -> tuple[float, float]:
    """Return the point in the raster's own coordinates."""
    lon, lat = at
    if not (abs(lon) <= 180.0 and abs(lat) <= 85.0):
        raise SpecError(
            f"point {lon:g},{lat:g}: give longitude -180..180, then latitude -85..85, in degrees."
        )
    xs, ys = transform("EPSG:4326", raster.crs, [lon], [lat])
    left, bottom, right, top = raster.bounds
    if not (left <= xs[0] < right and bottom < ys[0] <= top):
        west, south, east, north = transform_bounds(raster.crs, "EPSG:4326", *raster.bounds)
        raise SpecError(
            f"point {lon:g},{lat:g} lies outside {path}, which reaches from {west:.4f},{south:.4f} to "
            f"{east:.4f},{north:.4f}. Give longitude first, then latitude."
        )
    return float(xs[0]), float(ys[0])


def _cell_m(raster: rasterio.DatasetReader, x: float, y: float, at: tuple[float, float]) -> float:
    """Return the shorter side of the raster's cell at the point in whole decimetres."""
    right, down = raster.transform.a, raster.transform.e
    xs, ys = transform(raster.crs, _local(at).to_wkt(), [x, x + right, x], [y, y, y + down])
    sides = np.hypot(np.diff(xs)[0], np.diff(ys)[0]), np.hypot(xs[2] - xs[0], ys[2] - ys[0])
    return max(0.1, round(float(min(sides)), 1))


def _reach(radius_km: float, cell_m: float, bytes_a_cell: int, memory_gb: float) -> int:
    """Return the radius in cells."""
    if not (np.isfinite(radius_km) and radius_km * 1000.0 >= FEWEST_CELLS * cell_m):
        raise SpecError(
            f"radius {radius_km:g} km: less than {FEWEST_CELLS} cells of {cell_m:g} m. Give a larger radius."
        )
    reach = int(np.ceil(radius_km * 1000.0 / cell_m))
    needed_gb = (2 * reach + 1) ** 2 * bytes_a_cell / 1e9
    if not needed_gb <= memory_gb:
        raise SpecError(
            f"radius {radius_km:g} km: {(2 * reach + 1) ** 2:,} cells of {cell_m:g} m need {needed_gb:.1f} GB, more "
            f"than the {memory_gb:g} GB allowed. Give a smaller radius or allow more memory."
        )
    return reach


def _read(
    path: Path, raster: rasterio.DatasetReader, at: tuple[float, float], cell_m: float, reach: int
) -> Elevation:
    crs = _local(at)
    half = (reach + 0.5) * cell_m
    to_xy = Affine(cell_m, 0.0, -half, 0.0, -cell_m, half)
    bounds = transform_bounds(crs.to_wkt(), raster.crs, -half, -half, half, half, densify_pts=21)
    window = from_bounds(*bounds, transform=raster.transform)
    left, top = int(window.col_off) - 2, int(window.row_off) - 2
    wider = Window(left, top, int(window.width) + 6, int(window.height) + 6)
    wider = wider.intersection(Window(0, 0, raster.width, raster.height))
    values = raster.read(1, window=wider, masked=True).astype(np.float32).filled(np.nan)
    values[~((values > LOWEST_M) & (values < HIGHEST_M))] = np.nan
    elevation = np.full((2 * reach + 1,) * 2, np.nan, dtype=np.float32)
    reproject(
        values,
        elevation,
        src_transform=raster.transform @ Affine.translation(wider.col_off, wider.row_off),
        src_crs=raster.crs,
        src_nodata=np.nan,
        dst_transform=to_xy,
        dst_crs=rasterio.crs.CRS.from_wkt(crs.to_wkt()),
        dst_nodata=np.nan,
        resampling=Resampling.bilinear,
    )
    if np.isnan(elevation[reach, reach]):
        raise DataError(
            f"{path}: no elevation at {at[0]:g},{at[1]:g} (a void). Move the point or fill the raster."
        )
    return Elevation(crs, to_xy, elevation, float(np.isnan(elevation).mean()))


def _local(at: tuple[float, float]) -> CRS:
    return CRS.from_user_input(
        f"+proj=tmerc +lat_0={at[1]:.7f} +lon_0={at[0]:.7f} +k_0=1 +ellps=WGS84 +units=m"
    )
