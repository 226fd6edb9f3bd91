"""Compiled simulation of one block of draws: forward through the network, back along what drives it, sums.

Draws lie side by side in the innermost axis, so that the plain parts run on vector registers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sarhad.schedule.project import BoolArray, FloatArray, IntArray
from sarhad.schedule.risk.distributions import BLOCK, Columns
from sarhad.schedule.risk.seasons import Intervals, Windows, draw_intervals
from sarhad.schedule.risk.streams import (
    COST,
    DRIVER,
    DURATION,
    FACTOR,
    STOPPAGE,
    Order,
    interpolate,
    quantile_column,
    to_shares,
    triangular,
    uniforms,
)
from sarhad.schedule.risk.working import Calendar, Working, calendar_of, later, latest_split, split, whole

FS, SS, FF, SF = range(4)
NEVER = -1.0
N_SUMS, N_MISSED = 7, 4  # sums of each activity, and of each window


class Lists(NamedTuple):
    """Lists of lists as two arrays: list k is ``of[ptr[k]:ptr[k + 1]]``."""

    ptr: IntArray
    of: IntArray


class Net(NamedTuple):
    """The network, activities in an order in which links point forward.

    Parameters
    ----------
    order
        Activities, predecessors first, shape (A,).
    links
        Links that end at each activity; `before`, `kind`, `lag`, `lag_calendar` describe them, shape (L,).
    release, calendar, is_splittable
        Shape (A,).
    is_simple
        True when no activity has a calendar, no risk stops a start and all links tie starts.
    """

    order: IntArray
    links: Lists
    before: IntArray
    kind: IntArray
    lag: FloatArray
    lag_calendar: IntArray
    release: FloatArray
    calendar: IntArray
    is_splittable: BoolArray
    is_simple: bool


class Events(NamedTuple):
    """Drivers and stoppages.

    Parameters
    ----------
    probability
        Of each driver; `duration` and `cost` are their factors, shape (D, 3).
    of_duration, of_cost
        Drivers that strike each activity's duration, and its cost.
    chance
        Of each stoppage; `onset` (J, 2), `length` (J, 3).
    stoppages
        Stoppages that hold back each activity.
    """

    probability: FloatArray
    duration: FloatArray
    cost: FloatArray
    of_duration: Lists
    of_cost: Lists
    chance: FloatArray
    onset: FloatArray
    length: FloatArray
    stoppages: Lists


class Figures(NamedTuple):
    """Distributions and money.

    Parameters
    ----------
    duration, cost
        Tables of the activities; `has_cost` says whether the second means anything.
    loadings, cost_loadings
        On the common factors, shape (A, F).
    normal, shares
        Quantiles and distribution function of the standard normal.
    cost_per_period, overhead
        Money by elapsed period, of each activity and of the programme.
    """

    duration: Columns
    cost: Columns
    has_cost: bool
    loadings: FloatArray
    cost_loadings: FloatArray
    normal: FloatArray
    shares: FloatArray
    cost_per_period: FloatArray
    overhead: float


class Centre(NamedTuple):
    """Values near the means, so that sums of squares keep their digits: baseline finish, durations, cost."""

    finish: float
    duration: FloatArray
    cost: float


class Groups(NamedTuple):
    """Groups of each activity, its window in the baseline (-1 none), and the last interval of that window."""

    of: Lists
    home: IntArray
    last_slot: IntArray


class Output(NamedTuple):
    """What a run leaves; blocks write to places of their own, so threads never meet.

    Parameters
    ----------
    finish, cost
        Of the programme, shape (n,).
    group_finish, group_cost
        Shape (G, n).
    activity_finish, activity_cost
        Shape (A, n), or (A, 0) when they are not kept.
    sums
        Of each block and activity, shape (blocks, A, 7): critical draws, d, d², d·T (both centred), draws that miss
        the window, T and own finish over those.
    window
        Of each block and window, shape (blocks, W, 4): draws that miss it, T, T², money over them.
    missed
        Windows missed in each draw, shape (n,).
    """

    finish: FloatArray
    cost: FloatArray
    group_finish: FloatArray
    group_cost: FloatArray
    activity_finish: FloatArray
    activity_cost: FloatArray
    sums: FloatArray
    window: FloatArray
    missed: IntArray


class Room(NamedTuple):
    """Working memory of a thread, shape (., BLOCK) each."""

    ready: FloatArray
    start: FloatArray
    finish: FloatArray
    length: FloatArray
    money: FloatArray
    is_critical: BoolArray
    is_late: BoolArray
    factors: FloatArray
    stretch: FloatArray
    dearer: FloatArray
    onset: FloatArray
    resume: FloatArray
    miss: BoolArray
    ends: FloatArray
    total: FloatArray
    due: FloatArray
    strata: FloatArray
    order: Order


def room(n: int, events: Events, n_factors: int, n_windows: int) -> Room:
    """Return the working memory of a thread."""
    d, j = len(events.probability), len(events.chance)

    def floats(size: int) -> FloatArray:
        return np.zeros((size, BLOCK))

    def truths(size: int) -> BoolArray:
        return np.zeros((size, BLOCK), dtype=np.bool_)

    return Room(
        ready=floats(n),
        start=floats(n),
        finish=floats(n),
        length=floats(n),
        money=floats(n),
        is_critical=truths(n),
        is_late=truths(n),
        factors=floats(n_factors),
        stretch=floats(d),
        dearer=floats(d),
        onset=floats(j),
        resume=floats(j),
        miss=truths(n_windows),
        ends=np.zeros(BLOCK),
        total=np.zeros(BLOCK),
        due=np.zeros(BLOCK),
        strata=np.zeros(BLOCK),
        order=np.zeros(BLOCK, dtype=np.uint32),
    )


@njit(cache=True, nogil=True)
def _draw_events(m: Room, events: Events, is_plain: bool, seed: int, block: int) -> None:
    """Draw which drivers and stoppages come true, and how hard."""
    u = m.strata
    for d in range(len(events.probability)):
        for part in range(2):
            row = m.stretch[d] if part == 0 else m.dearer[d]
            points = events.duration[d] if part == 0 else events.cost[d]
            uniforms(row, m.order, is_plain, seed, block, DRIVER, 3 * d + 1 + part)
            for k in range(BLOCK):
                row[k] = triangular(row[k], points[0], points[1], points[2])
        uniforms(u, m.order, is_plain, seed, block, DRIVER, 3 * d)
        for k in range(BLOCK):
            if u[k] >= events.probability[d]:
                m.stretch[d, k] = 1.0
                m.dearer[d, k] = 1.0
    for j in range(len(events.chance)):
        low, likely, high = events.length[j]
        uniforms(m.onset[j], m.order, is_plain, seed, block, STOPPAGE, 3 * j + 1)
        uniforms(m.resume[j], m.order, is_plain, seed, block, STOPPAGE, 3 * j + 2)
        uniforms(u, m.order, is_plain, seed, block, STOPPAGE, 3 * j)
        for k in range(BLOCK):
            m.onset[j, k] = events.onset[j, 0] + m.onset[j, k] * (events.onset[j, 1] - events.onset[j, 0])
            m.resume[j, k] = m.onset[j, k] + triangular(m.resume[j, k], low, likely, high)
            if u[k] >= events.chance[j]:
                m.resume[j, k] = NEVER
    for f in range(len(m.factors)):
        uniforms(m.factors[f], m.order, is_plain, seed, block, FACTOR, f)


@njit(cache=True, nogil=True)
def _draw_figure(
    out: FloatArray,
    m: Room,
    columns: Columns,
    loadings: FloatArray,
    figures: Figures,
    a: int,
    is_plain: bool,
    seed: int,
    block: int,
    kind: int,
) -> None:
    """Draw one figure of an activity, correlated through the common factors if it loads on them."""
    if columns.span[a] == 0:
        out[:] = columns.low[a]
        return
    table = columns.quantiles[columns.table[a]]
    own = 1.0
    for f in range(loadings.shape[1]):
        own -= loadings[a, f] ** 2
    if own == 1.0:
        scale = (columns.low[a], columns.span[a])
        quantile_column(out, m.strata, m.order, table, scale, is_plain, seed, block, kind, a)
        return
    quantile_column(out, m.strata, m.order, figures.normal, (0.0, 1.0), is_plain, seed, block, kind, a)
    own = np.sqrt(max(own, 0.0))
    for k in range(BLOCK):
        out[k] *= own
    for f in range(loadings.shape[1]):
        weight = loadings[a, f]
        if weight != 0:
            for k in range(BLOCK):
                out[k] += weight * m.factors[f, k]
    to_shares(out, figures.shares)
    interpolate(out, table, columns.low[a], columns.span[a])


@njit(cache=True, nogil=True)
def _raise_to(into: FloatArray, times: FloatArray, lag: float) -> None:
    """Raise each value to at least its time plus a lag."""
    for k in range(BLOCK):
        t = times[k] + lag
        into[k] = t if t > into[k] else into[k]  # noqa: FURB136 - one instruction, which max() is not


@njit(cache=True, nogil=True)
def _mark(into: BoolArray, flags: BoolArray, times: FloatArray, lag: float, held: FloatArray) -> None:
    """Mark where a flag stands and a time plus a lag is what was held."""
    for k in range(BLOCK):
        into[k] |= flags[k] & (times[k] + lag == held[k])


@njit(cache=True, nogil=True)
def _add(out: FloatArray, a: FloatArray, b: FloatArray) -> None:
    for k in range(BLOCK):
        out[k] = a[k] + b[k]


@njit(cache=True, nogil=True)
def _lagged(out: FloatArray, times: FloatArray, row: Calendar, lag: float) -> None:
    """Move times by a lag that counts in a calendar."""
    for k in range(BLOCK):
        out[k] = later(row, times[k], lag)


@njit(cache=True, nogil=True)
def _pass_simple(
    ready: FloatArray, finish: FloatArray, length: FloatArray, ends: FloatArray, net: Net
) -> None:
    """Start every activity when links allow: no calendars, no stoppages, all links tie starts."""
    ptr, of, before, kind, lag = net.links.ptr, net.links.of, net.before, net.kind, net.lag
    for a in net.order:
        ready[a, :] = net.release[a]
        for e in range(ptr[a], ptr[a + 1]):
            link = of[e]
            p = before[link]
            _raise_to(ready[a], finish[p] if kind[link] == FS else ready[p], lag[link])
        _add(finish[a], ready[a], length[a])
        _raise_to(ends, finish[a], 0.0)


@njit(cache=True, nogil=True)
def _pass(
    m: Room, net: Net, events: Events, work: Working, lags: Working, open_: Intervals, groups: Groups
) -> None:
    """Start every activity when links, calendar, season and stoppages allow; note who misses the baseline's window."""
    ptr, of, before, kind, lag = net.links.ptr, net.links.of, net.before, net.kind, net.lag
    ready, start, finish, due, strata = m.ready, m.start, m.finish, m.due, m.strata
    for a in net.order:
        ready[a, :] = net.release[a]
        due[:] = NEVER
        for e in range(ptr[a], ptr[a + 1]):
            link = of[e]
            p, c, more = before[link], net.lag_calendar[link], lag[link]
            times = start[p] if kind[link] in (SS, SF) else finish[p]
            if c >= 0:
                _lagged(strata, times, calendar_of(lags, c), more)
                times, more = strata, 0.0
            _raise_to(due if kind[link] in (FF, SF) else ready[a], times, more)
        is_held = events.stoppages.ptr[a + 1] > events.stoppages.ptr[a]
        if net.calendar[a] >= 0 or is_held:
            _place(m, net, events, work, open_, a, groups.home[a], groups.last_slot[a])
        else:
            for k in range(BLOCK):
                t = due[k] - m.length[a, k]
                start[a, k] = t if t > ready[a, k] else ready[a, k]  # noqa: FURB136
            _add(finish[a], start[a], m.length[a])
        _raise_to(finish[a], due, 0.0)
        _raise_to(m.ends, finish[a], 0.0)


