"""Frames as the dictionary declares them: columns, dtypes, sorted by key, keys unique."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import shapely

from sarhad.programme.dictionary import Column, Table
from sarhad.programme.faults import Fault
from sarhad.programme.values import LARGEST_INTEGER, LIST_SEPARATOR, CellError, check_text, parse, render


def empty_frame(table: Table) -> pd.DataFrame:
    """Return a frame without rows that has the columns and dtypes of the table."""
    return pd.DataFrame({c.name: _series(c, []) for c in table.columns})


def typed_frame(table: Table, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the frame with the declared columns and dtypes, sorted by key, and what is wrong with it.

    Parameters
    ----------
    table
        The declaration.
    frame
        Any frame with columns of that table; columns that need not be filled may be absent.

    Returns
    -------
    DataFrame, list of Fault
        Cells at fault are missing in the frame. Faults are structural only: unknown and absent
        columns, cells of the wrong type, keys that are missing or not unique.
    """
    columns = {str(name): frame[name].tolist() for name in frame.columns}
    return converted_frame(table, columns, len(frame))


def parsed_frame(table: Table, columns: dict[str, list[str]], rows: int) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the frame of a table given as text cells by column, and what is wrong with it."""
    return _assemble(table, columns, rows, _parse)


def converted_frame(
    table: Table, columns: dict[str, list[Any]], rows: int
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the frame of a table given as Python values by column, and what is wrong with it."""
    return _assemble(table, columns, rows, _convert)


def column_faults(table: Table, names: Sequence[str]) -> list[Fault]:
    """Return which of the given columns are not declared, and which that must be filled are absent."""
    faults = []
    known = ", ".join(table.by_name)
    for name in names:
        if name not in table.by_name:
            remedy = f"Rename or remove it; {table.name} has: {known}."
            faults.append(Fault(table.name, "", name, "", "is not a column of this table", remedy))
    for column in table.columns:
        if column.is_required and not column.default and column.name not in names:
            remedy = f"Add it: {column.description}."
            faults.append(Fault(table.name, "", column.name, "", "is missing", remedy))
    return faults


def rendered_columns(table: Table, frame: pd.DataFrame) -> list[list[str]]:
    """Return the cells of a typed frame as text, a list for each declared column; missing is blank."""
    return [_rendered(column, frame[column.name]) for column in table.columns]


def row_ids(table: Table, frame: pd.DataFrame) -> list[str]:
    """Return a readable id for each row: the parts of its key joined by "/"."""
    parts = [_rendered(table.by_name[name], frame[name]) for name in table.keys]
    return ["/".join(part) for part in zip(*parts, strict=True)]


def is_missing(value: Any) -> bool:
    """Return whether a single value stands for nothing."""
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    )


def _assemble(
    table: Table, columns: dict[str, list[Any]], rows: int, read: Callable[[Column, Any], Any]
) -> tuple[pd.DataFrame, list[Fault]]:
    faults = column_faults(table, list(columns))
    labels = _labels(table, columns, rows)
    series = {}
    for column in table.columns:
        cells = columns.get(column.name) or [None] * rows
        values, wrong = _read_column(column, cells, labels, read)
        faults += wrong
        series[column.name] = _series(column, values)
    frame = pd.DataFrame(series)
    if not any(name not in columns for name in table.keys):
        frame, wrong = _by_key(table, frame, labels)
        faults += wrong
    return frame, faults


def _labels(table: Table, columns: dict[str, list[Any]], rows: int) -> list[str]:
    keys = [columns[name] for name in table.keys if name in columns]
    if len(keys) < len(table.keys):
        return [f"line {i + 2}" for i in range(rows)]
    parts = zip(*keys, strict=True)
    return [
        f"line {i + 2}" if any(is_missing(p) or p == "" for p in part) else "/".join(map(str, part))
        for i, part in enumerate(parts)
    ]


def _read_column(
    column: Column, cells: Sequence[Any], labels: Sequence[str], read: Callable[[Column, Any], Any]
) -> tuple[list[Any], list[Fault]]:
    faults: list[Fault] = []
    values = _all_sound(column, cells)
    if values is None:
        values, faults = _read_cells(column, cells, labels, read)
    if column.type == "geometry":
        faults += _drop_wrong_shapes(column, values, labels)
    return values, faults


def _all_sound(column: Column, cells: Sequence[Any]) -> list[Any] | None:
    """Return the values of a column whose cells are all filled and plain, fast; None where any needs a closer look."""
    kinds = set(map(type, cells))
    if column.type in ("text", "choice") and kinds == {str}:
        text = "".join(cells)
        is_sound = "\0" not in text and _is_utf8(text) and all(map(str.strip, cells))
        return list(cells) if is_sound else None
    if column.type == "number" and kinds <= {str, float}:
        return _finite_numbers(cells)
    if column.type == "geometry" and kinds == {str}:
        try:
            return list(shapely.from_wkt(list(cells)))
        except shapely.errors.GEOSException:
            return None
    return list(cells) if column.type == "geometry" and kinds <= {shapely.LineString, shapely.Point} else None


