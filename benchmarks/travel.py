"""Time the search for hours over a grid against scipy's Dijkstra, in one run on one core.

    python benchmarks/travel.py --cells 1000000 --json
    python benchmarks/travel.py --growth 1,4,9,16 --json
    python benchmarks/travel.py --dem dem.tif --from LON,LAT --radius-km 8

Building scipy's edge list is timed apart: `times_scipy` leaves it out, `times_scipy_with_edge_list` counts it once.
With scikit-image (`pip install scikit-image`) the isotropic question that it can answer is timed too.
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


def alternately(ours, theirs, repeats):
    """Return the results of two functions and the least CPU seconds of each, run in turn."""
    best = [np.inf, np.inf]
    for _ in range(repeats):
        mine, seconds = timed(ours)
        best[0] = min(best[0], seconds)
        other, seconds = timed(theirs)
        best[1] = min(best[1], seconds)
    return mine, other, best[0], best[1]


def csr(on):
    """Return the edge list of a ground for scipy and the least CPU seconds it took of two."""
    parts = [timed(lambda: edges(on.moves, on.elevation_m, WALKER, on.cell_m, DOWN, RIGHT)) for _ in range(2)]
    (ptr, to, weight), _ = parts[0]
    return csr_array((weight, to, ptr), shape=(on.moves.size,) * 2), min(seconds for _, seconds in parts)


def apart(hours, exact):
    """Return the largest relative difference of two fields."""
    is_reached = np.isfinite(exact) & (exact > 0.0)
    if not np.array_equal(np.isfinite(hours), np.isfinite(exact)):
        return np.inf
    return float(np.abs(hours[is_reached] / exact[is_reached] - 1.0).max())


def compare(elevation, cell_m, neighbours, repeats):
    """Return seconds and agreement of one search from the middle."""
    on = ground(elevation, cell_m, neighbours=neighbours)
    source = (elevation.shape[0] // 2) * elevation.shape[1] + elevation.shape[1] // 2
    graph, building = csr(on)
    hours, exact, ours, theirs = alternately(
        lambda: field(on, WALKER, np.array([source]))[0], lambda: dijkstra(graph, indices=source), repeats
    )
    return {
        "neighbours": neighbours,
        "cells": int(elevation.size),
        "cpu_seconds": round(ours, 3),
        "scipy_cpu_seconds": round(theirs, 3),
        "scipy_edge_list_cpu_seconds": round(building, 3),
        "times_scipy": round(theirs / ours, 2),
        "times_scipy_with_edge_list": round((theirs + building) / ours, 2),
        "largest_relative_difference": apart(hours.ravel(), exact),
        "bytes_a_cell": 8 + 1 + 4 + 2,  # hours, step, elevation, moves
        "scipy_edge_list_bytes_a_cell": round(12 * graph.nnz / elevation.size, 1),
    }


def compare_lanes(elevation, cell_m, spread, repeats, neighbours=8, sources=16):
    """Return seconds and agreement of 16 searches at once, from cells at most `spread` from the middle.

    scipy's seconds are 16 times the least of as many of its searches as there are repeats, each from another source.
    """
    on = ground(elevation, cell_m, neighbours=neighbours)
    height, width = elevation.shape
    at = np.random.default_rng(3).integers(-spread, spread + 1, (2, sources))
    cells = (height // 2 + at[0]) * width + width // 2 + at[1]
    graph, building = csr(on)
    best, theirs, largest = np.inf, np.inf, 0.0
    for lane in range(repeats):
        hours, exact, ours, seconds = alternately(
            lambda: fields(on, WALKER, cells, threads=1),
            lambda lane=lane: dijkstra(graph, indices=cells[lane]),
            1,
        )
        best, theirs = min(best, ours), min(theirs, seconds)
        largest = max(largest, apart(hours[lane].ravel(), exact))
    return {
        "neighbours": neighbours,
        "sources": sources,
        "spread_cells": spread,
        "cells": int(elevation.size),
        "cpu_seconds": round(best, 3),
        "scipy_cpu_seconds": round(sources * theirs, 3),
        "scipy_edge_list_cpu_seconds": round(building, 3),
        "times_scipy": round(sources * theirs / best, 2),
        "times_scipy_with_edge_list": round((sources * theirs + building) / best, 2),
        "largest_relative_difference": largest,
    }


def compare_skimage(elevation, repeats):
    """Return seconds and agreement with scikit-image on a question that it can answer; None when not installed.

    `MCP_Geometric` knows no uphill and downhill: both walk at a speed that each cell has, half a step at that of each.
    """
    try:
        from skimage.graph import MCP_Geometric
    except ImportError:
        return None
    kind = 1 + np.minimum(np.hypot(*np.gradient(elevation)) / 30.0 * 100.0, 253.0).astype(np.uint8)
    kmh = np.concatenate([[0.0], 5.0 * np.exp(-3.5 * np.arange(254) / 100.0)])
    on = ground(np.zeros_like(elevation), 30.0, kind=kind, kmh=kmh)
    middle = elevation.shape[0] // 2, elevation.shape[1] // 2
    hours, exact, ours, theirs = alternately(
        lambda: field(on, WALKER, np.array([middle[0] * elevation.shape[1] + middle[1]]))[0],
        lambda: MCP_Geometric(0.03 / kmh[kind]).find_costs([middle])[0],
        repeats,
    )
    return {
        "cells": int(elevation.size),
        "cpu_seconds": round(ours, 3),
        "skimage_cpu_seconds": round(theirs, 3),
        "times_skimage": round(theirs / ours, 2),
        "largest_relative_difference": apart(hours, exact),
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


def growth(args):
    """Return how seconds grow with the cells and with the spread of 16 sources, on made-up mountains."""
    sizes = [int(float(millions) * 1e6) for millions in args.growth.split(",")]
    middle = synthetic(args.cells, args.seed)
    return {
        "search": [compare(synthetic(cells, args.seed), 30.0, 8, args.repeats) for cells in sizes],
        "lanes": [
            compare_lanes(synthetic(cells, args.seed), 30.0, args.spread, args.repeats) for cells in sizes
        ],
        "spread": [
            compare_lanes(middle, 30.0, int(spread), args.repeats) for spread in args.spreads.split(",")
        ],
    }


def once(args, parser):
    """Return what one terrain gives."""
    if args.dem == "synthetic":
        elevation, cell_m = synthetic(args.cells, args.seed), 30.0
    else:
        if not args.start:
            parser.error("--dem FILE needs --from LON,LAT")
        lon, lat = map(float, args.start.split(","))
        found = elevation_around(Path(args.dem), (lon, lat), args.radius_km)
        elevation, cell_m = found.elevation_m, found.cell_m
    result = {
        "search": [compare(elevation, cell_m, neighbours, args.repeats) for neighbours in (8, 16)],
        "lanes": [
            compare_lanes(elevation, cell_m, args.spread, args.repeats, neighbours) for neighbours in (8, 16)
        ],
        "overstated_on_the_level": [overstated(neighbours) for neighbours in (8, 16)],
    }
    peer = compare_skimage(elevation, args.repeats)
    return result if peer is None else {**result, "isotropic": [peer]}


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
    parser.add_argument("--growth", help="millions of cells, as 1,4,9,16: a table of growth instead")
    parser.add_argument("--spreads", default="30,100,300", help="spreads of the table of growth")
    parser.add_argument("--repeats", type=int, default=3, help="the least CPU seconds of so many count")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    first = {"compile": [first_use()]}
    result = {**first, **(growth(args) if args.growth else once(args, parser))}
    if args.json:
        print(json.dumps(result, indent=1))
        return
    for name, rows in result.items():
        for row in rows:
            print(name, "  ".join(f"{key} {value}" for key, value in row.items()))


def first_use():
    """Return the CPU seconds of the first searches in this process: compiled, or read from the cache."""
    small = ground(synthetic(2500, 1), 30.0)
    _, one = timed(lambda: field(small, WALKER, np.array([5])))
    _, many = timed(lambda: fields(small, WALKER, np.array([5])))
    edges(small.moves, small.elevation_m, WALKER, 30.0, DOWN, RIGHT)
    return {"one_cpu_seconds": round(one, 2), "many_cpu_seconds": round(many, 2)}


if __name__ == "__main__":
    main()
