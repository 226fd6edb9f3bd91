"""On time: activities, calendars, a schedule that can be carried out, its risk, and what being late costs in security."""

from sarhad.schedule.capacity import capacity
from sarhad.schedule.expansion import Expanded, expand, require_templates
from sarhad.schedule.pace import Chain, Chains, chains, waits
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
from sarhad.schedule.security import (
    Clock,
    Loss,
    Pool,
    clock_of,
    delay_costs,
    loss_of,
    pool_of,
    pool_values,
    states_of,
    value_of_dates,
    values_of_draws,
)
from sarhad.schedule.sequencing import sequence
from sarhad.schedule.spending import spending
from sarhad.schedule.tables import schedule_tables, stored_result
from sarhad.schedule.uncertainty import as_planned, risk_of
from sarhad.schedule.verify import breaches

__all__ = [
    "Baseline",
    "Chain",
    "Chains",
    "Clock",
    "Draws",
    "Driver",
    "Expanded",
    "Loss",
    "Pool",
    "Project",
    "Risk",
    "ScheduleProgress",
    "ScheduleResult",
    "SequenceSpec",
    "Simulation",
    "Stoppage",
    "ThreePoint",
    "Weather",
    "as_planned",
    "assemble",
    "breaches",
    "capacity",
    "chains",
    "clock_of",
    "delay_costs",
    "expand",
    "loss_of",
    "pool_of",
    "pool_values",
    "rank_drivers",
    "require_templates",
    "risk_of",
    "schedule_tables",
    "sequence",
    "simulate",
    "spending",
    "states_of",
    "stored_result",
    "value_of_dates",
    "values_of_draws",
    "waits",
]
