"""Season windows: found in calendars, and drawn anew for every weather year."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sarhad.schedule.project import BoolArray, FloatArray, IntArray, Project
from sarhad.schedule.risk.distributions import BLOCK
from sarhad.schedule.risk.spec import Seasons, Weather
from sarhad.schedule.risk.streams import CLOSURE, YEAR, Order, triangular, uniforms

CLOSED = 28  # periods without work in a row that count as a closed season
WEEK = 7
YEAR_DAYS = 365.25


class Windows(NamedTuple):
    """Season windows as the kernel reads them; those of calendar c are ``first[c]:first[c + 1]``.

    Parameters
    ----------
    opens, closes
        Announced edges; an infinite `closes` stays open. `moves` says which edges weather moves, shape (W, 2).
    year
        Year of each window.
    spread
        Factor on the shifts of each calendar.
    shift
        Low, likely, high of opening, closing, and length of a closure, shape (3, 3).
    closures, probability
        Most closures of a window, chance of each.
    """

    first: IntArray
    opens: FloatArray
    closes: FloatArray
    moves: BoolArray
    year: IntArray
    spread: FloatArray
    shift: FloatArray
    closures: int
    probability: float


class Intervals(NamedTuple):
    """Open intervals of each calendar in each draw of a block, ending with an infinite one.

    Every window has one place more than it can have closures; what it does not use is empty, with the edges of the
    one before. So an interval says its window, and draws side by side differ little.

    Parameters
    ----------
    opens, closes
        Shape (C, I, BLOCK).
    """

    opens: FloatArray
    closes: FloatArray


def find_seasons(project: Project) -> Seasons:
    """Return the windows between closed seasons (28 periods and more without work) of the project's calendars.

    Inside a closed season the base calendar works as it mostly does on that day of the week in the open one: that is
    what an early opening gives. Windows whose middle lies in the same 365 days share a year.
    """
    base = project.calendars.copy()
    rows: list[tuple[int, int, int]] = []
    for c, row in enumerate(project.calendars):
        gaps = _closed(row)
        is_open = np.ones(len(row), dtype=np.bool_)
        for begin, end in gaps:
            is_open[begin:end] = False
        base[c] |= _weekly(row, is_open) & ~is_open
        edges = np.flatnonzero(np.diff(np.concatenate([[0], is_open.astype(np.int8), [0]])))
        rows += [(c, int(o), int(e)) for o, e in edges.reshape(-1, 2)]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    year = ((table[:, 1] + table[:, 2]) / 2 // YEAR_DAYS).astype(np.int64)
    return Seasons(base, table[:, 0], table[:, 1], table[:, 2], year)


def _closed(row: BoolArray) -> list[tuple[int, int]]:
    """Return begin and end of each run of `CLOSED` and more periods without work."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (~row).astype(np.int8), [0]]))).reshape(-1, 2)
    return [(int(b), int(e)) for b, e in edges if e - b >= CLOSED]


def _weekly(row: BoolArray, is_open: BoolArray) -> BoolArray:
    """Return the days of the week that mostly work while the season is open, over the whole calendar."""
    day = np.arange(len(row)) % WEEK
    open_days = np.bincount(day[is_open], minlength=WEEK)
    working_days = np.bincount(day[is_open & row], minlength=WEEK)
    pattern: BoolArray = 2 * working_days > open_days
    if not is_open.any():
        pattern[:] = True
    return pattern[day]


def windows(seasons: Seasons, weather: Weather | None) -> Windows:
    """Return the windows and their weather for the kernel; after the calendars' end every season is open."""
    count, horizon = seasons.base.shape
    weather_or_none = weather or Weather((0.0,) * 3, (0.0,) * 3)
    first = np.searchsorted(seasons.calendar, np.arange(count + 1)).astype(np.int64)
    closes = seasons.closes.astype(np.float64)
    closes[seasons.closes >= horizon] = np.inf
    moves = np.stack([seasons.opens > 0, np.isfinite(closes)], axis=1)
    spread = np.ones(count) if weather_or_none.spread is None else weather_or_none.spread
    shift = np.array([weather_or_none.opening, weather_or_none.closing, weather_or_none.closure_length])
    return Windows(
        first,
        seasons.opens.astype(np.float64),
        closes,
        moves,
        seasons.year,
        np.asarray(spread, dtype=np.float64),
        shift,
        weather_or_none.closures,
        weather_or_none.closure_probability,
    )


