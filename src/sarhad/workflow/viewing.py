"""What a post sees over any elevation model, written as a raster."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS, Transformer
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from sarhad.errors import CrsMismatchError, SpecError, StoreError
from sarhad.place.elevation import HIGHEST_M, LOWEST_M, VOID_M
from sarhad.place.terrain import Float32Array
from sarhad.place.viewshed import ViewSpec, chance_seen, seen_from, unpack
from sarhad.place.viewshed.many import require_posts
from sarhad.workflow.folders import require_free
from sarhad.workflow.outcome import Outcome
from sarhad.workflow.steps import OnStep, Step

ERROR_M, RANGE_M = 4.0, 90.0  # of the elevation model where draws are asked


def view_spec(height_m: float, radius_km: float, target_m: float, refraction: float, method: str) -> ViewSpec:
    """Return how the post looks."""
    return ViewSpec(height_m, radius_km, target_m, refraction, method=method)


def view_from(
    dem: Path,
    out: Path,
    spec: ViewSpec,
    *,
    lon: float,
    lat: float,
    draws: int,
    error_m: float = ERROR_M,
    range_m: float = RANGE_M,
    seed: int = 1,
    is_replacing: bool = False,
    on_step: OnStep,
) -> Outcome:
    """Return what a post sees and write it as a GeoTIFF: 1 seen, 0 hidden, or with draws the chance.

    Raises
    ------
    CrsMismatchError
        If the raster has no coordinate system, or degrees under the name of metres.
    SpecError
        If the post lies outside or on a void.
    StoreError
        If the raster cannot be read or the result not be written.
    """
    require_free(out, dem, is_replacing=is_replacing)
    elevation, transform, crs, (row, col) = _around(dem, lon, lat, spec)
    cell_m = float(transform.a)
    require_posts(elevation, np.array([[row, col]]))
    made = 0
    if draws:
        share, made = chance_seen(
            elevation,
            cell_m,
            row,
            col,
            spec,
            draws=draws,
            error_m=error_m,
            range_m=range_m,
            seed=seed,
            on_progress=lambda n: on_step(
                Step("look", n / draws, f"{n} of {draws} draws", keeps_answer=True)
            ),
        )
    else:
        share = unpack(seen_from(elevation, cell_m, row, col, spec)).astype(np.float32)
    _write(out, share, transform @ Affine.translation(col - len(share) // 2, row - len(share) // 2), crs)
    payload: dict[str, Any] = {
        "out": str(out),
        "lon": lon,
        "lat": lat,
        "elevation_m": float(elevation[row, col]),
        "cell_m": cell_m,
        "radius_km": spec.radius_km,
        "method": spec.method,
        "draws": made,
        "cells_seen": float(share.sum(dtype=np.float64)),
        "area_km2": float(share.sum(dtype=np.float64)) * cell_m**2 / 1e6,
        "cells_without_elevation": int(np.isnan(elevation).sum()),
    }

    return Outcome(payload, _lines)


def _lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield f"{payload['out']}: {payload['area_km2']:.2f} km2 seen in cells of {payload['cell_m']:.1f} m"


def _around(
    dem: Path, lon: float, lat: float, spec: ViewSpec
) -> tuple[Float32Array, Affine, str, tuple[int, int]]:
    """Return the heights about a point in square cells of metres, their place, and the post's cell."""
    try:
        with rasterio.open(dem) as raster:
            if raster.crs is None:
                raise CrsMismatchError(
                    f"{dem}: the file names no coordinate system. Write one into it, "
                    "for example with gdal_edit.py -a_srs EPSG:4326."
                )
            own = CRS.from_wkt(raster.crs.to_wkt())
            if not own.is_geographic and abs(raster.transform.a) < 0.05:
                raise CrsMismatchError(
                    f"{dem}: cells of {abs(raster.transform.a):g} metres: degrees under the name of metres? "
                    "Correct the coordinate system, for example with gdal_edit.py -a_srs EPSG:4326."
                )
            x, y = Transformer.from_crs("EPSG:4326", own, always_xy=True).transform(lon, lat)
            west, south, east, north = raster.bounds
            if not (west <= x <= east and south <= y <= north):
                raise SpecError(f"--at {lon},{lat}: outside {dem}. Give a point on it, lon first.")
            cell = abs(raster.transform.a)
            is_metric = own.is_projected and own.axis_info[0].unit_name in ("metre", "meter")
            if is_metric and raster.transform.e == -cell and raster.transform.b == 0:
                return _window(raster, x, y, spec, raster.crs.to_wkt())
            return _warped(raster, lon, lat, spec, own)
    except rasterio.errors.RasterioIOError as error:
        raise StoreError(f"{dem}: not a readable raster ({error}). Give a GeoTIFF, VRT or COG.") from error


def _warped(
    raster: rasterio.DatasetReader, lon: float, lat: float, spec: ViewSpec, own: CRS
) -> tuple[Float32Array, Affine, str, tuple[int, int]]:
    """Return the heights about a point in a transverse Mercator projection of its own, bilinear."""
    crs = CRS.from_user_input(f"+proj=tmerc +lat_0={lat} +lon_0={lon} +k_0=1 +ellps=WGS84 +units=m")
    cell = abs(raster.transform.e) * (math.pi / 180.0 * 6_371_008.8 if own.is_geographic else 1.0)
    reach = spec.reach(cell)[0] + 1
    half = cell * (reach + 0.5)
    transform = Affine(cell, 0.0, -half, 0.0, -cell, half)
    side = 2 * reach + 1
    with WarpedVRT(
        raster,
        crs=crs.to_wkt(),
        transform=transform,
        width=side,
        height=side,
        resampling=Resampling.bilinear,
        dtype="float32",
        nodata=float("nan"),
        src_nodata=raster.nodata if raster.nodata is not None else VOID_M,
    ) as grid:
        return _without_voids(grid.read(1)), transform, crs.to_wkt(), (reach, reach)


def _window(
    raster: rasterio.DatasetReader, x: float, y: float, spec: ViewSpec, wkt: str
) -> tuple[Float32Array, Affine, str, tuple[int, int]]:
    """Return the heights about a point as the raster has them."""
    row, col = raster.index(x, y)
    reach = spec.reach(raster.transform.a)[0] + 1
    top, left = max(row - reach, 0), max(col - reach, 0)
    window = Window(
        left, top, min(col + reach + 1, raster.width) - left, min(row + reach + 1, raster.height) - top
    )
    heights = _without_voids(raster.read(1, window=window, masked=True).astype(np.float32).filled(np.nan))
    return heights, raster.window_transform(window), wkt, (row - top, col - left)


def _without_voids(heights: Float32Array) -> Float32Array:
    """Return the heights, nan where they are none that the earth has."""
    return np.where((heights > LOWEST_M) & (heights < HIGHEST_M), heights, np.nan).astype(np.float32)


def _write(out: Path, share: Float32Array, transform: Affine, wkt: str) -> None:
    """Write a raster whole or not at all."""
    try:
        with tempfile.TemporaryDirectory(dir=out.resolve().parent, prefix=".viewshed-") as folder:
            place = Path(folder) / out.name
            profile = {"driver": "GTiff", "width": share.shape[1], "height": share.shape[0], "count": 1}
            with rasterio.open(
                place, "w", **profile, dtype="float32", crs=wkt, transform=transform, compress="deflate"
            ) as file:
                file.write(share, 1)
            place.replace(out)
    except (OSError, rasterio.errors.RasterioIOError) as error:
        raise StoreError(f"{out}: cannot be written ({error}).", is_output=True) from error
