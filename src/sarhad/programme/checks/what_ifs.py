"""Checks of what-ifs: every change must find something to change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sarhad.programme.dictionary import declared
from sarhad.programme.faults import Fault

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

NUMBERS = ("number", "integer")
CLOSED = ("setting", "what_if")


def idle_changes(prog: Programme) -> Iterator[Fault]:
    """Yield changes of tables, columns or rows that are not there, and of what is no number."""
    for row in prog["what_if"].to_dict("records"):
        yield from _wrong(prog, {str(name): value for name, value in row.items()})


def _wrong(prog: Programme, row: dict[str, Any]) -> Iterator[Fault]:
    name, table = str(row["id"]), row["changed_table"]
    known = {n: t for n, t in declared().tables.items() if t.is_given and n not in CLOSED}
    if table not in known:
        remedy = f"Tables: {', '.join(sorted(known))}."
        yield Fault(
            "what_if", name, "changed_table", str(table), "is no table that a what-if may change", remedy
        )
        return
    columns = known[table].by_name
    numbers = [n for n, c in columns.items() if c.type in NUMBERS and not c.is_key]
    for column in row["changed_columns"]:
        if column not in numbers:
            remedy = f"Columns of numbers in {table}: {', '.join(numbers) or 'none'}."
            yield Fault(
                "what_if", name, "changed_columns", column, f"is no column of numbers in {table}", remedy
            )
    key = row["key_column"]
    if not isinstance(key, str) or not key:
        if row["key_values"]:
            yield Fault(
                "what_if", name, "key_column", "", "is blank, but key_values are given", "Name the column."
            )
        return
    if key not in columns:
        yield Fault(
            "what_if", name, "key_column", key, f"is no column of {table}", f"Columns: {', '.join(columns)}."
        )
        return
    there = set(prog[table][key].astype("str"))
    for value in row["key_values"]:
        if value not in there:
            text, remedy = f"is not in {table}.{key}", "Correct or remove it; no plan rests on it."
            yield Fault("what_if", name, "key_values", value, text, remedy, "notice")
