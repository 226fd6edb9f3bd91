"""The heights around points of any elevation model, in square cells of metres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from pyproj import CRS, Transformer
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from sarhad.errors import CrsMismatchError, SpecError, StoreError
from sarhad.place.elevation import HIGHEST_M, LOWEST_M, VOID_M
from sarhad.place.terrain import Float32Array
from sarhad.place.viewshed import EARTH_RADIUS_M, ViewSpec, memory_bytes
from sarhad.workflow.post_files import Post

WIDEST_KM = 300.0  # from the middle of the posts; farther out the projection stretches by more than 0.1 %
BYTES_READ = 9  # a cell while it is read, beside its height


@dataclass(frozen=True)
class Surroundings:
    """Heights and the cells of the posts.

    Parameters
    ----------
    elevation
        Metres, nan where missing, shape (h, w).
    transform
        From column and row to x and y.
    wkt
        Coordinate system, in metres.
    cells
        Row and column of each post, shape (n, 2).
    """

    elevation: Float32Array
    transform: Affine
    wkt: str
    cells: npt.NDArray[np.int64]

    @property
    def cell_m(self) -> float:
        """Return the width of a cell."""
        return float(self.transform.a)


def surroundings(dem: Path, posts: list[Post], spec: ViewSpec, *, memory_limit_bytes: float) -> Surroundings:
    """Return the heights about posts as far as they look.

    Square cells of metres stay as they are; others are warped, bilinear, to a transverse Mercator projection
    about the middle of the posts.

    Raises
    ------
    CrsMismatchError
        If the raster has no coordinate system, or degrees and metres are confused.
    SpecError
        If posts lie outside or too far apart, or the memory is too little.
    StoreError
        If the raster cannot be read.
    """
    try:
        with rasterio.open(dem) as raster:
            own = _system(dem, raster)
            xs, ys = Transformer.from_crs("EPSG:4326", own, always_xy=True).transform(
                [post.lon for post in posts], [post.lat for post in posts]
            )
            _require_inside(dem, raster, posts, np.array([xs, ys]))
            cell = abs(raster.transform.a)
            is_metric = own.is_projected and own.axis_info[0].unit_name in ("metre", "meter")
            if is_metric and raster.transform.e == -cell and raster.transform.b == 0:
                return _window(raster, np.array([xs, ys]), spec, memory_limit_bytes)
            return _warped(raster, posts, spec, own, memory_limit_bytes)
    except rasterio.errors.RasterioIOError as error:
        raise StoreError(f"{dem}: not a readable raster ({error}). Give a GeoTIFF, VRT or COG.") from error


def _system(dem: Path, raster: rasterio.DatasetReader) -> CRS:
    """Return the coordinate system of a raster that fits its numbers."""
    if raster.crs is None:
        raise CrsMismatchError(
            f"{dem}: the file names no coordinate system. Write one into it, "
            "for example with gdal_edit.py -a_srs EPSG:4326."
        )
    own = CRS.from_wkt(raster.crs.to_wkt())
    widest = float(np.abs(raster.bounds).max())
    if not own.is_geographic and abs(raster.transform.a) < 0.05:
        raise CrsMismatchError(
            f"{dem}: cells of {abs(raster.transform.a):g} metres: degrees under the name of metres? "
            "Correct the coordinate system, for example with gdal_edit.py -a_srs EPSG:4326."
        )
    if own.is_geographic and widest > 360.0:
        raise CrsMismatchError(
            f"{dem}: coordinates up to {widest:,.0f} degrees: metres under the name of degrees? "
            "Give it the projection it was made in."
        )
    return own


def _require_inside(
    dem: Path, raster: rasterio.DatasetReader, posts: list[Post], at: npt.NDArray[np.float64]
) -> None:
    """Raise SpecError naming every post that is off the raster."""
    west, south, east, north = raster.bounds
    inside = (west <= at[0]) & (at[0] < east) & (south < at[1]) & (at[1] <= north)
    if not inside.all():
        out = [posts[k] for k in np.flatnonzero(~inside)]
        named = ", ".join(f"{post.name} ({post.lon},{post.lat})" for post in out[:5])
        raise SpecError(
            f"posts: {len(out)} of {len(posts)} lie outside {dem}: {named}. Give points on it, lon first."
        )


def _require_memory(shape: tuple[int, int], reach: int, limit: float) -> None:
    needed = memory_bytes(shape, reach, 2) + BYTES_READ * shape[0] * shape[1]
    if needed > limit:
        raise SpecError(
            f"memory: {shape[0]:,} x {shape[1]:,} cells need {needed / 1e9:.2f} GB, {limit / 1e9:.2f} GB allowed. "
            "Give a smaller radius, fewer posts, or more with --memory-gb."
        )


def _window(
    raster: rasterio.DatasetReader, at: npt.NDArray[np.float64], spec: ViewSpec, limit: float
) -> Surroundings:
    """Return the heights as the raster has them."""
    cells = np.array([raster.index(x, y) for x, y in at.T], dtype=np.int64)
    reach = spec.reach(raster.transform.a)[0] + 1
    top, left = np.maximum(cells.min(axis=0) - reach, 0)
    bottom, right = np.minimum(cells.max(axis=0) + reach + 1, (raster.height, raster.width))
    _require_memory((int(bottom - top), int(right - left)), reach, limit)
    window = Window(int(left), int(top), int(right - left), int(bottom - top))
    heights = _without_voids(raster.read(1, window=window, masked=True).astype(np.float32).filled(np.nan))
    return Surroundings(
        heights,
        raster.transform @ Affine.translation(int(left), int(top)),
        raster.crs.to_wkt(),
        cells - (top, left),
    )


def _warped(
    raster: rasterio.DatasetReader, posts: list[Post], spec: ViewSpec, own: CRS, limit: float
) -> Surroundings:
    """Return the heights in a transverse Mercator projection of their own."""
    lon, lat = np.array([[post.lon, post.lat] for post in posts]).T
    middle = (lon.min() + lon.max()) / 2, (lat.min() + lat.max()) / 2
    crs = CRS.from_user_input(
        f"+proj=tmerc +lat_0={middle[1]} +lon_0={middle[0]} +k_0=1 +ellps=WGS84 +units=m"
    )
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    if max(np.abs(x)) > WIDEST_KM * 1000.0:
        raise SpecError(
            f"posts: they lie {(max(x) - min(x)) / 1000.0:.0f} km apart from west to east, more than {2 * WIDEST_KM:.0f}. "
            "Give them in parts, or an elevation model in a metric projection."
        )
    cell = abs(raster.transform.e) * (math.pi / 180.0 * EARTH_RADIUS_M if own.is_geographic else 1.0)
    reach = spec.reach(cell)[0] + 1
    left, top = min(x) - cell * (reach + 0.5), max(y) + cell * (reach + 0.5)
    cells = np.array([(top - y) // cell, (x - left) // cell], dtype=np.int64).T
    height, width = (int(n) for n in cells.max(axis=0) + reach + 1)
    _require_memory((height, width), reach, limit)
    transform = Affine(cell, 0.0, left, 0.0, -cell, top)
    with WarpedVRT(
        raster,
        crs=crs.to_wkt(),
        transform=transform,
        width=width,
        height=height,
        resampling=Resampling.bilinear,
        dtype="float32",
        nodata=float("nan"),
        src_nodata=raster.nodata if raster.nodata is not None else VOID_M,
    ) as grid:
        return Surroundings(_without_voids(grid.read(1)), transform, crs.to_wkt(), cells)


def _without_voids(heights: Float32Array) -> Float32Array:
    """Return the heights, nan where they are none that the earth has."""
    return np.where((heights > LOWEST_M) & (heights < HIGHEST_M), heights, np.nan).astype(np.float32)
