"""Compiled: when an activity fits among what is placed already, and when it can be paid for as well."""

from __future__ import annotations

import numpy as np
from numba import njit

from sarhad.schedule.calendar import end_of, first_start, start_to_end
from sarhad.schedule.money import pay


@njit(cache=True, nogil=True)
def _fits_at(free, need, guard, time):  # type: ignore[no-untyped-def]
    for word in range(len(guard)):  # noqa: SIM110 (compiled)
        if ((free[time, word] - need[word]) & guard[word]) != guard[word]:
            return False
    return True


@njit(cache=True, nogil=True)
def _fit_whole(work, calendar, duration, free, need, guard, time):  # type: ignore[no-untyped-def]
    """Return the first start from `time` on where the need fits without a pause; -1 beyond T."""
    horizon = free.shape[0]
    time = first_start(work, calendar, False, time, duration)
    known = time
    while time + duration <= horizon:
        last = time + duration - 1
        while last >= known and _fits_at(free, need, guard, last):
            last -= 1
        if last < known:
            return time
        known = time + duration
        time = first_start(work, calendar, False, last + 1, duration)
        known = max(known, time)
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _fit_split(work, calendar, duration, free, need, guard, time):  # type: ignore[no-untyped-def]
    """Return the same for an activity that pauses while its calendar does not work."""
    horizon = free.shape[0]
    count = work.worked[calendar, time]
    known = count
    while count + duration <= horizon and work.place[calendar, count + duration - 1] < horizon:
        last = count + duration - 1
        while last >= known and _fits_at(free, need, guard, work.place[calendar, last]):
            last -= 1
        if last < known:
            return work.place[calendar, count]
        known = max(count + duration, last + 1)
        count = last + 1
    return np.int64(-1)


@njit(cache=True, nogil=True)
def fit(work, calendar, is_splittable, duration, free, need, guard, time, end_time):  # type: ignore[no-untyped-def]
    """Return the first start, not before `time`, whose end is not before `end_time`; -1 where none is."""
    if time > free.shape[0] or end_time > free.shape[0]:
        return np.int64(-1)
    if end_time > 0:
        time = max(time, start_to_end(work, calendar, is_splittable, end_time, duration))
    if time + duration > free.shape[0]:
        return np.int64(-1)
    if duration == 0:
        return time
    if calendar >= 0 and is_splittable:
        return _fit_split(work, calendar, duration, free, need, guard, time)
    return _fit_whole(work, calendar, duration, free, need, guard, time)


@njit(cache=True, nogil=True)
def hold(work, calendar, is_splittable, free, need, start, end):  # type: ignore[no-untyped-def]
    """Take what an activity needs in the periods in which it works."""
    pauses = calendar >= 0 and is_splittable
    for time in range(start, end):
        if pauses and work.run_end[calendar, time] == time:
            continue
        for word in range(len(need)):
            free[time, word] -= need[word]


@njit(cache=True, nogil=True)
def fit_paid(frame, room, activity, mode, time, end_time, keeps):  # type: ignore[no-untyped-def]
    """Return the first start as `fit` does, at which the mode can be paid for; -1 where none is.

    With `keeps` the payment is made.
    """
    work, free, guard, need = frame.work, room.free, frame.guard, frame.packed[mode]
    calendar, splits, duration = frame.calendar[mode], frame.is_splittable[activity], frame.duration[mode]
    start = fit(work, calendar, splits, duration, free, need, guard, time, end_time)
    money = frame.money
    cells, is_at_end = money.cells, money.asks[1, mode]
    while start >= 0:
        period = end_of(work, calendar, start, duration) - 1 if is_at_end else start
        period = min(max(np.int64(0), period), cells.shape[1] - 1)
        if pay(money, room.ledger, mode, cells[0, period], keeps):
            return start
        later = cells[1, period]
        if later >= cells.shape[1]:
            return np.int64(-1)
        if is_at_end:
            end_time = max(end_time, later + 1)
        else:
            time = later
        start = fit(work, calendar, splits, duration, free, need, guard, time, end_time)
    return start
