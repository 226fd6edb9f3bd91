"""`regret`: how a fixed plan stands in each named what-if, against the best plan found for that what-if."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sarhad import plan as planner
from sarhad.errors import SpecError
from sarhad.plan import PlanSpec
from sarhad.programme import Programme, require_none
from sarhad.workflow.former import former_plan
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.plans import require_current
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.runs import without_stale
from sarhad.workflow.steps import OnStep, Step, silent
from sarhad.workflow.sweep import sweep
from sarhad.workflow.what_if import applied, named


@dataclasses.dataclass(frozen=True)
class Try:
    """A what-if to try a plan in: its name, seconds and seed of the search for the best plan."""

    name: str
    time_limit_s: float
    seed: int


def regret_of(
    source: Path,
    plan: str,
    *,
    names: Sequence[str] = (),
    time_limit_s: float,
    seed: int,
    scheduler: str | None = None,
    on_step: OnStep = silent,
) -> Outcome:
    """Return for each what-if the value of the plan, of the best plan found, and the regret.

    Parameters
    ----------
    names
        What-ifs; none: all of the table `what_if`.
    time_limit_s
        Seconds for the best plan of each.
    """
    if time_limit_s < 0:
        raise SpecError(f"--time-limit {time_limit_s:g}: seconds cannot be negative. Give 0 or more.")
    prog = Programme.open(source)
    require_current(prog, plan)
    known = named(prog)
    wanted = tuple(names) or tuple(known)
    missing = sorted(set(wanted) - set(known))
    if missing or not wanted:
        raise SpecError(
            f"--what-if {', '.join(missing) or '(none)'}: not in the table what_if, which holds "
            f"{', '.join(known) or 'nothing'}. Add its rows."
        )
    for name in wanted:
        require_none(without_stale(applied(prog, name)).check())
    began = time.perf_counter()
    prepared = prepare(prog, on_step=on_step)
    terms = planner.terms(prepared.prog, prepared.items)
    former = former_plan(prepared, terms, plan)
    on_step(Step("priority", 0.0))
    order = planner.priority_list(prepared.instance, terms, former.plan_items)
    tries = [Try(name, time_limit_s, seed) for name in wanted]
    rows: list[dict[str, Any]] = []
    if scheduler is not None:
        rows = sweep(try_plan, (prepared.prog, order), tries, scheduler=scheduler)
    else:
        for k, one in enumerate(tries):
            on_step(Step("what-ifs", k / len(tries), one.name))
            rows.append(try_plan(prepared.prog, order, one))
    payload = {
        "plan": plan,
        "data_hash": prepared.prog.data_hash,
        "value": former.value,
        "bound": former.bound,
        "value_without_plan": former.value_without_plan,
        "seed": seed,
        "seconds": time.perf_counter() - began,
        "what_ifs": [{"title": known[row["what_if"]], **row} for row in rows],
    }
    return Outcome(plain(payload), _lines)


def try_plan(prog: Programme, order: pd.DataFrame, one: Try) -> dict[str, Any]:
    """Return how a plan stands in a what-if; `order` is its priority list.

    Notes
    -----
    The plan is kept as far as the what-if's money reaches: items in the order of the list, each in its quarter, those
    left out that cannot be paid any more or whose site is gone. The best plan is searched for from there, so the
    regret is never below 0; with the bound it lies between `regret` and `regret_most` for a perfect search.
    """
    prepared = prepare(applied(prog, one.name))
    terms = planner.terms(prepared.prog, prepared.items)
    kept = planner.afforded(terms, order)
    years = float(terms.quarter_weight.sum())
    fixed = _value(prepared, terms, kept)
    dated = dict(zip(kept["item_id"], kept["start_quarter"], strict=True))
    best = planner.optimise(
        prepared.instance, terms, PlanSpec(warm_start=dated), time_limit_s=one.time_limit_s, seed=one.seed
    )
    least = min(fixed, best.value)
    return {
        "what_if": one.name,
        "items_left_out": sorted(set(order["item_id"]) - set(kept["item_id"])),
        "value_without_plan": best.value_without_plan,
        "value_fixed": fixed,
        "value_best": least,
        "bound": best.bound,
        "regret": fixed - least,
        "regret_most": max(0.0, fixed - best.bound),
        "constant": best.constant,
        "years": years,
    }


def _value(prepared: Prepared, terms: planner.Terms, items: pd.DataFrame) -> float:
    parts = planner.Coalitions(prepared.instance, terms, items)
    whole = np.zeros((1, terms.n_items), dtype=np.bool_)
    whole[0, parts.chosen] = True
    return float(parts.values(whole)[0])


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"value as planned {found['value']:,.1f}, without a plan {found['value_without_plan']:,.1f}"
    yield f"{'what-if':<18}{'without':>12}{'this plan':>12}{'best found':>12}{'bound':>12}{'regret':>10}{'at most':>10}  left out"
    for row in found["what_ifs"]:
        yield (
            f"{row['what_if']:<18}{row['value_without_plan']:>12,.1f}{row['value_fixed']:>12,.1f}"
            f"{row['value_best']:>12,.1f}{row['bound']:>12,.1f}{row['regret']:>10,.1f}{row['regret_most']:>10,.1f}"
            f"  {len(row['items_left_out'])} items"
        )
    for row in found["what_ifs"]:
        if row["title"]:
            yield f"{row['what_if']}: {row['title']}"