@njit(cache=True, nogil=True)
def _place(
    m: Room, net: Net, events: Events, work: Working, open_: Intervals, a: int, home: int, home_slot: int
) -> None:
    """Start an activity when its calendar, the season and stoppages allow."""
    ready, start, finish, length = m.ready[a], m.start[a], m.finish[a], m.length[a]
    due, is_late = m.due, m.is_late[a]
    c = net.calendar[a]
    row, opens, closes = calendar_of(work, max(c, 0)), open_.opens[max(c, 0)], open_.closes[max(c, 0)]
    is_held = events.stoppages.ptr[a + 1] > events.stoppages.ptr[a]
    is_splittable = net.is_splittable[a]
    i = 0
    for k in range(BLOCK):
        begin = ready[k]
        while True:
            if c < 0 or length[k] == 0:
                start[k] = max(begin, due[k] - length[k])
                finish[k] = start[k] + length[k]
            elif is_splittable:
                if due[k] > begin:
                    begin = max(begin, latest_split(row, opens, closes, k, due[k], length[k]))
                start[k], finish[k], i = split(row, opens, closes, k, begin, length[k], i)
            else:
                begin = max(begin, due[k] - length[k])
                start[k], finish[k], i = whole(row, opens, closes, k, begin, length[k], i)
            begin = start[k]
            if is_held:
                begin = _held_until(m.onset, m.resume, events.stoppages, a, k, begin)
            if begin <= start[k]:
                break
        if home >= 0:
            is_late[k] = length[k] > 0 and i > home_slot
            m.miss[home, k] |= is_late[k]


