"""`travel`: hours over an elevation model: a raster of them, isochrones, a table of pairs and their paths."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray
from sarhad.place.elevation import BYTES_READ
from sarhad.place.travel.going import Going
from sarhad.place.travel.lanes import LANES
from sarhad.place.travel.surfaces import BYTES_A_CELL as BYTES_LAID
from sarhad.programme.written import write_whole
from sarhad.workflow.folders import require_free
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.post_files import Post
from sarhad.workflow.steps import OnStep, Step, silent
from sarhad.workflow.travel_area import area_about
from sarhad.workflow.travel_asked import Asked, conditions
from sarhad.workflow.travel_products import Pair, isochrones, paths, write_hours, write_json, write_pairs
from sarhad.workflow.travel_trip import Trip, hours_of, trip_over

BYTES_SEARCHED = 24  # a cell: hours, step, moves, settled, and the hours as written
LOOK_EVERY_S = 0.2
MOST_SHOWN = 20  # rows of a list in the lines for people
MANY = 4  # origins from which on a table without paths is computed many at once
T = TypeVar("T")


def travel(
    dem: Path,
    start: list[Post],
    out: Path,
    *,
    to: list[Post] | None = None,
    asked: Asked | None = None,
    is_replacing: bool = False,
    on_step: OnStep = silent,
) -> Outcome:
    """Write the hours from the nearest of some points to every cell, or of every pair of points.

    Parameters
    ----------
    dem
        The elevation model.
    start
        Where ways begin; or end, if `asked` is so.
    out
        A GeoTIFF of hours, or with the ending .csv the table of pairs.
    to
        Where the ways of pairs end.
    asked
        Everything else.
    is_replacing
        May files be replaced.

    Raises
    ------
    SpecError
        If what is asked cannot be; every fault of the options at once.
    DataError
        If there is no elevation at a point.
    StoreError
        If a file cannot be read or a result not be written; nothing is left half-written.
    """
    asked = asked or Asked()
    ends = to or []
    asked.require_possible(start, ends, out)
    files = _files(out, asked)
    _require_free(files.values(), dem, asked, is_replacing=is_replacing)
    given = conditions(asked)
    on_step(Step("terrain", 0.0, str(dem)))
    is_many = not asked.paths and asked.neighbours == 8 and len(start) >= MANY and bool(ends)
    bytes_a_cell = BYTES_SEARCHED + BYTES_LAID + (8 * LANES * (os.cpu_count() or 1) if is_many else 0)
    area = area_about(
        dem, [*start, *ends], asked.radius_km, bytes_a_cell=bytes_a_cell, memory_gb=asked.memory_gb
    )
    memory_gb = area.elevation_m.size * (bytes_a_cell + BYTES_READ) / 1e9
    on_step(Step("travel", 0.0, f"{area.elevation_m.size:,} cells of {area.cell_m:g} m, {memory_gb:.2f} GB"))
    began = time.perf_counter()
    trip = trip_over(area, given, [*start, *ends], len(start), asked)
    hours, pairs = _interruptible(
        lambda: hours_of(
            trip, start, ends, asked, has_raster=files["hours"] is not None, is_many=is_many, on_step=on_step
        )
    )
    seconds = time.perf_counter() - began
    on_step(Step("write", 0.0, str(out)))
    said = _write(trip, files, hours, pairs, asked)
    payload = _payload(trip, asked, files, hours, pairs, said)
    payload |= {"memory_gb": memory_gb, "seconds": seconds}
    return Outcome(plain(payload), _lines)


def _files(out: Path, asked: Asked) -> dict[str, Path | None]:
    """Return what is to be written."""
    is_table = out.suffix.lower() == ".csv"
    return {
        "hours": None if is_table else out,
        "table": out if is_table else None,
        "isochrones": out.with_suffix(".geojson") if asked.isochrones_h else None,
        "paths": asked.paths,
    }


def _require_free(targets: Iterable[Path | None], dem: Path, asked: Asked, *, is_replacing: bool) -> None:
    """Refuse to write over anything that is read, or among rasters that the next run would read as elevations."""
    for target in filter(None, targets):
        for source in (dem, *asked.sources):
            require_free(target, source, is_replacing=is_replacing)
        if dem.is_dir() and target.absolute().parent == dem.absolute():
            raise SpecError(f"-o {target}: lies among the elevations of {dem}. Choose another folder.")


def _write(
    trip: Trip,
    files: Mapping[str, Path | None],
    hours: FloatArray | None,
    pairs: list[Pair],
    asked: Asked,
) -> list[str]:
    """Write the files, each whole; return what a person should know of them."""
    cells, said = trip.area.cells, []
    if any(np.isfinite(pair.hours) and np.isnan(pair.km) for pair in pairs):
        said.append("length and climb of so many pairs are left out: with --paths they are told")
    if files["hours"] and hours is not None:
        write_whole(files["hours"], lambda path: write_hours(path, cells, hours))
        if files["isochrones"]:
            bands = isochrones(cells, hours, asked.isochrones_h)
            write_whole(files["isochrones"], lambda path: write_json(path, bands))
            rim = min(hours[0].min(), hours[-1].min(), hours[:, 0].min(), hours[:, -1].min())
            cut = [f"{limit:g}" for limit in sorted(set(asked.isochrones_h)) if rim <= limit]
            if cut:
                said.append(
                    f"the isochrones of {', '.join(cut)} h reach the edge of the area: give a larger --radius-km"
                )
    if files["table"]:
        write_whole(files["table"], lambda path: write_pairs(path, pairs))
    if files["paths"]:
        write_whole(files["paths"], lambda path: write_json(path, paths(cells, pairs)))
    return said


def _payload(
    trip: Trip,
    asked: Asked,
    files: Mapping[str, Path | None],
    hours: FloatArray | None,
    pairs: list[Pair],
    said: list[str],
) -> dict[str, Any]:
    area, given = trip.area, trip.conditions
    reached = np.isfinite(hours) if hours is not None else None
    going: Going = given.going
    return {
        "out": str(files["hours"] or files["table"]),
        "isochrones": str(files["isochrones"]) if files["isochrones"] else None,
        "paths": str(files["paths"]) if files["paths"] else None,
        "mover": going.name,
        "source": going.source,
        "is_towards": asked.is_towards,
        "month": given.season.month,
        "snow_line_m": given.season.snow_line_m,
        "water": going.water.name if going.water else None,
        "neighbours": asked.neighbours,
        "crs": area.cells.crs.to_string(),
        "cells": area.elevation_m.size,
        "cell_m": area.cell_m,
        "share_void": float(np.isnan(area.elevation_m).mean()),
        "share_reached": float(reached.mean()) if reached is not None else None,
        "longest_h": float(hours[reached].max()) if hours is not None else None,
        "road_cells": trip.laid.road_cells,
        "snow_cells": trip.laid.snow_cells,
        "crossings": list(trip.laid.crossings),
        "pairs": [pair.row() for pair in pairs],
        "numbers": [asdict(row) for row in given.numbers.taken],
        "notices": [*trip.notices, *said],
    }


def _interruptible(compute: Callable[[], T]) -> T:
    """Return what is computed in a thread of its own, so that Ctrl-C is heard while a kernel runs."""
    result: list[T] = []
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


def _lines(payload: Mapping[str, Any]) -> Iterator[str]:
    way = "hours to" if payload["is_towards"] else "hours from"
    yield (
        f"{payload['out']}: {way} the points, {payload['mover']} ({payload['source']}) over {payload['cells']:,} cells of "
        f"{payload['cell_m']:g} m"
    )
    if payload["share_reached"] is not None:
        yield (
            f"reached {payload['share_reached']:.1%}, without elevation {payload['share_void']:.1%}, farthest "
            f"{payload['longest_h']:.2f} h; {payload['seconds']:.1f} s"
        )
    for crossing in payload["crossings"][:MOST_SHOWN]:
        taken = "not passed" if crossing["hours"] is None else f"{crossing['hours']:.2f} h"
        yield (
            f"river {crossing['width_m']:.0f} m wide at {crossing['current_ms']:.1f} m/s: {taken}, drift "
            f"{crossing['drift_m']:.0f} m"
        )
    for pair in payload["pairs"][:MOST_SHOWN]:
        taken = "no way" if pair["hours"] is None else f"{pair['hours']:.2f} h"
        more = "" if pair["km"] is None else f", {pair['km']:.1f} km, climb {pair['climb_m']:.0f} m"
        yield f"  {pair['from']} to {pair['to']}: {taken}{more}"
    for name, what in (("crossings", "widths of rivers"), ("pairs", "pairs")):
        table = f" or {payload['out']}" if name == "pairs" and payload["share_reached"] is None else ""
        if len(payload[name]) > MOST_SHOWN:
            yield f"  and {len(payload[name]) - MOST_SHOWN:,} more {what}: see --json{table}"
    for name in ("isochrones", "paths"):
        if payload[name]:
            yield f"{payload[name]}: {name}"
    judged = [
        f"{row['group']} {row['name']} {row['quantity']}"
        for row in payload["numbers"]
        if row["is_assumption"]
    ]
    if judged:
        yield f"judged, not measured: {', '.join(judged)}"
    yield from (f"notice: {notice}" for notice in payload["notices"])