def _finite_numbers(cells: Sequence[str | float]) -> list[float] | None:
    try:
        numbers = np.array([float(cell) for cell in cells]) + 0.0
    except ValueError:
        return None
    has_separator = any("_" in cell for cell in cells if isinstance(cell, str))
    return None if has_separator or not np.isfinite(numbers).all() else list(numbers.tolist())


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _read_cells(
    column: Column, cells: Sequence[Any], labels: Sequence[str], read: Callable[[Column, Any], Any]
) -> tuple[list[Any], list[Fault]]:
    blank = _blank(column)
    values: list[Any] = []
    faults = []
    for label, cell in zip(labels, cells, strict=True):
        if is_missing(cell) or (isinstance(cell, str) and not cell.strip()):
            values.append(blank)
            continue
        try:
            values.append(read(column, cell))
        except CellError as error:
            faults.append(Fault(column.table, label, column.name, _shown(cell), error.text, error.remedy))
            values.append(blank)
    return values, faults


def _blank(column: Column) -> Any:
    if column.default:
        return parse(column.type, column.default)
    return () if column.type == "list" else None


def _shown(cell: Any) -> str:
    text = cell if isinstance(cell, str) else repr(cell)
    return text if len(text) <= 80 else text[:77] + "..."


def _parse(column: Column, cell: str) -> Any:
    return parse(column.type, cell)


def _convert(column: Column, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return _CONVERTERS[column.type](value)


def _drop_wrong_shapes(column: Column, values: list[Any], labels: Sequence[str]) -> list[Fault]:
    shapes = _objects(values)
    is_given = ~shapely.is_missing(shapes)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    is_broken = np.zeros(len(shapes), dtype=bool)
    is_broken[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    wanted = shapely.GeometryType[column.geometry_type].value
    problems = (
        (
            shapely.get_type_id(shapes) != wanted,
            f"is not a {column.geometry_type}",
            "Give one such shape a row.",
        ),
        (shapely.is_empty(shapes), "is empty", "Give its coordinates."),
        (
            shapely.has_z(shapes) | shapely.has_m(shapes),
            "has more than two coordinates a point",
            "Give lon and lat.",
        ),
        (is_broken, "has a coordinate that is not a finite number", "Give finite coordinates."),
    )
    faults = []
    for is_wrong, text, remedy in problems:
        for i in np.flatnonzero(is_wrong & is_given).tolist():
            faults.append(Fault(column.table, labels[i], column.name, _shown(shapes[i].wkt), text, remedy))
            values[i] = None
    return faults


def _series(column: Column, values: list[Any]) -> pd.Series:
    if column.type in ("text", "choice"):
        return pd.Series(values, dtype="str")
    if column.type == "number":
        return pd.Series(np.array([math.nan if v is None else v for v in values], dtype=np.float64))
    if column.type == "integer":
        is_nullable = not column.is_required or None in values
        return pd.Series(values, dtype="Int64" if is_nullable else "int64")
    if column.type == "boolean":
        return pd.Series(values, dtype="boolean" if None in values else "bool")
    return pd.Series(_objects(values), dtype="object")


def _objects(values: list[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return array


def _by_key(table: Table, frame: pd.DataFrame, labels: Sequence[str]) -> tuple[pd.DataFrame, list[Fault]]:
    keys = list(table.keys)
    faults = [
        Fault(table.name, labels[i], name, "", "is missing", "Give every row its id.")
        for name in keys
        for i in np.flatnonzero(frame[name].isna().to_numpy()).tolist()
    ]
    is_again = frame.duplicated(keys).to_numpy() & frame[keys].notna().all(axis=1).to_numpy()
    for i in np.flatnonzero(is_again).tolist():
        remedy = "Ids must be unique: rename or remove one of the rows."
        where = "/".join(keys)
        faults.append(Fault(table.name, labels[i], where, labels[i], "is given more than once", remedy))
    return frame.sort_values(keys, kind="stable", ignore_index=True), faults


def _rendered(column: Column, series: pd.Series) -> list[str]:
    if column.type in ("text", "choice"):
        return [text if isinstance(text, str) else "" for text in series.tolist()]
    return ["" if is_missing(value) else render(column.type, value) for value in series.tolist()]


def _to_text(value: Any) -> str:
    if not isinstance(value, str):
        raise CellError("is not text", "Give it as text.")
    return check_text(value)


def _to_list(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(parse("list", value))
    if not isinstance(value, list | tuple):
        raise CellError("is not a list", "Give a tuple of texts.")
    for part in value:
        if not isinstance(part, str) or not part.strip() or part != part.strip():
            raise CellError("holds something other than ids", "Give texts without blanks around them.")
        if LIST_SEPARATOR in check_text(part):
            raise CellError("holds an id with ';'", "Ids in lists must not hold ';'.")
    return tuple(value)


def _to_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CellError("is not a number", "Give a plain number.")
    return float(value) + 0.0


def _to_integer(value: Any) -> int:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or value != int(value)
    ):
        raise CellError("is not a whole number", "Give a whole number.")
    if abs(int(value)) > LARGEST_INTEGER:
        raise CellError("is too large for a whole number", "Give at most 9223372036854775807.")
    return int(value)


def _to_boolean(value: Any) -> bool:
    if value not in (0, 1):
        raise CellError("is neither true nor false", "Give true or false.")
    return bool(value)


def _to_date(value: Any) -> date:
    if isinstance(value, str):
        day: date = parse("date", value)
        return day
    if not isinstance(value, date) or isinstance(value, datetime):
        raise CellError("is not a date", "Give a date without a time.")
    return value


def _to_geometry(value: Any) -> shapely.Geometry:
    if not isinstance(value, shapely.Geometry):
        raise CellError("is not a geometry", "Give a shapely geometry.")
    return value


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "text": _to_text,
    "choice": _to_text,
    "list": _to_list,
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
    "date": _to_date,
    "geometry": _to_geometry,
}
