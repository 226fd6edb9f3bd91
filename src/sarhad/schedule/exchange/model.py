"""A schedule as the tools of the field exchange it: tasks with dates, links, calendars, resources."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from sarhad.errors import DataError
from sarhad.schedule.exchange.calendars import WorkCalendar, working_days
from sarhad.schedule.project import LinkType, Project, assemble
from sarhad.schedule.result import SequenceSpec

CONSTRAINTS = ("ASAP", "ALAP", "MSO", "MFO", "SNET", "SNLT", "FNET", "FNLT")  # the field's names
HARD = ("MSO", "MFO", "SNLT", "FNLT")
LINK_TYPES: tuple[LinkType, ...] = ("FS", "SS", "FF", "SF")
SPARE_DAYS = 3653  # that the grid of days is longer than all work one after the other: ten years
PARTS = 100  # in which the units of a resource are counted


@dataclass(frozen=True)
class Task:
    """An activity or milestone; summary rows are not tasks.

    Parameters
    ----------
    uid, name, wbs
        Id in the file, name, place in the work breakdown structure.
    duration_days
        Working days; 0 for milestones.
    calendar
        Uid of its calendar, "" for the project's.
    start, finish, baseline_start, baseline_finish, actual_start, actual_finish
        Dates (a finish is the last day of work), None where there is none.
    percent_complete
        0..100.
    constraint, constraint_date
        One of `CONSTRAINTS`, and its date.
    deadline
        Date by which it should be finished.
    total_float_days
        As the file states it.
    cost
        In the currency of the project.
    """

    uid: str
    name: str
    wbs: str = ""
    duration_days: float = 0.0
    calendar: str = ""
    start: date | None = None
    finish: date | None = None
    baseline_start: date | None = None
    baseline_finish: date | None = None
    actual_start: date | None = None
    actual_finish: date | None = None
    percent_complete: float = 0.0
    constraint: str = "ASAP"
    constraint_date: date | None = None
    deadline: date | None = None
    total_float_days: float | None = None
    cost: float = 0.0

    @property
    def is_milestone(self) -> bool:
        """Tell whether the task takes no time."""
        return self.duration_days == 0


@dataclass(frozen=True)
class Link:
    """A precedence link; the lag is in working days of the later task's calendar, or in elapsed days."""

    before: str
    after: str
    type: LinkType = "FS"
    lag_days: float = 0.0
    is_elapsed: bool = False


@dataclass(frozen=True)
class Resource:
    """A resource and how many units of it there are (1 is one person or machine full time)."""

    uid: str
    name: str
    units: float = 1.0
    is_work: bool = True


@dataclass(frozen=True)
class Assignment:
    """Units of a resource that a task holds while it works."""

    task: str
    resource: str
    units: float = 1.0


