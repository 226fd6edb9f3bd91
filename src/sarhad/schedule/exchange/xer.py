"""XER, the text form of Primavera P6: read.

A file is tables of tab-separated rows: ``%T`` names a table, ``%F`` its fields, ``%R`` is a row, ``%E`` the end.

References
----------
Oracle, Primavera P6 import/export data map (XER); calendars hold Excel day numbers, counted from 1899-12-30.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from sarhad.errors import StoreError
from sarhad.schedule.exchange.calendars import WorkCalendar
from sarhad.schedule.exchange.faults import Faults
from sarhad.schedule.exchange.model import Assignment, Exchanged, Link, Resource, Task
from sarhad.schedule.exchange.xml import day
from sarhad.schedule.project import LinkType

Row = dict[str, str]
ENDS: dict[str, LinkType] = {"PR_FS": "FS", "PR_SS": "SS", "PR_FF": "FF", "PR_SF": "SF"}
CONSTRAINTS = {
    "": "ASAP", "CS_ALAP": "ALAP", "CS_MSO": "MSO", "CS_MEO": "MFO", "CS_MANDSTART": "MSO", "CS_MANDFIN": "MFO",
    "CS_MSOA": "SNET", "CS_MSOB": "SNLT", "CS_MEOA": "FNET", "CS_MEOB": "FNLT",
}  # fmt: skip
MILESTONES = ("TT_Mile", "TT_FinMile")
LEFT_OUT = ("TT_WBS",)
ZERO = date(1899, 12, 30)
MANY_CYRILLIC = 0.5  # share of high bytes beside another one from which a file is taken for Cyrillic


def read_xer(path: Path) -> Exchanged:
    """Return the schedule of the first project in an XER file.

    Raises
    ------
    StoreError
        If the file is cut off, is not of its form, or a value cannot be read.
    """
    tables = _tables(_decode(path), path)
    missing = [name for name in ("PROJECT", "TASK") if not tables.get(name)]
    if missing:
        raise StoreError(f"{path}: holds no rows of {' and '.join(missing)}. Export the whole project.")
    project = tables["PROJECT"][0]
    mine = [
        r
        for r in tables["TASK"]
        if r.get("proj_id") == project.get("proj_id") and r.get("task_type") not in LEFT_OUT
    ]
    faults = Faults(path)
    calendars = faults.read("CALENDAR", _named("clndr_id"), tables.get("CALENDAR", []), _calendar)
    hours = {c.uid: c.hours_per_day for c in calendars}
    places = _places(tables.get("PROJWBS", []))
    cost: dict[str, float] = {}
    for row in tables.get("TASKRSRC", []):
        cost[row["task_id"]] = cost.get(row["task_id"], 0.0) + float(row.get("target_cost") or 0)
    tasks = faults.read("TASK", _named("task_code"), mine, lambda row: _task(row, hours, places, cost))
    inside = {t.uid for t in tasks}
    of_task = {r.get("task_id", ""): hours.get(r.get("clndr_id", ""), 8.0) for r in mine}
    links = faults.read(
        "TASKPRED", _named("task_pred_id"), tables.get("TASKPRED", []), lambda row: _link(row, of_task)
    )
    known = {r["rsrc_id"]: r for r in tables.get("RSRC", [])}
    held = [r for r in tables.get("TASKRSRC", []) if r.get("rsrc_id") in known and r.get("task_id") in inside]
    assignments = faults.read("TASKRSRC", _named("taskrsrc_id"), held, _assignment)
    capacity = _capacities(tables.get("RSRCRATE", []), assignments)
    resources = [
        Resource(
            uid, r.get("rsrc_name", uid), capacity.get(uid, 1.0), r.get("rsrc_type", "RT_Labor") != "RT_Mat"
        )
        for uid, r in known.items()
    ]
    begin = day(project.get("plan_start_date", "")) or min((t.start for t in tasks if t.start), default=None)
    if begin is None:
        faults.found.append(
            f"{path}: PROJECT plan_start_date: missing, and no task has a start. Give the begin."
        )
    faults.raise_all()
    assert begin is not None
    return Exchanged(
        name=project.get("proj_short_name") or path.stem,
        begin=begin,
        tasks=tuple(tasks),
        links=tuple(link for link in links if {link.before, link.after} <= inside),
        calendars=tuple(calendars),
        resources=tuple(resources),
        assignments=tuple(assignments),
        calendar=project.get("clndr_id", "") if project.get("clndr_id", "") in hours else "",
        currency=next((r.get("curr_short_name", "") for r in tables.get("CURRTYPE", [])), ""),
        status=day(project.get("last_recalc_date", "")),
    )


def _named(key: str) -> Callable[[Row], str]:
    """Return what names a row in a message."""
    return lambda row: row.get(key, "")


def _decode(path: Path) -> str:
    """Return the text: UTF-8 where it is, else the Windows code page that its letters speak for."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error}). Give a file that is there.") from None
    if not raw.startswith((b"ERMHDR", b"\xef\xbb\xbfERMHDR")):
        raise StoreError(f"{path}: does not begin with ERMHDR. Give an XER file as Primavera exports it.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        high = [k for k, byte in enumerate(raw) if byte >= 0xC0]
        beside = sum(1 for k, n in pairwise(high) if n == k + 1)
        page = "cp1251" if beside > MANY_CYRILLIC * len(high) else "cp1252"
        return raw.decode(page, errors="replace")


def _tables(text: str, path: Path) -> dict[str, list[Row]]:
    """Return the rows of each table."""
    tables: dict[str, list[Row]] = {}
    fields: list[str] = []
    rows: list[Row] = []
    is_whole, faults = False, []
    for number, line in enumerate(text.splitlines(), start=1):
        mark, _, rest = line.partition("\t")
        if mark == "%T":
            rows = tables.setdefault(rest.strip(), [])
        elif mark == "%F":
            fields = rest.rstrip("\t").split("\t")
        elif mark == "%R":
            values = rest.split("\t")
            if len(values) < len(fields):
                faults.append(
                    f"{path}:{number}: {len(values)} values for {len(fields)} fields. Export it again."
                )
            rows.append(dict(zip(fields, values, strict=False)))
        elif mark == "%E":
            is_whole = True
    if not is_whole:
        faults.append(f"{path}: does not end in %E, so it was cut off. Export it again.")
    if faults:
        raise StoreError("\n".join(faults))
    return tables


def _places(rows: list[Row]) -> dict[str, str]:
    """Return the place of each node of the work breakdown structure, codes joined by dots."""
    nodes = {r["wbs_id"]: r for r in rows}
    places: dict[str, str] = {}
    for uid in nodes:
        codes, at, seen = [], uid, set[str]()
        while at in nodes and at not in seen:
            seen.add(at)
            codes.append(nodes[at].get("wbs_short_name", ""))
            at = nodes[at].get("parent_wbs_id", "")
        places[uid] = ".".join(reversed(codes))
    return places


def _task(row: Row, hours: dict[str, float], places: dict[str, str], cost: dict[str, float]) -> Task:
    a_day = hours.get(row.get("clndr_id", ""), 8.0)
    slack = row.get("total_float_hr_cnt", "")
    constraint = CONSTRAINTS[row.get("cstr_type", "")]
    is_milestone = row.get("task_type") in MILESTONES
    return Task(
        uid=row["task_id"],
        name=row.get("task_name") or row.get("task_code", ""),
        wbs=places.get(row.get("wbs_id", ""), ""),
        duration_days=0.0 if is_milestone else float(row.get("target_drtn_hr_cnt") or "nan") / a_day,
        calendar=row.get("clndr_id", ""),
        start=day(row.get("early_start_date", "")) or day(row.get("target_start_date", "")),
        finish=day(row.get("early_end_date", "")) or day(row.get("target_end_date", "")),
        baseline_start=day(row.get("target_start_date", "")),
        baseline_finish=day(row.get("target_end_date", "")),
        actual_start=day(row.get("act_start_date", "")),
        actual_finish=day(row.get("act_end_date", "")),
        percent_complete=_percent(row),
        constraint=constraint,
        constraint_date=None if constraint in ("ASAP", "ALAP") else day(row.get("cstr_date", "")),
        total_float_days=float(slack) / a_day if slack else None,
        cost=cost.get(row["task_id"], 0.0),
    )


def _percent(row: Row) -> float:
    """Return the share done in per cent, by duration, units or judgement as the row says."""
    if row.get("act_end_date"):
        return 100.0
    kind = row.get("complete_pct_type") or "CP_Phys"
    if kind == "CP_Phys":
        return float(row.get("phys_complete_pct") or 0)
    if kind == "CP_Drtn":
        left, whole = _sum(row, "remain_drtn_hr_cnt"), _sum(row, "target_drtn_hr_cnt")
    else:
        left = _sum(row, "remain_work_qty", "remain_equip_qty")
        whole = left + _sum(row, "act_work_qty", "act_equip_qty")
    return 100.0 * min(max(1.0 - left / whole, 0.0), 1.0) if whole > 0 else 0.0


def _sum(row: Row, *names: str) -> float:
    return sum(float(row.get(name) or 0) for name in names)


def _assignment(row: Row) -> Assignment:
    return Assignment(row["task_id"], row["rsrc_id"], float(row.get("target_qty_per_hr") or 1.0))


def _capacities(rates: list[Row], assignments: list[Assignment]) -> dict[str, float]:
    """Return the units of each resource: as its rates say, else as many as one task holds at most, 1 at least."""
    most: dict[str, float] = {}
    for a in assignments:
        most[a.resource] = max(most.get(a.resource, 1.0), a.units)
    stated = {r["rsrc_id"]: float(r["max_qty_per_hr"]) for r in rates if r.get("max_qty_per_hr")}
    return most | stated


def _link(row: Row, hours: dict[str, float]) -> Link:
    lag = float(row.get("lag_hr_cnt") or 0) / hours.get(row["task_id"], 8.0)
    return Link(row["pred_task_id"], row["task_id"], ENDS[row.get("pred_type") or "PR_FS"], lag)


def _calendar(row: Row) -> WorkCalendar:
    """Return a calendar from the nested brackets of its data: days of the week, then exceptions by day number."""
    data = row.get("clndr_data", "")
    week_part, _, rest = data.partition("Exceptions")
    week = [False] * 7
    entries = _entries(r"\(0\|\|([1-7])\(\)", week_part)
    for number, own in entries:
        week[(number - 2) % 7] = "s|" in own
    days = _entries(r"\(d\|(\d+)\)", rest)
    exceptions = {ZERO + timedelta(days=number): "s|" in own for number, own in days}
    hours = float(row.get("day_hr_cnt") or 8) or 8.0
    if not entries:
        week = [True, True, True, True, True, False, False]
    return WorkCalendar(row["clndr_id"], row.get("clndr_name", ""), tuple(week), exceptions, hours)


def _entries(pattern: str, text: str) -> list[tuple[int, str]]:
    """Return the number of each place where a pattern stands, and what follows up to the next."""
    found = list(re.finditer(pattern, text))
    ends = [*(entry.start() for entry in found[1:]), len(text)]
    return [(int(entry.group(1)), text[entry.end() : end]) for entry, end in zip(found, ends, strict=False)]
