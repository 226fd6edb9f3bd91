"""Time re-sequencing after status changes: a valid schedule at once, a better one in seconds.

    python benchmarks/resequence.py [--activities 300] [--changes 200] [--improve 3] [--short 2] [--long 60] [--seed 1] [--json]

A random project (four crews, a five-day week, a season closed in winter, links of all types, activities that pause)
is put in sequence. Each change picks a day: what was to begin before it has begun, one in ten of that late; one in ten
of all durations becomes longer by up to a half. `repair` is the time until a valid schedule stands (checks, one pass
in the old order, verification), once with the makespan as the goal and once with the least change. For the first
changes the answer after --short seconds is held against that after --long seconds, and the least change after --short.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from typing import Any

import numpy as np

from sarhad.schedule.project import LinkType, Project, assemble
from sarhad.schedule.result import ScheduleResult, SequenceSpec
from sarhad.schedule.sequencing import sequence

KINDS: tuple[LinkType, ...] = ("FS", "FS", "FS", "FS", "SS", "FF")
PERIODS, WEEK, YEAR, WINTER = 3000, 7, 365, 120


def random_project(n: int, seed: int) -> Project:
    """Return a project of n activities with a week and a season."""
    rng = np.random.default_rng(seed)
    day = np.arange(PERIODS)
    week = day % WEEK < 5
    season = week & (day % YEAR >= WINTER)
    calendar = rng.integers(-1, 2, n)
    modes = [
        [(int(rng.integers(1, 11)), (rng.random(4) < 0.4) * rng.integers(1, 8, 4), [])] for _ in range(n)
    ]
    links = [
        (int(before), k, KINDS[rng.integers(len(KINDS))], int(rng.integers(-1, 4)))
        for k in range(1, n)
        for before in rng.choice(
            range(max(0, k - 40), k), size=min(k, int(rng.integers(1, 4))), replace=False
        )
    ]
    return assemble(
        [f"A{k:03d}" for k in range(n)],
        modes,
        links,
        capacity=[12] * 4,
        calendars=np.array([week, season]),
        calendar=calendar.tolist(),
        lag_calendar=rng.integers(-1, 1, len(links)).tolist(),
        is_splittable=((rng.random(n) < 0.5) | (calendar >= 0)).tolist(),
    )


def changed(project: Project, old: ScheduleResult, seed: int) -> tuple[Project, SequenceSpec]:
    """Return the project and what is known of it after a status change."""
    rng = np.random.default_rng(seed)
    n = project.n_activities
    now = int(rng.uniform(0.1, 0.8) * old.value)
    longer = np.where(rng.random(n) < 0.1, 1 + rng.random(n) / 2, 1.0)
    late = np.where(rng.random(n) < 0.1, rng.integers(1, 6, n), 0)
    began = old.starts + late
    names = project.activity_ids
    spec = SequenceSpec(
        announced={name: int(start) for name, start in zip(names, old.starts, strict=True)},
        started={names[k]: int(began[k]) for k in range(n) if began[k] < now},
        now=now,
    )
    return dataclasses.replace(project, duration=np.ceil(project.duration * longer).astype(np.int64)), spec


def repair(project: Project, old: ScheduleResult, n_changes: int, seed: int) -> dict[str, Any]:
    """Return times and unchanged shares of first answers."""
    found: dict[str, Any] = {}
    for goal in ("makespan", "change"):
        seconds, shares, statuses = [], [], set()
        for k in range(n_changes):
            new, spec = changed(project, old, seed + k)
            began = time.perf_counter()
            result = sequence(new, dataclasses.replace(spec, objective=goal), time_limit_s=0)  # type: ignore[arg-type]
            seconds.append(time.perf_counter() - began)
            shares.append(result.unchanged_share)
            statuses.add(result.status)
        p50, p99 = np.quantile(seconds, [0.5, 0.99])
        found[goal] = {
            "p50_ms": round(1000 * p50, 1),
            "p99_ms": round(1000 * p99, 1),
            "unchanged_share": round(float(np.mean([share for share in shares if share is not None])), 3),
            "statuses": sorted(statuses),
        }
    return found


def improve(project: Project, old: ScheduleResult, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return values after the short and the long time for the first changes."""
    rows = []
    for k in range(options.improve):
        new, spec = changed(project, old, options.seed + k)
        first, short, long = (
            sequence(new, spec, time_limit_s=seconds, seed=options.seed)
            for seconds in (0.0, options.short, options.long)
        )
        calm = dataclasses.replace(spec, objective="change")
        kept = sequence(new, calm, time_limit_s=options.short, seed=options.seed)
        rows.append(
            {
                "first": first.value,
                "short": short.value,
                "long": long.value,
                "bound": long.bound,
                "short_above_long": round(short.value / long.value - 1, 4),
                "unchanged_share_at_least_change": round(kept.unchanged_share or 0.0, 3),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--activities", type=int, default=300)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument(
        "--improve", type=int, default=3, help="changes whose short and long answers are compared"
    )
    parser.add_argument("--short", type=float, default=2.0)
    parser.add_argument("--long", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    project = random_project(options.activities, options.seed)
    old = sequence(project, time_limit_s=5.0, seed=options.seed)
    answer = {
        "activities": options.activities,
        "baseline": {"value": old.value, "bound": old.bound, "status": old.status},
        "changes": options.changes,
        "repair": repair(project, old, options.changes, options.seed),
        "improve": improve(project, old, options),
    }
    print(json.dumps(answer, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
