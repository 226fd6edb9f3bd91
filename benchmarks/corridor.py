"""Time what thousands of posts see along the whole border, over made-up 30 m terrain of its true extent.

    python benchmarks/corridor.py --posts 20000 --radius-km 15 --json
    python benchmarks/corridor.py --growth --json

The line and the coarse heights are those of the example; fractal noise makes up what lies between its cells, the same for
one seed. Posts stand at random within 5 km of the line, 10 m above the ground. All large arrays are files in --folder.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from sarhad import place
from sarhad.place.corridor_elevation import CorridorElevation, corridor_elevation
from sarhad.place.corridor_views import corridor_views
from sarhad.place.mosaic import Mosaic
from sarhad.place.raster import rasters_of
from sarhad.place.viewshed import ViewSpec
from sarhad.programme import Programme
from sarhad.programme.geodesy import WGS84
from sarhad.workflow.demo import example_path

OFF_LINE_KM = 5.0
HEIGHT_M, TARGET_M = 10.0, 1.7
STRIP = 1024


@njit(cache=True, nogil=True)
def roughen(heights, top, seed):
    """Add value noise in place: lattices of 16 to 2 cells, a height that falls with their width to the power 0.9."""
    for r in range(heights.shape[0]):
        for c in range(heights.shape[1]):
            if np.isnan(heights[r, c]):
                continue
            more = 0.0
            for octave in range(4):
                width = 16 >> octave
                i, v = (top + r) // width, ((top + r) % width) / width
                j, u = c // width, (c % width) / width
                low = noise(i, j, octave, seed) * (1 - u) + noise(i, j + 1, octave, seed) * u
                high = noise(i + 1, j, octave, seed) * (1 - u) + noise(i + 1, j + 1, octave, seed) * u
                more += (low * (1 - v) + high * v) * 2.0 * width**0.9
            heights[r, c] += more


@njit(cache=True, nogil=True)
def noise(i, j, octave, seed):
    """Return a number in -1..1 that follows from a lattice point alone (splitmix64)."""
    x = np.uint64(i) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(j) * np.uint64(0xC2B2AE3D27D4EB4F)
    x += np.uint64(octave) * np.uint64(0x165667B19E3779F9) + np.uint64(seed)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return np.float64(x >> np.uint64(11)) / 2**52 - 1.0


def cpu() -> float:
    """Return the CPU seconds of this process and of those it ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def measured(function: Any, found: dict[str, Any], name: str) -> Any:
    """Return what a function returns, and keep the seconds it took."""
    began, spent = time.perf_counter(), cpu()
    result = function()
    found[f"{name}_wall_s"] = round(time.perf_counter() - began, 2)
    found[f"{name}_cpu_s"] = round(cpu() - spent, 2)
    return result


def ground(prog: Programme, folder: Path, cell_m: float, width_km: float, seed: int) -> CorridorElevation:
    """Return made-up terrain of the corridor."""
    mosaic = Mosaic(rasters_of({name: prog.raster(name) for name in prog["raster"]["id"]}))
    path = folder / f"elevation-{cell_m:g}-{width_km:g}.npy"
    found = corridor_elevation(mosaic, place.line_of(prog), path, width_km=width_km, cell_m=cell_m)
    for top in range(0, found.shape[0], STRIP):
        roughen(np.load(path, mmap_mode="r+")[top : top + STRIP], top, seed)
    return found


def some_posts(prog: Programme, land: CorridorElevation, n: int, seed: int) -> np.ndarray:
    """Return rows and columns of posts on land within 5 km of the line."""
    line, random = place.line_of(prog), np.random.default_rng(seed)
    lon, lat = line.point_at(random.uniform(0.0, line.length_km, 2 * n))
    away = random.uniform(0.0, OFF_LINE_KM * 1000.0, 2 * n)
    lon, lat, _ = WGS84.fwd(lon, lat, random.uniform(0.0, 360.0, 2 * n), away)
    cells = land.rowcol(lon, lat)
    return cells[~np.isnan(land.elevation_m()[cells[:, 0], cells[:, 1]])][:n]


