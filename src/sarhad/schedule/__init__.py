"""On time: activities, calendars, a schedule that can be carried out, and its risk."""

from sarhad.schedule.project import Project, assemble
from sarhad.schedule.result import ScheduleProgress, ScheduleResult, SequenceSpec
from sarhad.schedule.risk import (
    Baseline,
    Draws,
    Driver,
    Risk,
    Simulation,
    Stoppage,
    ThreePoint,
    Weather,
    rank_drivers,
    simulate,
)
from sarhad.schedule.sequencing import sequence
from sarhad.schedule.verify import breaches

__all__ = [
    "Baseline",
    "Draws",
    "Driver",
    "Project",
    "Risk",
    "ScheduleProgress",
    "ScheduleResult",
    "SequenceSpec",
    "Simulation",
    "Stoppage",
    "ThreePoint",
    "Weather",
    "assemble",
    "breaches",
    "rank_drivers",
    "sequence",
    "simulate",
]
