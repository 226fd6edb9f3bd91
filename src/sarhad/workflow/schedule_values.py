"""Figures of a schedule for `trace`: read from its activities, or drawn again as the report draws them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from sarhad.errors import SpecError
from sarhad.report import Timetable
from sarhad.workflow.assessing import Assessed, assess
from sarhad.workflow.figure_values import Judged, Value
from sarhad.workflow.reporting import DRAWS, EXACT, SEED
from sarhad.workflow.schedule_rows import of_plan
from sarhad.workflow.sequencing import Scheduled, stored_schedule
from sarhad.workflow.timetables import timetable

DAY = ""  # a day says itself what it is
ATTEMPTS = "expected undetected attempts"
USD = "usd"


def schedule(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield the end of a schedule, how many activities it has, and how many items it brings late."""
    for name in _plans(judged, plan):
        own = of_plan(judged.prog, name)
        yield Value("complete", _day(own["finish"].max()), DAY, name)
        yield Value("activities", len(own), "activities", name)
        due = own[own["due"].notna()]  # of each item its last activity, at whose end it operates
        late = due[pd.to_datetime(due["finish"]) > pd.to_datetime(due["due"])]
        yield Value("later than the plan has them", len(late), "items", name)


def risk(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield what the draws say: dates, money, the security lost to delay, and what drives it."""
    for name in _plans(judged, plan):
        table = _drawn(judged, name)
        for what, day in (("scheduled", table.finish), ("P50", table.finish_p50), ("P80", table.finish_p80)):
            yield Value(f"complete, {what}", day.isoformat(), DAY, name)
        yield Value("capital, P50", table.cost_p50_usd, USD, name)
        yield Value("capital, P80", table.cost_p80_usd, USD, name)
        yield Value("lost to delay, mean of the draws", table.loss_mean, ATTEMPTS, name)
        yield Value("half of the 95 % interval of that mean", table.loss_error, ATTEMPTS, name)
        yield Value("lost to delay, P80", table.loss_p80, ATTEMPTS, name)
        yield Value("lost to delay, mean of the worst fifth", table.loss_worst, ATTEMPTS, name)
        for row in table.drivers.to_dict("records"):
            yield Value(f"gained without {row['id']}", float(row["finish_days"]), "days of the end", name)
            yield Value(f"gained without {row['id']}", float(row["expected_undetected"]), ATTEMPTS, name)


def dates(judged: Judged, item: str) -> Iterator[Value]:
    """Yield when an item operates: by the plan, by the schedule, in half and in eight of ten draws."""
    frame = judged.prog["activity"]
    for name, own in frame[frame["item_id"] == item].groupby("plan_id"):
        last = own.sort_values(["finish", "id"]).iloc[-1]
        due = own["due"].dropna()
        yield Value("the plan has it operate", _day(due.max() if len(due) else None), DAY, str(name))
        yield Value("the schedule has it operate", _day(last["finish"]), DAY, str(name))
        for column, what in (("finish_p50", "in half of the draws"), ("finish_p80", "in eight of ten draws")):
            known = own[column].dropna()
            yield Value(what, _day(known.max() if len(known) else None), DAY, str(name))


def delay(judged: Judged, item: str) -> Iterator[Value]:
    """Yield what an item costs in security when it alone is late, by months."""
    for name in _plans(judged, ""):
        frame = _scheduled(judged, name).delay
        for row in frame[frame["item_id"] == item].sort_values("months_late").to_dict("records"):
            months = int(row["months_late"])
            yield Value(f"late by {months} months", float(row["expected_undetected"]), ATTEMPTS, name)


def _plans(judged: Judged, plan: str) -> list[str]:
    """Return the plan of this name, or all that have a schedule."""
    return [plan] if plan else sorted(set(judged.prog["activity"]["plan_id"]))


def _scheduled(judged: Judged, plan: str) -> Scheduled:
    found = stored_schedule(judged.prepared, plan)
    if found is None:
        raise SpecError(
            f"plan {plan}: the programme holds no schedule of it. Run `sarhad schedule` with this plan."
        )
    return found


def _drawn(judged: Judged, plan: str) -> Timetable:
    """Return the schedule with its risk, drawn as `report` draws it."""
    scheduled = _scheduled(judged, plan)
    assessed: Assessed = assess(scheduled, iterations=DRAWS, seed=SEED, exact=EXACT)
    return timetable(scheduled, assessed)


def _day(day: Any) -> str | None:
    return None if day is None or pd.isna(day) else pd.Timestamp(str(day)).date().isoformat()
