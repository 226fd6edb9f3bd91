"""Time views over a grid beside other programs and the definition, all in one run; or count cells that differ.

    python benchmarks/viewshed.py --dem synthetic --observers 4 --radius-km 15 --peers gdal,grass,xrspatial --json
    python benchmarks/viewshed.py --dem FILE --observers 4 --radius-km 5 --peers gdal
    python benchmarks/viewshed.py --exactness 50000000 --dem FILE --dem FILE

CPU seconds are the best of --rounds; observers stand where a whole radius fits. The brute force walks every ray in full
(R3); all cells of the first observer are compared with it. Peers, each left out with a word where it is missing:

    gdal       apt install gdal-bin (3.6 in Debian 12); newer ones come inside wheels: pip install rasterio or pyogrio in
               any environment, and --gdal-lib .../rasterio.libs/libgdal-*.so*. All found are measured.
    grass      apt install grass-core
    xrspatial  python -m venv DIR && DIR/bin/pip install xarray-spatial, and --xrspatial-python DIR/bin/python

How their times are taken stands in viewshed_peers.py.
"""

from __future__ import annotations

import argparse
import ctypes.util
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from numba import njit
from pyproj import CRS
from rasterio.warp import transform
from scipy.ndimage import gaussian_filter

from sarhad.place.elevation import elevation_around
from sarhad.place.viewshed import ViewSpec, seen_from, unpack, views
from sarhad.place.viewshed.definition import is_seen

HEIGHT_M, TARGET_M, REFRACTION = 10.0, 2.0, 0.13
PEERS = Path(__file__).with_name("viewshed_peers.py")


def synthetic(side, seed):
    """Return made-up mountains."""
    rng = np.random.default_rng(seed)
    parts = [
        gaussian_filter(rng.normal(size=(side, side)), s) * s * a for s, a in ((2, 10), (8, 60), (30, 300))
    ]
    return sum(parts).astype(np.float32)


def adversarial(side, seed):
    """Return eight grounds that are hard for bounds."""
    rng = np.random.default_rng(seed)
    smooth = gaussian_filter(rng.standard_normal((side, side)), 6) * 2000
    down, right = np.mgrid[:side, :side]
    found = {
        "smooth": smooth,
        "noise": rng.uniform(0, 20, (side, side)),
        "flat": np.zeros((side, side)),
        "plane": down * 3.0 + right * 7.0,
        "steps": np.round(smooth / 20) * 20,
        "voids": np.where(rng.random((side, side)) < 0.1, np.nan, smooth),
        "walls": np.where(down % 9 == 0, 15.0, 0.0),
        "cliffs": np.where(rng.random((side, side)) < 0.02, 8000.0, 0.0),
    }
    return {name: z.astype(np.float32) for name, z in found.items()}


def read(path):
    """Return a raster about its middle in square cells of metres."""
    with rasterio.open(path) as raster:
        x, y = raster.xy(raster.height // 2, raster.width // 2)
        lon, lat = (v[0] for v in transform(raster.crs, "EPSG:4326", [x], [y]))
        _, lats = transform(raster.crs, "EPSG:4326", [x, x], [raster.bounds.top, raster.bounds.bottom])
    return elevation_around(path, (lon, lat), abs(lats[0] - lats[1]) * 111.2 / 2)


@njit(cache=True, nogil=True)
def by_definition(elevation, row, col, reach, square, eye, target_m, drop_m):
    """Return the window of a post, every ray walked in full."""
    seen = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.bool_)
    seen[reach, reach] = True
    for down in range(-min(reach, row), min(reach, elevation.shape[0] - 1 - row) + 1):
        for right in range(-min(reach, col), min(reach, elevation.shape[1] - 1 - col) + 1):
            steep = abs(down) >= abs(right)
            along, across = (down, right) if steep else (right, down)
            if (down == 0 and right == 0) or down * down + right * right > square:
                continue
            if np.isnan(elevation[row + down, col + right]):
                continue
            n, sign = abs(along), 1 if along > 0 else -1
            seen[down + reach, right + reach] = is_seen(
                elevation, row, col, n, across, sign, steep, eye, target_m, drop_m, 1, n
            )
    return seen


def defined(elevation, cell_m, row, col, spec):
    """Return what a post sees by the definition."""
    reach, square = spec.reach(cell_m)
    eye = float(elevation[row, col]) + spec.observer_height_m
    return by_definition(elevation, row, col, reach, square, eye, spec.target_height_m, spec.drop_m(cell_m))


