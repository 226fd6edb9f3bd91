"""Two plans side by side: which items differ, and whose money when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sarhad.detection.instance import IntArray
from sarhad.plan.limits import Terms
from sarhad.plan.money import demand, funding, outlays, pay, purse
from sarhad.plan.store import dated, starts


@dataclass(frozen=True)
class Comparison:
    """How plan B differs from plan A.

    Parameters
    ----------
    only_a, only_b
        Items in one plan alone: item_id, start_quarter.
    moved
        Items in both that start in another quarter: item_id, start_a, start_b, quarters_later.
    n_same
        Number of items that both start in the same quarter.
    money
        partner_id, year, usd_a, usd_b (whole dollars); horizon, and tail where it has money of its own.
    is_paid_a, is_paid_b
        Do the partners' money and rules pay for the whole plan? Where not, `money` holds what they can pay.
    """

    only_a: pd.DataFrame
    only_b: pd.DataFrame
    moved: pd.DataFrame
    n_same: int
    money: pd.DataFrame
    is_paid_a: bool
    is_paid_b: bool


def compare(terms: Terms, a: pd.DataFrame, b: pd.DataFrame) -> Comparison:
    """Return how two plans under the same terms differ.

    Parameters
    ----------
    terms
        The limits.
    a, b
        Plans: item_id, start_quarter, and operating_quarter where a plan says it.

    Raises
    ------
    DataError
        If a plan names items or quarters that no longer exist.
    """
    start_a, start_b = starts(terms, a), starts(terms, b)
    both = (start_a >= 0) & (start_b >= 0)
    moved = [
        (terms.item_ids[i], terms.quarters[p], terms.quarters[q], int(q - p))
        for i, (p, q) in enumerate(zip(start_a.tolist(), start_b.tolist(), strict=True))
        if both[i] and p != q
    ]
    frame = pd.DataFrame(moved, columns=["item_id", "start_a", "start_b", "quarters_later"])
    source = purse(terms)
    plans = ((dated(terms, a), start_a), (dated(terms, b), start_b))
    is_paid = [
        not bool(pay(source.supply, demand(own, outlays(own).total, s), source.is_open)[1].any())
        for own, s in plans
    ]
    paid = [
        funding(own, start).groupby(["partner_id", "year"])["usd"].sum().rename(f"usd_{name}")
        for name, (own, start) in zip("ab", plans, strict=True)
    ]
    money = pd.concat(paid, axis=1).fillna(0).astype("int64").sort_index().reset_index()
    return Comparison(
        only_a=_only(a, set(b["item_id"])),
        only_b=_only(b, set(a["item_id"])),
        moved=frame.astype({"item_id": "str", "start_a": "str", "start_b": "str", "quarters_later": "int64"}),
        n_same=int((both & (start_a == start_b)).sum()),
        money=money,
        is_paid_a=is_paid[0],
        is_paid_b=is_paid[1],
    )


def _only(plan: pd.DataFrame, other: set[str]) -> pd.DataFrame:
    """Return the items of a plan that the other has not, by id."""
    rows = plan[~plan["item_id"].isin(other)][["item_id", "start_quarter"]]
    return rows.sort_values("item_id").reset_index(drop=True)


def cost_usd(terms: Terms, plan_items: pd.DataFrame) -> IntArray:
    """Return capital and upkeep within the horizon of each row of a plan, in whole dollars."""
    start = starts(terms, plan_items)
    at = [terms.item_ids.index(i) for i in plan_items["item_id"]]
    total = outlays(dated(terms, plan_items)).total[at, start[at], : terms.n_horizon_years]
    return np.asarray(total.sum(axis=1), dtype=np.int64)
