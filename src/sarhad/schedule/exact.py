"""CP-SAT: begins with our own schedule, polishes it, and bounds it from below; names limits that conflict."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from sarhad.errors import SolverError
from sarhad.schedule.frame import CHANGE, LATENESS
from sarhad.schedule.model import Builder, Model
from sarhad.schedule.project import IntArray
from sarhad.schedule.ready import Ready
from sarhad.schedule.search import Found

FEWEST_WORKERS = 8  # fewer leave out strategies that matter, also where cores are fewer
ASK_S = 0.05


@dataclass(frozen=True)
class Proof:
    """What the solver says: a bound, its best schedule where it found one, and whether there can be none."""

    bound: float
    found: tuple[IntArray, IntArray] | None
    is_infeasible: bool
    is_relaxed: bool


@dataclass(frozen=True)
class Effort:
    """Seconds, deterministic work (None: seconds alone), workers and seed."""

    seconds: float
    work: float | None
    workers: int
    seed: int


class _Watcher(cp_model.CpSolverSolutionCallback):
    """Keeps the best schedule and bound."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.built = model
        self.best_bound = -math.inf
        self.found: tuple[IntArray, IntArray] | None = None

    def on_solution_callback(self) -> None:
        """Take over a better schedule."""
        self.found = read(self, self.built)

    def on_bound(self, bound: float) -> None:
        """Take over a better bound."""
        self.best_bound = max(self.best_bound, bound * self.built.unit)


def read(solver: Any, built: Model) -> tuple[IntArray, IntArray]:
    """Return the starts and the modes (-1 of what has begun) of a solution, shape (A,)."""
    starts = np.array([solver.value(start) for start in built.start], dtype=np.int64)
    taken = np.array(
        [mode for mode, literal in built.is_taken.items() if solver.value(literal)], dtype=np.int64
    )
    return starts, taken


def prove(
    ready: Ready,
    incumbent: Found | None,
    effort: Effort,
    on_look: Callable[[float, tuple[IntArray, IntArray] | None], bool],
) -> Proof:
    """Return the solver's bound and schedule, beginning with the incumbent.

    Parameters
    ----------
    on_look
        Called again and again with the bound and the solver's latest schedule; returning False stops.
    """
    most = ready.forth.free.shape[0] - 1
    if incumbent is not None and ready.goal.kind not in (LATENESS, CHANGE):
        most = int(incumbent.cost)
    built = Builder(ready, most).build()
    if ready.goal.kind not in (LATENESS, CHANGE):
        built.model.add(built.objective >= math.ceil(ready.bound))
    if incumbent is not None:
        _hint(built, incumbent)
    solver, watcher = _solver(effort), _Watcher(built)
    solver.best_bound_callback = watcher.on_bound
    status = _run(solver, built, watcher, effort.seconds, on_look)
    if status == cp_model.MODEL_INVALID:
        raise SolverError(
            f"CP-SAT refuses the model: {built.model.validate()}. Please report this with the project."
        )
    if status == cp_model.INFEASIBLE:
        return Proof(math.inf, None, incumbent is None, built.is_relaxed)
    bound = max(watcher.best_bound, solver.best_objective_bound * built.unit)
    return Proof(bound, watcher.found, False, built.is_relaxed)


def _run(
    solver: cp_model.CpSolver,
    built: Model,
    watcher: _Watcher,
    seconds: float,
    on_look: Callable[[float, tuple[IntArray, IntArray] | None], bool],
) -> Any:
    """Return the status of a solve in a thread, so that Ctrl-C and `on_look` are heard meanwhile."""
    answer: list[Any] = []
    until = time.perf_counter() + seconds
    thread = threading.Thread(target=lambda: answer.append(solver.solve(built.model, watcher)), daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(ASK_S)
        found = None if built.is_relaxed else watcher.found
        if thread.is_alive() and (not on_look(watcher.best_bound, found) or time.perf_counter() > until):
            solver.stop_search()
    if not answer:
        raise SolverError("CP-SAT ended without an answer. Please report this with the project.")
    return answer[0]


def _solver(effort: Effort) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    options = solver.parameters
    options.max_time_in_seconds = max(effort.seconds, 1e-3)
    options.random_seed = effort.seed % 2**31
    options.num_workers = max(FEWEST_WORKERS, effort.workers)
    if effort.work is not None:
        options.interleave_search = True
        options.max_deterministic_time = effort.work
    return solver


def _hint(built: Model, incumbent: Found) -> None:
    for activity, start in enumerate(built.start):
        if not isinstance(start, int):
            built.model.add_hint(start, int(incumbent.start[activity]))
    chosen = set(incumbent.mode.tolist())
    for mode, literal in built.is_taken.items():
        if not isinstance(literal, int):
            built.model.add_hint(literal, mode in chosen)
    if not isinstance(built.objective, int) and hasattr(built.objective, "index"):
        built.model.add_hint(built.objective, int(incumbent.end.max(initial=0)))


def conflicting(ready: Ready, effort: Effort) -> tuple[str, ...]:
    """Return the deadlines and stocks that cannot all be kept, as far as the solver finds them in time."""
    built = Builder(ready, ready.forth.free.shape[0] - 1, asks_limits=True).build()
    solver = _solver(effort)
    solver.parameters.num_workers = 1
    solver.parameters.interleave_search = False
    if solver.solve(built.model) != cp_model.INFEASIBLE:
        return ()
    named = solver.sufficient_assumptions_for_infeasibility()
    return tuple(built.limits[index] for index in sorted(named) if index in built.limits)
