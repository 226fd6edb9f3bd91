"""Work time: how much of it lies before a period, and where its n-th period is; one table for every engine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sarhad.schedule.project import BoolArray, IntArray


class WorkTime(NamedTuple):
    """The work-time function of each calendar and its inverse, as tables over the periods 0..T.

    Parameters
    ----------
    worked
        Working periods before each period, shape (C, T + 1): ``worked[c, t]`` counts those in ``0..t - 1``.
    place
        Period of the n-th working one, counted from 0, shape (C, T + 1); where there is none, T and up.
    run_end
        First period from t on that does not work, T where all do, shape (C, T + 1).
    """

    worked: IntArray
    place: IntArray
    run_end: IntArray


def work_time(calendars: BoolArray, n_periods: int) -> WorkTime:
    """Return the tables of the calendars, which work from their last column on, for `n_periods` periods.

    Parameters
    ----------
    calendars
        Working periods, shape (C, H).
    """
    n = calendars.shape[0]
    works = np.ones((n, n_periods), dtype=np.bool_)
    known = min(calendars.shape[1], n_periods)
    works[:, :known] = calendars[:, :known]
    return tables(works)


def tables(works: BoolArray) -> WorkTime:
    """Return the tables of calendars that are given for all periods, shape (C, T)."""
    n, horizon = works.shape
    worked = np.zeros((n, horizon + 1), dtype=np.int64)
    np.cumsum(works, axis=1, out=worked[:, 1:])
    place = np.empty((n, horizon + 1), dtype=np.int64)
    run_end = np.full((n, horizon + 1), horizon, dtype=np.int64)
    for c in range(n):
        found = np.flatnonzero(works[c])
        place[c, : found.size] = found
        place[c, found.size :] = horizon + np.arange(horizon + 1 - found.size)
        stops = np.where(works[c], horizon, np.arange(horizon))
        run_end[c, :horizon] = np.minimum.accumulate(stops[::-1])[::-1]
    return WorkTime(worked, place, run_end)


def mirrored(work: WorkTime) -> WorkTime:
    """Return the tables with time running backwards: period t becomes ``T - 1 - t``."""
    works = np.diff(work.worked, axis=1).astype(np.bool_)
    return tables(np.ascontiguousarray(works[:, ::-1]))


@njit(cache=True, nogil=True)
def shift(work, calendar, time, lag):  # type: ignore[no-untyped-def]
    """Return the first moment at which the work time since `time` is at least `lag`.

    `calendar` -1 counts elapsed periods. A lag of 0 or more never gives an earlier moment than `time`. What the tables
    do not reach is some moment beyond them.
    """
    if calendar < 0:
        return max(0, time + lag)
    beyond = work.place.shape[1]
    count = work.worked[calendar, min(time, beyond - 1)] + lag
    if time >= beyond or count > beyond:
        return max(time, beyond)
    moment = work.place[calendar, count - 1] + 1 if count > 0 else 0
    return max(moment, time) if lag >= 0 else moment


@njit(cache=True, nogil=True)
def end_of(work, calendar, start, duration):  # type: ignore[no-untyped-def]
    """Return the end of `duration` working periods from `start`, which works."""
    if calendar < 0 or duration == 0:
        return start + duration
    return work.place[calendar, work.worked[calendar, start] + duration - 1] + 1


@njit(cache=True, nogil=True)
def first_start(work, calendar, is_splittable, time, duration):  # type: ignore[no-untyped-def]
    """Return the first moment from `time` on at which an activity may start, as far as its calendar goes."""
    if calendar < 0 or duration == 0:
        return time
    start = work.place[calendar, work.worked[calendar, time]]
    if is_splittable:
        return start
    horizon = work.run_end.shape[1] - 1
    while start < horizon and work.run_end[calendar, start] < start + duration:
        start = work.place[calendar, work.worked[calendar, work.run_end[calendar, start]]]
    return start


@njit(cache=True, nogil=True)
def start_to_end(work, calendar, is_splittable, time, duration):  # type: ignore[no-untyped-def]
    """Return the first start that a calendar allows whose end is not before `time`."""
    if calendar < 0 or duration == 0:
        return max(0, time - duration)
    if not is_splittable:
        return first_start(work, calendar, is_splittable, max(0, time - duration), duration)
    count = work.worked[calendar, max(0, time - 1)] - duration + 1
    return work.place[calendar, max(0, count)]
