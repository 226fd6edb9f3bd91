"""A project made ready for the compiled engine: links by activity, packed resources, work-time tables; and its mirror."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sarhad.schedule.calendar import WorkTime, mirrored, work_time
from sarhad.schedule.money import Money, money_of, most_payable
from sarhad.schedule.money import mirrored as mirrored_money
from sarhad.schedule.project import BoolArray, FloatArray, IntArray, Project
from sarhad.schedule.result import SequenceSpec

WORD = 62  # bits of a word that hold resources
MAKESPAN, LATENESS, CHANGE = 0, 1, 2


class Frame(NamedTuple):
    """What the search does not change, seen forwards or, mirrored, backwards.

    Parameters
    ----------
    first, before, is_from_end, is_to_end, lag, lag_calendar
        Links that end in each activity: where they begin, shape (A + 1,); the other activity, whether the link
        leaves its end and reaches this one's end, the lag and the calendar of the lag, shape (L,).
    first_mode, usable
        Modes that could ever be carried out of each activity: where they begin, shape (A + 1,), and which.
    duration, consumption, packed, holds
        Of each mode: working periods; stock used up; its demand in the fields of words; is there any demand.
    guard
        The highest bit of each field, shape (W,): it falls when a subtraction goes below zero.
    free
        Capacity in each period less what has begun already takes, packed, guards set, shape (T, W).
    calendar
        Of each mode, -1 works always, shape (M,).
    is_splittable, work
        As in the project, with tables up to T.
    release
        First period allowed, shape (A,).
    fixed_start, fixed_end
        Of activities that have begun, -1 of the others, shape (A,).
    stock
        Shape (N,).
    money
        Receipts, and what the modes ask of them.
    is_plain
        No calendars, no receipts, links only from ends to starts, resources in one word: a faster pass will do.
    """

    first: IntArray
    before: IntArray
    is_from_end: BoolArray
    is_to_end: BoolArray
    lag: IntArray
    lag_calendar: IntArray
    first_mode: IntArray
    usable: IntArray
    duration: IntArray
    consumption: IntArray
    packed: IntArray
    holds: BoolArray
    guard: IntArray
    free: IntArray
    calendar: IntArray
    is_splittable: BoolArray
    work: WorkTime
    release: IntArray
    fixed_start: IntArray
    fixed_end: IntArray
    stock: IntArray
    money: Money
    is_plain: bool


class Goal(NamedTuple):
    """The objective: kind, weight and due date or announced start of each activity, deadline, price of a breach.

    `due` and `deadline` are -1 where there is none, shape (A,).
    """

    kind: int
    weight: FloatArray
    due: IntArray
    deadline: IntArray
    breach: float


class Started(NamedTuple):
    """Activities that have begun: their starts, ends and modes, -1 for the others, shape (A,)."""

    start: IntArray
    end: IntArray
    mode: IntArray


def usable_modes(project: Project) -> BoolArray:
    """Return which modes never need more than there is at once of a single resource or stock, shape (M,)."""
    fits = (project.demand <= most_capacity(project)).all(axis=1)
    return np.asarray(fits & (project.consumption <= most_payable(project)).all(axis=1), dtype=np.bool_)


def allowed_modes(project: Project, spec: SequenceSpec) -> BoolArray:
    """Return which modes may be taken, shape (M,): usable ones, and of an activity bound to a mode that one alone."""
    allowed = usable_modes(project)
    for number, name in enumerate(project.activity_ids):
        if name in spec.modes:
            own = np.flatnonzero(project.mode_activity == number)
            allowed[np.delete(own, spec.modes[name] - 1)] = False
    return allowed


def most_capacity(project: Project) -> IntArray:
    """Return the largest capacity of each renewable resource at any time, shape (R,)."""
    if project.capacity_by_period is None or not project.capacity_by_period.shape[1]:
        return project.capacity
    most: IntArray = np.maximum(project.capacity, project.capacity_by_period.max(axis=1))
    return most


def capacity_until(project: Project, horizon: int) -> IntArray:
    """Return the renewable capacity of each period, shape (T, R)."""
    found = np.tile(project.capacity, (horizon, 1))
    if project.capacity_by_period is not None:
        known = min(horizon, project.capacity_by_period.shape[1])
        found[:known] = project.capacity_by_period[:, :known].T
    return found


def n_periods(project: Project, spec: SequenceSpec) -> int:
    """Return a number of periods within which every activity can be carried out, one after another."""
    longest = np.zeros(project.n_activities, dtype=np.int64)
    np.maximum.at(longest, project.mode_activity, project.duration)
    changing = 0 if project.capacity_by_period is None else project.capacity_by_period.shape[1]
    given = [project.calendars.shape[1], changing, spec.now, *spec.started.values(), *spec.announced.values()]
    given += [int(project.release.max(initial=0))]
    given += [] if project.receipts is None else [int(project.receipts.opens.max(initial=0))]
    return int(max(given) + longest.sum() + np.maximum(project.lag, 0).sum() + longest.max(initial=0) + 1)


def started_of(project: Project, spec: SequenceSpec, modes: IntArray, work: WorkTime) -> Started:
    """Return starts, ends and modes of what has begun; `modes` holds the mode of each activity."""
    n = project.n_activities
    start, end, mode = (np.full(n, -1, dtype=np.int64) for _ in range(3))
    for number, name in enumerate(project.activity_ids):
        if name not in spec.started:
            continue
        begin, chosen = spec.started[name], modes[number]
        calendar = project.calendar_of_mode[chosen]
        start[number], mode[number], duration = begin, chosen, int(project.duration[chosen])
        end[number] = begin + duration
        if calendar >= 0 and project.is_splittable[number] and duration:
            last = work.worked[calendar, begin] + duration - 1
            end[number] = work.place[calendar, last] + 1
    return Started(start, end, mode)


def busy(project: Project, begun: Started, work: WorkTime, horizon: int) -> IntArray:
    """Return what the activities that have begun take of each resource, shape (T, R)."""
    taken = np.zeros((horizon, project.capacity.size), dtype=np.int64)
    for number in np.flatnonzero(begun.start >= 0):
        span = np.arange(begun.start[number], begun.end[number])
        calendar = project.calendar_of_mode[begun.mode[number]]
        if calendar >= 0 and project.is_splittable[number]:
            span = span[np.diff(work.worked[calendar])[span] > 0]
        taken[span] += project.demand[begun.mode[number]]
    return taken


def frame_of(project: Project, spec: SequenceSpec, begun: Started, work: WorkTime) -> Frame:
    """Return the project as the compiled engine reads it."""
    horizon = work.worked.shape[1] - 1
    n = project.n_activities
    kept = (
        np.flatnonzero(begun.start[project.link_after] < 0)
        if len(project.lag)
        else np.zeros(0, dtype=np.int64)
    )
    kept = kept[np.argsort(project.link_after[kept], kind="stable")]
    kinds = np.array([project.link_type[link] for link in kept], dtype="U2")
    capacity = capacity_until(project, horizon)
    left = np.maximum(capacity - busy(project, begun, work, horizon), 0)
    bits = int(most_capacity(project).max(initial=1)).bit_length() + 1
    guard = _pack(np.full((1, capacity.shape[1]), 1 << (bits - 1), dtype=np.int64), bits)[0]
    usable = np.flatnonzero(allowed_modes(project, spec))
    packable = np.where(usable_modes(project)[:, None], project.demand, 0)
    release = np.maximum(project.release, spec.now)
    return Frame(
        first=_first(project.link_after[kept], n),
        before=project.link_before[kept],
        is_from_end=np.char.startswith(kinds, "F"),
        is_to_end=np.char.endswith(kinds, "F"),
        lag=project.lag[kept],
        lag_calendar=project.lag_calendar[kept],
        first_mode=_first(project.mode_activity[usable], n),
        usable=usable,
        duration=project.duration,
        consumption=project.consumption,
        packed=_pack(packable, bits),
        holds=np.asarray(project.demand.any(axis=1), dtype=np.bool_),
        guard=guard,
        free=_pack(left, bits) | guard,
        calendar=project.calendar_of_mode,
        is_splittable=project.is_splittable,
        work=work,
        release=release,
        fixed_start=begun.start,
        fixed_end=begun.end,
        stock=project.stock,
        money=money_of(project, horizon, begun),
        is_plain=_is_plain(project, kept, len(guard)),
    )


def mirror(frame: Frame) -> Frame:
    """Return the frame with time running backwards from T: ends become starts, links turn round.

    Releases are those of the pass that uses it and stay as they are here.
    """
    horizon, n = frame.free.shape[0], len(frame.release)
    after = np.repeat(np.arange(n), np.diff(frame.first))
    loose = frame.fixed_start[frame.before] < 0
    order = np.flatnonzero(loose)
    order = order[np.argsort(frame.before[order], kind="stable")]
    has_begun = frame.fixed_start >= 0
    return frame._replace(
        first=_first(frame.before[order], n),
        before=after[order],
        is_from_end=~frame.is_to_end[order],
        is_to_end=~frame.is_from_end[order],
        lag=frame.lag[order],
        lag_calendar=frame.lag_calendar[order],
        free=np.ascontiguousarray(frame.free[::-1]),
        work=mirrored(frame.work),
        money=mirrored_money(frame.money),
        fixed_start=np.where(has_begun, horizon - frame.fixed_end, -1),
        fixed_end=np.where(has_begun, horizon - frame.fixed_start, -1),
    )


def work_of(project: Project, spec: SequenceSpec) -> WorkTime:
    """Return the work-time tables for all periods that a schedule can need."""
    return work_time(project.calendars, n_periods(project, spec))


def _is_plain(project: Project, links: IntArray, n_words: int) -> bool:
    works_always = (project.calendar_of_mode < 0).all() and (project.lag_calendar[links] < 0).all()
    is_rich = project.receipts is None or not project.receipts.pays.any()
    return (
        n_words == 1
        and bool(works_always)
        and is_rich
        and all(project.link_type[link] == "FS" for link in links)
    )


def _first(owner: IntArray, n: int) -> IntArray:
    found = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(owner, minlength=n), out=found[1:])
    return found


def _pack(amounts: IntArray, bits: int) -> IntArray:
    """Return amounts of resources, shape (., R), as fields of `bits` bits in words, shape (., W)."""
    a_word = max(1, WORD // bits)
    n_words = max(1, -(-amounts.shape[1] // a_word))
    packed = np.zeros((amounts.shape[0], n_words), dtype=np.int64)
    for resource in range(amounts.shape[1]):
        packed[:, resource // a_word] |= amounts[:, resource] << (bits * (resource % a_word))
    return packed
