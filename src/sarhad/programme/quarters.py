"""Quarters of the horizon: labels such as 2025Q1, their days and years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sarhad.errors import SpecError

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a calendar year; `number` is 1 to 4."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Quarter:
        """Return the quarter that a day lies in."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @classmethod
    def parse(cls, label: str) -> Quarter:
        """Return the quarter with that label.

        Raises
        ------
        SpecError
            If the text is not a label such as 2025Q1.
        """
        year, _, number = label.partition("Q")
        if len(year) != 4 or not year.isdecimal() or number not in ("1", "2", "3", "4"):
            raise SpecError(f"{label!r} is not a quarter. Write it as 2025Q1.")
        return cls(int(year), int(number))

    @property
    def first_day(self) -> date:
        """Return its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    def plus(self, count: int) -> Quarter:
        """Return the quarter so many quarters later (or earlier, when negative)."""
        index = 4 * self.year + self.number - 1 + count
        return Quarter(index // 4, index % 4 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}Q{self.number}"


def horizon(prog: Programme) -> tuple[Quarter, ...]:
    """Return the quarters of the horizon, in order; `str` gives their labels."""
    first = Quarter.of(prog.setting("horizon_start"))
    return tuple(first.plus(i) for i in range(prog.setting("horizon_quarters")))


def first_open(prog: Programme) -> int:
    """Return the index of the first quarter in which work may start.

    It is the first that begins on or after the status date; the number of quarters where none does.
    """
    status = prog.setting("status_date")
    return sum(quarter.first_day < status for quarter in horizon(prog))
