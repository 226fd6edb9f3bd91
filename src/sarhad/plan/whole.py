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
from sarhad.plan.linear import Cuts
from sarhad.plan.mixing import chained_cuts
from sarhad.plan.pool import Pool
from sarhad.plan.proof import Made, made_by_row

STARTS = 2000  # allowed starts up to which a programme counts as small
ETAS = 5000  # units and quarters up to which each has a chance to evade of its own
WANTED = 0.02  # share of the mean shortfall below which a group is not cut
FULL = 1e-12
SAME = 1e-6  # relative difference of bounds that count as equal
HITS = (
    0.25,
    0.5,
    1.0,
    2.0,
    4.0,
    8.0,
)  # exposure that a binary counts as where paths are sought that meet few
TINY = 1e-9  # slopes below this are left out of a cut, at its expense


KINDS = "lifted", "mixed"
Sources = tuple[IntArray, IntArray, IntArray]  # unit, number in the pool and size of each path


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
        self.n_cut = 0
        self._worth = terms.quarter_weight[:, None] * game.weight
        self._largest = np.max(
            [np.asarray(m.max(axis=0).todense()).ravel() for m in game.over.by_mover], axis=0
        )
        self._largest = np.maximum(self._largest, game.over.by_threat.max(axis=1, initial=0.0))

    def round(self, time_limit_s: float) -> bool:
        """Solve and separate at the answer; False when time ran out."""
        answer = self.master.solve(time_limit_s)
        if answer is None:
            return False
        self._take(answer)
        cuts, self.short = self.separate(answer.state, answer.eta, WANTED, self.bound * 1e-6)
        self.add(cuts)
        self.n_cut = len(cuts.level)
        self.news = self.master.require(answer.state) + self.master.price_starts(1e-6)
        self.master.purge(PATIENCE)
        return True

    def conclude(self, time_limit_s: float) -> None:
        """Let the linear programme of all cuts, those that whole plans brought too, be what the bound rests on."""
        answer = self.master.solve(time_limit_s)
        if answer is not None and (
            self.proof is None or answer.bound >= self.proof.bound - SAME * self.bound
        ):
            self.proof, self.proved_by = self.master.proof(answer.bound), (self.master, self.begins)

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
        self.pool.add(self.game.paths(self._points(states) if explore else states)[1])
        short = np.zeros((2, *eta.shape))
        found = [self._two(state) for state in states]
        for quarter, kinds in enumerate(found):
            for kind, (height, _, _, _) in enumerate(kinds):
                short[kind, quarter] = (height - eta[quarter]) * self._worth[quarter]
        total = float(short.max(axis=0).clip(0.0).sum())
        chosen = short > max(wanted * total / eta.size, least)
        parts, made = [], tuple[Made, ...]()
        for quarter, kinds in enumerate(found):
            for kind, (_, level, slope, sources) in enumerate(kinds):
                unit = np.flatnonzero(chosen[kind, quarter])
                over_items = csr_array(csr_array(slope[unit]) @ self.supports.least(items[quarter]))
                parts.append((np.full(len(unit), quarter), unit, *_without_tiny(level[unit], over_items)))
                held = [csr_array(items[[quarter]])] * len(unit)
                made += made_by_row(KINDS[kind], *_of(unit, sources), held)
        at, unit, level = (np.concatenate([part[k] for part in parts]) for k in (0, 1, 2))
        return Cuts(at, unit, level, csr_array(vstack([part[3] for part in parts])), made), total

    def _two(self, state: FloatArray) -> list[tuple[FloatArray, FloatArray, csr_array, Sources]]:
        """Return height, level, slopes and paths of the best cut of each unit, of a single path and of several."""
        pool, n = self.pool, self.game.of.n
        value, size = lifted_values(pool.added, pool.fixed, state)
        best = np.maximum.reduceat(value, pool.first(n)[:-1])
        top = np.flatnonzero(value >= best[pool.unit])
        path = top[np.unique(pool.unit[top], return_index=True)[1]]
        single = lifted_cuts(csr_array(pool.added[path]), pool.fixed[path], state, size[path])
        alone = np.arange(n), pool.number[path], size[path]
        height, level, slope, unit, chain, on = chained_cuts(pool, self.game.low, state)
        return [(best, *single, alone), (height, level, slope, (unit, pool.number[chain], on))]

    def _points(self, states: FloatArray) -> FloatArray:
        """Return where to look for paths: the states, and where paths are priced by mean chance or by hits."""
        known = np.maximum(self._largest, FULL)
        hits = [weight * states / known for weight in HITS]
        return np.concatenate([states, self._mean(states), *hits])

    def _mean(self, states: FloatArray) -> FloatArray:
        """Return the states at which a path's exposure is that of its mean chance, each binary drawn on its own."""
        known = np.maximum(self._largest, FULL)
        on = np.clip(states, 0.0, 1.0 - FULL)
        return np.asarray(-np.log1p(np.expm1(-known) * on) / known)

    def tight(self) -> Cuts:
        """Return the cuts that the last answer meets with equality."""
        assert self.answer is not None
        at, unit, level = (
            np.concatenate([getattr(cuts, name) for cuts in self.cuts])
            for name in ("epoch", "group", "level")
        )
        slope = csr_array(vstack([cuts.slope for cuts in self.cuts]))
        row = np.repeat(np.arange(len(level)), np.diff(slope.indptr))
        reached = np.bincount(
            row, slope.data * self.answer.state[at[row], slope.indices], minlength=len(level)
        )
        keep = np.flatnonzero(self.answer.eta[at, unit] + reached - level < 1e-7)
        return Cuts(at[keep], unit[keep], level[keep], csr_array(slope[keep]))


def _of(unit: IntArray, sources: Sources) -> tuple[IntArray, int, tuple[IntArray, IntArray]]:
    """Return the paths of some units, ascending: their rows, how many rows, their numbers and sizes."""
    row = np.minimum(np.searchsorted(unit, sources[0]), max(len(unit) - 1, 0))
    keep = unit[row] == sources[0] if len(unit) else np.zeros(len(row), dtype=np.bool_)
    return row[keep], len(unit), (sources[1][keep], sources[2][keep])


def _without_tiny(level: FloatArray, slope: csr_array) -> tuple[FloatArray, csr_array]:
    """Leave out slopes that solvers would take for zero; the level falls by as much."""
    row = np.repeat(np.arange(len(level)), np.diff(slope.indptr))
    is_tiny = slope.data < TINY
    level = level - np.bincount(row[is_tiny], slope.data[is_tiny], minlength=len(level))
    slope.data[is_tiny] = 0.0
    slope.eliminate_zeros()
    return level, slope
