"""What single items are worth in a plan: the exact value of removing or adding each, informed movers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from sarhad.detection.evaluation import truth
from sarhad.detection.exposure import columns_on, prevention, refuse_shape
from sarhad.detection.instance import BoolArray, FloatArray, Instance, Int32Array, IntArray
from sarhad.detection.prepared import Prepared, prepare
from sarhad.detection.repair import distances_after
from sarhad.detection.shortest import Adjacency, Lengths, in_threads, labels, lengths, tree
from sarhad.errors import SpecError

NESTED = 16  # states that share a search: more repair longer, fewer search more often


def removal_values(
    instance: Instance, operating: BoolArray, years: FloatArray, items: Sequence[IntArray] | IntArray
) -> FloatArray:
    """Return what each item, or set of items, saves in the plan: the value without minus the value with it.

    Parameters
    ----------
    instance
        Graph, exposures, scenarios.
    operating
        The plan: which items operate in each period, shape (T, I).
    years
        Length of each period, shape (T,).
    items
        Items to remove, each alone, shape (J,); or J sets of items, each removed as a whole.

    Returns
    -------
    ndarray
        Shape (J,), >= 0 up to rounding; for informed movers.

    Notes
    -----
    Removal values do not add up: two items on two parallel paths can each be worthless alone.
    """
    sets = [np.atleast_1d(np.asarray(one, dtype=np.int64)) for one in items]
    affected = [operating[:, one].any(axis=1) for one in sets]
    return _flip_values(
        instance,
        operating,
        years,
        sets,
        np.array(affected, dtype=np.bool_).reshape(len(sets), len(operating)).T,
    )


def addition_values(
    instance: Instance, operating: BoolArray, years: FloatArray, items: IntArray, first_period: IntArray
) -> FloatArray:
    """Return what each item would save if added: the value with it minus the value without, sign turned.

    Parameters
    ----------
    instance, operating, years
        As in `removal_values`.
    items
        Items to add, each alone, shape (J,).
    first_period
        Period from which each operates, to the end, shape (J,); T means never.

    Returns
    -------
    ndarray
        Shape (J,), >= 0 up to rounding; zero where the item operates already.
    """
    if first_period.shape != items.shape:
        raise SpecError(f"first_period must have shape {items.shape}, found {first_period.shape}.")
    late = np.arange(len(operating))[:, None] >= first_period[None, :]
    return -_flip_values(instance, operating, years, list(items[:, None]), late & ~operating[:, items])


def nested_values(instance: Instance, states: BoolArray) -> FloatArray:
    """Return the value a year of states each of which holds the one before: items come in and stay.

    Parameters
    ----------
    instance
        Graph, exposures, scenarios.
    states
        Which items operate, shape (J, I); no item of a row is missing in the next.

    Returns
    -------
    ndarray
        Shape (J,), equal to the value of `evaluate` for a period of one year; for informed movers.

    Notes
    -----
    One search in `NESTED` states is made afresh, the others repair its labels.
    """
    prepared, exposure = prepare(instance), instance.exposure
    refuse_shape(states, (len(states), exposure.n_items))
    if (states[:-1] & ~states[1:]).any():
        raise SpecError("the states are not nested: an item of one is missing in the next. Sort them.")
    on = columns_on(exposure, states)
    prevented = prevention(exposure, on)
    yearly = instance.attempts_per_year * instance.consequence[instance.threat]
    value = np.zeros(len(states))
    for first in range(0, len(states), NESTED):
        part = slice(first, first + NESTED)
        weight = truth(prepared, states[first]).weight
        changes = [_changes(prepared, m, on[first], on[part][1:]) for m in range(len(instance.movers))]
        value[part] = _repaired(prepared, weight, changes, prevented[part], yearly)
    return value


def _repaired(
    prepared: Prepared,
    weight: FloatArray,
    changes: list[_Changes],
    prevented: FloatArray,
    yearly: FloatArray,
) -> FloatArray:
    """Return the value a year before and after each change, all of which make edges heavier."""
    instance, used = prepared.instance, _lengths(prepared, weight)

    def work(g: int) -> FloatArray:
        mover, s = prepared.ends.mover[g], np.flatnonzero(prepared.ends.of_scenario == g)
        dist, via = tree(prepared.into, used[int(mover)], prepared.ends.node[g : g + 1])
        of = (prepared.into, prepared.out, weight[mover], dist, via)
        found = _distances(of, changes[mover], instance.origin[s], None)
        labels = np.concatenate([dist[instance.origin[s]][None], found])
        return np.asarray(np.exp(-labels - prevented[:, instance.threat[s]]) @ yearly[s])

    return np.asarray(np.stack(in_threads(work, range(prepared.ends.n_groups))).sum(axis=0))


def _flip_values(
    instance: Instance, operating: BoolArray, years: FloatArray, sets: list[IntArray], affected: BoolArray
) -> FloatArray:
    """Return the change of the value when each set is flipped in the periods (T, J) that it affects."""
    prepared = prepare(instance)
    refuse_shape(operating, (len(operating), instance.exposure.n_items))
    if years.shape != (len(operating),):
        raise SpecError(f"years must have shape {(len(operating),)}, found {years.shape}.")
    states, of_period = np.unique(operating, axis=0, return_inverse=True)
    change = np.zeros(len(sets))
    if len(sets) == 0:
        return change
    lasting = np.zeros((len(states), len(sets)))
    np.add.at(lasting, of_period.reshape(-1), years[:, None] * affected)
    for u, state in enumerate(states):
        touched = np.flatnonzero(lasting[u] > 0)
        if len(touched):
            change[touched] += lasting[u, touched] * _flips(prepared, state, [sets[j] for j in touched])
    return change


@dataclass(frozen=True, eq=False)
class _Changes:
    """The edges whose weight each flip changes, their new weights, and the distinct tails of these edges.

    Flip j sets ``edge[ptr[j]:ptr[j + 1]]`` to ``weight[...]``; its tails are ``tail[tail_ptr[j]:tail_ptr[j + 1]]``.
    """

    ptr: IntArray
    edge: IntArray
    weight: FloatArray
    tail_ptr: IntArray
    tail: IntArray


def _flips(prepared: Prepared, state: BoolArray, sets: list[IntArray]) -> FloatArray:
    """Return the change of the yearly value when each set alone goes out, or each comes in.

    Sets with a member that operates go out; in a set that comes in none does.
    """
    instance, exposure = prepared.instance, prepared.instance.exposure
    goes_out = bool(state[sets[0]].any())
    flipped = np.repeat(state[None, :], len(sets), axis=0)
    for row, one in zip(flipped, sets, strict=True):
        row[one] = not goes_out
    on, after = columns_on(exposure, state), columns_on(exposure, flipped)
    now, then = prevention(exposure, on), prevention(exposure, after)
    weight = truth(prepared, state).weight
    changes = [_changes(prepared, m, on, after) for m in range(len(instance.movers))]
    used = _lengths(prepared, weight)
    ahead = _ahead(prepared, weight) if goes_out else None
    yearly = instance.attempts_per_year * instance.consequence[instance.threat]

    def work(g: int) -> FloatArray:
        mover, s = prepared.ends.mover[g], np.flatnonzero(prepared.ends.of_scenario == g)
        dist, via = tree(prepared.into, used[int(mover)], prepared.ends.node[g : g + 1])
        of = (prepared.into, prepared.out, weight[mover], dist, via)
        from_origin = None if ahead is None else ahead[prepared.starts.of_scenario[s]]
        found = _distances(of, changes[mover], instance.origin[s], from_origin)
        threat = instance.threat[s]
        before = np.exp(-dist[instance.origin[s]] - now[threat])
        return np.asarray((np.exp(-found - then[:, threat]) - before) @ yearly[s])

    change: FloatArray = np.stack(in_threads(work, range(prepared.ends.n_groups))).sum(axis=0)
    return change


def _distances(
    of: tuple[Adjacency, Adjacency, FloatArray, FloatArray, Int32Array],
    changes: _Changes,
    origin: IntArray,
    from_origin: FloatArray | None,
) -> FloatArray:
    """Return the distance of each origin after each change, (J, S).

    Without `from_origin` weights rose, and the origins' labels are repaired. With it, the distances (S, N) from
    each origin to every node before the change, weights fell: a path that gains passes a first changed edge, so
    the new distance is the least of the old one and, over the tails t of changed edges, the old distance from the
    origin to t plus the new one from t. Only labels near the item need repair.
    """
    n_changes, dist = len(changes.ptr) - 1, of[3]
    altered = (changes.ptr, changes.edge, changes.weight)
    if from_origin is None:
        ptr = np.arange(n_changes + 1) * len(origin)
        return distances_after(*of, altered, (ptr, np.tile(origin, n_changes))).reshape(
            n_changes, len(origin)
        )
    labels = distances_after(*of, altered, (changes.tail_ptr, changes.tail))
    found = np.empty((n_changes, len(origin)))
    _through_tails(dist, origin, from_origin, changes.tail_ptr, changes.tail, labels, found)
    return found


@njit(cache=True, nogil=True)
def _through_tails(dist, origin, from_origin, ptr, tail, labels, found):  # type: ignore[no-untyped-def]
    """Fill `found` (J, S): the least of the old distance and those through a tail that improved."""
    for j in range(len(ptr) - 1):
        for s in range(len(origin)):
            found[j, s] = dist[origin[s]]
        for k in range(ptr[j], ptr[j + 1]):
            if labels[k] < dist[tail[k]]:
                for s in range(len(origin)):
                    found[j, s] = min(found[j, s], from_origin[s, tail[k]] + labels[k])


def _lengths(prepared: Prepared, weight: FloatArray) -> dict[int, Lengths]:
    """Return the weights (n_movers, E) of each mover in use, for reverse searches."""
    return {m: lengths(prepared.into, weight[m]) for m in np.unique(prepared.ends.mover).tolist()}


def _ahead(prepared: Prepared, weight: FloatArray) -> FloatArray:
    """Return the distance from every start group's origin to each node, (G, N)."""
    starts = prepared.starts
    used = {m: lengths(prepared.out, weight[m]) for m in np.unique(starts.mover).tolist()}
    return np.stack(
        in_threads(
            lambda g: labels(prepared.out, used[int(starts.mover[g])], starts.node[g : g + 1])[0],
            range(starts.n_groups),
        )
    )


