"""A project and what is asked of it, made ready once for the search, the bounds and the solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sarhad.errors import DataError, SpecError
from sarhad.schedule.bounds import Heads, heads_of, own_bound, shortest_modes
from sarhad.schedule.frame import (
    CHANGE,
    LATENESS,
    MAKESPAN,
    Frame,
    Goal,
    Started,
    frame_of,
    mirror,
    n_periods,
    started_of,
    work_of,
)
from sarhad.schedule.project import IntArray, Project
from sarhad.schedule.result import SequenceSpec

MOST_PERIODS = 5_000_000  # of the tables of work time and capacity
KINDS = {"makespan": MAKESPAN, "lateness": LATENESS, "change": CHANGE}


@dataclass(frozen=True)
class Ready:
    """What every engine works on.

    Parameters
    ----------
    mode
        The mode of each activity to begin with: that of what has begun, the announced one, else the shortest, shape (A,).
    bound
        Our own: no schedule is below it.
    """

    project: Project
    spec: SequenceSpec
    begun: Started
    forth: Frame
    goal: Goal
    heads: Heads
    mode: IntArray
    bound: float

    def back(self) -> Frame:
        """Return the project with time running backwards."""
        return mirror(self.forth)


def make_ready(project: Project, spec: SequenceSpec) -> Ready:
    """Return the project made ready.

    Raises
    ------
    SpecError
        If the spec names what does not exist or holds a value that cannot be.
    DataError
        If durations, lags, calendars and dates make more periods than can be held.
    """
    _refuse(project, spec)
    periods = n_periods(project, spec)
    if periods > MOST_PERIODS:
        raise DataError(
            f"mode.duration: durations, lags, calendars and dates add up to {periods:,} periods, more than "
            f"{MOST_PERIODS:,}. Count in longer periods.",
            table="mode",
            column="duration",
        )
    work = work_of(project, spec)
    begun = started_of(project, spec, _begun_modes(project, spec), work)
    forth = frame_of(project, spec, begun, work)
    goal = _goal(project, spec, forth)
    shortest = np.where(begun.mode >= 0, begun.mode, shortest_modes(project, forth))
    heads = heads_of(project, forth, shortest)
    mode = _first_modes(project, spec, forth, shortest)
    return Ready(project, spec, begun, forth, goal, heads, mode, own_bound(project, forth, goal, heads))


def _begun_modes(project: Project, spec: SequenceSpec) -> IntArray:
    """Return the mode of each activity that the spec names, else its first, shape (A,)."""
    first = np.searchsorted(project.mode_activity, np.arange(project.n_activities))
    return np.array(
        [first[k] + spec.modes.get(name, 1) - 1 for k, name in enumerate(project.activity_ids)],
        dtype=np.int64,
    )


def _first_modes(project: Project, spec: SequenceSpec, frame: Frame, shortest: IntArray) -> IntArray:
    """Return the announced mode of each activity where there is one and it may be taken, else the shortest."""
    first = np.searchsorted(project.mode_activity, np.arange(project.n_activities))
    usable, chosen = set(frame.usable.tolist()), shortest.copy()
    for k, name in enumerate(project.activity_ids):
        announced = int(first[k]) + spec.announced_modes.get(name, 0) - 1
        if name in spec.announced_modes and announced in usable and frame.fixed_start[k] < 0:
            chosen[k] = announced
    return chosen


def _goal(project: Project, spec: SequenceSpec, frame: Frame) -> Goal:
    dates = spec.due if spec.objective == "lateness" else spec.announced if spec.objective == "change" else {}
    weight = np.array([float(spec.weight.get(name, 1.0)) for name in project.activity_ids], dtype=np.float64)
    due = np.array([int(dates.get(name, -1)) for name in project.activity_ids], dtype=np.int64)
    horizon = frame.free.shape[0]
    breach = 1.0 + horizon * (1.0 + float(weight[due >= 0].sum()))
    return Goal(KINDS[spec.objective], weight, due, project.deadline, breach)


def _refuse(project: Project, spec: SequenceSpec) -> None:
    """Refuse a spec that cannot be asked, with every fault."""
    found = []
    if spec.objective not in KINDS:
        found.append(f"objective {spec.objective!r}: there are {', '.join(KINDS)}. Name one of them.")
    if spec.now < 0:
        found.append(f"now {spec.now}: periods are counted from 0.")
    given = {
        "weight": spec.weight, "due": spec.due, "announced": spec.announced, "started": spec.started,
        "modes": spec.modes, "announced_modes": spec.announced_modes,
    }  # fmt: skip
    known = set(project.activity_ids)
    for name, values in given.items():
        strange = [key for key in values if key not in known]
        if strange:
            found.append(
                f"{name}: {len(strange)} activities do not exist: {', '.join(strange[:5])}. Correct the ids."
            )
        wrong = [f"{key} ({value})" for key, value in values.items() if not (0 <= value < float("inf"))]
        if wrong:
            found.append(f"{name}: {len(wrong)} values are negative or not finite: {', '.join(wrong[:5])}.")
    found += _strange_modes(project, spec)
    if spec.objective == "lateness" and not spec.due:
        found.append("due: lateness needs the due date of at least one activity. Give some.")
    if spec.objective == "change" and not spec.announced:
        found.append("announced: change needs the start of at least one activity. Give some.")
    if found:
        raise SpecError("\n".join(found))


def _strange_modes(project: Project, spec: SequenceSpec) -> list[str]:
    number = {name: k for k, name in enumerate(project.activity_ids)}
    counts = np.bincount(project.mode_activity, minlength=project.n_activities)
    found = []
    for what, given in (("modes", spec.modes), ("announced_modes", spec.announced_modes)):
        wrong = [
            f"{name} ({mode} of {counts[number[name]]})"
            for name, mode in given.items()
            if name in number and not 1 <= mode <= counts[number[name]]
        ]
        if wrong:
            found.append(f"{what}: {len(wrong)} do not exist: {', '.join(wrong[:5])}. Count them from 1.")
    return found
