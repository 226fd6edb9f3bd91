"""Calendars of a programme over the periods of a schedule: who keeps which, by partner, section and altitude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from sarhad.programme.activities import day_in, parse_day
from sarhad.schedule.project import BoolArray, IntArray
from sarhad.schedule.risk import Seasons

WEEK = 7


@dataclass(frozen=True)
class Zones:
    """The calendars over H days from `begin` on.

    Parameters
    ----------
    begin
        Day of period 0.
    ids
        Ids of the C calendars.
    works
        Working days, shape (C, H).
    seasons
        The same taken apart into weeks with holidays, and windows in which a season is open.
    shift_days
        By how much weather moves the ends of each calendar's season, shape (C,).
    days_per_week
        Working days a week, shape (C,).
    """

    begin: date
    ids: tuple[str, ...]
    works: BoolArray
    seasons: Seasons
    shift_days: np.ndarray[tuple[int], np.dtype[np.float64]]
    days_per_week: IntArray
    rows: tuple[Mapping[str, Any], ...]

    def find(self, use: str, *, partner: str = "", section: str = "", altitude_m: float = 0.0) -> int:
        """Return the calendar that a kind of work keeps there, -1 where it works always.

        One of the partner's own comes before one for all, one of the section's own before one for all.
        """
        best, most = -1, -1
        for k, row in enumerate(self.rows):
            if row["use"] != use or not self.holds(k, partner, section, altitude_m):
                continue
            rank = 2 * bool(row["partner_ids"]) + bool(row["section_ids"])
            if rank > most:
                best, most = k, rank
        return best

    def holds(self, calendar: int, partner: str, section: str, altitude_m: float) -> bool:
        """Return whether a calendar is for this partner, section and altitude."""
        row = self.rows[calendar]
        partners, sections = row["partner_ids"], row["section_ids"]
        is_named = (not partners or partner in partners) and (not sections or section in sections)
        return is_named and _low(row) <= altitude_m < _high(row)

    def period(self, day: date) -> int:
        """Return the period of a day."""
        return (day - self.begin).days

    def day(self, period: float) -> date:
        """Return the day of a period; a part of a day counts as the whole."""
        return self.begin + timedelta(days=int(np.ceil(period - 1e-9)))


def zones(calendar: pd.DataFrame, begin: date, n_days: int) -> Zones:
    """Return the calendars (table `calendar`) over `n_days` days from `begin` on."""
    rows = tuple({str(k): v for k, v in row.items()} for row in calendar.sort_values("id").to_dict("records"))
    days = [begin + timedelta(days=k) for k in range(n_days)]
    base = np.array([_weeks(row, days) for row in rows], dtype=np.bool_).reshape(len(rows), n_days)
    windows = [(c, *window) for c, row in enumerate(rows) for window in _windows(row, begin, n_days)]
    table = np.array(windows, dtype=np.int64).reshape(-1, 4)
    is_open = np.zeros_like(base)
    for c, opens, closes, _ in windows:
        is_open[c, opens:closes] = True
    return Zones(
        begin,
        tuple(str(row["id"]) for row in rows),
        base & is_open,
        Seasons(base, table[:, 0], table[:, 1], table[:, 2], table[:, 3]),
        np.array([float(row["shift_days"]) for row in rows]),
        np.array([int(row["days_per_week"]) for row in rows], dtype=np.int64),
        rows,
    )


def as_day(value: Any) -> date:
    """Return the day of a cell of a table."""
    day: date = pd.Timestamp(value).date()
    return day


def _low(row: Mapping[str, Any]) -> float:
    return -np.inf if pd.isna(row["from_m"]) else float(row["from_m"])


def _high(row: Mapping[str, Any]) -> float:
    return np.inf if pd.isna(row["to_m"]) else float(row["to_m"])


def _weeks(row: Mapping[str, Any], days: Sequence[date]) -> list[bool]:
    """Return which days work by the week and the holidays."""
    holidays = {parse_day(text) for text in row["holidays"]}
    return [day.weekday() < row["days_per_week"] and (day.month, day.day) not in holidays for day in days]


def _windows(row: Mapping[str, Any], begin: date, n_days: int) -> list[tuple[int, int, int]]:
    """Return first open and first closed period, and year, of each season that reaches into the periods."""
    if not isinstance(row["opens"], str):
        return [(0, n_days, 0)]
    found = []
    for year in range(begin.year - 1, begin.year + n_days // 365 + 2):
        opens, closes = day_in(year, row["opens"]), day_in(year, row["closes"])
        if closes <= opens:
            closes = day_in(year + 1, row["closes"])
        first, last = max(0, (opens - begin).days), min(n_days, (closes - begin).days)
        if first < last:
            found.append((first, last, max(0, year - begin.year)))
    return found
