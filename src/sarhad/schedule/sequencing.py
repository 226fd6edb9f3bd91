"""The schedule: our own incumbents first, then CP-SAT for bound and polish, until they meet or the time is up."""

from __future__ import annotations

import math
import time

import numpy as np

from sarhad.errors import SolverError, SpecError
from sarhad.schedule.check import refuse_faults
from sarhad.schedule.conflict import chain_conflicts, stock_conflicts
from sarhad.schedule.project import IntArray, LinkType, Project, assemble
from sarhad.schedule.ready import Ready, make_ready
from sarhad.schedule.result import (
    OnProgress,
    ScheduleProgress,
    ScheduleResult,
    SequenceSpec,
    Status,
    Stopped,
    gap,
)
from sarhad.schedule.search import AN_ACTIVITY, LARGEST, SMALLEST, Found, Ground, Islands, first_schedule
from sarhad.schedule.verify import breaches, ends_of, value_of

OPTIMAL = 1e-6  # relative gap at which a schedule counts as optimal
CHUNK_S = 0.04  # seconds between looks at the clock
FIRST_CHUNK = 8
FOUND_SHARE = 0.03  # of our own time, to found populations: enough generations must follow
OWN_SHARE, ACTIVITIES_A_SECOND = 0.8, 6  # of the time, and at most so long, for our own search before CP-SAT
STILL = 15  # generations without a better schedule until our own search lets the solver begin
SOLVER_LEAST_S = 0.4  # below that the solver does not even begin
MODES_A_SECOND = 60  # with more modes it needs more seconds to find anything
ROUND = 500  # schedules of each island in a unit of work
SOLVER_WORK = 0.2  # deterministic seconds of the solver in a unit of work
CONFLICT_S = 2.0
MOST_TOLD = 3  # breaches of the nearest schedule
CONTRADICTION = (
    "the solver's bound lies above the value of a valid schedule and is left out: please report this"
)


def sequence(
    project: Project,
    spec: SequenceSpec | None = None,
    *,
    time_limit_s: float,
    seed: int = 1,
    work_limit: int | None = None,
    workers: int = 8,
    on_progress: OnProgress | None = None,
) -> ScheduleResult:
    """Return the best schedule found and a bound that no schedule is below.

    Parameters
    ----------
    time_limit_s
        Seconds; 0 returns the schedule of one pass. Compiling on the first call of all is not counted.
    seed
        Of the random generators.
    work_limit
        Rounds of our own search and the solver's work; the result is then the same on every machine
        unless the time ends first.
    workers
        Threads of the solver, at least 8: fewer leave out strategies that matter, also on fewer cores.
    on_progress
        Called after every step; returning False stops, and the best schedule so far is returned.

    Raises
    ------
    DataError
        If no schedule could be made of the project, with every fault.
    SpecError
        If the spec names what does not exist, or the time limit is negative.
    SolverError
        If the solver breaks, or a schedule does not pass the verifier.
    """
    if not (math.isfinite(time_limit_s) and time_limit_s >= 0):
        raise SpecError(f"time limit {time_limit_s:g}: not a number of seconds. Give 0 or more.")
    refuse_faults(project)
    warm_up()
    return _Run(
        project, spec or SequenceSpec(), time_limit_s, seed, work_limit, workers, on_progress
    ).result()


_is_warm = False


def warm_up() -> None:
    """Compile the engine, or load what an earlier run compiled; about a minute once, then under a second."""
    global _is_warm  # noqa: PLW0603
    if _is_warm:
        return
    _is_warm = True
    modes: list[list[tuple[int, list[int], list[int]]]] = [[(1, [1], [])], [(1, [1], []), (2, [1], [])]]
    kinds: tuple[LinkType, ...] = ("FS", "SS")
    for kind in kinds:
        tiny = assemble(["a", "b"], modes, [(0, 1, kind, 0)], capacity=[1])
        ready = make_ready(tiny, SequenceSpec())
        islands = Islands(_ground(ready), 2, 1)
        islands.advance(2)
        islands.advance(2)
        islands.close()


def _ground(ready: Ready) -> Ground:
    """Return what the islands share: keys are the announced starts, latest starts, and starts without resources."""
    heads = ready.heads
    keys = [heads.tail.max(initial=0) - heads.tail - ready.project.duration[ready.mode], heads.start]
    if ready.goal.due.max(initial=-1) >= 0:
        keys.insert(0, np.where(ready.goal.due >= 0, ready.goal.due, ready.goal.due.max(initial=0)))
    if ready.spec.announced:
        keys.insert(0, _announced(ready))
    keys = [key - key.min(initial=0) for key in keys]
    return Ground(ready.forth, ready.back(), ready.goal, tuple(keys), ready.mode)


