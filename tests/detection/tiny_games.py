"""Tiny random games and an oracle for them that enumerates every path in plain Python."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import Exposure, Graph, Instance

MOVERS, THREATS, SECTIONS = ("foot", "raft"), ("drugs", "goods"), ("S0", "S1", "S2")


def tiny_game(
    seed: int, *, n_side: int = 4, n_items: int = 5, is_acyclic: bool = False, inf: bool = False
) -> Instance:
    """Return a random game of two sides with `n_side` nodes each, every scenario with a way."""
    rng = np.random.default_rng(seed)
    ends = [(a, b) for side in (0, n_side) for a, b in _side_edges(rng, n_side, is_acyclic, side)]
    n_within = len(ends)
    ends += [(int(rng.integers(n_side)), n_side + int(rng.integers(n_side))) for _ in range(5)]
    ends += [(n_side - 1, n_side)]  # so that a way exists whatever was drawn
    tail, head = np.array(ends).T
    section = np.array([-1] * n_within + [int(k) for k in rng.integers(0, 3, len(ends) - n_within)])
    graph = Graph(2 * n_side, tail, head, section, tuple(f"E{e:03d}" for e in range(len(ends))))
    effort = rng.uniform(0.01, 0.3, (2, len(ends)))
    effort[1, n_within:-1][rng.random(len(ends) - n_within - 1) < 0.4] = np.inf
    n = 8
    return Instance(
        graph=graph,
        exposure=_items(rng, n_items, len(ends), inf=inf),
        movers=MOVERS,
        threats=THREATS,
        sections=SECTIONS,
        effort=effort,
        existing=rng.uniform(0.0, 0.2, (2, len(ends))),
        scenario_ids=tuple(f"C{s}" for s in range(n)),
        origin=rng.integers(0, 1 if is_acyclic else n_side, n),
        destination=np.full(n, 2 * n_side - 1) if is_acyclic else rng.integers(n_side, 2 * n_side, n),
        mover=rng.integers(0, 2, n),
        threat=rng.integers(0, 2, n),
        attempts_per_year=rng.uniform(1.0, 20.0, n),
        consequence=np.array([1.0, 0.4]),
    )


def _side_edges(rng: np.random.Generator, n: int, is_acyclic: bool, first: int) -> Iterator[tuple[int, int]]:
    chain = [(a, a + 1) for a in range(n - 1)]
    extra = [(a, b) for a in range(n) for b in range(a + 2, n) if rng.random() < 0.5]
    for a, b in chain + extra:
        yield first + a, first + b
        if not is_acyclic:
            yield first + b, first + a


def _items(rng: np.random.Generator, n_items: int, n_edges: int, *, inf: bool) -> Exposure:
    """Return a base column per item and, for items 0 and 1, a second that needs one of the others."""
    item = np.array([*range(n_items), 0, 1])
    supports = (*((),) * n_items, ((2, 3),), ((3,), (2, n_items - 1)))
    shape = (len(item), n_edges)
    added = [np.where(rng.random(shape) < 0.35, rng.uniform(0.1, 1.5, shape), 0.0) for _ in MOVERS]
    if inf:
        for one in added:
            one[(one > 0) & (rng.random(shape) < 0.3)] = np.inf
    by_threat = np.where(rng.random((len(item), 2)) < 0.2, 0.1, 0.0)
    ids = tuple(f"I{i}" for i in range(n_items))
    return Exposure(ids, item, supports, tuple(csr_array(one) for one in added), by_threat)


def columns_by_hand(instance: Instance, operating: np.ndarray) -> list[int]:
    exposure = instance.exposure
    return [
        c
        for c, item in enumerate(exposure.item)
        if operating[item] and all(any(operating[i] for i in one) for one in exposure.supports[c])
    ]


def exposure_by_hand(instance: Instance, operating: np.ndarray, mover: int) -> np.ndarray:
    """Return existing and added exposure of each edge."""
    total = instance.existing[mover].copy()
    for c in columns_by_hand(instance, operating):
        total = total + instance.exposure.by_mover[mover].toarray()[c]
    return total


def prevented_by_hand(instance: Instance, operating: np.ndarray, threat: int) -> float:
    return float(
        np.exp(-sum(instance.exposure.by_threat[c, threat] for c in columns_by_hand(instance, operating)))
    )


def all_paths(instance: Instance, mover: int, origin: int, destination: int) -> list[list[int]]:
    """Return every simple path that the mover can use, as lists of edges."""
    graph = instance.graph
    is_open = np.isfinite(instance.effort[mover])
    found: list[list[int]] = []

    def extend(node: int, path: list[int], seen: set[int]) -> None:
        if node == destination:
            found.append(path)
            return
        for e in np.flatnonzero((graph.tail == node) & is_open).tolist():
            if int(graph.head[e]) not in seen:
                extend(int(graph.head[e]), [*path, e], seen | {int(graph.head[e])})

    extend(origin, [], {origin})
    return found


def crossing_of(instance: Instance, path: list[int]) -> int:
    """Return the one edge of the path that crosses the line."""
    (edge,) = [e for e in path if instance.graph.section[e] >= 0]
    return edge
