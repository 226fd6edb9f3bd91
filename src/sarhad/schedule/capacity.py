"""How much each resource can do in each quarter, and how much of it a schedule asks for: what a plan has to respect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sarhad.programme.quarters import Quarter
from sarhad.schedule.expansion import Expanded
from sarhad.schedule.frame import capacity_until
from sarhad.schedule.project import IntArray, Project
from sarhad.schedule.result import ScheduleResult


def capacity(expanded: Expanded, result: ScheduleResult) -> pd.DataFrame:
    """Return unit-days by resource and quarter: resource_id, quarter, offered, used, until the schedule ends.

    Notes
    -----
    `offered` counts the days on which any of the activities that hold the resource may work, by seasons, weekends and
    holidays; `used` those on which they do.
    """
    project, zones = expanded.project, expanded.zones
    end = int(result.ends.max(initial=0))
    quarter = _quarter_of_day(expanded, end)
    count = int(quarter.max(initial=0)) + 1
    used = np.zeros((len(project.resource_ids), count), dtype=np.int64)
    for a, mode in enumerate(result.modes.tolist()):
        days = np.arange(result.starts[a], result.ends[a])
        kept = project.calendar_of_mode[mode]
        if kept >= 0 and project.is_splittable[a]:
            days = days[zones.works[kept, days]]
        by_quarter = np.bincount(quarter[days], minlength=count)
        used += np.outer(project.demand[mode], by_quarter)
    offered = offered_by_day(project, result.modes, len(quarter))
    first = Quarter.of(zones.begin)
    rows = [
        {
            "resource_id": name,
            "quarter": str(first.plus(q)),
            "offered": int(offered[r, quarter == q].sum()),
            "used": int(used[r, q]),
        }
        for r, name in enumerate(project.resource_ids)
        for q in range(count)
    ]
    return pd.DataFrame(rows, columns=["resource_id", "quarter", "offered", "used"])


def offered_by_day(project: Project, modes: IntArray, n_days: int) -> IntArray:
    """Return the units of each resource by day, none on days when nothing that holds it in these modes works, shape (R, D)."""
    units = capacity_until(project, n_days).T.copy()
    works = np.ones((len(project.calendars) + 1, n_days), dtype=np.bool_)  # the last one works always
    known = min(n_days, project.calendars.shape[1])
    works[:-1, :known] = project.calendars[:, :known]
    for r, own in enumerate((project.demand[modes] > 0).T):
        calendars = np.unique(project.calendar_of_mode[modes[own]])
        units[r] *= works[calendars].any(axis=0)
    return units


def _quarter_of_day(expanded: Expanded, end: int) -> IntArray:
    """Return the quarter, counted from the first, of each day until the end of the schedule."""
    days = pd.date_range(expanded.zones.begin, periods=max(end, 1), freq="D")
    at = days.year.to_numpy() * 4 + days.quarter.to_numpy()
    return np.asarray(at - at[0], dtype=np.int64)
