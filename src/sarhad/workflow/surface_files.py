"""Roads, rivers and barriers from files: every fault of a file is told at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sarhad.errors import SpecError
from sarhad.place.travel.season import months_of
from sarhad.place.travel.surfaces import Barrier, River, Road
from sarhad.workflow.features import Feature, read_features

LINES = ("LineString",)
CLOSED_MONTHS = "closed_months"
MOST_NAMED = 5


def read_roads(path: Path, column: str, classes: Sequence[str]) -> list[Road]:
    """Return the roads of a file with a column of their class.

    Parameters
    ----------
    path
        GeoJSON or GeoPackage of lines.
    column
        Such as highway.
    classes
        Those that the table of numbers knows.

    Raises
    ------
    SpecError
        If there is no such column, or classes are unknown; all are named.
    """
    found = read_features(path, LINES)
    _require_column(path, found, column)
    faults: list[str] = []
    unknown = sorted({str(one.columns.get(column)) for one in found} - set(classes))
    if unknown:
        count = sum(str(one.columns.get(column)) in unknown for one in found)
        faults.append(
            f"{path}, {column}: {count} of {len(found)} roads are of classes without a speed: {', '.join(unknown)}. "
            f"Leave them out, or add rows road,CLASS,kmh with --numbers. Known are {', '.join(classes)}."
        )
    closed = _closed(path, found, faults)
    _require_none(faults)
    return [
        Road(one.shape, str(one.columns[column]), months) for one, months in zip(found, closed, strict=True)
    ]


def read_rivers(path: Path) -> list[River]:
    """Return the rivers of a file with the column width_m, and current_ms and ford where it has them."""
    found = read_features(path, LINES)
    _require_column(path, found, "width_m")
    faults: list[str] = []
    wide = _numbers(path, found, "width_m", faults, is_needed=True)
    current = _numbers(path, found, "current_ms", faults, is_needed=False)
    _require_none(faults)
    return [
        River(one.shape, width or 0.0, speed, _is_true(one.columns.get("ford")))
        for one, width, speed in zip(found, wide, current, strict=True)
    ]


def read_barriers(path: Path) -> list[Barrier]:
    """Return the barriers of a file: lines, areas, or both."""
    found = read_features(path, ("LineString", "Polygon"))
    faults: list[str] = []
    closed = _closed(path, found, faults)
    _require_none(faults)
    return [Barrier(one.shape, months) for one, months in zip(found, closed, strict=True)]


def _require_column(path: Path, found: list[Feature], column: str) -> None:
    columns = list(dict.fromkeys(name for one in found for name in one.columns))
    if column not in columns:
        there = ", ".join(columns) or "none"
        raise SpecError(f"{path}: no column {column}. There are: {there}. Name one of them, or add it.")


def _numbers(
    path: Path, found: list[Feature], column: str, faults: list[str], *, is_needed: bool
) -> list[float | None]:
    """Return the numbers of a column, None where it is empty and need not be filled."""
    values: list[float | None] = []
    wrong = []
    for one in found:
        given = one.columns.get(column)
        value = None if given in (None, "") else _number(given)
        if value is not None and not (math.isfinite(value) and value > 0.0):
            wrong.append(f"{one.name} ({given})")
        elif value is None and is_needed:
            wrong.append(f"{one.name} (empty)")
        values.append(value)
    if wrong:
        faults.append(
            f"{path}, {column}: {len(wrong)} of {len(found)} are no numbers above 0: "
            f"{', '.join(wrong[:MOST_NAMED])}. Correct them."
        )
    return values


def _number(given: Any) -> float:
    try:
        return float(given)
    except (TypeError, ValueError):
        return math.nan


def _closed(path: Path, found: list[Feature], faults: list[str]) -> list[frozenset[int]]:
    """Return the months in which each feature is closed."""
    months, wrong = [], []
    for one in found:
        text = str(one.columns.get(CLOSED_MONTHS) or "")
        try:
            months.append(months_of(text))
        except ValueError:
            months.append(frozenset())
            wrong.append(f"{one.name} ({text})")
    if wrong:
        faults.append(
            f"{path}, {CLOSED_MONTHS}: {len(wrong)} of {len(found)} are no months such as 11-4: "
            f"{', '.join(wrong[:MOST_NAMED])}. Correct them."
        )
    return months


def _is_true(value: object) -> bool:
    return str(value).strip().lower() not in (
        "",
        "no",
        "none",
        "nan",
        "false",
        "0",
        "0.0",
    )  # ford=stepping_stones


def _require_none(faults: list[str]) -> None:
    if faults:
        raise SpecError("\n".join(faults))
