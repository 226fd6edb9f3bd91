"""Checks of what a plan must keep: pledges, resources, seasons, packages, floors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from sarhad.errors import SpecError
from sarhad.programme.checks.money import PAYS
from sarhad.programme.faults import Fault
from sarhad.programme.quarters import Quarter, horizon

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

QUARTERS = ("Q1", "Q2", "Q3", "Q4")
CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def wrong_pledges(prog: Programme) -> Iterator[Fault]:
    """Yield pledges of those who do not pay, for nothing, in no year, or in years outside horizon and tail."""
    types = dict(zip(prog["partner"]["id"], prog["partner"]["type"], strict=True))
    eligible, regions = set(prog["eligibility"]["partner_id"]), set(prog["section"]["region"].dropna())
    quarters = horizon(prog)
    last_year = quarters[-1].year + int(-(-prog.setting("tail_years") // 1))
    for row in prog["pledge"].to_dict("records"):
        name, partner = str(row["id"]), row["partner_id"]
        kind = types.get(partner, PAYS[0])
        if kind not in PAYS:
            remedy = f"Only these pay: {', '.join(PAYS)}. Correct the partner or its type."
            yield Fault(
                "pledge", name, "partner_id", partner, f"is of type {kind}, which does not pay", remedy
            )
        elif not row["measure_ids"] and partner not in eligible:
            text = "pays for nothing: it names no measure, and its partner has no row in eligibility"
            yield Fault("pledge", name, "measure_ids", "", text, "Name the measures it may pay for.")
        yield from _wrong_years(row, name, quarters[0].year, last_year)
        for code in row["regions"]:
            if not CODE.fullmatch(code) or not any(r == code or r.startswith(f"{code}-") for r in regions):
                remedy = f"Regions of the sections: {', '.join(sorted(regions))}."
                yield Fault("pledge", name, "regions", code, "is no country or region of any section", remedy)


def _wrong_years(row: dict[Any, Any], name: str, begins: int, ends: int) -> Iterator[Fault]:
    """Yield years of a pledge that leave nothing to spend."""
    given = row["year"]
    if pd.isna(given):
        return
    first = given if pd.isna(row["usable_from_year"]) else row["usable_from_year"]
    last = given if pd.isna(row["usable_to_year"]) else row["usable_to_year"]
    if last < first:
        text = f"ends before it may first be spent ({int(first)})"
        yield Fault("pledge", name, "usable_to_year", str(int(last)), text, "Give a year from there on.")
    elif last < begins or first > ends:
        text = f"lies outside horizon and tail ({begins}..{ends})"
        yield Fault("pledge", name, "year", str(int(given)), text, "This money is never used.", "notice")


def idle_payers(prog: Programme) -> Iterator[Fault]:
    """Yield partners that may pay but have no money."""
    has_money = {*prog["budget"]["partner_id"], *prog["pledge"]["partner_id"]}
    for partner in sorted(set(prog["eligibility"]["partner_id"].dropna()) - has_money):
        text = "has no money: no row in budget and none in pledge"
        yield Fault(
            "eligibility", str(partner), "partner_id", str(partner), text, "It pays for nothing.", "notice"
        )


def wrong_resources(prog: Programme) -> Iterator[Fault]:
    """Yield needs that nothing serves, and labels that are no quarters."""
    kinds = set(prog["resource"]["kind"])
    for row in prog["resource_need"].to_dict("records"):
        if row["kind"] not in kinds:
            place, text = f"{row['measure_id']}/{row['kind']}", "is a kind of which there is no resource"
            remedy = "It is taken as unlimited; add a resource of that kind."
            yield Fault("resource_need", place, "kind", str(row["kind"]), text, remedy, "notice")
    labels = {str(quarter) for quarter in horizon(prog)}
    for row in prog["resource_quarter"].to_dict("records"):
        place, label = f"{row['resource_id']}/{row['quarter']}", str(row["quarter"])
        try:
            Quarter.parse(label)
        except SpecError:
            yield Fault(
                "resource_quarter", place, "quarter", label, "is not a quarter", "Write it as 2025Q1."
            )
            continue
        if label not in labels:
            text = "lies outside the horizon"
            yield Fault("resource_quarter", place, "quarter", label, text, "It binds nothing.", "notice")


def wrong_seasons(prog: Programme) -> Iterator[Fault]:
    """Yield seasons that name no quarter of the year, or close all four."""
    for row in prog["season"].to_dict("records"):
        name, closed = str(row["id"]), row["closed_quarters"]
        for quarter in (q for q in closed if q not in QUARTERS):
            yield Fault(
                "season", name, "closed_quarters", quarter, "is none of Q1, Q2, Q3, Q4", "Write Q1 to Q4."
            )
        if set(QUARTERS) <= set(closed):
            text = "leave no quarter for work: nothing it holds for can be built"
            yield Fault("season", name, "closed_quarters", ";".join(closed), text, "Open one of them.")


def wrong_floors(prog: Programme) -> Iterator[Fault]:
    """Yield floors that do not say what they ask for, or ask for it by a threat that is not in the value."""
    threats = prog["threat"]
    valued = set(threats.loc[threats["enters_value"], "id"])
    for row in prog["floor"].to_dict("records"):
        name, kind = str(row["id"]), row["kind"]
        column = "most_share" if kind == "security" else "least"
        if pd.isna(row[column]):
            yield Fault("floor", name, column, "", f"is blank: a floor on {kind} needs it", "Fill it in.")
        if kind == "crossings" and len(row["measure_ids"]) != 1:
            found, text = (
                ";".join(row["measure_ids"]),
                "does not name the one measure that modernises a crossing",
            )
            yield Fault("floor", name, "measure_ids", found, text, "Name exactly one.")
        if kind == "security" and pd.notna(row["threat_id"]) and row["threat_id"] not in valued:
            text, remedy = "does not enter the value", f"Name one that does: {', '.join(sorted(valued))}."
            yield Fault("floor", name, "threat_id", str(row["threat_id"]), text, remedy)
