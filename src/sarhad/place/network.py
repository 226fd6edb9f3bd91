"""The network: what may be crossed from where to where, and in how many hours, per mover."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sarhad.errors import DataError
from sarhad.place.border import FloatArray, line_of
from sarhad.place.corridor import BEYOND, INSIDE
from sarhad.place.crossings import crossing_steps, easiest_steps, main_area, steps_across
from sarhad.place.edges import Block, crossing_edges, point_edges, road_edges, side_edges
from sarhad.place.nodes import ENDS, find_places, node_frame
from sarhad.place.ragged import Paths, join_runs, spread, sums, take_runs
from sarhad.place.segments import segment_index, segments
from sarhad.place.stored import edge_hours_frame
from sarhad.place.terrain import IntArray, Terrain
from sarhad.place.travel import Mover, movers_of, parameters_of, path_hours
from sarhad.programme import Programme

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Network:
    """A directed network across the line; every edge that crosses leads from beyond to inside.

    Parameters
    ----------
    node, edge
        Tables node and edge, sorted by id.
    movers
        Ids of the M movers, sorted.
    hours
        Hours of each mover on each edge, infinite where it cannot go, shape (M, E).
    watched_hours
        Of these within watch_depth_km of the line, 0 where it cannot go, shape (M, E).
    paths
        Cells and hours of the path of each edge, one `Paths` a mover.
    terrain
        The grid that the paths lie on.
    """

    node: pd.DataFrame
    edge: pd.DataFrame
    movers: tuple[str, ...]
    hours: FloatArray
    watched_hours: FloatArray
    paths: tuple[Paths, ...]
    terrain: Terrain

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables node, edge and edge_hours."""
        edge_hours = edge_hours_frame(
            self.edge["id"].to_numpy(), self.movers, self.hours, self.watched_hours, self.paths, self.terrain
        )
        return {"node": self.node.copy(), "edge": self.edge.copy(), "edge_hours": edge_hours}

    def node_index(self, ids: pd.Series) -> IntArray:
        """Return the row of nodes by id."""
        found: IntArray = pd.Index(self.node["id"]).get_indexer(ids).astype(np.int64)
        return found


def network(prog: Programme, terrain: Terrain) -> Network:
    """Return the network computed from the terrain of a programme.

    Raises
    ------
    DataError
        If the line cannot be crossed, a crossing point lies off the line, or tables leave gaps.
    """
    line = line_of(prog)
    stretch = segments(prog, terrain)
    movers = movers_of(prog)
    area = main_area(terrain)
    steps = steps_across(terrain, line, area)
    if not len(steps.chainage_km):
        raise DataError(
            "border: no two cells of the terrain face each other across the line. Use smaller cells."
        )
    spacing = float(prog.setting("crossing_spacing_km"))
    bins, rows = easiest_steps(terrain, steps, line.length_km, spacing, movers)
    easiest = steps.take(rows)
    crossing = prog["crossing"].sort_values("id").reset_index(drop=True)
    points = steps.take(crossing_steps(terrain, steps, crossing))
    places = find_places(prog, terrain, area, stretch, (crossing["id"].tolist(), points), (bins, easiest))
    node = node_frame(terrain, stretch, places.by_cell.values())
    cell = _cells(terrain, node)
    node_of = {int(c): i for i, c in enumerate(cell)}
    spacing_km = float(prog.setting("node_spacing_km"))
    blocks = [side_edges(terrain, cell, side, movers, spacing_km) for side in (INSIDE, BEYOND)]
    blocks.append(road_edges(terrain, prog["road"], node_of, places.junction_cell, movers))
    ends = _at(node_of, easiest.beyond), _at(node_of, easiest.inside)
    blocks.append(crossing_edges(terrain, easiest, ends, stretch, movers))
    ends = _at(node_of, points.beyond), _at(node_of, points.inside)
    blocks.append(point_edges(terrain, points, ends, crossing, movers))
    found = assemble(terrain, node, stretch, blocks, movers, float(prog.setting("watch_depth_km")))
    for row in isolated(found, tuple(m.id for m in movers if m.can_walk)).itertuples():
        log.warning("node %s (%s) is cut off from the network for mover %s", row.id, row.name, row.mover_id)
    return found


def assemble(
    terrain: Terrain,
    node: pd.DataFrame,
    stretch: pd.DataFrame,
    blocks: list[Block],
    movers: tuple[Mover, ...],
    watch_depth_km: float,
) -> Network:
    """Return the network of some blocks of edges."""
    ids = _edge_ids(node, blocks)
    order = np.argsort(ids, kind="stable")
    edge = _edge_frame(node, stretch, blocks, ids, order)
    hours = np.concatenate([block.hours for block in blocks], axis=1)[:, order]
    level = edge["is_road"].to_numpy(dtype=np.bool_) | edge["is_crossing"].to_numpy(dtype=np.bool_)
    paths = []
    for i, mover in enumerate(movers):
        ptr, cells = take_runs(*join_runs([block.runs[i] for block in blocks]), order)
        paths.append(timed_paths(terrain, mover, ptr, cells, hours[i], level))
    watched = np.array([watched_hours(terrain, path, watch_depth_km) for path in paths])
    return Network(node, edge, tuple(m.id for m in movers), hours, watched, tuple(paths), terrain)


