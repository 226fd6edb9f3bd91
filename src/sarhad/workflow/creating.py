"""`new`: start a programme from a line, a terrain and a catalogue."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from shapely.errors import GEOSException
from shapely.geometry import LineString, shape

from sarhad.errors import DataError, SpecError, StoreError
from sarhad.programme import Programme, declared, require_none
from sarhad.programme.checks.needed import missing_tables
from sarhad.programme.frames import empty_frame
from sarhad.programme.memory import spare_bytes
from sarhad.programme.text import canonical_csv
from sarhad.workflow.folders import require_writable
from sarhad.workflow.outcome import Outcome

GIVEN = ("border", "raster")  # tables made of the files that `new` is given: at fault, nothing is written
COPIES = 3  # of a raster in memory while a programme is written
LON_LAT = (
    "crs84",
    "4326",
    "wgs84",
    "wgs 84",
)  # in the name of a coordinate system, what GeoJSON is in anyway


def create(
    target: Path,
    border: Path,
    terrain: tuple[Path, ...],
    *,
    catalogue: Path | None,
    countries: tuple[str, str],
    corridor_km: float | None = None,
) -> Outcome:
    """Write a new programme and return what is still missing before `plan`.

    Written as a folder, it holds an empty CSV file with the header of each table that is missing.

    Raises
    ------
    SpecError
        If the target exists (a programme is never overwritten by a new one), or two rasters have one name.
    DataError
        If line or terrain do not serve, every fault of theirs at once; nothing is written.
    """
    if target.exists():
        raise SpecError(f"{target} exists. Choose another name, or remove it first.")
    require_writable(target.parent)
    rasters, files = _rasters(terrain)
    frames = {} if catalogue is None else _catalogue(catalogue)
    frames |= {"border": _border_row(border, countries), "raster": rasters}
    prog = Programme.of({"name": target.stem, "title_en": target.stem}, frames, files)
    if corridor_km is not None:
        prog = _with_corridor(prog, corridor_km)
    faults = [fault for fault in prog.check() if fault.severity == "error"]
    require_none(fault for fault in faults if fault.table in GIVEN)
    missing = missing_tables(prog)
    prog.save(target)
    write_templates(prog, target)
    payload = {
        "programme": str(target),
        "data_hash": prog.data_hash,
        "line": _direction(prog, countries),
        "missing": [{"table": name, "why": why} for name, why in missing.items()],
        "faults": [str(fault) for fault in faults if fault.table not in missing],
    }
    return Outcome(payload, _lines)


def write_templates(prog: Programme, target: Path) -> tuple[str, ...]:
    """Write an empty CSV file with its header for each table that a plan needs and a folder lacks; return their names.

    The working form, one file, has no place for them.
    """
    if not target.is_dir():
        return ()
    names = tuple(sorted(missing_tables(prog)))
    for name in names:
        table = declared().table(name)
        (target / f"{name}.csv").write_bytes(canonical_csv(table, empty_frame(table)))
    return names


def _with_corridor(prog: Programme, corridor_km: float) -> Programme:
    frame = prog["setting"]
    row = {"id": "corridor_km", "value": str(corridor_km), "is_assumption": False}
    others = frame[frame["id"] != "corridor_km"]
    added = pd.DataFrame([row], columns=frame.columns)
    return prog.with_changes({"setting": added if others.empty else pd.concat([others, added])})


def _direction(prog: Programme, countries: tuple[str, str]) -> str:
    """Return in words which way the line runs, and so which side is taken for inside."""
    (lon, lat), (end_lon, end_lat) = (prog.line().coords[at][:2] for at in (0, -1))
    return (
        f"the line runs from {lon:.3f} {lat:.3f} to {end_lon:.3f} {end_lat:.3f} (lon lat), so {countries[0]} lies to "
        f"its left and {countries[1]} to its right; if not, turn it round"
    )


# facts that hold for any border; what belongs to a place is not copied from another programme
PORTABLE = (
    *("alternative", "effect", "effect_parameter", "eligibility", "evidence", "fact", "indicator", "measure"),
    *("mover", "partner", "prerequisite", "price_index", "setting", "source", "threat", "traffic"),
)


def _catalogue(path: Path) -> dict[str, pd.DataFrame]:
    prog = Programme.open(path)
    return {name: prog[name] for name in PORTABLE if name in prog.tables}


def _border_row(path: Path, countries: tuple[str, str]) -> pd.DataFrame:
    line = read_line(path)
    return pd.DataFrame(
        [
            {
                "id": "border",
                "name_en": path.stem,
                "inside_side": "left",
                "inside_country": countries[0],
                "beyond_country": countries[1],
                "from_point": "start of the line",
                "to_point": "end of the line",
                "geometry": line,
                "source_ids": (),
                "is_assumption": True,
                "reasoning": f"line read from {path.name}; name its source and check which side is inside",
            }
        ]
    )


def read_line(path: Path) -> LineString:
    """Return the one line of a GeoJSON file.

    Raises
    ------
    StoreError
        If the file cannot be read as GeoJSON.
    DataError
        If it does not hold exactly one LineString in longitude and latitude, or that has no length.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be read ({error.strerror}). Name the GeoJSON file of the border line."
        ) from error
    except UnicodeDecodeError as error:
        raise StoreError(f"{path} is not UTF-8. Export the line as GeoJSON.") from error
    try:
        content = json.loads(text)
        _require_lon_lat(path, content)
        features = content.get("features", [content])
        shapes = [shape(feature.get("geometry", feature)) for feature in features]
    except GEOSException as error:
        raise _no_length(path) from error
    except json.JSONDecodeError as error:
        raise StoreError(
            f"{path}: not readable as GeoJSON ({error.msg}, line {error.lineno}). Export the line as GeoJSON."
        ) from error
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is JSON, but not GeoJSON. Export the line as GeoJSON.") from error
    lines = [geometry for geometry in shapes if isinstance(geometry, LineString)]
    if len(lines) != 1 or len(shapes) != 1:
        raise DataError(
            f"border: {path.name} holds {len(shapes)} features, {len(lines)} of them lines; exactly one LineString "
            "is needed. Merge the parts in order, from the start of the line to its end.",
            table="border",
            column="geometry",
        )
    if not lines[0].length > 0:
        raise _no_length(path)
    west, south, east, north = lines[0].bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise DataError(
            f"border.geometry: {path.name} reaches {west:.0f}..{east:.0f}, {south:.0f}..{north:.0f}; these are not "
            "degrees. Reproject the line to WGS 84 longitude and latitude.",
            table="border",
            column="geometry",
        )
    return lines[0]