def run(options: argparse.Namespace, n: int, radius_km: float, cell_m: float, folder: Path) -> dict[str, Any]:
    """Return the figures of one size."""
    prog = Programme.open(example_path())
    found: dict[str, Any] = {"posts": n, "radius_km": radius_km, "cell_m": cell_m, "seed": options.seed}
    width_km = OFF_LINE_KM + radius_km
    land = measured(lambda: ground(prog, folder, cell_m, width_km, options.seed), found, "terrain")
    posts = some_posts(prog, land, n, options.seed)
    spec = ViewSpec(HEIGHT_M, radius_km, TARGET_M, method=options.method)
    corridor_views(
        land.path, cell_m, posts[:2], ViewSpec(HEIGHT_M, 1.0, method=options.method), folder / "warm"
    )
    how: dict[str, Any] = {"keeps_bits": options.bits, "memory_limit_bytes": int(options.memory_gb * 1e9)}

    def look() -> Any:
        out = folder / f"views-{n}-{radius_km:g}-{cell_m:g}"
        if not options.processes:
            return corridor_views(land.path, cell_m, posts, spec, out, threads=options.workers, **how)
        with ProcessPoolExecutor(options.workers) as pool:
            how.update(mapper=pool.map, workers=options.workers)
            return corridor_views(land.path, cell_m, posts, spec, out, **how)

    seen = measured(look, found, "views")
    cells = n * np.pi * (radius_km * 1000.0 / cell_m) ** 2
    peak = [
        resource.getrusage(who).ru_maxrss / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return found | {
        "line_km": round(place.line_of(prog).length_km, 1),
        "grid": list(land.shape),
        "corridor_cells": land.cells,
        "share_missing": land.share_missing,
        "distortion": land.distortion,
        "tiles": int(seen.tile.max()) + 1,
        "tile_cells": seen.tile_cells,
        "memory_stated_gb": round(seen.memory_bytes / 1e9, 3),
        "peak_memory_gb": round(peak[0], 3),
        "peak_of_a_worker_gb": round(peak[1], 3),
        "cells_judged": int(cells),
        "cells_per_second": int(cells / found["views_wall_s"]),
        "ns_per_cell": round(found["views_cpu_s"] / cells * 1e9, 2),
        "cells_seen": int(seen.cells.sum()),
        "union_cells": seen.union_cells,
        "most_posts_of_a_cell": max(int(rows.max()) for rows in np.array_split(seen.count(), 64)),
        "disk_gb": round(sum(path.stat().st_size for path in folder.rglob("*.npy")) / 1e9, 2),
    }


def main() -> None:
    """Run what the command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--posts", type=int, default=5000)
    parser.add_argument("--radius-km", type=float, default=15.0)
    parser.add_argument("--cell-m", type=float, default=30.0)
    parser.add_argument("--method", choices=("exact", "xdraw"), default="exact")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--processes", action="store_true", help="processes in place of threads")
    parser.add_argument("--bits", action="store_true", help="keep what each post sees")
    parser.add_argument("--memory-gb", type=float, default=4.0)
    parser.add_argument(
        "--folder", type=Path, help="where the files go (in a folder of their own, removed at the end)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--growth", action="store_true", help="table of posts, radius and cells instead of one size"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = [(options.posts, options.radius_km, options.cell_m)]
    if options.growth:
        sizes = [(n, 15.0, 30.0) for n in (500, 1000, 2000)]
        sizes += [(1000, r, 30.0) for r in (5.0, 10.0, 20.0)] + [(1000, 15.0, c) for c in (60.0, 120.0)]
    found = []
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            found.append(run(options, *size, Path(folder)))
    figures = {
        "load": os.getloadavg()[0],
        "workers": options.workers,
        "method": options.method,
        "runs": found,
    }
    if options.json:
        print(json.dumps(figures))
    else:
        for one in found:
            print("\n".join(f"{name}: {value}" for name, value in one.items()), end="\n\n")


if __name__ == "__main__":
    main()
