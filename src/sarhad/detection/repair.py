"""Exact distances after the weights of a few edges change, without a new search from the start."""

from __future__ import annotations

import numpy as np
from numba import njit

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.detection.shortest import Adjacency, heap_pop, heap_raise


def distances_after(
    into: Adjacency,
    out: Adjacency,
    weight: FloatArray,
    dist: FloatArray,
    via: IntArray,
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
        Distances to the destination with these weights and first edges, shape (N,), as `search` gives them.
    changes
        ``ptr`` (J + 1,), ``edge`` and ``new_weight``: change j sets the edges ``edge[ptr[j]:ptr[j + 1]]``,
        each at most once, to their new weights, up or down.
    watched
        ``ptr`` (J + 1,) and ``node``: the nodes whose distance is wanted after each change.

    Returns
    -------
    ndarray
        One distance for each watched node, in the order of ``node``.

    Notes
    -----
    Nodes whose best way uses an edge that became heavier lose their label and get the best one that their
    unaffected neighbours offer; the tails of edges that became lighter may improve; one Dijkstra pass settles
    both. It stops once no watched node can change any more.

    References
    ----------
    Ramalingam and Reps (1996), An incremental algorithm for a generalization of the shortest-path problem,
    Journal of Algorithms 21.
    """
    ptr, edge, new_weight = changes
    found = np.empty(len(watched[1]))
    lists = (into.ptr, into.neighbour, into.edge, out.ptr, out.neighbour, out.edge)
    tails = np.empty(len(weight), dtype=np.int64)
    tails[into.edge] = into.neighbour
    heads = np.empty(len(weight), dtype=np.int64)
    heads[out.edge] = out.neighbour
    _repair(*lists, tails, heads, weight.copy(), dist, via, ptr, edge, new_weight, *watched, found)
    return found


@njit(cache=True, nogil=True)
def _repair(  # type: ignore[no-untyped-def]
    in_ptr, in_tail, in_edge, out_ptr, out_head, out_edge, tails, heads,
    weight, dist, via, ptr, edge, new_weight, watched_ptr, watched_node, found,
):  # fmt: skip
    """Fill `found`; `weight` is scratch and ends as it began."""
    label = dist.copy()
    heap = np.empty(len(dist), dtype=np.int64)
    place = np.full(len(dist), -1, dtype=np.int64)
    is_lost = np.zeros(len(dist), dtype=np.bool_)
    lost = np.empty(len(dist), dtype=np.int64)
    former = np.empty(len(weight))
    on_path = np.zeros(len(dist), dtype=np.bool_)
    _mark_paths(via, heads, watched_node, on_path)
    for j in range(len(ptr) - 1):
        first, last = ptr[j], ptr[j + 1]
        if not _matters(edge, first, last, weight, new_weight, tails, via, on_path):
            for k in range(watched_ptr[j], watched_ptr[j + 1]):
                found[k] = dist[watched_node[k]]
            continue
        for k in range(first, last):
            former[edge[k]] = weight[edge[k]]
            weight[edge[k]] = new_weight[k]
        n_lost = _lose(in_ptr, in_tail, in_edge, tails, via, edge, first, last, former, weight, is_lost, lost)
        size = _offer(out_ptr, out_head, out_edge, weight, label, is_lost, lost, n_lost, heap, place)
        size = _lighten(tails, heads, weight, label, is_lost, edge, first, last, former, heap, place, size)
        _settle(
            in_ptr,
            in_tail,
            in_edge,
            weight,
            label,
            watched_node,
            watched_ptr[j],
            watched_ptr[j + 1],
            heap,
            place,
            size,
        )
        for k in range(watched_ptr[j], watched_ptr[j + 1]):
            found[k] = label[watched_node[k]]
        for k in range(n_lost):
            is_lost[lost[k]] = False
        for k in range(first, last):
            weight[edge[k]] = former[edge[k]]
        for node in range(len(dist)):
            label[node] = dist[node]


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
def _matters(edge, first, last, weight, new_weight, tails, via, on_path):  # type: ignore[no-untyped-def]
    """Return whether a watched node may change: an edge became lighter, or one on a watched way heavier."""
    for k in range(first, last):
        tail, before = tails[edge[k]], weight[edge[k]]
        if new_weight[k] < before or (new_weight[k] > before and via[tail] == edge[k] and on_path[tail]):
            return True
    return False


@njit(cache=True, nogil=True)
def _lose(  # type: ignore[no-untyped-def]
    in_ptr, in_tail, in_edge, tails, via, edge, first, last, former, weight, is_lost, lost
):  # fmt: skip
    """Return how many nodes have a heavier edge on their way; mark and list them."""
    count = 0
    for k in range(first, last):
        tail = tails[edge[k]]
        if weight[edge[k]] > former[edge[k]] and via[tail] == edge[k] and not is_lost[tail]:
            is_lost[tail] = True
            lost[count] = tail
            count += 1
    at = 0
    while at < count:
        node = lost[at]
        at += 1
        for k in range(in_ptr[node], in_ptr[node + 1]):
            tail = in_tail[k]
            if via[tail] == in_edge[k] and not is_lost[tail]:
                is_lost[tail] = True
                lost[count] = tail
                count += 1
    return count


@njit(cache=True, nogil=True)
def _offer(  # type: ignore[no-untyped-def]
    out_ptr, out_head, out_edge, weight, label, is_lost, lost, n_lost, heap, place
):  # fmt: skip
    """Return the heap's size after every lost node took the best label that a node not lost offers."""
    size = 0
    for at in range(n_lost):
        node, best = lost[at], np.inf
        for k in range(out_ptr[node], out_ptr[node + 1]):
            if not is_lost[out_head[k]]:
                best = min(best, label[out_head[k]] + weight[out_edge[k]])
        label[node] = best
        if best < np.inf:
            heap[size] = node
            heap_raise(heap, place, label, size)
            size += 1
    return size


@njit(cache=True, nogil=True)
def _lighten(  # type: ignore[no-untyped-def]
    tails, heads, weight, label, is_lost, edge, first, last, former, heap, place, size
):  # fmt: skip
    """Return the heap's size after the tails of lighter edges improved; lost heads pass theirs on when settled."""
    for k in range(first, last):
        tail, head = tails[edge[k]], heads[edge[k]]
        through = label[head] + weight[edge[k]]
        if weight[edge[k]] < former[edge[k]] and not is_lost[head] and through < label[tail]:
            size = _improve(label, heap, place, size, tail, through)
    return size


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
    in_ptr, in_tail, in_edge, weight, label, watched, first, last, heap, place, size
):  # fmt: skip
    """Settle the labels in the heap, nearest first, until none of the watched nodes can change."""
    farthest = np.inf
    countdown = 0
    while size > 0:
        if countdown == 0:  # labels only fall, so a limit stays valid; refresh it now and then
            farthest = 0.0
            for k in range(first, last):
                farthest = max(farthest, label[watched[k]])
            countdown = 64
        countdown -= 1
        if label[heap[0]] >= farthest:
            break
        node = heap_pop(heap, place, label, size)
        size -= 1
        for k in range(in_ptr[node], in_ptr[node + 1]):
            through = label[node] + weight[in_edge[k]]
            if through < label[in_tail[k]]:
                size = _improve(label, heap, place, size, in_tail[k], through)
    for k in range(size):
        place[heap[k]] = -1
