"""The bound of a small programme: every unit and quarter on its own, with lifted cuts that only whole plans obey."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, vstack

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.plan.bounding import PATIENCE, Bounding
from sarhad.plan.cuts import Grouping
from sarhad.plan.game import Changeable
from sarhad.plan.lifting import lifted_cuts, lifted_values
from sarhad.plan.limits import Terms
from sarhad.plan.master import Cuts
from sarhad.plan.pool import Pool

STARTS = 2000  # allowed starts up to which a programme counts as small
ETAS = 5000  # units and quarters up to which each has a chance to evade of its own
WANTED = 0.02  # share of the mean shortfall below which a group is not cut
FULL = 1e-12
TINY = 1e-9  # slopes below this are left out of a cut, at its expense


def is_small(game: Changeable, allowed: BoolArray) -> bool:
    """Tell whether a programme is solved over whole starts."""
    return bool(allowed.sum() <= STARTS and game.of.n * allowed.shape[1] <= ETAS)


class Whole(Bounding):
    """Rounds of linear programme and lifted cuts, one chance to evade for each unit and quarter."""

    def __init__(
        self, game: Changeable, terms: Terms, pool: Pool, cost: IntArray, allowed: BoolArray, forced: IntArray
    ) -> None:
        super().__init__(game, terms, pool, cost, allowed, forced)
        n = game.of.n
        self.groups = Grouping(np.arange(n), game.weight, game.low, np.ones(n))
        self.cuts: list[Cuts] = []
        self._largest = np.max([np.asarray(m.max(axis=0).todense()).ravel() for m in game.over.by_mover], axis=0)
        self._largest = np.maximum(self._largest, game.over.by_threat.max(axis=1, initial=0.0))

    def round(self, time_limit_s: float) -> bool:
        """Solve and separate at the answer; False when time ran out."""
        answer = self.master.solve(time_limit_s)
        if answer is None:
            return False
        self.answer = answer
        self.bound = max(self.bound, answer.bound)
        cuts, self.short = self.separate(answer.state, answer.eta, WANTED, self.bound * 1e-6)
        self.add(cuts)
        self.news = self.master.require(answer.state) + self.master.price_starts(1e-6)
        self.master.purge(PATIENCE)
        return True

    def add(self, cuts: Cuts) -> None:
        """Add cuts to the linear programme."""
        if len(cuts.level):
            self.cuts.append(cuts)
            self.master.add_cuts(cuts)

    def _cut(self, items: FloatArray, eta: FloatArray) -> None:
        """Cut at a state of the items."""
        self.add(self.separate(items, eta, 0.0, 0.0)[0])

    def separate(
        self, items: FloatArray, eta: FloatArray, wanted: float, least: float, *, explore: bool = True
    ) -> tuple[Cuts, float]:
        """Return the most violated lifted cut of each unit and quarter, and by how much the value is short.

        Parameters
        ----------
        items
            State of the items by quarter, shape (T, I).
        eta
            What the linear programme believes, shape (T, U).
        wanted
            Share of the mean shortfall below which a unit is not cut.
        least
            Shortfall below which a unit is not cut.
        explore
            Look for paths with mean chances, too: at fractional points they lead to higher cuts.
        """
        states = self.supports.states(items)
        self.pool.add(self.game.paths(np.concatenate([states, self._mean(states)]) if explore else states)[1])
        pool, worth = self.pool, self.master.time.weight[:, None] * self.game.weight
        first = pool.first(self.game.of.n)[:-1]
        parts, total = [], 0.0
        found = [lifted_values(pool.added, pool.fixed, state) for state in states]
        best = np.stack([np.maximum.reduceat(value, first) for value, _ in found])
        short = (best - eta) * worth
        total = float(short.clip(0.0).sum())
        chosen = short > max(wanted * total / short.size, least)
        for quarter, (value, size) in enumerate(found):
            top = np.flatnonzero((value >= best[quarter][pool.unit]) & chosen[quarter][pool.unit])
            path = top[np.unique(pool.unit[top], return_index=True)[1]]
            added = csr_array(pool.added[path])
            level, slope = lifted_cuts(added, pool.fixed[path], states[quarter], size[path])
            parts.append(
                (pool.unit[path], *_without_tiny(level, csr_array(slope @ self.supports.least(items[quarter]))))
            )
        at = np.repeat(np.arange(len(parts)), [len(unit) for unit, _, _ in parts])
        unit, level = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        return Cuts(at, unit, level, csr_array(vstack([part[2] for part in parts]))), total

    def _mean(self, states: FloatArray) -> FloatArray:
        """Return the states at which a path's exposure is that of its mean chance, each binary drawn on its own."""
        known = np.maximum(self._largest, FULL)
        on = np.clip(states, 0.0, 1.0 - FULL)
        return np.asarray(-np.log1p(np.expm1(-known) * on) / known)

    def tight(self) -> Cuts:
        """Return the cuts that the last answer meets with equality."""
        assert self.answer is not None
        at, unit, level = (
            np.concatenate([getattr(cuts, name) for cuts in self.cuts]) for name in ("epoch", "group", "level")
        )
        slope = csr_array(vstack([cuts.slope for cuts in self.cuts]))
        row = np.repeat(np.arange(len(level)), np.diff(slope.indptr))
        reached = np.bincount(row, slope.data * self.answer.state[at[row], slope.indices], minlength=len(level))
        keep = np.flatnonzero(self.answer.eta[at, unit] + reached - level < 1e-7)
        return Cuts(at[keep], unit[keep], level[keep], csr_array(slope[keep]))


def _without_tiny(level: FloatArray, slope: csr_array) -> tuple[FloatArray, csr_array]:
    """Leave out slopes that solvers would take for zero; the level falls by as much."""
    row = np.repeat(np.arange(len(level)), np.diff(slope.indptr))
    is_tiny = slope.data < TINY
    level = level - np.bincount(row[is_tiny], slope.data[is_tiny], minlength=len(level))
    slope.data[is_tiny] = 0.0
    slope.eliminate_zeros()
    return level, slope
