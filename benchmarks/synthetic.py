"""A made-up border strip of any size, to time and test detection and plan without any data."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import BoolArray, Exposure, FloatArray, Graph, Instance, IntArray

ROWS = 12  # rows of nodes across the strip; the line runs between rows 5 and 6
N_SECTIONS = 14
MOVERS = ("foot", "raft", "vehicle")
THREATS = ("drugs", "goods", "weapons")
CROSSING_POINT_EVERY = 24  # columns between crossing points, the only places where a vehicle crosses


def border_like(n_items: int, n_chainage: int, n_scenarios: int, seed: int) -> Instance:
    """Return a strip of `n_chainage` columns by 12 rows that looks like a real border.

    Parameters
    ----------
    n_items
        Candidate items: sight, patrol, barrier, gate, support and prevention in fixed shares.
    n_chainage
        Columns of nodes along the line; 290 give about 3,500 nodes and 25,000 edges.
    n_scenarios
        Scenarios; origins (60 places) lie beyond, destinations (35 places) inside.
    seed
        Of the random generator.
    """
    rng = np.random.default_rng(seed)
    graph = _strip(n_chainage)
    effort, existing = _edges(graph, n_chainage, rng)
    origin, destination, mover, threat = _scenarios(n_chainage, n_scenarios, rng)
    return Instance(
        graph=graph,
        exposure=_items(graph, n_items, n_chainage, rng),
        movers=MOVERS,
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


def _strip(n_chainage: int) -> Graph:
    """Return the grid: eight neighbours on each side, across the line only from beyond to inside."""
    column, row = (a.ravel() for a in np.meshgrid(np.arange(n_chainage), np.arange(ROWS), indexing="ij"))
    tails, heads = [], []
    for step_c, step_r in [(c, r) for c in (-1, 0, 1) for r in (-1, 0, 1) if (c, r) != (0, 0)]:
        to_c, to_r = column + step_c, row + step_r
        fine = (to_c >= 0) & (to_c < n_chainage) & (to_r >= 0) & (to_r < ROWS)
        fine &= ~((row >= ROWS // 2) & (to_r < ROWS // 2))
        tails.append((column * ROWS + row)[fine])
        heads.append((to_c * ROWS + to_r)[fine])
    tail, head = np.concatenate(tails), np.concatenate(heads)
    order = np.lexsort((head, tail))
    tail, head = tail[order], head[order]
    crosses = (tail % ROWS < ROWS // 2) & (head % ROWS >= ROWS // 2)
    section = np.where(crosses, (tail // ROWS) * N_SECTIONS // n_chainage, -1)
    ids = tuple(f"E{t:05d}-{h:05d}" for t, h in zip(tail.tolist(), head.tolist(), strict=True))
    return Graph(n_chainage * ROWS, tail, head, section, ids)


def _edges(graph: Graph, n_chainage: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return effort and existing exposure of each mover and edge."""
    relief = np.convolve(rng.normal(0, 1, n_chainage + 40), np.hanning(41), "valid")[:n_chainage]
    relief = np.exp(0.5 * (relief - relief.mean()) / relief.std())
    hours = 1.5 * relief[graph.tail // ROWS] * rng.lognormal(0, 0.25, graph.n_edges)
    diagonal = (graph.tail // ROWS != graph.head // ROWS) & (graph.tail % ROWS != graph.head % ROWS)
    hours *= np.where(diagonal, np.sqrt(2.0), 1.0)
    crosses = graph.section >= 0
    at_point = crosses & (graph.tail // ROWS % CROSSING_POINT_EVERY == CROSSING_POINT_EVERY // 2) & ~diagonal
    per_mover = np.stack([hours, hours * np.where(crosses, 0.5, 1.2), hours * 0.3])
    per_mover[2, crosses & ~at_point] = np.inf
    existing = np.where(np.isfinite(per_mover), 0.003 * per_mover, 0.0)
    existing[:, at_point] += 0.15
    return 0.02 * per_mover, existing


def _scenarios(
    n_chainage: int, n: int, rng: np.random.Generator
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return origin, destination, mover and threat; destinations lie near their origin mostly."""
    places = max(2, min(35, n_chainage // 3))
    inside = np.sort(rng.choice(n_chainage, places, replace=False)) * ROWS + ROWS - 1
    column = rng.choice(rng.choice(n_chainage, max(2, min(60, n_chainage // 2)), replace=False), n)
    near = np.abs(inside[None, :] // ROWS - column[:, None] + rng.normal(0, n_chainage / 10, (n, places)))
    destination = inside[near.argmin(axis=1)]
    return column * ROWS, destination, rng.integers(0, len(MOVERS), n), rng.integers(0, len(THREATS), n)


def _items(graph: Graph, n_items: int, n_chainage: int, rng: np.random.Generator) -> Exposure:
    """Return the columns: a base column of each item, a second one for sensors with a post in reach."""
    column, row = graph.tail // ROWS, graph.tail % ROWS
    crosses = graph.section >= 0
    kinds = np.resize(
        ["sight"] * 8 + ["patrol"] * 5 + ["barrier"] * 4 + ["gate"] * 2 + ["prevention"], n_items
    )
    centre = rng.integers(0, n_chainage, n_items)
    at_point = np.arange(CROSSING_POINT_EVERY // 2, n_chainage, CROSSING_POINT_EVERY)
    centre = np.where(kinds == "gate", rng.choice(at_point, n_items), centre)
    strength = rng.uniform(0.3, 1.0, n_items)
    items: list[int] = []
    supports: list[tuple[tuple[int, ...], ...]] = []
    rows: list[FloatArray] = []
    prevention: list[FloatArray] = []
    for item, kind in enumerate(kinds):
        far = np.hypot(column - centre[item], row - ROWS / 2)
        added = strength[item] * _effect(str(kind), far, column == centre[item], crosses, row)
        items.append(item)
        supports.append(())
        rows.append(added)
        prevention.append(np.array([0.0, 0.04, 0.02]) * strength[item] * (kind == "prevention"))
        posts = tuple(np.flatnonzero((kinds == "patrol") & (np.abs(centre - centre[item]) <= 6)).tolist())
        if kind == "sight" and posts:
            items.append(item)
            supports.append((posts,))
            rows.append(added)
            prevention.append(np.zeros(len(THREATS)))
    base = np.stack(rows)
    by_mover = tuple(csr_array(base * factor) for factor in (1.0, 1.1, 0.7))
    ids = tuple(f"I{k:04d}" for k in range(n_items))
    return Exposure(ids, np.array(items), tuple(supports), by_mover, np.stack(prevention))


def _effect(kind: str, far: FloatArray, here: BoolArray, crosses: BoolArray, row: IntArray) -> FloatArray:
    """Return the exposure that an item of full strength adds to each edge."""
    if kind == "sight":
        return np.where(far <= 4.5, 0.25 * np.exp(-far / 3.0), 0.0)
    if kind == "patrol":
        return np.where((far <= 6.0) & (row >= ROWS // 2), 0.12, 0.0)
    if kind == "barrier":
        return np.where(crosses & (far <= 2.6), 1.2, 0.0)
    if kind == "gate":
        return np.where(crosses & here, 1.0, 0.0)
    return np.zeros(len(far))
