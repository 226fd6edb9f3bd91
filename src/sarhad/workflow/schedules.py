"""`schedule` and `delay`: make the schedule of a plan, keep it, say what is at risk; and what a late item costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sarhad import plan as planner
from sarhad import schedule as scheduler
from sarhad.detection import evaluate
from sarhad.errors import SpecError
from sarhad.programme import Programme
from sarhad.programme.quarters import Quarter, horizon
from sarhad.workflow.assessing import EXACT, Assessed, assess
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.planning import OF_SCHEDULE
from sarhad.workflow.plans import plan_items, require_current, require_plan
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.runs import with_run
from sarhad.workflow.schedule_payload import lines, payload
from sarhad.workflow.sequencing import Scheduled, find_schedule
from sarhad.workflow.steps import OnStep, Step, silent

MOST_MONTHS = 1200


def schedule_plan(
    source: Path, plan: str, *, iterations: int, seed: int, exact: int = EXACT, on_step: OnStep = silent
) -> Outcome:
    """Schedule a plan of the programme, keep the schedule in it, and return schedule and risk.

    Parameters
    ----------
    iterations
        Draws of the simulation; 0: none.
    exact
        Draws whose loss of security is evaluated exactly.

    Raises
    ------
    SpecError
        If there is no such plan, it was made from other facts, or the number of draws cannot be.
    """
    if iterations < 0 or iterations == 1:
        raise SpecError(f"--simulate {iterations}: give the number of draws, 2 or more, or 0 for none.")
    if iterations and exact < 2:
        raise SpecError(f"--exact {exact}: the error of the others is judged by these. Give 2 or more.")
    if seed < 0:
        raise SpecError(f"--seed {seed}: give 0 or more.")
    prog = Programme.open(source)
    require_plan(prog, plan)
    require_current(prog, plan)
    prepared = prepare(prog, on_step=on_step)
    scheduled = find_schedule(prepared, plan, seed=seed, on_step=on_step)
    assessed = None
    if iterations and scheduled.result.starts.size:
        assessed = assess(scheduled, iterations=iterations, seed=seed, exact=exact, on_step=on_step)
    found = payload(scheduled, assessed, seed)
    if plan in set(prog["plan"]["id"]) and scheduled.result.starts.size:
        on_step(Step("save", 0.0, keeps_answer=True))
        keep(scheduled, assessed, seed).save(source)
    return Outcome(found, lines)


def keep(scheduled: Scheduled, assessed: Assessed | None, seed: int) -> Programme:
    """Return the programme with the schedule in its tables; an earlier one of this plan is replaced."""
    prog, plan = scheduled.prepared.prog, scheduled.plan
    draws = None if assessed is None else assessed.activities
    made = scheduler.schedule_tables(plan, scheduled.expanded, scheduled.result, draws)
    rows = {}
    for name in OF_SCHEDULE:
        table = prog[name]
        rest = table[table["plan_id"] != plan]
        rows[name] = made[name] if rest.empty else pd.concat([rest, made[name]], ignore_index=True)
    return with_run(prog.adopt(rows), "schedule", plan_id=plan, seed=seed)


def delay_of(source: Path, plan: str, item: str, months: int, *, on_step: OnStep = silent) -> Outcome:
    """Return what it costs in security when an item of a plan operates so many months late, others on time.

    What cannot operate without the item waits for it. The answer is the difference of two evaluations, month by month.

    Raises
    ------
    SpecError
        If there is no such plan or item, or the months are negative.
    """
    if not 0 <= months <= MOST_MONTHS:
        raise SpecError(
            f"--months {months}: an item can be late by 0 to {MOST_MONTHS} months. Give one of these."
        )
    prog = Programme.open(source)
    require_plan(prog, plan)
    require_current(prog, plan)
    prepared = prepare(prog, on_step=on_step)
    rows = plan_items(prepared.prog, plan).set_index("item_id")
    if item not in rows.index:
        some = ", ".join(sorted(rows.index)[:3])
        raise SpecError(f"--item {item}: not in plan {plan}, which holds {len(rows)}, such as {some}.")
    terms = planner.dated(planner.terms(prepared.prog, prepared.items), rows.reset_index())
    start = planner.starts(terms, rows.reset_index())
    fallen = planner.falls_with(terms, start, terms.item_ids.index(item))
    with_it = sorted({terms.item_ids[k] for k in fallen.tolist()} - {item})
    begin = Quarter.parse(str(rows["operating_quarter"][item]))
    on_step(Step("evaluate", 0.0))
    on_time, late = _late_values(prepared, rows, (item, *with_it), begin, months)
    found = {
        "plan": plan,
        "item": item,
        "months_late": months,
        "waiting_for_it": with_it,
        "planned": begin.first_day.isoformat(),
        "late": _months_after(begin.first_day, months).isoformat(),
        "value": on_time,
        "value_late": late,
        "expected_undetected": late - on_time,
        "data_hash": prepared.prog.data_hash,
    }
    return Outcome(plain(found), _delay_lines)


def _late_values(
    prepared: Prepared, rows: pd.DataFrame, late_ones: tuple[str, ...], begin: Quarter, months: int
) -> tuple[float, float]:
    """Return the value over horizon and tail with all items on time, and with some absent until the late day."""
    prog, instance = prepared.prog, prepared.instance
    quarters = horizon(prog)
    first = quarters[0].first_day
    clock = scheduler.clock_of(first, quarters[-1].plus(1).first_day, prog.setting("tail_years"), months=1)
    number = {name: k for k, name in enumerate(instance.exposure.item_ids)}
    at = np.array([number[name] for name in rows.index], dtype=np.int64)
    due = [(Quarter.parse(label).first_day - first).days for label in rows["operating_quarter"]]
    ready = np.array(due, dtype=np.float64)
    shifted = ready.copy()
    is_late = rows.index.isin(late_ones)
    shifted[is_late] = np.maximum(ready[is_late], (_months_after(begin.first_day, months) - first).days)
    both = [scheduler.states_of(instance, at, days, clock) for days in (ready, shifted)]
    return evaluate(instance, both[0], clock.years).value, evaluate(instance, both[1], clock.years).value


def _months_after(day: date, months: int) -> date:
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, day.day)


def _delay_lines(found: Mapping[str, Any]) -> Iterator[str]:
    waits = f", {len(found['waiting_for_it'])} other items wait for it" if found["waiting_for_it"] else ""
    yield f"{found['item']} operates from {found['late']} instead of {found['planned']}{waits}"
    yield f"expected undetected attempts: {found['expected_undetected']:,.1f} more ({found['value']:,.1f} on time)"
