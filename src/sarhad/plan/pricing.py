"""Exact separation: the best path of every scenario at any point, as what each binary adds to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.sparse import csc_array, csr_array

from sarhad.detection.instance import FloatArray, Instance, Int32Array, IntArray
from sarhad.detection.shortest import in_threads, reverse_adjacency, search

LENGTHS = 256e6  # bytes of edge lengths at once; more points are taken in turns
IMPASSABLE = 60.0  # stands for infinite exposure: exp(-60) is below any figure a plan can show


@dataclass(frozen=True)
class Binaries:
    """The yes-or-no quantities of a plan: first the I items, then the columns that need support.

    Parameters
    ----------
    item
        Item of each binary, shape (B,).
    supports
        Sets of items of each binary, one of each set must operate; empty for the items themselves.
    by_mover
        Exposure of each edge by binary, one array (E, B) per mover, infinities capped.
    by_threat
        Prevention, shape (B, n_threats).
    n_items
        Number of items I.
    """

    item: IntArray
    supports: tuple[tuple[tuple[int, ...], ...], ...]
    by_mover: tuple[csr_array, ...]
    by_threat: FloatArray
    n_items: int

    @property
    def n(self) -> int:
        """Return the number of binaries B."""
        return len(self.item)


def binaries(instance: Instance) -> Binaries:
    """Return the binaries: base columns of an item merged into it, supported columns on their own."""
    exposure = instance.exposure
    supported = np.array([len(s) > 0 for s in exposure.supports], dtype=np.bool_)
    target = exposure.item.copy()
    target[supported] = exposure.n_items + np.arange(int(supported.sum()))
    size = exposure.n_items + int(supported.sum())
    merge = csr_array((np.ones(len(target)), (np.arange(len(target)), target)), shape=(len(target), size))
    capped = []
    for matrix in exposure.by_mover:
        known = csc_array(matrix)
        known.data = np.minimum(known.data, IMPASSABLE)
        capped.append(csr_array(known.T @ merge))
    item = np.concatenate([np.arange(exposure.n_items), exposure.item[supported]])
    sets = ((),) * exposure.n_items + tuple(s for s in exposure.supports if s)
    prevention = merge.T @ np.minimum(exposure.by_threat, IMPASSABLE)
    return Binaries(item, sets, tuple(capped), np.asarray(prevention), exposure.n_items)


@dataclass(frozen=True)
class Units:
    """Scenarios that always share their best path, taken together.

    Parameters
    ----------
    origin, destination, mover, threat
        Shape (U,); of the threats that the same items prevent equally, the first.
    weight
        Weighted attempts a year that the unit stands for, shape (U,).
    """

    origin: IntArray
    destination: IntArray
    mover: IntArray
    threat: IntArray
    weight: FloatArray

    @property
    def n(self) -> int:
        """Return the number of units U."""
        return len(self.weight)

    def only(self, keep: IntArray) -> Units:
        """Return some of the units."""
        return Units(
            self.origin[keep], self.destination[keep], self.mover[keep], self.threat[keep], self.weight[keep]
        )


def units(instance: Instance, prevention: FloatArray) -> Units:
    """Return the units of the scenarios, in the order of mover, destination, origin, threat."""
    _, alike = np.unique(prevention, axis=1, return_inverse=True)
    first = np.array([np.flatnonzero(alike == k)[0] for k in alike], dtype=np.int64)
    threat = first[instance.threat]
    weight = instance.attempts_per_year * instance.consequence[instance.threat]
    key = np.stack([instance.mover, instance.destination, instance.origin, threat], axis=1)
    found, place = np.unique(key, axis=0, return_inverse=True)
    total = np.bincount(place.ravel(), weight, minlength=len(found)).astype(np.float64)
    return Units(found[:, 2], found[:, 1], found[:, 0], found[:, 3], total)


@dataclass(frozen=True)
class Found:
    """Paths as the plan sees them: path p belongs to a unit and meets `binary[ptr[p]:ptr[p + 1]]`.

    Parameters
    ----------
    unit
        Unit of each path, shape (P,).
    fixed
        Effort and existing exposure of each path, shape (P,).
    ptr, binary, added
        Binaries of each path, ascending, and the exposure each adds to it.
    edge_ptr, edge
        Edges of each path from its origin on, `edge[edge_ptr[p]:edge_ptr[p + 1]]`.
    """

    unit: IntArray
    fixed: FloatArray
    ptr: IntArray
    binary: IntArray
    added: FloatArray
    edge_ptr: IntArray
    edge: IntArray


def none_found() -> Found:
    """Return no paths."""
    nothing, begin = np.empty(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    return Found(nothing, np.empty(0), begin, nothing, np.empty(0), begin, nothing)


def joined(parts: list[Found]) -> Found:
    """Return the paths of all parts, in their order."""
    if len(parts) == 1:
        return parts[0]
    ends = {
        name: np.concatenate([[0], np.cumsum(np.concatenate([np.diff(getattr(p, name)) for p in parts]))])
        for name in ("ptr", "edge_ptr")
    }
    rest = {
        name: np.concatenate([getattr(p, name) for p in parts])
        for name in ("unit", "fixed", "binary", "added", "edge")
    }
    return Found(**ends, **rest)


class Pricer:
    """Best paths of all units at any point of the binaries, by one reverse search per destination and mover."""

    def __init__(self, instance: Instance, over: Binaries, of: Units) -> None:
        self.over, self.of = over, of
        self._head = instance.graph.head
        self._fixed = np.where(np.isfinite(instance.effort), np.minimum(instance.existing, IMPASSABLE), 0.0)
        self._fixed += instance.effort
        self._into = reverse_adjacency(instance.graph)
        key = of.destination * len(instance.movers) + of.mover
        self._groups = [np.flatnonzero(key == k) for k in np.unique(key)]
        prevention = csr_array(over.by_threat.T)
        self._prevention = (prevention.indptr, prevention.indices, prevention.data)

    def _turns(self, points: FloatArray) -> list[FloatArray]:
        """Return the points in parts whose edge lengths fit into the memory set aside for them."""
        step = max(1, int(LENGTHS / (8.0 * max(1, self._fixed.size))))
        return [points[k : k + step] for k in range(0, len(points), step)]

    def distances(self, points: FloatArray) -> FloatArray:
        """Return the exposure of each unit's best path at each point (Q, B), shape (Q, U)."""
        return np.concatenate([self._distances(part) for part in self._turns(points)])

    def paths(self, points: FloatArray) -> tuple[FloatArray, Found]:
        """Return the exposure of each unit's best path at each point, and these paths (point by point)."""
        parts = [self._paths(part) for part in self._turns(points)]
        return np.concatenate([dist for dist, _ in parts]), joined([found for _, found in parts])

    def _distances(self, points: FloatArray) -> FloatArray:
        """Return the distances of one part of the points."""
        dist = np.empty((len(points), self.of.n))

        def work(task: int) -> None:
            q, units_of = divmod(task, len(self._groups))
            chosen = self._groups[units_of]
            dist[q, chosen] = self._search(lengths, q, chosen)[0][self.of.origin[chosen]]

        lengths = self._lengths(points)
        in_threads(work, range(len(points) * len(self._groups)))
        return dist + (points @ self.over.by_threat)[:, self.of.threat]

    def _paths(self, points: FloatArray) -> tuple[FloatArray, Found]:
        """Return distances and paths of one part of the points."""
        lengths = self._lengths(points)

        def work(task: int) -> tuple[FloatArray, ...]:
            q, group = divmod(task, len(self._groups))
            chosen = self._groups[group]
            dist, via = self._search(lengths, q, chosen)
            mover = self.of.mover[chosen[0]]
            matrix = self.over.by_mover[mover]
            found = _trace(
                via,
                self._head,
                self.of.origin[chosen],
                self.of.threat[chosen],
                self._fixed[mover],
                (matrix.indptr, matrix.indices, matrix.data),
                self._prevention,
                self.over.n,
            )
            return dist[self.of.origin[chosen]], *found

        parts = in_threads(work, range(len(points) * len(self._groups)))
        dist = np.empty((len(points), self.of.n))
        for task, part in enumerate(parts):
            q, group = divmod(task, len(self._groups))
            dist[q, self._groups[group]] = part[0]
        dist += (points @ self.over.by_threat)[:, self.of.threat]
        unit = np.concatenate([self._groups[task % len(self._groups)] for task in range(len(parts))])
        fixed, met, binary, added, steps, edge = (np.concatenate([p[k] for p in parts]) for k in range(1, 7))
        ptr, edge_ptr = (np.concatenate([[0], np.cumsum(count)]) for count in (met, steps))
        return dist, Found(unit, fixed, ptr, binary, added, edge_ptr, edge)

    def _lengths(self, points: FloatArray) -> list[FloatArray]:
        """Return the exposure of each edge at each point, one array (Q, E) per mover."""
        return [f + np.asarray(m @ points.T).T for f, m in zip(self._fixed, self.over.by_mover, strict=True)]

    def _search(self, lengths: list[FloatArray], q: int, chosen: IntArray) -> tuple[FloatArray, Int32Array]:
        """Return distance and next edge of every node towards the destination of these units."""
        length = lengths[int(self.of.mover[chosen[0]])][q]
        return search(self._into, length, self.of.destination[chosen[:1]])


