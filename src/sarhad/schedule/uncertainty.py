"""What may go otherwise with the activities of a plan: three points, the table `risk`, weather of the seasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sarhad.programme import Programme
from sarhad.schedule.expansion import DAYS_A_MONTH, WEEK, Expanded
from sarhad.schedule.project import FloatArray, IntArray
from sarhad.schedule.risk import Driver, Risk, Stoppage, ThreePoint, Weather, one_factor
from sarhad.schedule.units import Unit
from sarhad.schedule.zones import as_day

Row = Mapping[str, Any]
SHIFT = (-1.0, 0.0, 1.0)  # of a season's ends, in shift_days of its calendar


def risk_of(prog: Programme, expanded: Expanded, modes: IntArray) -> Risk:
    """Return everything uncertain about a plan's activities in the modes of a schedule.

    Parameters
    ----------
    prog
        The programme: table `risk`, settings `duration_correlation` and `office_month_usd`.
    expanded
        The activities.
    modes
        Mode of each, index into the modes of the project, shape (A,).

    Notes
    -----
    Durations scale with that of the mode: low and high keep their ratio to the likely one. Activities of one kind of
    work share a normal factor, so that they correlate by `duration_correlation`. The `time_share` of a cost is spent
    evenly from start to finish, at the rate of its likely value over the days that the work takes with no season between.
    """
    rows = [{str(k): v for k, v in row.items()} for row in prog["risk"].sort_values("id").to_dict("records")]
    steps = [str(unit.row["step"]) for unit in expanded.units]
    chosen = expanded.project.duration[modes].astype(np.float64)
    low, likely, high = expanded.duration
    scale = np.divide(chosen, likely, out=np.ones_like(chosen), where=likely > 0)
    fixed, a_day = _by_time(expanded, modes)
    cost = expanded.cost_factor[modes] * fixed
    weather = Weather(SHIFT, SHIFT, spread=expanded.zones.shift_days, **_closures(rows))
    return Risk(
        duration=ThreePoint(
            np.minimum(low * scale, chosen), chosen, np.maximum(high * scale, chosen), "pert"
        ),
        cost=ThreePoint(expanded.cost[0] * cost, expanded.cost[1] * cost, expanded.cost[2] * cost),
        cost_per_period=a_day,
        overhead_per_period=float(prog.setting("office_month_usd")) / DAYS_A_MONTH,
        drivers=tuple(_driver(row, expanded) for row in rows if row["kind"] == "driver"),
        stoppages=tuple(_stoppage(row, expanded) for row in rows if row["kind"] == "stoppage"),
        weather=weather,
        loadings=one_factor(steps, float(prog.setting("duration_correlation"))),
        seasons=expanded.zones.seasons,
        groups=groups_of(expanded),
    )


def _by_time(expanded: Expanded, modes: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the share of each activity's cost that does not run with time, and dollars a day of the rest, shape (A,)."""
    project = expanded.project
    share = np.array([float(unit.row["time_share"] or 0.0) for unit in expanded.units])
    share = np.where(np.isnan(share) | (project.duration[modes] == 0), 0.0, share)
    kept = project.calendar_of_mode[modes]
    week = np.where(kept < 0, WEEK, expanded.zones.days_per_week[kept] if len(expanded.zones.ids) else WEEK)
    days = project.duration[modes] * WEEK / week
    likely = expanded.cost[1] * expanded.cost_factor[modes]
    return 1.0 - share, np.divide(share * likely, days, out=np.zeros_like(likely), where=days > 0)


def groups_of(expanded: Expanded) -> dict[str, list[str]]:
    """Return the item, section and partner of each activity; "" where it has none of its own."""
    item, section, partner = [], [], []
    for unit in expanded.units:
        sections = {work.section for work in unit.works}
        item.append(unit.works[0].id if unit.scope == "item" else "")
        section.append(sections.pop() if len(sections) == 1 and not unit.is_shared else "")
        partner.append(unit.partner)
    return {"item": item, "section": section, "partner": partner}


def struck(row: Row, expanded: Expanded) -> tuple[int, ...]:
    """Return the activities that a row of the table `risk` strikes: those that meet all it names."""
    return tuple(k for k, unit in enumerate(expanded.units) if _is_struck(row, unit))


def _is_struck(row: Row, unit: Unit) -> bool:
    partners = {unit.partner, unit.row["decided_by"]}
    return (
        (not row["steps"] or unit.row["step"] in row["steps"])
        and (not row["measure_ids"] or any(work.measure in row["measure_ids"] for work in unit.works))
        and (not row["partner_ids"] or bool(partners & {*row["partner_ids"]}))
        and (not row["section_ids"] or any(work.section in row["section_ids"] for work in unit.works))
    )


def _points(row: Row, what: str) -> tuple[float, float, float]:
    return float(row[f"{what}_low"]), float(row[f"{what}_likely"]), float(row[f"{what}_high"])


def _driver(row: Row, expanded: Expanded) -> Driver:
    hit = struck(row, expanded)
    return Driver(
        str(row["id"]), float(row["probability"]), hit, _points(row, "duration"), _points(row, "cost")
    )


def _stoppage(row: Row, expanded: Expanded) -> Stoppage:
    onset = tuple(float(max(0, expanded.zones.period(as_day(row[f"onset_{end}"])))) for end in ("from", "to"))
    length = _points(row, "duration")
    hit = struck(row, expanded)
    return Stoppage(str(row["id"]), float(row["probability"]), hit, (onset[0], max(onset)), length)


def _closures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how a season closes for some days."""
    for row in rows:
        if row["kind"] == "closure":
            length = _points(row, "duration")
            return {"closures": 1, "closure_probability": float(row["probability"]), "closure_length": length}
    return {}


def as_planned(risk: Risk, activities: frozenset[int]) -> Risk:
    """Return the risk with these activities certain: they take and cost what is likely, and nothing strikes them."""
    at = np.array(sorted(activities), dtype=np.int64)

    def certain(points: ThreePoint | None) -> ThreePoint | None:
        if points is None:
            return None
        low, high = points.low.copy(), points.high.copy()
        low[at] = high[at] = points.likely[at]
        return replace(points, low=low, high=high)

    def spared(struck_ones: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(k for k in struck_ones if k not in activities)

    return replace(
        risk,
        duration=certain(risk.duration) or risk.duration,
        cost=certain(risk.cost),
        drivers=tuple(replace(d, activities=spared(d.activities)) for d in risk.drivers),
        stoppages=tuple(replace(s, activities=spared(s.activities)) for s in risk.stoppages),
    )
