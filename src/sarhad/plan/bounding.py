"""The bound: rounds of linear programme and exact separation, sharper from epoch to epoch."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.plan.cuts import Grouping, group_cuts, grouping
from sarhad.plan.epochs import epochs
from sarhad.plan.floors import item_rows
from sarhad.plan.game import Changeable
from sarhad.plan.limits import Terms, since
from sarhad.plan.linear import Answer, Cuts
from sarhad.plan.master import Master
from sarhad.plan.pool import Pool
from sarhad.plan.proof import Proof
from sarhad.plan.rows import StartRows, start_rows
from sarhad.plan.supports import Supports

PATIENCE = 5  # answers that a cut may stay idle


class Bounding:
    """Raise the bound round by round; every answer's bound holds for every plan."""

    def __init__(
        self,
        game: Changeable,
        terms: Terms,
        pool: Pool,
        cost: IntArray,
        allowed: BoolArray,
        forced: IntArray,
    ) -> None:
        self.game, self.terms, self.pool = game, terms, pool
        self.groups: Grouping = grouping(game)
        self.supports = Supports(game.over)
        self.bound = float(game.weight @ game.low) * float(terms.quarter_weight.sum())
        self.short = np.inf
        self.answer: Answer | None = None
        self.proof: Proof | None = None  # of the highest bound of a linear programme
        self.proved_by: tuple[Master, IntArray] | None = None  # that programme, first quarters of its epochs
        self.cost, self.allowed, self.forced = cost, allowed, forced
        self.kept = start_rows(allowed.shape, [])  # rows of floors that plans broke

    def begin(self, begins: IntArray, plans: list[FloatArray], starts: BoolArray) -> None:
        """Set up the linear programme for these epochs, with cuts at these plans.

        Parameters
        ----------
        begins
            First quarter of each epoch.
        plans
            State of the items by quarter in points worth cutting at, each of shape (T, I).
        starts
            Starts to begin with, shape (I, T); others come in when their price is right.
        """
        time = epochs(self.terms, begins)
        groups = self.groups
        known = self._known_cuts(begins)
        self.begins = begins
        limits = self.allowed, self.forced
        self.master = Master(self.terms, self.cost, time, groups.weight, groups.low, *limits)
        if self.kept.n:
            self.master.add_final(*item_rows(self.kept, self.terms.n_quarters))
        first = np.zeros_like(self.allowed)
        first[np.arange(len(first)), self.allowed.argmax(axis=1)] = True
        self.master.add_starts(starts | first)
        of = np.searchsorted(begins, np.arange(self.terms.n_quarters), "right") - 1
        mean = np.zeros((time.n, self.terms.n_quarters))
        mean[of, np.arange(len(of))] = self.terms.quarter_weight / time.weight[of]
        eta = np.tile(groups.low, (time.n, 1))
        for plan in plans:
            cuts, _ = group_cuts(self.pool, groups, self.supports, mean @ plan, eta, time.weight)
            self.master.add_cuts(cuts)
        if known is not None:
            self.master.add_cuts(known)
        self.centre: FloatArray | None = None
        self.centre_value = np.inf
        for plan in plans:
            value = self._explore(mean @ plan)
            if value < self.centre_value:
                self.centre, self.centre_value = mean @ plan, value

    def _known_cuts(self, begins: IntArray) -> Cuts | None:
        """Return the cuts that the last answer rests on, for each of the epochs to come that lie in theirs.

        A cut holds at every state, so in every epoch; it is likely to be needed in the parts of its own.
        """
        if self.answer is None:
            return None
        tight = self.master.tight()
        within = np.searchsorted(self.begins, begins, "right") - 1
        parts = [(np.flatnonzero(tight.epoch == old), new) for new, old in enumerate(within)]
        row = np.concatenate([rows for rows, _ in parts])
        epoch = np.concatenate([np.full(len(rows), new) for rows, new in parts])
        return Cuts(epoch, tight.group[row], tight.level[row], csr_array(tight.slope[row]))

    def round(self, time_limit_s: float) -> bool:
        """Solve, separate at the answer and halfway to the best point known; False when time ran out."""
        answer = self.master.solve(time_limit_s)
        if answer is None:
            return False
        self._take(answer)
        point = answer.state
        value = self._explore(point)
        self.short = value - answer.bound
        self._cut(point, answer.eta)
        if value < self.centre_value:
            self.centre, self.centre_value = point, value
        elif self.centre is not None:
            middle = 0.5 * (point + self.centre)
            at_middle = self._explore(middle)
            if at_middle < self.centre_value:
                self.centre, self.centre_value = middle, at_middle
            self._cut(middle, answer.eta)
        self.news = self.master.require(point) + self.master.price_starts(1e-6)
        self.master.purge(PATIENCE)
        return True

    def dive_round(self, time_limit_s: float) -> Answer | None:
        """Solve a programme that is restricted, and separate at its answer; None when time ran out or there is none."""
        answer = self.master.solve(time_limit_s, is_restricted=True)
        if answer is not None:
            self.dived_short = self._explore(answer.state) - answer.bound
            self._cut(answer.state, answer.eta)
            self.master.require(answer.state)
            self.master.price_starts(1e-6)
        return answer

    def _take(self, answer: Answer) -> None:
        """Take over an answer, and what its bound rests on where none was higher."""
        self.answer = answer
        self.bound = max(self.bound, answer.bound)
        if self.proof is None or answer.bound > self.proof.bound:
            self.proof, self.proved_by = self.master.proof(answer.bound), (self.master, self.begins)

    def whole(self, time_limit_s: float) -> IntArray | None:
        """Raise the bound over whole starts, cut at the answer, and return its starts if there is one."""
        bound, start = self.master.solve_whole(time_limit_s)
        self.bound = max(self.bound, min(bound, np.finfo(np.float64).max))
        if start is not None:
            self.cut_at(start)
        return start

    def cut_at(self, start: IntArray) -> None:
        """Cut at a plan's starts, and watch the prerequisites it breaks."""
        time = self.master.time
        state = time.share[:, since(self.terms, start)]
        self._explore(state)
        self._cut(state, np.tile(self.groups.low, (time.n, 1)))
        self.master.require(state)

    def keep(self, rows: StartRows) -> None:
        """Keep rows of floors from now on, in the linear programme that was begun."""
        self.kept = self.kept.with_rows(rows)
        self.master.add_final(*item_rows(rows, self.terms.n_quarters))

    def _cut(self, items: FloatArray, eta: FloatArray) -> None:
        """Cut at a state of the items."""
        worth = self.master.time.weight
        self.master.add_cuts(group_cuts(self.pool, self.groups, self.supports, items, eta, worth)[0])

    def values(self, items: FloatArray) -> FloatArray:
        """Return the attempts a year that get through at each state (N, I) of the items, shape (N,)."""
        evade, found = self.game.paths(self.supports.states(items))
        self.pool.add(found)
        return evade @ self.game.weight

    def _explore(self, items: FloatArray) -> float:
        """Add the best paths at these points to the pool and return the exact value there."""
        return float(self.values(items) @ self.master.time.weight)

    def quarter_states(self) -> FloatArray:
        """Return the state of the items by quarter in the last answer, shape (T, I)."""
        assert self.answer is not None
        operate = np.zeros((self.terms.n_quarters, self.terms.n_items))
        for item, begin in np.argwhere(self.answer.start > 0):
            operate[self.terms.ready[item, begin] :, item] += self.answer.start[item, begin]
        return operate


