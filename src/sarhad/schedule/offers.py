"""Units of each resource by day: tables `resource` and `resource_quarter`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from sarhad.programme import Programme
from sarhad.programme.quarters import Quarter
from sarhad.schedule.project import IntArray


def units_by_day(prog: Programme, begin: date, n_days: int) -> tuple[list[str], IntArray]:
    """Return the resources by id, and the units of each by day from `begin` on, shape (R, D)."""
    rows = prog["resource"].sort_values("id")
    capacity = [int(units) for units in rows["capacity"]]
    found = np.repeat(np.array(capacity, dtype=np.int64)[:, None], n_days, axis=1)
    changed = capacity_by_day(prog, begin, capacity)
    if changed is not None:
        known = min(n_days, changed.shape[1])
        found[:, :known] = changed[:, :known]
    return [str(name) for name in rows["id"]], found


def capacity_by_day(prog: Programme, begin: date, capacity: Sequence[int]) -> IntArray | None:
    """Return the units of each resource by day where table resource_quarter changes them, shape (R, P); else None.

    Parts of a unit do not count. After the last quarter named the table `resource` holds again.
    """
    rows = prog["resource_quarter"]
    number = {name: r for r, name in enumerate(prog["resource"]["id"].sort_values())}
    spans = []
    for name, label, units in zip(rows["resource_id"], rows["quarter"], rows["capacity"], strict=True):
        quarter = Quarter.parse(str(label))
        first, end = ((quarter.plus(k).first_day - begin).days for k in range(2))
        if end > 0:
            spans.append((number[str(name)], max(0, first), end, int(np.floor(float(units)))))
    if not spans:
        return None
    found = np.repeat(np.array(capacity, dtype=np.int64)[:, None], max(end for _, _, end, _ in spans), axis=1)
    for r, first, end, units in spans:
        found[r, first:end] = units
    return found
