"""How much each resource can do in each quarter, and how much of it a schedule asks for: what a plan has to respect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sarhad.programme.quarters import Quarter
from sarhad.schedule.expansion import Expanded
from sarhad.schedule.project import IntArray, Project
from sarhad.schedule.result import ScheduleResult


def capacity(expanded: Expanded, result: ScheduleResult) -> pd.DataFrame:
    """Return unit-days by resource and quarter: resource_id, quarter, offered, used, until the schedule ends.

    Notes
    -----
    `offered` counts every day of the quarter; seasons and weekends are in `used`, which counts the days on which the
    activities that hold the resource work.
    """
    project, zones = expanded.project, expanded.zones
    end = int(result.ends.max(initial=0))
    quarter = _quarter_of_day(expanded, end)
    count = int(quarter.max(initial=0)) + 1
    used = np.zeros((len(project.resource_ids), count), dtype=np.int64)
    for a, mode in enumerate(result.modes.tolist()):
        days = np.arange(result.starts[a], result.ends[a])
        kept = project.calendar[a]
        if kept >= 0 and project.is_splittable[a]:
            days = days[zones.works[kept, days]]
        by_quarter = np.bincount(quarter[days], minlength=count)
        used += np.outer(project.demand[mode], by_quarter)
    days_in = np.bincount(quarter, minlength=count)
    first = Quarter.of(zones.begin)
    rows = [
        {
            "resource_id": name,
            "quarter": str(first.plus(q)),
            "offered": int(project.capacity[r] * days_in[q]),
            "used": int(used[r, q]),
        }
        for r, name in enumerate(project.resource_ids)
        for q in range(count)
    ]
    return pd.DataFrame(rows, columns=["resource_id", "quarter", "offered", "used"])


def spanned(project: Project, result: ScheduleResult) -> Project:
    """Return the project with as much of each resource as the schedule has in hand at once, pauses counted in.

    A pausing activity gives its resources back, and another may work meanwhile; the draws of a simulation keep the
    order of whole activities, and need room for both.
    """
    peak = project.capacity.copy()
    held = project.demand[result.modes] * (result.ends > result.starts)[:, None]
    moments = np.concatenate([result.starts, result.ends])
    order = np.lexsort((np.repeat([1, 0], len(result.starts)), moments))  # ends before starts of the same day
    change = np.concatenate([held, -held])[order]
    peak = np.maximum(peak, np.cumsum(change, axis=0).max(axis=0, initial=0))
    return replace(project, capacity=peak)


def _quarter_of_day(expanded: Expanded, end: int) -> IntArray:
    """Return the quarter, counted from the first, of each day until the end of the schedule."""
    days = pd.date_range(expanded.zones.begin, periods=max(end, 1), freq="D")
    at = days.year.to_numpy() * 4 + days.quarter.to_numpy()
    return np.asarray(at - at[0], dtype=np.int64)
