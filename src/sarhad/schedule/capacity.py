"""How much each resource can do in each quarter, and how much of it a schedule asks for: what a plan has to respect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sarhad.programme.quarters import Quarter
from sarhad.schedule.expansion import Expanded
from sarhad.schedule.project import IntArray
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
        kept = project.calendar_of_mode[mode]
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


def _quarter_of_day(expanded: Expanded, end: int) -> IntArray:
    """Return the quarter, counted from the first, of each day until the end of the schedule."""
    days = pd.date_range(expanded.zones.begin, periods=max(end, 1), freq="D")
    at = days.year.to_numpy() * 4 + days.quarter.to_numpy()
    return np.asarray(at - at[0], dtype=np.int64)
