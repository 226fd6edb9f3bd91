"""Verify a schedule from the project alone: period by period, sharing no code with what makes schedules."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from sarhad.schedule.project import BoolArray, IntArray, Project
from sarhad.schedule.result import SequenceSpec


def breaches(
    project: Project, starts: IntArray, modes: IntArray, spec: SequenceSpec | None = None
) -> list[str]:
    """Return every rule that a schedule breaks, in words; none for a schedule that can be carried out.

    Parameters
    ----------
    starts, modes
        First period and mode (index into the project's modes) of each activity, shape (A,).
    spec
        What has begun is a fact: links that end in it, its calendar, release, deadline and its mere presence in a
        period are not judged, but its start and mode are.
    """
    return _Check(project, starts, modes, spec or SequenceSpec()).all()


def ends_of(project: Project, starts: IntArray, modes: IntArray) -> IntArray:
    """Return the period after the last of each activity, shape (A,)."""
    return _Check(project, starts, modes, SequenceSpec()).ends


def value_of(project: Project, starts: IntArray, modes: IntArray, spec: SequenceSpec) -> float:
    """Return the objective of a schedule."""
    ends = ends_of(project, starts, modes)
    if spec.objective == "makespan":
        return float(max(ends.tolist(), default=0))
    number = {name: k for k, name in enumerate(project.activity_ids)}
    total = 0.0
    if spec.objective == "lateness":
        for name, due in spec.due.items():
            total += spec.weight.get(name, 1.0) * max(0, int(ends[number[name]]) - due)
    else:
        for name, announced in spec.announced.items():
            total += spec.weight.get(name, 1.0) * abs(int(starts[number[name]]) - announced)
    return total


class _Check:
    def __init__(self, project: Project, starts: IntArray, modes: IntArray, spec: SequenceSpec) -> None:
        self.project, self.spec = project, spec
        self.starts, self.modes = starts, modes
        self.has_begun = [name in spec.started for name in project.activity_ids]
        self.periods = [self._periods(activity) for activity in range(project.n_activities)]
        ends = [
            worked[-1] + 1 if worked else int(starts[activity])
            for activity, worked in enumerate(self.periods)
        ]
        self.ends = np.array(ends, dtype=np.int64)

    def all(self) -> list[str]:
        """Return what is broken."""
        return [*self._own(), *self._links(), *self._capacities(), *self._stocks()]

    def _works(self, calendar: int, period: int) -> bool:
        table: BoolArray = self.project.calendars
        return calendar < 0 or period >= table.shape[1] or bool(table[calendar, period])

    def _work_between(self, calendar: int, one: int, two: int) -> int:
        """Return the work time of a calendar from one moment to another, negative where that is earlier."""
        if two < one:
            return -self._work_between(calendar, two, one)
        if calendar < 0:
            return two - one
        known = self.project.calendars[calendar, one:two]
        return int(known.sum()) + two - one - known.size

    def _periods(self, activity: int) -> list[int]:
        """Return the periods in which an activity works."""
        period, left = int(self.starts[activity]), int(self.project.duration[self.modes[activity]])
        calendar = int(self.project.calendar[activity])
        if not self.project.is_splittable[activity] or calendar < 0:
            return list(range(period, period + left))
        worked = []
        while left:
            if self._works(calendar, period):
                worked.append(period)
                left -= 1
            period += 1
        return worked

    def _own(self) -> list[str]:
        found = []
        for activity, name in enumerate(self.project.activity_ids):
            start, end = int(self.starts[activity]), int(self.ends[activity])
            if self.project.mode_activity[self.modes[activity]] != activity:
                found.append(f"{name}: mode {self.modes[activity]} is another activity's")
            if self._is_other_mode(activity):
                found.append(f"{name}: is not in mode {self.spec.modes.get(name, 1)}")
            if self.has_begun[activity]:
                if start != self.spec.started[name]:
                    found.append(f"{name}: began in {self.spec.started[name]}, not {start}")
                continue
            soonest = max(int(self.project.release[activity]), self.spec.now)
            if start < soonest:
                found.append(f"{name}: starts in {start}, before {soonest}")
            deadline = int(self.project.deadline[activity])
            if 0 <= deadline < end:
                found.append(f"{name}: ends at {end}, after its deadline {deadline}")
            calendar = int(self.project.calendar[activity])
            idle = [period for period in self.periods[activity] if not self._works(calendar, period)]
            idle += [start] if self.periods[activity] and not self._works(calendar, start) else []
            if idle:
                found.append(f"{name}: works in period {idle[0]}, when its calendar does not")
        return found

    def _is_other_mode(self, activity: int) -> bool:
        """Return whether a mode is not the one that is asked for; what has begun is in its first unless said."""
        name = self.project.activity_ids[activity]
        if name not in self.spec.modes and not self.has_begun[activity]:
            return False
        own = np.flatnonzero(self.project.mode_activity == activity)
        return bool(self.modes[activity] != own[self.spec.modes.get(name, 1) - 1])

    def _links(self) -> list[str]:
        found = []
        project = self.project
        for link, kind in enumerate(project.link_type):
            before, after = int(project.link_before[link]), int(project.link_after[link])
            if self.has_begun[after]:
                continue
            one = int((self.ends if kind[0] == "F" else self.starts)[before])
            two = int((self.ends if kind[1] == "F" else self.starts)[after])
            lag, calendar = int(project.lag[link]), int(project.lag_calendar[link])
            elapsed = self._work_between(calendar, one, two)
            if elapsed < lag or (lag >= 0 and two < one):
                names = f"{project.activity_ids[before]} {kind}{lag:+d} {project.activity_ids[after]}"
                found.append(f"{names}: {one} and {two} are {elapsed} apart")
        return found

    def _capacities(self) -> list[str]:
        project = self.project
        used: dict[int, IntArray] = defaultdict(lambda: np.zeros(project.capacity.size, dtype=np.int64))
        facts: dict[int, IntArray] = defaultdict(lambda: np.zeros(project.capacity.size, dtype=np.int64))
        for activity, worked in enumerate(self.periods):
            for period in worked:
                (facts if self.has_begun[activity] else used)[period] += project.demand[self.modes[activity]]
        found = []
        for period in sorted(used):
            capacity = project.capacity
            table = project.capacity_by_period
            if table is not None and period < table.shape[1]:
                capacity = table[:, period]
            room = np.maximum(capacity - facts[period], 0) if period in facts else capacity
            for resource in np.flatnonzero(used[period] > room):
                need = f"{used[period][resource]} needed, {room[resource]} there"
                found.append(f"{project.resource_ids[resource]} in period {period}: {need}")
        return found

    def _stocks(self) -> list[str]:
        used = self.project.consumption[self.modes].sum(axis=0)
        return [
            f"{name}: {used[k]} used, {self.project.stock[k]} there"
            for k, name in enumerate(self.project.stock_ids)
            if used[k] > self.project.stock[k]
        ]
