"""A project and its baseline as the kernel reads them: order, links with the resource order, windows of the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sarhad.errors import DataError
from sarhad.schedule.project import BoolArray, FloatArray, IntArray, Project
from sarhad.schedule.risk.flows import Flow
from sarhad.schedule.risk.memory import Lists, Net
from sarhad.schedule.risk.seasons import Windows
from sarhad.schedule.risk.working import Working, calendar_of, split, whole, working

KINDS = {"FS": 0, "SS": 1, "FF": 2, "SF": 3}


class Links(NamedTuple):
    """Links as arrays, shape (L,); kind is an index into FS, SS, FF, SF."""

    before: IntArray
    after: IntArray
    kind: IntArray
    lag: FloatArray
    lag_calendar: IntArray


@dataclass(frozen=True)
class Baseline:
    """A schedule whose resource order every draw keeps.

    Parameters
    ----------
    modes
        Chosen mode of each activity, index into the M modes of the project, shape (A,).
    starts
        First period of each activity, shape (A,).

    Notes
    -----
    A `ScheduleResult` gives both: ``Baseline(result.modes, result.starts)``.
    """

    modes: IntArray
    starts: IntArray


def finishes(project: Project, baseline: Baseline, work: Working) -> FloatArray:
    """Return when each activity of the baseline ends, by the project's calendars, shape (A,)."""
    always = (np.zeros((1, 1)), np.full((1, 1), np.inf), 0)
    out = (baseline.starts + project.duration[baseline.modes]).astype(np.float64)
    for a in np.flatnonzero((project.calendar >= 0) & (project.duration[baseline.modes] > 0)).tolist():
        place = split if project.is_splittable[a] else whole
        length = float(project.duration[baseline.modes[a]])
        out[a] = place(calendar_of(work, project.calendar[a]), *always, float(baseline.starts[a]), length, 0)[
            1
        ]
    return out


def lists(count: int, keys: IntArray, values: IntArray) -> Lists:
    """Return the values of each key 0..count-1, in the order given."""
    order = np.argsort(keys, kind="stable")
    ptr = np.searchsorted(keys[order], np.arange(count + 1)).astype(np.int64)
    return Lists(ptr, values[order].astype(np.int64))


def links_of(project: Project, baseline: Baseline, flow: Flow) -> tuple[Links, int]:
    """Return the project's links and those of the baseline's resource order, and how many leads it overrules.

    A link that lets its second end come before its first (a lead, or start-to-finish) may point against the resource
    order; where the two would wait for each other in the draws, the resource order stands and the link is left out.
    """
    known = _kept(project)
    ended = [pair for pair in flow.ended.tolist() if tuple(pair) not in known]
    new = np.array(ended + flow.pausing.tolist(), dtype=np.int64).reshape(-1, 2)
    kinds = [*project.link_type, *["FS"] * len(ended), *["SS"] * len(flow.pausing)]
    before = np.concatenate([project.link_before, new[:, 0]])
    after = np.concatenate([project.link_after, new[:, 1]])
    kind = np.array([KINDS[name] for name in kinds], dtype=np.int64)
    lag = np.append(project.lag, np.zeros(len(new), dtype=np.int64)).astype(np.float64)
    calendar = np.append(project.lag_calendar, np.full(len(new), -1))
    stuck = set(range(project.n_activities)) - set(_in_order(project.n_activities, before, after))
    is_stuck = np.array(
        [p in stuck and s in stuck for p, s in zip(before, after, strict=True)], dtype=np.bool_
    )
    is_lead = ((lag < 0) | (kind == KINDS["SF"])) & (baseline.starts[after] <= baseline.starts[before])
    kept = ~(is_stuck & is_lead) if len(new) else np.ones(len(before), dtype=np.bool_)
    links = Links(before[kept], after[kept], kind[kept], lag[kept], calendar[kept])
    return links, int((~kept).sum())


def net(project: Project, links: Links, *, has_stoppages: bool) -> Net:
    """Return the network with these links."""
    before, after, kind, lag, lag_calendar = links
    has_calendars = (project.calendar >= 0).any() or (lag_calendar >= 0).any()
    return Net(
        order(project.activity_ids, before, after),
        lists(project.n_activities, after, np.arange(len(after))),
        before,
        kind,
        lag,
        lag_calendar,
        project.release.astype(np.float64),
        project.calendar,
        project.is_splittable,
        not (has_calendars or (kind > 1).any() or has_stoppages),
    )


def require_baseline(project: Project, baseline: Baseline) -> None:
    """Raise an error if a baseline is not a schedule of the project.

    Raises
    ------
    DataError
        If it has another length, starts before period 0, or a mode is not one of its activity.
    """
    n = project.n_activities
    if len(baseline.modes) != n or len(baseline.starts) != n:
        sizes = f"{len(baseline.modes)} modes and {len(baseline.starts)} starts for {n} activities"
        text = f"baseline: {sizes}. Give a schedule of this project; an infeasible one has none."
        raise DataError(text, table="schedule")
    wrong = (baseline.starts < 0) | (baseline.modes < 0) | (baseline.modes >= len(project.mode_activity))
    own = project.mode_activity[np.where(wrong, 0, baseline.modes)] if n else baseline.modes
    bad = np.flatnonzero(wrong | (own != np.arange(n)))
    if len(bad):
        names = [project.activity_ids[a] for a in bad]
        shown = ", ".join(names[:5])
        text = (
            f"baseline: {len(bad)} of {n} activities start before period 0 or in a mode of another: {shown}."
        )
        raise DataError(f"{text} Give a schedule of this project.", table="schedule", ids=names)


