"""What a post sees over any elevation model, written as a raster."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine

from sarhad.errors import StoreError
from sarhad.place.elevation import elevation_around
from sarhad.place.terrain import Float32Array
from sarhad.place.viewshed import ViewSpec, chance_seen, seen_from, unpack
from sarhad.workflow.folders import require_free
from sarhad.workflow.outcome import Outcome
from sarhad.workflow.steps import OnStep, Step

BYTES_A_CELL = 16  # of a view: window, bits, share; draws add the terrain drawn
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
        If the post lies outside, or memory does not suffice.
    DataError
        If the post stands on a void, or rasters of a folder disagree.
    StoreError
        If the raster cannot be read or the result not be written.
    """
    require_free(out, dem, is_replacing=is_replacing)
    ground = elevation_around(dem, (lon, lat), spec.radius_km, bytes_a_cell=BYTES_A_CELL, fewest_cells=0)
    elevation, cell_m, middle = ground.elevation_m, ground.cell_m, ground.middle
    made = 0
    if draws:
        share, made = chance_seen(
            elevation,
            cell_m,
            middle,
            middle,
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
        share = unpack(seen_from(elevation, cell_m, middle, middle, spec)).astype(np.float32)
    shift = middle - len(share) // 2
    _write(out, share, ground.transform @ Affine.translation(shift, shift), ground.crs.to_wkt())
    payload: dict[str, Any] = {
        "out": str(out),
        "lon": lon,
        "lat": lat,
        "elevation_m": float(elevation[middle, middle]),
        "cell_m": cell_m,
        "radius_km": spec.radius_km,
        "method": spec.method,
        "draws": made,
        "cells_seen": float(share.sum(dtype=np.float64)),
        "area_km2": float(share.sum(dtype=np.float64)) * cell_m**2 / 1e6,
        "cells_without_elevation": int(np.isnan(elevation).sum()),
        "notices": list(ground.notices),
    }

    return Outcome(payload, _lines)


def _lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield f"{payload['out']}: {payload['area_km2']:.2f} km2 seen in cells of {payload['cell_m']:.1f} m"
    yield from (f"notice: {notice}" for notice in payload["notices"])


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
