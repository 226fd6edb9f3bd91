"""Measure the plan of a programme: gap over time, baselines, displacement, fine grid, degeneracy.

    python benchmarks/example.py [--programme DIR] [--seconds 60 300] [--replan-seconds 40] [--seed 1] [--json]

Prints one table a subject (or one JSON object). The programme defaults to the shipped example.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from sarhad import plan as planner
from sarhad.detection import Informed, NonAdaptive, evaluate
from sarhad.programme import Programme
from sarhad.workflow.contents import flow_by_bin
from sarhad.workflow.demo import example_path
from sarhad.workflow.evaluating import fine_and_coarse
from sarhad.workflow.planning import Planned, find_plan, timeline
from sarhad.workflow.prepare import Prepared, prepare


def main() -> None:
    options = parse()
    began = time.perf_counter()
    prepared = prepare(Programme.open(options.programme))
    found: dict[str, Any] = {
        "machine": machine(),
        "prepare_seconds": time.perf_counter() - began,
        "sizes": sizes(prepared),
        "plans": [],
    }
    planned = None
    for seconds in options.seconds:
        planned = run(prepared, seconds, options.seed)
        found["plans"].append(row_of(planned, seconds))
    if planned is not None:
        found["baselines"] = baselines(prepared, planned)
        found["displacement"] = displacement(planned)
        found["mix"] = mix(planned)
        found["flow"] = flow(planned)
        operating, _ = timeline(planned.terms, planned.result.plan_items)
        found["final_year"] = fine_and_coarse(prepared, operating[-1])
    found["assumptions"] = list(replans(prepared, options.replan_seconds, options.seed))
    found["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show(found, as_json=options.json)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--programme", type=Path, default=example_path())
    parser.add_argument("--seconds", type=float, nargs="*", default=[60.0, 300.0])
    parser.add_argument("--replan-seconds", type=float, default=40.0, help="0: leave the re-plans out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def machine() -> str:
    import os

    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def sizes(prepared: Prepared) -> dict[str, int]:
    instance = prepared.instance
    return {
        "nodes": instance.graph.n_nodes,
        "edges": instance.graph.n_edges,
        "items": instance.exposure.n_items,
        "columns": instance.exposure.n_columns,
        "scenarios": instance.n_scenarios,
        "groups": len({*zip(instance.destination.tolist(), instance.mover.tolist(), strict=True)}),
        "quarters": prepared.prog.setting("horizon_quarters"),
    }


def run(prepared: Prepared, seconds: float, seed: int) -> Planned:
    return find_plan(prepared, "measured", spec=planner.PlanSpec(), time_limit_s=seconds, seed=seed)


def row_of(planned: Planned, seconds: float) -> dict[str, Any]:
    result = planned.result
    return {
        "seconds": seconds,
        "used_seconds": result.seconds,
        "items": len(result.plan_items),
        "value_without_plan": result.value_without_plan,
        "value": result.value,
        "value_with_everything": result.value_with_everything,
        "bound": result.bound,
        "gap": result.gap,
        "gap_of_gain": result.gap_of_gain,
    }


def baselines(prepared: Prepared, planned: Planned) -> dict[str, float]:
    found = {"plan": planned.result.value}
    for name, method in (("greedy", planner.greedy), ("even_spread", planner.even_spread)):
        items = method(prepared.instance, planned.terms)
        operating, years = timeline(planned.terms, items)
        found[name] = evaluate(prepared.instance, operating, years).value - planned.result.constant
    return found


def displacement(planned: Planned) -> dict[str, float]:
    operating, years = timeline(planned.terms, planned.result.plan_items)
    instance = planned.prepared.instance
    informed = evaluate(instance, operating, years, mover=Informed()).value
    fixed = evaluate(instance, operating, years, mover=NonAdaptive()).value
    nothing = evaluate(instance, np.zeros_like(operating), years).value
    return {
        "informed": informed,
        "non_adaptive": fixed,
        "share_of_the_gain_that_displacement_takes": (informed - fixed) / (nothing - fixed),
    }


def mix(planned: Planned) -> dict[str, Any]:
    items = planned.prepared.prog["item"].set_index("id")
    chosen = planned.result.plan_items
    measure = items.loc[chosen["item_id"], "measure_id"].to_numpy()
    by_measure = chosen.assign(measure=measure).groupby("measure")["cost_usd"].agg(["count", "sum"])
    paid = planned.result.funding.groupby("kind")["usd"].sum()
    budget = planned.prepared.prog["budget"]
    horizon = budget[budget["year"] <= max(int(q[:4]) for q in planned.terms.quarters)]["amount_usd"].sum()
    return {
        "by_measure": {
            name: {"items": int(r["count"]), "usd": float(r["sum"])} for name, r in by_measure.iterrows()
        },
        "paid_usd": {str(kind): int(usd) for kind, usd in paid.items()},
        "budget_usd": float(horizon),
        "everything_capital_usd": float(items["capital_usd"].sum()),
    }


def flow(planned: Planned) -> dict[str, float]:
    operating, _ = timeline(planned.terms, planned.result.plan_items)
    found = {}
    for name, state in (("without_plan", np.zeros_like(operating[-1])), ("with_plan", operating[-1])):
        total = flow_by_bin(planned.prepared, planned.prepared.instance, state, bin_km=5.0)
        found[f"{name}_largest_5km_share"] = float(total.max() / total.sum())
        found[f"{name}_bins_in_use"] = int((total > 0).sum())
    return found


def replans(prepared: Prepared, seconds: float, seed: int) -> Any:
    """Plan again with effort, availability and assessment at low and at high, and compare the choice."""
    if seconds <= 0:
        return
    base = set(run(prepared, seconds, seed).result.plan_items["item_id"])
    for name in ("abandonment_per_hour", "availability", "assessment"):
        for level in ("low", "high"):
            changed = prepare(changed_programme(prepared.prog, name, level))
            planned = run(changed, seconds, seed)
            chosen = set(planned.result.plan_items["item_id"])
            yield {
                "assumption": name,
                "level": level,
                "value_without_plan": planned.result.value_without_plan,
                "value": planned.result.value,
                "gap": planned.result.gap,
                "items": len(chosen),
                "same_items_share": len(chosen & base) / max(1, len(chosen | base)),
            }


def changed_programme(prog: Programme, name: str, level: str) -> Programme:
    if name == "abandonment_per_hour":
        table = prog["setting"]
        row = table["id"] == name
        table.loc[row, "value"] = str(table.loc[row, level].iloc[0])
        return prog.with_changes({"setting": table})
    table = prog["effect_parameter"]
    row = table["name"] == name
    table.loc[row, "likely"] = table.loc[row, level]
    return prog.with_changes({"effect_parameter": table})


def show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        json.dump(found, sys.stdout, indent=1)
        return
    for subject, content in found.items():
        print(f"\n## {subject}\n")
        rows = content if isinstance(content, list) else [content]
        for row in rows:
            print(json.dumps(row))


if __name__ == "__main__":
    main()
