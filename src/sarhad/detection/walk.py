"""Ways over shortest-path trees: the paths themselves, and what adds up along them."""

from __future__ import annotations

import numpy as np
from numba import njit

from sarhad.detection.heap import heap_pop, heap_raise
from sarhad.detection.instance import FloatArray, Int32Array, IntArray
from sarhad.detection.prepared import Prepared
from sarhad.detection.shortest import UNKNOWN

TIE = 1e-9  # totals within this, absolute and relative, are one total


def walks(
    prepared: Prepared, weight: FloatArray, near: tuple[FloatArray, Int32Array], origins: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return the best paths from each origin, one through each crossing edge that lies on a best path.

    Parameters
    ----------
    prepared
        Instance.
    weight
        Weight of each edge, shape (E,).
    near
        Distance to the destination and edge towards it (N,), as `labels` gives them for these weights.
    origins
        Nodes.

    Returns
    -------
    tuple
        Origin (index) and crossing edge (-1 where none lies on a best path) of each path, ``ptr`` and ``edge`` of
        the paths. An origin without a way has no path.

    Notes
    -----
    From the origin a forward search is made, of nodes only whose distance from it and to the destination add up to
    the least total or tie with it: all nodes of all best paths and few others.
    """
    graph, out = prepared.instance.graph, prepared.out
    found: tuple[IntArray, IntArray, IntArray, IntArray] = _walks(
        origins, *near, out.ptr, out.neighbour, out.edge, weight, graph.tail, graph.head, graph.section
    )
    return found


def walk(
    prepared: Prepared,
    weight: FloatArray,
    tree: tuple[FloatArray, Int32Array],
    nodes: IntArray,
    values: FloatArray,
    *,
    is_forward: bool,
) -> FloatArray:
    """Return the sum of `values` (E,) along the way of each node to its source; inf where there is no way.

    `tree` is what `labels` gives for `weight` (E,); with `is_forward` it was searched from origins.
    """
    lists = prepared.into if is_forward else prepared.out
    return np.asarray(
        _sums(nodes, *tree, lists.ptr, lists.neighbour, lists.edge, weight, values), dtype=np.float64
    )


@njit(cache=True, nogil=True)
def leaves_by(node, dist, via, ptr, neighbour, edge, weight):  # type: ignore[no-untyped-def]
    """Return the place in the lists of the edge by which the node's way begins, -1 at its end.

    The lists lead from each node towards the source. An edge not yet looked up is noted in `via`.
    """
    if dist[node] == np.inf or via[node] == -1:
        return -1
    for k in range(ptr[node], ptr[node + 1]):
        if via[node] == UNKNOWN:
            through = dist[neighbour[k]] + weight[edge[k]]
            if through == dist[node] and dist[neighbour[k]] < through:
                via[node] = edge[k]
                return k
        elif via[node] == edge[k]:
            return k
    via[node] = -1
    return -1


@njit(cache=True, nogil=True)
def _sums(nodes, dist, via, ptr, neighbour, edge, weight, values):  # type: ignore[no-untyped-def]
    """Fill the sums of `walk`; what one node found out serves the next."""
    total, known = np.empty(len(dist)), np.zeros(len(dist), dtype=np.bool_)
    stack, step = np.empty(len(dist), dtype=np.int32), np.empty(len(dist), dtype=np.int32)
    found = np.empty(len(nodes))
    for i in range(len(nodes)):
        node, size = nodes[i], 0
        while not known[node]:
            k = leaves_by(node, dist, via, ptr, neighbour, edge, weight)
            if k < 0:
                known[node] = True
                total[node] = 0.0 if dist[node] < np.inf else np.inf
            else:
                stack[size], step[size] = node, k
                size += 1
                node = neighbour[k]
        while size > 0:
            size -= 1
            known[stack[size]] = True
            total[stack[size]] = total[neighbour[step[size]]] + values[edge[step[size]]]
        found[i] = total[nodes[i]]
    return found


@njit(cache=True, nogil=True)
def _walks(origins, dist, via, ptr, neighbour, edge, weight, tail, head, section):  # type: ignore[no-untyped-def]
    """Return the paths of `walks`."""
    n = len(dist)
    far, back = np.full(n, np.inf), np.full(n, -1, dtype=np.int32)
    heap, place = np.empty(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    settled, touched = np.zeros(n, dtype=np.bool_), np.empty(n, dtype=np.int32)
    count, used = 0, 0
    of, over, ptrs = np.empty(64, np.int64), np.empty(64, np.int64), np.zeros(65, np.int64)
    path = np.empty(1024, dtype=np.int64)
    for i in range(len(origins)):
        origin = origins[i]
        if dist[origin] == np.inf:
            continue
        least = dist[origin] + TIE * (1.0 + abs(dist[origin]))
        n_touched = _ahead(
            origin, least + TIE, dist, ptr, neighbour, edge, weight, section, far, back, heap, place, settled, touched
        )  # fmt: skip
        crossed = _crossed(touched[:n_touched], least, far, dist, ptr, neighbour, edge, weight, section)
        for x in crossed:
            if count == len(of):
                of, over = np.append(of, of), np.append(over, over)
                ptrs = np.append(ptrs, np.zeros(count, np.int64))
            of[count], over[count] = i, x
            count += 1
            begin = used
            node = tail[x] if x >= 0 else origin
            while x >= 0 and back[node] >= 0:
                path, used = _append(path, used, back[node])
                node = tail[back[node]]
            path[begin:used] = path[begin:used][::-1].copy()
            if x >= 0:
                path, used = _append(path, used, x)
            node = head[x] if x >= 0 else origin
            k = leaves_by(node, dist, via, ptr, neighbour, edge, weight)
            while k >= 0:
                path, used = _append(path, used, edge[k])
                node = neighbour[k]
                k = leaves_by(node, dist, via, ptr, neighbour, edge, weight)
            ptrs[count] = used
        for t in range(n_touched):
            far[touched[t]], back[touched[t]], settled[touched[t]] = np.inf, -1, False
    return of[:count], over[:count], ptrs[: count + 1], path[:used]


@njit(cache=True, nogil=True, inline="always")
def _append(path, used, edge):  # type: ignore[no-untyped-def]
    if used == len(path):
        path = np.append(path, path)
    path[used] = edge
    return path, used + 1


@njit(cache=True, nogil=True)
def _ahead(  # type: ignore[no-untyped-def]
    origin, limit, dist, ptr, neighbour, edge, weight, section, far, back, heap, place, settled, touched
):  # fmt: skip
    """Return how many nodes were touched by the search from the origin on its side of the line."""
    far[origin], heap[0], touched[0] = 0.0, origin, origin
    place[origin] = 0
    size, count = 1, 1
    while size > 0:
        node = heap_pop(heap, place, far, size)
        size -= 1
        settled[node] = True
        for k in range(ptr[node], ptr[node + 1]):
            other, through = neighbour[k], far[node] + weight[edge[k]]
            if section[edge[k]] >= 0 or not through + dist[other] <= limit:
                continue
            if through < far[other]:
                if far[other] == np.inf:
                    touched[count] = other
                    count += 1
                far[other], back[other] = through, edge[k]
                if place[other] < 0:
                    place[other], heap[size] = size, other
                    size += 1
                heap_raise(heap, place, far, place[other])
            elif through == far[other] and not settled[other] and edge[k] < back[other]:
                back[other] = edge[k]
    return count


@njit(cache=True, nogil=True)
def _crossed(touched, least, far, dist, ptr, neighbour, edge, weight, section):  # type: ignore[no-untyped-def]
    """Return the crossing edges on best paths, ascending; -1 alone when there is none."""
    found = np.empty(16, dtype=np.int64)
    count = 0
    for node in touched:
        for k in range(ptr[node], ptr[node + 1]):
            if section[edge[k]] >= 0 and far[node] + weight[edge[k]] + dist[neighbour[k]] <= least:
                found, count = _append(found, count, edge[k])
    return np.sort(found[:count]) if count > 0 else np.full(1, -1, dtype=np.int64)
