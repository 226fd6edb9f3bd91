"""Cells: from text to values and back, one rule for each declared type, nothing lost either way."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import shapely

LIST_SEPARATOR = ";"
LARGEST_INTEGER = 2**63 - 1

_NOT_NUMBERS = {"nan", "na", "n/a", "null", "none", "-", "--", "#n/a"}
_INTEGER = re.compile(r"[+-]?\d+")


class CellError(ValueError):
    """A cell that is not what its column declares: what is wrong, and what to do."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.text = text
        self.remedy = remedy


def parse(type_: str, cell: str) -> Any:
    """Return the value of a cell that is not blank.

    Raises
    ------
    CellError
        If the cell does not hold a value of the type.
    """
    return _PARSERS[type_](cell)


def render(type_: str, value: Any) -> str:
    """Return a value as the text of its cell; the inverse of `parse`."""
    return _RENDERERS[type_](value)


def check_text(text: str) -> str:
    """Return the text if any file can hold it.

    Raises
    ------
    CellError
        If it holds a NUL character or half of a surrogate pair.
    """
    if "\0" in text:
        raise CellError("holds a NUL character", "Remove it.")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise CellError("holds half of a surrogate pair", "Write the text as UTF-8.")
    return text


def render_wkt(geometry: shapely.Geometry) -> str:
    """Return a point or line as WKT whose numbers read back as the very same floats.

    Notes
    -----
    Not GEOS's own writer: its shortest form does not always read back exactly, and changes
    between versions, which would change the hash of the data.
    """
    pairs = ", ".join(f"{x!r} {y!r}" for x, y in shapely.get_coordinates(geometry).tolist())
    return f"{geometry.geom_type.upper()} ({pairs})"


def render_number(value: float) -> str:
    """Return a float as its shortest text that reads back the same; whole numbers without a point."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(float(value))


def parse_number(cell: str) -> float:
    """Return the number of a cell.

    Raises
    ------
    CellError
        If it is not a number; the remedy guesses at the slip.
    """
    is_word = cell.strip().lower() in _NOT_NUMBERS or "_" in cell
    try:
        return float("" if is_word else cell) + 0.0  # -0.0 becomes 0.0: SQLite cannot hold it
    except ValueError:
        raise CellError("is not a number", _number_remedy(cell.strip())) from None


def _number_remedy(cell: str) -> str:
    if cell.lower() in _NOT_NUMBERS:
        return "Leave the cell blank where the value is missing."
    if cell.endswith("%"):
        return "Write shares in 0..1: 80% is 0.8."
    if re.fullmatch(r"[+-]?\d+,\d+", cell):
        return "Use a point as decimal sign, no comma."
    if re.fullmatch(r"[+-]?\d[\d\s ',_]*\d(\.\d+)?", cell):
        return "Write digits without separators."
    return "Write a plain number; its unit is declared by the column."


def _parse_integer(cell: str) -> int:
    text = cell.strip()
    if not _INTEGER.fullmatch(text):
        number = parse_number(cell)
        if not (math.isfinite(number) and number == int(number)):
            raise CellError("is not a whole number", "Write a whole number.")
        raise CellError("is not written as a whole number", f"Write {int(number)}.")
    if abs(int(text)) > LARGEST_INTEGER:
        raise CellError("is too large for a whole number", "Write at most 9223372036854775807.")
    return int(text)


def _parse_boolean(cell: str) -> bool:
    lowered = cell.strip().lower()
    if lowered not in ("true", "false"):
        raise CellError("is neither true nor false", "Write true or false.")
    return lowered == "true"


def _parse_date(cell: str) -> date:
    try:
        return date.fromisoformat(cell.strip())
    except ValueError:
        raise CellError("is not a date", "Write it as 2025-01-31.") from None


def _parse_list(cell: str) -> tuple[str, ...]:
    parts = (part.strip() for part in check_text(cell).split(LIST_SEPARATOR))
    return tuple(part for part in parts if part)


def _parse_geometry(cell: str) -> shapely.Geometry:
    try:
        return shapely.from_wkt(cell)
    except shapely.errors.GEOSException:
        raise CellError(
            "is not WKT", "Write it as POINT (68.5 37.2) or LINESTRING (68.5 37.2, ...)."
        ) from None


_PARSERS: dict[str, Callable[[str], Any]] = {
    "text": check_text,
    "choice": check_text,
    "list": _parse_list,
    "integer": _parse_integer,
    "number": parse_number,
    "boolean": _parse_boolean,
    "date": _parse_date,
    "geometry": _parse_geometry,
}
_RENDERERS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "choice": str,
    "list": LIST_SEPARATOR.join,
    "integer": lambda value: str(int(value)),
    "number": render_number,
    "boolean": lambda value: "true" if value else "false",
    "date": date.isoformat,
    "geometry": render_wkt,
}
