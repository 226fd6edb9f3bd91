"""Compiled: the serial schedule generation scheme and forward-backward justification.

Inner functions take arrays, not the tuples that hold them: a tuple of thirty arrays costs more to hand on than an
activity to place.

References
----------
Kolisch and Hartmann (1999), Heuristic algorithms for the resource-constrained project scheduling problem.
Valls, Ballestín and Quintanilla (2005), Justification and RCPSP: a technique that pays. EJOR 165, 375-386.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sarhad.schedule.calendar import end_of, shift
from sarhad.schedule.fitting import fit, fit_paid, hold
from sarhad.schedule.frame import CHANGE, LATENESS, Frame
from sarhad.schedule.money import Ledger, ledger_of
from sarhad.schedule.project import IntArray


class Room(NamedTuple):
    """Working room of one pass.

    Parameters
    ----------
    free
        As in the frame, less what is placed, shape (T, W).
    span
        Rows of `free` in use: first, and one after the last, shape (2,).
    left
        Stock that the modes leave over, negative where they use too much, and last, as a debt, what no receipt can pay,
        shape (N + 1,).
    stack, counts
        Shapes (A + 1,) and (2 T + 4,).
    release
        First period allowed in this pass, shape (A,).
    start, end
        The pass's times, -1 for what is not placed yet, shape (A,).
    ledger
        What is paid out of receipts.
    """

    free: IntArray
    span: IntArray
    left: IntArray
    stack: IntArray
    counts: IntArray
    release: IntArray
    start: IntArray
    end: IntArray
    ledger: Ledger


def room_of(frame: Frame) -> Room:
    """Return working room for a frame."""
    n, horizon = len(frame.release), frame.free.shape[0]
    ints = np.int64
    return Room(
        frame.free.copy(), np.zeros(2, ints), np.zeros(len(frame.stock) + 1, ints), np.zeros(n + 1, ints),
        np.zeros(2 * horizon + 4, ints), frame.release.copy(), np.zeros(n, ints), np.zeros(n, ints),
        ledger_of(frame.money),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _unplaced(first, before, start, activity):  # type: ignore[no-untyped-def]
    """Return a predecessor that is not placed yet, -1 where all are."""
    for link in range(first[activity], first[activity + 1]):
        if start[before[link]] < 0:
            return before[link]
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _slot(free, need, guard, time, duration):  # type: ignore[no-untyped-def]
    """Return the first start from `time` on where one word's need fits for `duration` periods; -1 beyond T."""
    known = time  # up to time + duration, everything from here on fits
    while time + duration <= len(free):
        last = time + duration - 1
        while last >= known and ((free[last, 0] - need) & guard) == guard:
            last -= 1
        if last < known:
            return time
        known = time + duration
        time = last + 1
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _place_plain(  # type: ignore[no-untyped-def]
    first, before, lag, duration, packed, guard, free, release, order, mode, start, end, stack, span
):
    """Place activities without calendars that only ends of others hold back, with few resources."""
    for chosen in order:
        stack[0], depth = chosen, 1
        while depth > 0 and start[chosen] < 0:
            activity = stack[depth - 1]
            missing = _unplaced(first, before, start, activity)
            if missing >= 0:
                stack[depth] = missing
                depth += 1
                continue
            depth -= 1
            time, length = release[activity], duration[mode[activity]]
            for link in range(first[activity], first[activity + 1]):
                time = max(time, end[before[link]] + lag[link])
            need = packed[mode[activity], 0]
            if length > 0:
                time = _slot(free, need, guard, time, length)
            if time < 0:
                return False
            for period in range(time, time + length):
                free[period, 0] -= need
            start[activity], end[activity] = time, time + length
            span[0], span[1] = min(span[0], time), max(span[1], time + length)
    return True


@njit(cache=True, nogil=True)
def _may_change(consumption, left, old, new):  # type: ignore[no-untyped-def]
    """Return whether the stock allows another mode, or at least is not short of more than before."""
    for k in range(consumption.shape[1]):
        if left[k] + consumption[old, k] - consumption[new, k] < min(np.int64(0), left[k]):
            return False
    return True


@njit(cache=True, nogil=True)
def _held_back(work, links, low, high, start, end):  # type: ignore[no-untyped-def]
    """Return the moments before which the activity of some links must not start and must not end."""
    before, is_from_end, is_to_end, lag, lag_calendar = links
    time, end_time = np.int64(0), np.int64(0)
    for link in range(low, high):
        moment = end[before[link]] if is_from_end[link] else start[before[link]]
        moment = shift(work, lag_calendar[link], moment, lag[link])
        if is_to_end[link]:
            end_time = max(end_time, moment)
        else:
            time = max(time, moment)
    return time, end_time


