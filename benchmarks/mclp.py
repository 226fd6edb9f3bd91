"""Time maximal coverage: facilities chosen to cover most of many customers, against spopt with the same solver.

    python benchmarks/mclp.py [--facilities 100] [--radius 5.5] [--choose 10] [--customers 20000000] [--square 30]
        [--time-limit 60] [--seed 1] [--peer-customers 2000] [--peer PYTHON] [--json]

Facilities and customers lie uniformly in a square of side 30 (or --square), demand is a whole number from 1 to 100, as in the
location literature. Several numbers after --facilities give a row each. The peer is spopt's MCLP with pulp and HiGHS: it
takes every customer for itself, so it gets fewer of them (and so does sarhad, for the comparison):

    python -m venv /tmp/peer && /tmp/peer/bin/pip install spopt pulp highspy
    python benchmarks/mclp.py --peer /tmp/peer/bin/python
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from sarhad.plan import cover, covered, demand_within

PIECE = 1_000_000  # customers made at a time
PEER = """
import json, sys, time
import numpy as np, pulp
from spopt.locate import MCLP
facilities, radius, choose, customers, square, seed = json.loads(sys.argv[1])
rng = np.random.default_rng(seed)
places = rng.uniform(0, square, (facilities, 2))
where = rng.uniform(0, square, (customers, 2))
demand = rng.integers(1, 101, customers).astype(float)
began = time.perf_counter()
far = np.sqrt(((where[:, None, :] - places[None, :, :]) ** 2).sum(axis=2))
model = MCLP.from_cost_matrix(far, demand, service_radius=radius, p_facilities=choose)
model = model.solve(pulp.HiGHS(msg=False, threads=1, timeLimit=100))
print(json.dumps([time.perf_counter() - began, pulp.value(model.problem.objective), pulp.LpStatus[model.problem.status]]))
"""


def customers(rng: np.random.Generator, n: int, square: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield customers in pieces: places and demand."""
    for first in range(0, n, PIECE):
        size = min(PIECE, n - first)
        yield rng.uniform(0, square, (size, 2)), rng.integers(1, 101, size).astype(np.float64)


def row(facilities: int, n_customers: int, options: argparse.Namespace) -> dict[str, Any]:
    """Choose facilities once and return sizes and figures; the time of making customers is in `classes_s`."""
    rng = np.random.default_rng(options.seed)
    places = rng.uniform(0, options.square, (facilities, 2))
    began = time.perf_counter()
    demand = demand_within(places, customers(rng, n_customers, options.square), options.radius)
    grouped = time.perf_counter()
    found = cover(demand, options.choose, time_limit_s=options.time_limit)
    ended = time.perf_counter()
    return {
        "facilities": facilities,
        "customers": n_customers,
        "classes": demand.covers.shape[0],
        "classes_s": round(grouped - began, 2),
        "solve_s": round(ended - grouped, 2),
        "seconds": round(ended - began, 2),
        "value": found.value,
        "bound": round(found.bound, 1),
        "gap": round(found.gap, 5),
        "status": found.status,
        "recomputed": covered(demand, found.facilities) == found.value,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def peer(facilities: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return what spopt makes of the first customers of the instance, or why it could not be asked."""
    if options.peer is None:
        return {"skipped": "no --peer given; see the head of this file for how to install spopt"}
    asked = [facilities, options.radius, options.choose, options.peer_customers, options.square, options.seed]
    try:
        done = subprocess.run(
            [options.peer, "-c", PEER, json.dumps(asked)],
            capture_output=True,
            text=True,
            check=True,
            timeout=250,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return {"skipped": f"{type(error).__name__}: {getattr(error, 'stderr', '') or error}"[-300:]}
    seconds, value, status = json.loads(done.stdout.splitlines()[-1])
    return {"spopt_s": round(seconds, 2), "spopt_value": value, "spopt_status": status}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--facilities", type=int, nargs="+", default=[100])
    parser.add_argument("--radius", type=float, default=5.5)
    parser.add_argument("--choose", type=int, default=10)
    parser.add_argument("--customers", type=float, default=2e7)
    parser.add_argument("--square", type=float, default=30.0, help="side of the square")
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer", help="a python that has spopt, pulp and highspy")
    parser.add_argument("--peer-customers", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    demand_within(
        np.zeros((1, 2)), [(np.zeros((1, 2)), np.ones(1))], 1.0
    )  # compiled once, before any time counts
    rows = []
    for facilities in options.facilities:
        rows.append(row(facilities, int(options.customers), options))
        compared = peer(facilities, options)
        if "skipped" not in compared:
            own = row(facilities, options.peer_customers, options)
            compared |= {"own_s": own["seconds"], "own_value": own["value"]}
        rows[-1]["peer"] = compared
        if not options.json:
            print("  ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
