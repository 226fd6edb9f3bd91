"""Working weeks and exceptions by date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from sarhad.schedule.project import BoolArray

WEEK = (True, True, True, True, True, False, False)  # Monday first


@dataclass(frozen=True)
class WorkCalendar:
    """A calendar by days.

    Parameters
    ----------
    uid, name
        Id in the file, and name.
    week
        Does it work on Monday, ..., Sunday.
    exceptions
        Days that differ from the week: True works, False does not.
    hours_per_day
        Hours of a working day, by which durations in hours become days.
    """

    uid: str
    name: str
    week: tuple[bool, ...] = WEEK
    exceptions: Mapping[date, bool] = field(default_factory=dict)
    hours_per_day: float = 8.0


def working_days(calendar: WorkCalendar, begin: date, n_days: int) -> BoolArray:
    """Return which of the days from `begin` on work, shape (N,)."""
    weekday = (begin.weekday() + np.arange(n_days)) % 7
    works = np.array(calendar.week, dtype=np.bool_)[weekday]
    for day, is_working in calendar.exceptions.items():
        place = (day - begin).days
        if 0 <= place < n_days:
            works[place] = is_working
    return works


def span(first: date, last: date) -> list[date]:
    """Return the days from the first to the last, both included."""
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]
