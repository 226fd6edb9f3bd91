"""Shortest exposure paths: numba kernels over the edges of a graph, and what is shared between runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numba import njit

from sarhad.detection.instance import FloatArray, Graph, Instance, IntArray

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Adjacency:
    """The edges at each node, for one direction of search.

    Parameters
    ----------
    ptr
        Start of each node's edges, shape (N + 1,).
    neighbour
        Node at the other end, shape (E,).
    edge
        Index of the edge in the graph, ascending at each node, shape (E,).
    """

    ptr: IntArray
    neighbour: IntArray
    edge: IntArray


@dataclass(frozen=True, eq=False)
class Groups:
    """The distinct (node, mover) pairs that need a search each, and the one of every scenario.

    Parameters
    ----------
    node, mover
        Indices, shape (G,), ascending by node and then mover.
    of_scenario
        Group of each scenario, shape (S,).
    """

    node: IntArray
    mover: IntArray
    of_scenario: IntArray

    @property
    def n_groups(self) -> int:
        """Return the number of groups G."""
        return len(self.node)


def adjacency(n_nodes: int, at: IntArray, other: IntArray) -> Adjacency:
    """Return the edges sorted by the node `at`, leading to `other`; swap the two to turn the search round."""
    order = np.argsort(at, kind="stable").astype(np.int64)
    ptr = np.zeros(n_nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(at, minlength=n_nodes), out=ptr[1:])
    return Adjacency(ptr, np.ascontiguousarray(other[order], dtype=np.int64), order)


def reverse_adjacency(graph: Graph) -> Adjacency:
    """Return the edges into each node: the search runs from destinations back to origins."""
    return adjacency(graph.n_nodes, graph.head, graph.tail)


def forward_adjacency(graph: Graph) -> Adjacency:
    """Return the edges out of each node: the search runs from origins."""
    return adjacency(graph.n_nodes, graph.tail, graph.head)


def groups(instance: Instance) -> Groups:
    """Return the distinct destination and mover pairs: one reverse search serves all their scenarios."""
    return _pairs(instance, instance.destination)


def start_groups(instance: Instance) -> Groups:
    """Return the distinct origin and mover pairs: one forward search serves all their scenarios."""
    return _pairs(instance, instance.origin)


def _pairs(instance: Instance, node: IntArray) -> Groups:
    n_movers = len(instance.movers)
    key, of_scenario = np.unique(node * n_movers + instance.mover, return_inverse=True)
    return Groups(key // n_movers, key % n_movers, of_scenario.astype(np.int64))


def in_threads(work: Callable[[int], T], tasks: Iterable[int]) -> list[T]:
    """Return ``work(k)`` of every task in order, computed by as many threads as there are processors."""
    return list(_pool().map(work, tasks))


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """Return the threads of this process; work must not itself call `in_threads`."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="detection")


def distances(instance: Instance, weight: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the distance from every node to every group's destination, and the first edge of the way.

    Parameters
    ----------
    instance
        Its graph and scenarios decide the groups (see `groups`).
    weight
        Weight >= 0 of each edge, shape (n_movers, E); inf closes an edge.

    Returns
    -------
    tuple
        Distances (G, N), inf where there is no way; edge by which the node leaves (G, N), -1 at the
        destination and where there is no way. Of equal ways the lowest edge index wins.
    """
    into, ends = reverse_adjacency(instance.graph), groups(instance)
    dist = np.empty((ends.n_groups, instance.graph.n_nodes))
    via = np.empty(dist.shape, dtype=np.int64)

    def work(g: int) -> None:
        dist[g], via[g], _ = search(into, weight[ends.mover[g]], ends.node[g : g + 1])

    in_threads(work, range(ends.n_groups))
    return dist, via


def search(lists: Adjacency, weight: FloatArray, sources: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the distance of each node to the nearest source, the edge towards it, and the nodes reached.

    The nodes reached come in the order they were settled, nearest first.
    """
    n_nodes = len(lists.ptr) - 1
    dist, via = np.empty(n_nodes), np.empty(n_nodes, dtype=np.int64)
    order = np.empty(n_nodes, dtype=np.int64)
    reached = dijkstra(lists.ptr, lists.neighbour, lists.edge, weight, sources, dist, via, order)
    return dist, via, order[:reached]


def path_edges(instance: Instance, via: IntArray) -> tuple[IntArray, IntArray]:
    """Return the edges of every scenario's path, from origin to destination.

    Parameters
    ----------
    instance
        Graph and scenarios.
    via
        First edges as `distances` gives them, shape (G, N).

    Returns
    -------
    tuple
        ``ptr`` (S + 1,) and ``edge``: the path of scenario s is ``edge[ptr[s]:ptr[s + 1]]``; empty
        where there is no way.
    """
    of_scenario = groups(instance).of_scenario
    ptr = np.zeros(instance.n_scenarios + 1, dtype=np.int64)
    none = np.empty(0, dtype=np.int64)
    _walk(via, instance.graph.head, of_scenario, instance.origin, ptr, none)
    edges = np.empty(ptr[-1], dtype=np.int64)
    _walk(via, instance.graph.head, of_scenario, instance.origin, ptr, edges)
    return ptr, edges


@njit(cache=True, nogil=True)
def _walk(via, head, of_scenario, origin, ptr, edges):  # type: ignore[no-untyped-def]
    """Fill `ptr` with the lengths when `edges` is empty, else `edges` with the paths."""
    count = 0
    for s in range(len(origin)):
        group, node = of_scenario[s], origin[s]
        while via[group, node] >= 0:
            if len(edges) > 0:
                edges[count] = via[group, node]
            node = head[via[group, node]]
            count += 1
        ptr[s + 1] = count


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
def dijkstra(ptr, neighbour, edge, weight, sources, dist, via, order):  # type: ignore[no-untyped-def]
    """Return how many nodes are reached; fill distance, edge towards the source, and settling order."""
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
    reached = 0
    while size > 0:
        node = heap_pop(heap, place, dist, size)
        size -= 1
        settled[node] = True
        order[reached] = node
        reached += 1
        for k in range(ptr[node], ptr[node + 1]):
            other, through = neighbour[k], dist[node] + weight[edge[k]]
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
    return reached


@njit(cache=True, nogil=True)
def carry(order, via, towards, values):  # type: ignore[no-untyped-def]
    """Return the sum of `values` along each node's way to its source; inf where there is no way.

    `towards` is the end of each edge on the source's side: head in a reverse search, tail in a forward one.
    """
    total = np.full(len(via), np.inf)
    for node in order:
        if via[node] < 0:
            total[node] = 0.0
        else:
            total[node] = total[towards[via[node]]] + values[via[node]]
    return total