def _announced(ready: Ready) -> IntArray:
    """Return the announced starts; an activity without one takes its earliest."""
    names = ready.project.activity_ids
    return np.array(
        [ready.spec.announced.get(name, int(ready.heads.start[k])) for k, name in enumerate(names)],
        dtype=np.int64,
    )


class _Run:
    """One call of `sequence`."""

    def __init__(
        self,
        project: Project,
        spec: SequenceSpec,
        time_limit_s: float,
        seed: int,
        work_limit: int | None,
        workers: int,
        on_progress: OnProgress | None,
    ) -> None:
        self.began = time.perf_counter()
        self.project, self.spec, self.seed, self.workers = project, spec, seed, workers
        self.time_limit_s, self.work_limit, self.on_progress = time_limit_s, work_limit, on_progress
        self.notices: list[str] = []
        self.best: Found | None = None
        self.nearest: Found | None = None
        self.stopped: Stopped | None = None
        self.is_infeasible = False
        self.bound = 0.0

    def result(self) -> ScheduleResult:
        """Search, prove, verify."""
        if self.project.n_activities == 0:
            nothing = np.zeros(0, dtype=np.int64)
            self.best = Found(nothing, nothing, nothing, 0.0)
            return self._answer()
        self.ready = make_ready(self.project, self.spec)
        self.bound = self.ready.bound
        conflicts = [*stock_conflicts(self.ready), *chain_conflicts(self.ready)]
        if conflicts:
            self.notices += conflicts
            self.is_infeasible = True
            return self._answer()
        key = _announced(self.ready) if self.spec.announced else self.ready.heads.start
        self._take(first_schedule(self.ready.forth, self.ready.goal, key, self.ready.mode))
        if self._goes_on("first"):
            self._breed()
        if self._goes_on("solve"):
            self._solve()
        return self._answer()

    def _seconds(self) -> float:
        return time.perf_counter() - self.began

    def _is_done(self) -> bool:
        return self.best is not None and gap(self.best.cost, self.bound) <= OPTIMAL

    def _take(self, found: Found | None) -> None:
        """Keep a schedule that breaks nothing and is better."""
        if found is None or found.cost >= self.ready.goal.breach:
            if found is not None and math.isfinite(found.cost):
                self.nearest = min(found, self.nearest or found, key=lambda one: one.cost)
            return
        if self.best is None or found.cost < self.best.cost:
            self.best = found

    def _goes_on(self, phase: str) -> bool:
        """Return whether to go on: neither done, nor out of time, nor stopped."""
        value = math.inf if self.best is None else self.best.cost
        if self.on_progress is not None:
            now = ScheduleProgress(self._seconds(), value, self.bound, gap(value, self.bound), phase)
            if not self.on_progress(now):
                self.stopped = "interrupt"
        if self.stopped is None and not self._is_done() and self._seconds() >= self.time_limit_s:
            self.stopped = "time"
        return self.stopped is None and not self._is_done()

    def _own_seconds(self) -> float:
        """Return until when our own search runs alone."""
        most = self.project.n_activities / ACTIVITIES_A_SECOND
        rest = self.time_limit_s - min(most, OWN_SHARE * self.time_limit_s)
        return self.time_limit_s - rest if rest >= self._solver_least() else self.time_limit_s

    def _solver_least(self) -> float:
        """Return the seconds below which the solver had better not begin."""
        return max(SOLVER_LEAST_S, self.project.duration.size / MODES_A_SECOND)

    def _breed(self) -> None:
        until = self._own_seconds()
        size = int(np.clip(AN_ACTIVITY * self.project.n_activities, SMALLEST, LARGEST))
        if self.work_limit is not None:
            islands = Islands(
                _ground(self.ready), min(size, ROUND * self.work_limit // 10 + SMALLEST), self.seed
            )
            for _ in range(self.work_limit):
                self._take(islands.advance(ROUND))
                if not self._goes_on("search"):
                    break
            islands.close()
            return
        islands = Islands(_ground(self.ready), size, self.seed)
        began, n = self._seconds(), FIRST_CHUNK
        now = began
        while self._goes_on("search") and now < until and not (islands.are_still(STILL) and self._has_time()):
            before = now
            self._take(islands.advance(n))
            now = self._seconds()
            n = int(np.clip(n * CHUNK_S / max(now - before, 1e-4), FIRST_CHUNK, 4 * n))
            if now - began > FOUND_SHARE * (until - began):
                islands.settle(SMALLEST)
        islands.close()

    def _has_time(self) -> bool:
        """Return whether there is time for the solver."""
        return self.time_limit_s - self._seconds() > self._solver_least()

    def _solve(self) -> None:
        from sarhad.schedule.exact import Effort, conflicting, prove

        left = self.time_limit_s - self._seconds()
        if left < SOLVER_LEAST_S:
            self.stopped = "time"
            return
        work = None if self.work_limit is None else SOLVER_WORK * self.work_limit
        proof = prove(self.ready, self.best, Effort(left, work, self.workers, self.seed), self._look)
        if proof.is_infeasible:
            self.is_infeasible = True
            self.notices += self._why(conflicting(self.ready, Effort(CONFLICT_S, None, 1, self.seed)))
            return
        if proof.found is not None and not proof.is_relaxed:
            self._take(self._of_solver(*proof.found))
        self._raise_bound(proof.bound)
        if self.stopped is None and not self._is_done():
            self.stopped = (
                "time" if self.work_limit is None or self._seconds() >= self.time_limit_s else "work"
            )

    def _look(self, bound: float, found: tuple[IntArray, IntArray] | None) -> bool:
        """Hear the solver; its time limit ends it, so only an interrupt stops it here."""
        if found is not None:
            self._take(self._of_solver(*found))
        self._raise_bound(bound)
        return self._goes_on("solve") or self.stopped == "time"

    def _raise_bound(self, bound: float) -> None:
        """Take over the solver's bound, unless a schedule proves it wrong."""
        value = math.inf if self.best is None else self.best.cost
        if bound <= value + OPTIMAL * abs(value):
            self.bound = max(self.bound, min(bound, value))
        elif CONTRADICTION not in self.notices:
            self.notices.append(CONTRADICTION)

    def _of_solver(self, starts: IntArray, taken: IntArray) -> Found:
        modes = self.ready.mode.copy()
        modes[self.project.mode_activity[taken]] = taken
        ends = ends_of(self.project, starts, modes)
        return Found(starts, ends, modes, value_of(self.project, starts, modes, self.spec))

    def _why(self, limits: tuple[str, ...]) -> list[str]:
        if limits:
            return [f"These cannot all be kept: {'; '.join(limits)}. Loosen one of them."]
        return [
            "No schedule exists, but which limits conflict was not found in time. Loosen deadlines, stocks or receipts. "
            f"{self._nearest()}".strip()
        ]

    def _status(self) -> Status:
        if self.is_infeasible:
            return "infeasible"
        if self.best is None:
            return "unknown"
        return "optimal" if self._is_done() else "feasible"

    def _answer(self) -> ScheduleResult:
        nothing = np.zeros(0, dtype=np.int64)
        best = self.best or Found(nothing, nothing, nothing, math.inf)
        if self.best is not None:
            self._confirm(self.best)
        elif not self.is_infeasible and self.nearest is not None:
            self.notices.append(f"No schedule that breaks nothing was found in time. {self._nearest()}")
        return ScheduleResult(
            starts=best.start, ends=best.end, modes=best.mode, value=best.cost,
            bound=math.inf if self.is_infeasible else self.bound,
            gap=gap(best.cost, self.bound), status=self._status(), seconds=self._seconds(), seed=self.seed,
            stopped=self.stopped, unchanged_share=self._unchanged(best.start), notices=tuple(self.notices),
        )  # fmt: skip

    def _confirm(self, best: Found) -> None:
        """Refuse a schedule that the verifier does not accept; say where calendars end too soon."""
        broken = breaches(self.project, best.start, best.mode, self.spec)
        value = value_of(self.project, best.start, best.mode, self.spec)
        if abs(value - best.cost) > OPTIMAL * max(1.0, abs(value)):
            broken.append(f"the value is {value!r}, not {best.cost!r}")
        if broken:
            raise SolverError(f"the schedule does not pass the verifier: {broken[0]}. Please report this.")
        known = self.project.calendars.shape[1]
        if known and int(best.end.max(initial=0)) > known:
            self.notices.append(
                f"the schedule ends in period {int(best.end.max())}, the calendars in {known}: after that all time "
                "counts as work. Lengthen the calendars."
            )

    def _nearest(self) -> str:
        """Return what the schedule that breaks least breaks, in words; "" where there is none."""
        if self.nearest is None:
            return ""
        broken = breaches(self.project, self.nearest.start, self.nearest.mode, self.spec)
        more = f" and {len(broken) - MOST_TOLD} more" if len(broken) > MOST_TOLD else ""
        return f"The nearest schedule breaks: {'; '.join(broken[:MOST_TOLD])}{more}."

    def _unchanged(self, start: IntArray) -> float | None:
        number = {name: k for k, name in enumerate(self.project.activity_ids)}
        open_ones = [name for name in self.spec.announced if name not in self.spec.started]
        if not open_ones or not start.size:
            return None
        return float(np.mean([start[number[name]] == self.spec.announced[name] for name in open_ones]))
