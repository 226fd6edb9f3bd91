"""A made-up border strip of any size, to time and test detection and plan without any data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import BoolArray, Exposure, FloatArray, Graph, Instance, IntArray

ROWS = 12  # rows of nodes across the strip, unless it is drawn finer; the line runs through the middle
N_SECTIONS = 14
MOVERS = ("foot", "raft", "vehicle")
THREATS = ("drugs", "goods", "weapons")
CROSSING_POINT_EVERY = 24  # columns (of 12 rows) between crossing points, where alone a vehicle crosses
REACH = 6.0  # columns (of 12 rows) beyond which no item acts


class EdgeIds(Sequence[str]):
    """The ids of edges made when they are read: a tuple of eight million texts would take 600 MB."""

    def __init__(self, tail: IntArray, head: IntArray) -> None:
        self._tail, self._head = tail, head

    def __len__(self) -> int:
        return len(self._tail)

    @overload
    def __getitem__(self, k: int) -> str: ...
    @overload
    def __getitem__(self, k: slice) -> EdgeIds: ...
    def __getitem__(self, k: int | slice) -> str | EdgeIds:
        if isinstance(k, slice):
            return EdgeIds(self._tail[k], self._head[k])
        return f"E{self._tail[k]:05d}-{self._head[k]:05d}"


def border_like(
    n_items: int,
    n_chainage: int,
    n_scenarios: int,
    seed: int,
    *,
    n_rows: int = ROWS,
    n_movers: int = len(MOVERS),
    n_destinations: int = 35,
) -> Instance:
    """Return a strip of `n_chainage` columns by `n_rows` rows that looks like a real border.

    Parameters
    ----------
    n_items
        Candidate items: sight, patrol, barrier, gate, support and prevention in fixed shares.
    n_chainage
        Columns of nodes along the line; 290 of 12 rows give about 3,500 nodes and 25,000 edges.
    n_scenarios
        Scenarios; origins (60 places) lie beyond, destinations inside.
    seed
        Of the random generator.
    n_rows
        Rows across: twice as many draw the same ground twice as fine (with twice the columns).
    n_movers
        How many of the three movers there are.
    n_destinations
        Places inside that scenarios lead to, at most.
    """
    rng = np.random.default_rng(seed)
    scale = n_rows / ROWS
    graph = _strip(n_chainage, n_rows)
    effort, existing = _edges(graph, n_chainage, n_rows, n_movers, rng)
    places = max(2, min(n_destinations, n_chainage // 3))
    origin, destination, mover, threat = _scenarios(n_chainage, n_rows, n_scenarios, places, n_movers, rng)
    return Instance(
        graph=graph,
        exposure=_items(graph, n_items, n_chainage, scale, n_movers, rng),
        movers=MOVERS[:n_movers],
        threats=THREATS,
        sections=tuple(f"S{k:02d}" for k in range(N_SECTIONS)),
        effort=effort,
        existing=existing,
        scenario_ids=tuple(f"C{k:05d}" for k in range(n_scenarios)),
        origin=origin,
        destination=destination,
        mover=mover,
        threat=threat,
        attempts_per_year=rng.lognormal(1.0, 1.0, n_scenarios),
        consequence=np.array([1.0, 0.3, 2.0]),
    )


def _strip(n_chainage: int, n_rows: int) -> Graph:
    """Return the grid: eight neighbours on each side, across the line only from beyond to inside."""
    node = np.arange(n_chainage * n_rows)
    column, row = node // n_rows, node % n_rows
    steps = [(c, r) for c in (-1, 0, 1) for r in (-1, 0, 1) if (c, r) != (0, 0)]  # heads come out ascending
    fine = np.empty((len(node), len(steps)), dtype=np.bool_)
    for k, (c, r) in enumerate(steps):
        fine[:, k] = (column + c >= 0) & (column + c < n_chainage) & (row + r >= 0) & (row + r < n_rows)
        fine[:, k] &= ~((row >= n_rows // 2) & (row + r < n_rows // 2))
    tail = np.repeat(node, fine.sum(axis=1))
    head = (node[:, None] + np.array([c * n_rows + r for c, r in steps]))[fine]
    crosses = (tail % n_rows < n_rows // 2) & (head % n_rows >= n_rows // 2)
    section = np.where(crosses, (tail // n_rows) * N_SECTIONS // n_chainage, -1)
    return Graph(len(node), tail, head, section, EdgeIds(tail, head))


def _edges(
    graph: Graph, n_chainage: int, n_rows: int, n_movers: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return effort and existing exposure of each mover and edge."""
    scale = n_rows / ROWS
    width = int(40 * scale)
    relief = np.convolve(rng.normal(0, 1, n_chainage + width), np.hanning(width + 1), "valid")[:n_chainage]
    relief = np.exp(0.5 * (relief - relief.mean()) / relief.std())
    column = graph.tail // n_rows
    hours = 1.5 / scale * relief[column] * rng.lognormal(0, 0.25, graph.n_edges)
    diagonal = (column != graph.head // n_rows) & (graph.tail % n_rows != graph.head % n_rows)
    hours *= np.where(diagonal, np.sqrt(2.0), 1.0)
    crosses = graph.section >= 0
    every = int(CROSSING_POINT_EVERY * scale)
    at_point = crosses & (column % every == every // 2) & ~diagonal
    effort, existing = np.empty((n_movers, graph.n_edges)), np.zeros((n_movers, graph.n_edges))
    for mover, slower in enumerate((1.0, np.where(crosses, 0.5, 1.2), 0.3)[:n_movers]):
        took = hours * slower
        if mover == MOVERS.index("vehicle"):
            took[crosses & ~at_point] = np.inf
        np.multiply(0.003, took, out=existing[mover], where=np.isfinite(took))
        existing[mover, at_point] += 0.15
        effort[mover] = 0.02 * took
    return effort, existing


def _scenarios(
    n_chainage: int, n_rows: int, n: int, places: int, n_movers: int, rng: np.random.Generator
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return origin, destination, mover and threat; destinations lie near their origin mostly."""
    inside = np.sort(rng.choice(n_chainage, places, replace=False)) * n_rows + n_rows - 1
    column = rng.choice(rng.choice(n_chainage, max(2, min(60, n_chainage // 2)), replace=False), n)
    near = np.abs(inside[None, :] // n_rows - column[:, None] + rng.normal(0, n_chainage / 10, (n, places)))
    destination = inside[near.argmin(axis=1)]
    return column * n_rows, destination, rng.integers(0, n_movers, n), rng.integers(0, len(THREATS), n)


def _items(
    graph: Graph, n_items: int, n_chainage: int, scale: float, n_movers: int, rng: np.random.Generator
) -> Exposure:
    """Return the columns: a base column of each item, a second one for sensors with a post in reach."""
    kinds = np.resize(
        ["sight"] * 8 + ["patrol"] * 5 + ["barrier"] * 4 + ["gate"] * 2 + ["prevention"], n_items
    )
    centre = rng.integers(0, n_chainage, n_items)
    every = int(CROSSING_POINT_EVERY * scale)
    at_point = np.arange(every // 2, n_chainage, every)
    centre = np.where(kinds == "gate", rng.choice(at_point, n_items), centre)
    strength = rng.uniform(0.3, 1.0, n_items)
    items: list[int] = []
    supports: list[tuple[tuple[int, ...], ...]] = []
    prevention: list[FloatArray] = []
    edges: list[IntArray] = []
    added: list[FloatArray] = []
    for item, kind in enumerate(kinds):
        edge, effect = _acts(graph, str(kind), int(centre[item]), scale)
        posts = (kinds == "patrol") & (np.abs(centre - centre[item]) <= 6 * scale)
        levels: list[tuple[tuple[int, ...], ...]] = [()]
        if kind == "sight" and posts.any():
            levels.append((tuple(np.flatnonzero(posts).tolist()),))
        for level in levels:
            items.append(item)
            supports.append(level)
            edges.append(edge)
            added.append(strength[item] * effect)
            is_prevention = kind == "prevention"
            prevention.append(np.array([0.0, 0.04, 0.02]) * strength[item] * is_prevention)
    ptr = np.cumsum([0, *map(len, edges)])
    base, index, shape = np.concatenate(added), np.concatenate(edges), (len(items), graph.n_edges)
    by_mover = tuple(csr_array((base * factor, index, ptr), shape) for factor in (1.0, 1.1, 0.7)[:n_movers])
    ids = tuple(f"I{k:04d}" for k in range(n_items))
    return Exposure(ids, np.array(items), tuple(supports), by_mover, np.stack(prevention))


def _acts(graph: Graph, kind: str, centre: int, scale: float) -> tuple[IntArray, FloatArray]:
    """Return the edges on which an item of full strength acts, ascending, and the exposure it adds there."""
    n_rows, reach = round(ROWS * scale), REACH * scale
    ends = np.array([max(0, int(centre - reach)), int(centre + reach) + 1]) * n_rows
    first, last = np.searchsorted(graph.tail, ends)  # edges lie in the order of their tails
    column, row = np.divmod(graph.tail[first:last], n_rows)
    far = np.hypot(column - centre, row - n_rows / 2) / scale
    crosses = graph.section[first:last] >= 0
    added = _effect(kind, far, column == centre, crosses, row >= n_rows // 2, scale)
    acts = np.flatnonzero(added)
    return first + acts, added[acts]


def _effect(
    kind: str, far: FloatArray, here: BoolArray, crosses: BoolArray, is_inside: BoolArray, scale: float
) -> FloatArray:
    """Return the exposure that an item of full strength adds to each edge."""
    if kind == "sight":
        return np.where(far <= 4.5, 0.25 / scale * np.exp(-far / 3.0), 0.0)
    if kind == "patrol":
        return np.where((far <= 6.0) & is_inside, 0.12 / scale, 0.0)
    if kind == "barrier":
        return np.where(crosses & (far <= 2.6), 1.2, 0.0)
    if kind == "gate":
        return np.where(crosses & here, 1.0, 0.0)
    return np.zeros(len(far))
