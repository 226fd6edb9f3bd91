"""What a schedule spends of each stock of money by quarter, beside what comes in and what closes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sarhad.programme.quarters import Quarter
from sarhad.schedule.expansion import Expanded
from sarhad.schedule.project import IntArray
from sarhad.schedule.result import ScheduleResult

COLUMNS = ["stock_id", "quarter", "received_usd", "closed_usd", "paid_usd"]


def spending(expanded: Expanded, result: ScheduleResult) -> pd.DataFrame:
    """Return dollars by stock and quarter: stock_id, quarter, received_usd, closed_usd, paid_usd, where there are any.

    Notes
    -----
    A sum that serves several stocks is received and closed in each of them. What closes is the whole sum, spent or not;
    without receipts the stock is received at once.
    """
    project, begin = expanded.project, expanded.zones.begin
    receipts = project.receipts
    paid_in = payment_periods(expanded, result)
    periods = [int(paid_in.max(initial=0))]
    if receipts is not None:
        periods += [int(receipts.opens.max(initial=0)), int(receipts.closes.max(initial=0))]
    days = pd.date_range(begin, periods=max(periods) + 1, freq="D")
    quarter = (days.year * 4 + days.quarter).to_numpy(np.int64)
    quarter -= quarter[0]
    found = np.zeros((3, len(project.stock_ids), int(quarter[-1]) + 1), dtype=np.int64)
    if receipts is None:
        found[0, :, 0] = project.stock
    else:
        for receipt, usd in enumerate(receipts.amount.tolist()):
            serves = receipts.pays[receipt]
            found[0, serves, quarter[receipts.opens[receipt]]] += usd
            if receipts.closes[receipt] >= 0:
                found[1, serves, quarter[receipts.closes[receipt] - 1]] += usd
    for a, mode in enumerate(result.modes.tolist()):
        found[2, :, quarter[paid_in[a]]] += project.consumption[mode]
    first = Quarter.of(begin)
    rows = [
        (name, str(first.plus(q)), *found[:, k, q].tolist())
        for k, name in enumerate(project.stock_ids)
        for q in np.flatnonzero(found[:, k].any(axis=0)).tolist()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def payment_periods(expanded: Expanded, result: ScheduleResult) -> IntArray:
    """Return the period in which each activity pays, shape (A,)."""
    project = expanded.project
    if project.is_paid_at_end is None:
        return result.starts
    is_late = project.is_paid_at_end & (project.duration[result.modes] > 0)
    return np.where(is_late, result.ends - 1, result.starts)
