"""`travel`: hours from a point to every cell of an elevation model, and the bands they fall in."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.features import shapes
from rasterio.warp import transform_geom
from shapely.geometry import mapping, shape
from shapely.ops import unary_union

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray
from sarhad.place.elevation import BYTES_READ, Elevation, elevation_around
from sarhad.place.travel import FUNCTIONS
from sarhad.place.travel.field import field, ground
from sarhad.workflow.folders import require_free, write_whole
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.steps import OnStep, Step, silent

BYTES_A_CELL = 24  # of the search: hours, step, moves, settled, and the hours as written
LOOK_EVERY_S = 0.2


def travel(
    dem: Path,
    start: tuple[float, float],
    out: Path,
    *,
    mover: str = "tobler",
    neighbours: int = 16,
    radius_km: float = 20.0,
    isochrones_h: tuple[float, ...] = (),
    memory_gb: float = 4.0,
    is_replacing: bool = False,
    on_step: OnStep = silent,
) -> Outcome:
    """Write the hours from a point to every cell as a GeoTIFF and, where asked, isochrones as GeoJSON beside it.

    Raises
    ------
    SpecError
        If mover, hours, point or radius cannot be.
    StoreError
        If the raster cannot be read or the result not be written; nothing is left half-written.
    """
    _require(mover, isochrones_h, out, dem, is_replacing=is_replacing)
    on_step(Step("terrain", 0.0, str(dem)))
    found = elevation_around(dem, start, radius_km, bytes_a_cell=BYTES_A_CELL, memory_gb=memory_gb)
    cells = found.elevation_m.size
    memory = cells * (BYTES_A_CELL + BYTES_READ) / 1e9
    on_step(Step("travel", 0.0, f"{cells:,} cells of {found.cell_m:g} m, {memory:.2f} GB"))
    parameters = np.array([FUNCTIONS[mover].number, 1.0, np.inf, np.inf, 0.0])
    began = time.perf_counter()
    hours = _interruptible(
        lambda: field(
            ground(found.elevation_m, found.cell_m, neighbours=neighbours), parameters, np.array([cells // 2])
        )[0]
    )
    seconds = time.perf_counter() - began
    on_step(Step("write", 0.0, str(out)))
    bands = out.with_suffix(".geojson") if isochrones_h else None
    write_whole(out, lambda path: _write_raster(path, found, hours))
    if bands:
        text = json.dumps(isochrones(found, hours, isochrones_h))
        write_whole(bands, lambda path: path.write_text(text, encoding="utf-8"))
    reached = np.isfinite(hours)
    payload = {
        "out": str(out),
        "isochrones": None if bands is None else str(bands),
        "mover": mover,
        "source": FUNCTIONS[mover].source,
        "neighbours": neighbours,
        "cells": cells,
        "cell_m": found.cell_m,
        "share_void": found.share_void,
        "share_reached": float(reached.mean()),
        "longest_h": float(hours[reached].max()),
        "memory_gb": memory,
        "seconds": seconds,
        "notices": list(found.notices),
    }
    return Outcome(plain(payload), _lines)


def isochrones(on: Elevation, hours: FloatArray, limits_h: tuple[float, ...]) -> dict[str, Any]:
    """Return GeoJSON (WGS 84): for each limit the polygon of the cells reached within it."""
    features = []
    for limit in sorted(set(limits_h)):
        inside = hours <= limit
        parts = [
            shape(part) for part, _ in shapes(inside.astype(np.uint8), mask=inside, transform=on.transform)
        ]
        whole = mapping(unary_union(parts))
        features.append(
            {
                "type": "Feature",
                "properties": {"hours": limit},
                "geometry": transform_geom(on.crs.to_wkt(), "EPSG:4326", whole, precision=6),
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _require(
    mover: str, isochrones_h: tuple[float, ...], out: Path, dem: Path, *, is_replacing: bool
) -> None:
    if mover not in FUNCTIONS:
        raise SpecError(f"--mover: {mover} is unknown. Give one of {', '.join(FUNCTIONS)}.")
    bad = [limit for limit in isochrones_h if not (np.isfinite(limit) and limit > 0.0)]
    if bad:
        raise SpecError(f"--isochrones: {bad[0]:g} is no time above 0. Give hours, such as 1,2,4.")
    if isochrones_h and out.suffix.lower() == ".geojson":
        raise SpecError(f"-o {out}: the isochrones take this name. Give the raster another, such as .tif.")
    require_free(out, dem, is_replacing=is_replacing)
    if isochrones_h:
        require_free(out.with_suffix(".geojson"), dem, is_replacing=is_replacing)


def _interruptible(compute: Callable[[], FloatArray]) -> FloatArray:
    """Return what is computed in a thread of its own, so that Ctrl-C is heard while a kernel runs."""
    result: list[FloatArray] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            result.append(compute())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK_EVERY_S)
    if failed:
        raise failed[0]
    return result[0]


def _write_raster(path: Path, on: Elevation, hours: FloatArray) -> None:
    values = np.where(np.isfinite(hours), hours, np.nan).astype(np.float32)
    profile = {"driver": "GTiff", "width": hours.shape[1], "height": hours.shape[0], "count": 1}
    with rasterio.open(
        path,
        "w",
        **profile,
        dtype="float32",
        crs=on.crs.to_wkt(),
        transform=on.transform,
        nodata=np.nan,
        compress="deflate",
        predictor=3,
    ) as raster:
        raster.write(values, 1)
        raster.set_band_description(1, "hours of travel")


def _lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{payload['out']}: hours of {payload['mover']} ({payload['source']}) over {payload['cells']:,} cells of "
        f"{payload['cell_m']:g} m"
    )
    yield (
        f"reached {payload['share_reached']:.1%}, without elevation {payload['share_void']:.1%}, farthest "
        f"{payload['longest_h']:.2f} h; {payload['seconds']:.1f} s"
    )
    if payload["isochrones"]:
        yield f"{payload['isochrones']}: isochrones"
    yield from (f"notice: {notice}" for notice in payload["notices"])