@njit(cache=True, nogil=True)
def _trace(via, head, origin, threat, fixed, exposure, prevention, n_binaries):  # type: ignore[no-untyped-def]
    """Return for each origin: fixed exposure, number of binaries met, they, what each adds, number of edges, they."""
    ptr, index, data = exposure
    p_ptr, p_index, p_data = prevention
    total, met = np.zeros(len(origin)), np.zeros(len(origin), dtype=np.int64)
    steps = np.zeros(len(origin), dtype=np.int64)
    for u in range(len(origin)):
        node = origin[u]
        while via[node] >= 0:
            steps[u] += 1
            node = head[via[node]]
    edges, n_edges = np.empty(steps.sum(), dtype=np.int64), 0
    room, used = 1024, 0
    binary, added = np.empty(room, dtype=np.int64), np.empty(room)
    sums, touched = np.zeros(n_binaries), np.empty(n_binaries, dtype=np.int64)
    for u in range(len(origin)):
        n, node = 0, origin[u]
        for k in range(p_ptr[threat[u]], p_ptr[threat[u] + 1]):
            if p_data[k] > 0.0:
                sums[p_index[k]] = p_data[k]
                touched[n] = p_index[k]
                n += 1
        while via[node] >= 0:
            edge = via[node]
            edges[n_edges] = edge
            n_edges += 1
            total[u] += fixed[edge]
            for k in range(ptr[edge], ptr[edge + 1]):
                if sums[index[k]] == 0.0 and data[k] > 0.0:
                    touched[n] = index[k]
                    n += 1
                sums[index[k]] += data[k]
            node = head[edge]
        while used + n > room:
            room *= 2
            binary = np.concatenate((binary, np.empty(room - len(binary), dtype=np.int64)))
            added = np.concatenate((added, np.empty(room - len(added))))
        for b in np.sort(touched[:n]):
            binary[used], added[used] = b, sums[b]
            sums[b] = 0.0
            used += 1
        met[u] = n
    return total, met, binary[:used], added[:used], steps, edges
