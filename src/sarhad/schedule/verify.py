"""Verify a schedule from the project alone: period by period, sharing no code with what makes schedules."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

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
        return [*self._own(), *self._links(), *self._capacities(), *self._stocks(), *self._receipts()]

    def _works(self, calendar: int, period: int) -> bool:
        table: BoolArray = self.project.calendars
        return calendar < 0 or period >= table.shape[1] or bool(table[calendar, period])

    def _calendar(self, activity: int) -> int:
        """Return the calendar of an activity: that of its mode where modes have their own."""
        own = self.project.mode_calendar
        return int(self.project.calendar[activity] if own is None else own[self.modes[activity]])

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
        calendar = self._calendar(activity)
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
            calendar = self._calendar(activity)
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

    def _receipts(self) -> list[str]:
        """Return the first period by which the receipts cannot meet all payments beside those that have been made."""
        if self.project.receipts is None:
            return []
        facts, others = self._payments(has_begun=True), self._payments(has_begun=False)
        spent = self._met(facts)

        def lacking(last: int) -> int:
            wanted = {key: amount for key, amount in others.items() if key[1] <= last}
            asked = {key: facts.get(key, 0) + wanted.get(key, 0) for key in {*facts, *wanted}}
            return spent + sum(wanted.values()) - self._met(asked)

        moments = sorted({period for _, period in others})
        if not moments or not lacking(moments[-1]):
            return []
        first = next(period for period in moments if lacking(period))
        names = sorted({self.project.stock_ids[stock] for stock, period in others if period == first})
        return [f"{', '.join(names)} in period {first}: {lacking(first)} too little has come in or is left"]

    def _payments(self, *, has_begun: bool) -> dict[tuple[int, int], int]:
        """Return what is asked of each stock in each period, of those stocks that receipts pay for."""
        project, found = self.project, dict[tuple[int, int], int]()
        assert project.receipts is not None
        for activity, worked in enumerate(self.periods):
            if self.has_begun[activity] != has_begun:
                continue
            is_late = project.is_paid_at_end is not None and bool(project.is_paid_at_end[activity])
            period = worked[-1] if worked and is_late else int(self.starts[activity])
            for stock, amount in enumerate(project.consumption[self.modes[activity]].tolist()):
                if amount and project.receipts.pays[:, stock].any():
                    found[stock, period] = found.get((stock, period), 0) + amount
        return found

    def _met(self, asked: dict[tuple[int, int], int]) -> int:
        """Return how much of what is asked the receipts can pay: a largest flow, path by path."""
        receipts = self.project.receipts
        assert receipts is not None
        wanted: dict[tuple[int, ...], int] = {}  # by the receipts that may pay
        for (stock, period), amount in asked.items():
            is_open = (receipts.opens <= period) & ((receipts.closes < 0) | (period < receipts.closes))
            payers = tuple(np.flatnonzero(is_open & receipts.pays[:, stock]).tolist())
            wanted[payers] = wanted.get(payers, 0) + amount
        left = receipts.amount.tolist()
        given: dict[tuple[tuple[int, ...], int], int] = {}
        for payers, amount in wanted.items():
            short = amount
            while short and (path := _path(payers, left, given)):
                moved = min([short, left[path[-1][1]], *(given[key] for key in _taken_back(path))])
                left[path[-1][1]] -= moved
                for key in path:
                    given[key] = given.get(key, 0) + moved
                for key in _taken_back(path):
                    given[key] -= moved
                short -= moved
            wanted[payers] = amount - short
        return sum(wanted.values())


Payment = tuple[tuple[int, ...], int]  # the receipts that may pay, and the one that does


def _path(payers: tuple[int, ...], left: list[int], given: dict[Payment, int]) -> list[Payment]:
    """Return payments that lead, each taking over from the next, to a receipt with money left; none where none do."""
    ways: dict[tuple[int, ...], list[Payment]] = {payers: []}
    queue, seen = [payers], set[int]()
    for group in queue:
        for receipt in group:
            if receipt in seen:
                continue
            seen.add(receipt)
            way = [*ways[group], (group, receipt)]
            if left[receipt]:
                return way
            for other, by in sorted(given):
                if by == receipt and given[other, by] and other not in ways:
                    ways[other] = way
                    queue.append(other)
    return []


def _taken_back(path: list[Payment]) -> list[Payment]:
    """Return the payments that a path takes back: each receipt's for the next group on the path."""
    return [(after[0], before[1]) for before, after in pairwise(path)]
