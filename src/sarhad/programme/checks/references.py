"""Checks across tables: every id that a row names exists, in single cells and in lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sarhad.programme.dictionary import Column, declared
from sarhad.programme.faults import Fault
from sarhad.programme.frames import row_ids

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme


def dangling(prog: Programme, unread: frozenset[str] = frozenset()) -> Iterator[Fault]:
    """Yield every reference to a row that does not exist; none into tables that could not be read."""
    known: dict[tuple[str, str], frozenset[str]] = {}
    for name in prog.tables:
        table = declared().table(name)
        frame = prog[name]
        ids = row_ids(table, frame)
        for column in table.columns:
            target = column.references
            if target is None or target[0] in unread:
                continue
            if target not in known:
                known[target] = frozenset(prog[target[0]][target[1]].dropna())
            yield from _unknown(column, frame[column.name].tolist(), ids, known[target])


def _unknown(column: Column, cells: list[object], ids: list[str], known: frozenset[str]) -> Iterator[Fault]:
    assert column.references is not None
    target = column.references[0]
    for row, cell in zip(ids, cells, strict=True):
        named = cell if isinstance(cell, tuple) else (cell,) if isinstance(cell, str) else ()
        for name in named:
            if name not in known:
                text = f"names a {target} that does not exist"
                remedy = f"Add the {target} or correct the {column.table}."
                yield Fault(column.table, row, column.name, name, text, remedy)
