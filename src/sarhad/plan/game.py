"""The game as the plan sees it: binaries, units, what can change at all, and the exact value of any plan."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sarhad.detection.instance import BoolArray, FloatArray, Instance, IntArray
from sarhad.plan.limits import Terms, since
from sarhad.plan.pool import Pool
from sarhad.plan.pricing import Binaries, Found, Pricer, Units, binaries, none_found, units

TOUCHED = 1e-12


@dataclass(frozen=True)
class Changeable:
    """What items can change, and the constants they cannot.

    Parameters
    ----------
    over, of
        Binaries, and the units that at least one binary can touch.
    pricer
        Best paths of these units.
    without
        Exposure of each unit's best path with nothing built, shape (U,); all exposures of the pool are
        taken relative to it.
    low
        Chance to evade with everything built, relative to nothing built, shape (U,).
    weight
        Weighted attempts a year that get through with nothing built, shape (U,).
    constant
        Weighted attempts a year that get through whatever is built.
    """

    over: Binaries
    of: Units
    pricer: Pricer
    without: FloatArray
    low: FloatArray
    weight: FloatArray
    constant: float

    def paths(self, points: FloatArray) -> tuple[FloatArray, Found]:
        """Return the relative chance to evade of each unit at each point (Q, U), and the best paths."""
        dist, found = self.pricer.paths(points)
        relative = replace(found, fixed=found.fixed - self.without[found.unit])
        return np.exp(self.without - dist), relative


def changeable(instance: Instance) -> tuple[Changeable, Pool]:
    """Return what items can change, and a pool with the paths of the two extreme states."""
    over = binaries(instance)
    every = units(instance, over.by_threat)
    ends = np.stack([np.zeros(over.n), np.ones(over.n)])
    dist = Pricer(instance, over, every).distances(ends)
    open_ = np.isfinite(dist[0])
    touched = open_ & (dist[1] > np.where(open_, dist[0], 0.0) + TOUCHED)
    constant = float(every.weight[open_ & ~touched] @ np.exp(-dist[0, open_ & ~touched]))
    keep = np.flatnonzero(touched & (every.weight > 0.0))  # nobody attempts the others: nothing is at stake
    of = every.only(keep)
    without = dist[0, keep]
    low = np.exp(without - dist[1, keep])
    result = Changeable(
        over, of, Pricer(instance, over, of), without, low, of.weight * np.exp(-without), constant
    )
    pool = Pool(over.n)
    if of.n:
        pool.add(result.paths(ends)[1])
    return result, pool


def states(terms: Terms, over: Binaries, start: IntArray) -> BoolArray:
    """Return which binaries are on in which quarter for a plan's starts, shape (T, B)."""
    on = binary_since(over, since(terms, start), terms.n_quarters)
    result: BoolArray = on[None, :] <= np.arange(terms.n_quarters)[:, None]
    return result


def binary_since(over: Binaries, from_quarter: IntArray, never: int) -> IntArray:
    """Return from which quarter each binary is on when items operate from the given ones, shape (B,)."""
    on = np.concatenate([from_quarter, from_quarter[over.item[over.n_items :]]])
    for b in range(over.n_items, over.n):
        for members in over.supports[b]:
            on[b] = max(on[b], min((from_quarter[j] for j in members), default=never))
    return np.asarray(on, dtype=np.int64)


def exact_value(game: Changeable, terms: Terms, start: IntArray) -> tuple[float, FloatArray, Found]:
    """Return the value of a plan without the constant, its value by quarter, and its best paths."""
    if game.of.n == 0:
        return 0.0, np.zeros(terms.n_quarters), none_found()
    points, place = np.unique(states(terms, game.over, start), axis=0, return_inverse=True)
    evade, found = game.paths(points.astype(np.float64))
    by_quarter = (evade @ game.weight)[place.ravel()]
    return float(by_quarter @ terms.quarter_weight), by_quarter, found
