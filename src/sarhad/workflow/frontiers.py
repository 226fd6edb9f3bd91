"""`frontier`: the value that each share of the partners' money reaches."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sarhad import plan as planner
from sarhad.detection import Instance
from sarhad.errors import SpecError
from sarhad.plan.frontier import Step as Search
from sarhad.plan.frontier import solve_step
from sarhad.plan.result import gap_of_gain
from sarhad.programme import Programme
from sarhad.workflow.former import former_plan
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.plans import require_current
from sarhad.workflow.prepare import prepare
from sarhad.workflow.steps import OnStep, Step, silent
from sarhad.workflow.sweep import sweep

ENVELOPE = (
    "value_envelope is the least value found at this or a smaller budget, bound_envelope the greatest bound at this or a "
    "larger one; a larger budget pays every plan of a smaller one"
)


def draw_frontier(
    source: Path,
    *,
    steps: int,
    most: float,
    time_limit_s: float,
    seed: int,
    plan: str | None = None,
    scheduler: str | None = None,
    on_step: OnStep = silent,
) -> Outcome:
    """Return value, bound and gap at each share of all partners' budgets, and what a plan's first items reach there."""
    if time_limit_s < 0:
        raise SpecError(f"--time-limit {time_limit_s:g}: seconds cannot be negative. Give 0 or more.")
    shares = planner.shares_of(steps, most)
    prog = Programme.open(source)
    if plan is not None:
        require_current(prog, plan)
    prepared = prepare(prog, on_step=on_step)
    terms = planner.terms(prepared.prog, prepared.items)
    began, done = time.perf_counter(), 0
    listed = None
    if plan is not None:
        on_step(Step("priority", 0.0))
        rows = former_plan(prepared, terms, plan).plan_items
        listed = planner.priority_list(prepared.instance, terms, rows)

    def run(
        instance: Instance, limits: planner.Terms, searches: Sequence[Search]
    ) -> list[planner.PlanResult]:
        nonlocal done
        if scheduler is not None:
            return sweep(solve_step, (instance, limits), searches, scheduler=scheduler)
        found = []
        for search in searches:
            on_step(Step("frontier", done / (2 * steps), f"share {search.share:.2f}"))
            found.append(solve_step(instance, limits, search))
            done += 1
        return found

    found = planner.frontier(
        prepared.instance, terms, shares, time_limit_s=time_limit_s, seed=seed, priority=listed, run_steps=run
    )
    without = found.attrs["value_without_plan"]
    rows_out = []
    for row, items in zip(found.to_dict("records"), found.attrs["plans"], strict=True):
        row["gap_of_gain"] = gap_of_gain(row["value"], row["bound"], without)
        row["items"] = [
            {"item": i, "start_quarter": q}
            for i, q in zip(items["item_id"], items["start_quarter"], strict=True)
        ]
        rows_out.append({str(name): value for name, value in row.items()})
    payload = {
        "plan": plan,
        "data_hash": prepared.prog.data_hash,
        "value_without_plan": without,
        "constant": found.attrs["constant"],
        "seed": seed,
        "seconds": time.perf_counter() - began,
        "envelope": ENVELOPE,
        "steps": rows_out,
    }
    return Outcome(plain(payload), _lines)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"value without a plan {found['value_without_plan']:,.1f}"
    yield " share    budget M USD       value       bound    gap   envelope       bound    gap" + (
        f"   first of {found['plan']}" if found["plan"] else ""
    )
    for row in found["steps"]:
        line = (
            f"{row['share']:>6.2f} {row['budget_usd'] / 1e6:>15,.1f} {row['value']:>11,.1f} {row['bound']:>11,.1f} "
            f"{row['gap']:>6.1%} {row['value_envelope']:>10,.1f} {row['bound_envelope']:>11,.1f} "
            f"{row['gap_envelope']:>6.1%}"
        )
        if row["prefix_value"] is not None:
            line += f"   {row['prefix_value']:,.1f} ({row['prefix_items']} items)"
        yield line
    yield found["envelope"]
