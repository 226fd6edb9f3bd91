"""The linear programme of path cuts: starts, money and supports of the joint problem, grown by rows and columns."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.errors import SolverError
from sarhad.plan.limits import Terms
from sarhad.plan.money import purse
from sarhad.plan.proof import PREREQUISITE, UNKNOWN, Made, Proof, made_without_paths
from sarhad.plan.solver import quiet_solver

UNITS = 1000.0  # all money together in the unit of the programme: a dollar stays above the solver's tolerance


@dataclass(frozen=True)
class Epochs:
    """Runs of quarters that the linear programme sees as one, in their weighted mean state.

    Parameters
    ----------
    weight
        Years that each epoch counts, shape (N,).
    share
        Share of the epoch's weight in which an item operates that operates from quarter o on,
        shape (N, T + 1).

    Notes
    -----
    The value is convex in the state, so the value of the mean state is at most the mean of the values
    (Jensen): bounds stay valid, and become sharper with shorter epochs.
    """

    weight: FloatArray
    share: FloatArray

    @property
    def n(self) -> int:
        """Return the number of epochs N."""
        return len(self.weight)


def epochs(terms: Terms, begins: IntArray) -> Epochs:
    """Return the epochs that begin in these quarters (the first begins in quarter 0)."""
    weight, of = terms.quarter_weight, np.searchsorted(begins, np.arange(terms.n_quarters), "right") - 1
    total = np.bincount(of, weight, minlength=len(begins))
    share = np.zeros((len(begins), terms.n_quarters + 1))
    for o in range(terms.n_quarters):
        share[:, o] = np.bincount(of[o:], weight[o:], minlength=len(begins)) / total
    return Epochs(total.astype(np.float64), share)


@dataclass(frozen=True)
class Cuts:
    """Rows ``eta[epoch, group] + sum slope * state of the items >= level``; `made` says of what, or is empty."""

    epoch: IntArray
    group: IntArray
    level: FloatArray
    slope: csr_array
    made: tuple[Made, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A solved linear programme.

    Parameters
    ----------
    bound
        Valid for the whole problem whatever the solver's tolerances were.
    state
        Mean state of the items in each epoch, shape (N, I).
    eta
        Chance to evade of each epoch and unit, as the programme sees it, shape (N, U).
    start
        Share of each item and start, shape (I, T).
    price
        Price of a dollar by class and year, shape (K, Y).
    gain
        What each item and start is worth at these prices, money not yet subtracted, shape (I, T).
    """

    bound: float
    state: FloatArray
    eta: FloatArray
    start: FloatArray
    price: FloatArray
    gain: FloatArray


@dataclass(frozen=True)
class Limits:
    """The rows that every plan keeps: ``low <= start block + pay block <= high``.

    Parameters
    ----------
    rows
        Kind and name of each row, length F.
    starts
        Item and quarter of each allowed start, shape (N, 2).
    start_block, pay_block
        Coefficients of starts and of payments, shapes (F, N) and (F, P).
    low, high, most
        Sides of the rows (F,), and the largest payments (P,).
    usd, scale
        Dollars in the unit of the money rows, attempts in the unit of the objective.
    """

    rows: tuple[tuple[str, str], ...]
    starts: IntArray
    start_block: csr_array
    pay_block: csr_array
    low: FloatArray
    high: FloatArray
    most: FloatArray
    usd: float
    scale: float


