"""Bounds of our own: the critical path with calendars, and the work that a resource must do between heads and tails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sarhad.schedule.calendar import work_time
from sarhad.schedule.frame import CHANGE, LATENESS, Frame, Goal, frame_of, most_capacity, started_of
from sarhad.schedule.kernels import earliest, room_of
from sarhad.schedule.project import IntArray, Project
from sarhad.schedule.result import SequenceSpec


@dataclass(frozen=True)
class Heads:
    """Earliest start and end of each activity, and periods that must follow its end, all without resources."""

    start: IntArray
    end: IntArray
    tail: IntArray


def shortest_modes(project: Project, frame: Frame) -> IntArray:
    """Return the shortest usable mode of each activity, that of what has begun, shape (A,)."""
    n = project.n_activities
    chosen = np.empty(n, dtype=np.int64)
    for activity in range(n):
        own = frame.usable[frame.first_mode[activity] : frame.first_mode[activity + 1]]
        if not own.size:
            own = np.flatnonzero(project.mode_activity == activity)
        chosen[activity] = own[np.argmin(project.duration[own])]
    return chosen


def free_heads(project: Project, n_periods: int) -> tuple[IntArray, IntArray]:
    """Return the earliest start and end of each activity, by links, calendars and releases alone, shape (A,) each.

    Parameters
    ----------
    n_periods
        Enough for the longest chain; what would end later ends there.
    """
    spec, work = SequenceSpec(), work_time(project.calendars, n_periods)
    none = np.full(project.n_activities, -1, dtype=np.int64)
    frame = frame_of(project, spec, started_of(project, spec, none, work), work)
    return _heads(frame, shortest_modes(project, frame))


def heads_of(project: Project, frame: Frame, mode: IntArray) -> Heads:
    """Return heads and tails when resources are without limit; `mode` holds the shortest mode of each activity."""
    return Heads(*_heads(frame, mode), _tails(project, frame, mode))


def _heads(frame: Frame, mode: IntArray) -> tuple[IntArray, IntArray]:
    loose = frame._replace(packed=np.zeros_like(frame.packed))
    room = room_of(loose)
    earliest(loose, room, np.array(_backwards(frame)[::-1], dtype=np.int64), mode)
    return room.start.copy(), room.end.copy()


def _tails(project: Project, frame: Frame, mode: IntArray) -> IntArray:
    """Return elapsed periods that must pass after the end of each activity; calendars only add to them."""
    tail = np.zeros(project.n_activities, dtype=np.int64)
    duration = project.duration[mode]
    for activity in _backwards(frame):
        for link in range(frame.first[activity], frame.first[activity + 1]):
            before, lag = frame.before[link], int(frame.lag[link])
            if lag < 0 and frame.lag_calendar[link] >= 0:
                continue
            ahead = tail[activity] + lag + (0 if frame.is_to_end[link] else duration[activity])
            tail[before] = max(
                tail[before], ahead - (0 if frame.is_from_end[link] else _span(frame, before, duration))
            )
    return tail


def _span(frame: Frame, activity: int, duration: IntArray) -> int:
    """Return the most periods between start and end; unknown where it can pause, then all."""
    own = frame.usable[frame.first_mode[activity] : frame.first_mode[activity + 1]]
    pauses = frame.is_splittable[activity] and (frame.calendar[own] >= 0).any()
    return frame.free.shape[0] if pauses or own.size > 1 else int(duration[activity])


def _backwards(frame: Frame) -> list[int]:
    """Return the activities so that each comes before those it waits for."""
    waiting = np.bincount(frame.before, minlength=len(frame.release))
    ready = np.flatnonzero(waiting == 0).tolist()
    found: list[int] = []
    while ready:
        activity = ready.pop()
        found.append(activity)
        for link in range(frame.first[activity], frame.first[activity + 1]):
            before = int(frame.before[link])
            waiting[before] -= 1
            if waiting[before] == 0:
                ready.append(before)
    return found


def own_bound(project: Project, frame: Frame, goal: Goal, heads: Heads) -> float:
    """Return a value that no schedule is below."""
    late = np.maximum(heads.end - goal.due, 0)
    moved = np.where(
        frame.fixed_start >= 0, np.abs(heads.start - goal.due), np.maximum(heads.start - goal.due, 0)
    )
    has_due = goal.due >= 0
    if goal.kind == LATENESS:
        return float(goal.weight[has_due] @ late[has_due])
    if goal.kind == CHANGE:
        return float(goal.weight[has_due] @ moved[has_due])
    path = int((heads.end + heads.tail).max(initial=0))
    return float(max(path, _energy(project, frame, heads)))


def _energy(project: Project, frame: Frame, heads: Heads) -> int:
    """Return the best bound by work: head + work of all with no smaller head and tail / capacity + tail."""
    best = 0
    loose = np.flatnonzero(frame.fixed_start < 0)
    work = project.demand * project.duration[:, None]
    most = most_capacity(project)
    least = np.full((project.n_activities, most.size), np.iinfo(np.int64).max)
    np.minimum.at(least, project.mode_activity[frame.usable], work[frame.usable])
    for resource in np.flatnonzero(most > 0):
        own = loose[(least[loose, resource] > 0) & (least[loose, resource] < np.iinfo(np.int64).max)]
        order = own[np.argsort(-heads.tail[own], kind="stable")]
        for head in np.unique(heads.start[own]):
            counted = np.where(heads.start[order] >= head, least[order, resource], 0)
            periods = -(-np.cumsum(counted) // most[resource])
            ahead = np.where(counted > 0, head + periods + heads.tail[order], 0)
            best = max(best, int(ahead.max(initial=0)))
    return best
