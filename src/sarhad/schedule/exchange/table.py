"""Schedules as CSV: one row a task, links and resources written out; read and written."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

from sarhad.errors import StoreError
from sarhad.schedule.exchange.model import (
    CONSTRAINTS,
    LINK_TYPES,
    Assignment,
    Exchanged,
    Link,
    Resource,
    Task,
)
from sarhad.schedule.exchange.xml import day
from sarhad.schedule.project import LinkType

DATES = (
    "start", "finish", "baseline_start", "baseline_finish", "actual_start", "actual_finish", "constraint_date",
    "deadline",
)  # fmt: skip
NUMBERS = ("percent_complete", "total_float_days", "cost")
COLUMNS = ("id", "name", "wbs", "duration_days", "predecessors", "resources", "constraint", *DATES, *NUMBERS)
LINK = re.compile(
    r"(?P<before>.+?)(?:\s+(?P<type>FS|SS|FF|SF))?"
    r"(?:(?:(?<=\s(?:FS|SS|FF|SF))|\s)\s*(?P<lag>[+-]\s*(?:\d+(?:\.\d*)?|\.\d+))\s*(?P<unit>ed|d)?)?"
)


def read_table(path: Path) -> Exchanged:
    """Return the schedule of a CSV file; only `id`, `name` and `duration_days` must be there.

    `predecessors` holds ``A1; B2 SS +3; C FS +7ed`` (ed: elapsed days), `resources` holds ``Crew 2; Crane``. A table has no calendars: all days
    from Monday to Friday work.

    Raises
    ------
    StoreError
        With row, column, value and remedy of every fault.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"{path}: cannot be read as a table ({error}). Save it as CSV in UTF-8.") from None
    missing = [c for c in ("id", "name", "duration_days") if c not in columns]
    if missing:
        raise StoreError(
            f"{path}: lacks the columns {', '.join(missing)}. Columns that are read: {', '.join(COLUMNS)}."
        )
    faults: list[str] = []
    tasks, links, held = [], list[Link](), list[tuple[str, str, float]]()
    for number, row in enumerate(rows, start=2):
        where = f"{path}:{number}"
        tasks.append(_task(row, where, faults))
        links += _links(row, where, faults)
        held += _held(row, where, faults)
    begin = min((t.start or t.baseline_start or t.actual_start or date.max for t in tasks), default=date.max)
    if tasks and begin == date.max:
        faults.append(f"{path}: no task has a start. Give the column start at least for the first task.")
    if faults:
        raise StoreError("\n".join(faults))
    names = sorted({name for _, name, _ in held})
    most = {name: sum(u for _, n, u in held if n == name) for name in names}
    return Exchanged(
        name=path.stem,
        begin=begin,
        tasks=tuple(tasks),
        links=tuple(links),
        resources=tuple(Resource(name, name, most[name]) for name in names),
        assignments=tuple(Assignment(*entry) for entry in held),
    )


def _task(row: dict[str, str], where: str, faults: list[str]) -> Task:
    """Return the task of a row; what cannot be read is noted and left out."""

    def number(column: str, default: float | None) -> float | None:
        value = (row.get(column) or "").strip()
        try:
            return float(value) if value else default
        except ValueError:
            faults.append(f"{where}: {column} {value!r} is not a number. Write it as 12.5.")
            return default

    def date_of(column: str) -> date | None:
        value = (row.get(column) or "").strip()
        try:
            return day(value)
        except ValueError:
            faults.append(f"{where}: {column} {value!r} is not a date. Write it as 2025-03-31.")
            return None

    lasts = number("duration_days", None)
    if lasts is None:
        faults.append(f"{where}: duration_days is blank. Give working days, 0 for a milestone.")
    constraint = (row.get("constraint") or "").strip() or "ASAP"
    if constraint not in CONSTRAINTS:
        faults.append(f"{where}: constraint {constraint!r} is none of {', '.join(CONSTRAINTS)}.")
    return Task(
        uid=(row.get("id") or "").strip(),
        name=(row.get("name") or "").strip(),
        wbs=(row.get("wbs") or "").strip(),
        duration_days=lasts or 0.0,
        constraint=constraint,
        percent_complete=number("percent_complete", 0.0) or 0.0,
        total_float_days=number("total_float_days", None),
        cost=number("cost", 0.0) or 0.0,
        start=date_of("start"),
        finish=date_of("finish"),
        baseline_start=date_of("baseline_start"),
        baseline_finish=date_of("baseline_finish"),
        actual_start=date_of("actual_start"),
        actual_finish=date_of("actual_finish"),
        constraint_date=date_of("constraint_date"),
        deadline=date_of("deadline"),
    )


def _parts(row: dict[str, str], column: str) -> list[str]:
    return [part.strip() for part in (row.get(column) or "").split(";") if part.strip()]


def _links(row: dict[str, str], where: str, faults: list[str]) -> list[Link]:
    found = []
    for part in _parts(row, "predecessors"):
        match = LINK.fullmatch(part)
        if match is None:
            faults.append(f"{where}: predecessors {part!r} is not of the form ID, ID SS or ID FS +3.")
            continue
        kind: LinkType = next((t for t in LINK_TYPES if t == match["type"]), "FS")
        lag = float((match["lag"] or "0").replace(" ", ""))
        after = (row.get("id") or "").strip()
        found.append(Link(match["before"].strip(), after, kind, lag, match["unit"] == "ed"))
    return found


def _held(row: dict[str, str], where: str, faults: list[str]) -> list[tuple[str, str, float]]:
    found = []
    for part in _parts(row, "resources"):
        name, _, units = part.rpartition(" ")
        try:
            entry = (name, float(units)) if name else (part, 1.0)
        except ValueError:
            entry = (part, 1.0)
        if entry[1] < 0:
            faults.append(f"{where}: resources {part!r}: negative units. Give 0 or more.")
        found.append(((row.get("id") or "").strip(), *entry))
    return found


def write_table(schedule: Exchanged, path: Path) -> None:
    """Write a schedule as CSV; calendars, capacities, currency and status date have no place in it."""
    name_of = {r.uid: r.name for r in schedule.resources}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for task in schedule.tasks:
            before = [_written(link) for link in schedule.links if link.after == task.uid]
            own = [
                f"{name_of[a.resource]} {a.units:.10g}" for a in schedule.assignments if a.task == task.uid
            ]
            row = {
                column: getattr(task, column) for column in (*DATES, *NUMBERS, "name", "wbs", "duration_days")
            }
            writer.writerow(
                row
                | {"id": task.uid, "predecessors": "; ".join(before), "resources": "; ".join(own)}
                | {"constraint": task.constraint}
            )


def _written(link: Link) -> str:
    lag = f" {link.lag_days:+.10g}{'ed' if link.is_elapsed else ''}" if link.lag_days else ""
    return f"{link.before} {link.type}{lag}"