@dataclass(frozen=True)
class Exchanged:
    """A schedule from or for another tool.

    Parameters
    ----------
    name, begin, currency
        Title, first day of the project, currency of the costs.
    status
        Date up to which progress is recorded, None where the file does not say.
    calendar
        Uid of the project's calendar.
    calendars, tasks, links, resources, assignments
        Its parts.
    """

    name: str
    begin: date
    tasks: tuple[Task, ...]
    links: tuple[Link, ...] = ()
    calendars: tuple[WorkCalendar, ...] = ()
    resources: tuple[Resource, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    calendar: str = ""
    currency: str = ""
    status: date | None = None


def require_sound(schedule: Exchanged, where: str) -> None:
    """Raise one error that names every fault between the parts of a schedule.

    Raises
    ------
    DataError
        With file, row and remedy of each fault.
    """
    faults = [f"{where}: {fault}" for fault in _faults(schedule)]
    if faults:
        raise DataError("\n".join(faults), table="activity")


def _faults(schedule: Exchanged) -> Iterator[str]:
    if not schedule.tasks:
        yield "holds no task. Export the tasks of the project too."
    uids = [task.uid for task in schedule.tasks]
    for uid in sorted(uid for uid, n in Counter(uids).items() if n > 1):
        yield f"task {uid}: the id is used more than once. Give every task an id of its own."
    for task in schedule.tasks:
        yield from _task_faults(task, {c.uid for c in schedule.calendars} | {""})
    yield from _end_faults(schedule, set(uids))
    for calendar in schedule.calendars:
        if not any(calendar.week) and not any(calendar.exceptions.values()):
            yield f"calendar {calendar.uid} ({calendar.name}): has no working time. Give it working days."


def _task_faults(task: Task, calendars: set[str]) -> Iterator[str]:
    where = f"task {task.uid} ({task.name})"
    if math.isnan(task.duration_days):
        yield f"{where}: has no duration. Give working time, 0 for a milestone."
    elif not 0 <= task.duration_days < math.inf:
        yield f"{where}: duration {task.duration_days:g} days. Give 0 or more."
    if task.calendar not in calendars:
        yield f"{where}: calendar {task.calendar} does not exist. Export the calendars too."
    if task.constraint not in ("ASAP", "ALAP") and task.constraint_date is None:
        yield f"{where}: constraint {task.constraint} without a date. Give its date."


def _end_faults(schedule: Exchanged, known: set[str]) -> Iterator[str]:
    """Yield links and assignments whose ends do not exist."""
    for link in schedule.links:
        for end in sorted({link.before, link.after} - known):
            yield f"link {link.before} -> {link.after}: task {end} does not exist. Export it too, or drop the link."
        if link.before == link.after:
            yield f"link {link.before} -> {link.after}: a task cannot wait for itself. Drop the link."
    resources = {r.uid for r in schedule.resources}
    for a in schedule.assignments:
        if a.task not in known or a.resource not in resources:
            yield f"assignment of resource {a.resource} to task {a.task}: one of them does not exist. Export both."


def as_project(schedule: Exchanged) -> Project:
    """Return the project in days from its begin: whole days, links and lags by calendar, dates as limits.

    Notes
    -----
    Durations and lags are rounded to whole working days, up for durations that are not whole. Start constraints
    become releases, finish constraints and deadlines become deadlines; MSO and MFO become both. A
    finished task lasts from its actual start to its actual finish. Work resources limit; material and cost resources do not.
    """
    tasks = schedule.tasks
    index = {task.uid: k for k, task in enumerate(tasks)}
    n_days = SPARE_DAYS + int(2 * sum(math.ceil(t.duration_days) for t in tasks))
    place = {calendar.uid: k for k, calendar in enumerate(schedule.calendars)}
    own = [place.get(task.calendar or schedule.calendar, -1) for task in tasks]
    limited = [r for r in schedule.resources if r.is_work]
    column = {r.uid: k for k, r in enumerate(limited)}
    demand = np.zeros((len(tasks), len(limited)), dtype=np.int64)
    for a in schedule.assignments:
        if a.resource in column:
            demand[index[a.task], column[a.resource]] += math.ceil(a.units * PARTS - 1e-9)
    limits = [_limits(task, schedule.begin) for task in tasks]
    days = [math.ceil(task.duration_days - 1e-9) for task in tasks]
    for k, task in enumerate(tasks):
        if task.actual_start is not None and task.actual_finish is not None:
            days[k] = _worked(schedule, own[k], task.actual_start, task.actual_finish)
    links = [(index[k.before], index[k.after], k.type, round(k.lag_days)) for k in schedule.links]
    calendars = [working_days(c, schedule.begin, n_days) for c in schedule.calendars]
    return assemble(
        [task.uid for task in tasks],
        [[(n, demand[k].tolist() if n else [0] * len(limited), [])] for k, n in enumerate(days)],
        links,
        capacity=[math.ceil(r.units * PARTS - 1e-9) for r in limited],
        calendars=np.array(calendars, dtype=np.bool_).reshape(len(calendars), n_days),
        calendar=own,
        lag_calendar=[-1 if k.is_elapsed else own[index[k.after]] for k in schedule.links],
        is_splittable=[True] * len(tasks),
        release=[limit[0] for limit in limits],
        deadline=[limit[1] for limit in limits],
        resource_ids=[r.name or r.uid for r in limited],
    )


def _worked(schedule: Exchanged, calendar: int, first: date, last: date) -> int:
    """Return the working days from the first to the last."""
    n_days = (last - first).days + 1
    if calendar < 0 or n_days <= 0:
        return max(n_days, 0)
    return int(working_days(schedule.calendars[calendar], first, n_days).sum())


def progress_of(schedule: Exchanged) -> SequenceSpec:
    """Return what has begun, and the day before which nothing else can."""
    begun = {
        t.uid: (t.actual_start - schedule.begin).days for t in schedule.tasks if t.actual_start is not None
    }
    now = 0 if schedule.status is None else max((schedule.status - schedule.begin).days, 0)
    return SequenceSpec(now=now, started={uid: day for uid, day in begun.items() if day >= 0})


def _limits(task: Task, begin: date) -> tuple[int, int]:
    """Return the first day of start, and the day by which it ends (-1: none), counted from the begin."""
    releases, deadlines = [0], []
    when = None if task.constraint_date is None else (task.constraint_date - begin).days
    last = max(math.ceil(task.duration_days) - 1, 0)
    if when is not None:
        if task.constraint in ("MSO", "SNET"):
            releases.append(when)
        if task.constraint in ("MFO", "FNET"):
            releases.append(when - last)
        if task.constraint in ("MFO", "FNLT"):
            deadlines.append(when + 1)
        if task.constraint in ("MSO", "SNLT"):
            deadlines.append(when + last + 1)
    if task.deadline is not None:
        deadlines.append((task.deadline - begin).days + 1)
    return max(releases), min(deadlines, default=-1)
