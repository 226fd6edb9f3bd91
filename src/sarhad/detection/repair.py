"""Exact distances after the weights of a few edges change, without a new search from the start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from sarhad.detection.heap import heap_pop, heap_raise
from sarhad.detection.instance import FloatArray, Int32Array, IntArray
from sarhad.detection.shortest import Adjacency

NO_BOUND = np.empty(0)


@dataclass(frozen=True, eq=False)
class Scratch:
    """Working arrays of one thread, as it leaves them: nothing in the heap, nothing marked."""

    heap: IntArray
    place: IntArray
    mark: Int32Array
    lost: Int32Array
    node: Int32Array
    label: FloatArray


def scratch(n_nodes: int) -> Scratch:
    """Return fresh working arrays for a graph of N nodes: 36 N bytes."""
    return Scratch(
        np.empty(n_nodes, dtype=np.int64),
        np.full(n_nodes, -1, dtype=np.int64),
        np.zeros(n_nodes, dtype=np.int32),
        np.empty(n_nodes, dtype=np.int32),
        np.empty(n_nodes, dtype=np.int32),
        np.empty(n_nodes),
    )


def repaired(
    into: Adjacency,
    out: Adjacency,
    ends: tuple[IntArray, IntArray],
    weight: FloatArray,
    change: tuple[IntArray, FloatArray],
    tree: tuple[FloatArray, Int32Array],
    bound: tuple[FloatArray, float, float],
    watched: IntArray,
    room: Scratch,
) -> FloatArray:
    """Return the distances of the watched nodes after one change; the tree is left as it was.

    Parameters
    ----------
    into, out, ends
        Edges into and out of each node; tail and head of each edge.
    weight
        Weight of each edge after the change, shape (E,).
    change
        The edges whose weight changed, up or down, each once, and their former weights.
    tree
        Distances to the destination with the former weights and first edges (N,), as `tree` gives them.
    bound
        Labels below which a node may be on a way of a watched node, (N,), a number that is added to all of them, and
        one below which labels matter anyway. `NO_BOUND` and any numbers: all matter. Along a former way the bounds
        must fall no faster than the labels.
    watched
        The nodes whose distance is wanted.
    room
        Working arrays.

    Notes
    -----
    Nodes whose best way uses an edge that became heavier lose their label and get the best one that their
    unaffected neighbours offer; the tails of edges that became lighter may improve; one Dijkstra pass settles
    both. It stops once no watched node can change any more. The labels have the bits of a new search: each is the
    least sum, over all ways, of weights added up in their order.

    References
    ----------
    Ramalingam and Reps (1996), An incremental algorithm for a generalization of the shortest-path problem,
    Journal of Algorithms 21.
    """
    found = np.empty(len(watched))
    _repair(
        into.ptr, into.neighbour, into.edge, out.ptr, out.neighbour, out.edge, *ends, weight, *change, *tree, bound,
        room.heap, room.place, room.mark, room.lost, room.node, room.label, watched, found,
    )  # fmt: skip
    return found


def distances_after(
    into: Adjacency,
    out: Adjacency,
    weight: FloatArray,
    dist: FloatArray,
    via: Int32Array,
    changes: tuple[IntArray, IntArray, FloatArray],
    watched: tuple[IntArray, IntArray],
) -> FloatArray:
    """Return the distances of the watched nodes after each of several changes, each made alone.

    Parameters
    ----------
    into, out
        Edges into and out of each node.
    weight
        Weight of each edge before, shape (E,).
    dist, via
        Distances to the destination with these weights and first edges, shape (N,), as `tree` gives them.
    changes
        ``ptr`` (J + 1,), ``edge`` and ``new_weight``: change j sets the edges ``edge[ptr[j]:ptr[j + 1]]``,
        each at most once, to their new weights, up or down.
    watched
        ``ptr`` (J + 1,) and ``node``: the nodes whose distance is wanted after each change.

    Returns
    -------
    ndarray
        One distance for each watched node, in the order of ``node``.
    """
    ptr, edge, new_weight = changes
    found = np.empty(len(watched[1]))
    ends = (np.empty(len(weight), dtype=np.int32), np.empty(len(weight), dtype=np.int32))
    ends[0][into.edge], ends[1][out.edge] = into.neighbour, out.neighbour
    room = scratch(len(dist))
    _each(
        into.ptr, into.neighbour, into.edge, out.ptr, out.neighbour, out.edge, *ends, weight.copy(), dist.copy(), via,
        ptr, edge, new_weight, *watched, room.heap, room.place, room.mark, room.lost, room.node, room.label, found,
    )  # fmt: skip
    return found


@njit(cache=True, nogil=True)
def _each(  # type: ignore[no-untyped-def]
    in_ptr, in_tail, in_edge, out_ptr, out_head, out_edge, tails, heads, weight, dist, via,
    ptr, edge, new_weight, watched_ptr, watched_node, heap, place, mark, lost, log, former_label, found,
):  # fmt: skip
    """Fill `found`; `weight` is scratch and ends as it began."""
    former = np.empty(len(weight))
    on_path = np.zeros(len(dist), dtype=np.bool_)
    _mark_paths(via, heads, watched_node, on_path)
    for j in range(len(ptr) - 1):
        changed, watched = edge[ptr[j] : ptr[j + 1]], watched_node[watched_ptr[j] : watched_ptr[j + 1]]
        fresh, answer = new_weight[ptr[j] : ptr[j + 1]], found[watched_ptr[j] : watched_ptr[j + 1]]
        if not _matters(changed, fresh, weight, tails, via, on_path):
            for k in range(len(watched)):
                answer[k] = dist[watched[k]]
            continue
        for k in range(len(changed)):
            former[k], weight[changed[k]] = weight[changed[k]], fresh[k]
        _repair(
            in_ptr, in_tail, in_edge, out_ptr, out_head, out_edge, tails, heads, weight, changed, former, dist, via,
            (NO_BOUND, 0.0, 0.0), heap, place, mark, lost, log, former_label, watched, answer,
        )  # fmt: skip
        for k in range(len(changed)):
            weight[changed[k]] = former[k]


@njit(cache=True, nogil=True)
def _repair(  # type: ignore[no-untyped-def]
    in_ptr, in_tail, in_edge, out_ptr, out_head, out_edge, tails, heads, weight, changed, former, dist, via,
    within, heap, place, mark, lost, log, former_label, watched, found,
):  # fmt: skip
    """Fill `found`: labels are changed in `dist`, noted in the log, and set back."""
    n_lost = _lose(in_ptr, in_tail, in_edge, tails, via, changed, former, weight, dist, within, mark, lost)
    for at in range(n_lost):
        log[at], former_label[at] = lost[at], dist[lost[at]]
    size = _offer(out_ptr, out_head, out_edge, weight, dist, within, mark, lost, n_lost, heap, place)
    size, n_log = _lighten(
        tails,
        heads,
        weight,
        dist,
        within,
        changed,
        former,
        mark,
        heap,
        place,
        size,
        log,
        former_label,
        n_lost,
    )
    n_log = _settle(
        in_ptr, in_tail, in_edge, weight, dist, within, watched, mark, heap, place, size,
        log, former_label, n_log,
    )  # fmt: skip
    for k in range(len(watched)):
        found[k] = dist[watched[k]]
    for at in range(n_log):
        dist[log[at]] = former_label[at]
        mark[log[at]] = 0


@njit(cache=True, nogil=True)
def _mark_paths(via, heads, watched, on_path):  # type: ignore[no-untyped-def]
    """Mark the nodes that lie on the way of a watched node."""
    for k in range(len(watched)):
        node = watched[k]
        while not on_path[node]:
            on_path[node] = True
            if via[node] >= 0:
                node = heads[via[node]]


@njit(cache=True, nogil=True)
def _matters(edge, new_weight, weight, tails, via, on_path):  # type: ignore[no-untyped-def]
    """Return whether a watched node may change: an edge became lighter, or one on a watched way heavier."""
    for k in range(len(edge)):
        tail, before = tails[edge[k]], weight[edge[k]]
        if new_weight[k] < before or (new_weight[k] > before and via[tail] == edge[k] and on_path[tail]):
            return True
    return False


@njit(cache=True, nogil=True, inline="always")
def _is_within(label, node, within):  # type: ignore[no-untyped-def]
    """Return whether a label of the node is small enough to lie on a way of a watched node."""
    bound, slack, floor = within
    return len(bound) == 0 or label < floor or label < bound[node] + slack


@njit(cache=True, nogil=True)
def _lose(  # type: ignore[no-untyped-def]
    in_ptr, in_tail, in_edge, tails, via, edge, former, weight, dist, within, mark, lost
):  # fmt: skip
    """Return how many nodes that matter have a heavier edge on their way; mark (1) and list them."""
    count = 0
    for k in range(len(edge)):
        tail = tails[edge[k]]
        is_lost = weight[edge[k]] > former[k] and via[tail] == edge[k] and mark[tail] == 0
        if is_lost and _is_within(dist[tail], tail, within):
            mark[tail] = 1
            lost[count] = tail
            count += 1
    at = 0
    while at < count:
        node = lost[at]
        at += 1
        for k in range(in_ptr[node], in_ptr[node + 1]):
            tail = in_tail[k]
            if via[tail] == in_edge[k] and mark[tail] == 0 and _is_within(dist[tail], tail, within):
                mark[tail] = 1
                lost[count] = tail
                count += 1
    return count


@njit(cache=True, nogil=True)
def _offer(  # type: ignore[no-untyped-def]
    out_ptr, out_head, out_edge, weight, label, within, mark, lost, n_lost, heap, place
):  # fmt: skip
    """Return the heap's size after every lost node took the best label that a node not lost offers.

    A node that does not matter offers nothing: it may have lost its label unmarked.
    """
    size = 0
    for at in range(n_lost):
        node, best = lost[at], np.inf
        for k in range(out_ptr[node], out_ptr[node + 1]):
            head = out_head[k]
            if mark[head] == 0 and _is_within(label[head], head, within):
                best = min(best, label[head] + weight[out_edge[k]])
        label[node] = best
        if best < np.inf:
            heap[size] = node
            heap_raise(heap, place, label, size)
            size += 1
    return size


@njit(cache=True, nogil=True)
def _lighten(  # type: ignore[no-untyped-def]
    tails, heads, weight, label, within, edge, former, mark, heap, place, size, log, former_label, n_log
):  # fmt: skip
    """Return sizes of heap and log after the tails of lighter edges improved; lost heads pass theirs on later."""
    for k in range(len(edge)):
        if weight[edge[k]] >= former[k]:
            continue
        tail, head = tails[edge[k]], heads[edge[k]]
        through = label[head] + weight[edge[k]]
        if mark[head] == 1 or not through < label[tail]:
            continue
        if _is_within(through, tail, within):
            n_log = _note(log, former_label, n_log, mark, tail, label)
            size = _improve(label, heap, place, size, tail, through)
    return size, n_log


@njit(cache=True, nogil=True, inline="always")
def _note(log, former_label, n_log, mark, node, label):  # type: ignore[no-untyped-def]
    """Return the size of the log after the node's former label was noted, once."""
    if mark[node] == 0:
        mark[node] = 2
        log[n_log], former_label[n_log] = node, label[node]
        n_log += 1
    return n_log


