"""A plan to and from its tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sarhad.detection.instance import IntArray
from sarhad.errors import DataError, SpecError
from sarhad.plan.limits import Terms, since
from sarhad.plan.money import Outlays
from sarhad.plan.result import PlanResult, gap, gap_of_gain

if TYPE_CHECKING:
    from sarhad.programme import Programme


def stored(prog: Programme, name: str) -> PlanResult:
    """Return the plan of this name as the programme holds it.

    Notes
    -----
    Tables do not hold the value with everything built, nor how long the search took: these are NaN and 0.

    Raises
    ------
    SpecError
        If there is no such plan.
    """
    plans = prog["plan"]
    rows = plans[plans["id"] == name]
    if rows.empty:
        known = ", ".join(sorted(plans["id"])) or "none"
        raise SpecError(f"{name}: no such plan; the programme holds {known}. Run `sarhad plan` first.")
    row = rows.iloc[0].to_dict()
    items, funding = prog["plan_item"], prog["funding"]
    value, bound, without = float(row["value"]), float(row["bound"]), float(row["value_without_plan"])
    return PlanResult(
        plan_items=items[items["plan_id"] == name].drop(columns="plan_id").reset_index(drop=True),
        funding=funding[funding["plan_id"] == name].drop(columns="plan_id").reset_index(drop=True),
        value=value,
        bound=bound,
        gap=gap(value, bound),
        gap_of_gain=gap_of_gain(value, bound, without),
        status=row["status"],
        value_without_plan=without,
        value_with_everything=float("nan"),
        constant=float(row["constant"]),
        seconds=0.0,
        seed=int(row["seed"]),
        stopped=None,
        notices=(),
    )


def starts(terms: Terms, plan_items: pd.DataFrame) -> IntArray:
    """Return the start of each item as its index in the quarters, -1 for items left out, shape (I,).

    Raises
    ------
    DataError
        If the plan names an item or quarter that the terms do not know.
    """
    item = {name: i for i, name in enumerate(terms.item_ids)}
    quarter = {label: q for q, label in enumerate(terms.quarters)}
    rows = list(zip(plan_items["item_id"], plan_items["start_quarter"], strict=True))
    strange = [f"{i} in {q}" for i, q in rows if i not in item or q not in quarter]
    if strange:
        text = (
            f"plan_item: {len(strange)} of {len(rows)} rows name an item or quarter that no longer exists: "
            f"{', '.join(strange[:5])}. Plan again."
        )
        raise DataError(text, table="plan_item", column="item_id", ids=[s.split(" in ")[0] for s in strange])
    start = np.full(terms.n_items, -1, dtype=np.int64)
    for i, q in rows:
        start[item[i]] = quarter[q]
    return start


def dated(terms: Terms, plan_items: pd.DataFrame) -> Terms:
    """Return the limits in which the items of a plan operate from the quarter that the plan says, where that is later.

    A plan that was brought into line with a schedule has items that operate later than their build takes; none
    operates sooner, whatever the plan says. A plan that does not say operates when its builds are over.

    Raises
    ------
    DataError
        If the plan names an item or quarter that the terms do not know.
    """
    if "operating_quarter" not in plan_items:
        return terms
    start = starts(terms, plan_items)
    item = {name: i for i, name in enumerate(terms.item_ids)}
    quarter = {label: q for q, label in enumerate(terms.quarters)}
    rows = list(zip(plan_items["item_id"], plan_items["operating_quarter"], strict=True))
    strange = [f"{i} in {q}" for i, q in rows if q not in quarter]
    if strange:
        text = (
            f"plan_item.operating_quarter: {len(strange)} of {len(rows)} items operate in a quarter that is not in the "
            f"horizon: {', '.join(strange[:5])}. Plan again."
        )
        raise DataError(
            text, table="plan_item", column="operating_quarter", ids=[s.split(" in ")[0] for s in strange]
        )
    soonest = np.zeros((terms.n_items, terms.n_quarters), dtype=np.int64)
    for i, q in rows:
        soonest[item[i], start[item[i]]] = quarter[q]
    if (terms.ready >= soonest).all():
        return terms
    return replace(terms, soonest=np.maximum(terms.ready, soonest))


def items_table(terms: Terms, out: Outlays, start: IntArray) -> pd.DataFrame:
    """Return the chosen items: quarters and cost within the horizon, marginal value not yet known."""
    chosen = np.flatnonzero(start >= 0)
    cost = out.total[chosen, start[chosen], : terms.n_horizon_years].sum(axis=1)
    frame = pd.DataFrame(
        {
            "item_id": [terms.item_ids[i] for i in chosen.tolist()],
            "start_quarter": [terms.quarters[q] for q in start[chosen].tolist()],
            "operating_quarter": [terms.quarters[q] for q in since(terms, start)[chosen].tolist()],
            "cost_usd": cost.astype(np.float64),
            "marginal_value": np.full(len(chosen), np.nan),
        }
    )
    return frame.astype({"item_id": "str", "start_quarter": "str", "operating_quarter": "str"})