def _require_lon_lat(path: Path, content: Mapping[str, Any]) -> None:
    """Refuse a file that declares another coordinate system, as GeoJSON did before RFC 7946 (2016)."""
    declares = content.get("crs")
    name = str(declares["properties"]["name"]) if declares else ""
    if name and not any(one in name.lower() for one in LON_LAT):
        raise DataError(
            f"border.geometry: {path.name} declares the coordinate system {name}. Reproject the line to WGS 84 "
            "longitude and latitude (EPSG:4326).",
            table="border",
            column="geometry",
        )


def _no_length(path: Path) -> DataError:
    return DataError(
        f"border.geometry: the line of {path.name} has no length. Give it two different points or more.",
        table="border",
        column="geometry",
    )


def _rasters(paths: tuple[Path, ...]) -> tuple[pd.DataFrame, dict[str, bytes]]:
    rows, files = [], {}
    twice = sorted(name for name, count in Counter(path.name for path in paths).items() if count > 1)
    if twice:
        raise SpecError(
            f"--terrain: several files are named {', '.join(twice)}; a programme keeps rasters by the name of their "
            "file. Rename all but one."
        )
    _require_room(paths)
    for number, path in enumerate(paths, start=1):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StoreError(f"{path}: cannot be read ({error.strerror}). Name a GeoTIFF file.") from error
        name = f"terrain{number}"
        files[path.name] = content
        rows.append(
            {
                "id": name,
                "kind": "elevation",
                "file": path.name,
                "unit": "m",
                "priority": number,
                "sha256": hashlib.sha256(content).hexdigest(),
                "source_ids": (),
                "is_assumption": True,
                "reasoning": f"raster read from {path.name}; name its source",
            }
        )
    return pd.DataFrame(rows), files


def _require_room(paths: tuple[Path, ...]) -> None:
    """Refuse, before they are read, rasters that a programme could not hold in memory."""
    needed, spare = sum(path.stat().st_size for path in paths if path.is_file()), spare_bytes()
    if spare is not None and COPIES * needed > spare:
        raise SpecError(
            f"memory: {len(paths)} rasters of {needed / 1e9:.2f} GB need {COPIES * needed / 1e9:.2f} GB while they are "
            f"written, this machine can spare {spare / 1e9:.2f} GB. Give --terrain fewer of them, cut to the corridor, or "
            "of coarser cells."
        )


def _lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield f"{payload['programme']} written."
    yield f"check: {payload['line']}"
    for row in payload["missing"]:
        yield f"missing before `plan`: table {row['table']}: {row['why']}"
    for text in payload["faults"]:
        yield f"fault: {text}"
    if not payload["missing"] and not payload["faults"]:
        yield "Nothing is missing; `sarhad plan` can run."
