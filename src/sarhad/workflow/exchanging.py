"""`import` and `export`: schedules of other tools in, judged and converted; the schedule of a plan out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sarhad.errors import SpecError
from sarhad.programme import Programme
from sarhad.schedule import exchange
from sarhad.schedule.exchange import Exchanged, WorkCalendar
from sarhad.schedule.zones import Zones, zones
from sarhad.workflow.folders import require_free
from sarhad.workflow.outcome import Outcome, plain

WEEK = 7
EVERY_DAY = WorkCalendar("every day", "Every day", (True,) * WEEK)  # of activities without a calendar
SPARE_DAYS = 366  # for which the calendars are written beyond the last finish


def import_schedule(source: Path, target: Path | None, *, is_replacing: bool) -> Outcome:
    """Read a schedule of another tool, judge it by the 14 points of the field, convert it where a target is given.

    Raises
    ------
    SpecError, StoreError, DataError
        If it cannot be read or written, or contradicts itself.
    RefusedError
        If the target is there and `is_replacing` is false.
    """
    if target is not None:
        require_free(target, source, is_replacing=is_replacing)
    schedule = exchange.read_exchanged(source)
    if target is not None:
        exchange.write_exchanged(schedule, target)
    findings = [asdict(finding) for finding in exchange.quality(schedule)]
    payload = _sizes(schedule, source, target) | {"findings": findings}
    return Outcome(plain(payload), _import_lines)


def export_schedule(source: Path, plan: str, target: Path, *, is_replacing: bool) -> Outcome:
    """Write the schedule that a programme holds of a plan for another tool, or its milestones for a calendar.

    Raises
    ------
    SpecError
        If the programme holds no schedule of that plan, or no file of that kind is written.
    RefusedError
        If the target is there and `is_replacing` is false.
    StoreError
        If it cannot be written.
    """
    require_free(target, source, is_replacing=is_replacing)
    prog = Programme.open(source)
    activity = prog["activity"]
    own = activity[activity["plan_id"] == plan]
    if own.empty:
        raise SpecError(f"--plan {plan}: the programme holds no schedule of it. Run `sarhad schedule` first.")
    schedule = as_exchanged(prog, plan, own)
    exchange.write_exchanged(schedule, target)
    return Outcome(plain(_sizes(schedule, source, target)), _export_lines)


def _sizes(schedule: Exchanged, source: Path, target: Path | None) -> dict[str, Any]:
    counted = {name: len(getattr(schedule, name)) for name in ("tasks", "links", "resources", "calendars")}
    head = {"source": str(source), "target": None if target is None else str(target), "name": schedule.name}
    return head | {"begin": str(schedule.begin)} | counted


def as_exchanged(prog: Programme, plan: str, activity: pd.DataFrame) -> Exchanged:
    """Return the stored schedule of a plan: ids as they are, what an item's date is due as deadline.

    Activities without a calendar run on all days, which other tools do only where the project's calendar says so.
    """
    name_of = prog["activity_template"].set_index("id")["name_en"]
    begin, end = activity["start"].min(), activity["finish"].max()
    known = zones(prog["calendar"], begin, (end - begin).days + SPARE_DAYS)
    tasks = tuple(_task(row, name_of) for row in activity.to_dict("records"))
    links = prog["precedence"][prog["precedence"]["plan_id"] == plan]
    held = prog["assignment"][prog["assignment"]["plan_id"] == plan]
    resource = prog["resource"]
    return Exchanged(
        name=plan,
        begin=begin,
        tasks=tasks,
        links=tuple(
            exchange.Link(r["before_id"], r["after_id"], r["type"], float(r["lag_days"]), is_elapsed=True)
            for r in links.to_dict("records")
        ),
        calendars=(*(_calendar(known, k) for k in range(len(known.ids))), EVERY_DAY),
        resources=tuple(
            exchange.Resource(r["id"], r["name_en"], float(r["capacity"]))
            for r in resource.to_dict("records")
        ),
        assignments=tuple(
            exchange.Assignment(r["activity_id"], r["resource_id"], float(r["units"]))
            for r in held.to_dict("records")
        ),
        calendar=EVERY_DAY.uid,
        currency="USD",
    )


def _task(row: Mapping[Any, Any], name_of: pd.Series[str]) -> exchange.Task:
    """Return an activity as a task; a stored finish is the day after the last one of work."""

    def day(column: str) -> date | None:
        return None if pd.isna(row[column]) else row[column]

    start, finish, duration = row["start"], row["finish"], float(row["duration_days"])
    last = finish - timedelta(days=1) if duration > 0 else finish
    due = day("due")
    parts = [str(row[c]) for c in ("section_id", "measure_id", "item_id") if not pd.isna(row[c])]
    return exchange.Task(
        uid=str(row["id"]),
        name=f"{name_of.get(row['template_id'], row['template_id'])}: {parts[-1] if parts else 'programme'}",
        wbs=".".join(parts),
        duration_days=duration,
        calendar="" if pd.isna(row["calendar_id"]) else str(row["calendar_id"]),
        start=start,
        finish=last,
        baseline_start=start,
        baseline_finish=last,
        deadline=None if due is None else due - timedelta(days=1),
        cost=float(row["cost_usd"]),
    )


def _calendar(known: Zones, k: int) -> WorkCalendar:
    """Return a calendar as its week, and every day that differs from it."""
    week = np.arange(WEEK) < known.days_per_week[k]
    days = np.arange(known.works.shape[1])
    usual = week[(known.begin.weekday() + days) % WEEK]
    other = np.flatnonzero(known.works[k] != usual)
    exceptions = {known.day(int(d)): bool(known.works[k, d]) for d in other}
    return WorkCalendar(known.ids[k], known.ids[k], tuple(week.tolist()), exceptions)


def _export_lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{payload['name']}: {payload['tasks']:,} tasks, {payload['links']:,} links, {payload['resources']} resources, "
        f"{payload['calendars']} calendars from {payload['begin']}"
    )
    if payload["target"]:
        yield f"written to {payload['target']}"


def _import_lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield from _export_lines(payload)
    for finding in payload["findings"]:
        judged = {True: "ok", False: "FAILS", None: "not judged"}[finding["is_passed"]]
        rows = f"  {', '.join(finding['rows'][:5])}" if finding["rows"] else ""
        more = f" and {finding['n_rows'] - 5} more" if finding["n_rows"] > 5 else ""
        value = "-" if finding["is_passed"] is None else f"{finding['value']:.3g}"
        yield (
            f"{finding['number']:>3} {finding['point']:<28} {value:>9}  ({finding['threshold']})  "
            f"{judged}{rows}{more}"
        )
        if finding["remedy"]:
            yield f"      {finding['remedy']}"
