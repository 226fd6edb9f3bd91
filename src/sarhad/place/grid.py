"""The network at cell level: every cell a node, every step an edge, to judge a plan on the fine grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sarhad.place.border import FloatArray, line_of
from sarhad.place.corridor import SideArray
from sarhad.place.crossings import NEIGHBOURS, main_area, steps_across
from sarhad.place.edges import crossing_edges
from sarhad.place.network import Network, network, watched_hours
from sarhad.place.nodes import Place, node_frame
from sarhad.place.ragged import Paths, join_runs, take_runs
from sarhad.place.rebuilt import network_from
from sarhad.place.segments import segment_index, segments
from sarhad.place.terrain import IntArray, Terrain
from sarhad.place.travel import Mover, movers_of, parameters_of, path_hours
from sarhad.programme import Programme


def grid_network(prog: Programme, terrain: Terrain) -> Network:
    """Return the network whose nodes are the cells of the corridor and whose edges are the steps between them.

    Nodes of the coarse network keep their ids, other cells are C and their flat index. Movers that cross
    anywhere may cross by every step from beyond to inside; roads and crossing points are those of the
    coarse network. Unlike there, an edge that a mover cannot use still has a path, of no hours.
    """
    coarse = network(prog, terrain) if prog["node"].empty else network_from(prog, terrain)
    movers, line = movers_of(prog), line_of(prog)
    stretch, area = segments(prog, terrain), main_area(terrain)
    cell = np.flatnonzero(area.ravel()).astype(np.int64)
    node_at = np.full(area.size, -1, dtype=np.int64)
    node_at[cell] = np.arange(len(cell))
    steps = steps_across(terrain, line, area)
    across = crossing_edges(terrain, steps, (node_at[steps.beyond], node_at[steps.inside]), stretch, movers)
    over = crossed_cells(across.runs, across.hours)
    within = steps_within(area, cell)
    pairs = np.concatenate([within, over])
    hours = np.concatenate([_step_hours(terrain, movers, within), across.hours], axis=1)
    special = _special_edges(coarse)
    paths = _paths(coarse, special, pairs, hours)
    hours = np.concatenate([hours, coarse.hours[:, special]], axis=1)
    node = _node_frame(coarse, terrain, stretch, cell)
    crossing_km = np.concatenate([np.full(len(within), np.nan), across.chainage_km])
    edge = _edge_frame(node, node_at[pairs], crossing_km, stretch, coarse.edge.iloc[special])
    depth = float(prog.setting("watch_depth_km"))
    watched = np.array([watched_hours(terrain, path, depth) for path in paths])
    return Network(node, edge, coarse.movers, hours, watched, paths, terrain)


def steps_within(area: SideArray, cell: IntArray) -> IntArray:
    """Return from and to cell of every step within a side, sorted, shape (K, 2)."""
    height, width = area.shape
    row, col = np.divmod(cell, width)
    flat = area.ravel()
    parts = []
    for down, right in NEIGHBOURS:
        fits = (row + down >= 0) & (row + down < height) & (col + right >= 0) & (col + right < width)
        start = cell[fits]
        end = start + down * width + right
        same = flat[start] == flat[end]
        parts.append(np.column_stack([start[same], end[same]]))
    steps = np.concatenate(parts)
    return steps[np.argsort(steps[:, 0], kind="stable")]


def crossed_cells(runs: Sequence[tuple[IntArray, IntArray]], hours: FloatArray) -> IntArray:
    """Return from and to cell of each step across the line, taken from a mover that can make it."""
    cells = np.zeros((hours.shape[1], 2), dtype=np.int64)
    for (_, path), row in zip(runs, hours, strict=True):
        cells[np.isfinite(row)] = path.reshape(-1, 2)
    return cells


def _step_hours(terrain: Terrain, movers: Sequence[Mover], pairs: IntArray) -> FloatArray:
    """Return the hours of each mover for each step, shape (M, K)."""
    ptr = np.arange(0, 2 * len(pairs) + 1, 2, dtype=np.int64)
    cells = pairs.ravel()
    hours = np.empty((len(movers), len(pairs)))
    for i, mover in enumerate(movers):
        point = path_hours(terrain.elevation_m, parameters_of(mover), terrain.cell_m, False, ptr, cells)
        hours[i] = point[0::2] + point[1::2]
    return hours


def _special_edges(coarse: Network) -> IntArray:
    """Return the rows of the coarse network's roads and crossing points."""
    edge = coarse.edge
    special = edge["is_road"].to_numpy(dtype=np.bool_) | edge["crossing_id"].notna().to_numpy()
    return np.flatnonzero(special)


def _paths(coarse: Network, special: IntArray, pairs: IntArray, hours: FloatArray) -> tuple[Paths, ...]:
    """Return the paths of all movers: two points a step, then the coarse network's special edges."""
    plain = np.arange(0, 2 * len(pairs) + 1, 2, dtype=np.int64), pairs.ravel()
    halves = np.where(np.isfinite(hours), hours / 2.0, 0.0)
    found = []
    for half, path in zip(halves, coarse.paths, strict=True):
        ptr, cells = join_runs([plain, take_runs(path.ptr, path.cell, special)])
        _, rows = take_runs(path.ptr, np.arange(len(path.cell)), special)
        found.append(Paths(ptr, cells, np.concatenate([np.repeat(half, 2), path.hours[rows]])))
    return tuple(found)


def _node_frame(coarse: Network, terrain: Terrain, stretch: pd.DataFrame, cell: IntArray) -> pd.DataFrame:
    """Return the table node, one row a cell in the order of the cells."""
    node = node_frame(terrain, stretch, (Place(int(c), "field", f"C{c:07d}") for c in cell))
    back = np.argsort(_flat_cells(terrain, node), kind="stable")
    node = node.iloc[back].reset_index(drop=True)
    named = coarse.node.assign(cell=_flat_cells(terrain, coarse.node)).set_index("cell")
    at = np.searchsorted(cell, named.index.to_numpy())
    for column in ("id", "kind", "name"):
        node.loc[at, column] = named[column].to_numpy(dtype=object)
    return node.astype({"id": "str", "name": "str"})


def _flat_cells(terrain: Terrain, node: pd.DataFrame) -> IntArray:
    points = node["geometry"].to_numpy()
    rows, cols = terrain.rowcol([point.x for point in points], [point.y for point in points])
    return rows * terrain.shape[1] + cols


def _edge_frame(
    node: pd.DataFrame,
    ends: IntArray,
    chainage_km: FloatArray,
    stretch: pd.DataFrame,
    special: pd.DataFrame,
) -> pd.DataFrame:
    """Return the table edge: steps within, steps across, special edges."""
    crosses = np.isfinite(chainage_km)
    segment = stretch["id"].to_numpy(dtype=object)[segment_index(stretch, np.nan_to_num(chainage_km))]
    segment[~crosses] = None
    plain = pd.DataFrame(
        {
            "tail_id": node["id"].take(ends[:, 0]).to_numpy(),
            "head_id": node["id"].take(ends[:, 1]).to_numpy(),
            "is_crossing": crosses,
            "is_road": False,
            "crossing_id": pd.array(np.full(len(ends), None), dtype="str"),
            "segment_id": pd.array(segment, dtype="str"),
            "chainage_km": chainage_km,
        }
    )
    edge = pd.concat([plain, special.drop(columns="id")], ignore_index=True)
    edge.insert(0, "id", pd.Series([f"E{i + 1:07d}" for i in range(len(edge))], dtype="str"))
    return edge