def limits_left_out(project: Project, flow: Flow, leads: int) -> list[str]:
    """Return what the frozen resource order cannot promise in the draws."""
    found = []
    if leads:
        found.append(
            f"{leads} links with a lead point against the resource order, which stands: draws leave them out."
        )
    if len(flow.pausing):
        found.append(
            f"{len(flow.pausing)} pairs of activities use one resource in each other's pauses: their order of starts is kept, "
            "but in a draw both may work at once. Split such activities to keep the capacity."
        )
    if project.capacity_by_period is not None:
        found.append(
            "capacity changes over time: draws keep the order of the schedule, not the capacity of each period."
        )
    return found


def _kept(project: Project) -> set[tuple[int, int]]:
    """Return the pairs that already follow each other without overlap."""
    rows = zip(
        project.link_before.tolist(), project.link_after.tolist(), project.link_type, project.lag, strict=True
    )
    return {(before, after) for before, after, kind, lag in rows if kind == "FS" and lag >= 0}


def order(ids: tuple[str, ...], before: IntArray, after: IntArray) -> IntArray:
    """Return the activities in an order in which every link points forward.

    Raises
    ------
    DataError
        If links form a cycle; it is named in full.
    """
    n = len(ids)
    out = _in_order(n, before, after)
    if len(out) < n:
        names = [ids[a] for a in _cycle(n, before, after, set(range(n)) - set(out))]
        text = f"precedence: {len(names)} activities wait for each other: {' -> '.join([*names, names[0]])}."
        raise DataError(f"{text} Take one of these links out.", table="precedence", ids=names)
    return np.array(out, dtype=np.int64)


def _in_order(n: int, before: IntArray, after: IntArray) -> list[int]:
    """Return the activities, predecessors first, without those that wait for each other."""
    followers = lists(n, before, after)
    waiting = np.bincount(after, minlength=n)
    out: list[int] = np.flatnonzero(waiting == 0).tolist()
    for a in out:
        for s in followers.of[followers.ptr[a] : followers.ptr[a + 1]].tolist():
            waiting[s] -= 1
            if waiting[s] == 0:
                out.append(s)
    return out


def _cycle(n: int, before: IntArray, after: IntArray, left: set[int]) -> list[int]:
    """Return one cycle among the activities that cannot be ordered."""
    givers = lists(n, after, before)
    path, seen = [min(left)], dict[int, int]()
    while path[-1] not in seen:
        seen[path[-1]] = len(path) - 1
        a = path[-1]
        path.append(next(p for p in givers.of[givers.ptr[a] : givers.ptr[a + 1]].tolist() if p in left))
    return path[seen[path[-1]] : -1][::-1]


def home_windows(project: Project, windows: Windows, ends: FloatArray) -> IntArray:
    """Return the window in which each activity of the baseline ends, -1 where no season closes it, shape (A,)."""
    home = np.full(project.n_activities, -1, dtype=np.int64)
    for a in np.flatnonzero(project.calendar >= 0).tolist():
        c = project.calendar[a]
        for w in range(windows.first[c], windows.first[c + 1]):
            if windows.opens[w] < ends[a] <= windows.closes[w] and np.isfinite(windows.closes[w]):
                home[a] = w
    return home


def last_slots(project: Project, windows: Windows, home: IntArray) -> IntArray:
    """Return the last interval of each activity's window among those of its calendar, -1 where it has none."""
    first = windows.first[np.maximum(project.calendar, 0)]
    return np.where(home < 0, -1, (home - first + 1) * (1 + windows.closures) - 1)


def require_room(project: Project, modes: IntArray) -> None:
    """Raise one error that names every calendar without working time and every activity that fits nowhere.

    Raises
    ------
    DataError
        If a used calendar never works, or an activity that must not pause is longer than any run of its calendar.
    """
    ids = []
    used = [int(c) for c in np.unique(project.calendar) if c >= 0]
    longest = {c: _longest_run(project.calendars[c]) for c in used}
    faults = [f"calendar {c}: has no working period. Give it some." for c in used if longest[c] == 0]
    for a in range(project.n_activities):
        c, length = int(project.calendar[a]), int(project.duration[modes[a]])
        if c >= 0 and not project.is_splittable[a] and longest[c] and length > longest[c]:
            ids.append(project.activity_ids[a])
            faults.append(
                f"activity {project.activity_ids[a]}: needs {length} periods without a pause, calendar {c} works at most "
                f"{longest[c]:g} in a row. Let it pause, shorten it, or give it another calendar."
            )
    if faults:
        raise DataError("\n".join(faults), table="activity", column="calendar", ids=ids)


def _longest_run(row: BoolArray) -> float:
    """Return the longest run of working periods; one that reaches the end goes on for ever."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]]))).reshape(-1, 2)
    if len(edges) and edges[-1, 1] == len(row):
        return np.inf
    return float((edges[:, 1] - edges[:, 0]).max(initial=0))


def prefix_sums(calendars: BoolArray) -> Working:
    """Return prefix sums; a project without calendars gets one that always works."""
    return working(calendars if len(calendars) else np.ones((1, 1), dtype=np.bool_))
