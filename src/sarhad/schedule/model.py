"""The project as a CP-SAT model: starts, modes, links, resources and calendars, exactly as `Project` says."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from sarhad.schedule.frame import CHANGE, LATENESS, busy, capacity_until, most_capacity
from sarhad.schedule.payments import add_payments
from sarhad.schedule.project import IntArray
from sarhad.schedule.ready import Ready

MOST_CELLS = 3_000_000  # of the tables that say where a pausing activity works; above, capacity is relaxed
FINEST = 2**24  # whole numbers that stand for the largest weight


@dataclass
class Model:
    """A model with its variables.

    Parameters
    ----------
    start, end
        Variable or number of each activity.
    is_taken
        Literal or 1 of each usable mode, by its number.
    objective
        What is made least, in units of `unit`.
    is_relaxed
        Some capacity is left out, for its tables would be too large: bounds hold, schedules may not.
    limits
        Literals that stand for deadlines and stocks, with their words, where it was asked which of them conflict.
    """

    model: cp_model.CpModel
    start: list[Any]
    end: list[Any]
    is_taken: dict[int, Any]
    objective: Any = 0
    unit: float = 1.0
    is_relaxed: bool = False
    limits: dict[int, str] = field(default_factory=dict)


class Builder:
    """Builds the model of one project within a horizon.

    Parameters
    ----------
    most
        The largest makespan allowed, or the last period of the tables.
    asks_limits
        Deadlines and stocks get a literal each, assumed true, so that those that conflict can be named.
    """

    def __init__(self, ready: Ready, most: int, *, asks_limits: bool = False) -> None:
        self.project, self.frame, self.goal, self.heads = ready.project, ready.forth, ready.goal, ready.heads
        self.ready, self.begun, self.most = ready, ready.begun, most
        self.asks_limits = asks_limits
        self.model = cp_model.CpModel()
        self.work_starts: dict[tuple[int, int], Any] = {}
        self.began: dict[tuple[int, int], Any] = {}
        self.worked: dict[tuple[int, int], Any] = {}
        n = ready.project.n_activities
        self.built = Model(self.model, [0] * n, [0] * n, {})
        self.cells = 0

    def build(self) -> Model:
        """Return the model."""
        for activity in range(self.project.n_activities):
            self._activity(activity)
        self._links()
        for resource in range(self.project.capacity.size):
            self._capacity(resource)
        self._stocks()
        add_payments(
            self.ready, self.model, (self.built.start, self.built.end), self.built.is_taken,
            self._receipts if self.asks_limits else None,
        )  # fmt: skip
        self._objective()
        return self.built

    def _modes(self, activity: int) -> list[int]:
        frame = self.frame
        return [int(m) for m in frame.usable[frame.first_mode[activity] : frame.first_mode[activity + 1]]]

    def _activity(self, activity: int) -> None:
        frame, model, built = self.frame, self.model, self.built
        if frame.fixed_start[activity] >= 0:
            built.start[activity], built.end[activity] = (
                int(frame.fixed_start[activity]),
                int(frame.fixed_end[activity]),
            )
            return
        low, high = int(self.heads.start[activity]), self.most - int(self.heads.tail[activity])
        start = model.new_int_var(low, max(low, high), "")
        modes = self._modes(activity)
        for mode in modes:
            built.is_taken[mode] = model.new_bool_var("") if len(modes) > 1 else 1
        if len(modes) > 1:
            model.add_exactly_one([built.is_taken[mode] for mode in modes])
        built.start[activity] = start
        if len(modes) == 1 and not self._pauses(modes[0]):
            built.end[activity] = start + int(frame.duration[modes[0]])
        else:
            built.end[activity] = model.new_int_var(int(self.heads.end[activity]), max(low, high), "")
        for mode in modes:
            self._mode(activity, mode)
        self._deadline(activity)

    def _deadline(self, activity: int) -> None:
        deadline = int(self.goal.deadline[activity])
        self.model.add(self.built.end[activity] <= self.most - int(self.heads.tail[activity]))
        if deadline >= 0:
            kept = self.model.add(self.built.end[activity] <= deadline)
            if self.asks_limits:
                text = f"the deadline {deadline} of {self.project.activity_ids[activity]}"
                kept.only_enforce_if(self._limit(text))

    def _limit(self, text: str) -> Any:
        literal = self.model.new_bool_var("")
        self.built.limits[literal.index] = text
        self.model.add_assumption(literal)
        return literal

    def _receipts(self, stock: int) -> Any:
        return self._limit(f"the receipts of {self.project.stock_ids[stock]}")

    def _pauses(self, mode: int) -> bool:
        """Return whether a mode may pause."""
        frame, activity = self.frame, self.project.mode_activity[mode]
        return bool(frame.calendar[mode] >= 0 and frame.is_splittable[activity] and frame.duration[mode] > 0)

    def _mode(self, activity: int, mode: int) -> None:
        """Tie start and end by the duration and the calendar of a mode."""
        model, built, duration = self.model, self.built, int(self.frame.duration[mode])
        taken, start, end = built.is_taken[mode], built.start[activity], built.end[activity]
        calendar = int(self.frame.calendar[mode])
        if self._pauses(mode):
            began, ended = self._paused(activity, mode)
            rules = [model.add(start == began), model.add(end == ended)]
        else:
            rules = [model.add(end == start + duration)] if not isinstance(taken, int) else []
            if calendar >= 0 and duration:
                domain = self._whole_starts(calendar, duration)
                rules.append(model.add_linear_expression_in_domain(start, domain))
        if not isinstance(taken, int):
            for rule in rules:
                rule.only_enforce_if(taken)

    def _whole_starts(self, calendar: int, duration: int) -> cp_model.Domain:
        run_end = self.frame.work.run_end[calendar]
        times = np.arange(len(run_end) - 1)
        fits = (run_end[:-1] >= times + duration) & (times <= self.most)
        edges = np.flatnonzero(np.diff(np.concatenate(([False], fits, [False])).astype(np.int8)))
        return cp_model.Domain.from_intervals(
            [[int(a), int(b) - 1] for a, b in zip(edges[::2], edges[1::2], strict=True)]
        )

    def _paused(self, activity: int, mode: int) -> tuple[Any, Any]:
        """Return start and end of a pausing activity from its start in work time."""
        calendar, duration = int(self.frame.calendar[mode]), int(self.frame.duration[mode])
        place = self.frame.work.place[calendar]
        low, high, count = self._work_start(activity, calendar)
        key = (activity, calendar)
        if key not in self.began:
            self.began[key] = self._look_up(count, place[low : high + 1], low)
        return self.began[key], self._look_up(count, place[low + duration - 1 : high + duration] + 1, low)

    def _work_start(self, activity: int, calendar: int) -> tuple[int, int, Any]:
        """Return the start of a pausing activity in work time of a calendar of its modes, with its range."""
        worked = self.frame.work.worked[calendar]
        own = [mode for mode in self._modes(activity) if self.frame.calendar[mode] == calendar]
        longest = max(int(self.frame.duration[mode]) for mode in own)
        low = int(worked[self.heads.start[activity]])
        high = max(low, min(int(worked[min(self.most, len(worked) - 1)]), len(worked) - 1 - longest))
        if (activity, calendar) not in self.work_starts:
            self.work_starts[activity, calendar] = self.model.new_int_var(low, high, "")
        return low, high, self.work_starts[activity, calendar]

    def _look_up(self, index: Any, values: IntArray, low: int) -> Any:
        """Return the variable ``values[index - low]``."""
        self.cells += values.size
        found = self.model.new_int_var(int(values.min()), int(values.max()), "")
        self.model.add_element(index - low, [int(value) for value in values], found)
        return found

    def _work_before(self, calendar: int, moment: Any) -> Any:
        """Return the work time of a calendar before a start or end."""
        worked = self.frame.work.worked[calendar]
        if isinstance(moment, int):
            return int(worked[moment])
        key = (calendar, id(moment))
        if key not in self.worked:
            top = min(self.most, len(worked) - 1)
            self.worked[key] = self._look_up(moment, worked[: top + 1], 0)
        return self.worked[key]

    def _links(self) -> None:
        frame, built = self.frame, self.built
        after = np.repeat(np.arange(self.project.n_activities), np.diff(frame.first))
        for link, activity in enumerate(after):
            before, lag, calendar = (
                int(frame.before[link]),
                int(frame.lag[link]),
                int(frame.lag_calendar[link]),
            )
            one = (built.end if frame.is_from_end[link] else built.start)[before]
            two = (built.end if frame.is_to_end[link] else built.start)[int(activity)]
            if calendar < 0:
                self.model.add(two >= one + lag)
                continue
            if lag >= 0:
                self.model.add(two >= one)
            self.model.add(self._work_before(calendar, two) >= self._work_before(calendar, one) + lag)

    def _capacity(self, resource: int) -> None:
        """Keep a resource within its capacity, in work time where all its users keep one calendar."""
        frame = self.frame
        users = [
            (activity, mode)
            for activity in np.flatnonzero(frame.fixed_start < 0).tolist()
            for mode in self._modes(activity)
            if self.project.demand[mode, resource] > 0 and frame.duration[mode] > 0
        ]
        pausing = [u for u in users if self._pauses(u[1])]
        calendars = {int(frame.calendar[mode]) for _, mode in users}
        intervals: list[Any] = []
        demands: list[int] = []
        for activity, mode in users:
            if pausing and len(calendars) == 1:
                parts = [self._in_work_time(activity, mode)]
            elif (activity, mode) in pausing:
                parts = self._pieces(activity, mode)
            else:
                parts = [self._interval(self.built.start[activity], int(frame.duration[mode]), mode)]
            intervals += parts
            demands += [int(self.project.demand[mode, resource])] * len(parts)
        if not intervals:
            return
        held = calendars.pop() if pausing and len(calendars) == 1 else -1
        for begin, length, amount in self._taken(resource, held):
            intervals.append(self.model.new_fixed_size_interval_var(begin, length, ""))
            demands.append(amount)
        self.model.add_cumulative(intervals, demands, int(most_capacity(self.project)[resource]))

    def _interval(self, start: Any, length: int, mode: int) -> Any:
        taken = self.built.is_taken[mode]
        if isinstance(taken, int):
            return self.model.new_fixed_size_interval_var(start, length, "")
        return self.model.new_optional_fixed_size_interval_var(start, length, taken, "")

    def _in_work_time(self, activity: int, mode: int) -> Any:
        calendar = int(self.frame.calendar[mode])
        if self.frame.is_splittable[activity]:
            start = self._work_start(activity, calendar)[2]
        else:
            start = self._work_before(calendar, self.built.start[activity])
        return self._interval(start, int(self.frame.duration[mode]), mode)

    def _pieces(self, activity: int, mode: int) -> list[Any]:
        """Return intervals for the unbroken stretches in which a pausing activity works."""
        calendar = int(self.frame.calendar[mode])
        low, high, count = self._work_start(activity, calendar)
        table = stretches(
            self.frame.work.place[calendar],
            low,
            high,
            int(self.frame.duration[mode]),
        )
        if self.cells + table.size > MOST_CELLS:
            self.built.is_relaxed = True
            return []
        taken, parts = self.built.is_taken[mode], []
        for begins, lengths in zip(table[0], table[1], strict=True):
            begin, length = self._look_up(count, begins, low), self._look_up(count, lengths, low)
            end = self.model.new_int_var(0, int((begins + lengths).max()), "")
            if isinstance(taken, int):
                parts.append(self.model.new_interval_var(begin, length, end, ""))
            else:
                parts.append(self.model.new_optional_interval_var(begin, length, end, taken, ""))
        return parts

    def _taken(self, resource: int, calendar: int) -> list[tuple[int, int, int]]:
        """Return what is missing of the largest capacity: begin, length, amount; in work time of a calendar."""
        frame = self.frame
        left = capacity_until(self.project, frame.free.shape[0])[:, resource]
        held = busy(self.project, self.begun, frame.work, frame.free.shape[0])[:, resource]
        left = np.maximum(left - held, 0)
        if calendar >= 0:
            left = left[np.diff(frame.work.worked[calendar]) > 0]
        missing = most_capacity(self.project)[resource] - left[: self.most + 1]
        edges = np.concatenate(([0], np.flatnonzero(np.diff(missing)) + 1, [missing.size]))
        return [(int(a), int(b - a), int(missing[a])) for a, b in pairwise(edges.tolist()) if missing[a] > 0]

    def _stocks(self) -> None:
        for k, name in enumerate(self.project.stock_ids):
            terms = [self.project.consumption[mode, k] * taken for mode, taken in self.built.is_taken.items()]
            terms += [
                int(self.project.consumption[mode, k]) for mode in self.begun.mode[self.begun.mode >= 0]
            ]
            rule = self.model.add(sum(terms) <= int(self.project.stock[k])) if terms else None
            if rule is not None and self.asks_limits:
                rule.only_enforce_if(self._limit(f"the stock {self.project.stock[k]} of {name}"))

    def _objective(self) -> None:
        goal, built, model = self.goal, self.built, self.model
        if self.asks_limits:
            return
        if goal.kind not in (LATENESS, CHANGE):
            low = int((self.heads.end + self.heads.tail).max(initial=0))
            built.objective = model.new_int_var(low, max(low, self.most), "")
            for end in built.end:
                model.add(built.objective >= end)
        else:
            built.objective = sum(self._deviations())
        model.minimize(built.objective)

    def _deviations(self) -> list[Any]:
        goal, built = self.goal, self.built
        counted = np.flatnonzero((goal.due >= 0) & (goal.weight > 0))
        weight = goal.weight[counted]
        is_whole = bool((weight == np.floor(weight)).all()) and weight.max(initial=0) <= FINEST
        built.unit = 1.0 if is_whole else float(weight.max()) / FINEST
        terms = []
        for activity, own in zip(counted.tolist(), np.floor(weight / built.unit), strict=True):
            due = int(goal.due[activity])
            off = self.model.new_int_var(0, max(self.most, due) + 1, "")
            if goal.kind == LATENESS:
                self.model.add(off >= built.end[activity] - due)
            else:
                self.model.add(off >= built.start[activity] - due)
                self.model.add(off >= due - built.start[activity])
            terms.append(int(own) * off)
        return terms


def stretches(place: IntArray, low: int, high: int, duration: int) -> IntArray:
    """Return begin and length of each unbroken stretch of `duration` work periods from each start in work time.

    Shape (2, S, high - low + 1); a stretch that a start does not need has length 0.
    """
    starts = np.arange(low, high + 1)
    run = np.cumsum(np.concatenate(([0], np.diff(place) > 1)))
    first_of_run = np.flatnonzero(np.diff(run, prepend=-1))
    n_runs = int((run[starts + duration - 1] - run[starts]).max(initial=0)) + 1
    found = np.zeros((2, n_runs, starts.size), dtype=np.int64)
    stops = np.append(first_of_run, place.size)
    for k in range(n_runs):
        number = np.minimum(run[starts] + k, run[-1])
        begin = np.maximum(stops[number], starts)
        end = np.minimum(stops[number + 1], starts + duration)
        is_needed = (run[starts] + k <= run[-1]) & (end > begin)
        found[0, k] = place[np.minimum(begin, place.size - 1)]
        found[1, k] = np.where(is_needed, end - begin, 0)
    return found