@njit(cache=True, nogil=True)
def _held_until(
    onset: FloatArray, resume: FloatArray, stoppages: Lists, a: int, k: int, start: float
) -> float:
    """Return until when stoppages hold back a start, or the start itself."""
    until = start
    for e in range(stoppages.ptr[a], stoppages.ptr[a + 1]):
        j = stoppages.of[e]
        if onset[j, k] <= start < resume[j, k]:
            until = max(until, resume[j, k])
    return until


@njit(cache=True, nogil=True)
def _mark_critical(m: Room, start: FloatArray, net: Net, lags: Working) -> None:
    """Mark the activities on a chain that drives the finish: each link of it is met without waiting."""
    ptr, of, before, kind, lag = net.links.ptr, net.links.of, net.before, net.kind, net.lag
    ready, finish, flags, ends, strata = m.ready, m.finish, m.is_critical, m.ends, m.strata
    for a in range(len(finish)):
        for k in range(BLOCK):
            flags[a, k] = finish[a, k] == ends[k]
    for position in range(len(net.order) - 1, -1, -1):
        a = net.order[position]
        if not flags[a].any():
            continue
        for e in range(ptr[a], ptr[a + 1]):
            link = of[e]
            p, c, more = before[link], net.lag_calendar[link], lag[link]
            times = start[p] if kind[link] in (SS, SF) else finish[p]
            if c >= 0:
                _lagged(strata, times, calendar_of(lags, c), more)
                times, more = strata, 0.0
            # a link drives when its time is the ready time, or the finish where it asks for one
            held = finish[a] if kind[link] in (FF, SF) else ready[a]
            _mark(flags[p], flags[a], times, more, held)


