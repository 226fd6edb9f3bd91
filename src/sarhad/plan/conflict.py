"""Is there any plan within the limits? One, or a smallest set of limits that conflict, in the user's words."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan.limits import Terms
from sarhad.plan.locks import Locks
from sarhad.plan.money import Purse, purse
from sarhad.plan.rows import StartRows
from sarhad.plan.solver import quiet_solver

UNITS = 1000.0  # all money together in the unit of the programme


@dataclass(frozen=True)
class Found:
    """What a look for any plan found.

    Parameters
    ----------
    start
        Starts of a plan within the limits, shape (I,); None where there is none or none was found in time.
    conflict
        Limits that cannot be kept together; without any one of them the others can.
    is_decided
        Was a plan found, or shown not to exist.
    """

    start: IntArray | None
    conflict: tuple[str, ...] = ()
    is_decided: bool = True


@dataclass(frozen=True)
class _Row:
    """A row over starts and payments: a limit is named, a definition is not."""

    words: str
    columns: IntArray
    factors: FloatArray
    low: float
    high: float


def any_plan(
    terms: Terms, locks: Locks, cost: IntArray, floors: Callable[[IntArray], StartRows], time_limit_s: float
) -> Found:
    """Return a plan within all limits, or limits that conflict.

    Parameters
    ----------
    terms, locks
        The limits and what a person decided.
    cost
        Whole dollars by item, start and year, shape (I, T, Y).
    floors
        Return rows of floors that starts break and no plan does that keeps the floors.
    time_limit_s
        Seconds for everything.

    Notes
    -----
    A programme over whole starts and payments without any objective, solved by HiGHS; the conflict is found by
    QuickXplain (Junker 2004, AAAI): irreducible, not always the fewest.
    """
    return _Limits(terms, locks, cost, floors, time_limit_s).find()


class _Limits:
    """The rows of all limits, and subsets of them solved."""

    def __init__(
        self,
        terms: Terms,
        locks: Locks,
        cost: IntArray,
        floors: Callable[[IntArray], StartRows],
        time_limit_s: float,
    ) -> None:
        self.floors = floors
        self.terms, self.locks, self.until = terms, locks, time.perf_counter() + time_limit_s
        quarter = np.arange(terms.n_quarters)
        free = terms.startable & (quarter >= terms.first_start)
        self.starts = np.argwhere(free | locks.allowed)
        self.out = ~locks.allowed.any(axis=1) & free.any(axis=1)
        self.source: Purse = purse(terms)
        self.pairs = np.argwhere(self.source.is_open)
        self.usd = max(float(self.source.total), float(cost.max(initial=0)), UNITS) / UNITS
        self.cost = cost / self.usd
        if not terms.is_tail_paid:
            self.cost[:, :, terms.n_horizon_years :] = 0.0
        rows = [*self._choices(), *self._decisions(), *self._requirements(), *self._money()]
        rows += self._linear(terms.linear)
        self.rows = [row for row in rows if len(row.columns) or row.low > 0 or row.high < 0]
        named = [*(row.words for row in self.rows), *(floor.words for floor in terms.floors)]
        self.names = tuple(words for words in dict.fromkeys(named) if words)

    def find(self) -> Found:
        """Return a plan or a conflict."""
        answer = self._solve(self.names)
        if answer is None or answer.start is not None:
            return answer or Found(None, is_decided=False)
        try:
            return Found(None, tuple(self._explain((), self.names, is_new=False)))
        except TimeoutError:
            return Found(None, ("the limits conflict; no time was left to say which of them",))

    def _explain(self, given: tuple[str, ...], names: tuple[str, ...], *, is_new: bool) -> list[str]:
        """Return a smallest part of the names that conflicts with what is given (QuickXplain)."""
        if is_new and self._fails(given):
            return []
        if len(names) <= 1:
            return list(names)
        first, second = names[: len(names) // 2], names[len(names) // 2 :]
        of_second = self._explain(given + first, second, is_new=bool(first))
        of_first = self._explain(given + tuple(of_second), first, is_new=bool(of_second))
        return of_first + of_second

    def _fails(self, names: Sequence[str]) -> bool:
        """Tell whether these limits conflict; raise TimeoutError when the time did not suffice to know."""
        answer = self._solve(names)
        if answer is None:
            raise TimeoutError
        return answer.start is None

    def _solve(self, names: Sequence[str]) -> Found | None:
        """Return starts within these limits, nothing found where there are none, None when the time was up."""
        while True:
            found = self._answer(names)
            if found is None or found.start is None:
                return found
            broken = [row for row in self._linear(self.floors(found.start)) if row.words in names]
            if not broken:
                return found
            self.rows += broken

    def _answer(self, names: Sequence[str]) -> Found | None:
        """Return starts within the rows of these limits."""
        left = self.until - time.perf_counter()
        if left <= 0:
            return None
        wanted = {"", *names}
        rows = [row for row in self.rows if row.words in wanted]
        n_start, n = len(self.starts), len(self.starts) + len(self.pairs)
        solver = quiet_solver()
        for option, setting in (
            ("threads", 1),
            ("time_limit", left),
            ("mip_feasibility_tolerance", 1e-9),
            ("primal_feasibility_tolerance", 1e-9),
        ):
            solver.setOptionValue(option, setting)
        top = np.concatenate([np.ones(n_start), np.full(len(self.pairs), highspy.kHighsInf)])
        none = np.empty(0, dtype=np.int32)
        solver.addCols(n, np.zeros(n), np.zeros(n), top, 0, none, none, np.empty(0))
        solver.changeColsIntegrality(
            n_start, np.arange(n_start, dtype=np.int32), np.full(n_start, highspy.HighsVarType.kInteger)
        )
        sizes = np.cumsum([0, *(len(row.columns) for row in rows)])[:-1]
        columns = np.concatenate([np.empty(0, dtype=np.int64), *(row.columns for row in rows)])
        factors = np.concatenate([np.empty(0), *(row.factors for row in rows)])
        low, high = np.array([row.low for row in rows]), np.array([row.high for row in rows])
        solver.addRows(
            len(rows), low, high, len(columns), sizes.astype(np.int32), columns.astype(np.int32), factors
        )
        solver.run()
        status = solver.getModelStatus()
        if status in (
            highspy.HighsModelStatus.kInfeasible,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        ):
            return Found(None)
        if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        value = np.array(solver.getSolution().col_value)[:n_start]
        start = np.full(self.terms.n_items, -1, dtype=np.int64)
        chosen = self.starts[value > 0.5]
        start[chosen[:, 0]] = chosen[:, 1]
        return Found(start)

    def _of(self, members: Sequence[int]) -> IntArray:
        """Return the columns of the starts of these items."""
        return np.flatnonzero(np.isin(self.starts[:, 0], np.array(members, dtype=np.int64)))

    def _choices(self) -> list[_Row]:
        """Return one start an item, a definition, and exclusions."""
        ids, result = self.terms.item_ids, []
        for i in range(self.terms.n_items):
            own = self._of([i])
            result.append(_Row("", own, np.ones(len(own)), -highspy.kHighsInf, 1.0))
        for clique in self.terms.exclusive:
            columns = self._of(clique)
            words = f"at most one of {_names(ids, clique)} may be built"
            result.append(_Row(words, columns, np.ones(len(columns)), -highspy.kHighsInf, 1.0))
        return result

    def _decisions(self) -> list[_Row]:
        """Return locks and commitments."""
        terms, result = self.terms, []
        for i in self.locks.forced.tolist():
            own, at = self._of([i]), int(self.locks.start[i])
            words = f"{terms.item_ids[i]} is locked in"
            if at >= 0:
                words += f" from {terms.quarters[at]}"
                own = own[self.starts[own, 1] == at]
            result.append(_Row(words, own, np.ones(len(own)), 1.0, highspy.kHighsInf))
        for i in np.flatnonzero(self.out).tolist():
            own = self._of([i])
            result.append(_Row(f"{terms.item_ids[i]} is locked out", own, np.ones(len(own)), 0.0, 0.0))
        return result

    def _requirements(self) -> list[_Row]:
        """Return what items need before they operate."""
        terms, result = self.terms, []
        ready = terms.ready[self.starts[:, 0], self.starts[:, 1]]
        for i, sets in enumerate(terms.requires):
            own = self._of([i])
            for members in sets if len(own) else ():
                words = f"{terms.item_ids[i]} needs {_names(terms.item_ids, members) or 'what no candidate offers'}"
                theirs = self._of(members)
                for quarter in range(terms.n_quarters):
                    now = own[ready[own] <= quarter]
                    if len(now):
                        soon = theirs[ready[theirs] <= quarter]
                        factors = np.concatenate([np.ones(len(now)), -np.ones(len(soon))])
                        columns = np.concatenate([now, soon])
                        result.append(_Row(words, columns, factors, -highspy.kHighsInf, 0.0))
        return result

    def _money(self) -> list[_Row]:
        """Return what each need gets, a definition, and what each supply holds, a limit."""
        terms, source, result = self.terms, self.source, []
        years, first = len(terms.years), len(self.starts)
        item, begin = self.starts.T
        for need in range(source.is_open.shape[1]):
            group, year = divmod(need, years)
            usd = self.cost[item, begin, year] * (terms.item_class[item] == group)
            paid = first + np.flatnonzero(self.pairs[:, 1] == need)
            columns = np.concatenate([np.flatnonzero(usd), paid])
            factors = np.concatenate([usd[usd != 0], -np.ones(len(paid))])
            words = (
                ""
                if len(paid)
                else f"no money may pay for {_categories(terms, group)} in {terms.years[year]}"
            )
            if usd.any():
                result.append(_Row(words, columns, factors, -highspy.kHighsInf, 0.0))
        for k, usd_k in enumerate(source.supply.tolist()):
            spent = first + np.flatnonzero(self.pairs[:, 0] == k)
            result.append(
                _Row(self._supply_words(k), spent, np.ones(len(spent)), -highspy.kHighsInf, usd_k / self.usd)
            )
        return result

    def _supply_words(self, k: int) -> str:
        """Return a supply in words."""
        terms, source = self.terms, self.source
        partner, year = terms.partners[source.partner[k]], terms.years[source.year[k]]
        own = k < terms.budget_usd.size
        said = "in kind" if source.is_in_kind[k] else "of free money" if own else "of tied money"
        return f"{partner} gives {int(source.supply[k]):,} usd {said} for {year}"

    def _linear(self, linear: StartRows) -> list[_Row]:
        """Return the linear limits."""
        at = self.starts[:, 0] * self.terms.n_quarters + self.starts[:, 1]
        factor = csr_array(linear.factor[:, at]) if linear.n else csr_array((0, len(at)))
        return [
            _Row(
                words,
                np.asarray(factor.indices[factor.indptr[k] : factor.indptr[k + 1]], dtype=np.int64),
                np.asarray(factor.data[factor.indptr[k] : factor.indptr[k + 1]]),
                -highspy.kHighsInf,
                float(linear.room[k]),
            )
            for k, words in enumerate(linear.words)
        ]


def _names(ids: tuple[str, ...], members: Sequence[int]) -> str:
    """Return the first few items by name."""
    shown = " or ".join(ids[j] for j in members[:5])
    return shown + (f" or {len(members) - 5} others" if len(members) > 5 else "")


def _categories(terms: Terms, group: int) -> str:
    """Return the categories of a funding class."""
    pairs = zip(terms.category, terms.item_class.tolist(), strict=True)
    return ", ".join(sorted({c for c, k in pairs if k == group}))
