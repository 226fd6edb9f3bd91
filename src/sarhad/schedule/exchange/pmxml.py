"""PMXML, the XML form of Primavera P6: read.

References
----------
Oracle, Primavera P6 EPPM XML (PMXML) schema: business objects, durations in hours.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from sarhad.errors import StoreError
from sarhad.schedule.exchange.calendars import WorkCalendar
from sarhad.schedule.exchange.faults import Faults
from sarhad.schedule.exchange.model import Assignment, Exchanged, Link, Resource, Task
from sarhad.schedule.exchange.xml import number, text, when
from sarhad.schedule.project import LinkType

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ENDS: dict[str, LinkType] = {
    "Finish to Start": "FS", "Start to Start": "SS", "Finish to Finish": "FF", "Start to Finish": "SF",
}  # fmt: skip
CONSTRAINTS = {
    "": "ASAP", "As Late As Possible": "ALAP", "Start On": "MSO", "Mandatory Start": "MSO",
    "Finish On": "MFO", "Mandatory Finish": "MFO", "Start On or After": "SNET",
    "Start On or Before": "SNLT", "Finish On or After": "FNET", "Finish On or Before": "FNLT",
}  # fmt: skip
LEFT_OUT = ("WBS Summary",)


def from_root(root: Element, path: Path) -> Exchanged:
    """Return the schedule below a PMXML root."""
    project = root.find("Project")
    if project is None:
        raise StoreError(f"{path}: holds no Project. Export the project, not only codes or resources.")
    faults = Faults(path)
    calendars = _calendars([*root.findall("Calendar"), *project.findall("Calendar")], faults)
    hours = {c.uid: c.hours_per_day for c in calendars}
    own = text(project, "ActivityDefaultCalendarObjectId")
    paths = _paths(project)
    baseline = {text(e, "Id"): e for e in root.findall("BaselineProject/Activity") if text(e, "Id")}
    elements = [e for e in project.findall("Activity") if text(e, "Type") not in LEFT_OUT]
    hours_of = {text(e, "ObjectId"): hours.get(text(e, "CalendarObjectId"), 8.0) for e in elements}
    tasks = faults.read(
        "Activity",
        lambda e: text(e, "Id"),
        elements,
        lambda e: _task(e, hours_of[text(e, "ObjectId")], paths, baseline.get(text(e, "Id"))),
    )
    links = faults.read(
        "Relationship", _object, project.findall("Relationship"), lambda e: _link(e, hours_of)
    )
    begin = when(project, "PlannedStartDate") or min((t.start for t in tasks if t.start), default=None)
    if begin is None:
        faults.found.append(f"{path}: PlannedStartDate: missing, and no activity has one. Give the begin.")
    faults.raise_all()
    assert begin is not None
    inside = {t.uid for t in tasks}
    return Exchanged(
        name=text(project, "Name", path.stem),
        begin=begin,
        tasks=tuple(tasks),
        links=tuple(link for link in links if {link.before, link.after} <= inside),
        calendars=tuple(calendars),
        resources=tuple(_resources(root)),
        assignments=tuple(_assignments(root, project, inside)),
        calendar=own if own in hours else "",
        currency=text(root, "Currency/Id"),
        status=when(project, "DataDate"),
    )


def _paths(project: Element) -> dict[str, str]:
    """Return the place of each node of the work breakdown structure, codes joined by dots."""
    nodes = {text(e, "ObjectId"): e for e in project.findall("WBS")}

    def place(uid: str, depth: int = 0) -> str:
        node = nodes.get(uid)
        if node is None or depth > len(nodes):
            return ""
        above = place(text(node, "ParentObjectId"), depth + 1)
        return f"{above}.{text(node, 'Code')}" if above else text(node, "Code")

    return {uid: place(uid) for uid in nodes}


def _task(element: Element, hours: float, paths: dict[str, str], baseline: Element | None) -> Task:
    is_milestone = text(element, "Type") in ("Start Milestone", "Finish Milestone")
    constraint = CONSTRAINTS[text(element, "PrimaryConstraintType")]
    slack = text(element, "TotalFloat")
    return Task(
        uid=text(element, "ObjectId"),
        name=text(element, "Name"),
        wbs=paths.get(text(element, "WBSObjectId"), ""),
        duration_days=0.0 if is_milestone else number(element, "PlannedDuration") / hours,
        calendar=text(element, "CalendarObjectId"),
        start=when(element, "StartDate") or when(element, "PlannedStartDate"),
        finish=when(element, "FinishDate") or when(element, "PlannedFinishDate"),
        baseline_start=None if baseline is None else when(baseline, "PlannedStartDate"),
        baseline_finish=None if baseline is None else when(baseline, "PlannedFinishDate"),
        actual_start=when(element, "ActualStartDate"),
        actual_finish=when(element, "ActualFinishDate"),
        percent_complete=100.0 * number(element, "PercentComplete"),
        constraint=constraint,
        constraint_date=None if constraint in ("ASAP", "ALAP") else when(element, "PrimaryConstraintDate"),
        total_float_days=float(slack) / hours if slack else None,
        cost=number(element, "PlannedTotalCost"),
    )


def _calendars(elements: list[Element], faults: Faults) -> list[WorkCalendar]:
    return faults.read("Calendar", _object, elements, _calendar)


def _calendar(element: Element) -> WorkCalendar:
    week = [False] * 7
    for entry in element.findall("StandardWorkWeek/StandardWorkHours"):
        name = text(entry, "DayOfWeek")
        if name in DAYS:
            week[DAYS.index(name)] = entry.find("WorkTime/Start") is not None
    exceptions: dict[date, bool] = {}
    for entry in element.findall("HolidayOrExceptions/HolidayOrException"):
        when_ = when(entry, "Date")
        if when_ is not None:
            exceptions[when_] = entry.find("WorkTime/Start") is not None
    hours = number(element, "HoursPerDay", 8.0) or 8.0
    return WorkCalendar(text(element, "ObjectId"), text(element, "Name"), tuple(week), exceptions, hours)


def _object(element: Element) -> str:
    return text(element, "ObjectId")


def _link(element: Element, hours: dict[str, float]) -> Link:
    after = text(element, "SuccessorActivityObjectId")
    lag = number(element, "Lag") / hours.get(after, 8.0)
    kind = ENDS[text(element, "Type", "Finish to Start")]
    return Link(text(element, "PredecessorActivityObjectId"), after, kind, lag)


def _resources(root: Element) -> list[Resource]:
    """Return the resources, as many units as their latest rate says, else they themselves."""
    rates = sorted(root.findall("ResourceRate"), key=lambda e: text(e, "EffectiveDate"))
    units = {text(e, "ResourceObjectId"): number(e, "MaxUnitsPerTime") for e in rates}
    return [
        Resource(
            text(e, "ObjectId"),
            text(e, "Name"),
            units.get(text(e, "ObjectId")) or number(e, "MaxUnitsPerTime") or 1.0,
            text(e, "ResourceType", "Labor") != "Material",
        )
        for e in root.findall("Resource")
    ]


def _assignments(root: Element, project: Element, inside: set[str]) -> list[Assignment]:
    known = {text(e, "ObjectId") for e in root.findall("Resource")}
    return [
        Assignment(
            text(e, "ActivityObjectId"),
            text(e, "ResourceObjectId"),
            number(e, "PlannedUnitsPerTime", 1.0),
        )
        for e in project.findall("ResourceAssignment")
        if text(e, "ResourceObjectId") in known and text(e, "ActivityObjectId") in inside
    ]