def choose_epochs(terms: Terms, by_quarter: FloatArray, count: int) -> IntArray:
    """Return the first quarters of `count` epochs that lose least of a value that falls like this one.

    Dynamic programme over runs of quarters; a run loses the difference between the mean value and the
    geometric mean, which is what Jensen's inequality gives away where the value falls exponentially.
    """
    n, weight = terms.n_quarters, terms.quarter_weight
    value = np.maximum(by_quarter, 1e-12)
    loss = np.full((n, n + 1), np.inf)
    for a in range(n):
        for b in range(a + 1, n + 1):
            w = weight[a:b]
            loss[a, b] = w @ value[a:b] - w.sum() * np.exp(w @ np.log(value[a:b]) / w.sum())
    count = min(count, n)
    best = np.full((count + 1, n + 1), np.inf)
    last = np.zeros((count + 1, n + 1), dtype=np.int64)
    best[0, 0] = 0.0
    for k in range(1, count + 1):
        for b in range(1, n + 1):
            tries = best[k - 1, :b] + loss[:b, b]
            last[k, b] = int(tries.argmin())
            best[k, b] = tries[last[k, b]]
    begins, end = [], n
    for k in range(count, 0, -1):
        end = int(last[k, end])
        begins.append(end)
    return np.array(sorted(set(begins)), dtype=np.int64)
