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
from sarhad.schedule.risk.working import Working, later, latest_split, split, whole

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
    """Groups of each activity, and the activity's window in the baseline (-1 none)."""

    of: Lists
    home: IntArray


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
def _link_time(m: Room, net: Net, work: Working, link: int, k: int) -> float:
    """Return the earliest start, or finish, that a link asks for in a draw."""
    kind, p = net.kind[link], net.before[link]
    t = m.start[p, k] if kind in (SS, SF) else m.finish[p, k]
    if net.lag_calendar[link] < 0:
        return t + net.lag[link]
    return later(work, net.lag_calendar[link], t, net.lag[link])


@njit(cache=True, nogil=True)
def _forward_simple(m: Room, net: Net, a: int) -> None:
    """Start an activity when its links allow."""
    ready, finish, length = m.ready[a], m.finish[a], m.length[a]
    ready[:] = net.release[a]
    for e in range(net.links.ptr[a], net.links.ptr[a + 1]):
        link = net.links.of[e]
        lag = net.lag[link]
        before = m.finish[net.before[link]] if net.kind[link] == FS else m.ready[net.before[link]]
        for k in range(BLOCK):
            t = before[k] + lag
            ready[k] = max(t, ready[k])
    for k in range(BLOCK):
        finish[k] = ready[k] + length[k]


@njit(cache=True, nogil=True)
def _forward(
    m: Room, net: Net, events: Events, work: Working, lags: Working, open_: Intervals, a: int, home: int
) -> None:
    """Start an activity when links, calendar, season and stoppages allow; note who misses the baseline's window."""
    c = net.calendar[a]
    for k in range(BLOCK):
        ready, end = net.release[a], 0.0
        for e in range(net.links.ptr[a], net.links.ptr[a + 1]):
            link = net.links.of[e]
            t = _link_time(m, net, lags, link, k)
            if net.kind[link] in (FF, SF):
                end = max(end, t)
            else:
                ready = max(ready, t)
        length = m.length[a, k]
        m.ready[a, k] = ready
        begin = ready
        while True:
            window = -1
            if c < 0 or length == 0:
                start = max(begin, end - length)
                finish = start + length
            else:
                opens, closes = open_.opens[c, k], open_.closes[c, k]
                if net.is_splittable[a]:
                    if end > begin:
                        begin = max(begin, latest_split(work, c, opens, closes, end, length))
                    start, finish, i = split(work, c, opens, closes, begin, length)
                else:
                    start, finish, i = whole(work, c, opens, closes, max(begin, end - length), length)
                finish = max(finish, end)
                window = open_.window[c, k, i]
            again = _held_until(m, events, a, k, start)
            if again <= start:
                break
            begin = again
        m.start[a, k], m.finish[a, k] = start, finish
        m.is_late[a, k] = home >= 0 and length > 0 and (window > home or window < 0)
        if m.is_late[a, k]:
            m.miss[home, k] = True


@njit(cache=True, nogil=True)
def _held_until(m: Room, events: Events, a: int, k: int, start: float) -> float:
    """Return until when stoppages hold back a start, or the start itself."""
    until = start
    for e in range(events.stoppages.ptr[a], events.stoppages.ptr[a + 1]):
        j = events.stoppages.of[e]
        if m.onset[j, k] <= start < m.resume[j, k]:
            until = max(until, m.resume[j, k])
    return until


@njit(cache=True, nogil=True)
def _mark_critical(m: Room, net: Net, lags: Working) -> None:
    """Mark the activities on a chain that drives the finish: each link of it is met without waiting."""
    for a in range(len(net.order)):
        for k in range(BLOCK):
            m.is_critical[a, k] = m.finish[a, k] == m.ends[k]
    for position in range(len(net.order) - 1, -1, -1):
        a = net.order[position]
        count = 0
        for k in range(BLOCK):
            count += m.is_critical[a, k]
        if count == 0:
            continue
        for e in range(net.links.ptr[a], net.links.ptr[a + 1]):
            link = net.links.of[e]
            p = net.before[link]
            if net.is_simple:
                lag = net.lag[link]
                before = m.finish[p] if net.kind[link] == FS else m.ready[p]
                for k in range(BLOCK):
                    m.is_critical[p, k] |= m.is_critical[a, k] & (before[k] + lag == m.ready[a, k])
                continue
            for k in range(BLOCK):
                if m.is_critical[a, k] and _drives(m, net, lags, link, a, k):
                    m.is_critical[p, k] = True


@njit(cache=True, nogil=True)
def _drives(m: Room, net: Net, lags: Working, link: int, a: int, k: int) -> bool:
    """Say whether a link holds its activity: its time is the ready time, or the finish where it asks for one."""
    t = _link_time(m, net, lags, link, k)
    if net.kind[link] in (FF, SF):
        return t >= m.finish[a, k]
    return t == m.ready[a, k]


@njit(cache=True, nogil=True)
def _add_money(
    m: Room, net: Net, figures: Figures, events: Events, a: int, is_plain: bool, seed: int, block: int
) -> None:
    """Work out the money of an activity: its own times the drivers' factors, and what its time costs."""
    money = m.money[a]
    if figures.has_cost:
        _draw_figure(money, m, figures.cost, figures.cost_loadings, figures, a, is_plain, seed, block, COST)
        for e in range(events.of_cost.ptr[a], events.of_cost.ptr[a + 1]):
            factor = m.dearer[events.of_cost.of[e]]
            for k in range(BLOCK):
                money[k] *= factor[k]
    else:
        money[:] = 0.0
    rate = figures.cost_per_period[a]
    start = m.ready[a] if net.is_simple else m.start[a]
    if rate != 0:
        for k in range(BLOCK):
            money[k] += rate * (m.finish[a, k] - start[k])
    for k in range(BLOCK):
        m.total[k] += money[k]


@njit(cache=True, nogil=True)
def _sum_up(m: Room, groups: Groups, centre: Centre, out: Output, block: int, count: int) -> None:
    """Add up what a block says of each activity and window; only the first `count` draws are asked for."""
    for a in range(len(m.finish)):
        critical, d1, d2, dt = 0, 0.0, 0.0, 0.0
        mean = centre.duration[a]
        for k in range(count):
            d, t = m.length[a, k] - mean, m.ends[k] - centre.finish
            critical += m.is_critical[a, k]
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
        if not net.is_simple:
            draw_intervals(open_, seasons, horizon, is_weather, is_plain, seed, block)
        m.ends[:] = 0.0
        m.total[:] = 0.0
        m.miss[:] = False
        for a in net.order:
            length = m.length[a]
            _draw_figure(
                length, m, figures.duration, figures.loadings, figures, a, is_plain, seed, block, DURATION
            )
            for e in range(events.of_duration.ptr[a], events.of_duration.ptr[a + 1]):
                factor = m.stretch[events.of_duration.of[e]]
                for k in range(BLOCK):
                    length[k] *= factor[k]
            if net.is_simple:
                _forward_simple(m, net, a)
            else:
                _forward(m, net, events, work, lags, open_, a, groups.home[a])
            for k in range(BLOCK):
                m.ends[k] = max(m.finish[a, k], m.ends[k])
            if has_money:
                _add_money(m, net, figures, events, a, is_plain, seed, block)
        for k in range(BLOCK):
            m.total[k] += figures.overhead * m.ends[k]
        _mark_critical(m, net, lags)
        count = min(BLOCK, n - block * BLOCK)
        _sum_up(m, groups, centre, out, block, count)
        _store(m, groups, out, block * BLOCK, count)