@njit(cache=True, nogil=True)
def _settle(frame, room, activity, mode, is_choosing):  # type: ignore[no-untyped-def]
    """Give an activity whose predecessors are placed its times; return whether there was room."""
    work, free, guard, packed, duration = frame.work, room.free, frame.guard, frame.packed, frame.duration
    calendar, splits = frame.calendar, frame.is_splittable[activity]
    links = (frame.before, frame.is_from_end, frame.is_to_end, frame.lag, frame.lag_calendar)
    low, high = frame.first[activity], frame.first[activity + 1]
    time, end_time = _held_back(work, links, low, high, room.start, room.end)
    time = max(time, room.release[activity])
    old, asks = mode[activity], frame.money.asks[0]
    chosen = old
    if asks[old]:
        start = fit_paid(frame, room, activity, old, time, end_time, not is_choosing)
    else:
        start = fit(work, calendar[old], splits, duration[old], free, packed[old], guard, time, end_time)
    end = end_of(work, calendar[old], start, duration[old]) if start >= 0 else start
    if is_choosing:
        consumption, left = frame.consumption, room.left
        for at in range(frame.first_mode[activity], frame.first_mode[activity + 1]):
            new = frame.usable[at]
            if new == old or not _may_change(consumption, left, old, new):
                continue
            if asks[new]:
                begin = fit_paid(frame, room, activity, new, time, end_time, False)
            else:
                begin = fit(
                    work, calendar[new], splits, duration[new], free, packed[new], guard, time, end_time
                )
            ending = end_of(work, calendar[new], begin, duration[new]) if begin >= 0 else begin
            if begin >= 0 and (start < 0 or ending < end):
                start, end, chosen = begin, ending, new
        for k in range(consumption.shape[1]):
            left[k] += consumption[old, k] - consumption[chosen, k]
        mode[activity] = chosen
    if asks[chosen] and (start < 0 or is_choosing):
        start, end = _pay_up(frame, room, activity, chosen, time, end_time)
    if start < 0:
        return False
    room.start[activity], room.end[activity] = start, end
    if frame.holds[chosen]:
        hold(work, calendar[chosen], splits, free, packed[chosen], start, end)
    room.span[0], room.span[1] = min(room.span[0], start), max(room.span[1], end)
    return True


@njit(cache=True, nogil=True)
def _pay_up(frame, room, activity, mode, time, end_time):  # type: ignore[no-untyped-def]
    """Return start and end of an activity once it is paid for; where it never can be, the soonest, and the debt is noted."""
    work, calendar, splits = frame.work, frame.calendar[mode], frame.is_splittable[activity]
    need, duration = frame.packed[mode], frame.duration[mode]
    start = fit_paid(frame, room, activity, mode, time, end_time, True)
    if start < 0:
        room.left[len(frame.stock)] -= frame.money.bill[mode].sum()
        start = fit(work, calendar, splits, duration, room.free, need, frame.guard, time, end_time)
    return start, end_of(work, calendar, start, duration) if start >= 0 else start


@njit(cache=True, nogil=True)
def _clear(frame, room, mode):  # type: ignore[no-untyped-def]
    free, full, span, left = room.free, frame.free, room.span, room.left
    start, end, fixed_start, fixed_end = room.start, room.end, frame.fixed_start, frame.fixed_end
    stock, consumption = frame.stock, frame.consumption
    for time in range(span[0], span[1]):
        for word in range(free.shape[1]):
            free[time, word] = full[time, word]
    span[0], span[1] = len(free), np.int64(0)
    left[len(stock)] = 0
    for k in range(len(stock)):
        left[k] = stock[k]
    for activity in range(len(mode)):
        start[activity], end[activity] = fixed_start[activity], fixed_end[activity]
        for k in range(len(stock)):
            left[k] -= consumption[mode[activity], k]
    room.ledger.paid[0] = frame.money.paid


@njit(cache=True, nogil=True)
def place(frame, room, order, mode, is_choosing):  # type: ignore[no-untyped-def]
    """Place the activities one after another, each as soon as it can; return whether all found room before T.

    Predecessors of an activity that come later in `order` are placed before it. Times are left in the room. With
    `is_choosing` each activity takes the mode that ends first, and `mode` is changed.
    """
    _clear(frame, room, mode)
    if frame.is_plain and not is_choosing:
        return _place_plain(
            frame.first, frame.before, frame.lag, frame.duration, frame.packed, frame.guard[0], room.free,
            room.release, order, mode, room.start, room.end, room.stack, room.span,
        )  # fmt: skip
    first, before, start, stack = frame.first, frame.before, room.start, room.stack
    for chosen in order:
        stack[0], depth = chosen, 1
        while depth > 0 and start[chosen] < 0:
            activity = stack[depth - 1]
            missing = _unplaced(first, before, start, activity)
            if missing >= 0:
                stack[depth] = missing
                depth += 1
            elif _settle(frame, room, activity, mode, is_choosing):
                depth -= 1
            else:
                return False
    return True


