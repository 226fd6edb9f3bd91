"""One search for a plan: what it knows, the best plan so far, its time, and the moves every engine makes."""

from __future__ import annotations

import time

import numpy as np

from sarhad.detection import evaluate
from sarhad.detection.instance import FloatArray, Instance, IntArray
from sarhad.plan.bounding import Bounding, choose_epochs
from sarhad.plan.conflict import any_plan
from sarhad.plan.engine import EngineName
from sarhad.plan.floors import Floors, as_notices
from sarhad.plan.game import changeable, exact_value
from sarhad.plan.incumbent import TRIES, Search
from sarhad.plan.limits import Terms, operating
from sarhad.plan.locks import Locks, read_locks
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
from sarhad.plan.rows import StartRows, start_rows
from sarhad.plan.store import items_table

NOTHING = 1e-12  # share of the value with nothing built that counts as nothing
LEAST_S = 10.0  # seconds to look for any plan, whatever the time limit
MORE_TURNS = 20  # of ruin and recreate after each rounding


class Run:
    """One call of `optimise`: the game, the limits, the best plan and the bound so far, the time."""

    bounding: Bounding

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
        self.has_dived = False
        self.patience = 0  # turns left in which the search goes on from a plan that is not the best
        self.is_done = False  # whole starts were solved to the solver's tolerance
        self.engine, self.target_gap = engine, target_gap
        limited = self.out.total if terms.is_tail_paid else self.out.total[:, :, : terms.n_horizon_years]
        self.dollars = limited.sum(axis=2) / 1e6 + 1e-6
        self.notices: list[str] = list(terms.notices)
        self.floors = Floors(instance, terms)
        self.kept = start_rows((terms.n_items, terms.n_quarters), [])  # rows of floors that plans broke
        self.has_begun = False
        self.conflict: tuple[str, ...] = ()
        self.is_infeasible = False

    def left(self) -> float:
        """Return the seconds left."""
        return self.time_limit_s - (time.perf_counter() - self.began)

    def is_over(self) -> bool:
        """Tell whether the time is up."""
        return self.left() <= 0

    def is_open(self) -> bool:
        """Tell whether value and bound are still apart."""
        apart = self.value - self.bound
        return apart > self.target_gap * self.value and apart > NOTHING * self.without

    def is_time_to_dive(self, is_near: bool) -> bool:
        """Tell whether the dive is due: when the first answer is near, or half the time is gone."""
        return not self.has_dived and (is_near or self.left() < self.time_limit_s / 2)

    def goes_on(self, phase: str) -> bool:
        """Report progress; tell whether to go on."""
        if self.stopped is None and self.is_over():
            self.stopped = "time"
        if self.on_progress is not None and self.stopped is None:
            value = self.value if self.start is not None else self.without
            now = time.perf_counter() - self.began
            progress = PlanProgress(now, value, self.bound, gap(value, self.bound), phase)
            if self.on_progress(progress) is False:
                self.stopped = "interrupt"
        return self.stopped is None

    def start_search(self) -> None:
        """Set the plan to the commitments, the locked items and what the former plan still allows."""
        terms, locks = self.terms, self.locks
        self.search = Search(
            terms, self.game.over, self.out.total, self.game.weight, locks.allowed, locks.start
        )
        self.search.refresh(self.pool, self.game.of.n)
        is_forced = np.isin(np.arange(terms.n_items), locks.forced).astype(np.float64)
        self.search.round_off(is_forced[:, None], self.dollars, 0.5)
        locked = self.search.start.copy()
        self.search.load(locks.start)
        self.search.take_over(locks.warm, self.dollars)
        if not self._has_locks(self.search.start):
            self.search.base = locked
            self.search.take_over(locks.warm, self.dollars)
            self.search.base = locks.start
        if self.search.is_sound():
            self.keep_if_better(self.search.start)
        if self.start is None:
            self._find_any()
        has_former = bool((locks.warm >= 0).any()) and self._has_locks(locked)
        self.base = locked if has_former else self.search.start.copy()  # a former plan may be left again

    def _find_any(self) -> None:
        """Begin with any plan within the limits, where the search saw none; else say which limits conflict."""
        seconds = max(self.left(), LEAST_S)
        found = any_plan(self.terms, self.locks, self.out.total, self.floors.rows, seconds)
        if found.start is None:
            self.conflict, self.is_infeasible = found.conflict, found.is_decided
            return
        self.search.refresh(self.pool, self.game.of.n)
        self.search.load(found.start)
        if self.search.is_sound():
            self.keep_if_better(found.start)

    def _has_locks(self, start: IntArray) -> bool:
        """Tell whether a plan holds every locked item."""
        return bool((start[self.locks.forced] >= 0).all())

    def keep_if_better(self, start: IntArray) -> float:
        """Value a plan exactly, teach the pool its paths, keep it if it is the best; return its value, or infinity outside the limits."""
        value, by_quarter, found = exact_value(self.game, self.terms, start)
        self.pool.add(found)
        if not self._has_locks(start) or self.search.linear.broken(start).any():
            return np.inf
        if self.start is None or value < self.value:
            if self.watch(start).n:
                return np.inf
            self.start, self.value, self.by_quarter = start.copy(), value, by_quarter
        return value

    def watch(self, start: IntArray) -> StartRows:
        """Return the rows of floors that a plan breaks, kept from now on by search and bound; none where it keeps them."""
        rows = self.floors.rows(start)
        if rows.n and not self.kept.broken(start).any():
            self.kept = self.kept.with_rows(rows)
            self.search.add_rows(rows)
            if self.has_begun:
                self.bounding.keep(rows)
        return rows

    def greedy(self) -> None:
        """Find a first plan: greedy on the pool, twice more on a pool that knows its ways round."""
        for _ in range(3):
            self.search.refresh(self.pool, self.game.of.n)
            self.search.load(self.search.base)
            score = self.search.scores(self.dollars)
            self.search.recreate(self.dollars, score, np.ones(self.terms.n_items), 0.0, TRIES)
            self.keep_if_better(self.search.start)
            if not self.goes_on("greedy"):
                return

    def price(self) -> FloatArray:
        """Return what each item and start costs at the last prices of money, in value, shape (I, T)."""
        assert self.bounding.answer is not None
        usd = np.einsum("isy,iy->is", self.search.cost, self.bounding.answer.price[self.terms.item_class])
        return np.asarray(usd + 0.02 * self.dollars * usd.sum() / self.dollars.sum() + 1e-9)

    def begin(self, count: int) -> None:
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
        self.bounding.kept = self.kept
        self.has_begun = True
        self.bounding.begin(choose_epochs(self.terms, by_quarter, count), points, starts)

    def round_off(self, share: FloatArray, price: FloatArray) -> None:
        """Set the search to an answer of the linear programme, rounded off, and spend what money is left."""
        self.search.round_off(share, price, float(self.rng.uniform(0.3, 0.8)))
        self.search.recreate(price, self.search.scores(price), np.ones(self.terms.n_items), 0.0, TRIES)

    def improve(self) -> None:
        """Round the linear programme off, then ruin and recreate."""
        answer = self.bounding.answer
        assert answer is not None
        assert self.start is not None
        price = self.price()
        self.search.refresh(self.pool, self.game.of.n)
        self.round_off(answer.start, price)
        rounded = self.search.start.copy()
        if self.keep_if_better(rounded) > self.value * 1.02 or self.rng.random() < 0.5:
            self.search.start = self.start
        self.search.refresh(self.pool, self.game.of.n)
        self.search.ruin_and_recreate(self.rng, price, MORE_TURNS, self.is_over)
        self.keep_if_better(self.search.start)

    def answer(self, status: Status) -> PlanResult:
        """Return the result; the value comes from `detection.evaluate`."""
        terms, start = self.terms, self.start
        if status in ("infeasible", "unknown") or start is None:
            start, value = np.full(terms.n_items, -1, dtype=np.int64), self.without
        else:
            found = evaluate(self.instance, operating(terms, start), terms.quarter_weight)
            value = found.value - self.constant
            self.notices += as_notices(self.floors.measure(start))
            if terms.former is not None:
                changed = int((start != terms.former).sum())
                self.notices.append(f"{changed} changes against the kept plan")
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
