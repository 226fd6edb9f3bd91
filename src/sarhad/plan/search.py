"""The plan: incumbents and bounds in turns, until they meet or the time is up."""

from __future__ import annotations

import itertools
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from sarhad.detection import evaluate
from sarhad.detection.instance import FloatArray, Instance, IntArray
from sarhad.errors import SpecError
from sarhad.plan.bounding import Bounding, choose_epochs
from sarhad.plan.certificate import Evidence
from sarhad.plan.diving import dive
from sarhad.plan.engine import OPTIMAL, EngineName, Method
from sarhad.plan.game import changeable, exact_value
from sarhad.plan.incumbent import TRIES, Search
from sarhad.plan.limits import Terms, operating
from sarhad.plan.locks import Locks, conflicts, money_conflict, read_locks, why_nothing
from sarhad.plan.memory import needed, require_memory
from sarhad.plan.money import Outlays, funding, outlays
from sarhad.plan.result import (
    OnProgress,
    PlanProgress,
    PlanResult,
    PlanSpec,
    Status,
    Stopped,
    gap,
    gap_of_gain,
)
from sarhad.plan.store import items_table
from sarhad.plan.whole import STARTS, Whole, is_small

log = logging.getLogger(__name__)

NOTHING = 1e-12  # share of the value with nothing built that counts as nothing
FIRST_EPOCHS = 5
MORE_TURNS = 20  # of ruin and recreate after each rounding
ROWS_A_TURN = (
    300.0  # turns beside the linear programme grow with its rows to the power 1.5, as its seconds do
)
DIVE_TURNS = 200  # of ruin and recreate beside a dive
PATIENT = 10  # turns that the search goes on from a dive
POLISHES = 4  # improvements of the plan before a small programme is proved
NODES = 100  # of the tree in one unit of work
ANSWERS = 5  # of the linear programme in one turn
CONVERGED = 0.003  # share of the bound that the linear programme may still underrate
LOOSE = 3e-4  # the same for a small programme, whose tree goes on cutting
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
        If instance and terms do not speak of the same items, a lock names what does not exist, the time
        limit is negative, the gap is none, the engine is not installed, or
        the plan would need more memory than is allowed.
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
    run = _Run(instance, terms, spec, time_limit_s, seed, work_limit, on_progress, engine, target_gap)
    result = run.result()
    return replace(result, evidence=run.evidence()) if keeps_evidence else result


