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
    seen: set[tuple[str, int, str]] = set()
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
        key = (partner, year, str(row["opens_on"]))
        if key in seen:
            text = f"gives {partner} a second row for {year}"
            remedy = "Add the amounts into one row, or give each its own opens_on."
            yield Fault("budget", name, "year", str(year), text, remedy)
        seen.add(key)


def wrong_days(prog: Programme) -> Iterator[Fault]:
    """Yield money that closes before it opens, and days outside the years in which it may be spent."""
    for table in ("budget", "pledge"):
        for row in prog[table].to_dict("records"):
            first, last = row.get("usable_from_year"), row.get("usable_to_year")
            first = row["year"] if first is None or pd.isna(first) else first
            last = row["year"] if last is None or pd.isna(last) else last
            if pd.isna(first) or pd.isna(last):
                continue
            opens, closes = row["opens_on"], row["closes_on"]
            if not pd.isna(opens) and not first <= pd.Timestamp(opens).year <= last:
                text, remedy = (
                    f"lies outside the years of this money ({first:.0f}..{last:.0f})",
                    "Correct it.",
                )
                yield Fault(table, str(row["id"]), "opens_on", f"{opens:%Y-%m-%d}", text, remedy)
            begins = pd.Timestamp(int(first), 1, 1) if pd.isna(opens) else pd.Timestamp(opens)
            if not pd.isna(closes) and pd.Timestamp(closes) < begins:
                text, remedy = f"comes before the money opens on {begins:%Y-%m-%d}", "Give a later day."
                yield Fault(table, str(row["id"]), "closes_on", f"{closes:%Y-%m-%d}", text, remedy)


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
