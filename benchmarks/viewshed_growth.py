"""Time how the cost of views grows with radius, posts and threads, what draws of the terrain cost, and compiling once.

    python benchmarks/viewshed_growth.py --json

Made-up mountains of 30 m as in viewshed.py. CPU seconds are the best of --rounds; wall seconds are those of that round.
Compiling is timed in a process of its own with an empty cache.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from viewshed import HEIGHT_M, REFRACTION, TARGET_M, synthetic, timed

from sarhad.place.viewshed import ViewSpec, chance_seen, seen_from, unpack, views

CELL_M = 30.0
SIDE = 2401
RADII_KM = (1.5, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0)
POSTS = (1, 10, 100, 400)
COMPILE = """
import time, numpy as np
began = time.process_time()
from sarhad.place.viewshed import ViewSpec, chance_seen, views
imported = time.process_time() - began
ground = np.random.default_rng(1).uniform(0, 9, (99, 99)).astype(np.float32)
post = np.array([[49, 49]])
for method in ("exact", "xdraw"):
    views(ground, 30.0, post, ViewSpec(5.0, 1.0, method=method))
chance_seen(ground, 30.0, 49, 49, ViewSpec(5.0, 1.0, method="xdraw"), draws=3, error_m=4.0, range_m=90.0, seed=1)
print(imported, time.process_time() - began)
"""


def look(radius_km, method):
    """Return how the posts look."""
    return ViewSpec(HEIGHT_M, radius_km, TARGET_M, REFRACTION, method=method)


def some_posts(n, seed, margin):
    """Return rows and columns of posts."""
    return np.random.default_rng(seed).integers(margin, SIDE - margin, (n, 2))


def by_radius(ground, args):
    """Return the nanoseconds a cell of eight posts, for each radius and method."""
    posts, rows = some_posts(8, args.seed, 1001), []
    for radius_km in RADII_KM:
        reach, square = look(radius_km, "exact").reach(CELL_M)
        down = np.arange(-reach, reach + 1)
        cells = len(posts) * int((np.add.outer(down**2, down**2) <= square).sum())
        row = {"radius_km": radius_km, "reach": reach}
        for method in ("exact", "xdraw"):
            spec = look(radius_km, method)
            one_by_one = lambda spec=spec: [seen_from(ground, CELL_M, r, q, spec) for r, q in posts]  # noqa: E731
            row[f"{method}_ns_a_cell"] = round(timed(one_by_one, args.rounds)[0] / cells * 1e9, 2)
        rows.append(row)
    return rows


def by_posts(ground, args):
    """Return the milliseconds a post of `views`, for each number of posts, threads and method."""
    rows = []
    for n in POSTS:
        posts = some_posts(n, args.seed, 0)
        for threads in args.threads:
            row = {"posts": n, "threads": threads}
            for method in ("exact", "xdraw"):
                spec = look(15.0, method)
                many = lambda p=posts, t=threads, s=spec: views(ground, CELL_M, p, s, threads=t)  # noqa: E731
                cpu, wall, _ = timed(many, max(2, args.rounds // 2))
                row[f"{method}_cpu_ms"] = round(cpu / n * 1e3, 2)
                row[f"{method}_wall_ms"] = round(wall / n * 1e3, 2)
            rows.append(row)
    return rows


def by_draws(args):
    """Return what draws cost in exact runs, on the ground and at the posts of viewshed.py."""
    rows, spec = [], look(15.0, "xdraw")
    how = {"draws": args.draws, "error_m": 4.0, "range_m": 90.0, "seed": args.seed}
    near, reach = synthetic(1201, args.seed), 500
    for row, col in reach + np.random.default_rng(args.seed).integers(0, 201, (args.observers, 2)):
        once = lambda r=row, q=col: seen_from(near, CELL_M, r, q, look(15.0, "exact"))  # noqa: E731
        drawn = lambda r=row, q=col: chance_seen(near, CELL_M, r, q, spec, **how)  # noqa: E731
        exact, _, bits = timed(once, 3 * args.rounds)
        cpu, _, _ = timed(drawn, args.rounds)
        share = unpack(bits).sum() / (np.pi * reach**2)
        rows.append(
            {
                "share_seen": round(float(share), 3),
                "exact_ms": round(exact * 1e3, 2),
                "draws": args.draws,
                "draws_ms": round(cpu * 1e3, 1),
                "times_exact": round(cpu / exact, 1),
            }
        )
    return rows


def compiling():
    """Return the CPU seconds of a first use with an empty cache, and of the next."""
    with tempfile.TemporaryDirectory() as folder:
        run = lambda: subprocess.run(  # noqa: E731
            [sys.executable, "-c", COMPILE],
            env={**os.environ, "NUMBA_CACHE_DIR": folder},
            check=True,
            capture_output=True,
            text=True,
        )
        first, second = ([float(v) for v in run().stdout.split()] for _ in range(2))
    return [{"import_s": first[0], "first_use_s": first[1] - first[0], "next_use_s": second[1] - second[0]}]


def main():
    """Run what the command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--observers", type=int, default=6, help="posts at which draws are timed")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--parts", nargs="+", default=["radius", "posts", "draws", "compile"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    ground = synthetic(SIDE, args.seed)
    parts = {
        "radius": lambda: by_radius(ground, args),
        "posts": lambda: by_posts(ground, args),
        "draws": lambda: by_draws(args),
        "compile": compiling,
    }
    found = {"load": os.getloadavg()[0]} | {name: parts[name]() for name in args.parts}
    if args.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        for row in value if isinstance(value, list) else [{name: value}]:
            print("  ".join(f"{key} {item}" for key, item in row.items()))


if __name__ == "__main__":
    main()
