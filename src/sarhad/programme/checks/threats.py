"""Checks of threats, their movers, their reported detections, and what detects them today.

Models that read these tables call the same functions, so that what a check passes no model refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from sarhad.programme.faults import Fault
from sarhad.programme.values import render_number

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

TOLERANCE = 1e-6
SHARES = (("traffic", "share"), ("calibration", "detected_share"))
RATES = ("rate_low", "rate", "rate_high")


def valued_threats(prog: Programme) -> pd.DataFrame:
    """Return the threats that enter the value, sorted by id."""
    threats = prog["threat"]
    return threats[threats["enters_value"].fillna(value=False).astype(bool)].sort_values("id")


def placed_threats(prog: Programme) -> pd.DataFrame:
    """Return the threats that become scenarios, sorted by id: they enter the value and have a place."""
    threats = valued_threats(prog)
    return threats[threats["is_spatial"] != "no"]


def protected_people(prog: Programme) -> Iterator[Fault]:
    """Yield threats that enter the value though they have no adversary, or not only adversaries."""
    threats = valued_threats(prog)
    for row in threats[threats["is_adversarial"].isin(["no", "partly"])].to_dict("records"):
        text = f"lets into the value what has no adversary (is_adversarial is {row['is_adversarial']})"
        remedy = (
            "Set enters_value to false: people seeking safety and ordinary life are never minimised; an adversary "
            "among them is a threat of its own."
        )
        yield Fault("threat", str(row["id"]), "enters_value", "true", text, remedy)


def incomplete_threats(prog: Programme) -> Iterator[Fault]:
    """Yield threats that enter the value but lack a rate, a weight, or movers."""
    with_traffic = set(prog["traffic"]["threat_id"])
    placed = set(placed_threats(prog)["id"])
    for row in valued_threats(prog).to_dict("records"):
        name = str(row["id"])
        for column in (*(RATES if name in placed else ("rate",)), "consequence"):
            if pd.isna(row[column]):
                text = "is missing for a threat that enters the value"
                yield Fault("threat", name, column, "", text, "Give it, or keep the threat out.")
        if name in placed and name not in with_traffic:
            text, remedy = "has a place and enters the value, but no movers", "Add its rows to traffic."
            yield Fault("threat", name, "is_spatial", str(row["is_spatial"]), text, remedy)


def wrong_shares(prog: Programme) -> Iterator[Fault]:
    """Yield threats whose traffic, or split of detected attempts, does not add up to 1."""
    for table, column in SHARES:
        for threat, total in prog[table].groupby("threat_id")[column].sum().items():
            if abs(total - 1.0) > TOLERANCE:
                text = f"adds up to {render_number(round(float(total), 9))} for threat {threat}, not to 1"
                remedy = "Correct the shares; divide each by their sum where they are only rounded."
                yield Fault(table, str(threat), column, "", text, remedy)


def missing_coverage(prog: Programme) -> Iterator[Fault]:
    """Yield sections and movers without a row on what detects them today; movers without traffic need none."""
    given = set(zip(prog["coverage"]["section_id"], prog["coverage"]["mover_id"], strict=True))
    used = sorted(set(prog["traffic"]["mover_id"].dropna()))
    for section in prog["section"]["id"]:
        for mover in used:
            if (section, mover) not in given:
                remedy = "Add a row to coverage, 0 where nothing detects it."
                yield Fault("coverage", f"{section}/{mover}", "", "", "is missing", remedy)


def idle_movers(prog: Programme) -> Iterator[Fault]:
    """Yield movers that no threat uses."""
    used = set(prog["traffic"]["mover_id"])
    for mover in prog["mover"]["id"]:
        if mover not in used:
            text, remedy = "has no row in traffic", "No scenario uses it."
            yield Fault("mover", str(mover), "", "", text, remedy, "notice")


def undetectable_threats(prog: Programme) -> Iterator[Fault]:
    """Yield threats with reported detections whose movers have no chance to be detected: nothing fits that."""
    traffic, coverage = prog["traffic"], prog["coverage"]
    detected = set(coverage.loc[coverage["detection"] > 0, "mover_id"])
    used = traffic[traffic["share"] > 0].groupby("threat_id")["mover_id"].agg(set)
    reported = set(prog["calibration"]["threat_id"])
    for row in placed_threats(prog).to_dict("records"):
        movers = used.get(row["id"], set())
        if row["id"] in reported and row["rate_high"] > 0 and movers and not movers & detected:
            yield undetectable(str(row["id"]))


def undetectable(threat: str) -> Fault:
    """Return the fault of a threat with reported detections that nothing detects."""
    text = "reports detections where coverage leaves the threat's movers no chance to be detected"
    remedy = "Give coverage.detection above 0 where they were detected, or remove the threat's rows from calibration."
    return Fault("calibration", threat, "detected_share", "", text, remedy)
