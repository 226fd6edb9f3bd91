"""Compiled simulation of blocks of draws: forward through the network, back along what drives it, sums.

Draws lie side by side in the innermost axis, so that the plain parts run on vector registers.
"""

from __future__ import annotations

from numba import njit

from sarhad.schedule.project import BoolArray, FloatArray
from sarhad.schedule.risk.distributions import BLOCK
from sarhad.schedule.risk.memory import Centre, Events, Figures, Groups, Lists, Net, Output, Room
from sarhad.schedule.risk.sampling import NEVER, add, add_money, draw_events, draw_lengths
from sarhad.schedule.risk.seasons import Intervals, Windows, draw_intervals
from sarhad.schedule.risk.working import Calendar, Working, calendar_of, later, latest_split, split, whole

FS, SS, FF, SF = range(4)


@njit(cache=True, nogil=True)
def _raise_to(into: FloatArray, times: FloatArray, lag: float) -> None:
    """Raise each value to at least its time plus a lag."""
    for k in range(BLOCK):
        t = times[k] + lag
        into[k] = t if t > into[k] else into[k]  # noqa: FURB136 - one instruction, which max() is not


@njit(cache=True, nogil=True)
def _mark(
    into: BoolArray,
    flags: BoolArray,
    times: FloatArray,
    lag: float,
    held: FloatArray,
    is_due: BoolArray,
    asks_end: bool,
) -> None:
    """Mark where a flag stands and a time plus a lag is what set the start: the ready time, or the end asked for."""
    for k in range(BLOCK):
        into[k] |= flags[k] & (times[k] + lag == held[k]) & (is_due[k] == asks_end)


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
        add(finish[a], ready[a], length[a])
        _raise_to(ends, finish[a], 0.0)


@njit(cache=True, nogil=True)
def _pass(
    m: Room, net: Net, events: Events, work: Working, lags: Working, open_: Intervals, groups: Groups
) -> None:
    """Start every activity when links, calendar, season and stoppages allow; note who misses the baseline's window."""
    ptr, of, before, kind, lag = net.links.ptr, net.links.of, net.before, net.kind, net.lag
    ready, start, finish, strata = m.ready, m.start, m.finish, m.strata
    for a in net.order:
        ready[a, :] = net.release[a]
        due, is_due = _due_of(m, a)
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
                is_due[k] = t > ready[a, k]
                start[a, k] = t if is_due[k] else ready[a, k]
            add(finish[a], start[a], m.length[a])
        _raise_to(finish[a], due, 0.0)
        _raise_to(m.ends, finish[a], 0.0)


@njit(cache=True, nogil=True)
def _due_of(m: Room, a: int) -> tuple[FloatArray, BoolArray]:
    """Return the moment before which an activity must not end, and whether that sets its start."""
    row = min(a, len(m.due) - 1)  # one row for all where no link asks for a finish
    return m.due[row], m.is_due[row]


@njit(cache=True, nogil=True)
def _place(
    m: Room, net: Net, events: Events, work: Working, open_: Intervals, a: int, home: int, home_slot: int
) -> None:
    """Start an activity when its calendar, the season and stoppages allow."""
    ready, start, finish, length = m.ready[a], m.start[a], m.finish[a], m.length[a]
    is_late = m.is_late[a]
    due, is_due = _due_of(m, a)
    c = net.calendar[a]
    row, opens, closes = calendar_of(work, max(c, 0)), open_.opens[max(c, 0)], open_.closes[max(c, 0)]
    is_held = events.stoppages.ptr[a + 1] > events.stoppages.ptr[a]
    is_splittable = net.is_splittable[a]
    i = 0
    for k in range(BLOCK):
        begin = ready[k]
        if due[k] > begin:  # the latest start with which the work is not done before it is due
            if c >= 0 and is_splittable and length[k] > 0:
                begin = max(begin, latest_split(row, opens, closes, k, due[k], length[k]))
            else:
                begin = max(begin, due[k] - length[k])
        is_due[k] = begin > ready[k]
        while True:
            if c < 0 or length[k] == 0:
                start[k], finish[k] = begin, begin + length[k]
            elif is_splittable:
                start[k], finish[k], i = split(row, opens, closes, k, begin, length[k], i)
            else:
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
        due, is_due = _due_of(m, a)
        for e in range(ptr[a], ptr[a + 1]):
            link = of[e]
            p, c, more = before[link], net.lag_calendar[link], lag[link]
            times = start[p] if kind[link] in (SS, SF) else finish[p]
            if c >= 0:
                _lagged(strata, times, calendar_of(lags, c), more)
                times, more = strata, 0.0
            asks_end = kind[link] in (FF, SF)
            _mark(flags[p], flags[a], times, more, due if asks_end else ready[a], is_due, asks_end)


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
        draw_events(m, events, figures, is_plain, seed, block)
        m.ends[:] = 0.0
        m.total[:] = 0.0
        m.miss[:] = False
        draw_lengths(m, figures, events, is_plain, seed, block)
        if net.is_simple:
            _pass_simple(m.ready, m.finish, m.length, m.ends, net)
        else:
            draw_intervals(open_, seasons, horizon, is_weather, is_plain, seed, block)
            _pass(m, net, events, work, lags, open_, groups)
        if has_money:
            add_money(m, m.ready if net.is_simple else m.start, figures, events, is_plain, seed, block)
        for k in range(BLOCK):
            m.total[k] += figures.overhead * m.ends[k]
        _mark_critical(m, m.ready if net.is_simple else m.start, net, lags)
        count = min(BLOCK, n - block * BLOCK)
        _sum_up(m, groups, centre, out, block, count)
        _store(m, groups, out, block * BLOCK, count)