def exactness(grounds, cells, seed):
    """Return for each ground how many cells were compared with the definition, and how many differ."""
    rng = np.random.default_rng(seed)
    rows = []
    for name, (elevation, cell_m) in grounds.items():
        compared = different = posts = 0
        began = time.process_time()
        while compared < cells / len(grounds):
            row, col = (int(rng.integers(0, n)) for n in elevation.shape)
            if np.isnan(elevation[row, col]):
                continue
            spec = ViewSpec(
                float(rng.choice([0.0, 2.0, 10.0, 50.0])),
                float(rng.integers(40, 400)) * cell_m / 1000.0,
                float(rng.choice([0.0, 2.0, 30.0])),
                float(rng.choice([0.0, 0.13, 0.25, 1.0])),
            )
            _, square = spec.reach(cell_m)
            found = unpack(seen_from(elevation, cell_m, row, col, spec))
            different += int((found != defined(elevation, cell_m, row, col, spec)).sum())
            down, right = np.arange(elevation.shape[0]) - row, np.arange(elevation.shape[1]) - col
            compared += int((np.add.outer(down**2, right**2) <= square).sum())
            posts += 1
        spent = round(time.process_time() - began, 1)
        rows.append({"ground": name, "posts": posts, "cells": compared, "differ": different, "cpu_s": spent})
    return rows


def timed(run, rounds):
    """Return the least CPU seconds of a run, the wall seconds of that round, and its result."""
    best = (np.inf, np.inf, None)
    for _ in range(rounds):
        cpu, began = time.process_time(), time.perf_counter()
        result = run()
        spent = time.process_time() - cpu
        if spent < best[0]:
            best = (spent, time.perf_counter() - began, result)
    return best


def gdal_libraries(given):
    """Return every libgdal there is: of the system, of wheels of this Python, and those given."""
    found = [ctypes.util.find_library("gdal")]
    for package in ("rasterio", "pyogrio"):
        spec = importlib.util.find_spec(package)
        folder = Path(spec.origin).parents[1] / f"{package}.libs" if spec else Path("none")
        found += sorted(map(str, folder.glob("libgdal*")))
    return [name for name in dict.fromkeys([*given, *found]) if name]


def peer_commands(args):
    """Yield the name of each peer with the command that runs it, or with a word why it does not run."""
    for peer in args.peers.split(",") if args.peers else []:
        if peer == "gdal":
            libraries = gdal_libraries(args.gdal_lib)
            for library in libraries:
                yield peer, [sys.executable, str(PEERS), peer], {"library": library}
            if not libraries:
                yield peer, "no libgdal: apt install gdal-bin, or pip install rasterio", {}
        elif peer == "grass":
            grass = shutil.which("grass")
            start = [grass, "--tmp-location", "XY", "--exec", sys.executable, str(PEERS), peer]
            yield peer, start if grass else "no grass: apt install grass-core", {}
        elif peer == "xrspatial":
            python = args.xrspatial_python
            word = "give --xrspatial-python of an environment after pip install xarray-spatial"
            yield peer, [python, str(PEERS), peer] if python else word, {}
        else:
            yield peer, "unknown: gdal, grass and xrspatial are known", {}


