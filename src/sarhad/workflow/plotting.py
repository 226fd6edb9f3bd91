"""`sarhad.plot`: a result in hand as a figure, drawn by the same functions as the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sarhad.errors import SpecError
from sarhad.plan import PlanResult
from sarhad.report import Timetable
from sarhad.report.content import Content
from sarhad.report.figures import FIGURES, OF_TIMETABLE, TIMED, figures_of, results
from sarhad.report.figures.canvas import Width
from sarhad.report.language import Language
from sarhad.report.plots import Plot
from sarhad.report.plots import plot as drawn
from sarhad.schedule import Loss, Project, ScheduleResult, Simulation
from sarhad.workflow.assessing import Assessed
from sarhad.workflow.planning import Planned
from sarhad.workflow.reporting import gather
from sarhad.workflow.sequencing import Scheduled

Draw = Callable[[Language, Width], Figure]
DELAY = ("item_id", "months_late", "expected_undetected")


def plot(
    result: object,
    kind: str = "",
    *,
    lang: str = "en",
    is_narrow: bool = False,
    project: Project | None = None,
    draws: Simulation | None = None,
) -> Plot:
    """Return the figure of a result; notebooks show it, `Plot.save` writes it, `Plot.axes` are matplotlib's.

    Parameters
    ----------
    result
        Of a plan (`PlanResult`, `Planned`), a schedule (`ScheduleResult`, `Scheduled`), a simulation (`Simulation`,
        `Loss`, `Assessed`), schedule and risk together (`Timetable`), the cost of delay (a frame of item_id,
        months_late, expected_undetected), or all that a report shows (`Content`).
    kind
        Which figure of it; blank for the first. An unknown kind is refused with those there are.
    lang
        Language of its words.
    is_narrow
        For a phone instead of a desk.
    project, draws
        Of a `ScheduleResult`: what was scheduled, for the names of its activities; and its simulation, for forecasts.

    Raises
    ------
    SpecError
        If there is no figure of such a result, or none of this kind.
    """
    kinds = _kinds(result, project, draws)
    if not kinds:
        raise SpecError(
            f"plot: there is no figure of a {type(result).__name__}. Give the result of a plan, a schedule, a simulation "
            f"or a frame with the columns {', '.join(DELAY)}."
        )
    chosen = kind or next(iter(kinds))
    if chosen not in kinds:
        raise SpecError(
            f"plot: kind {chosen!r} of a {type(result).__name__} is unknown. One of: {', '.join(kinds)}."
        )
    return drawn(kinds[chosen], lang, is_narrow=is_narrow)


def _kinds(result: object, project: Project | None, draws: Simulation | None) -> Mapping[str, Draw]:
    """Return the figures of a result by kind, the first the one that is meant where none is named."""
    if isinstance(result, ScheduleResult):
        return _of_schedule(result, project, draws)
    for kind, figures in FIGURES_OF.items():
        if isinstance(result, kind):
            return figures(result)
    return {}


def _of_plan(result: PlanResult) -> Mapping[str, Draw]:
    return {"money": partial(results.money, result.funding)}


def _of_planned(planned: Planned) -> Mapping[str, Draw]:
    """Return the money of a plan, and every figure of its report: these take what a report takes to gather."""

    def draw(name: str, language: Language, width: Width) -> Figure:
        content = gather(planned, "plan")
        if name not in figures_of(content):
            raise SpecError(
                f"plot: this plan has nothing to show in {name}. One of: {', '.join(figures_of(content))}."
            )
        return FIGURES[name](content, language, width)

    kinds = dict(_of_plan(planned.result))
    return kinds | {name: partial(draw, name) for name in FIGURES if name not in {*OF_TIMETABLE, *kinds}}


def _of_schedule(
    result: ScheduleResult, project: Project | None, draws: Simulation | None
) -> Mapping[str, Draw]:
    """Return the bars of the activities, with the forecast of a simulation where there is one.

    Raises
    ------
    SpecError
        If the project is missing or of another size, the simulation of other activities, or no schedule was found.
    """
    if project is None or len(project.activity_ids) != len(result.starts):
        has = (
            "is missing"
            if project is None
            else f"has {len(project.activity_ids)} activities, the schedule {len(result.starts)}"
        )
        raise SpecError(f"plot: the project of the schedule {has}. Give project= what was scheduled.")
    frame = pd.DataFrame({"activity_id": project.activity_ids, "start": result.starts, "end": result.ends})
    if draws is not None:
        if draws.activity_ids != project.activity_ids or not draws.activity_finish.shape[1]:
            raise SpecError(
                "plot: the simulation is of other activities, or did not keep theirs. Simulate this schedule with keeps_activities=True."
            )
        frame = frame.merge(draws.activities(), on="activity_id")
    return {"activities": partial(results.activities, frame)}


def _of_simulation(found: Simulation) -> Mapping[str, Draw]:
    values = {"finish": found.finish, "cost": found.cost, "windows": found.windows_missed}
    return {name: partial(results.draws, np.asarray(one, np.float64), name) for name, one in values.items()}


def _of_loss(loss: Loss) -> Mapping[str, Draw]:
    return {"loss": partial(results.draws, loss.draws, "loss")}


def _of_scheduled(scheduled: Scheduled) -> Mapping[str, Draw]:
    return {
        **_of_schedule(scheduled.result, scheduled.expanded.project, None),
        "delay": partial(results.delay, scheduled.delay),
    }


def _of_assessed(assessed: Assessed) -> Mapping[str, Draw]:
    return {**_of_simulation(assessed.simulation), **_of_loss(assessed.loss)}


def _of_timetable(table: Timetable) -> Mapping[str, Draw]:
    return {
        name: partial(draw, table) for name, draw in TIMED.items() if len(getattr(table, OF_TIMETABLE[name]))
    }


def _of_content(content: Content) -> Mapping[str, Draw]:
    return {name: partial(FIGURES[name], content) for name in figures_of(content)}


def _of_frame(frame: pd.DataFrame) -> Mapping[str, Draw]:
    return {"delay": partial(results.delay, frame)} if len(frame) and set(DELAY) <= set(frame) else {}


FIGURES_OF: Mapping[type, Callable[[Any], Mapping[str, Draw]]] = {
    PlanResult: _of_plan,
    Planned: _of_planned,
    Simulation: _of_simulation,
    Loss: _of_loss,
    Scheduled: _of_scheduled,
    Assessed: _of_assessed,
    Timetable: _of_timetable,
    Content: _of_content,
    pd.DataFrame: _of_frame,
}
