"""The capital that partners have for a plan: when each sum comes in, when it expires, and what it may pay for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from sarhad import plan as planner
from sarhad.plan.pledges import usable
from sarhad.programme import Programme

COLUMNS = ["partner_id", "usd", "opens", "closes", "item_ids"]
Row = dict[str, Any]


def receipts(prog: Programme, terms: planner.Terms, paid: pd.DataFrame) -> pd.DataFrame:
    """Return the sums from which activities are paid: partner_id, usd, opens, closes (last day; blank: none), item_ids.

    Parameters
    ----------
    prog, terms
        Budgets and pledges with their days, and who may pay for which item.
    paid
        Who pays what in the plan: item_id, partner_id, year, kind, usd.

    Notes
    -----
    A budget is there from `opens_on`, else the first day of its year, until the end of the last year to which it carries
    over; what carries over from the last year of the horizon does not expire. A pledge is there over its years. No sum
    outlasts its `closes_on`. The upkeep that the plan pays in a year comes off the sums that open last of those open in
    it and may pay for the item, so that what is left for building is there as soon as can be; of those that open together
    the one that may pay for the fewest.
    """
    rows = [*_budgets(prog, terms), *_pledges(prog, terms)]
    years = {int(year) for year in terms.quarter_year}
    upkeep = paid[~paid["kind"].str.startswith("capital") & paid["year"].isin(years)]
    upkeep = upkeep.assign(in_kind=upkeep["kind"].str.endswith("_in_kind"))
    due = upkeep.groupby(["partner_id", "year", "item_id", "in_kind"])["usd"].sum().reset_index()
    pays = [frozenset(row["item_ids"]) for row in rows]
    for ask in due.sort_values(["year", "partner_id", "item_id"], ascending=False).to_dict("records"):
        own = [
            row
            for row, items in zip(rows, pays, strict=True)
            if (row["partner_id"], row["in_kind"]) == (ask["partner_id"], ask["in_kind"])
            and ask["item_id"] in items
        ]
        _take(own, int(ask["year"]), int(ask["usd"]))
    return pd.DataFrame([row for row in rows if row["usd"] > 0], columns=COLUMNS)


def _budgets(prog: Programme, terms: planner.Terms) -> Iterator[Row]:
    last = int(terms.quarter_year[-1])
    frame = prog["budget"]
    frame = frame[(frame["amount_usd"] >= 1) & frame["year"].between(terms.years[0], last)].sort_values("id")
    carries = frame.groupby(["partner_id", "year"])["carries_over"].any().to_dict()
    for row in frame.to_dict("records"):
        partner, year = str(row["partner_id"]), int(row["year"])
        until: int | None = year
        while until is not None and carries.get((partner, until), False):
            until = until + 1 if until < last else None
        pays = terms.payers[terms.item_class, terms.partners.index(partner)]
        yield _sum(row, year, until, tuple(np.array(terms.item_ids)[pays].tolist()))


def _pledges(prog: Programme, terms: planner.Terms) -> Iterator[Row]:
    if terms.tied is None:
        return
    frame = usable(prog["pledge"].sort_values("id"), terms.years)[0]
    for g, row in enumerate(frame.to_dict("records")):
        pays = terms.tied.pays[terms.item_class, g]
        items = tuple(np.array(terms.item_ids)[pays].tolist())
        yield _sum(row, int(row["usable_from_year"]), int(row["usable_to_year"]), items)


def _sum(row: Mapping[Any, Any], first: int, last: int | None, items: tuple[str, ...]) -> Row:
    """Return a sum that is there from one year to another, or for ever, unless its own days say less."""
    opens, closes = date(first, 1, 1), None if last is None else date(last, 12, 31)
    if not pd.isna(row["opens_on"]):
        opens = pd.Timestamp(row["opens_on"]).date()
    if not pd.isna(row["closes_on"]):
        own = pd.Timestamp(row["closes_on"]).date()
        closes = own if closes is None else min(own, closes)
    return {
        "partner_id": str(row["partner_id"]), "usd": int(row["amount_usd"]), "opens": opens, "closes": closes,
        "item_ids": items, "in_kind": bool(row.get("is_in_kind", False)),
    }  # fmt: skip


def _take(rows: list[Row], year: int, usd: int) -> None:
    """Take upkeep off the sums that are open in a year, those that open last first, then those of the fewest items."""
    open_ones = [
        row
        for row in rows
        if row["opens"].year <= year and (row["closes"] is None or row["closes"].year >= year)
    ]
    for row in sorted(open_ones, key=lambda one: (one["opens"], -len(one["item_ids"])), reverse=True):
        taken = min(usd, row["usd"])
        row["usd"] -= taken
        usd -= taken
