"""Hours of travel around and across the line, and the ways of the network, for the report's figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sarhad.detection.instance import FloatArray
from sarhad.place import Network
from sarhad.place.corridor import BEYOND, INSIDE, to_metres
from sarhad.place.terrain import Float32Array, IntArray
from sarhad.place.travel import Mover, parameters_of
from sarhad.place.travel.field import field, ground
from sarhad.workflow.prepare import Prepared


def hours_around(prepared: Prepared, mover: Mover) -> Float32Array:
    """Return a mover's hours from the nearest origin (beyond) or destination (inside), the line never crossed.

    Over open ground, as the programme's roads are no shapes on the ground; shape (h, w), infinite out of reach.
    """
    terrain, network = prepared.terrain, prepared.network
    hours = np.full(terrain.shape, np.inf, dtype=np.float32)
    for side, end in ((BEYOND, "origin_id"), (INSIDE, "destination_id")):
        ends = network.node_index(_ends(prepared, mover.id, end))
        if not len(ends):
            continue
        sources = np.unique(_cells(network)[ends])
        on = ground(terrain.elevation_m, terrain.cell_m, barrier=terrain.side != side, neighbours=16)
        found, _ = field(on, parameters_of(mover), sources)
        np.minimum(hours, found.astype(np.float32), out=hours)
    return hours


def _ends(prepared: Prepared, mover: str, end: str) -> pd.Series:
    """Return the origins or destinations of a mover's scenarios."""
    scenario = prepared.prog["scenario"]
    return scenario.loc[scenario["mover_id"] == mover, end].drop_duplicates().sort_values()


def _cells(network: Network) -> IntArray:
    """Return the flat cell of each node."""
    points = network.node["geometry"]
    rows, cols = network.terrain.rowcol([p.x for p in points], [p.y for p in points])
    return rows * network.terrain.shape[1] + cols


def hours_across(prepared: Prepared, movers: Sequence[str], stretch_km: float) -> pd.DataFrame:
    """Return the hours of the shortest way over the line in each stretch of it, by mover.

    From the nearest origin of the mover's scenarios to the nearest destination, on the network.
    """
    network = prepared.network
    edge = network.edge
    tail, head = (network.node_index(edge[end]) for end in ("tail_id", "head_id"))
    is_crossing = edge["is_crossing"].to_numpy(dtype=np.bool_)
    length = float(prepared.prog["section"]["chainage_to_km"].max())
    start = stretch_km * np.arange(int(np.ceil(length / stretch_km)))
    at = np.minimum(edge["chainage_km"].to_numpy(dtype=np.float64)[is_crossing] // stretch_km, len(start) - 1)
    frames = []
    for mover in movers:
        hours = network.hours[network.movers.index(mover)]
        origins, destinations = (
            network.node_index(_ends(prepared, mover, end)) for end in ("origin_id", "destination_id")
        )
        stays = ~is_crossing & np.isfinite(hours)
        before = _nearest(tail[stays], head[stays], hours[stays], origins, len(network.node))
        after = _nearest(head[stays], tail[stays], hours[stays], destinations, len(network.node))
        least = np.full(len(start), np.inf)
        total = before[tail[is_crossing]] + hours[is_crossing] + after[head[is_crossing]]
        np.minimum.at(least, at.astype(np.int64), total)
        columns = {"chainage_from_km": start, "chainage_to_km": np.minimum(start + stretch_km, length)}
        frames.append(pd.DataFrame({"mover_id": mover, **columns, "hours": least}))
    return pd.concat(frames, ignore_index=True)


def _nearest(tail: IntArray, head: IntArray, hours: FloatArray, sources: IntArray, n: int) -> FloatArray:
    """Return the hours from the nearest source to every node; infinite out of reach."""
    if not len(sources):
        return np.full(n, np.inf)
    order = np.lexsort((hours, head, tail))
    first = np.ones(len(order), dtype=np.bool_)  # of parallel edges the quickest counts
    first[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
    kept = order[first]
    graph = csr_array((hours[kept], (tail[kept], head[kept])), shape=(n, n))
    found: FloatArray = dijkstra(graph, indices=np.unique(sources), min_only=True)
    return found


def ways(prepared: Prepared, mover: str) -> tuple[dict[str, tuple[FloatArray, ...]], pd.DataFrame]:
    """Return the ways of the network in metres by kind, each once, and its nodes with where a mover starts or ends.

    A way is drawn as the first mover that can go it goes, in one of its directions.
    """
    network = prepared.network
    edge, terrain = network.edge, network.terrain
    kind = np.where(edge["is_crossing"], "crossing", np.where(edge["is_road"], "road", "field"))
    found: dict[str, list[FloatArray]] = {"field": [], "road": [], "crossing": []}
    drawn: set[tuple[str, str, str]] = set()
    for number, (one, tail, head) in enumerate(zip(kind, edge["tail_id"], edge["head_id"], strict=True)):
        key = (str(one), min(tail, head), max(tail, head))
        cells = _cells_of(network, number)
        if len(cells) > 1 and key not in drawn:
            drawn.add(key)
            x, y = terrain.xy(*np.divmod(cells, terrain.shape[1]))
            found[key[0]].append(np.column_stack([x, y]))
    points = network.node["geometry"]
    x, y = to_metres(terrain.crs).transform([p.x for p in points], [p.y for p in points])
    ends = {*_ends(prepared, mover, "origin_id"), *_ends(prepared, mover, "destination_id")}
    nodes = network.node[["kind"]].assign(is_end=network.node["id"].isin(ends), x_m=x, y_m=y)
    return {name: tuple(lines) for name, lines in found.items()}, nodes


def _cells_of(network: Network, edge: int) -> IntArray:
    for paths in network.paths:
        cells = paths.cell[paths.ptr[edge] : paths.ptr[edge + 1]]
        if len(cells):
            return cells
    return np.zeros(0, dtype=np.int64)
