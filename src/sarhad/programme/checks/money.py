"""Checks of money, traffic and shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from sarhad.programme.faults import Fault
from sarhad.programme.quarters import horizon
from sarhad.programme.values import render_number

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

PAYS = ("member_state", "external_donor", "external_body")
TOLERANCE = 1e-6
CALIBRATION_TOLERANCE = 0.01


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


def wrong_shares(prog: Programme) -> Iterator[Fault]:
    """Yield threats whose traffic, or split of detected attempts, does not add up to 1."""
    parts = (
        ("traffic", "share", TOLERANCE),
        ("calibration", "detected_share", CALIBRATION_TOLERANCE),
    )
    for table, column, tolerance in parts:
        for threat, total in prog[table].groupby("threat_id")[column].sum().items():
            if abs(total - 1.0) > tolerance:
                text = f"adds up to {render_number(round(float(total), 9))} for threat {threat}, not to 1"
                yield Fault(table, str(threat), column, "", text, "Correct the shares.")


def incomplete_threats(prog: Programme) -> Iterator[Fault]:
    """Yield threats that enter the value but lack a rate, a weight, or movers."""
    with_traffic = set(prog["traffic"]["threat_id"])
    for row in prog["threat"].to_dict("records"):
        if pd.isna(row["enters_value"]) or not row["enters_value"]:
            continue
        name = str(row["id"])
        for column in ("rate", "consequence"):
            if pd.isna(row[column]):
                text, remedy = (
                    "is missing for a threat that enters the value",
                    "Give it, or keep the threat out.",
                )
                yield Fault("threat", name, column, "", text, remedy)
        if row["is_spatial"] == "yes" and name not in with_traffic:
            text, remedy = "has a place and enters the value, but no movers", "Add its rows to traffic."
            yield Fault("threat", name, "is_spatial", "yes", text, remedy)


def missing_coverage(prog: Programme) -> Iterator[Fault]:
    """Yield sections and movers without a row on what detects them today."""
    given = set(zip(prog["coverage"]["section_id"], prog["coverage"]["mover_id"], strict=True))
    used = sorted(set(prog["traffic"]["mover_id"]))
    for section in prog["section"]["id"]:
        for mover in used:
            if (section, mover) not in given:
                remedy = "Add a row to coverage, 0 where nothing detects it."
                yield Fault("coverage", f"{section}/{mover}", "", "", "is missing", remedy)