def _changes(prepared: Prepared, mover: int, on: BoolArray, after: BoolArray) -> _Changes:
    """Return the edges that each row of `after` (J, C) changes, and their new weights.

    A new weight is summed as `edge_exposure` sums it, so that equal sets of columns give equal weights.
    """
    added, by_edge = prepared.instance.exposure.by_mover[mover], prepared.by_edge[mover]
    base, tails = prepared.base(mover), prepared.instance.graph.tail
    marked = np.zeros(len(base), dtype=np.bool_)
    edges, weights = [], []
    for row in after:
        edge = edges_of(added.indptr, added.indices, np.flatnonzero(row != on), marked)
        edges.append(edge)
        weights.append(sum_on(by_edge.indptr, by_edge.indices, by_edge.data, row, edge, base[edge]))
    tail = [np.unique(tails[one]) for one in edges]
    ptr, tail_ptr = (np.cumsum([0, *map(len, parts)]).astype(np.int64) for parts in (edges, tail))
    flat = np.concatenate([*edges, np.empty(0, np.int64)])
    weight = np.concatenate([*weights, np.empty(0)])
    return _Changes(ptr, flat, weight, tail_ptr, np.concatenate([*tail, np.empty(0, np.int64)]))


@njit(cache=True, nogil=True)
def edges_of(ptr, edge, columns, marked):  # type: ignore[no-untyped-def]
    """Return the edges on which some columns act, each once; `marked` (E,) is all False before and after."""
    found = np.empty(64, dtype=np.int64)
    count = 0
    for c in columns:
        for k in range(ptr[c], ptr[c + 1]):
            if not marked[edge[k]]:
                marked[edge[k]] = True
                if count == len(found):
                    found = np.append(found, found)
                found[count] = edge[k]
                count += 1
    for k in range(count):
        marked[found[k]] = False
    return found[:count]


@njit(cache=True, nogil=True)
def sum_on(ptr, column, data, on, edge, base):  # type: ignore[no-untyped-def]
    """Return the weight of each edge: its base and what the columns add that are on (C,)."""
    weight = np.empty(len(edge))
    for k in range(len(edge)):
        total = 0.0
        for c in range(ptr[edge[k]], ptr[edge[k] + 1]):
            if on[column[c]]:
                total += data[c]
        weight[k] = base[k] + total
    return weight
