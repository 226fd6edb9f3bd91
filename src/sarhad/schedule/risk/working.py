"""Compiled work-time function of a calendar, its inverse, and where an activity fits among open intervals.

Time is continuous: period h lasts from h to h + 1. ``W(t)`` is the working time before t; beyond the calendar's end
all periods work.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.schedule.calendar import tables
from sarhad.schedule.project import BoolArray, FloatArray

ENOUGH = 1e-9  # a gap shorter than the work by less than this still holds it


SmallArray = npt.NDArray[np.int32]  # half the size: the calendars stay in the cache


class Working(NamedTuple):
    """Prefix sums over calendars.

    Parameters
    ----------
    before
        Working periods before each period, shape (C, H + 1).
    holder
        Period that does the w-th unit of work, shape (C, H + 1); only the first ``before[c, H]`` count.
    following
        First working period from each on, H if none, shape (C, H + 1).
    run_end
        First period from each on that does not work, infinite where all do to the end, shape (C, H + 1).
    """

    before: SmallArray
    holder: SmallArray
    following: SmallArray
    run_end: FloatArray


def working(calendars: BoolArray) -> Working:
    """Return the prefix sums of calendars, shape (C, H), from the tables that all engines share."""
    horizon = calendars.shape[1]
    shared = tables(calendars)
    before = shared.worked.astype(np.int32)
    following = np.minimum(np.take_along_axis(shared.place, shared.worked, axis=1), horizon)
    run_end = np.where(shared.run_end >= horizon, np.inf, shared.run_end)
    return Working(before, shared.place.astype(np.int32), following.astype(np.int32), run_end)


class Calendar(NamedTuple):
    """One row of `Working`."""

    before: SmallArray
    holder: SmallArray
    following: SmallArray
    run_end: FloatArray


@njit(cache=True, nogil=True)
def calendar_of(work: Working, c: int) -> Calendar:
    """Return the prefix sums of one calendar."""
    return Calendar(work.before[c], work.holder[c], work.following[c], work.run_end[c])


@njit(cache=True, nogil=True, forceinline=True)
def worked(row: Calendar, t: float) -> float:
    """Return the working time of a calendar before `t`."""
    horizon = len(row.before) - 1
    if t >= horizon:
        return float(row.before[horizon] + (t - horizon))
    if t <= 0:
        return 0.0
    i = int(t)
    return float(row.before[i] + (t - i) * (row.before[i + 1] - row.before[i]))


@njit(cache=True, nogil=True, forceinline=True)
def moment(row: Calendar, w: float) -> float:
    """Return the first moment before which a calendar has worked `w`."""
    horizon = len(row.before) - 1
    if w > row.before[horizon]:
        return float(horizon + (w - row.before[horizon]))
    if w <= 0:
        return 0.0
    i = int(np.ceil(w)) - 1
    return float(row.holder[i] + (w - i))


@njit(cache=True, nogil=True, forceinline=True)
def next_working(row: Calendar, t: float) -> float:
    """Return the first moment from `t` on at which a calendar works."""
    if t >= len(row.following) - 1:
        return t
    following = float(row.following[int(t)])
    return t if t > following else following  # noqa: FURB136 - one instruction, which max() is not


@njit(cache=True, nogil=True)
def later(row: Calendar, t: float, lag: float) -> float:
    """Return `t` moved by a lag that counts in working time of a calendar."""
    return t if lag == 0 else moment(row, worked(row, t) + lag)


@njit(cache=True, nogil=True, forceinline=True)
def interval_at(closes: FloatArray, k: int, t: float, guess: int) -> int:
    """Return the first interval of draw `k` that closes after `t`; a good guess saves the search."""
    i = guess
    while i > 0 and closes[i - 1, k] > t:
        i -= 1
    while closes[i, k] <= t:
        i += 1
    return i


@njit(cache=True, nogil=True, forceinline=True)
def split(
    row: Calendar, opens: FloatArray, closes: FloatArray, k: int, ready: float, length: float, guess: int
) -> tuple[float, float, int]:
    """Return start, finish and last interval of work that pauses while the calendar rests or the season is closed.

    Parameters
    ----------
    row
        Weeks and holidays.
    opens, closes
        Open intervals of each draw, the last one endless, shape (I, draws).
    k, ready, length, guess
        Draw, first moment, working time, interval in which it may start.
    """
    i = interval_at(closes, k, ready, guess)
    start = next_working(row, max(ready, opens[i, k]))
    while start >= closes[i, k]:
        i += 1
        start = next_working(row, max(ready, opens[i, k]))
    left, since = length, worked(row, start)
    while True:
        finish = moment(row, since + left)
        if finish <= closes[i, k]:
            return start, finish, i
        left -= worked(row, closes[i, k]) - since
        i += 1
        since = worked(row, opens[i, k])


@njit(cache=True, nogil=True, forceinline=True)
def whole(
    row: Calendar, opens: FloatArray, closes: FloatArray, k: int, ready: float, length: float, guess: int
) -> tuple[float, float, int]:
    """Return start, finish and interval of work that must not pause; parameters as for `split`."""
    i = interval_at(closes, k, ready, guess)
    t = ready
    horizon = len(row.before) - 1
    while True:
        while closes[i, k] <= t:
            i += 1
        t = next_working(row, max(t, opens[i, k]))
        if t >= closes[i, k]:
            continue
        end = closes[i, k] if t >= horizon else min(closes[i, k], row.run_end[int(t)])
        if t + length <= end + ENOUGH:
            return t, t + length, i
        t = end


@njit(cache=True, nogil=True)
def latest_split(
    row: Calendar, opens: FloatArray, closes: FloatArray, k: int, finish: float, length: float
) -> float:
    """Return the earliest start from which work that may pause is not done before `finish`."""
    i = 0
    while closes[i, k] < finish:
        i += 1
    left = length
    while i >= 0:
        until = min(finish, closes[i, k])
        if until > opens[i, k]:
            done = worked(row, until) - worked(row, opens[i, k])
            if done >= left:
                return moment(row, worked(row, until) - left)
            left -= done
        i -= 1
    return 0.0