@njit(cache=True, nogil=True)
def _times(out: FloatArray, factor: FloatArray) -> None:
    for k in range(BLOCK):
        out[k] *= factor[k]


@njit(cache=True, nogil=True)
def _draw_lengths(m: Room, figures: Figures, events: Events, is_plain: bool, seed: int, block: int) -> None:
    """Draw the working time of every activity: its own times the drivers' factors."""
    ptr, of = events.of_duration.ptr, events.of_duration.of
    for a in range(len(m.length)):
        _draw_figure(
            m.length[a], m, figures.duration, figures.loadings, figures, a, is_plain, seed, block, DURATION
        )
        for e in range(ptr[a], ptr[a + 1]):
            _times(m.length[a], m.stretch[of[e]])


@njit(cache=True, nogil=True)
def _add_money(
    m: Room,
    start: FloatArray,
    figures: Figures,
    events: Events,
    is_plain: bool,
    seed: int,
    block: int,
) -> None:
    """Work out the money of every activity: its own times the drivers' factors, and what its time costs."""
    ptr, of = events.of_cost.ptr, events.of_cost.of
    for a in range(len(m.money)):
        money, rate = m.money[a], figures.cost_per_period[a]
        money[:] = 0.0
        if figures.has_cost:
            _draw_figure(
                money, m, figures.cost, figures.cost_loadings, figures, a, is_plain, seed, block, COST
            )
            for e in range(ptr[a], ptr[a + 1]):
                _times(money, m.dearer[of[e]])
        for k in range(BLOCK):
            money[k] += rate * (m.finish[a, k] - start[a, k])
        _add(m.total, m.total, money)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _sum_up(m: Room, groups: Groups, centre: Centre, out: Output, block: int, count: int) -> None:
    """Add up what a block says of each activity and window; only the first `count` draws are asked for."""
    for a in range(len(m.finish)):
        critical, d1, d2, dt = 0, 0.0, 0.0, 0.0
        mean, length, is_critical = centre.duration[a], m.length[a], m.is_critical[a]
        for k in range(count):
            critical += is_critical[k]
        for k in range(count):
            d, t = length[k] - mean, m.ends[k] - centre.finish
            d1 += d
            d2 += d * d
            dt += d * t
        sums = out.sums[block, a]
        sums[0], sums[1], sums[2], sums[3] = critical, d1, d2, dt
        home = groups.home[a]
        if home >= 0:
            for k in range(count):
                if m.is_late[a, k]:
                    sums[4] += 1
                    sums[5] += m.ends[k] - centre.finish
                    sums[6] += m.finish[a, k]
    for w in range(len(m.miss)):
        row = out.window[block, w]
        for k in range(count):
            if m.miss[w, k]:
                t = m.ends[k] - centre.finish
                row[0] += 1
                row[1] += t
                row[2] += t * t
                row[3] += m.total[k] - centre.cost
                out.missed[block * BLOCK + k] += 1


