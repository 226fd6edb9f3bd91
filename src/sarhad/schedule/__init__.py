"""On time: activities, calendars, a schedule that can be carried out, and its risk."""

from sarhad.schedule.project import Project, assemble
from sarhad.schedule.result import ScheduleProgress, ScheduleResult, SequenceSpec
from sarhad.schedule.sequencing import sequence
from sarhad.schedule.verify import breaches

__all__ = [
    "Project",
    "ScheduleProgress",
    "ScheduleResult",
    "SequenceSpec",
    "assemble",
    "breaches",
    "sequence",
]
