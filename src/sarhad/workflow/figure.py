"""What a kind of figure is, for `trace`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sarhad.programme import Programme, declared
from sarhad.workflow import figure_rows as rows
from sarhad.workflow import figure_values as values


@dataclass(frozen=True)
class Figure:
    """A kind of figure.

    Parameters
    ----------
    meaning, formula, page
        What it means, how it is computed, where that is written.
    table
        Table whose ids it is asked for by; blank for settings, whose ids are declared.
    rows
        The rows it reads, from the programme and the id.
    is_for_all
        May the id be left out, for all of them.
    needs
        Derived table without which it cannot be followed; blank where facts are enough.
    values
        The figure itself, from the programme, its plans and the id.
    """

    meaning: str
    formula: str
    page: str
    table: str
    rows: Callable[[Programme, str], tuple[rows.Row, ...]]
    is_for_all: bool = False
    needs: str = ""
    values: Callable[[values.Judged, str], Iterator[values.Value]] = values.none

    def ids(self, prog: Programme) -> list[str]:
        """Return what it can be asked for."""
        return sorted(prog[self.table]["id"]) if self.table else sorted(declared().settings)
