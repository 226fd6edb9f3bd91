"""MSPDI, the XML form of Microsoft Project: read and written.

References
----------
Microsoft, Project XML Data Interchange schema (mspdi_pj12): element names, codes of types, tenths of minutes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from sarhad.schedule.exchange.calendars import WEEK, WorkCalendar, span
from sarhad.schedule.exchange.faults import Faults
from sarhad.schedule.exchange.model import CONSTRAINTS, Assignment, Exchanged, Link, Resource, Task
from sarhad.schedule.exchange.xml import number, text, when
from sarhad.schedule.project import LinkType

NAMESPACE = "http://schemas.microsoft.com/project"
TYPES: tuple[LinkType, ...] = ("FF", "FS", "SF", "SS")  # by their code
NO_CALENDAR = "-1"
TEXT1, OWN = "188743731", "id "  # field that keeps an id which is no number, and how its value begins
OF_FINISH = ("MFO", "FNET", "FNLT")  # constraints whose date is that of the end of a day
TENTHS_A_DAY = 4800.0  # of a minute, for eight hours
TENTHS_AN_ELAPSED_DAY = 14400.0
PERCENT_FORMATS = {"19", "20", "51", "52"}  # lags in per cent of the duration of the task before
ELAPSED_FORMATS = {"4", "6", "8", "10", "12", "36", "38", "40", "42", "44"}


def is_mspdi(root: Element) -> bool:
    """Tell whether an XML root is that of an MSPDI file."""
    return root.tag == "Project" and root.find("Tasks") is not None


def from_root(root: Element, path: Path) -> Exchanged:
    """Return the schedule below an MSPDI root."""
    faults = Faults(path)
    hours = number(root, "MinutesPerDay", 480.0) / 60.0
    calendars = _calendars(root, hours, faults)
    hours_of = {c.uid: c.hours_per_day for c in calendars}
    own = text(root, "CalendarUID")
    elements = [e for e in root.findall("Tasks/Task") if _is_task(e)]
    tasks = faults.read(
        "Task", _uid, elements, lambda e: _task(e, hours_of.get(text(e, "CalendarUID"), hours))
    )
    durations = {task.uid: task.duration_days for task in tasks}
    ends = [(e, text(element, "UID")) for element in elements for e in element.findall("PredecessorLink")]
    links = faults.read("Task", lambda end: end[1], ends, lambda end: _link(*end, durations, hours))
    resources = [
        Resource(text(e, "UID"), text(e, "Name"), number(e, "MaxUnits", 1.0), text(e, "Type", "1") == "1")
        for e in root.findall("Resources/Resource")
        if text(e, "Name")
    ]
    named, inside = {r.uid for r in resources}, set(durations)
    assignments = [
        Assignment(text(e, "TaskUID"), text(e, "ResourceUID"), number(e, "Units", 1.0))
        for e in root.findall("Assignments/Assignment")
        if text(e, "ResourceUID") in named and text(e, "TaskUID") in inside
    ]
    begin = when(root, "StartDate") or min((t.start for t in tasks if t.start), default=None)
    if begin is None:
        faults.found.append(
            f"{path}: StartDate: missing, and no task has a Start. Give the date of the begin."
        )
    faults.raise_all()
    assert begin is not None
    ids = {text(e, "UID"): _own_id(e) for e in elements}
    return _renamed(
        Exchanged(
            name=text(root, "Title") or text(root, "Name", path.stem),
            begin=begin,
            tasks=tuple(tasks),
            links=tuple(links),
            calendars=tuple(calendars),
            resources=tuple(resources),
            assignments=tuple(assignments),
            calendar=own if own in hours_of else "",
            currency=text(root, "CurrencyCode"),
            status=when(root, "StatusDate"),
        ),
        ids,
    )


def _own_id(element: Element) -> str:
    """Return the id that this package gave a task, kept in its first text field, else its number."""
    for entry in element.findall("ExtendedAttribute"):
        if text(entry, "FieldID") == TEXT1 and text(entry, "Value").startswith(OWN):
            return text(entry, "Value").removeprefix(OWN)
    return text(element, "UID")


def _renamed(schedule: Exchanged, task: dict[str, str]) -> Exchanged:
    """Return the schedule with other ids of its tasks."""
    return replace(
        schedule,
        tasks=tuple(replace(t, uid=task[t.uid]) for t in schedule.tasks),
        links=tuple(
            replace(k, before=task.get(k.before, k.before), after=task[k.after]) for k in schedule.links
        ),
        assignments=tuple(replace(a, task=task[a.task]) for a in schedule.assignments),
    )


def _numbered(schedule: Exchanged) -> Exchanged:
    """Return the schedule with numbers for ids, as the form asks for, where they are none."""
    task = _numbers([t.uid for t in schedule.tasks])
    kept, calendar = (
        _numbers([r.uid for r in schedule.resources]),
        _numbers([c.uid for c in schedule.calendars]),
    )
    named = _renamed(schedule, task)
    return replace(
        named,
        tasks=tuple(replace(t, calendar=calendar.get(t.calendar, "")) for t in named.tasks),
        calendar=calendar.get(schedule.calendar, ""),
        calendars=tuple(replace(c, uid=calendar[c.uid]) for c in schedule.calendars),
        resources=tuple(replace(r, uid=kept[r.uid]) for r in schedule.resources),
        assignments=tuple(replace(a, resource=kept[a.resource]) for a in named.assignments),
    )


def _numbers(uids: list[str]) -> dict[str, str]:
    are_numbers = all(uid.isdecimal() for uid in uids)
    return {uid: uid if are_numbers else str(k) for k, uid in enumerate(uids, start=1)}


def _is_task(element: Element) -> bool:
    """Tell whether a row is work: not a summary, not blank, not switched off."""
    flags = {name: text(element, name) for name in ("Summary", "IsNull", "Active", "ExternalTask")}
    return (
        flags["Summary"] != "1"
        and flags["IsNull"] != "1"
        and flags["Active"] != "0"
        and flags["ExternalTask"] != "1"
    )


def _task(element: Element, hours: float) -> Task:
    calendar = text(element, "CalendarUID", NO_CALENDAR)
    baseline = next((b for b in element.findall("Baseline") if text(b, "Number", "0") == "0"), None)
    slack = text(element, "TotalSlack")
    constraint = CONSTRAINTS[int(text(element, "ConstraintType", "0"))]
    return Task(
        uid=text(element, "UID"),
        name=text(element, "Name"),
        wbs=text(element, "WBS"),
        duration_days=_hours(text(element, "Duration", "PT0H0M0S")) / hours,
        calendar="" if calendar == NO_CALENDAR else calendar,
        start=when(element, "Start"),
        finish=when(element, "Finish"),
        baseline_start=None if baseline is None else when(baseline, "Start"),
        baseline_finish=None if baseline is None else when(baseline, "Finish"),
        actual_start=when(element, "ActualStart"),
        actual_finish=when(element, "ActualFinish"),
        percent_complete=number(element, "PercentComplete"),
        constraint=constraint,
        constraint_date=None if constraint in ("ASAP", "ALAP") else when(element, "ConstraintDate"),
        deadline=when(element, "Deadline"),
        total_float_days=float(slack) / (hours * 600.0) if slack else None,
        cost=number(element, "Cost") / 100.0,
    )


def _hours(value: str) -> float:
    """Return the hours of a duration such as PT40H30M0S."""
    found = re.fullmatch(r"(-?)P(?:(\d+)D)?T?(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?", value)
    if found is None:
        raise ValueError(f"duration {value!r} is not of the form PT8H0M0S")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups()[1:])
    total = 24 * days + hours + minutes / 60 + seconds / 3600
    return -total if found.group(1) else total


def _link(element: Element, after: str, durations: dict[str, float], hours: float) -> Link:
    before = text(element, "PredecessorUID")
    lag, unit = number(element, "LinkLag"), text(element, "LagFormat", "7")
    if unit in PERCENT_FORMATS:
        days = durations.get(before, 0.0) * lag / 100.0
    elif unit in ELAPSED_FORMATS:
        days = lag / TENTHS_AN_ELAPSED_DAY
    else:
        days = lag / (hours * 600.0)
    return Link(before, after, TYPES[int(text(element, "Type", "1"))], days, unit in ELAPSED_FORMATS)


def _calendars(root: Element, hours: float, faults: Faults) -> list[WorkCalendar]:
    """Return the base calendars, and those that build on one of them."""
    found: dict[str, WorkCalendar] = {}

    def read(element: Element) -> None:
        base = found.get(text(element, "BaseCalendarUID"))
        week = list(base.week if base else WEEK)
        exceptions = dict(base.exceptions) if base else {}
        for entry in element.findall("WeekDays/WeekDay"):
            works = text(entry, "DayWorking") == "1"
            kind = int(text(entry, "DayType", "0"))
            if kind:
                week[(kind - 2) % 7] = works
            else:
                exceptions |= dict.fromkeys(_period(entry), works)
        for entry in element.findall("Exceptions/Exception"):
            exceptions |= dict.fromkeys(_period(entry), text(entry, "DayWorking") == "1")
        uid = text(element, "UID")
        found[uid] = WorkCalendar(uid, text(element, "Name"), tuple(week), exceptions, hours)

    faults.read("Calendar", _uid, root.findall("Calendars/Calendar"), read)
    return list(found.values())


def _uid(element: Element) -> str:
    return text(element, "UID")


def _period(element: Element) -> list[date]:
    period = element.find("TimePeriod")
    first = None if period is None else when(period, "FromDate")
    last = None if period is None else when(period, "ToDate")
    return [] if first is None or last is None else span(first, last)


def write_mspdi(schedule: Exchanged, path: Path) -> None:
    """Write a schedule as MSPDI, durations and lags in days of eight hours."""
    own, schedule = [task.uid for task in schedule.tasks], _numbered(schedule)
    root = Element("Project", xmlns=NAMESPACE)
    head = {
        "SaveVersion": "14", "Name": path.name, "Title": schedule.name, "ScheduleFromStart": "1",
        "StartDate": _at(schedule.begin, 8), "CalendarUID": schedule.calendar or None,
        "MinutesPerDay": "480", "MinutesPerWeek": "2400", "DaysPerMonth": "20",
        "CurrencyCode": schedule.currency or None, "StatusDate": _at(schedule.status, 17),
    }  # fmt: skip
    _put(root, head)
    calendars = SubElement(root, "Calendars")
    for calendar in schedule.calendars:
        _put_calendar(SubElement(calendars, "Calendar"), calendar)
    tasks = SubElement(root, "Tasks")
    for number_, task in enumerate(schedule.tasks, start=1):
        element = SubElement(tasks, "Task")
        _put_task(element, task, number_)
        for link in (link for link in schedule.links if link.after == task.uid):
            tenths = TENTHS_AN_ELAPSED_DAY if link.is_elapsed else TENTHS_A_DAY
            lag = {
                "LinkLag": f"{round(link.lag_days * tenths)}",
                "LagFormat": "8" if link.is_elapsed else "7",
            }
            code = {"PredecessorUID": link.before, "Type": f"{TYPES.index(link.type)}"}
            _put(SubElement(element, "PredecessorLink"), code | lag)
        if own[number_ - 1] != task.uid:
            named = {"FieldID": TEXT1, "Value": OWN + own[number_ - 1]}
            _put(SubElement(element, "ExtendedAttribute"), named)
        _put_baseline(element, task)
    resources = SubElement(root, "Resources")
    for number_, resource in enumerate(schedule.resources, start=1):
        kind = {"Type": "1" if resource.is_work else "0", "MaxUnits": f"{resource.units:.10g}"}
        _put(
            SubElement(resources, "Resource"),
            {"UID": resource.uid, "ID": f"{number_}", "Name": resource.name} | kind,
        )
    assignments = SubElement(root, "Assignments")
    for number_, a in enumerate(schedule.assignments, start=1):
        ends = {"UID": f"{number_}", "TaskUID": a.task, "ResourceUID": a.resource}
        _put(SubElement(assignments, "Assignment"), ends | {"Units": f"{a.units:.10g}"})
    indent(root)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _put(element: Element, values: dict[str, str | None] | dict[str, str]) -> None:
    """Add children with these texts, in their order; None is left out."""
    for name, value in values.items():
        if value is not None:
            SubElement(element, name).text = value


def _put_task(element: Element, task: Task, number_: int) -> None:
    calendar = task.calendar or NO_CALENDAR
    slack = task.total_float_days
    values = {
        "UID": task.uid, "ID": f"{number_}", "Name": task.name, "WBS": task.wbs or None,
        "Start": _at(task.start, 17 if task.is_milestone else 8), "Finish": _at(task.finish, 17), "Duration": _duration(task.duration_days),
        "RemainingDuration": _duration(_remaining_days(task)), "DurationFormat": "7", "Milestone": "1" if task.is_milestone else "0", "Summary": "0",
        "PercentComplete": f"{task.percent_complete:.10g}", "Cost": f"{round(task.cost * 100)}",
        "CalendarUID": calendar, "ConstraintType": f"{CONSTRAINTS.index(task.constraint)}",
        "ConstraintDate": _at(task.constraint_date, 17 if task.constraint in OF_FINISH else 8),
        "Deadline": _at(task.deadline, 17), "ActualStart": _at(task.actual_start, 8),
        "ActualFinish": _at(task.actual_finish, 17),
        "TotalSlack": None if slack is None else f"{round(slack * TENTHS_A_DAY)}",
    }  # fmt: skip
    _put(element, values)


def _put_baseline(element: Element, task: Task) -> None:
    if task.baseline_start is not None or task.baseline_finish is not None:
        dates = {"Start": _at(task.baseline_start, 8), "Finish": _at(task.baseline_finish, 17)}
        _put(SubElement(element, "Baseline"), {"Number": "0"} | dates)


def _put_calendar(element: Element, calendar: WorkCalendar) -> None:
    _put(
        element,
        {"UID": calendar.uid, "Name": calendar.name, "IsBaseCalendar": "1", "BaseCalendarUID": NO_CALENDAR},
    )
    days = SubElement(element, "WeekDays")
    for kind in range(1, 8):
        entry = SubElement(days, "WeekDay")
        works = calendar.week[(kind - 2) % 7]
        _put(entry, {"DayType": f"{kind}", "DayWorking": "1" if works else "0"})
        _put_hours(entry, works)
    if calendar.exceptions:
        exceptions = SubElement(element, "Exceptions")
        for when_, works in sorted(calendar.exceptions.items()):
            entry = SubElement(exceptions, "Exception")
            _put(SubElement(entry, "TimePeriod"), {"FromDate": _at(when_, 0), "ToDate": f"{when_}T23:59:00"})
            _put(entry, {"DayWorking": "1" if works else "0"})
            _put_hours(entry, works)


def _put_hours(element: Element, works: bool) -> None:
    """Add eight working hours."""
    if works:
        times = SubElement(element, "WorkingTimes")
        for first, last in (("08:00:00", "12:00:00"), ("13:00:00", "17:00:00")):
            _put(SubElement(times, "WorkingTime"), {"FromTime": first, "ToTime": last})


def _remaining_days(task: Task) -> float:
    done = 1.0 if task.actual_finish is not None else min(max(task.percent_complete / 100.0, 0.0), 1.0)
    return task.duration_days * (1.0 - done)


def _duration(days: float) -> str:
    minutes = round(days * 480)
    return f"PT{minutes // 60}H{minutes % 60}M0S"


def _at(day: date | None, hour: int) -> str | None:
    return None if day is None else f"{day}T{hour:02d}:00:00"