class _Run:
    """One call of `optimise`."""

    def __init__(
        self,
        instance: Instance,
        terms: Terms,
        spec: PlanSpec,
        time_limit_s: float,
        seed: int,
        work_limit: int | None,
        on_progress: OnProgress | None,
        engine: EngineName,
        target_gap: float,
    ) -> None:
        self.began = time.perf_counter()
        self.instance, self.terms, self.seed = instance, terms, seed
        self.time_limit_s, self.work_limit, self.on_progress = time_limit_s, work_limit, on_progress
        self.rng = np.random.default_rng(seed)
        self.out: Outlays = outlays(terms)
        self.locks: Locks = read_locks(terms, spec)
        self.game, self.pool = changeable(instance)
        years = float(terms.quarter_weight.sum())
        self.without = float(self.game.weight.sum()) * years
        self.everything = float(self.game.weight @ self.game.low) * years
        self.bound, self.value = self.everything, np.inf
        self.start: IntArray | None = None
        self.by_quarter: FloatArray = np.full(terms.n_quarters, self.game.weight.sum())
        self.stopped: Stopped | None = None
        self.has_dived, self.dive_s = False, 0.0
        self.patience = 0  # turns left in which the search goes on from a plan that is not the best
        self.is_done = False  # whole starts were solved to the solver's tolerance
        self.engine, self.target_gap = engine, target_gap
        limited = self.out.total if terms.is_tail_paid else self.out.total[:, :, : terms.n_horizon_years]
        self.dollars = limited.sum(axis=2) / 1e6 + 1e-6
        self.notices: list[str] = list(terms.notices)

    def result(self) -> PlanResult:
        """Search and return the result."""
        found = conflicts(self.terms, self.locks, self.out)
        if found:
            self.notices += found
            return self._answer("infeasible")
        if self.game.of.n == 0:
            self.notices.append("no item touches any path: nothing can change the value")
        self._start_search()
        if self.start is None:
            late = money_conflict(self.terms, self.locks, self.out)
            self.notices += late or ("no plan was found that holds all locked items and keeps every limit",)
            return self._answer("infeasible" if late else "unknown")
        if self.time_limit_s == 0:
            self.stopped = "time"
        elif self.game.of.n:
            self._turns()
        if not (self.start >= 0).any():
            why = "no time was given to search for a plan" if self.time_limit_s == 0 else ""
            why = why or ("no item touches any path" if self.game.of.n == 0 else "")
            self.notices.append(f"nothing is built: {why_nothing(self.terms, self.locks, self.out, why)}")
        return self._answer("feasible" if self._is_open() else "optimal")

    def evidence(self) -> Evidence | None:
        """Return what the answer rests on, None without a plan."""
        if self.start is None:
            return None
        bounding: Bounding | None = getattr(self, "bounding", None)
        if isinstance(bounding, Whole) and bounding.answer is not None:
            bounding.conclude(LAST_SECONDS)
        held = () if bounding is None else (bounding.groups, bounding.proof, bounding.proved_by)
        return Evidence(self.instance, self.terms, self.game, self.pool, self.start, self.locks, *held)

    def _left(self) -> float:
        """Return the seconds left."""
        return self.time_limit_s - (time.perf_counter() - self.began)

    def _is_over(self) -> bool:
        """Tell whether the time is up."""
        return self._left() <= 0

    def _is_open(self) -> bool:
        """Tell whether value and bound are still apart."""
        apart = self.value - self.bound
        return apart > self.target_gap * self.value and apart > NOTHING * self.without

    def _goes_on(self, phase: str) -> bool:
        """Report progress; tell whether to go on."""
        if self.stopped is None and self._is_over():
            self.stopped = "time"
        if self.on_progress is not None and self.stopped is None:
            value = self.value if self.start is not None else self.without
            now = time.perf_counter() - self.began
            progress = PlanProgress(now, value, self.bound, gap(value, self.bound), phase)
            if self.on_progress(progress) is False:
                self.stopped = "interrupt"
        return self.stopped is None

    def _start_search(self) -> None:
        """Set the plan to the commitments, the locked items and what the former plan still allows."""
        terms, locks = self.terms, self.locks
        self.search = Search(
            terms, self.game.over, self.out.total, self.game.weight, locks.allowed, locks.start
        )
        self.search.refresh(self.pool, self.game.of.n)
        order = np.where(np.isin(np.arange(terms.n_items), locks.forced), 2.0, 0.0)
        self.search.round_off(order[:, None], self.dollars, 0.5)
        self.locked = self.search.start.copy()
        if (locks.warm >= 0).any():
            self._take_former(order)
        if (self.search.start[locks.forced] >= 0).all() and self.search.is_sound():
            self._keep_if_better(self.search.start)

    def _take_former(self, order: FloatArray) -> None:
        """Set the plan to the former one, or to what is still possible of it beside the locked items."""
        locks = self.locks
        former = np.where(locks.start >= 0, locks.start, locks.warm)
        chosen = np.flatnonzero(former >= 0)
        self.search.load(former)
        is_whole = np.isin(locks.forced, chosen).all() and locks.allowed[chosen, former[chosen]].all()
        if not (is_whole and self.search.is_sound()):
            self.search.round_off((order + (locks.warm >= 0))[:, None], self.dollars, 0.5)

    def _keep_if_better(self, start: IntArray) -> float:
        """Value a plan exactly, teach the pool its paths, keep it if it is the best; return its value."""
        value, by_quarter, found = exact_value(self.game, self.terms, start)
        self.pool.add(found)
        has_locks = bool((start[self.locks.forced] >= 0).all())
        if has_locks and (self.start is None or value < self.value):
            self.start, self.value, self.by_quarter = start.copy(), value, by_quarter
        return value

    def _greedy(self) -> None:
        """Find a first plan: greedy on the pool, twice more on a pool that knows its ways round."""
        for _ in range(3):
            self.search.refresh(self.pool, self.game.of.n)
            self.search.load(self.search.base)
            score = self.search.scores(self.dollars)
            self.search.recreate(self.dollars, score, np.ones(self.terms.n_items), 0.0, TRIES)
            self._keep_if_better(self.search.start)
            if not self._goes_on("greedy"):
                return

    def _turns(self) -> None:
        """Let bound and incumbent take turns."""
        has_all = (self.locked[self.locks.forced] >= 0).all()
        self.search.base = self.locked if has_all else self.search.start.copy()
        self._greedy()
        if is_small(self.game, self.locks.allowed):
            self._prove()
            return
        self.bounding = Bounding(
            self.game, self.terms, self.pool, self.out.total, self.locks.allowed, self.locks.forced
        )
        count = FIRST_EPOCHS
        self._begin(count)
        rounds = 0
        while not self.is_done and self._goes_on("search") and self._is_open():
            if self.work_limit is not None and rounds >= self.work_limit:
                return
            rounds += 1
            self._bound_and_search()
            if self.bounding.answer is None:
                continue
            self.bound = max(self.bound, self.bounding.bound)
            log.debug(
                "%5.1f s: value %.4f bound %.4f short %.4f rows, columns %s epochs %d pool %d",
                time.perf_counter() - self.began, self.value, self.bound, self.bounding.short,
                self.bounding.master.size, count, self.pool.n,
            )  # fmt: skip
            is_last = count == self.terms.n_quarters
            is_near = self.bounding.short < (CONVERGED if is_last else COARSE) * self.bound
            if self._is_time_to_dive(is_near):
                self._dive()
            if is_near and (self.bounding.news == 0 or not is_last):
                if count < self.terms.n_quarters:
                    count = min(EPOCHS_GROW * count, self.terms.n_quarters)
                    self._begin(count)
                elif self.locks.allowed.sum() <= STARTS:
                    self._whole()

    def _bound_and_search(self) -> None:
        """Let the linear programme answer on one core while ruin and recreate goes on on another.

        Both do a fixed amount of work, so that the result does not depend on which of them is faster.
        """
        if self.bounding.answer is None:
            self._answers()
            return
        self.search.refresh(self.pool, self.game.of.n)
        turns = MORE_TURNS + int((self.bounding.master.size[0] / ROWS_A_TURN) ** 1.5)
        answer, price = self.bounding.answer.start, self._price()
        with ThreadPoolExecutor(1) as beside:
            searched = beside.submit(self._search_beside, answer, price, turns)
            self._answers()
            searched.result()
        value = self._keep_if_better(self.search.start)
        self.patience -= 1
        if value > self.value and self.patience < 0:
            assert self.start is not None
            self.search.start = self.start

    def _search_beside(self, share: FloatArray, price: FloatArray, turns: int) -> None:
        """Go on from the search's plan; before the first dive, from the answer rounded off where that is better."""
        if not self.has_dived:
            kept, value = self.search.start, self.search.value
            self.search.round_off(share, price, float(self.rng.uniform(0.3, 0.8)))
            self.search.recreate(price, self.search.scores(price), np.ones(self.terms.n_items), 0.0, TRIES)
            if self.search.value > value:
                self.search.load(kept)
        self.search.ruin_and_recreate(self.rng, price, turns, self._is_over)

    def _answers(self) -> None:
        """Let the linear programme answer a few times."""
        for _ in range(ANSWERS):
            if not self.bounding.round(self._left()):
                return
            if self.bounding.short < CONVERGED * self.value and self.bounding.news == 0:
                return

    def _prove(self) -> None:
        """Solve a small programme over whole starts: linear programme, some improvement, then the engine."""
        self.bounding = Whole(
            self.game, self.terms, self.pool, self.out.total, self.locks.allowed, self.locks.forced
        )
        self._begin(self.terms.n_quarters)
        if self.work_limit == 0:
            return
        while self._goes_on("search") and self._is_open():
            is_solved = self.bounding.round(self._left())
            self.bound = max(self.bound, self.bounding.bound)
            is_near = self.bounding.short < LOOSE * self.value or self.bounding.n_cut == 0
            if is_solved and self.bounding.news == 0 and is_near:
                break
        for _ in range(POLISHES):
            if self.bounding.answer is None or not self._goes_on("search"):
                return
            self._improve()
        if self.engine == "scip":
            self._tree()
        else:
            self._whole()

    def _tree(self) -> None:
        """Let SCIP raise the bound in one tree."""
        from sarhad.plan.tree import Tree, Watch  # an optional package

        assert isinstance(self.bounding, Whole)
        limits = self.out.total, self.locks.allowed, self.locks.forced
        watch = Watch(self._best, self._keep_if_better, self._guess, self._notice)
        tree = Tree(self.bounding, self.terms, *limits, watch, self.seed)
        nodes = None if self.work_limit is None else NODES * self.work_limit
        self.bound = max(self.bound, tree.prove(self._left(), self.target_gap, nodes))
        self._goes_on("tree")

    def _best(self) -> tuple[float, IntArray]:
        """Return the value and the starts of the best plan."""
        assert self.start is not None
        return self.value, self.start

    def _notice(self, bound: float) -> bool:
        """Take notice of a bound; tell whether to go on."""
        self.bound = max(self.bound, bound)
        return self._goes_on("tree")

    def _guess(self, share: FloatArray) -> None:
        """Look for a plan near shares of starts."""
        self.search.refresh(self.pool, self.game.of.n)
        self.search.round_off(share, self.dollars, 0.0)
        self._keep_if_better(self.search.start)

    def _whole(self) -> None:
        """Solve over whole starts until bound and value meet: exact, for small programmes."""
        last: IntArray | None = None
        rounds = itertools.count() if self.work_limit is None else range(self.work_limit)
        for _ in rounds:
            if not (self._goes_on("whole") and self._is_open()):
                return
            start = self.bounding.whole(self._left())
            self.bound = max(self.bound, self.bounding.bound)
            if start is None or (last is not None and (start == last).all()):
                self.is_done = start is not None
                return
            last = start
            self.search.refresh(self.pool, self.game.of.n)
            self.search.load(start)
            if self.search.is_sound():
                self._keep_if_better(start)

    def _price(self) -> FloatArray:
        """Return what each item and start costs at the last prices of money, in value, shape (I, T)."""
        assert self.bounding.answer is not None
        usd = np.einsum("isy,iy->is", self.search.cost, self.bounding.answer.price[self.terms.item_class])
        return np.asarray(usd + 0.02 * self.dollars * usd.sum() / self.dollars.sum() + 1e-9)

    def _begin(self, count: int) -> None:
        """Set up the linear programme with this many epochs."""
        assert self.start is not None
        plan = operating(self.terms, self.start).astype(np.float64)
        points, starts = [plan, 0.5 * plan], np.zeros_like(self.locks.allowed)
        chosen = np.flatnonzero(self.start >= 0)
        starts[chosen, self.start[chosen]] = True
        by_quarter = self.by_quarter
        if self.bounding.answer is not None:
            points.append(self.bounding.quarter_states())
            by_quarter = self.bounding.values(points[-1])
            starts |= self.bounding.answer.start > 0
        self.bounding.begin(choose_epochs(self.terms, by_quarter, count), points, starts)

    def _improve(self) -> None:
        """Round the linear programme off, then ruin and recreate."""
        answer = self.bounding.answer
        assert answer is not None
        assert self.start is not None
        price = self._price()
        self.search.refresh(self.pool, self.game.of.n)
        self.search.round_off(answer.start, price, float(self.rng.uniform(0.3, 0.8)))
        self.search.recreate(price, self.search.scores(price), np.ones(self.terms.n_items), 0.0, TRIES)
        rounded = self.search.start.copy()
        if self._keep_if_better(rounded) > self.value * 1.02 or self.rng.random() < 0.5:
            self.search.start = self.start
        self.search.refresh(self.pool, self.game.of.n)
        self.search.ruin_and_recreate(self.rng, price, MORE_TURNS, self._is_over)
        self._keep_if_better(self.search.start)

    def _is_time_to_dive(self, is_near: bool) -> bool:
        """Tell whether a dive is due: first when the answer is near or half the time is gone, then while there is time."""
        if not self.has_dived:
            return is_near or self._left() < self.time_limit_s / 2
        return is_near and (self.work_limit is not None or self._left() > 2 * self.dive_s)

    def _dive(self) -> None:
        """Let the linear programme dive, spend what money is left, and go on from there for a while."""
        began, price = self._left(), self._price()
        self.search.refresh(self.pool, self.game.of.n)
        with ThreadPoolExecutor(1) as beside:
            searched = beside.submit(
                self.search.ruin_and_recreate, self.rng, price, DIVE_TURNS, self._is_over
            )
            fixed = dive(self.bounding, self.search.base, self._left)
            searched.result()
        self._keep_if_better(self.search.start)
        self.search.refresh(self.pool, self.game.of.n)
        self.search.take_over(fixed, price)
        self.search.recreate(price, self.search.scores(price), np.ones(self.terms.n_items), 0.0, TRIES)
        value = self._keep_if_better(self.search.start)
        self.has_dived, self.dive_s, self.patience = True, began - self._left(), PATIENT
        log.debug("%5.1f s: dived to %.4f", time.perf_counter() - self.began, value)

    def _answer(self, status: Status) -> PlanResult:
        """Return the result; the value comes from `detection.evaluate`."""
        terms, start = self.terms, self.start
        if status in ("infeasible", "unknown") or start is None:
            start, value = np.full(terms.n_items, -1, dtype=np.int64), self.without
        else:
            found = evaluate(self.instance, operating(terms, start), terms.quarter_weight)
            value = found.value - self.constant
        bound = min(self.bound, value)
        return PlanResult(
            plan_items=items_table(terms, self.out, start),
            funding=funding(terms, start),
            value=value,
            bound=bound,
            gap=gap(value, bound),
            gap_of_gain=gap_of_gain(value, bound, self.without),
            status=status,
            value_without_plan=self.without,
            value_with_everything=self.everything,
            constant=self.constant,
            seconds=time.perf_counter() - self.began,
            seed=self.seed,
            stopped=self.stopped,
            notices=tuple(self.notices),
        )

    @property
    def constant(self) -> float:
        """Return what gets through over horizon and tail whatever is built."""
        return self.game.constant * float(self.terms.quarter_weight.sum())
