"""What may go otherwise than planned: three-point figures, drivers, stoppages, weather; what is asked of a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from sarhad.errors import DataError
from sarhad.schedule.project import BoolArray, FloatArray, IntArray, Project

Shape = Literal["triangular", "pert", "uniform"]
Points = tuple[float, float, float]
NEUTRAL: Points = (1.0, 1.0, 1.0)
ADD_OR_CORRECT = "Give low <= likely <= high, none of them negative or missing."


@dataclass(frozen=True)
class ThreePoint:
    """Low, likely and high value of each activity.

    Parameters
    ----------
    low, likely, high
        Shape (A,); equal values mean that nothing is uncertain.
    shape
        Triangular; beta-PERT with weight 4 on the likely value; uniform (then `likely` plays no part).
    """

    low: FloatArray
    likely: FloatArray
    high: FloatArray
    shape: Shape = "triangular"


@dataclass(frozen=True)
class Driver:
    """A named risk that, when it comes true, multiplies durations and costs of several activities.

    Parameters
    ----------
    name, probability
        Its name, and the chance that it comes true in a draw [0..1].
    activities
        Indices of the activities that it strikes; all by the same factor in one draw.
    duration, cost
        Low, likely and high factor (triangular); factors of several drivers multiply.
    """

    name: str
    probability: float
    activities: tuple[int, ...]
    duration: Points = NEUTRAL
    cost: Points = NEUTRAL


@dataclass(frozen=True)
class Stoppage:
    """A time in which none of the activities may start, such as the gap after a partner's default.

    Parameters
    ----------
    name, probability
        Its name, and the chance that it happens [0..1].
    activities
        Indices of the activities that it holds back; what has begun goes on.
    onset
        Earliest and latest period in which it begins (uniform).
    length
        Low, likely and high length in elapsed periods (triangular).
    """

    name: str
    probability: float
    activities: tuple[int, ...]
    onset: tuple[float, float]
    length: Points


@dataclass(frozen=True)
class Seasons:
    """Calendars taken apart: the pattern of weeks and holidays, and the windows in which a season is open.

    Parameters
    ----------
    base
        Working periods of each calendar as if no season closed it, shape (C, H).
    calendar, opens, closes, year
        Windows in order of calendar and time: calendar, first open period, first closed period, year whose
        weather it shares with the windows of other calendars, shape (W,).
    """

    base: BoolArray
    calendar: IntArray
    opens: IntArray
    closes: IntArray
    year: IntArray


@dataclass(frozen=True)
class Weather:
    """How weather moves the edges of season windows, and closes them for some days.

    Parameters
    ----------
    opening, closing
        Low, likely and high shift in periods (triangular), drawn once a year for all calendars.
    spread
        Factor on both shifts for each calendar, shape (C,); none: 1.
    closures
        Most short closures in a window.
    closure_probability
        Chance of each of them [0..1].
    closure_length
        Low, likely and high length in periods (triangular); where it falls in the window is uniform.
    """

    opening: Points = (-21.0, 0.0, 21.0)
    closing: Points = (-21.0, 0.0, 21.0)
    spread: FloatArray | None = None
    closures: int = 0
    closure_probability: float = 0.0
    closure_length: Points = (1.0, 3.0, 10.0)


@dataclass(frozen=True)
class Risk:
    """Everything uncertain about a project.

    Parameters
    ----------
    duration
        Working time of each activity in its chosen mode.
    cost
        Money of each activity that does not depend on time; none: 0.
    cost_per_period
        Money of each activity for each elapsed period between its start and its finish, shape (A,); none: 0.
    overhead_per_period
        Money of the programme for each elapsed period until its finish.
    drivers, stoppages, weather
        Risks with names; no weather: seasons open and close as the calendars say.
    loadings, cost_loadings
        Loadings of each activity's duration and cost on common standard normal factors, shape (A, F): the
        normals behind two durations correlate by the product of their rows. No row is longer than 1.
    seasons
        The windows of the calendars; none: long closures are found in the calendars.
    groups
        Labels of the activities by grouping, such as ``{"section": [...], "partner": [...]}``; "" is in no group.
    """

    duration: ThreePoint
    cost: ThreePoint | None = None
    cost_per_period: FloatArray | None = None
    overhead_per_period: float = 0.0
    drivers: tuple[Driver, ...] = ()
    stoppages: tuple[Stoppage, ...] = ()
    weather: Weather | None = None
    loadings: FloatArray | None = None
    cost_loadings: FloatArray | None = None
    seasons: Seasons | None = None
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)


def event_names(risk: Risk) -> list[str]:
    """Return the names of drivers and stoppages."""
    return [d.name for d in risk.drivers] + [s.name for s in risk.stoppages]


def require_sound(project: Project, risk: Risk) -> None:
    """Raise one error that names every fault of the figures.

    Raises
    ------
    DataError
        If three points are out of order, negative or missing, a probability is not in 0..1, a driver names an
        activity that does not exist, loadings are longer than 1, or an array has another length than the project.
    """
    n = project.n_activities
    faults = _of_points(project, "duration", risk.duration)
    if risk.cost is not None:
        faults += _of_points(project, "cost", risk.cost)
    lengths = [("cost_per_period", risk.cost_per_period), ("loadings", risk.loadings)]
    for name, values in [*lengths, ("cost_loadings", risk.cost_loadings)]:
        if values is not None and len(values) != n:
            faults.append(f"{name}: {len(values)} rows for {n} activities. Give one for each.")
    for name, labels in risk.groups.items():
        if len(labels) != n:
            faults.append(f"groups.{name}: {len(labels)} labels for {n} activities. Give one for each.")
    for name, rows in (("loadings", risk.loadings), ("cost_loadings", risk.cost_loadings)):
        if rows is not None and not ((rows**2).sum(axis=1) <= 1 + 1e-9).all():
            faults.append(
                f"{name}: a row is longer than 1 or missing. The squares of a row sum to at most 1."
            )
    events: tuple[Driver | Stoppage, ...] = (*risk.drivers, *risk.stoppages)
    for number, event in enumerate(events):
        faults += _of_event(event, number, n)
    faults += _of_money(risk) + _of_seasons(project, risk)
    if risk.weather is not None:
        faults += _of_weather(risk.weather, len(project.calendars))
    if faults:
        raise DataError("\n".join(faults), table="risk")


def _of_points(project: Project, name: str, points: ThreePoint) -> list[str]:
    """Return the faults of three-point figures."""
    rows = (points.low, points.likely, points.high)
    if any(len(row) != project.n_activities for row in rows):
        sizes = "/".join(str(len(row)) for row in rows)
        return [f"risk.{name}: {sizes} values for {project.n_activities} activities. Give one for each."]
    with np.errstate(invalid="ignore"):
        good = (rows[0] >= 0) & (rows[0] <= rows[1]) & (rows[1] <= rows[2]) & np.isfinite(rows[2])
    bad = np.flatnonzero(~good)
    if not len(bad):
        return []
    shown = ", ".join(
        f"{project.activity_ids[a]} ({'/'.join(f'{row[a]:g}' for row in rows)})" for a in bad[:5]
    )
    more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
    return [f"risk.{name}: {len(bad)} of {project.n_activities} activities: {shown}{more}. {ADD_OR_CORRECT}"]


def _of_money(risk: Risk) -> list[str]:
    rates = np.append([] if risk.cost_per_period is None else risk.cost_per_period, risk.overhead_per_period)
    if (np.isfinite(rates) & (rates >= 0)).all():
        return []
    return ["risk.cost_per_period: a rate or the overhead is negative or missing. Give 0 or more."]


def _of_seasons(project: Project, risk: Risk) -> list[str]:
    if risk.seasons is None or risk.seasons.base.shape == project.calendars.shape:
        return []
    shapes = f"shape {risk.seasons.base.shape} beside {project.calendars.shape} of the project"
    return [f"risk.seasons.base: {shapes}. Give one row for each calendar, as long."]


def _of_event(event: Driver | Stoppage, number: int, n: int) -> list[str]:
    """Return the faults of a driver or a stoppage."""
    where = f"risk {event.name or f'number {number + 1}'}"
    faults = []
    if not 0 <= event.probability <= 1:
        faults.append(f"{where}: probability {event.probability:g} is not in 0..1. Percent? Divide by 100.")
    unknown = [a for a in event.activities if not 0 <= a < n]
    if unknown:
        faults.append(f"{where}: strikes activities that do not exist: {unknown[:5]}. There are {n}.")
    points = [event.duration, event.cost] if isinstance(event, Driver) else [event.length]
    faults += [f"{where}: {p}. {ADD_OR_CORRECT}" for p in points if not 0 <= p[0] <= p[1] <= p[2] < np.inf]
    if isinstance(event, Stoppage) and not 0 <= event.onset[0] <= event.onset[1]:
        faults.append(f"{where}: onset {event.onset}. Give earliest <= latest, from period 0 on.")
    return faults


def _of_weather(weather: Weather, n_calendars: int) -> list[str]:
    faults = []
    for name in ("opening", "closing", "closure_length"):
        low, likely, high = getattr(weather, name)
        if not low <= likely <= high:
            faults.append(f"weather.{name}: {(low, likely, high)}. Give low <= likely <= high.")
    if not 0 <= weather.closure_probability <= 1:
        faults.append(f"weather.closure_probability {weather.closure_probability:g} is not in 0..1.")
    if weather.spread is not None and len(weather.spread) != n_calendars:
        faults.append(
            f"weather.spread: {len(weather.spread)} factors for {n_calendars} calendars. Give one for each."
        )
    if weather.closures < 0:
        faults.append(f"weather.closures {weather.closures} is negative.")
    return faults