@njit(cache=True, nogil=True)
def _store(m: Room, groups: Groups, out: Output, begin: int, count: int) -> None:
    """Write the draws of a block to their place."""
    for k in range(count):
        out.finish[begin + k] = m.ends[k]
        out.cost[begin + k] = m.total[k]
    for a in range(len(m.finish)):
        for e in range(groups.of.ptr[a], groups.of.ptr[a + 1]):
            g = groups.of.of[e]
            for k in range(count):
                out.group_finish[g, begin + k] = max(out.group_finish[g, begin + k], m.finish[a, k])
                out.group_cost[g, begin + k] += m.money[a, k]
        if out.activity_finish.shape[1]:
            for k in range(count):
                out.activity_finish[a, begin + k] = m.finish[a, k]
                out.activity_cost[a, begin + k] = m.money[a, k]


@njit(cache=True, nogil=True)
def run_blocks(
    net: Net,
    figures: Figures,
    events: Events,
    work: Working,
    lags: Working,
    seasons: Windows,
    open_: Intervals,
    groups: Groups,
    centre: Centre,
    m: Room,
    out: Output,
    first: int,
    last: int,
    seed: int,
    is_plain: bool,
    is_weather: bool,
) -> None:
    """Simulate the blocks from `first` to before `last`."""
    n = len(out.finish)
    has_money = figures.has_cost or figures.overhead != 0 or (figures.cost_per_period != 0).any()
    horizon = float(work.before.shape[1] - 1)
    for block in range(first, last):
        _draw_events(m, events, is_plain, seed, block)
        for f in range(len(m.factors)):
            interpolate(m.factors[f], figures.normal, 0.0, 1.0)
        m.ends[:] = 0.0
        m.total[:] = 0.0
        m.miss[:] = False
        _draw_lengths(m, figures, events, is_plain, seed, block)
        if net.is_simple:
            _pass_simple(m.ready, m.finish, m.length, m.ends, net)
        else:
            draw_intervals(open_, seasons, horizon, is_weather, is_plain, seed, block)
            _pass(m, net, events, work, lags, open_, groups)
        if has_money:
            _add_money(m, m.ready if net.is_simple else m.start, figures, events, is_plain, seed, block)
        for k in range(BLOCK):
            m.total[k] += figures.overhead * m.ends[k]
        _mark_critical(m, m.ready if net.is_simple else m.start, net, lags)
        count = min(BLOCK, n - block * BLOCK)
        _sum_up(m, groups, centre, out, block, count)
        _store(m, groups, out, block * BLOCK, count)
