"""Schedules made elsewhere: MSPDI, XER, PMXML and CSV in, MSPDI, CSV and iCalendar out, and a gate for their quality."""

from sarhad.schedule.exchange.calendars import WorkCalendar
from sarhad.schedule.exchange.files import SUFFIXES, read_exchanged, read_project, write_exchanged
from sarhad.schedule.exchange.gate import Finding, quality
from sarhad.schedule.exchange.model import (
    Assignment,
    Exchanged,
    Link,
    Resource,
    Task,
)

__all__ = [
    "SUFFIXES",
    "Assignment",
    "Exchanged",
    "Finding",
    "Link",
    "Resource",
    "Task",
    "WorkCalendar",
    "quality",
    "read_exchanged",
    "read_project",
    "write_exchanged",
]