def timed_paths(
    terrain: Terrain, mover: Mover, ptr: IntArray, cells: IntArray, hours: FloatArray, level: np.ndarray
) -> Paths:
    """Return paths with the hours at each point.

    The hours of an edge are spread over its points as the step function says; over roads and steps across
    the line as if they were level.
    """
    p = parameters_of(mover)
    weights = path_hours(terrain.elevation_m, p, terrain.cell_m, False, ptr, cells)
    if level.any():
        flat = path_hours(terrain.elevation_m, p, terrain.cell_m, True, ptr, cells)
        weights = np.where(np.repeat(level, np.diff(ptr)), flat, weights)
    return Paths(ptr, cells, spread(hours, ptr, weights))


def watched_hours(terrain: Terrain, paths: Paths, watch_depth_km: float) -> FloatArray:
    """Return the hours of each edge within the watched strip along the line, shape (E,)."""
    near = terrain.distance_km.ravel()[paths.cell] <= watch_depth_km
    return sums(paths.ptr, np.where(near, paths.hours, 0.0))


def isolated(found: Network, movers: tuple[str, ...]) -> pd.DataFrame:
    """Return origins and destinations that a mover cannot go from or to, with columns id, name, mover_id.

    A node is cut off when it lies outside the largest area of its side within which the mover can go
    from everywhere to everywhere. This is a question to a network before its contraction, which leaves one way only.
    """
    tail, head = (found.node_index(found.edge[end]) for end in ("tail_id", "head_id"))
    stays = ~found.edge["is_crossing"].to_numpy(dtype=np.bool_)
    is_end = found.node["kind"].isin(ENDS).to_numpy()
    side = (found.node["side"] == "inside").to_numpy()
    rows = []
    for mover in movers:
        can = stays & np.isfinite(found.hours[found.movers.index(mover)])
        graph = coo_array((np.ones(can.sum()), (tail[can], head[can])), shape=(len(side), len(side)))
        _, part = connected_components(graph.tocsr(), directed=True, connection="strong")
        for own in (side, ~side):
            main = np.argmax(np.bincount(part[own])) if own.any() else -1
            lost = found.node[own & is_end & (part != main)]
            rows.append(lost[["id", "name"]].assign(mover_id=mover))
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["id", "name", "mover_id"])


def _edge_ids(node: pd.DataFrame, blocks: list[Block]) -> npt.NDArray[np.object_]:
    """Return tail>head of each edge, with what tells apart a road or a crossing point between the same two."""
    name = node["id"].tolist()
    ids = [
        f"{name[tail]}>{name[head]}{':road' if block.is_road else f':{point}' if point else ''}"
        for block in blocks
        for tail, head, point in zip(block.tail, block.head, block.crossing_id, strict=True)
    ]
    return np.array(ids, dtype=object)


def _edge_frame(
    node: pd.DataFrame,
    stretch: pd.DataFrame,
    blocks: list[Block],
    edge_ids: npt.NDArray[np.object_],
    order: IntArray,
) -> pd.DataFrame:
    """Return the table edge in the order given."""
    ids = node["id"].to_numpy(dtype=object)
    tail, head = (
        np.concatenate([getattr(block, end) for block in blocks])[order] for end in ("tail", "head")
    )
    chainage = np.concatenate([block.chainage_km for block in blocks])[order]
    crossing_id = [name for block in blocks for name in block.crossing_id]
    segment = stretch["id"].to_numpy(dtype=object)[segment_index(stretch, np.nan_to_num(chainage))]
    segment[~np.isfinite(chainage)] = None
    flags = {
        name: np.concatenate([np.full(len(block.tail), getattr(block, name)) for block in blocks])[order]
        for name in ("is_crossing", "is_road")
    }
    return pd.DataFrame(
        {
            "id": pd.array(edge_ids[order], dtype="str"),
            "tail_id": pd.array(ids[tail], dtype="str"),
            "head_id": pd.array(ids[head], dtype="str"),
            **{name: flag.astype(np.bool_) for name, flag in flags.items()},
            "crossing_id": pd.array(np.array(crossing_id, dtype=object)[order], dtype="str"),
            "segment_id": pd.array(segment, dtype="str"),
            "chainage_km": chainage,
        }
    )


def _cells(terrain: Terrain, node: pd.DataFrame) -> IntArray:
    """Return the flat cell of each node."""
    rows, cols = terrain.rowcol(
        [point.x for point in node["geometry"]], [point.y for point in node["geometry"]]
    )
    return rows * terrain.shape[1] + cols


def _at(node_of: dict[int, int], cells: IntArray) -> IntArray:
    return np.array([node_of[int(cell)] for cell in cells], dtype=np.int64)