@njit(cache=True, nogil=True)
def _improve(label, heap, place, size, node, through):  # type: ignore[no-untyped-def]
    """Return the heap's size after `node` got the smaller label `through`."""
    label[node] = through
    at = place[node]
    if at < 0:
        at = size
        heap[at] = node
        size += 1
    heap_raise(heap, place, label, at)
    return size


@njit(cache=True, nogil=True)
def _settle(  # type: ignore[no-untyped-def]
    in_ptr, in_tail, in_edge, weight, label, within, watched, mark, heap, place, size, log, former_label, n_log
):  # fmt: skip
    """Settle the labels in the heap, nearest first, until no watched node can change; return the log's size."""
    farthest = np.inf
    countdown = 0
    while size > 0:
        if countdown == 0:  # labels only fall, so a limit stays valid; refresh it now and then
            farthest = 0.0
            for k in range(len(watched)):
                farthest = max(farthest, label[watched[k]])
            countdown = 64
        countdown -= 1
        if label[heap[0]] >= farthest:
            break
        node = heap_pop(heap, place, label, size)
        size -= 1
        for k in range(in_ptr[node], in_ptr[node + 1]):
            tail, through = in_tail[k], label[node] + weight[in_edge[k]]
            if through < label[tail] and _is_within(through, tail, within):
                n_log = _note(log, former_label, n_log, mark, tail, label)
                size = _improve(label, heap, place, size, tail, through)
    for k in range(size):
        place[heap[k]] = -1
    return n_log
