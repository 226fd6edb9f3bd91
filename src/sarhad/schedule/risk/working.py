"""Compiled work-time function of a calendar, its inverse, and where an activity fits among open intervals.

Time is continuous: period h lasts from h to h + 1. ``W(t)`` is the working time before t; beyond the calendar's end
all periods work.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sarhad.schedule.project import BoolArray, FloatArray, IntArray

ENOUGH = 1e-9  # a gap shorter than the work by less than this still holds it


class Working(NamedTuple):
    """Prefix sums over calendars.

    Parameters
    ----------
    before
        Working periods before each period, shape (C, H + 1).
    holder
        Period that does the w-th unit of work, shape (C, H); only the first ``before[c, H]`` count.
    following
        First working period from each on, H if none, shape (C, H + 1).
    run_end
        End of the run of working periods around each one, infinite for the last when it reaches H, shape (C, H + 1).
    """

    before: FloatArray
    holder: IntArray
    following: IntArray
    run_end: FloatArray


def working(calendars: BoolArray) -> Working:
    """Return the prefix sums of calendars, shape (C, H)."""
    count, horizon = calendars.shape
    before = np.zeros((count, horizon + 1))
    np.cumsum(calendars, axis=1, out=before[:, 1:])
    holder = np.zeros((count, horizon), dtype=np.int64)
    following = np.full((count, horizon + 1), horizon, dtype=np.int64)
    run_end = np.full((count, horizon + 1), np.inf)
    periods = np.arange(horizon)
    for c, row in enumerate(calendars):
        at = np.flatnonzero(row)
        holder[c, : len(at)] = at
        following[c, :horizon] = _next_index(periods, at, horizon)
        ends = _next_index(periods, np.flatnonzero(~row), -1)
        run_end[c, :horizon] = np.where(ends < 0, np.inf, ends)
    return Working(before, holder, following, run_end)


def _next_index(periods: IntArray, at: IntArray, none: int) -> IntArray:
    """Return the first of the ascending `at` that is not before each period."""
    return np.append(at, none)[np.searchsorted(at, periods)]


@njit(cache=True, nogil=True)
def worked(work: Working, c: int, t: float) -> float:
    """Return the working time of calendar `c` before `t`."""
    before = work.before[c]
    horizon = len(before) - 1
    if t >= horizon:
        return before[horizon] + (t - horizon)
    if t <= 0:
        return 0.0
    i = int(t)
    return before[i] + (t - i) * (before[i + 1] - before[i])


@njit(cache=True, nogil=True)
def moment(work: Working, c: int, w: float) -> float:
    """Return the first moment before which calendar `c` has worked `w`."""
    before = work.before[c]
    horizon = len(before) - 1
    if w > before[horizon]:
        return horizon + (w - before[horizon])
    if w <= 0:
        return 0.0
    i = int(np.ceil(w)) - 1
    return work.holder[c, i] + (w - i)


@njit(cache=True, nogil=True)
def next_working(work: Working, c: int, t: float) -> float:
    """Return the first moment from `t` on at which calendar `c` works."""
    following = work.following[c]
    if t >= len(following) - 1:
        return t
    i = int(t)
    return t if following[i] == i else np.float64(following[i])


@njit(cache=True, nogil=True)
def later(work: Working, c: int, t: float, lag: float) -> float:
    """Return `t` moved by a lag that counts in working time of calendar `c`."""
    if lag == 0:
        return t
    return moment(work, c, worked(work, c, t) + lag)


@njit(cache=True, nogil=True)
def split(
    work: Working, c: int, opens: FloatArray, closes: FloatArray, ready: float, length: float
) -> tuple[float, float, int]:
    """Return start, finish and last interval of work that pauses while the calendar rests or the season is closed."""
    i = 0
    while closes[i] <= ready:
        i += 1
    start = next_working(work, c, max(ready, opens[i]))
    while start >= closes[i]:
        i += 1
        start = next_working(work, c, max(ready, opens[i]))
    left, since = length, worked(work, c, start)
    while left > worked(work, c, closes[i]) - since:
        left -= worked(work, c, closes[i]) - since
        i += 1
        since = worked(work, c, opens[i])
    return start, moment(work, c, since + left), i


@njit(cache=True, nogil=True)
def whole(
    work: Working, c: int, opens: FloatArray, closes: FloatArray, ready: float, length: float
) -> tuple[float, float, int]:
    """Return start, finish and interval of work that must not pause."""
    i = 0
    t = ready
    horizon = work.before.shape[1] - 1
    while True:
        while closes[i] <= t:
            i += 1
        t = next_working(work, c, max(t, opens[i]))
        if t >= closes[i]:
            continue
        end = closes[i] if t >= horizon else min(closes[i], work.run_end[c, int(t)])
        if t + length <= end + ENOUGH:
            return t, t + length, i
        t = end


@njit(cache=True, nogil=True)
def latest_split(
    work: Working, c: int, opens: FloatArray, closes: FloatArray, finish: float, length: float
) -> float:
    """Return the earliest start from which work that may pause is not done before `finish`."""
    i = 0
    while closes[i] < finish:
        i += 1
    left = length
    while i >= 0:
        until = min(finish, closes[i])
        done = worked(work, c, until) - worked(work, c, opens[i])
        if until > opens[i]:
            if done >= left:
                return moment(work, c, worked(work, c, until) - left)
            left -= done
        i -= 1
    return 0.0