@njit(cache=True, nogil=True)
def earliest(frame, room, order, mode):  # type: ignore[no-untyped-def]
    """Leave in the room the earliest start and the earliest end of each activity over all its modes, one by one.

    A longer mode may start earlier than a shorter one, where a link holds back the end. `order` has each activity
    after those it waits for; resources are as in the frame.
    """
    work, free, guard, packed, duration = frame.work, frame.free, frame.guard, frame.packed, frame.duration
    links = (frame.before, frame.is_from_end, frame.is_to_end, frame.lag, frame.lag_calendar)
    room.start[:], room.end[:] = frame.fixed_start, frame.fixed_end
    for activity in order:
        if frame.fixed_start[activity] >= 0:
            continue
        calendar, splits = frame.calendar, frame.is_splittable[activity]
        low, high = frame.first[activity], frame.first[activity + 1]
        time, end_time = _held_back(work, links, low, high, room.start, room.end)
        time = max(time, frame.release[activity])
        first, last = frame.first_mode[activity], frame.first_mode[activity + 1]
        start = end = np.int64(len(free) - 1)
        for at in range(first, max(last, first + 1)):
            one = frame.usable[at] if at < last else mode[activity]
            begin = fit(work, calendar[one], splits, duration[one], free, packed[one], guard, time, end_time)
            if begin >= 0:
                start, end = min(start, begin), min(end, end_of(work, calendar[one], begin, duration[one]))
        room.start[activity], room.end[activity] = start, end


@njit(cache=True, nogil=True)
def sort_by(key, sign, count, order):  # type: ignore[no-untyped-def]
    """Write into `order` the activities by ascending (`sign` 1) or descending (-1) key, ties as they stood."""
    low, high = key[0], key[0]
    for value in key:
        low, high = min(low, value), max(high, value)
    width = high - low + 1
    for k in range(width + 1):
        count[k] = 0
    for value in key:
        count[(value - low if sign > 0 else high - value) + 1] += 1
    for k in range(width):
        count[k + 1] += count[k]
    for activity in range(len(key)):
        k = key[activity] - low if sign > 0 else high - key[activity]
        order[count[k]] = activity
        count[k] += 1


@njit(cache=True, nogil=True)
def price(frame, goal, room):  # type: ignore[no-untyped-def]
    """Return the objective of the schedule in a room, breaches of deadlines, stocks and receipts priced in."""
    kind, weight, due, deadline = goal.kind, goal.weight, goal.due, goal.deadline
    start, end, left, fixed = room.start, room.end, room.left, frame.fixed_start
    total, breach = 0.0, np.int64(0)
    for activity in range(len(start)):
        if kind == LATENESS and due[activity] >= 0:
            total += weight[activity] * max(np.int64(0), end[activity] - due[activity])
        elif kind == CHANGE and due[activity] >= 0:
            total += weight[activity] * abs(start[activity] - due[activity])
        elif kind != LATENESS and kind != CHANGE:
            total = max(total, float(end[activity]))
        if deadline[activity] >= 0 and fixed[activity] < 0:
            breach += max(np.int64(0), end[activity] - deadline[activity])
    for k in range(len(left)):
        breach += max(np.int64(0), -left[k])
    return total + goal.breach * breach


@njit(cache=True, nogil=True)
def _limit(kind, weight, due, deadline, end, horizon, release):  # type: ignore[no-untyped-def]
    """Write the first mirrored start of each activity: as late as its end may become at no cost."""
    finish = np.int64(0)
    for activity in range(len(end)):
        finish = max(finish, end[activity])
    for activity in range(len(end)):
        limit = finish
        if kind == LATENESS and due[activity] >= 0 and weight[activity] > 0:
            limit = max(end[activity], due[activity])
        if deadline[activity] >= end[activity]:
            limit = min(limit, deadline[activity])
        release[activity] = max(np.int64(0), horizon - limit)


@njit(cache=True, nogil=True)
def justify(forth, back, goal, ahead, behind, order, mode, is_choosing):  # type: ignore[no-untyped-def]
    """Push the schedule in `ahead` late, then early again; return whether a schedule resulted.

    Each activity may go as late as costs nothing: to the makespan, or to its due date. With one mode each the
    schedule becomes no worse.
    """
    _limit(goal.kind, goal.weight, goal.due, goal.deadline, ahead.end, forth.free.shape[0], behind.release)
    sort_by(ahead.end, -1, ahead.counts, order)
    if not place(back, behind, order, mode, is_choosing):
        return False
    sort_by(behind.end, -1, ahead.counts, order)
    return place(forth, ahead, order, mode, is_choosing)
