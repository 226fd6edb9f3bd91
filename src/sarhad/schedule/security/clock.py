"""The time over which attempts are counted, cut into months or quarters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from sarhad.detection.instance import FloatArray


@dataclass(frozen=True, eq=False)
class Clock:
    """Periods that follow each other from day 0 on.

    Parameters
    ----------
    edges
        First day of each period, and the end of the last, shape (T + 1,).
    years
        Length of each period, shape (T,); those of whole months in twelfths.
    """

    edges: FloatArray
    years: FloatArray

    @property
    def middle(self) -> FloatArray:
        """Return the middle of each period, shape (T,)."""
        return np.asarray((self.edges[:-1] + self.edges[1:]) / 2)


def clock_of(begin: date, end: date, tail_years: float, *, months: int) -> Clock:
    """Return periods of so many months from `begin` until `tail_years` after `end`.

    Parameters
    ----------
    begin
        Day 0.
    end
        First day after the horizon.
    tail_years
        Years in the final state that count too.
    months
        Of a period; the last one may be shorter.
    """
    total = (end.year - begin.year) * 12 + end.month - begin.month + round(12 * tail_years)
    counts = np.append(np.arange(0, total, months), total)
    edges = [(_later(begin, int(count)) - begin).days for count in counts]
    return Clock(np.array(edges, dtype=np.float64), np.diff(counts) / 12.0)


def _later(day: date, months: int) -> date:
    """Return the first day of the month so many months later; for 0 the day itself."""
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1) if months else day
