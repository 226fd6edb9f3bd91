"""Time the search for hours over a grid against scipy's Dijkstra, in one run on one core.

    python benchmarks/travel.py --cells 1000000 --json
    python benchmarks/travel.py --dem dem.tif --from LON,LAT --radius-km 8

Building scipy's edge list is timed apart and not counted against it.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from numba import njit
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sarhad.place.elevation import elevation_around
from sarhad.place.travel import WALK, step_hours
from sarhad.place.travel.field import DOWN, RIGHT, field, ground
from sarhad.place.travel.lanes import fields

WALKER = np.array([WALK, 1.0, np.inf, np.inf, 0.0])


def synthetic(cells, seed):
    """Return made-up mountains on a square of about so many cells."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(cells))
    parts = [
        gaussian_filter(rng.normal(size=(side, side)), s) * s * a for s, a in ((2, 10), (8, 60), (30, 300))
    ]
    return sum(parts).astype(np.float32)


@njit
def edges(moves, elevation, p, cell_m, down, right):
    """Return the edge list of a ground as the arrays of a csr matrix."""
    height, width = elevation.shape
    ptr = np.zeros(height * width + 1, dtype=np.int32)
    count = 0
    flat = moves.ravel()
    for cell in range(height * width):
        for k in range(16):
            count += (flat[cell] >> k) & 1
        ptr[cell + 1] = count
    to = np.empty(count, dtype=np.int32)
    hours = np.empty(count)
    at = 0
    for row in range(height):
        for col in range(width):
            for k in range(16):
                if (moves[row, col] >> k) & 1:
                    r, c = row + down[k], col + right[k]
                    far = cell_m * np.sqrt(np.float64(down[k] ** 2 + right[k] ** 2))
                    hours[at] = step_hours(
                        p, np.float64(elevation[row, col]), np.float64(elevation[r, c]), far
                    )
                    to[at] = r * width + c
                    at += 1
    return ptr, to, hours


def timed(function):
    """Return what a function returns and the CPU seconds it took."""
    began = time.process_time()
    result = function()
    return result, time.process_time() - began


def compare(elevation, cell_m, neighbours):
    """Return seconds and agreement of one search from the middle."""
    on = ground(elevation, cell_m, neighbours=neighbours)
    source = (elevation.shape[0] // 2) * elevation.shape[1] + elevation.shape[1] // 2
    (hours, _), ours = timed(lambda: field(on, WALKER, np.array([source])))
    (ptr, to, weight), building = timed(lambda: edges(on.moves, elevation, WALKER, cell_m, DOWN, RIGHT))
    graph = csr_array((weight, to, ptr), shape=(elevation.size, elevation.size))
    theirs_hours, theirs = timed(lambda: dijkstra(graph, indices=source))
    reached = np.isfinite(theirs_hours) & (theirs_hours > 0.0)
    difference = np.abs(hours.ravel()[reached] / theirs_hours[reached] - 1.0)
    return {
        "neighbours": neighbours,
        "cells": int(elevation.size),
        "edges": len(to),
        "cpu_seconds": round(ours, 3),
        "scipy_cpu_seconds": round(theirs, 3),
        "scipy_edge_list_cpu_seconds": round(building, 3),
        "times_scipy": round(theirs / ours, 2),
        "largest_relative_difference": float(difference.max()),
        "memory_bytes_a_cell": 8 + 1 + 1 + 2 + 4,
        "scipy_edge_bytes_a_cell": round(12 * len(to) / elevation.size, 1),
    }


def compare_lanes(elevation, cell_m, spread, sources=16):
    """Return seconds and agreement of 16 searches at once, from cells at most `spread` from the middle."""
    on = ground(elevation, cell_m)
    height, width = elevation.shape
    at = np.random.default_rng(3).integers(-spread, spread + 1, (2, sources))
    cells = (height // 2 + at[0]) * width + width // 2 + at[1]
    hours, ours = timed(lambda: fields(on, WALKER, cells))
    (ptr, to, weight), building = timed(lambda: edges(on.moves, elevation, WALKER, cell_m, DOWN, RIGHT))
    graph = csr_array((weight, to, ptr), shape=(elevation.size, elevation.size))
    theirs, largest = 0.0, 0.0
    for lane, cell in enumerate(cells):
        exact, seconds = timed(lambda cell=cell: dijkstra(graph, indices=cell))
        theirs += seconds
        reached = np.isfinite(exact) & (exact > 0.0)
        largest = max(largest, float(np.abs(hours[lane].ravel()[reached] / exact[reached] - 1.0).max()))
    return {
        "sources": sources,
        "spread_cells": spread,
        "cells": int(elevation.size),
        "cpu_seconds": round(ours, 3),
        "scipy_cpu_seconds": round(theirs, 3),
        "scipy_edge_list_cpu_seconds": round(building, 3),
        "times_scipy": round(theirs / ours, 2),
        "largest_relative_difference": largest,
    }


def overstated(neighbours, radius=300):
    """Return mean and largest share by which the grid overstates straight distance on the level."""
    side = 2 * radius + 1
    on = ground(np.zeros((side, side), dtype=np.float32), 30.0, neighbours=neighbours)
    hours, _ = field(on, WALKER, np.array([side * side // 2]))
    down, right = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    far = np.hypot(down, right)
    ring = (far > 0.9 * radius) & (far <= radius)
    per_km = step_hours(WALKER, 0.0, 0.0, 1000.0)
    excess = hours[ring] / (far[ring] * 0.03 * per_km) - 1.0
    return {"neighbours": neighbours, "mean": float(excess.mean()), "largest": float(excess.max())}


def main():
    """Run what the command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dem", default="synthetic", help="a raster, or synthetic")
    parser.add_argument("--from", dest="start", help="LON,LAT: middle of the square of a raster")
    parser.add_argument("--radius-km", type=float, default=8.0)
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--spread", type=int, default=30, help="cells from the middle to the 16 sources")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.dem == "synthetic":
        elevation, cell_m = synthetic(args.cells, args.seed), 30.0
    else:
        if not args.start:
            parser.error("--dem FILE needs --from LON,LAT")
        lon, lat = map(float, args.start.split(","))
        found = elevation_around(Path(args.dem), (lon, lat), args.radius_km)
        elevation, cell_m = found.elevation_m, found.cell_m
    compare_lanes(synthetic(2500, 1), 30.0, 5)  # compiles
    compare(synthetic(2500, 1), 30.0, 8)
    result = {
        "search": [compare(elevation, cell_m, neighbours) for neighbours in (8, 16)],
        "lanes": [compare_lanes(elevation, cell_m, args.spread)],
        "overstated_on_the_level": [overstated(neighbours) for neighbours in (8, 16)],
    }
    if args.json:
        print(json.dumps(result, indent=1))
        return
    for rows in result.values():
        for row in rows:
            print("  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
