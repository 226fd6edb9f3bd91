"""Path cuts: linear functions of the binaries that no plan's chance to evade lies below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan.game import Changeable
from sarhad.plan.linear import Cuts
from sarhad.plan.pool import Pool
from sarhad.plan.proof import made_by_row
from sarhad.plan.supports import Supports

GROUPS = 100  # about as many rows a round and epoch; fewer converge slowly, more make each answer slow


@dataclass(frozen=True)
class Grouping:
    """Units taken together in one row.

    Parameters
    ----------
    of
        Group of each unit, shape (U,).
    weight, low
        Attempts that get through with nothing built, and the least share of them, shape (G,).
    share
        Share of each unit in the weight of its group, shape (U,).
    """

    of: IntArray
    weight: FloatArray
    low: FloatArray
    share: FloatArray

    def total(self, evade: FloatArray) -> FloatArray:
        """Return the mean chance to evade of each group, (N, U) to (N, G)."""
        matrix = csr_array((self.share, (np.arange(len(self.of)), self.of)))
        return np.asarray(evade @ matrix)


def grouping(game: Changeable) -> Grouping:
    """Return the groups: units of one destination and mover, split where they weigh more than a hundredth."""
    most = game.weight.sum() / GROUPS
    of, last, held, group = np.zeros(game.of.n, dtype=np.int64), (-1, -1), 0.0, -1
    for u in range(game.of.n):
        key = int(game.of.destination[u]), int(game.of.mover[u])
        if key != last or held + game.weight[u] / 2 > most:
            group, held, last = group + 1, 0.0, key
        of[u] = group
        held += game.weight[u]
    weight = np.bincount(of, game.weight).astype(np.float64)
    share = game.weight / weight[of]
    return Grouping(of, weight, np.bincount(of, share * game.low).astype(np.float64), share)


def group_cuts(
    pool: Pool, groups: Grouping, supports: Supports, items: FloatArray, eta: FloatArray, worth: FloatArray
) -> tuple[Cuts, float]:
    """Return cuts at the point of each epoch, one a group, from each unit's best path in the pool.

    Parameters
    ----------
    pool, groups, supports
        Paths, groups, and what limits the supported binaries.
    items
        State of the items in each epoch, shape (N, I).
    eta
        What the linear programme believes, shape (N, G).
    worth
        Years of each epoch, shape (N,).

    Returns
    -------
    tuple
        Cuts of the groups it underrates, and by how much it does in all.
    """
    n_groups, first = len(groups.weight), pool.first(len(groups.of))[:-1]
    points = supports.states(items)
    evade = np.exp(-pool.exposure(points))
    best = np.maximum.reduceat(evade, first, axis=1)
    short = (groups.total(best) - eta) * worth[:, None] * groups.weight
    total = float(short.clip(0.0).sum())
    wanted = short > 0.02 * total / short.size
    paths, epochs = [], []
    for epoch in range(len(points)):
        top = np.flatnonzero((evade[epoch] >= best[epoch][pool.unit]) & wanted[epoch][groups.of[pool.unit]])
        _, place = np.unique(pool.unit[top], return_index=True)
        paths.append(top[place])
        epochs.append(np.full(len(place), epoch))
    path, epoch_of = np.concatenate(paths), np.concatenate(epochs)
    level, slope = path_cuts(csr_array(pool.added[path]), pool.fixed[path], points, epoch_of)
    unit = pool.unit[path]
    row = epoch_of * n_groups + groups.of[unit]
    rows, place = np.unique(row, return_inverse=True)
    mix = csr_array((groups.share[unit], (place, np.arange(len(row)))), shape=(len(rows), len(row)))
    at, mixed = rows // n_groups, csr_array(mix @ slope)
    parts = [csr_array(mixed[at == e]) @ supports.least(items[e]) for e in range(len(items))]
    held = csr_array(items)
    at_epoch = [csr_array(held[[e]]) for e in range(len(items))]
    sources = pool.number[path], np.zeros(len(path), dtype=np.int64)
    made = made_by_row("tangent", place, len(rows), sources, [at_epoch[e] for e in at.tolist()])
    return Cuts(at, rows % n_groups, np.asarray(mix @ level), csr_array(vstack(parts)), made), total


def path_cuts(
    added: csr_array, fixed: FloatArray, points: FloatArray, epoch: IntArray
) -> tuple[FloatArray, csr_array]:
    """Return level and slopes of a strengthened tangent of each path's chance to evade.

    Parameters
    ----------
    added, fixed
        Exposure that the binaries add to each path (P, B), and its fixed exposure (P,).
    points, epoch
        Points (N, B), and the one at which each path is cut (P,).

    Notes
    -----
    With ``y`` the exposure the binaries add at the point, the tangent is
    ``exp(-fixed) exp(-y) (1 + y - sum a x)``. A binary with ``a > y`` needs no more than the slope
    ``exp(-y) (1 + y) - exp(-a)``, at which the cut meets the chance exactly when it alone is on; with two of them
    on, ``exp(-a) + exp(-b) - exp(-y) (1 + y) <= exp(-a - b)`` still holds.
    """
    row = np.repeat(np.arange(added.shape[0]), np.diff(added.indptr))
    y = np.bincount(row, added.data * points[epoch[row], added.indices], minlength=added.shape[0])
    base = np.exp(-fixed)
    level = np.exp(-y) * (1.0 + y)
    tangent = np.exp(-y)[row] * added.data
    chord = level[row] - np.exp(-added.data)
    slope = np.where(added.data > y[row], np.minimum(tangent, chord), tangent)
    return base * level, csr_array((base[row] * slope, added.indices, added.indptr), shape=added.shape)