def run_peer(command, task, folder):
    """Return version and times of a peer and what it saw, or the word why not."""
    if isinstance(command, str):
        return {"left_out": command}, None
    task = {**task, "out": str(folder / "seen.npy")}
    (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
    library = Path(task.get("library", ""))  # those in wheels find the libraries beside them by this path
    around = {**os.environ, "LD_LIBRARY_PATH": str(library.parent)} if library.is_absolute() else None
    done = subprocess.run(
        [*command, str(folder / "task.json")], check=False, capture_output=True, text=True, env=around
    )
    if done.returncode:
        return {"left_out": (done.stderr.strip().splitlines() or ["stopped"])[-1]}, None
    return json.loads(done.stdout.strip().splitlines()[-1]), np.load(folder / "seen.npy")


def compare(elevation, cell_m, args):
    """Return a row for each method and peer."""
    spec = ViewSpec(HEIGHT_M, args.radius_km, TARGET_M, REFRACTION)
    reach, square = spec.reach(cell_m)
    room = [n - 2 * reach for n in elevation.shape]
    if min(room) < 1:
        raise SystemExit(f"--radius-km {args.radius_km}: the ground of {elevation.shape} cells is too small")
    rng = np.random.default_rng(args.seed)
    posts = np.array([[reach + int(rng.integers(0, n)) for n in room] for _ in range(args.observers)])
    down = np.arange(-reach, reach + 1)
    inside = np.add.outer(down**2, down**2) <= square
    cells = int(inside.sum()) * len(posts)
    row, col = posts[0]
    near = slice(row - reach, row + reach + 1), slice(col - reach, col + reach + 1)
    brute_cpu, brute_wall, truth = timed(lambda: defined(elevation, cell_m, row, col, spec), 1)
    rows = []

    def add(name, cpu, wall, threads, seen, **more):
        share = float((seen != truth)[inside].mean())
        rows.append(
            {
                "name": name,
                "threads": threads,
                "cpu_s": round(cpu, 4),
                "wall_s": round(wall, 4),
                "cpu_ns_a_cell": round(cpu / cells * 1e9, 3),
                "share_that_differs": share,
                **more,
            }
        )

    add("brute force", brute_cpu * len(posts), brute_wall * len(posts), 1, truth, posts_timed=1)
    ours = {}
    for method in ("exact", "xdraw"):
        look = ViewSpec(HEIGHT_M, args.radius_km, TARGET_M, REFRACTION, method=method)
        ours[method] = unpack(seen_from(elevation, cell_m, row, col, look))
        one_by_one = lambda look=look: [seen_from(elevation, cell_m, r, q, look) for r, q in posts]  # noqa: E731
        add(f"sarhad {method}", *timed(one_by_one, args.rounds)[:2], 1, ours[method])
        for threads in (1, 2):
            many = lambda look=look, n=threads: views(elevation, cell_m, posts, look, threads=n)  # noqa: E731
            add(f"sarhad {method}, views", *timed(many, args.rounds)[:2], threads, ours[method])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        np.save(folder / "heights.npy", elevation)
        task = {
            "heights": str(folder / "heights.npy"),
            "cell_m": cell_m,
            "posts": posts.tolist(),
            "height_m": HEIGHT_M,
            "target_m": TARGET_M,
            "refraction": REFRACTION,
            "radius_m": args.radius_km * 1000.0,
            "wkt": CRS.from_epsg(32642).to_wkt("WKT1_GDAL"),
            "rounds": args.rounds,
        }
        for peer, command, extra in peer_commands(args):
            slow = {} if peer == "gdal" else {"posts": task["posts"][:1], "rounds": 1}
            told, seen = run_peer(command, {**task, **extra, **slow}, folder)
            if seen is None:
                rows.append({"name": peer, **told, **extra})
                continue
            times = len(posts) / len(seen)
            add(
                f"{peer} {told['version']}",
                told["cpu_s"] * times,
                told["wall_s"] * times,
                1,
                seen[0][near] == 255,
                differs_from_xdraw=float(((seen[0][near] == 255) != ours["xdraw"])[inside].mean()),
                posts_timed=len(seen),
            )
    base = {row["name"]: row["cpu_s"] for row in rows if "cpu_s" in row and row["threads"] == 1}
    for row in rows:
        for method in ("exact", "xdraw"):
            if "cpu_s" in row and not row["name"].startswith("sarhad"):
                row[f"times_{method}"] = round(row["cpu_s"] / base[f"sarhad {method}"], 1)
    return {"posts": len(posts), "cells": cells, "reach": reach, "load": os.getloadavg()[0], "rows": rows}


def main():
    """Run what the command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dem", action="append", help="a raster, or synthetic; several with --exactness")
    parser.add_argument("--observers", type=int, default=4)
    parser.add_argument("--radius-km", type=float, default=15.0)
    parser.add_argument("--peers", default="", help="of gdal, grass, xrspatial, with commas")
    parser.add_argument("--gdal-lib", action="append", default=[], help="a libgdal; may be repeated")
    parser.add_argument("--xrspatial-python", help="a Python that has xarray-spatial")
    parser.add_argument("--exactness", type=float, metavar="CELLS", help="compare so many with brute force")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    files = [Path(name) for name in args.dem or () if name != "synthetic"]
    grounds = {path.name: (found.elevation_m, found.cell_m) for path in files for found in [read(path)]}
    if args.exactness:
        hard = {name: (z, 30.0) for name, z in adversarial(801, args.seed).items()}
        result = {"rows": exactness({**hard, **grounds}, args.exactness, args.seed)}
    elif len(grounds) > 1:
        parser.error("--dem: one ground at a time is timed")
    else:
        side = 2 * int(args.radius_km * 1000 / 30.0) + 201
        result = compare(*next(iter(grounds.values()), (synthetic(side, args.seed), 30.0)), args)
    if args.json:
        print(json.dumps(result, indent=1))
        return
    for name, value in result.items():
        for row in value if name == "rows" else [{name: value}]:
            print("  ".join(f"{key} {item}" for key, item in row.items()))


if __name__ == "__main__":
    main()
