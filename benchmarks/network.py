"""Measure terrain and network of a programme: seconds, sizes, distortion, excess over the fine grid.

    python benchmarks/network.py [--programme DIR] [--every 3] [--json]

The excess is how much longer the least hours over the network before its contraction are than those over the fine grid, from every
n-th settlement, junction and gateway to all nodes of its side, without roads and without crossing the line.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from sarhad import place, situation
from sarhad.place.corridor import BEYOND, INSIDE
from sarhad.place.grid import steps_within
from sarhad.place.travel import movers_of, parameters_of, path_hours
from sarhad.programme import Programme
from sarhad.workflow.demo import example_path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programme", type=Path, default=example_path())
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    prog = Programme.open(options.programme)
    seconds: dict[str, float] = {}
    terrain = timed(seconds, "terrain", lambda: place.terrain(prog))
    prog = prog.adopt({"segment": place.segments(prog, terrain)})
    network = timed(seconds, "network", lambda: place.network(prog, terrain))
    pairs = situation.scenarios(prog.adopt(network.tables()), network, is_calibrated=False)
    small = timed(seconds, "contraction", lambda: place.contracted(prog, network, pairs))
    tables = timed(seconds, "tables", small.tables)
    found = {
        "length_km": place.line_of(prog).length_km,
        "segments": len(place.segments(prog, terrain)),
        "crs": terrain.crs.srs,
        "distortion": dict(terrain.candidates),
        "cells": int(np.count_nonzero(terrain.side)),
        "share_filled": dict(terrain.share_filled),
        "dense": {"nodes": len(network.node), "edges": len(network.edge)},
        "nodes": {" ".join(key): int(n) for key, n in small.node.groupby(["kind", "side"]).size().items()},
        "edges": len(small.edge),
        "edge_hours": len(tables["edge_hours"]),
        "isolated": len(place.isolated(network, network.movers)),
        "seconds": seconds,
        "excess": list(excess(prog, network, options.every)),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            lines = value if isinstance(value, list) else [value]
            for line in lines:
                print(f"{name:<15} {line}")


def timed(seconds: dict[str, float], name: str, call: Any) -> Any:
    began = time.perf_counter()
    result = call()
    seconds[name] = round(time.perf_counter() - began, 2)
    return result


def excess(prog: Programme, network: place.Network, every: int) -> Iterator[dict[str, Any]]:
    terrain, node = network.terrain, network.node
    tail, head = (network.node_index(network.edge[end]) for end in ("tail_id", "head_id"))
    points = node["geometry"]
    rows, cols = terrain.rowcol([p.x for p in points], [p.y for p in points])
    cell = rows * terrain.shape[1] + cols
    plain = ~(network.edge["is_crossing"] | network.edge["is_road"]).to_numpy(dtype=bool)
    is_end = node["kind"].isin(["settlement", "junction", "gateway"]).to_numpy()
    for i, mover in enumerate(movers_of(prog)):
        fine = steps(terrain, parameters_of(mover))
        use = plain & np.isfinite(network.hours[i])
        coarse = coo_array((network.hours[i][use], (tail[use], head[use])), shape=(len(node),) * 2).tocsr()
        for side, number in (("inside", INSIDE), ("beyond", BEYOND)):
            own = np.flatnonzero(terrain.side.ravel()[cell] == number)
            start = own[is_end[own]][::every]
            over = dijkstra(coarse, indices=start)[:, own]
            least = dijkstra(fine, indices=cell[start])[:, cell[own]]
            pairs = np.isfinite(least) & (least > 0)
            share = over[pairs] / least[pairs] - 1
            yield {
                "mover": mover.id,
                "side": side,
                "pairs": int(pairs.sum()),
                "least": round(float(share.min()), 4),
                "mean": round(float(share.mean()), 4),
                "p95": round(float(np.quantile(share, 0.95)), 4),
            }


def steps(terrain: place.Terrain, parameters: Any) -> Any:
    pairs = steps_within(terrain.side, np.flatnonzero(terrain.side.ravel()))
    ptr = np.arange(0, 2 * len(pairs) + 1, 2)
    point = path_hours(terrain.elevation_m, parameters, terrain.cell_m, False, ptr, pairs.ravel())
    hours = point[0::2] + point[1::2]
    can = np.isfinite(hours)
    size = terrain.side.size
    return coo_array((hours[can], (pairs[can, 0], pairs[can, 1])), shape=(size, size)).tocsr()


if __name__ == "__main__":
    main()
