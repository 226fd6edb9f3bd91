"""Milestones and decision deadlines as iCalendar (RFC 5545), for the calendars of the people who must act."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from icalendar import Alarm, Calendar, Event

from sarhad.schedule.exchange.model import Exchanged, Task

DAYS_BEFORE = 14  # of the reminder of a deadline


def write_icalendar(schedule: Exchanged, path: Path) -> None:
    """Write an all-day event for every milestone and every deadline; deadlines remind two weeks before."""
    calendar = Calendar()
    calendar.add("prodid", "-//sarhad//schedule//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", schedule.name)
    for task in schedule.tasks:
        if task.is_milestone and (task.finish or task.start):
            calendar.add_component(_event(schedule, task, "milestone"))
        if task.deadline is not None:
            calendar.add_component(_event(schedule, task, "deadline"))
    path.write_bytes(calendar.to_ical())


def _event(schedule: Exchanged, task: Task, kind: str) -> Event:
    """Return the event; its id and stamp depend on the schedule alone, so that the file is the same again."""
    event, when = Event(), task.deadline if kind == "deadline" else task.finish or task.start
    assert when is not None
    event.add(
        "uid", hashlib.sha256(f"{schedule.name} {task.uid} {kind}".encode()).hexdigest()[:32] + "@sarhad"
    )
    stamp = schedule.status or schedule.begin
    event.add("dtstamp", datetime(stamp.year, stamp.month, stamp.day, tzinfo=UTC))
    event.add("dtstart", when)
    event.add("dtend", when + timedelta(days=1))
    event.add("summary", task.name if kind == "milestone" else f"Deadline: {task.name}")
    if task.wbs:
        event.add("description", task.wbs)
    if kind == "deadline":
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", task.name)
        alarm.add("trigger", timedelta(days=-DAYS_BEFORE))
        event.add_component(alarm)
    return event
