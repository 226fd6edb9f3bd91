"""The plan: incumbents and bounds in turns, until they meet or the time is up."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from sarhad.detection.instance import FloatArray, Instance
from sarhad.detection.prepared import prepare
from sarhad.errors import SpecError
from sarhad.plan.bounding import Bounding
from sarhad.plan.certificate import Evidence, require_provable
from sarhad.plan.diving import dive
from sarhad.plan.engine import OPTIMAL, EngineName, Method
from sarhad.plan.incumbent import TRIES
from sarhad.plan.limits import Terms
from sarhad.plan.locks import conflicts, money_conflict, why_nothing, with_former
from sarhad.plan.memory import needed, require_memory
from sarhad.plan.proving import prove, whole
from sarhad.plan.result import (
    OnProgress,
    PlanResult,
    PlanSpec,
)
from sarhad.plan.run import MORE_TURNS, Run
from sarhad.plan.whole import STARTS, Whole, is_small

log = logging.getLogger(__name__)

FIRST_EPOCHS = 5
ROWS_A_TURN = (
    300.0  # turns beside the linear programme grow with its rows to the power 1.5, as its seconds do
)
DIVE = 8  # times as much ruin and recreate beside the dive as in a turn
PATIENT = 10  # turns that the search goes on from a dive
ANSWERS = 5  # of the linear programme in one turn
CONVERGED = 0.003  # share of the bound that the linear programme may still underrate
LAST_SECONDS = 10.0  # for the linear programme with which a small programme's certificate is written
COARSE = 0.05  # the same while epochs will still be split
EPOCHS_GROW = 2


def optimise(
    instance: Instance,
    terms: Terms,
    spec: PlanSpec,
    *,
    time_limit_s: float,
    seed: int,
    work_limit: int | None = None,
    on_progress: OnProgress | None = None,
    engine: EngineName = "highs",
    target_gap: float = OPTIMAL,
    keeps_evidence: bool = False,
    memory_limit_gb: float | None = None,
) -> PlanResult:
    """Return the best plan found and a bound that no plan is below.

    Parameters
    ----------
    instance
        The game.
    terms
        Quarters, money, prerequisites, exclusions.
    spec
        What has been decided already.
    time_limit_s
        Seconds; 0 returns the former plan, or nothing, with a bound.
    seed
        Of the random generator of the search.
    work_limit
        Rounds of linear programme and search; the result is then the same on every machine unless
        the time ends first.
    on_progress
        Called after every step; returning False stops, and the best plan so far is returned.
    engine
        What proves small programmes: HiGHS, again and again with more cuts, or one tree of SCIP. Large
        programmes are bounded by the linear programme with either.
    target_gap
        Relative gap at which the search stops and the plan counts as optimal.
    keeps_evidence
        Let the result hold what a certificate is written from.
    memory_limit_gb
        Memory that the process may take; without it four fifths of the machine's.

    Raises
    ------
    SpecError
        If instance and terms do not speak of the same items, a lock names what does not exist, a floor
        speaks of a threat or section that the game does not have, the time limit or the number of changes
        is negative, the gap is none, the engine is not installed, the plan would need more memory than is
        allowed, or evidence is wanted of limits that no certificate proves.
    DataError
        If the game is faulty: negative exposure, an origin without a way, an index out of range.
    SolverError
        If the linear programming solver breaks.
    """
    if time_limit_s < 0:
        raise SpecError(f"time limit {time_limit_s:g}: seconds cannot be negative. Give 0 or more.")
    if instance.exposure.item_ids != terms.item_ids:
        raise SpecError(
            "The game and the terms do not speak of the same items. Derive both from one programme."
        )
    Method(engine, target_gap).require()
    require_memory(needed(instance, terms), memory_limit_gb)
    prepare(instance)
    terms = with_former(terms, spec)
    if keeps_evidence:
        require_provable(terms)
    run = Run(instance, terms, spec, time_limit_s, seed, work_limit, on_progress, engine, target_gap)
    result = _result(run)
    return replace(result, evidence=_evidence(run)) if keeps_evidence else result


def _evidence(run: Run) -> Evidence | None:
    """Return what the answer rests on, None without a plan."""
    if run.start is None:
        return None
    bounding = run.bounding if run.has_begun else None
    if isinstance(bounding, Whole) and bounding.answer is not None:
        bounding.conclude(LAST_SECONDS)
    held = () if bounding is None else (bounding.groups, bounding.proof, bounding.proved_by)
    return Evidence(run.instance, run.terms, run.game, run.pool, run.start, run.locks, *held)


def _result(run: Run) -> PlanResult:
    """Search and return the result."""
    found = conflicts(run.terms, run.locks, run.out)
    if found:
        run.notices += found
        return run.answer("infeasible")
    if run.game.of.n == 0:
        run.notices.append("no item touches any path: nothing can change the value")
    run.start_search()
    if run.start is None:
        late = money_conflict(run.terms, run.locks, run.out)
        if run.is_infeasible or late:
            run.notices += late or [f"these limits conflict: {'; '.join(run.conflict)}"]
            return run.answer("infeasible")
        run.notices.append("no plan was found that holds all locked items and keeps every limit")
        return run.answer("unknown")
    if run.time_limit_s == 0:
        run.stopped = "time"
    elif run.game.of.n:
        _turns(run)
    if not (run.start >= 0).any():
        why = "no time was given to search for a plan" if run.time_limit_s == 0 else ""
        why = why or ("no item touches any path" if run.game.of.n == 0 else "")
        run.notices.append(f"nothing is built: {why_nothing(run.terms, run.locks, run.out, why)}")
    return run.answer("feasible" if run.is_open() else "optimal")


def _turns(run: Run) -> None:
    """Let bound and incumbent take turns."""
    run.search.base = run.base
    run.greedy()
    if is_small(run.game, run.locks.allowed):
        prove(run)
        return
    run.bounding = Bounding(run.game, run.terms, run.pool, run.out.total, run.locks.allowed, run.locks.forced)
    count = FIRST_EPOCHS
    run.begin(count)
    rounds = 0
    while not run.is_done and run.goes_on("search") and run.is_open():
        if run.work_limit is not None and rounds >= run.work_limit:
            return
        rounds += 1
        _bound_and_search(run)
        if run.bounding.answer is None:
            continue
        run.bound = max(run.bound, run.bounding.bound)
        log.debug(
            "%5.1f s: value %.4f bound %.4f short %.4f rows, columns %s epochs %d pool %d",
            time.perf_counter() - run.began, run.value, run.bound, run.bounding.short,
            run.bounding.master.size, count, run.pool.n,
        )  # fmt: skip
        is_last = count == run.terms.n_quarters
        is_near = run.bounding.short < (CONVERGED if is_last else COARSE) * run.bound
        if run.is_time_to_dive(is_near):
            _dive(run)
        if is_near and (run.bounding.news == 0 or not is_last):
            if count < run.terms.n_quarters:
                count = min(EPOCHS_GROW * count, run.terms.n_quarters)
                run.begin(count)
            elif run.locks.allowed.sum() <= STARTS:
                whole(run)


def _bound_and_search(run: Run) -> None:
    """Let the linear programme answer on one core while ruin and recreate goes on on another.

    Both do a fixed amount of work, so that the result does not depend on which of them is faster.
    """
    if run.bounding.answer is None:
        _answers(run)
        return
    run.search.refresh(run.pool, run.game.of.n)
    turns = _turns_beside(run) if run.has_dived else _turns_beside(run) // 2  # it begins anew from the dive
    share, price = run.bounding.answer.start, run.price()
    with ThreadPoolExecutor(1) as beside:
        searched = beside.submit(_search_beside, run, share, price, turns)
        _answers(run)
        searched.result()
    value = run.keep_if_better(run.search.start)
    run.patience -= 1
    if value > run.value and run.patience < 0:
        assert run.start is not None
        run.search.start = run.start


def _turns_beside(run: Run) -> int:
    """Return how much ruin and recreate goes with a few answers of the linear programme."""
    return MORE_TURNS + int((run.bounding.master.size[0] / ROWS_A_TURN) ** 1.5)


def _search_beside(run: Run, share: FloatArray, price: FloatArray, turns: int) -> None:
    """Go on from the search's plan; before the first dive, from the answer rounded off where that is better."""
    if not run.has_dived:
        kept, value = run.search.start, run.search.value
        run.round_off(share, price)
        if run.search.value > value or not run.search.keeps_linear():
            run.search.load(kept)
    run.search.ruin_and_recreate(run.rng, price, turns, run.is_over)


def _dive(run: Run) -> None:
    """Let the linear programme dive, spend what money is left, and go on from there for a while."""
    price, turns = run.price(), DIVE * _turns_beside(run)
    run.search.refresh(run.pool, run.game.of.n)
    with ThreadPoolExecutor(1) as beside:
        searched = beside.submit(run.search.ruin_and_recreate, run.rng, price, turns, run.is_over)
        fixed = dive(run.bounding, run.search.base, run.left)
        searched.result()
    run.keep_if_better(run.search.start)
    run.search.refresh(run.pool, run.game.of.n)
    run.search.take_over(fixed, price)
    run.search.recreate(price, run.search.scores(price), np.ones(run.terms.n_items), 0.0, TRIES)
    value = run.keep_if_better(run.search.start)
    run.has_dived, run.patience = True, PATIENT
    log.debug("%5.1f s: dived to %.4f", time.perf_counter() - run.began, value)


def _answers(run: Run) -> None:
    """Let the linear programme answer a few times."""
    for _ in range(ANSWERS):
        if not run.bounding.round(run.left()):
            return
        if run.bounding.short < CONVERGED * run.value and run.bounding.news == 0:
            return
