"""SNIP: the engines on stochastic network interdiction (Pan and Morton 2008), against published optima and peers.

The data (arcgain*.txt, intd_arc*.txt, Scenarios.txt, reference.csv) are not part of this repository.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from snip_peers import FORMS, SOLVERS, solve

from sarhad.detection import Instance
from sarhad.detection.snip import snip_instance
from sarhad.plan import PlanSpec, Terms, optimise

GAP = 1e-4


@dataclass(frozen=True)
class Row:
    """A line of the table; `difference` is relative to `objective_true`."""

    instance: str
    snipno: int
    budget: int
    engine: str
    value: float | None
    bound: float | None
    gap: float | None
    status: str
    seconds: float
    published: float | None
    objective_true: float | None
    difference: float | None


def read(folder: Path, number: str, snipno: int) -> Instance:
    """Return SNIP instance `number` of the folder."""
    names = (f"arcgain{number}.txt", f"intd_arc{number}.txt", "Scenarios.txt")
    fixed, sensors, scenarios = ((folder / name).read_text() for name in names)
    return snip_instance(fixed, sensors, scenarios, snipno=snipno)


def limits(instance: Instance, budget: int) -> Terms:
    """Return the limits: one period that counts a year, a dollar a sensor."""
    n = instance.exposure.n_items
    zero = np.zeros(n, dtype=np.int64)
    return Terms(
        item_ids=instance.exposure.item_ids, quarters=("2025Q1",), quarter_year=np.array([2025]), first_start=0,
        tail_years=0.75, capital_usd=zero + 1, annual_usd=zero, build_quarters=zero, category=("sensor",) * n,
        section_id=("",) * n, chainage_km=np.arange(n, dtype=np.float64), item_class=zero,
        payers=np.ones((1, 1), dtype=np.bool_), partners=("owner",), years=(2025, 2026),
        budget_usd=np.array([[budget, 0]]), carries_over=np.zeros((1, 2), dtype=np.bool_), is_tail_paid=False,
        requires=((),) * n, exclusive=(),
    )  # fmt: skip


def ours(
    instance: Instance, budget: int, engine: str, time_limit_s: float
) -> tuple[float, float, str, float]:
    """Return value, bound, status and seconds of an engine."""
    terms = limits(instance, budget)
    began = time.perf_counter()
    found = optimise(
        instance, terms, PlanSpec(), time_limit_s=time_limit_s, seed=1, engine=engine, target_gap=GAP
    )
    seconds = time.perf_counter() - began
    return found.value + found.constant, found.bound + found.constant, found.status, seconds


def row(
    case: tuple[str, int, int], known: dict[str, str], engine: str, answer: tuple[float, float, str, float]
) -> Row:
    """Return a line of the table."""
    value, bound, status, seconds = answer
    published, true = (
        float(known[k]) if known.get(k) else None for k in ("objective_published", "objective_true")
    )
    has_value = bool(np.isfinite(value))
    gap = (value - bound) / value if has_value and value > 0 else None
    difference = (value - true) / true if has_value and true else None
    shown = (value if has_value else None), (bound if np.isfinite(bound) else None)
    return Row(*case, engine, *shown, gap, status, seconds, published, true, difference)


def line(r: Row) -> str:
    """Return a line of the table as text."""

    def figure(x: float | None, form: str) -> str:
        return format(x, form) if x is not None else "-"

    return (
        f"{r.instance:>8} {r.snipno:>6} {r.budget:>6} {r.engine:>15} {figure(r.value, '.10f'):>13} "
        f"{figure(r.bound, '.10f'):>13} {figure(r.gap, '.1e'):>8} {r.status:>10} {r.seconds:8.1f} "
        f"{figure(r.published, '.10f'):>13} {figure(r.objective_true, '.10f'):>14} {figure(r.difference, '+.1e'):>10}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with the instances and reference.csv")
    parser.add_argument("--instance", help="number of the instance; all rows of reference.csv without it")
    parser.add_argument("--snipno", type=int, default=3)
    parser.add_argument("--budget", type=int, default=30)
    parser.add_argument("--time-limit", type=float, default=100.0, help="seconds for each run")
    parser.add_argument("--engine", choices=["highs", "scip"], action="append", help="default: both")
    parser.add_argument("--extensive", action="store_true", help="peers, too: extensive and compact forms")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.data is None:
        print("snip: give --data DIR (the instances of Pan and Morton 2008) to run this benchmark")
        return 0
    with (args.data / "reference.csv").open(newline="") as file:
        known = {(r["instance"], int(r["snipno"]), int(r["budget"])): r for r in csv.DictReader(file)}
    cases = [(args.instance, args.snipno, args.budget)] if args.instance else list(known)
    rows: list[Row] = []

    def show(r: Row) -> None:
        rows.append(r)
        if not args.json:
            print(line(r), flush=True)

    if not args.json:
        print(
            "instance snipno budget          engine         value         bound      gap     status  seconds"
            "     published objective_true difference"
        )
    engines = args.engine or ["scip", "highs"]
    warm = read(args.data, *cases[0][:2])
    for engine in engines:  # compiling is not counted
        ours(warm, 2, engine, 60.0)
    for case in cases:
        instance = read(args.data, *case[:2])
        for engine in engines:
            show(row(case, known.get(case, {}), engine, ours(instance, case[2], engine, args.time_limit)))
        for form in FORMS if args.extensive else ():
            for solver in SOLVERS:
                answer = solve(instance, case[2], form, solver, args.time_limit, GAP)
                show(row(case, known.get(case, {}), f"{form}/{solver}", answer))
    if args.json:
        print(json.dumps([asdict(r) for r in rows], indent=1))
    own = [r for r in rows if r.engine in engines and r.difference is not None]
    return int(any(r.status == "optimal" and abs(r.difference or 0.0) > 1.5 * GAP for r in own))


if __name__ == "__main__":
    sys.exit(main())