class Master:
    """Minimise the value over fractional starts, subject to the money, the limits and the cuts so far.

    Columns: chances to evade (epoch, group), payments, then starts as they come in. Rows:
    needs, supplies, one choice an item, exclusions, linear limits, then *profile rows*: prerequisites and cuts, each
    ``own columns + sum profile * mean state of the items >= level``, the mean state written out in the starts.
    """

    def __init__(
        self,
        terms: Terms,
        cost: IntArray,
        time: Epochs,
        weight: FloatArray,
        low: FloatArray,
        allowed: BoolArray,
        forced: IntArray,
    ) -> None:
        self.terms, self.time = terms, time
        final = np.append(np.ones(terms.n_quarters), 0.0)
        self._share = np.vstack([time.share, final])  # after the epochs, the state in the last quarter
        self.n_groups, self.weight, self.low = len(weight), weight, low
        money = max(float(purse(terms).total), float(cost.max(initial=0)))
        self._usd = max(money / UNITS, 1e-9)  # dollars in a unit
        self._cost = cost / self._usd
        if not terms.is_tail_paid:
            self._cost[:, :, terms.n_horizon_years :] = 0.0
        self._allowed = allowed
        self._scale = max(float(weight.sum() * time.weight.sum()), 1e-12) / 1000
        self._starts = np.empty((0, 2), dtype=np.int64)
        self._start_col = np.empty(0, dtype=np.int64)
        self._known = np.zeros((terms.n_items, terms.n_quarters), dtype=np.bool_)
        self._low, self._high = np.empty(0), np.empty(0)
        self._bottom, self._top = np.empty(0), np.empty(0)
        self._profile = csr_array((0, terms.n_items))
        self._epoch, self._idle = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)  # idle -1: no cut
        self._group, self._made = np.empty(0, dtype=np.int64), tuple[Made, ...]()  # of a cut
        self.solver = quiet_solver()
        for option, setting in (("threads", 1), ("presolve", "off"), ("solver", "simplex")):
            self.solver.setOptionValue(option, setting)
        self._columns(np.outer(time.weight, weight).ravel() / self._scale, np.tile(low, time.n))
        self._fixed_rows(forced)
        self._required = self._prerequisites()
        self._watched = np.zeros((time.n, self._required.shape[0]), dtype=np.bool_)

    def _columns(self, objective: FloatArray, low: FloatArray) -> None:
        """Add the columns that never change."""
        source = purse(self.terms)
        self._pairs = np.argwhere(source.is_open)
        self._supply = source.supply / self._usd
        self._n_need = source.is_open.shape[1]
        self._pay_from = len(objective)
        rest = np.zeros(len(self._pairs))
        top = np.concatenate([np.ones(len(objective)), self._supply[self._pairs[:, 0]]])
        self._add_columns(np.concatenate([objective, rest]), np.concatenate([low, rest]), top)

    def _add_columns(
        self, cost: FloatArray, low: FloatArray, high: FloatArray, block: csc_array | None = None
    ) -> int:
        """Add columns and return the index of the first."""
        first, n = self.solver.getNumCol(), len(cost)
        block = csc_array((len(self._bottom), n)) if block is None else block
        index = block.indptr[:-1].astype(np.int32), block.indices.astype(np.int32)
        self.solver.addCols(n, cost, low, high, block.nnz, *index, block.data)
        self._low, self._high = np.concatenate([self._low, low]), np.concatenate([self._high, high])
        return first

    def _add_rows(self, rows: csr_array, bottom: FloatArray, top: FloatArray) -> None:
        """Add rows over columns that exist."""
        index = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
        self.solver.addRows(rows.shape[0], bottom, top, rows.nnz, *index, rows.data)
        self._bottom, self._top = np.concatenate([self._bottom, bottom]), np.concatenate([self._top, top])

    def _fixed_rows(self, forced: IntArray) -> None:
        """Add the rows of money, choices and linear limits."""
        terms, n, n_pay = self.terms, self.solver.getNumCol(), len(self._pairs)
        column = self._pay_from + np.arange(n_pay)
        need = csr_array((-np.ones(n_pay), (self._pairs[:, 1], column)), shape=(self._n_need, n))
        spend = csr_array((np.ones(n_pay), (self._pairs[:, 0], column)), shape=(len(self._supply), n))
        n_choice = terms.n_items + len(terms.exclusive)
        self._choice_from = self._n_need + len(self._supply)
        self._linear_from = self._choice_from + n_choice
        self._linear = csc_array(terms.linear.factor)
        self._n_fixed = self._linear_from + terms.linear.n
        bottom = np.full(self._n_fixed, -highspy.kHighsInf)
        bottom[self._choice_from + forced] = 1.0
        top = np.concatenate([np.zeros(self._n_need), self._supply, np.ones(n_choice), terms.linear.room])
        rest = csr_array((self._n_fixed - self._choice_from, n))
        self._own = csr_array(vstack([need, spend, rest]))
        self._add_rows(self._own, bottom, top)
        cliques = [(terms.n_items + k, i) for k, members in enumerate(terms.exclusive) for i in members]
        own = [(i, i) for i in range(terms.n_items)]
        row, item = np.array(own + cliques, dtype=np.int64).T
        self._choice = csc_array((np.ones(len(row)), (row, item)), shape=(n_choice, terms.n_items))

    def _prerequisites(self) -> csr_array:
        """Return the rows that let an item operate at most as much as what it requires, over the items."""
        entries = [(i, s) for i, sets in enumerate(self.terms.requires) for s in sets]
        if not entries:
            return csr_array((0, self.terms.n_items))
        place = np.concatenate([np.full(len(s) + 1, k) for k, (_, s) in enumerate(entries)])
        items = np.concatenate([np.array([i, *s], dtype=np.int64) for i, s in entries])
        sign = np.concatenate([np.array([-1.0] + [1.0] * len(s)) for _, s in entries])
        return csr_array((sign, (place, items)), shape=(len(entries), self.terms.n_items))

    def require(self, state: FloatArray) -> int:
        """Add the prerequisites that the state (N, I) of the items breaks; return how many."""
        broken = np.asarray((self._required @ state.T).T) < -1e-6
        epoch, row = np.nonzero(broken & ~self._watched)
        if len(row):
            self._watched[epoch, row] = True
            none = csr_array((len(row), self.solver.getNumCol()))
            made = (made_without_paths(PREREQUISITE),) * len(row)
            required = csr_array(self._required[row])
            group = np.full(len(row), -1)
            self._add_profiles(epoch, group, made, required, none, np.zeros(len(row)), idle=-1)
        return len(row)

    def _add_profiles(
        self,
        epoch: IntArray,
        group: IntArray,
        made: tuple[Made, ...],
        profile: csr_array,
        own: csr_array,
        level: FloatArray,
        *,
        idle: int,
    ) -> None:
        """Add profile rows."""
        items, begin = self._starts.T
        n = self.solver.getNumCol()
        spread = csr_array((np.ones(len(items)), (items, self._start_col)), shape=(self.terms.n_items, n))
        block = csr_array(profile @ spread)
        from_quarter = np.zeros(n, dtype=np.int64)
        from_quarter[self._start_col] = self.terms.ready[items, begin]
        row = np.repeat(np.arange(len(epoch)), np.diff(block.indptr))
        block.data = block.data * self._share[epoch[row], from_quarter[block.indices]]
        block = csr_array(block + own)
        block.eliminate_zeros()
        self._add_rows(block, level, np.full(len(level), highspy.kHighsInf))
        self._profile = csr_array(vstack([self._profile, profile]))
        self._epoch, self._group = np.concatenate([self._epoch, epoch]), np.concatenate([self._group, group])
        self._made += made
        self._idle = np.concatenate([self._idle, np.full(len(level), idle)])

    def add_starts(self, chosen: BoolArray) -> int:
        """Add the starts marked in (I, T) that are allowed and not yet there; return how many."""
        new = np.argwhere(chosen & self._allowed & ~self._known)
        if len(new) == 0:
            return 0
        self._known[new[:, 0], new[:, 1]] = True
        items, begin = new.T
        profile = csc_array(csc_array(self._profile)[:, items])
        column = np.repeat(np.arange(len(new)), np.diff(profile.indptr))
        from_quarter = self.terms.ready[items, begin][column]
        profile.data = profile.data * self._share[self._epoch[profile.indices], from_quarter]
        block = csc_array(vstack([self._fixed_block(new), profile]))
        block.eliminate_zeros()
        zeros = np.zeros(len(new))
        first = self._add_columns(zeros, zeros, np.ones(len(new)), block)
        self._starts = np.concatenate([self._starts, new])
        self._start_col = np.concatenate([self._start_col, first + np.arange(len(new))])
        return len(new)

    def restrict(self, allowed: BoolArray, forced: BoolArray, time_limit_s: float) -> bool:
        """Leave only these starts (I, T) open and force these items (I,); tell whether an answer was found.

        The bounds of later answers hold for what is left alone.
        """
        self._allowed = allowed
        column, own = self._start_col, self._choice_from + np.arange(self.terms.n_items)
        self._high[column] = allowed[self._starts[:, 0], self._starts[:, 1]]
        self._bottom[own] = np.where(forced, 1.0, -highspy.kHighsInf)
        bounds = self._low[column], self._high[column]
        self.solver.changeColsBounds(len(column), column.astype(np.int32), *bounds)
        for row in own:
            self.solver.changeRowBounds(int(row), self._bottom[row], self._top[row])
        return self._run(time_limit_s) == highspy.HighsModelStatus.kOptimal

    def _run(self, time_limit_s: float) -> highspy.HighsModelStatus:
        """Let the solver go on and return how it ended."""
        self.solver.setOptionValue("time_limit", self.solver.getRunTime() + max(time_limit_s, 0.01))
        self.solver.run()
        return self.solver.getModelStatus()

    def _fixed_block(self, starts: IntArray) -> csr_array:
        """Return the coefficients of starts (N, 2) in the fixed rows, shape (F, N)."""
        items, begin = starts.T
        years = len(self.terms.years)
        need = np.zeros((self._n_need, len(starts)))
        for year in range(years):
            row = self.terms.item_class[items] * years + year
            need[row, np.arange(len(starts))] = self._cost[items, begin, year]
        spend = csr_array((len(self._supply), len(starts)))
        linear = self._linear[:, items * self.terms.n_quarters + begin]
        return csr_array(vstack([csr_array(need), spend, self._choice[:, items], linear]))

    def add_cuts(self, cuts: Cuts) -> None:
        """Add path cuts."""
        n = len(cuts.level)
        eta = np.arange(n), cuts.epoch * self.n_groups + cuts.group
        own = csr_array((np.ones(n), eta), shape=(n, self.solver.getNumCol()))
        made = cuts.made or (made_without_paths(UNKNOWN),) * n
        self._add_profiles(cuts.epoch, cuts.group, made, cuts.slope, own, cuts.level, idle=0)

    def tight(self) -> Cuts:
        """Return the cuts that the last answer meets with equality."""
        at = np.flatnonzero(self._idle == 0)
        level, made = self._bottom[self._n_fixed + at], tuple(self._made[k] for k in at.tolist())
        return Cuts(self._epoch[at], self._group[at], level, csr_array(self._profile[at]), made)

    def add_final(self, profile: csr_array, level: FloatArray) -> None:
        """Add rows ``profile @ state of the items in the last quarter >= level`` that are never dropped."""
        n = len(level)
        own, made = csr_array((n, self.solver.getNumCol())), (made_without_paths(UNKNOWN),) * n
        self._add_profiles(np.full(n, self.time.n), np.full(n, -1), made, profile, own, level, idle=-1)

    def solve(self, time_limit_s: float, *, is_restricted: bool = False) -> Answer | None:
        """Return the answer, or None when the time did not suffice, or none of the starts it is restricted to fits."""
        status = self._run(time_limit_s)
        if status == highspy.HighsModelStatus.kTimeLimit:
            return None
        if is_restricted and status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"HiGHS ended with {self.solver.modelStatusToString(status)}.")
        solution = self.solver.getSolution()
        dual = np.array(solution.row_dual)
        dual[self._n_fixed :] = np.maximum(dual[self._n_fixed :], 0.0)
        one_sided = self._bottom == -highspy.kHighsInf
        dual[one_sided] = np.minimum(dual[one_sided], 0.0)
        idle = np.abs(dual[self._n_fixed :]) < 1e-9
        self._idle = np.where(self._idle < 0, -1, np.where(idle, self._idle + 1, 0))
        self._dual = dual
        return self._answer(np.array(solution.col_value), np.array(solution.col_dual), dual)

    def _answer(self, value: FloatArray, reduced: FloatArray, dual: FloatArray) -> Answer:
        """Return the answer with a bound that holds for every start, in the programme or not."""
        terms, years, scale = self.terms, len(self.terms.years), self._scale
        own = slice(self._choice_from, self._choice_from + terms.n_items)
        worth = np.stack(
            [
                np.asarray(dual[self._n_fixed :][here] @ self._profile[here])
                for here in (np.flatnonzero(self._epoch == e) for e in range(self.time.n + 1))
            ]
        )
        share = self._share[:, terms.ready]
        gain = np.einsum("ei,eis->is", worth, share)
        price = -dual[: self._n_need].reshape(len(terms.payers), years)
        usd = np.einsum("isy,iy->is", self._cost, price[terms.item_class])
        rivals = np.asarray(self._choice[terms.n_items :].T @ dual[own.stop : self._linear_from])
        pressure = np.asarray(self._linear.T @ dual[self._linear_from : self._n_fixed])
        pressure = pressure.reshape(usd.shape) + rivals[:, None]
        rest = np.where(self._allowed, usd - gain - pressure, np.inf)
        self._rest = rest - dual[own, None]
        forced = self._bottom[own] == 1.0
        best = np.minimum(rest.min(axis=1), np.where(forced, np.inf, 0.0))
        counted = dual != 0
        counted[own] = False
        other = np.ones(len(value), dtype=np.bool_)
        other[self._start_col] = False
        d = reduced[other]
        bound = float(np.where(dual > 0, self._bottom, self._top)[counted] @ dual[counted])
        bound += float(best.sum()) + float(np.where(d > 0, self._low[other], self._high[other]) @ d)
        start = np.zeros((terms.n_items, terms.n_quarters))
        start[self._starts[:, 0], self._starts[:, 1]] = value[self._start_col]
        return Answer(
            bound=bound * scale,
            state=np.einsum("is,eis->ei", start, share[:-1]),
            eta=value[: self._pay_from].reshape(self.time.n, self.n_groups),
            start=start,
            price=price * scale / self._usd,
            gain=gain * scale,
        )

    def solve_whole(self, time_limit_s: float) -> tuple[float, IntArray | None]:
        """Return a bound over whole starts and the starts of the best answer, if one was found in time.

        Every allowed start enters first.
        """
        self.add_starts(self._allowed)
        start = self._whole_starts(time_limit_s)
        if self.solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return np.inf, None
        bound = float(self.solver.getInfo().mip_dual_bound) * self._scale
        return bound - abs(bound) * 1e-9, start

    def _whole_starts(self, time_limit_s: float) -> IntArray | None:
        """Return the best whole starts that HiGHS finds; afterwards the programme is linear again."""
        solver, columns = self.solver, self._start_col.astype(np.int32)
        whole = np.full(len(columns), highspy.HighsVarType.kInteger)
        linear = np.full(len(columns), highspy.HighsVarType.kContinuous)
        solver.setOptionValue("presolve", "on")
        solver.setOptionValue("solver", "choose")
        solver.setOptionValue("mip_rel_gap", 1e-9)
        solver.setOptionValue("mip_abs_gap", 1e-9)
        solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
        solver.changeColsIntegrality(len(columns), columns, whole)
        solver.setOptionValue(
            "time_limit", max(time_limit_s, 0.01)
        )  # whole programmes count from their start
        solver.run()
        start = None
        if solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            value = np.array(solver.getSolution().col_value)[self._start_col]
            start = np.full(self.terms.n_items, -1, dtype=np.int64)
            chosen = self._starts[value > 0.5]
            start[chosen[:, 0]] = chosen[:, 1]
        solver.changeColsIntegrality(len(columns), columns, linear)
        solver.setOptionValue("presolve", "off")
        solver.setOptionValue("solver", "simplex")
        return start

    def price_starts(self, tolerance: float) -> int:
        """Add for each item the start that would improve the last answer most; return how many."""
        best = self._rest.argmin(axis=1)
        rows = np.flatnonzero(self._rest[np.arange(len(best)), best] < -tolerance)
        chosen = np.zeros_like(self._known)
        chosen[rows, best[rows]] = True
        return self.add_starts(chosen)

    def purge(self, patience: int) -> int:
        """Drop the cuts that were idle for more than `patience` answers; return how many."""
        old = np.flatnonzero(self._idle > patience)
        if len(old):
            at = self._n_fixed + old
            self.solver.deleteRows(len(old), at.astype(np.int32))
            self._bottom, self._top = np.delete(self._bottom, at), np.delete(self._top, at)
            keep = np.flatnonzero(self._idle <= patience)
            self._profile = csr_array(self._profile[keep])
            self._epoch, self._idle, self._group = self._epoch[keep], self._idle[keep], self._group[keep]
            self._made = tuple(self._made[k] for k in keep.tolist())
        return len(old)

    def proof(self, bound: float) -> Proof:
        """Return what the bound of the last answer rests on; to be asked before rows or columns change."""
        level = self._bottom[self._n_fixed :]
        rows = self._epoch, self._profile, level, self._made, self._group
        return Proof(bound, self._dual, *rows, self._starts)

    def limits(self) -> Limits:
        """Return the fixed rows over every allowed start, whether it is a column or not."""
        starts = np.argwhere(self._allowed)
        years, terms = len(self.terms.years), self.terms
        kinds = (("need", self._n_need), ("supply", len(self._supply)), ("choice", terms.n_items))
        named = [(kind, k) for kind, n in kinds for k in range(n)]
        named += [("exclusive", k) for k in range(len(terms.exclusive))]
        named += [("limit", k) for k in range(terms.linear.n)]
        part = slice(self._pay_from, self._pay_from + len(self._pairs))
        rows = tuple(
            (kind, f"{k // years} {terms.years[k % years]}" if kind in ("need", "supply") else str(k))
            for kind, k in named
        )
        block = self._fixed_block(starts), csr_array(self._own[:, part])
        bounds = self._bottom[: self._n_fixed], self._top[: self._n_fixed], self._high[part]
        return Limits(rows, starts, *block, *bounds, self._usd, self._scale)

    @property
    def size(self) -> tuple[int, int]:
        """Return the number of rows and columns."""
        return self.solver.getNumRow(), self.solver.getNumCol()
