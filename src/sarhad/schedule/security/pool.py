"""A surrogate for many draws: the paths that movers took in some of them, and what the items do to these paths alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from sarhad.detection import Exposure, Instance, distances, edge_exposure, path_edges
from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.detection.shortest import in_threads
from sarhad.schedule.security.clock import Clock

CHUNK = 16  # draws that a thread judges in one go


_Row = tuple[float, IntArray, FloatArray]


class Paths(NamedTuple):
    """Paths by trip, a trip being origin, destination and mover: those of trip r are ``first[r]:first[r + 1]``.

    Parameters
    ----------
    base
        Effort and existing exposure of each path, shape (P,).
    ptr, column, added
        Columns that add exposure to each path: ``ptr[p]:ptr[p + 1]``, and how much.
    """

    first: IntArray
    base: FloatArray
    ptr: IntArray
    column: IntArray
    added: FloatArray


@dataclass(frozen=True, eq=False)
class Pool:
    """What the surrogate needs of a game.

    Parameters
    ----------
    instance
        The game.
    number
        Index in the game of the J items that may operate, shape (J,).
    paths
        Paths of every trip.
    weight
        Weighted attempts a year of each trip and threat, shape (R, H).
    """

    instance: Instance
    number: IntArray
    paths: Paths
    weight: FloatArray

    @property
    def n_paths(self) -> int:
        """Return the number of paths."""
        return len(self.paths.base)


def pool_of(instance: Instance, number: IntArray, states: BoolArray) -> Pool:
    """Return the pool of the best paths in these states, each path once.

    Parameters
    ----------
    number
        Index in the game of the items that may operate, shape (J,).
    states
        What operates, shape (U, I).
    """
    key = np.stack([instance.origin, instance.destination, instance.mover])
    _, scenario, trip = np.unique(key, axis=1, return_index=True, return_inverse=True)
    weight = np.zeros((len(scenario), len(instance.threats)))
    attempts = instance.attempts_per_year * instance.consequence[instance.threat]
    np.add.at(weight, (trip.reshape(-1), instance.threat), attempts)
    known: list[dict[bytes, _Row]] = [{} for _ in scenario]
    base = instance.effort + instance.existing
    may = np.isin(instance.exposure.item, number)
    added = [by_mover.tocsc() for by_mover in instance.exposure.by_mover]
    room = np.zeros(instance.exposure.n_columns)
    for state in np.unique(states, axis=0):
        _, via = distances(instance, base + edge_exposure(instance, state))
        ptr, edge = path_edges(instance, via)
        for r, s in enumerate(scenario.tolist()):
            own = edge[ptr[s] : ptr[s + 1]]
            name = own.tobytes()
            if len(own) and name not in known[r]:
                mover = int(instance.mover[s])
                of = added[mover]
                column, amount = _along(of.indptr, of.indices, of.data, own, may, room)
                known[r][name] = (float(base[mover, own].sum()), column, amount)
    return Pool(instance, number, _paths(known), weight)


@njit(cache=True, nogil=True)
def _along(ptr, column, data, path, may, room):  # type: ignore[no-untyped-def]
    """Return the columns that may add exposure along a path, and how much; `room` (C,) is zero before and after."""
    found = np.empty(len(room), dtype=np.int64)
    count = 0
    for edge in path:
        for k in range(ptr[edge], ptr[edge + 1]):
            if may[column[k]] and data[k] > 0.0:
                if room[column[k]] == 0.0:
                    found[count] = column[k]
                    count += 1
                room[column[k]] += data[k]
    amount = room[found[:count]]
    room[found[:count]] = 0.0
    return found[:count].copy(), amount


def _paths(known: list[dict[bytes, tuple[float, IntArray, FloatArray]]]) -> Paths:
    rows = [row for of_scenario in known for row in sorted(of_scenario.values(), key=lambda row: row[0])]
    counts = np.array([len(of_scenario) for of_scenario in known], dtype=np.int64)
    sizes = np.array([len(row[1]) for row in rows], dtype=np.int64)
    return Paths(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.array([row[0] for row in rows], dtype=np.float64),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.concatenate([np.empty(0, np.int64), *(row[1] for row in rows)]).astype(np.int64),
        np.concatenate([np.empty(0), *(row[2] for row in rows)]).astype(np.float64),
    )


def pool_values(pool: Pool, ready: FloatArray, clock: Clock) -> FloatArray:
    """Return the value of each draw over the pool's paths, shape (n,): never above the exact one.

    Parameters
    ----------
    ready
        Day from which each item of the pool operates in each draw, shape (J, n).
    """
    exposure = pool.instance.exposure
    begins = np.full((exposure.n_items, ready.shape[1]), len(clock.years), dtype=np.int64)
    begins[pool.number] = np.searchsorted(clock.middle, ready)
    onset = np.ascontiguousarray(_onsets(exposure, begins).T)
    kept = np.exp(-_prevented(exposure, onset, len(clock.years)))
    values = np.empty(ready.shape[1])

    def work(k: int) -> None:
        part = slice(k, k + CHUNK)
        _values(*pool.paths, onset[part], kept[part], pool.weight, clock.years, values[part])

    in_threads(work, range(0, len(values), CHUNK))
    return values


def _onsets(exposure: Exposure, begins: IntArray) -> IntArray:
    """Return the period from which each column acts in each draw, shape (C, n), from that of the items (I, n)."""
    onset = begins[exposure.item]
    for c, sets in enumerate(exposure.supports):
        for members in sets:
            np.maximum(onset[c], begins[list(members)].min(axis=0), out=onset[c])
    return onset


def _prevented(exposure: Exposure, onset: IntArray, n_periods: int) -> FloatArray:
    """Return the exposure common to all paths of each threat by draw and period, shape (n, T, H)."""
    draws = np.arange(len(onset))
    grows = np.zeros((len(onset), n_periods + 1, exposure.by_threat.shape[1]))
    for c in np.flatnonzero(exposure.by_threat.any(axis=1)).tolist():
        grows[draws, onset[:, c]] += exposure.by_threat[c]
    return np.asarray(np.cumsum(grows[:, :-1], axis=1))


@njit(cache=True, nogil=True)
def _values(first, base, ptr, column, added, onset, kept, weight, years, values):  # type: ignore[no-untyped-def]
    """Fill the value of each draw: of each trip the best pooled path in every period."""
    n_periods, n_threats = len(years), weight.shape[1]
    best, grows = np.empty(n_periods), np.empty(n_periods + 1)
    for k in range(len(values)):
        total = 0.0
        for r in range(len(first) - 1):
            best[:] = np.inf
            for p in range(first[r], first[r + 1]):
                if base[p] >= best[n_periods - 1]:
                    break  # paths stand in order of their base, and the best grow longer with time
                grows[:] = 0.0
                for j in range(ptr[p], ptr[p + 1]):
                    grows[onset[k, column[j]]] += added[j]
                length = base[p]
                for t in range(n_periods):
                    length += grows[t]
                    best[t] = min(best[t], length)
            evade, before = 0.0, -1.0
            for t in range(n_periods):
                if best[t] != before:
                    before = best[t]
                    evade = np.exp(-before)
                for h in range(n_threats):
                    total += years[t] * weight[r, h] * kept[k, t, h] * evade
        values[k] = total
