"""Faults: what is wrong with a programme, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sarhad.errors import DataError

SHOWN = 5


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a programme.

    Parameters
    ----------
    table, row, column
        Where; `row` is the row's id (key parts joined by "/") or "line 12" where it has none.
    value
        What was found, as text.
    text
        What is wrong, such as "is not in 0..1".
    remedy
        What to do, a sentence.
    severity
        "error" stands in the way of a plan, "notice" does not.
    """

    table: str
    row: str
    column: str
    value: str
    text: str
    remedy: str
    severity: Literal["error", "notice"] = "error"

    @property
    def place(self) -> str:
        """Return table and column, as in `site.segment_id`."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def __str__(self) -> str:
        row = f", row {self.row}" if self.row else ""
        value = f"{_short(self.value)} " if self.value else ""
        return f"{self.place}{row}: {value}{self.text}. {self.remedy}"


def summarise(faults: Sequence[Fault]) -> str:
    """Return the faults as lines of text; faults of one column with one remedy share a line."""
    groups: dict[tuple[str, str, str], list[Fault]] = {}
    for fault in faults:
        groups.setdefault((fault.place, fault.text, fault.remedy), []).append(fault)
    return "\n".join(_line(group) for group in groups.values())


def require_none(faults: Iterable[Fault]) -> None:
    """Raise one DataError that names every fault of severity "error"."""
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        first = errors[0]
        same = [f.row for f in errors if f.place == first.place and f.row]
        raise DataError(summarise(errors), table=first.table, column=first.column, ids=same)


def _line(group: Sequence[Fault]) -> str:
    first = group[0]
    if len(group) == 1:
        return str(first)
    shown = ", ".join(f"{_short(f.value)} ({f.row})" if f.value else f.row for f in group[:SHOWN])
    more = f" and {len(group) - SHOWN} more" if len(group) > SHOWN else ""
    return f"{first.place}: {len(group)} rows: {first.text}: {shown}{more}. {first.remedy}"


def _short(value: str) -> str:
    return value if len(value) <= 60 else value[:57] + "..."
