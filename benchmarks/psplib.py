"""Schedule PSPLIB and Patterson files and hold value and bound against the best known ones.

    python benchmarks/psplib.py --data DIR [--files 'j30*.sm'] [--every 10] [--time-limit 10] [--workers 8] [--seed 1]
        [--peers cpsat,pyjobshop] [--peer PYTHON] [--json]

DIR holds the files (or a folder `instances` with them) and, for the comparison, `best_known.csv` with the columns file,
best_lb, best_ub. Peers get the same files, seconds and workers, one file after another: `cpsat` is the textbook model in
OR-Tools, `pyjobshop` PyJobShop with its OR-Tools solver in an environment of its own:

    python -m venv /tmp/peer && /tmp/peer/bin/pip install pyjobshop
    python benchmarks/psplib.py --data DIR --peers cpsat,pyjobshop --peer /tmp/peer/bin/python
"""

from __future__ import annotations

import argparse
import csv
import fnmatch
import json
import math
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from sarhad.schedule.project import Project
from sarhad.schedule.psplib import SUFFIXES, read_psplib
from sarhad.schedule.sequencing import sequence, warm_up

PYJOBSHOP = """
import json, math, sys, time
from pyjobshop import Model
data, seconds, workers = json.load(sys.stdin), float(sys.argv[1]), int(sys.argv[2])
began = time.perf_counter()
model = Model()
renewable = [model.add_renewable(capacity=c) for c in data["capacity"]]
stock = [model.add_consumable(capacity=c) for c in data["stock"]]
tasks = []
for modes in data["modes"]:
    task = model.add_task()
    tasks.append(task)
    for duration, demand, used in modes:
        model.add_mode(task, resources=[*renewable, *stock], duration=duration, demands=[*demand, *used])
for before, after in data["links"]:
    model.add_end_before_start(tasks[before], tasks[after])
result = model.solve(solver="ortools", time_limit=seconds, num_workers=workers, display=False)
status = str(getattr(result.status, "value", result.status)).lower()
bound = result.lower_bound
print(json.dumps({"value": None if not math.isfinite(result.objective) else result.objective, "bound": bound,
    "status": status, "seconds": time.perf_counter() - began}))
"""


def own(project: Project, options: argparse.Namespace) -> dict[str, Any]:
    """Return what sarhad makes of a project."""
    result = sequence(project, time_limit_s=options.time_limit, seed=options.seed, workers=options.workers)
    value = result.value if math.isfinite(result.value) else None
    bound = result.bound if math.isfinite(result.bound) else None
    return {"value": value, "bound": bound, "status": result.status, "seconds": result.seconds}


def modes_of(project: Project) -> list[list[int]]:
    return [np.flatnonzero(project.mode_activity == k).tolist() for k in range(project.n_activities)]


def cpsat(project: Project, options: argparse.Namespace) -> dict[str, Any]:
    """Return what the textbook model in CP-SAT makes of a project."""
    began = time.perf_counter()
    model = cp_model.CpModel()
    most = int(project.duration.sum())
    starts, ends, parts = [], [], {}
    for own_modes in modes_of(project):
        start, end = model.new_int_var(0, most, ""), model.new_int_var(0, most, "")
        starts.append(start)
        ends.append(end)
        for mode in own_modes:
            taken, length = model.new_bool_var(""), int(project.duration[mode])
            parts[mode] = (model.new_optional_interval_var(start, length, end, taken, ""), taken)
        model.add_exactly_one(parts[mode][1] for mode in own_modes)
    for before, after in zip(project.link_before.tolist(), project.link_after.tolist(), strict=True):
        model.add(starts[after] >= ends[before])
    for k, capacity in enumerate(project.capacity.tolist()):
        users = [mode for mode in parts if project.demand[mode, k]]
        model.add_cumulative(
            [parts[m][0] for m in users], [int(project.demand[m, k]) for m in users], capacity
        )
    for k, stock in enumerate(project.stock.tolist()):
        model.add(sum(int(project.consumption[m, k]) * parts[m][1] for m in parts) <= stock)
    makespan = model.new_int_var(0, most, "")
    model.add_max_equality(makespan, ends)
    model.minimize(makespan)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = options.time_limit
    solver.parameters.num_workers = options.workers
    solver.parameters.random_seed = options.seed
    status = solver.solve(model)
    has_value = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return {
        "value": solver.objective_value if has_value else None,
        "bound": solver.best_objective_bound if has_value else None,
        "status": solver.status_name(status).lower(),
        "seconds": time.perf_counter() - began,
    }


