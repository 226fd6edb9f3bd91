"""Read the quarters closed to work, and the items that can never be ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sarhad.detection.instance import BoolArray
from sarhad.plan.limits import Terms
from sarhad.plan.places import Places

if TYPE_CHECKING:
    from sarhad.programme import Programme


def seasons(
    prog: Programme, at: Places, quarters: tuple[str, ...]
) -> tuple[BoolArray | None, BoolArray | None]:
    """Return in which quarters work on each item may proceed (I, T), and whether its build may pause (I,).

    Notes
    -----
    An item without an elevation keeps seasons without a least height only. It may pause where every season that
    holds for it lets it.
    """
    rows = prog["season"].sort_values("id")
    if rows.empty:
        return None, None
    works = np.ones((len(at.measure), len(quarters)), dtype=np.bool_)
    may_pause = np.ones(len(at.measure), dtype=np.bool_)
    for row in rows.to_dict("records"):
        holds = at.named(row["measure_ids"], row["section_ids"])
        if not np.isnan(float(row["above_m"])):
            holds &= np.nan_to_num(at.elevation_m, nan=-np.inf) >= float(row["above_m"])
        closed = np.array([label[-2:] in row["closed_quarters"] for label in quarters], dtype=np.bool_)
        works[np.ix_(holds, closed)] = False
        may_pause[holds] &= bool(row["may_pause"])
    return works, may_pause & ~works.all(axis=1)


def never_ready(terms: Terms) -> tuple[str, ...]:
    """Return a notice of the items that no allowed start makes operate within the horizon."""
    open_ = terms.startable & (np.arange(terms.n_quarters) >= terms.first_start)
    late = [terms.item_ids[i] for i in np.flatnonzero(~open_.any(axis=1)).tolist()]
    if not late or terms.first_start >= terms.n_quarters:
        return ()
    shown = ", ".join(late[:3]) + (", ..." if len(late) > 3 else "")
    return (f"{len(late)} items cannot be ready by {terms.quarters[-1]}: {shown}",)
