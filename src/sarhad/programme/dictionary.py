"""The data dictionary: every table, column and setting, declared once as CSV beside this file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType

from sarhad.errors import SpecError

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Column:
    """A declared column.

    Parameters
    ----------
    type
        text, list, integer, number, boolean, date, choice or geometry.
    choices
        What a choice may be.
    geometry_type
        POINT or LINESTRING.
    is_required, is_key
        May it be blank; is it part of the key. A key is always required.
    default
        What a blank cell means, as text; empty: a blank stays missing.
    low, high
        Range of a number, both ends allowed.
    references
        Table and column whose values it must take.
    assumed_by
        Of a number that a model reads, the column of its table that tells whether it is assumed; empty: no
        model reads it.
    """

    table: str
    name: str
    type: str
    choices: tuple[str, ...]
    geometry_type: str
    unit: str
    is_required: bool
    is_key: bool
    default: str
    low: float | None
    high: float | None
    references: tuple[str, str] | None
    writer: str
    assumed_by: str
    description: str

    @property
    def range(self) -> str:
        """Return the range for people, such as "0..1" or "at least 0"; empty where there is none."""
        return range_text(self.low, self.high)


@dataclass(frozen=True)
class Table:
    """A declared table with its columns in order."""

    name: str
    group: str
    description: str
    columns: tuple[Column, ...]

    @property
    def writer(self) -> str:
        """Return its sole writer: `given` for facts, else the layer that computes it."""
        return self.columns[0].writer

    @property
    def is_given(self) -> bool:
        """Return whether it holds facts from outside."""
        return self.writer == "given"

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the names of its key columns."""
        return tuple(c.name for c in self.columns if c.is_key)

    @property
    def geometry(self) -> Column | None:
        """Return its geometry column, if any."""
        return next((c for c in self.columns if c.type == "geometry"), None)

    @property
    def has_provenance(self) -> bool:
        """Return whether its rows must name a source or be assumptions."""
        return "is_assumption" in self.by_name

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Return its columns by name."""
        return MappingProxyType({c.name: c for c in self.columns})


@dataclass(frozen=True)
class Setting:
    """A declared setting with its default."""

    id: str
    type: str
    unit: str
    default: str
    low: float | None
    high: float | None
    description: str

    @property
    def range(self) -> str:
        """Return the range for people."""
        return range_text(self.low, self.high)


@dataclass(frozen=True)
class Dictionary:
    """All tables, in order of dependence (facts before what is derived), and all settings."""

    tables: Mapping[str, Table]
    settings: Mapping[str, Setting]

    def table(self, name: str) -> Table:
        """Return a table by name; SpecError where there is none."""
        if name not in self.tables:
            raise SpecError(f"there is no table {name!r}. Tables: {', '.join(sorted(self.tables))}.")
        return self.tables[name]

    def setting(self, name: str) -> Setting:
        """Return a setting by name; SpecError where there is none."""
        if name not in self.settings:
            raise SpecError(f"there is no setting {name!r}. Settings: {', '.join(sorted(self.settings))}.")
        return self.settings[name]


@cache
def declared() -> Dictionary:
    """Return the data dictionary of this version of sarhad."""
    folder = files(__package__)
    tables = {}
    for row in _rows(folder.joinpath("tables.csv").read_text("utf-8")):
        name = row["id"]
        declared = _rows(folder.joinpath("tables", f"{name}.csv").read_text("utf-8"))
        columns = tuple(_column(name, line) for line in declared)
        tables[name] = Table(name, row["group"], row["description"], columns)
    settings = {row["id"]: _setting(row) for row in _rows(folder.joinpath("settings.csv").read_text("utf-8"))}
    return Dictionary(MappingProxyType(tables), MappingProxyType(settings))


def range_text(low: float | None, high: float | None) -> str:
    """Return a range for people: "0..1", "at least 0", "at most 5" or nothing."""
    if low is not None and high is not None:
        return f"{low:g}..{high:g}"
    if low is not None:
        return f"at least {low:g}"
    return "" if high is None else f"at most {high:g}"


def _column(table: str, row: Mapping[str, str]) -> Column:
    base, _, detail = row["type"].partition(":")
    target = row["references"].split(".") if row["references"] else None
    return Column(
        table=table,
        name=row["column"],
        type=base,
        choices=tuple(detail.split("|")) if base == "choice" else (),
        geometry_type=detail if base == "geometry" else "",
        unit=row["unit"],
        is_required=row["required"] in ("key", "yes"),
        is_key=row["required"] == "key",
        default=row["default"],
        low=_number(row["low"]),
        high=_number(row["high"]),
        references=(target[0], target[1]) if target else None,
        writer=row["writer"],
        assumed_by=row["assumed_by"],
        description=row["description"],
    )


def _setting(row: Mapping[str, str]) -> Setting:
    return Setting(
        id=row["id"],
        type=row["type"],
        unit=row["unit"],
        default=row["default"],
        low=_number(row["low"]),
        high=_number(row["high"]),
        description=row["description"],
    )


def _rows(text: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(text.splitlines())


def _number(text: str) -> float | None:
    return float(text) if text else None