def pyjobshop(project: Project, options: argparse.Namespace) -> dict[str, Any]:
    """Return what PyJobShop makes of a project."""
    asked = {
        "capacity": project.capacity.tolist(),
        "stock": project.stock.tolist(),
        "links": list(zip(project.link_before.tolist(), project.link_after.tolist(), strict=True)),
        "modes": [
            [
                (int(project.duration[m]), project.demand[m].tolist(), project.consumption[m].tolist())
                for m in own_modes
            ]
            for own_modes in modes_of(project)
        ],
    }
    done = subprocess.run(
        [options.peer, "-c", PYJOBSHOP, str(options.time_limit), str(options.workers)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=options.time_limit + 60,
    )
    if done.returncode:
        raise SystemExit(f"pyjobshop: {done.stderr[-600:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


ENGINES = {"sarhad": own, "cpsat": cpsat, "pyjobshop": pyjobshop}


def row(path: Path, best: dict[str, str], engine: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return file, value, bound, gap, status and seconds, and the distance to the best known value."""
    found = ENGINES[engine](read_psplib(path), options)
    value, bound = found["value"], found["bound"]
    known = float(best["best_ub"]) if best.get("best_ub") else None
    return {
        "file": path.name,
        "set": best.get("set") or path.suffix[1:],
        "engine": engine,
        "value": value,
        "bound": bound,
        "gap": None if value is None or bound is None else (value - bound) / value if value else 0.0,
        "status": found["status"],
        "seconds": round(found["seconds"], 3),
        "best_known": known,
        "above_best": None if value is None or not known else value / known - 1,
    }


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line for each set and engine: files, proved (optimal or infeasible), found, mean distance, seconds."""
    lines = []
    for name, engine in dict.fromkeys((one["set"], one["engine"]) for one in rows):
        part = [one for one in rows if (one["set"], one["engine"]) == (name, engine)]
        above = [one["above_best"] for one in part if one["above_best"] is not None]
        line = {
            "set": name,
            "engine": engine,
            "files": len(part),
            "proved": sum(one["status"] in ("optimal", "infeasible") for one in part),
            "found": sum(one["value"] is not None for one in part),
            "mean_above_best": round(float(np.mean(above)), 5) if above else None,
            "mean_seconds": round(float(np.mean([one["seconds"] for one in part])), 3),
        }
        lines.append(line)
    return lines


def files_of(options: argparse.Namespace) -> list[Path]:
    """Return the files asked for; the best known values lie beside them or a folder above."""
    folder = options.data / "instances" if (options.data / "instances").is_dir() else options.data
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in SUFFIXES and fnmatch.fnmatch(path.name, options.files)
    ]
    return found[:: options.every]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--files", default="*", help="pattern of file names")
    parser.add_argument("--every", type=int, default=1, help="take every n-th file")
    parser.add_argument("--time-limit", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", default="", help="cpsat, pyjobshop")
    parser.add_argument("--peer", help="a python that has pyjobshop")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    peers = [name for name in options.peers.split(",") if name]
    if strange := set(peers) - set(ENGINES):
        parser.error(f"--peers: there is no {', '.join(sorted(strange))}; there are cpsat and pyjobshop")
    if "pyjobshop" in peers and not options.peer:
        parser.error("--peers pyjobshop needs --peer, a python that has pyjobshop")
    best_file = options.data / "best_known.csv"
    best = {}
    if best_file.exists():
        with best_file.open(encoding="utf-8", newline="") as lines:
            best = {one["file"]: one for one in csv.DictReader(lines)}
    warm_up()
    rows, load = [], os.getloadavg()[0]
    for path in files_of(options):
        for engine in ("sarhad", *peers):
            rows.append(row(path, best.get(path.name, {}), engine, options))
            if not options.json:
                print(*rows[-1].values(), sep="  ", flush=True)
    found = {"rows": rows, "summary": summary(rows), "load_before": load, "load_after": os.getloadavg()[0]}
    if options.json:
        print(json.dumps(found))
    else:
        for line in [*found["summary"], {"load": (load, found["load_after"])}]:
            print(line)


if __name__ == "__main__":
    main()
