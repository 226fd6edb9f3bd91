"""The schedule of a plan: its items as activities, sequenced so that what security needs most comes least late."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sarhad import plan as planner
from sarhad import schedule as scheduler
from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.errors import SpecError
from sarhad.plan.money import funding
from sarhad.programme import Programme
from sarhad.workflow.plans import plan_items
from sarhad.workflow.prepare import Prepared
from sarhad.workflow.receipts import receipts
from sarhad.workflow.steps import OnStep, Step, silent

MONTHS = (1, 3, 6, 12)  # late, for which the cost of delay is stated
DAYS_A_MONTH = 365.25 / 12
LEAST_WEIGHT = 1e-3  # of the mean weight: what costs no security is not put off for ever either
WORK, LONGEST_S = 2, 120.0  # rounds of the search, and seconds after which it stops all the same


@dataclass(frozen=True)
class Scheduled:
    """The schedule of a plan in hand.

    Parameters
    ----------
    prepared, plan
        The programme made ready, and the plan's name.
    terms, rows
        Limits of the plan, and its items.
    expanded
        Activities, calendars, labels.
    result
        Their dates.
    delay
        What each item costs when it alone is late: item_id, months_late, expected_undetected.
    """

    prepared: Prepared
    plan: str
    terms: planner.Terms
    rows: pd.DataFrame
    expanded: scheduler.Expanded
    result: scheduler.ScheduleResult
    delay: pd.DataFrame

    @property
    def ready(self) -> dict[str, int]:
        """Return the period from which each item operates."""
        return {item: int(self.result.ends[k]) for item, k in self.expanded.ready.items()}


def find_schedule(
    prepared: Prepared, plan: str, *, seed: int, work: int = WORK, on_step: OnStep = silent
) -> Scheduled:
    """Return the schedule of a plan with the least lateness, weighted by what a month of delay costs in security.

    Raises
    ------
    SpecError
        If the plan holds no item.
    """
    on_step(Step("activities", 0.0))
    terms, rows, expanded, delay = _ground(prepared, plan)
    result = _sequence(expanded, delay, seed, work, on_step)
    return Scheduled(prepared, plan, terms, rows, expanded, result, delay)


def stored_schedule(prepared: Prepared, plan: str) -> Scheduled | None:
    """Return the schedule of a plan that the programme holds, None where it holds none.

    Raises
    ------
    SpecError
        If its activities are no longer those of the plan.
    """
    stored = prepared.prog["activity"]
    stored = stored[stored["plan_id"] == plan].set_index("id")
    if stored.empty:
        return None
    terms, rows, expanded, delay = _ground(prepared, plan)
    if set(stored.index) != set(expanded.project.activity_ids):
        raise SpecError(
            f"--plan {plan}: its schedule holds other activities than the tables give now. Run `sarhad schedule` again."
        )
    result = scheduler.stored_result(expanded, stored, _spec(expanded, delay))
    return Scheduled(prepared, plan, terms, rows, expanded, result, delay)


def _ground(
    prepared: Prepared, plan: str
) -> tuple[planner.Terms, pd.DataFrame, scheduler.Expanded, pd.DataFrame]:
    """Return limits and items of a plan, its activities, and what each item costs when it is late."""
    rows = plan_items(prepared.prog, plan)
    if rows.empty:
        raise SpecError(f"--plan {plan}: holds no item, so there is nothing to schedule. Name another plan.")
    terms = planner.dated(planner.terms(prepared.prog, prepared.items), rows)
    start = planner.starts(terms, rows)
    paid = _paid(prepared.prog, plan, terms, rows)
    expanded = scheduler.expand(
        prepared.prog, rows, paid, needs_of(terms, start), receipts(prepared.prog, terms, paid)
    )
    return terms, rows, expanded, delay_table(prepared, terms, start)


def _spec(expanded: scheduler.Expanded, delay: pd.DataFrame) -> scheduler.SequenceSpec:
    return scheduler.SequenceSpec(objective="lateness", due=expanded.due, weight=weights_of(expanded, delay))


def weights_of(expanded: scheduler.Expanded, delay: pd.DataFrame) -> dict[str, float]:
    """Return what a day of lateness costs, by the activity that ends when an item operates.

    The weight of an item is its cost of the first month late, by day; none is below a small share of the mean.
    """
    month = delay[delay["months_late"] == MONTHS[0]].set_index("item_id")["expected_undetected"]
    a_day = month.clip(lower=0.0) / DAYS_A_MONTH
    least = LEAST_WEIGHT * (float(a_day.mean()) or 1.0)
    ids = expanded.project.activity_ids
    return {ids[k]: max(least, float(a_day.get(item, 0.0))) for item, k in expanded.ready.items()}


def _sequence(
    expanded: scheduler.Expanded, delay: pd.DataFrame, seed: int, work: int, on_step: OnStep
) -> scheduler.ScheduleResult:
    """Return the schedule of our own search: programmes are too large for the solver's proof.

    Only where none was found the solver is asked, within its counted work, whether there is one, and what conflicts.
    """

    def tell(now: scheduler.ScheduleProgress) -> bool:
        goes_on = on_step(Step("schedule", 0.5, f"weighted days late {now.value:,.1f}", keeps_answer=True))
        return goes_on and (now.phase != "solve" or math.isinf(now.value))

    spec = _spec(expanded, delay)
    on_step(Step("schedule", 0.0, keeps_answer=True))
    return scheduler.sequence(
        expanded.project, spec, time_limit_s=LONGEST_S, seed=seed, work_limit=work, on_progress=tell
    )


def needs_of(terms: planner.Terms, start: IntArray) -> pd.DataFrame:
    """Return the prerequisites that a plan meets: item_id, needs_item_id; of several that serve, the one ready first."""
    since = planner.since(terms, start)
    rows = []
    for item in np.flatnonzero(start >= 0).tolist():
        for members in terms.requires[item]:
            inside = [j for j in members if start[j] >= 0 and j != item]
            if inside and item not in members:
                first = min(inside, key=lambda j: (since[j], j))
                rows.append((terms.item_ids[item], terms.item_ids[first]))
    return pd.DataFrame(rows, columns=["item_id", "needs_item_id"])


def delay_table(prepared: Prepared, terms: planner.Terms, start: IntArray) -> pd.DataFrame:
    """Return what each item costs when it alone is late, with what cannot operate without it."""
    operating: BoolArray = planner.operating(terms, start)
    chosen = np.flatnonzero(start >= 0).tolist()
    falls = {i: planner.falls_with(terms, start, i).tolist() for i in chosen}
    found = scheduler.delay_costs(prepared.instance, operating, falls, MONTHS)
    return found.assign(item_id=[terms.item_ids[i] for i in found["item"]]).drop(columns="item")


def _paid(prog: Programme, plan: str, terms: planner.Terms, rows: pd.DataFrame) -> pd.DataFrame:
    """Return who pays what: as the programme holds it, or worked out for a plan.json."""
    stored = prog["funding"]
    own = stored[stored["plan_id"] == plan]
    return own if len(own) else funding(terms, planner.starts(terms, rows))


def order_of(scheduled: Scheduled) -> tuple[IntArray, FloatArray]:
    """Return the index in the game of each item of the schedule, and the period in which the plan has it operate."""
    number = {item: k for k, item in enumerate(scheduled.prepared.instance.exposure.item_ids)}
    works = scheduled.expanded.works
    at = np.array([number[work.id] for work in works], dtype=np.int64)
    return at, np.array([float(work.due) for work in works])


def months_late(scheduled: Scheduled) -> Mapping[str, float]:
    """Return the months by which the schedule has each item operate after the plan's date."""
    ready = scheduled.ready
    return {work.id: (ready[work.id] - work.due) / DAYS_A_MONTH for work in scheduled.expanded.works}
