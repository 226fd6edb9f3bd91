"""Faults of pledges, resources, seasons and floors: all of them at once, each with its row and remedy."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sarhad.programme import Programme

SAID = {"is_assumption": True, "reasoning": "made up"}


def given(prog: Programme, **tables: list[dict[str, Any]]) -> Programme:
    frames = {}
    for name, rows in tables.items():
        frame = prog[name]
        new = pd.DataFrame([dict.fromkeys(frame.columns) | SAID | row for row in rows])[list(frame.columns)]
        for column in new.columns:
            if column.endswith("_ids") or column in ("regions", "closed_quarters"):
                new[column] = [value or () for value in new[column]]
        frames[name] = new.astype(frame.dtypes.to_dict())
    return prog.with_changes(frames)


def test_every_fault_of_the_limits_is_listed_at_once(tiny: Programme) -> None:
    pledge = {"partner_id": "P1", "amount_usd": 1.0, "year": 2025}
    prog = given(
        tiny,
        pledge=[
            pledge | {"id": "G1", "usable_from_year": 2026},
            pledge | {"id": "G2", "year": 2040},
            pledge | {"id": "G3", "regions": ("ZZ",)},
        ],
        resource_quarter=[{"resource_id": "R", "quarter": "spring", "capacity": 1.0}],
        resource=[{"id": "R", "name_en": "crew", "kind": "crew", "capacity": 1}],
        resource_need=[{"measure_id": "M1", "kind": "deminer", "units": 1.0}],
        season=[{"id": "S", "closed_quarters": ("Q1", "Q2", "Q3", "Q4"), "may_pause": False}],
        floor=[
            {"id": "F1", "kind": "items"},
            {"id": "F2", "kind": "crossings", "least": 1.0, "measure_ids": ("M1", "M2")},
            {"id": "F3", "kind": "security"},
        ],
    )
    tables = ("pledge", "resource", "resource_need", "resource_quarter", "season", "floor")
    found = [str(fault) for fault in prog.check() if fault.table in tables]
    assert found == [
        "pledge.usable_to_year, row G1: 2025 ends before it may first be spent (2026). Give a year from there on.",
        "pledge.year, row G2: 2040 lies outside horizon and tail (2025..2028). This money is never used.",
        "pledge.regions, row G3: ZZ is no country or region of any section. Regions of the sections: AA-E, AA-W.",
        (
            "resource_need.kind, row M1/deminer: deminer is a kind of which there is no resource. It is taken as "
            "unlimited; add a resource of that kind."
        ),
        "resource_quarter.quarter, row R/spring: spring is not a quarter. Write it as 2025Q1.",
        (
            "season.closed_quarters, row S: Q1;Q2;Q3;Q4 leave no quarter for work: nothing it holds for can be built. "
            "Open one of them."
        ),
        "floor.least, row F1: is blank: a floor on items needs it. Fill it in.",
        "floor.measure_ids, row F2: M1;M2 does not name the one measure that modernises a crossing. Name exactly one.",
        "floor.most_share, row F3: is blank: a floor on security needs it. Fill it in.",
    ]


def test_a_payer_without_money_is_noticed(tiny: Programme) -> None:
    poor = tiny.with_changes({"budget": tiny["budget"][tiny["budget"]["partner_id"] != "P2"]})
    said = [str(fault) for fault in poor.check() if fault.table == "eligibility"]
    assert said == [
        "eligibility.partner_id, row P2: P2 has no money: no row in budget and none in pledge. It pays for nothing."
    ]
