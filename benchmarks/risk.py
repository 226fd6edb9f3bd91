"""Schedule risk: draws per second beside pmcontrols and a numpy version, and the accuracy of few draws.

    $ python benchmarks/risk.py [--activities 300] [--iterations 100000] [--peer-python PYTHON] [--json]

pmcontrols may live in an environment of its own: `--peer-python` names its interpreter.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from sarhad.schedule.project import Project
from sarhad.schedule.risk import (
    Baseline,
    Draws,
    Driver,
    Risk,
    Simulation,
    Stoppage,
    ThreePoint,
    Weather,
    one_factor,
    simulate,
)
from sarhad.schedule.risk.network import finishes, prefix_sums

REACH = 30  # a predecessor is at most so many activities before
SECTIONS = 6

PEER = """
import json, sys, time
import pmcontrols
acts, n = json.load(sys.stdin)
best = 1e9
for _ in range(2):
    began = time.perf_counter()
    found = pmcontrols.pert(acts, n_sim=n, seed=1)
    best = min(best, time.perf_counter() - began)
print(json.dumps([best, found.stats, pmcontrols.__version__]))
"""


def network(n: int, seed: int, *, horizon: int = 0) -> tuple[Project, Baseline, ThreePoint]:
    """Return a random network in which each activity has up to two predecessors; with calendars if a horizon is given."""
    rng = np.random.default_rng(seed)
    pairs = [(p, a) for a in range(1, n) for p in sorted(set(rng.integers(max(0, a - REACH), a, 2).tolist()))]
    before, after = np.array(pairs, dtype=np.int64).T
    likely = rng.integers(5, 40, n)
    day = np.arange(horizon)
    week = day % 7 < 5
    calendars = np.array(
        [week & (day % 365 >= 100 + 6 * z) & (day % 365 < 320 - 4 * z) for z in range(SECTIONS)] + [week]
    )
    calendar = np.full(n, -1, dtype=np.int64)
    if horizon:
        calendar = np.where(rng.random(n) < 0.5, rng.integers(0, SECTIONS, n), SECTIONS)
    project = Project(
        activity_ids=tuple(f"A{a:04d}" for a in range(n)),
        mode_activity=np.arange(n),
        duration=likely,
        demand=np.zeros((n, 0), dtype=np.int64),
        consumption=np.zeros((n, 0), dtype=np.int64),
        capacity=np.zeros(0, dtype=np.int64),
        stock=np.zeros(0, dtype=np.int64),
        link_before=before,
        link_after=after,
        link_type=("FS",) * len(before),
        lag=np.zeros(len(before), dtype=np.int64),
        calendar=calendar,
        lag_calendar=np.full(len(before), -1),
        is_splittable=np.ones(n, dtype=np.bool_),
        calendars=calendars if horizon else np.zeros((0, 0), dtype=np.bool_),
        release=np.zeros(n, dtype=np.int64),
        deadline=np.full(n, -1),
        resource_ids=(),
        stock_ids=(),
    )
    points = ThreePoint(0.8 * likely, 1.0 * likely, 1.6 * likely, "pert")
    return project, earliest(project), points


def earliest(project: Project) -> Baseline:
    """Return the schedule that starts everything as early as links and calendars allow."""
    modes = np.arange(project.n_activities)
    starts = np.zeros(project.n_activities, dtype=np.int64)
    work = prefix_sums(project.calendars)
    preds: list[list[int]] = [[] for _ in starts]
    for p, s in zip(project.link_before.tolist(), project.link_after.tolist(), strict=True):
        preds[s].append(p)
    ends = np.zeros(project.n_activities)
    for a in range(project.n_activities):
        starts[a] = max((ends[p] for p in preds[a]), default=0)
        ends[a] = finishes(project, Baseline(modes, starts), work)[a]
    return Baseline(modes, starts)


def whole_risk(n: int, points: ThreePoint) -> Risk:
    """Return everything at once: drivers, correlation, cost, weather, a partner's default, groups."""
    rng = np.random.default_rng(5)
    cost = ThreePoint(9e4 * points.likely / 20, 1e5 * points.likely / 20, 1.4e5 * points.likely / 20)
    labels = [f"S{a % SECTIONS}" for a in range(n)]
    drivers = tuple(
        Driver(
            f"driver {d}",
            0.3,
            tuple(rng.choice(n, n // 5, replace=False).tolist()),
            (0.95, 1.1, 1.5),
            (1, 1.05, 1.3),
        )
        for d in range(8)
    )
    stop = Stoppage("partner default", 0.1, tuple(range(0, n, 4)), (0, 1500), (60, 120, 365))
    return Risk(
        duration=points,
        cost=cost,
        cost_per_period=np.full(n, 500.0),
        overhead_per_period=2000.0,
        drivers=drivers,
        stoppages=(stop,),
        weather=Weather(closures=2, closure_probability=0.4),
        loadings=one_factor(labels, 0.3),
        cost_loadings=one_factor(labels, 0.3),
        groups={"section": labels},
    )


def with_numpy(project: Project, points: ThreePoint, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return finishes and criticality as a careful numpy version would: whole columns, float passes in place."""
    rng = np.random.default_rng(seed)
    count = project.n_activities
    span = points.high - points.low
    alpha = 1 + 4 * (points.likely - points.low) / span
    preds: list[list[int]] = [[] for _ in range(count)]
    succs: list[list[int]] = [[] for _ in range(count)]
    for p, s in zip(project.link_before.tolist(), project.link_after.tolist(), strict=True):
        preds[s].append(p)
        succs[p].append(s)
    critical = np.zeros(count)
    finishes = []
    chunk = 2000  # the passes stay in the cache
    for begin in range(0, n, chunk):
        size = min(chunk, n - begin)
        duration = np.empty((count, size))
        ready, ends = np.zeros((count, size)), np.empty((count, size))
        for a in range(count):
            np.multiply(rng.beta(alpha[a], 6 - alpha[a], size), span[a], out=duration[a])
            duration[a] += points.low[a]
            for p in preds[a]:
                np.maximum(ready[a], ends[p], out=ready[a])
            np.add(ready[a], duration[a], out=ends[a])
        finish = ends.max(axis=0)
        latest = np.empty((count, size))
        for a in range(count - 1, -1, -1):
            latest[a] = finish
            for s in succs[a]:
                np.minimum(latest[a], latest[s] - duration[s], out=latest[a])
        critical += (latest - ends < 1e-9).sum(axis=1)
        finishes.append(finish)
    return np.concatenate(finishes), critical / n


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """Return the result and the best of three times."""
    best, found = np.inf, None
    for _ in range(3):
        began = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - began)
    return found, best


def pmcontrols(python: str, project: Project, points: ThreePoint, n: int) -> dict[str, Any]:
    """Return draws per second of pmcontrols, or the reason why it is left out."""
    preds: dict[str, list[str]] = {name: [] for name in project.activity_ids}
    ids = project.activity_ids
    for p, s in zip(project.link_before.tolist(), project.link_after.tolist(), strict=True):
        preds[ids[s]].append(ids[p])
    acts = [
        {
            "id": name,
            "a": points.low[a],
            "m": points.likely[a],
            "b": points.high[a],
            "predecessors": preds[name],
        }
        for a, name in enumerate(ids)
    ]
    done = subprocess.run(
        [python, "-c", PEER], input=json.dumps([acts, n]), capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"skipped": done.stderr.strip().splitlines()[-1]}
    seconds, stats, version = json.loads(done.stdout)
    return {
        "version": version,
        "per_second": n / seconds,
        "p50": stats["mc_p50"],
        "p80": stats["mc_p80"],
    }


def speed(args: argparse.Namespace) -> dict[str, Any]:
    """Return draws per second of sarhad and its peers on the same network."""
    project, baseline, points = network(args.activities, 1)
    n = args.iterations
    draws = Draws(n, 1, keeps_activities=False)
    simulate(project, baseline, Risk(points), draws=Draws(512, 1))  # compile, or load what was compiled
    found, seconds = timed(lambda: simulate(project, baseline, Risk(points), draws=draws))
    few = min(n, 20_000)
    (finish, critical), slow = timed(lambda: with_numpy(project, points, few, 1))
    peer = pmcontrols(args.peer_python, project, points, few)
    own = float(np.abs(found.activities()["criticality_index"] - critical).max())
    rows = {
        "sarhad": {"per_second": n / seconds, **_quantiles(found.finish)},
        "numpy": {"per_second": few / slow, **_quantiles(finish), "largest_criticality_difference": own},
        "pmcontrols": peer,
    }
    for name in ("numpy", "pmcontrols"):
        if "per_second" in rows[name]:
            rows[name]["times_slower"] = n / seconds / rows[name]["per_second"]
    return rows


def whole(args: argparse.Namespace) -> dict[str, Any]:
    """Return the same with calendars, seasons, drivers, correlation, cost and groups."""
    project, baseline, points = network(args.activities, 1, horizon=365 * 12)
    risk = whole_risk(args.activities, points)
    simulate(project, baseline, risk, draws=Draws(512, 1))
    draws = Draws(args.iterations, 1, keeps_activities=False)
    found, seconds = timed(lambda: simulate(project, baseline, risk, draws=draws))
    return {
        "iterations": args.iterations,
        "seconds": seconds,
        "per_second": args.iterations / seconds,
        "programme": found.programme().to_dict("records"),
        "windows_missed": float(found.windows_missed.mean()),
        "notices": list(found.notices),
    }


def _quantiles(finish: np.ndarray) -> dict[str, float]:
    return {f"p{round(100 * p)}": float(np.quantile(finish, p)) for p in (0.5, 0.8)}


def accuracy(args: argparse.Namespace) -> dict[str, Any]:
    """Return how far 10,000 draws lie from many plain ones, over ten seeds, without seasons and with everything."""
    project, baseline, points = network(args.activities, 1)
    seasonal, begun, _ = network(args.activities, 1, horizon=365 * 12)
    plain = compare(project, baseline, Risk(points), args.reference)
    whole = compare(seasonal, begun, whole_risk(args.activities, points), args.reference_seasons)
    return {"without_seasons": plain, "with_everything": whole}


def compare(project: Project, baseline: Baseline, risk: Risk, reference: int) -> dict[str, Any]:
    """Return the errors of ten seeds from so many plain draws, and how often their intervals hold the truth."""
    draws = Draws(reference, 99, "plain", keeps_activities=False)
    true = simulate(project, baseline, risk, draws=draws)
    few = [
        simulate(project, baseline, risk, draws=Draws(10_000, s, keeps_activities=False)) for s in range(10)
    ]
    frames = [found.programme() for found in few]
    truth = true.programme()
    rows = [
        {
            "quantity": f"{quantity} {level}",
            "reference": float(value),
            "largest_error": float(max(abs(frame["value"][i] / value - 1) for frame in frames))
            if value
            else 0.0,
            "interval_of_first_seed": [float(frames[0][name][i]) for name in ("low", "high")],
            "intervals_that_hold": int(sum(frame["low"][i] <= value <= frame["high"][i] for frame in frames)),
        }
        for i, (quantity, level, value) in enumerate(
            zip(truth["quantity"], truth["level"], truth["value"], strict=True)
        )
    ]
    return {"reference": reference, "rows": rows, **_window_errors(true, few)}


def _window_errors(true: Simulation, few: list[Simulation]) -> dict[str, float]:
    """Return errors of P(miss a window), and how often its 95 % interval holds the reference."""
    exact = true.missed_windows()["p_miss"]
    if not (exact > 0).any():
        return {}
    frames = [found.missed_windows()[exact > 0] for found in few]
    exact = exact[exact > 0]
    errors = np.abs(np.array([frame["p_miss"] - exact for frame in frames]))
    inside = [(frame["p_low"] <= exact) & (exact <= frame["p_high"]) for frame in frames]
    return {
        "windows": len(exact),
        "mean_error_of_p_miss": float(errors.mean()),
        "largest_error_of_p_miss": float(errors.max()),
        "p_miss_intervals_that_hold": float(np.mean(inside)),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--activities", type=int, default=300)
    parser.add_argument("--iterations", type=int, default=100_000)
    parser.add_argument("--reference", type=int, default=10_000_000)
    parser.add_argument("--reference-seasons", type=int, default=1_000_000)
    parser.add_argument("--no-accuracy", action="store_true")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found: dict[str, Any] = {"activities": args.activities, "plain": speed(args), "whole": whole(args)}
    if not args.no_accuracy:
        found["accuracy"] = accuracy(args)
    if args.json:
        print(json.dumps(found, indent=2))
        return
    for name, row in found["plain"].items():
        print(f"{name:12s} {row}")
    print(f"whole        {found['whole']['seconds']:.2f} s for {args.iterations} draws")
    for row in found["whole"]["programme"]:
        print(f"             {row}")
    print(f"             windows missed {found['whole']['windows_missed']:.3f} {found['whole']['notices']}")
    print(f"accuracy     {found.get('accuracy', 'left out')}")


if __name__ == "__main__":
    main()
