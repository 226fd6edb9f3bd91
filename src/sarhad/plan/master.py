"""The linear programme of path cuts: starts, money and supports of the joint problem, grown by rows and columns."""

from __future__ import annotations

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.errors import SolverError
from sarhad.plan.epochs import Epochs
from sarhad.plan.limits import Terms
from sarhad.plan.linear import Answer, Cuts, Limits
from sarhad.plan.money import purse
from sarhad.plan.proof import PREREQUISITE, UNKNOWN, Made, Proof, made_without_paths
from sarhad.plan.sheet import FREE, Sheet

UNITS = 1000.0  # all money together in the unit of the programme: a dollar stays above the solver's tolerance


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
        self._sheet = Sheet()
        self._profile = csr_array((0, terms.n_items))
        self._epoch, self._idle = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)  # idle -1: no cut
        self._group, self._made = np.empty(0, dtype=np.int64), tuple[Made, ...]()  # of a cut
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
        self._sheet.add_columns(np.concatenate([objective, rest]), np.concatenate([low, rest]), top)

    def _fixed_rows(self, forced: IntArray) -> None:
        """Add the rows of money, choices and linear limits."""
        terms, n, n_pay = self.terms, self._sheet.n_columns, len(self._pairs)
        column = self._pay_from + np.arange(n_pay)
        need = csr_array((-np.ones(n_pay), (self._pairs[:, 1], column)), shape=(self._n_need, n))
        spend = csr_array((np.ones(n_pay), (self._pairs[:, 0], column)), shape=(len(self._supply), n))
        n_choice = terms.n_items + len(terms.exclusive)
        self._choice_from = self._n_need + len(self._supply)
        self._linear_from = self._choice_from + n_choice
        self._linear = csc_array(terms.linear.factor)
        self._n_fixed = self._linear_from + terms.linear.n
        bottom = np.full(self._n_fixed, FREE)
        bottom[self._choice_from + forced] = 1.0
        top = np.concatenate([np.zeros(self._n_need), self._supply, np.ones(n_choice), terms.linear.room])
        rest = csr_array((self._n_fixed - self._choice_from, n))
        self._own = csr_array(vstack([need, spend, rest]))
        self._sheet.add_rows(self._own, bottom, top)
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
            none = csr_array((len(row), self._sheet.n_columns))
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
        n = self._sheet.n_columns
        spread = csr_array((np.ones(len(items)), (items, self._start_col)), shape=(self.terms.n_items, n))
        block = csr_array(profile @ spread)
        from_quarter = np.zeros(n, dtype=np.int64)
        from_quarter[self._start_col] = self.terms.ready[items, begin]
        row = np.repeat(np.arange(len(epoch)), np.diff(block.indptr))
        block.data = block.data * self._share[epoch[row], from_quarter[block.indices]]
        block = csr_array(block + own)
        block.eliminate_zeros()
        self._sheet.add_rows(block, level, np.full(len(level), highspy.kHighsInf))
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
        first = self._sheet.add_columns(zeros, zeros, np.ones(len(new)), block)
        self._starts = np.concatenate([self._starts, new])
        self._start_col = np.concatenate([self._start_col, first + np.arange(len(new))])
        return len(new)

    def restrict(self, allowed: BoolArray, forced: BoolArray, time_limit_s: float) -> bool:
        """Leave only these starts (I, T) open and force these items (I,); tell whether an answer was found.

        The bounds of later answers hold for what is left alone.
        """
        self._allowed = allowed
        column, own = self._start_col, self._choice_from + np.arange(self.terms.n_items)
        open_starts = allowed[self._starts[:, 0], self._starts[:, 1]].astype(np.float64)
        self._sheet.limit(column, open_starts, own, np.where(forced, 1.0, FREE))
        return self._sheet.run(time_limit_s) == highspy.HighsModelStatus.kOptimal

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
        own = csr_array((np.ones(n), eta), shape=(n, self._sheet.n_columns))
        made = cuts.made or (made_without_paths(UNKNOWN),) * n
        self._add_profiles(cuts.epoch, cuts.group, made, cuts.slope, own, cuts.level, idle=0)

    def tight(self) -> Cuts:
        """Return the cuts that the last answer meets with equality."""
        at = np.flatnonzero(self._idle == 0)
        level, made = self._sheet.bottom[self._n_fixed + at], tuple(self._made[k] for k in at.tolist())
        return Cuts(self._epoch[at], self._group[at], level, csr_array(self._profile[at]), made)

    def add_final(self, profile: csr_array, level: FloatArray) -> None:
        """Add rows ``profile @ state of the items in the last quarter >= level`` that are never dropped."""
        n = len(level)
        own, made = csr_array((n, self._sheet.n_columns)), (made_without_paths(UNKNOWN),) * n
        self._add_profiles(np.full(n, self.time.n), np.full(n, -1), made, profile, own, level, idle=-1)

    def solve(self, time_limit_s: float, *, is_restricted: bool = False) -> Answer | None:
        """Return the answer, or None when the time did not suffice, or none of the starts it is restricted to fits."""
        status = self._sheet.run(time_limit_s)
        if status == highspy.HighsModelStatus.kTimeLimit:
            return None
        if is_restricted and status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"HiGHS ended with {self._sheet.solver.modelStatusToString(status)}.")
        solution = self._sheet.solver.getSolution()
        dual = np.array(solution.row_dual)
        dual[self._n_fixed :] = np.maximum(dual[self._n_fixed :], 0.0)
        one_sided = self._sheet.bottom == FREE
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
        forced = self._sheet.bottom[own] == 1.0
        best = np.minimum(rest.min(axis=1), np.where(forced, np.inf, 0.0))
        counted = dual != 0
        counted[own] = False
        other = np.ones(len(value), dtype=np.bool_)
        other[self._start_col] = False
        d = reduced[other]
        bound = float(np.where(dual > 0, self._sheet.bottom, self._sheet.top)[counted] @ dual[counted])
        bound += float(best.sum()) + float(
            np.where(d > 0, self._sheet.low[other], self._sheet.high[other]) @ d
        )
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
        values = self._sheet.run_whole(self._start_col, time_limit_s)
        if self._sheet.status == highspy.HighsModelStatus.kInfeasible:
            return np.inf, None
        bound = float(self._sheet.solver.getInfo().mip_dual_bound) * self._scale
        return bound - abs(bound) * 1e-9, None if values is None else self._whole_starts(values)

    def _whole_starts(self, values: FloatArray) -> IntArray:
        """Return the start of each item, -1 where it is left out, from whole columns."""
        start = np.full(self.terms.n_items, -1, dtype=np.int64)
        chosen = self._starts[values[self._start_col] > 0.5]
        start[chosen[:, 0]] = chosen[:, 1]
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
            self._sheet.drop_rows(self._n_fixed + old)
            keep = np.flatnonzero(self._idle <= patience)
            self._profile = csr_array(self._profile[keep])
            self._epoch, self._idle, self._group = self._epoch[keep], self._idle[keep], self._group[keep]
            self._made = tuple(self._made[k] for k in keep.tolist())
        return len(old)

    def proof(self, bound: float) -> Proof:
        """Return what the bound of the last answer rests on; to be asked before rows or columns change."""
        level = self._sheet.bottom[self._n_fixed :]
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
        bounds = self._sheet.bottom[: self._n_fixed], self._sheet.top[: self._n_fixed], self._sheet.high[part]
        return Limits(rows, starts, *block, *bounds, self._usd, self._scale)

    @property
    def size(self) -> tuple[int, int]:
        """Return the number of rows and columns."""
        return self._sheet.solver.getNumRow(), self._sheet.n_columns
