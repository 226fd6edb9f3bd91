"""A plan that exists already, with value, bound and funding as they hold for the programme at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from sarhad import plan as planner
from sarhad.detection import value_by_period
from sarhad.plan.game import changeable
from sarhad.plan.result import gap, gap_of_gain
from sarhad.workflow.planning import timeline
from sarhad.workflow.plans import plan_items
from sarhad.workflow.prepare import Prepared


def former_plan(prepared: Prepared, terms: planner.Terms, plan: str) -> planner.PlanResult:
    """Return a plan of the programme or of a plan.json, its value recomputed.

    Notes
    -----
    The bound is the stated one where the plan was made from the same facts, else the value of everything built.
    Locks that the plan was made with are not known: its bound is taken to hold without them.
    """
    return standing(prepared, terms, plan_items(prepared.prog, plan), _stated_bound(prepared, plan))


def standing(
    prepared: Prepared, terms: planner.Terms, rows: pd.DataFrame, stated: float | None = None
) -> planner.PlanResult:
    """Return how the items of a plan stand at likely values; the bound is the stated one, else everything built."""
    game, _ = changeable(prepared.instance)
    years = float(terms.quarter_weight.sum())
    everything = float(game.weight @ game.low) * years
    without = float(game.weight.sum()) * years
    constant = game.constant * years
    value = float(value_by_period(prepared.instance, *timeline(terms, rows)).sum()) - constant
    bound = min(value, everything if stated is None else max(stated, everything))
    terms = planner.dated(terms, rows)
    start = planner.starts(terms, rows)
    return planner.PlanResult(
        plan_items=rows,
        funding=planner.funding(terms, start),
        value=value,
        bound=bound,
        gap=gap(value, bound),
        gap_of_gain=gap_of_gain(value, bound, without),
        status="feasible",
        value_without_plan=without,
        value_with_everything=everything,
        constant=constant,
        seconds=0.0,
        seed=0,
        stopped=None,
        notices=(),
    )


def _stated_bound(prepared: Prepared, plan: str) -> float | None:
    """Return the bound that was stated with a plan for these very facts."""
    plans: pd.DataFrame = prepared.prog["plan"]
    rows = plans[plans["id"] == plan]
    if not rows.empty:
        row = rows.iloc[0].to_dict()
        return float(row["bound"]) if row["data_hash"] == prepared.prog.data_hash else None
    found = json.loads(Path(plan).read_text(encoding="utf-8"))
    if found.get("data_hash") == prepared.prog.data_hash and isinstance(found.get("bound"), int | float):
        return float(found["bound"])
    return None