def empty_intervals(seasons: Windows, n_calendars: int) -> Intervals:
    """Return room for the intervals of a block."""
    most = int(np.diff(seasons.first).max(initial=0)) * (1 + seasons.closures) + 1
    shape = (n_calendars, most, BLOCK)
    return Intervals(np.full(shape, np.inf), np.full(shape, np.inf))


@njit(cache=True, nogil=True)
def draw_intervals(
    into: Intervals,
    seasons: Windows,
    horizon: float,
    is_moving: bool,
    is_plain: bool,
    seed: int,
    block: int,
) -> None:
    """Draw the open intervals of every calendar for a block of draws."""
    years = 0
    for w in range(len(seasons.year)):
        years = max(years, seasons.year[w] + 1)
    order: Order = np.empty(BLOCK, dtype=np.uint32)
    shifts = np.zeros((years, 2, BLOCK))
    if is_moving:
        for y in range(years):
            for edge in range(2):
                row = shifts[y, edge]
                uniforms(row, order, is_plain, seed, block, YEAR, 2 * y + edge)
                low, likely, high = seasons.shift[edge]
                for k in range(BLOCK):
                    row[k] = triangular(row[k], low, likely, high)
    closures = seasons.closures if is_moving else 0
    cuts = np.empty((closures, 3, BLOCK))
    slots = 1 + seasons.closures
    for c in range(len(seasons.first) - 1):
        last = seasons.first[c + 1] - seasons.first[c]
        for w in range(seasons.first[c], seasons.first[c + 1]):
            is_season = seasons.moves[w, 0] or seasons.moves[w, 1]
            for i in range(closures if is_season else 0):
                for part in range(3):
                    index = 3 * (w * closures + i) + part
                    uniforms(cuts[i, part], order, is_plain, seed, block, CLOSURE, index)
            slot = (w - seasons.first[c]) * slots
            _add_window(
                into.opens[c],
                into.closes[c],
                seasons,
                horizon,
                c,
                w,
                slot,
                shifts,
                cuts[: len(cuts) * is_season],
            )
        for k in range(BLOCK):
            after = into.closes[c, last * slots - 1, k] if last else 0.0
            into.opens[c, last * slots, k] = max(horizon, after)
            into.closes[c, last * slots, k] = np.inf


@njit(cache=True, nogil=True)
def _insert(starts: FloatArray, ends: FloatArray, m: int, begin: float, end: float) -> int:
    """Insert a closure among the first `m`, in order of their begin; return how many there are then."""
    j = m
    while j > 0 and starts[j - 1] > begin:
        starts[j], ends[j] = starts[j - 1], ends[j - 1]
        j -= 1
    starts[j], ends[j] = begin, end
    return m + 1


@njit(cache=True, nogil=True)
def _add_window(
    into_opens: FloatArray,
    into_closes: FloatArray,
    seasons: Windows,
    horizon: float,
    c: int,
    w: int,
    slot: int,
    shifts: FloatArray,
    cuts: FloatArray,
) -> None:
    """Write a window to each draw: shifted, cut by closures, never before the end of the one before."""
    y, spread = seasons.year[w], seasons.spread[c]
    starts, ends = np.empty(len(cuts)), np.empty(len(cuts))
    low, likely, high = seasons.shift[2]
    for k in range(BLOCK):
        opens, closes = seasons.opens[w], seasons.closes[w]
        if seasons.moves[w, 0]:
            opens += shifts[y, 0, k] * spread
        if seasons.moves[w, 1]:
            closes += shifts[y, 1, k] * spread
        opens = max(opens, into_closes[slot - 1, k] if slot else 0.0)
        closes = max(closes, opens)
        until = min(closes, max(horizon, opens))
        m = 0
        for i in range(len(cuts)):
            if cuts[i, 0, k] < seasons.probability:
                begin = opens + cuts[i, 1, k] * (until - opens)
                m = _insert(starts, ends, m, begin, begin + triangular(cuts[i, 2, k], low, likely, high))
        for j in range(seasons.closures + 1):
            end = min(starts[j], closes) if j < m else closes
            into_opens[slot + j, k] = min(opens, end)
            into_closes[slot + j, k] = end if end > opens else min(opens, closes)
            opens = min(max(opens, ends[j]), closes) if j < m else closes
