"""The numbers that travel takes where nothing better is given: one table, each with its source or marked as judged."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sarhad.errors import SpecError, StoreError

COLUMNS = ("group", "name", "quantity", "value", "unit", "is_assumption", "source", "reasoning")
OPEN = ("road", "vehicle", "water")  # groups to which a file may add names
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Number:
    """One row of the table.

    Parameters
    ----------
    group, name, quantity
        What it is, such as road, track, kmh.
    value
        In `unit`.
    unit
        1 for factors.
    is_assumption
        Is it judged rather than taken from its source.
    source, reasoning
        Where it comes from, and why.
    """

    group: str
    name: str
    quantity: str
    value: float
    unit: str
    is_assumption: bool
    source: str
    reasoning: str


class Numbers:
    """The table, which remembers what was taken from it so that an answer can say what it rests on."""

    def __init__(self, rows: Iterable[Number]) -> None:
        self._rows: dict[Key, Number] = {(row.group, row.name, row.quantity): row for row in rows}
        self._taken: set[Key] = set()

    def names(self, group: str) -> tuple[str, ...]:
        """Return the names of a group, in the order of the table."""
        return tuple(dict.fromkeys(row.name for row in self._rows.values() if row.group == group))

    def take(self, group: str, name: str, quantity: str, *, default: float | None = None) -> float:
        """Return a value and remember that it was taken.

        Raises
        ------
        SpecError
            If the table has none and no default is given.
        """
        key = group, name, quantity
        row = self._rows.get(key)
        if row is None:
            if default is not None:
                return default
            raise SpecError(f"numbers: no row {group},{name},{quantity}. Add one to the table of numbers.")
        self._taken.add(key)
        return row.value

    @property
    def rows(self) -> tuple[Number, ...]:
        """Return all rows, in the order of the table."""
        return tuple(self._rows.values())

    @property
    def taken(self) -> tuple[Number, ...]:
        """Return the rows that were taken, in the order of the table."""
        return tuple(row for key, row in self._rows.items() if key in self._taken)

    def with_rows(self, rows: Iterable[Number]) -> Numbers:
        """Return the table with some rows replaced or added."""
        return Numbers([*self._rows.values(), *rows])


def numbers_of(path: Path | None = None) -> Numbers:
    """Return the table shipped with the package, rows of a file of the same columns in place of its own.

    Raises
    ------
    StoreError
        If the file cannot be read.
    SpecError
        If it is no such table; every fault is named.
    """
    shipped = Numbers(
        _rows(files("sarhad.place.travel").joinpath("numbers.csv").read_text("utf-8"), "numbers.csv")
    )
    if path is None:
        return shipped
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: cannot be read as CSV ({error}).") from error
    rows = _rows(text, str(path))
    faults = _misfits(shipped, rows, str(path))
    if faults:
        raise SpecError("\n".join(faults))
    return shipped.with_rows(rows)


def _misfits(shipped: Numbers, rows: list[Number], name: str) -> list[str]:
    """Return a fault for each row that nothing would read, or read in another unit."""
    units = {(row.group, row.quantity): row.unit for row in shipped.rows}
    known = {(row.group, row.name) for row in shipped.rows}
    seen: set[Key] = set()
    faults = []
    for line, row in enumerate(rows, 2):
        at, kind = f"{name}, line {line}", (row.group, row.quantity)
        if kind not in units:
            possible = sorted({q for group, q in units if group == row.group}) or sorted(
                {g for g, _ in units}
            )
            faults.append(f"{at}, quantity: nothing reads {','.join(kind)}. Known: {', '.join(possible)}.")
        elif row.unit != units[kind]:
            faults.append(f"{at}, unit: {row.unit!r} for {','.join(kind)}. Give it in {units[kind]}.")
        if kind in units and row.group not in OPEN and (row.group, row.name) not in known:
            names = ", ".join(shipped.names(row.group))
            faults.append(f"{at}, name: nothing reads {row.name!r} of {row.group}. Known: {names}.")
        key = row.group, row.name, row.quantity
        if key in seen:
            faults.append(f"{at}: {','.join(key)} stands above already. Leave one.")
        seen.add(key)
    return faults


def _rows(text: str, name: str) -> list[Number]:
    reader = csv.DictReader(text.splitlines())
    missing = [column for column in COLUMNS[:6] if column not in (reader.fieldnames or ())]
    if missing:
        raise SpecError(f"{name}: no column {', '.join(missing)}. Head it {','.join(COLUMNS)}.")
    rows, faults = [], []
    for line, row in enumerate(reader, 2):
        value = _value(row["value"])
        flag = (row["is_assumption"] or "").strip().lower()
        if value is None:
            faults.append(f"{name}, line {line}, value: {row['value']!r} is no number of 0 or more.")
        if flag not in ("true", "false"):
            faults.append(f"{name}, line {line}, is_assumption: {flag!r} is neither true nor false.")
        source = (row.get("source") or "").strip()
        if flag == "false" and not source:
            faults.append(f"{name}, line {line}, source: empty. Name it, or set is_assumption to true.")
        rows.append(
            Number(
                row["group"].strip(),
                row["name"].strip(),
                row["quantity"].strip(),
                value or 0.0,
                (row["unit"] or "").strip(),
                flag == "true",
                source,
                (row.get("reasoning") or "").strip(),
            )
        )
    if faults:
        raise SpecError("\n".join(faults))
    return rows


def _value(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0.0 else None
