"""The engine `scip`: a programme over whole starts, with path cuts as rows of its linear programme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyscipopt
from scipy.sparse import csr_array

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.plan.game import states
from sarhad.plan.limits import Terms, operating
from sarhad.plan.linear import Cuts
from sarhad.plan.money import demand, hall_rows, pay, purse
from sarhad.plan.rows import StartRows
from sarhad.plan.whole import Whole

SCALE = 1000.0  # the value with nothing built in the unit of the tree
TOLERANCE = 1e-8  # by which rows may be broken; the bound is lowered by it
LAZY = 1e-7  # by which a unit's chance to evade may be underrated at a whole plan


@dataclass(frozen=True)
class Watch:
    """What the tree tells the search, and asks it.

    Parameters
    ----------
    best
        Return the value and the starts of the best plan.
    keep
        Value a plan exactly and keep it if it is the best.
    guess
        Look for a plan near shares of starts (I, T).
    goes_on
        Take notice of a bound; tell whether to go on.
    rows
        Return rows of floors that a plan breaks.
    """

    best: Callable[[], tuple[float, IntArray]]
    keep: Callable[[IntArray], float]
    guess: Callable[[FloatArray], None]
    goes_on: Callable[[float], bool]
    rows: Callable[[IntArray], StartRows]


class Tree:
    """A programme over whole starts in SCIP.

    Columns: whole starts, and the chance to evade of each quarter and unit. Rows: one start an item, exclusions,
    prerequisites by quarter, money of sets of needs, and path cuts as they are found. Missing rows of money
    and missing path cuts are found at every whole point, so that a plan counts only with its exact value.
    """

    def __init__(
        self,
        whole: Whole,
        terms: Terms,
        cost: IntArray,
        allowed: BoolArray,
        forced: IntArray,
        watch: Watch,
    ) -> None:
        self.whole, self.terms, self.watch = whole, terms, watch
        self.cost = cost.copy()
        self.cost[:, :, terms.n_horizon_years :] *= int(terms.is_tail_paid)
        self._source = purse(terms)
        self.starts = np.argwhere(allowed)
        self.n_eta = terms.n_quarters, whole.game.of.n
        self.worth = terms.quarter_weight[:, None] * whole.game.weight
        self.scale = SCALE / max(float(self.worth.sum()), 1e-12)
        self._reach = self._reached()
        self.model = pyscipopt.Model("plan")
        self.model.hideOutput()
        self.x = [self.model.addVar(f"x{k}", vtype="B") for k in range(len(self.starts))]
        low = self._lowest(allowed)
        self.eta = [
            self.model.addVar(
                f"e{k}", lb=float(low.flat[k]), ub=1.0, obj=float(self.worth.flat[k] * self.scale)
            )
            for k in range(low.size)
        ]
        self._choices(forced)
        self._prerequisites()
        self._linear(terms.linear)
        self._linear(whole.kept)
        for mask in hall_rows(terms):
            self._add(*self.money(mask))
        if whole.cuts and whole.answer is not None:
            for columns, factors, level in self.rows(whole.tight()):
                self._add(columns, factors, level, None)
        self.error: BaseException | None = None

    def _reached(self) -> list[csr_array]:
        """Return for each quarter which start makes which item operate, matrices (I, N)."""
        item, begin = self.starts.T
        ready, n = self.terms.ready[item, begin], len(item)
        shape = (self.terms.n_items, n)
        places = [np.flatnonzero(ready <= quarter) for quarter in range(self.terms.n_quarters)]
        return [csr_array((np.ones(len(at)), (item[at], at)), shape=shape) for at in places]

    def _lowest(self, allowed: BoolArray) -> FloatArray:
        """Return the chance to evade by quarter and unit with all in operation that can be, shape (T, U)."""
        first = np.where(allowed.any(axis=1), allowed.argmax(axis=1), -1)
        everything = operating(self.terms, first).astype(np.float64)
        return self.whole.game.paths(self.whole.supports.states(everything))[0].clip(0.0, 1.0)

    def _add(self, columns: IntArray, factors: FloatArray, low: float | None, high: float | None) -> None:
        """Add a row over the columns: starts first, then chances."""
        if len(columns) == 0:
            return
        every = self.x + self.eta
        total = pyscipopt.quicksum(
            f * every[k] for k, f in zip(columns.tolist(), factors.tolist(), strict=True)
        )
        self.model.addCons(total >= low if high is None else total <= high)

    def _choices(self, forced: IntArray) -> None:
        """Add one start an item, and exclusions."""
        for item in range(self.terms.n_items):
            own = np.flatnonzero(self.starts[:, 0] == item)
            if len(own) > 1:
                self._add(own, np.ones(len(own)), None, 1.0)
            if item in set(forced.tolist()):
                self._add(own, np.ones(len(own)), 1.0, None)
        for clique in self.terms.exclusive:
            members = np.flatnonzero(np.isin(self.starts[:, 0], clique))
            self._add(members, np.ones(len(members)), None, 1.0)

    def _prerequisites(self) -> None:
        """Let an item operate only while one of each set that it requires does."""
        for item, sets in enumerate(self.terms.requires):
            for members in sets:
                for reach in self._reach:
                    row = reach[[item]] - csr_array(np.ones((1, len(members))) @ reach[list(members)])
                    row = csr_array(row)
                    if (row.data > 0).any():
                        self._add(np.asarray(row.indices, dtype=np.int64), row.data, None, 0.0)

    def _linear(self, rows: StartRows) -> None:
        """Add linear limits over starts."""
        for columns, factors, level in self.linear(rows):
            self._add(columns, factors, level, None)

    def linear(self, rows: StartRows) -> list[tuple[IntArray, FloatArray, float]]:
        """Return linear limits as rows ``sum >= level`` over the columns."""
        at = self.starts[:, 0] * self.terms.n_quarters + self.starts[:, 1]
        factor = csr_array(rows.factor[:, at])
        parts = [slice(a, b) for a, b in pairwise(factor.indptr.tolist())]
        return [
            (np.asarray(factor.indices[p], dtype=np.int64), -factor.data[p], -room)
            for p, room in zip(parts, rows.room.tolist(), strict=True)
        ]

    def money(self, mask: BoolArray) -> tuple[IntArray, FloatArray, None, float]:
        """Return the row of the needs in the mask: together no more than the money that reaches them.

        Its largest factor is 1: dollars beside chances are more than SCIP's linear solver can bear.
        """
        item, begin = self.starts.T
        wanted = mask.reshape(len(self.terms.payers), -1)[self.terms.item_class[item]]
        usd = (self.cost[item, begin] * wanted).sum(axis=1)
        columns = np.flatnonzero(usd)
        largest = float(usd.max(initial=1))
        return columns, usd[columns] / largest, None, float(self._source.cover(mask[None])[0]) / largest

    def rows(self, cuts: Cuts) -> list[tuple[IntArray, FloatArray, float]]:
        """Return the cuts as rows over the columns: starts first, then chances."""
        result = []
        for quarter, reach in enumerate(self._reach):
            at = np.flatnonzero(cuts.epoch == quarter)
            block = csr_array(cuts.slope[at] @ reach)
            eta = len(self.x) + quarter * self.n_eta[1] + cuts.group[at]
            for k in range(len(at)):
                part = slice(block.indptr[k], block.indptr[k + 1])
                columns = np.append(block.indices[part], eta[k])
                result.append((columns, np.append(block.data[part], 1.0), float(cuts.level[at[k]])))
        return result

    def take_over(self) -> None:
        """Let the search keep SCIP's best plan if that is better than its own."""
        value, _ = self.watch.best()
        if self.model.getNSols() and self.model.getPrimalbound() / self.scale < value * (1 - 1e-7):
            solution = self.model.getBestSol()
            self.watch.keep(self.start_of(np.array([self.model.getSolVal(solution, v) for v in self.x])))

    def bound(self) -> float:
        """Return what the tree has proved, made safe against its tolerances."""
        bound = self.model.getDualbound()
        if bound >= self.model.infinity():
            return self.watch.best()[0]
        return float(bound - TOLERANCE * SCALE - 1e-9 * abs(bound)) / self.scale

    def start_of(self, x: FloatArray) -> IntArray:
        """Return the start of each item, -1 where it is left out, from whole columns."""
        start = np.full(self.terms.n_items, -1, dtype=np.int64)
        chosen = self.starts[x > 0.5]
        start[chosen[:, 0]] = chosen[:, 1]
        return start

    def items(self, x: FloatArray) -> FloatArray:
        """Return the state of the items by quarter, shape (T, I)."""
        return np.stack([np.asarray(reach @ x) for reach in self._reach])

    def unpaid(self, start: IntArray) -> BoolArray:
        """Return needs of a plan that together cannot be paid."""
        return pay(self._source.supply, demand(self.terms, self.cost, start), self._source.is_open)[1]

    def evade(self, start: IntArray) -> FloatArray:
        """Return the exact chance to evade by quarter and unit, shape (T, U)."""
        points = states(self.terms, self.whole.game.over, start).astype(np.float64)
        return self.whole.game.paths(points)[0]
