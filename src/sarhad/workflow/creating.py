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
from sarhad.programme import Programme
from sarhad.workflow.outcome import Outcome

# what must be there before `plan`, and why
NEEDED = {
    "section": "named runs of the line, from chainage 0 to its end",
    "district": "adjoining districts on both sides by chainage",
    "settlement": "places on both sides: where attempts start and lead to",
    "threat": "what may cross, with attempts a year",
    "mover": "by which means",
    "traffic": "share of each threat's attempts by mover",
    "coverage": "chance to detect a crossing today, by section and mover",
    "measure": "what may be built, with cost and duration",
    "effect": "what each measure does",
    "effect_parameter": "the figures of each effect",
    "partner": "who pays",
    "budget": "money by partner and year",
    "eligibility": "which categories each partner pays for",
    "price_index": "dollars of each year per dollar of the base year",
}


def create(
    target: Path,
    border: Path,
    terrain: tuple[Path, ...],
    *,
    catalogue: Path | None,
    countries: tuple[str, str],
) -> Outcome:
    """Write a new programme and return what is still missing before `plan`.

    Raises
    ------
    SpecError
        If the target exists (a programme is never overwritten by a new one), or two rasters have one name.
    """
    if target.exists():
        raise SpecError(f"{target} exists. Choose another name, or remove it first.")
    rasters, files = _rasters(terrain)
    frames = {} if catalogue is None else _catalogue(catalogue)
    frames |= {"border": _border_row(border, countries), "raster": rasters}
    prog = Programme.of({"name": target.stem, "title_en": target.stem}, frames, files)
    prog.save(target)
    missing = [{"table": name, "why": why} for name, why in NEEDED.items() if prog[name].empty]
    payload = {
        "programme": str(target),
        "data_hash": prog.data_hash,
        "missing": missing,
        "faults": [str(fault) for fault in prog.check() if fault.severity == "error"],
    }
    return Outcome(payload, _lines)


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
        content = json.loads(path.read_text(encoding="utf-8"))
        features = content.get("features", [content])
        shapes = [shape(feature.get("geometry", feature)) for feature in features]
    except GEOSException as error:
        raise _no_length(path) from error
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: not readable as GeoJSON ({error}). Export the line as GeoJSON.") from error
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


def _lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield f"{payload['programme']} written."
    for row in payload["missing"]:
        yield f"missing before `plan`: table {row['table']}: {row['why']}"
    for text in payload["faults"]:
        yield f"fault: {text}"
    if not payload["missing"] and not payload["faults"]:
        yield "Nothing is missing; `sarhad plan` can run."
