"""Checks of money."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from sarhad.programme.faults import Fault
from sarhad.programme.quarters import horizon

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

PAYS = ("member_state", "external_donor", "external_body")


def wrong_money(prog: Programme) -> Iterator[Fault]:
    """Yield money of partners that do not pay, money nobody may use, and years outside horizon and tail."""
    budget = prog["budget"]
    types = dict(zip(prog["partner"]["id"], prog["partner"]["type"], strict=True))
    eligible = set(prog["eligibility"]["partner_id"])
    quarters = horizon(prog)
    last = quarters[-1].year + int(-(-prog.setting("tail_years") // 1))
    seen: set[tuple[str, int]] = set()
    for row in budget.to_dict("records"):
        name, partner, year = str(row["id"]), row["partner_id"], row["year"]
        kind = types.get(partner, PAYS[0])
        if kind not in PAYS:
            remedy = f"Only these pay: {', '.join(PAYS)}. Correct the partner or its type."
            yield Fault(
                "budget", name, "partner_id", partner, f"is of type {kind}, which does not pay", remedy
            )
        elif partner not in eligible:
            text, remedy = "pays for nothing: it has no row in eligibility", "Its money stays unused."
            yield Fault("budget", name, "partner_id", str(partner), text, remedy, "notice")
        if pd.isna(year):
            continue
        if not quarters[0].year <= year <= last:
            text = f"lies outside horizon and tail ({quarters[0].year}..{last})"
            yield Fault("budget", name, "year", str(year), text, "This money is never used.", "notice")
        if (partner, year) in seen:
            text = f"gives {partner} a second row for {year}"
            yield Fault("budget", name, "year", str(year), text, "Add the amounts into one row.")
        seen.add((partner, year))


def unknown_categories(prog: Programme) -> Iterator[Fault]:
    """Yield categories that partners pay for but no measure has."""
    known = set(prog["measure"]["category"].dropna())
    for row in prog["eligibility"].to_dict("records"):
        if row["category"] not in known:
            place = f"{row['partner_id']}/{row['category']}"
            remedy = f"Categories: {', '.join(sorted(known))}."
            yield Fault(
                "eligibility", place, "category", str(row["category"]), "is no measure's category", remedy
            )
