"""Shortest paths by a binary heap: the kernel that takes any weights, and the heap that repairs share."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def heap_raise(heap, place, dist, at):  # type: ignore[no-untyped-def]
    """Move the node at heap position `at` up to where it belongs (by distance, then node)."""
    node = heap[at]
    key = dist[node]
    while at > 0:
        above = heap[(at - 1) >> 1]
        if dist[above] < key or (dist[above] == key and above < node):
            break
        heap[at] = above
        place[above] = at
        at = (at - 1) >> 1
    heap[at] = node
    place[node] = at


@njit(cache=True, nogil=True)
def heap_pop(heap, place, dist, size):  # type: ignore[no-untyped-def]
    """Return the nearest of `size` nodes and take it off the heap; its `place` becomes -1."""
    top = heap[0]
    place[top] = -1
    node = heap[size - 1]
    key = dist[node]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size - 1:
            break
        left, right = heap[below], heap[min(below + 1, size - 2)]
        if dist[right] < dist[left] or (dist[right] == dist[left] and right < left):
            below += 1
            left = right
        if key < dist[left] or (key == dist[left] and node < left):
            break
        heap[at] = left
        place[left] = at
        at = below
    if size > 1:
        heap[at] = node
        place[node] = at
    return top


@njit(cache=True, nogil=True)
def dijkstra(ptr, neighbour, edge, along, sources, dist, via):  # type: ignore[no-untyped-def]
    """Fill the distance of each node and its edge towards the source, -1 where there is none.

    `along` is the weight of each edge in the order of the lists. Of equal ways the lowest edge wins, as far as
    weights of zero allow.
    """
    dist[:] = np.inf
    via[:] = -1
    heap = np.empty(len(dist), dtype=np.int64)
    place = np.full(len(dist), -1, dtype=np.int64)
    settled = np.zeros(len(dist), dtype=np.bool_)
    size = 0
    for source in sources:
        if dist[source] > 0.0:
            dist[source] = 0.0
            heap[size] = source
            heap_raise(heap, place, dist, size)
            size += 1
    while size > 0:
        node = heap_pop(heap, place, dist, size)
        size -= 1
        settled[node] = True
        for k in range(ptr[node], ptr[node + 1]):
            other, through = neighbour[k], dist[node] + along[k]
            if through < dist[other]:
                dist[other], via[other] = through, edge[k]
                at = place[other]
                if at < 0:
                    at = size
                    heap[at] = other
                    size += 1
                heap_raise(heap, place, dist, at)
            elif through == dist[other] and through < np.inf and not settled[other] and edge[k] < via[other]:
                via[other] = edge[k]
