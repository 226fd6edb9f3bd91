"""Edges of the network: within a side, along roads, across the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.spatial import Delaunay, QhullError, cKDTree

from sarhad.place.border import FloatArray
from sarhad.place.corridor import SideArray
from sarhad.place.crossings import STROLLER, Steps
from sarhad.place.ragged import join_runs, sums, take_runs
from sarhad.place.segments import segment_index
from sarhad.place.shortest import least_cost_paths
from sarhad.place.terrain import IntArray, Terrain
from sarhad.place.travel import Mover, parameters_of, path_hours

NEAREST = 4  # besides its natural neighbours a node is joined to so many nearest ones
LONGEST = 3.0  # no edge joins nodes farther apart than this many node spacings
MARGIN = 2.0  # a path may leave the box around its ends by so many node spacings
RINGS = 3  # a node is joined to the neighbours of its neighbours' neighbours
SPARED = 0.01  # an edge goes when two shorter ones are longer by no more than this share

Runs = tuple[IntArray, IntArray]


@dataclass(frozen=True)
class Block:
    """Some edges with their paths.

    Parameters
    ----------
    tail, head
        Node index of each edge, shape (B,).
    is_crossing, is_road
        What all edges of the block are.
    crossing_id
        Of each edge, None where it is no crossing point.
    chainage_km
        Where each edge crosses, nan where it does not.
    runs
        For each mover pointer and cells of the paths; an empty path where it cannot go.
    hours
        Of each mover and edge, infinite where it cannot go, shape (M, B).
    """

    tail: IntArray
    head: IntArray
    is_crossing: bool
    is_road: bool
    crossing_id: tuple[str | None, ...]
    chainage_km: FloatArray
    runs: tuple[Runs, ...]
    hours: FloatArray

    def take(self, rows: IntArray) -> Block:
        """Return some of the edges."""
        return Block(
            self.tail[rows],
            self.head[rows],
            self.is_crossing,
            self.is_road,
            tuple(self.crossing_id[i] for i in rows),
            self.chainage_km[rows],
            tuple(take_runs(*runs, rows) for runs in self.runs),
            self.hours[:, rows],
        )


def side_edges(
    terrain: Terrain, cell: IntArray, side: int, movers: Sequence[Mover], spacing_km: float
) -> Block:
    """Return the edges between neighbouring nodes of one side, each mover by its least-cost path."""
    own = np.flatnonzero(terrain.side.ravel()[cell] == side)
    x, y = terrain.xy(*np.divmod(cell[own], terrain.shape[1]))
    tail, head = _neighbours(x, y, LONGEST * spacing_km * 1000.0)
    tail, head = own[tail], own[head]
    sources, first = np.unique(tail, return_index=True)
    ptr = np.append(first, len(tail)).astype(np.int64)
    found: dict[tuple[float, ...], tuple[Runs, FloatArray]] = {}
    for mover in movers:
        if mover.parameters not in found:
            p = parameters_of(mover)
            runs = least_cost_paths(terrain, side, p, cell[sources], ptr, cell[head], MARGIN * spacing_km)
            found[mover.parameters] = runs, run_hours(terrain, mover, runs)
    hours = np.array([found[mover.parameters][1] for mover in movers])
    runs_of = tuple(found[mover.parameters][0] for mover in movers)
    nothing = np.full(len(tail), np.nan)
    block = Block(tail, head, False, False, (None,) * len(tail), nothing, runs_of, hours)
    return block.take(needed_edges(block, len(cell)))


def run_hours(terrain: Terrain, mover: Mover, runs: Runs) -> FloatArray:
    """Return the hours of each path by the step function; infinite for an empty one."""
    point = path_hours(terrain.elevation_m, parameters_of(mover), terrain.cell_m, False, *runs)
    return np.where(np.diff(runs[0]) > 0, sums(runs[0], point), np.inf)


def _neighbours(x: FloatArray, y: FloatArray, longest_m: float) -> tuple[IntArray, IntArray]:
    """Return the pairs within a few rings of natural and nearest neighbours, sorted by tail, then head."""
    points = np.column_stack([x, y])
    pairs: list[IntArray] = []
    try:
        corners = Delaunay(points).simplices if len(points) > 2 else np.zeros((0, 3), dtype=np.int64)
    except QhullError:  # all nodes on one straight line: the nearest ones must do
        corners = np.zeros((0, 3), dtype=np.int64)
    pairs += [corners[:, [a, b]].astype(np.int64) for a, b in ((0, 1), (1, 2), (2, 0))]
    if len(points) > 1:
        _, near = cKDTree(points).query(points, k=min(NEAREST + 1, len(points)))
        pairs.append(np.column_stack([np.repeat(np.arange(len(points)), near.shape[1]), near.ravel()]))
    both = np.concatenate([np.zeros((0, 2), dtype=np.int64), *pairs])
    own = np.arange(len(points))
    ring = coo_array(
        (
            np.ones(2 * len(both) + len(own), dtype=np.bool_),
            np.concatenate([both, both[:, ::-1], np.c_[own, own]]).T,
        ),
        shape=(len(own), len(own)),
    ).tocsr()
    reach = ring
    for _ in range(RINGS - 1):
        reach = reach @ ring
    tail, head = (ends.astype(np.int64) for ends in reach.nonzero())
    near = (tail != head) & (np.hypot(x[tail] - x[head], y[tail] - y[head]) <= longest_m)
    order = np.lexsort((head[near], tail[near]))
    return tail[near][order], head[near][order]


def needed_edges(block: Block, n_nodes: int) -> IntArray:
    """Return the edges that some mover can use and that two shorter ones do not replace for all movers."""
    order = np.argsort(block.tail, kind="stable")
    start = np.searchsorted(block.tail[order], np.arange(n_nodes + 1))
    count = (start[1:] - start[:-1])[block.head]
    first = np.repeat(np.arange(len(block.tail)), count)
    offset = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
    second = order[np.repeat(start[block.head], count) + offset]
    key = block.tail * n_nodes + block.head
    by_key = np.argsort(key)
    wanted = block.tail[first] * n_nodes + block.head[second]
    at = np.minimum(np.searchsorted(key[by_key], wanted), len(key) - 1)
    direct = by_key[at]
    hit = key[direct] == wanted
    first, second, direct = first[hit], second[hit], direct[hit]
    needed = np.zeros(len(key), dtype=np.bool_)
    for hours in block.hours:
        detour = np.full(len(key), np.inf)
        is_shorter = np.maximum(hours[first], hours[second]) < hours[direct]
        np.minimum.at(detour, direct[is_shorter], (hours[first] + hours[second])[is_shorter])
        needed |= np.isfinite(hours) & (detour > hours * (1.0 + SPARED))
    return np.flatnonzero(needed)


def road_edges(
    terrain: Terrain,
    road: pd.DataFrame,
    node_of: dict[int, int],
    junction_cell: dict[str, int],
    movers: Sequence[Mover],
) -> Block:
    """Return both directions of the roads whose junctions lie in the corridor on one side.

    Notes
    -----
    The road table is topology, not shape: the shape is the walker's least-cost path between the
    junctions, the hours are the stated length over the mover's speed on roads.
    """
    side = terrain.side.ravel()
    lengths = _road_lengths(road, junction_cell, side)
    pairs = sorted(lengths)
    parts = [
        least_cost_paths(
            terrain,
            int(side[a]),
            np.array(STROLLER),
            np.array([a], dtype=np.int64),
            np.array([0, 1], dtype=np.int64),
            np.array([b], dtype=np.int64),
            float(np.hypot(*terrain.shape)) * terrain.cell_m / 1000.0,
        )
        for a, b in pairs
    ]
    shape = join_runs([(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)), *parts])
    km = np.array([lengths[pair] for pair in pairs])
    hours = np.array(
        [km / mover.road_kmh if np.isfinite(mover.road_kmh) else np.full(len(km), np.inf) for mover in movers]
    )
    hours[:, np.diff(shape[0]) == 0] = np.inf
    return _block(
        np.array([node_of[a] for a, _ in pairs], dtype=np.int64),
        np.array([node_of[b] for _, b in pairs], dtype=np.int64),
        shape,
        hours.reshape(len(movers), len(pairs)),
        is_road=True,
    )


def _road_lengths(
    road: pd.DataFrame, junction_cell: dict[str, int], side: SideArray
) -> dict[tuple[int, int], float]:
    """Return the length of the shortest road between the cells of two junctions, both directions."""
    lengths: dict[tuple[int, int], float] = {}
    for row in road.sort_values("id").to_dict("records"):
        a, b = junction_cell.get(row["node_a"]), junction_cell.get(row["node_b"])
        length_km = float(row["length_km"])
        if a is None or b is None or a == b or side[a] != side[b] or length_km <= 0.0:
            continue
        for pair in ((a, b), (b, a)):
            lengths[pair] = min(lengths.get(pair, np.inf), length_km)
    return lengths


def crossing_edges(
    terrain: Terrain,
    steps: Steps,
    ends: tuple[IntArray, IntArray],
    segments: pd.DataFrame,
    movers: Sequence[Mover],
) -> Block:
    """Return the edges across the line away from crossing points, for movers that cross anywhere."""
    runs = _pairs(steps)
    river = segments["has_river"].to_numpy(dtype=np.bool_)[segment_index(segments, steps.chainage_km)]
    hours = np.full((len(movers), len(ends[0])), np.inf)
    for i, mover in enumerate(movers):
        if mover.crosses_anywhere:
            hours[i] = run_hours(terrain, mover, runs) + np.where(river, mover.water_hours, 0.0)
    return _block(*ends, runs, hours, chainage_km=np.round(steps.chainage_km, 3))


def point_edges(
    terrain: Terrain,
    steps: Steps,
    ends: tuple[IntArray, IntArray],
    crossing: pd.DataFrame,
    movers: Sequence[Mover],
) -> Block:
    """Return the edges through crossing points, for movers that cross there only; as on a level bridge."""
    runs = _pairs(steps)
    hours = np.full((len(movers), len(ends[0])), np.inf)
    for i, mover in enumerate(movers):
        if not mover.crosses_anywhere:
            p = parameters_of(mover)
            hours[i] = sums(runs[0], path_hours(terrain.elevation_m, p, terrain.cell_m, True, *runs))
    km = crossing["chainage_km"].to_numpy(dtype=np.float64)
    return _block(*ends, runs, hours, chainage_km=km, crossing_id=tuple(crossing["id"]))


def _pairs(steps: Steps) -> Runs:
    cells = np.column_stack([steps.beyond, steps.inside]).ravel()
    return np.arange(0, len(cells) + 1, 2, dtype=np.int64), cells


def _block(
    tail: IntArray,
    head: IntArray,
    shape: Runs,
    hours: FloatArray,
    *,
    is_road: bool = False,
    chainage_km: FloatArray | None = None,
    crossing_id: tuple[str | None, ...] | None = None,
) -> Block:
    """Return a block whose usable edges have one shape for all movers, without edges nobody can use."""
    runs = tuple(_only(shape, np.isfinite(row)) for row in hours)
    block = Block(
        tail,
        head,
        chainage_km is not None,
        is_road,
        crossing_id if crossing_id is not None else (None,) * len(tail),
        chainage_km if chainage_km is not None else np.full(len(tail), np.nan),
        runs,
        hours,
    )
    return block.take(np.flatnonzero(np.isfinite(hours).any(axis=0)))


def _only(shape: Runs, usable: npt.NDArray[np.bool_]) -> Runs:
    """Return the runs with those that cannot be used made empty."""
    count = np.diff(shape[0])
    kept = np.repeat(usable, count)
    return np.concatenate([[0], np.cumsum(np.where(usable, count, 0))]).astype(np.int64), shape[1][kept]
