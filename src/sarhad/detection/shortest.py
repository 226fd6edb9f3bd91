"""Shortest exposure paths from destinations or origins, and what is shared between runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numba import njit

from sarhad.detection.bucket import look_up, measure, settle, sort_edges
from sarhad.detection.heap import dijkstra
from sarhad.detection.instance import FloatArray, Graph, Instance, Int32Array, IntArray

T = TypeVar("T")

FINEST = 2**15  # buckets that the largest weight may span
UNKNOWN = -2  # in `via`: not yet looked up
ABSORBED = 2.0**-52  # weights below this share of a distance would leave it unchanged


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
    neighbour: Int32Array
    edge: Int32Array


@dataclass(frozen=True, eq=False)
class Lengths:
    """The weights of one mover in the order of the lists, and the buckets that suit them.

    Parameters
    ----------
    along
        Weight of each edge, shape (E,).
    least
        Least of them.
    width, n_buckets
        Of the ring of buckets; no buckets (0) where they would not do.
    """

    along: FloatArray
    least: float
    width: float
    n_buckets: int


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
    ptr = np.empty(n_nodes + 1, dtype=np.int64)
    neighbour, edge = np.empty(len(at), dtype=np.int32), np.empty(len(at), dtype=np.int32)
    sort_edges(at, other, ptr, neighbour, edge)
    return Adjacency(ptr, neighbour, edge)


def lengths(lists: Adjacency, weight: FloatArray) -> Lengths:
    """Return the weights (E,), >= 0 and inf where closed, as searches along these lists read them."""
    along = np.empty(len(weight))
    least, mean, largest = measure(weight, lists.edge, along)
    width = max(mean / 4.0, largest / FINEST)
    n_buckets = 0
    if width > 0.0:
        n_buckets = 1 << int(np.ceil(np.log2(largest / width + 3.0)))
    return Lengths(along, float(least), float(width), n_buckets)


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


def distances(instance: Instance, weight: FloatArray) -> tuple[FloatArray, Int32Array]:
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
    used = {m: lengths(into, weight[m]) for m in np.unique(ends.mover).tolist()}
    dist = np.empty((ends.n_groups, instance.graph.n_nodes))
    via = np.empty(dist.shape, dtype=np.int32)

    def work(g: int) -> None:
        dist[g], via[g] = tree(into, used[int(ends.mover[g])], ends.node[g : g + 1])

    in_threads(work, range(ends.n_groups))
    return dist, via


def search(lists: Adjacency, weight: FloatArray, sources: IntArray) -> tuple[FloatArray, Int32Array]:
    """Return the distance of each node to the nearest source, and the edge towards it: `tree` of one weight (E,)."""
    return tree(lists, lengths(lists, weight), sources)


def tree(lists: Adjacency, of: Lengths, sources: IntArray) -> tuple[FloatArray, Int32Array]:
    """Return the distance of each node to the nearest source, inf without a way, and the edge towards it, else -1.

    Of equal ways the lowest edge index wins, where no weight is zero.
    """
    dist, via = labels(lists, of, sources)
    if via[0] == UNKNOWN:
        look_up(lists.ptr, lists.neighbour, lists.edge, of.along, dist, via)
    return dist, via


def labels(lists: Adjacency, of: Lengths, sources: IntArray) -> tuple[FloatArray, Int32Array]:
    """Return what `tree` returns, or the distances and `via` full of `UNKNOWN` where these tell the ways.

    They do where each edge of a way shortens the distance: then the way from a node leaves by the lowest edge whose
    weight and far end's distance add up to its own distance, to the last bit.
    """
    n_nodes = len(lists.ptr) - 1
    dist, via = np.empty(n_nodes), np.empty(n_nodes, dtype=np.int32)
    arrays = (lists.ptr, lists.neighbour)
    if (
        of.n_buckets > 0
        and of.least > 0.0
        and settle(*arrays, of.along, sources, np.zeros(len(sources)), of.width, of.n_buckets, dist)
    ):
        farthest = float(np.max(dist, where=np.isfinite(dist), initial=0.0))
        if of.least > ABSORBED * farthest:
            via[:] = UNKNOWN
            return dist, via
    dijkstra(*arrays, lists.edge, of.along, sources, dist, via)
    return dist, via


def path_edges(instance: Instance, via: Int32Array) -> tuple[IntArray, IntArray]:
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
