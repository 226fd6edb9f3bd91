"""Tables in which the reference data and the judgements made by hand meet, and those that are judged alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli_w

from tajik_afghan_build.reference import ids, is_true
from tajik_afghan_build.tables import Row, read_judgements, read_rows

TITLES = {
    "title_en": "Tajik-Afghan border programme 2025-2029 (worked example)",
    "title_ru": "Программа укрепления таджикско-афганской границы на 2025–2029 годы (учебный пример)",
    "title_ar": "برنامج تعزيز الحدود الطاجيكية الأفغانية 2025–2029 (مثال تطبيقي)",
}
BUDGET_USD = 200_000_000  # fact F024: illustrative
SHARES = {"P01": 0.20, "P02": 0.50, "P03": 0.15, "P04": 0.10, "P05": 0.05, "P06": 0.0}
YEARS = range(2025, 2030)
TAIL_YEARS = range(2030, 2035)
TAIL_SHARE = 0.4  # of a year's amount, for upkeep after the horizon
INFLATION = 0.025
INDEX_YEARS = range(2004, 2036)
BASE_YEAR = 2025


def measures(data: Path) -> list[Row]:
    """Return the 44 measures with what was judged about candidates and their sites."""
    placing = {row["id"]: row for row in read_judgements("measures")}
    same = (
        *("id", "name_en", "name_ru", "name_ar", "category", "unit", "spatial_mode", "annual_cost_usd"),
        *("capital_low_usd", "capital_likely_usd", "capital_high_usd", "terrain", "price_year", "confidence"),
        *("duration_low_months", "duration_likely_months", "duration_high_months", "detection_range_km"),
        *("detection_prob_low", "detection_prob_likely", "detection_prob_high"),
        *("capital_basis", "annual_basis", "duration_basis", "range_basis", "probability_basis"),
    )
    judged = (
        *(
            "is_candidate",
            "candidate_reason",
            "site_rule",
            "site_spacing_km",
            "units_per_site",
            "max_relief_m",
        ),
        *("max_altitude_m", "needs_river", "relief_cost_per_km", "altitude_cost_per_km", "river_cost"),
    )
    rows: list[Row] = []
    for row in read_rows(data / "reference" / "measures.csv"):
        mine = placing.pop(row["id"])
        placed = f"; placing: {mine['placing']}" if mine["placing"] else ""
        rows.append(
            {
                **{name: row[name] for name in same},
                **{name: mine[name] for name in judged},
                "threat_ids": ids(row["threats"]),
                "prerequisite_text": row["prerequisite"],
                "evidence_ids": ids(row["evidence_ids"]),
                "source_ids": [*ids(row["source_ids"]), "DS-REFERENCE"],
                "is_assumption": is_true(row["is_assumption"]),
                "reasoning": f"{row['reasoning']} (assumed: {row['assumed_fields']}){placed}",
            }
        )
    if placing:
        raise ValueError(f"judgements about measures that the catalogue lacks: {sorted(placing)}")
    return rows


def threats(data: Path) -> list[Row]:
    """Return the 14 threats, which of them enter the value, and how often they are attempted."""
    judged = {row["id"]: row for row in read_judgements("threats")}
    names = ("id", "name_en", "name_ru", "name_ar", "channel", "public_signal")
    mine = (
        *("enters_value", "enters_value_reason", "consequence_low", "consequence", "consequence_high"),
        *("rate_low", "rate", "rate_high"),
    )
    rows: list[Row] = []
    for row in read_rows(data / "reference" / "threats.csv"):
        own = judged[row["id"]]
        rate = f". Attempts a year: {own['rate_reasoning']}" if own["rate_reasoning"] else ""
        weight = ". Consequence 1 is a flagged weight and not a finding" if own["consequence"] else ""
        rows.append(
            {
                **{name: row[name] for name in names},
                **{name: own[name] for name in mine},
                **{f"is_{name}": row[name] for name in ("spatial", "adaptive", "adversarial")},
                "source_ids": ids(row["source_ids"]),
                "is_assumption": is_true(row["is_assumption"]) or bool(rate),
                "reasoning": f"{row['reasoning']}{rate}{weight}",
            }
        )
    return rows


def as_judged(name: str, **given: str) -> list[Row]:
    """Return the rows of a table that is judged alone, with the same columns added to each."""
    return [{**row, **given} for row in read_judgements(name)]


def keyed(name: str, *columns: str) -> list[Row]:
    """Return judged rows with an id made of the named columns; all are assumptions."""
    return [
        {**row, "id": "-".join(row[column] for column in columns), "is_assumption": True}
        for row in read_judgements(name)
    ]


def coverage(sections: list[Row]) -> list[Row]:
    """Return what exists today: the same chance to detect in every section, since no split is published."""
    return [
        {
            **row,
            "id": f"{section['id']}-{row['mover_id']}",
            "section_id": section["id"],
            "is_assumption": True,
        }
        for section in sections
        for row in read_judgements("coverage")
    ]


def eligibility() -> list[Row]:
    """Return which partner pays for which category of measures."""
    return [
        {
            "partner_id": row["partner_id"],
            "category": category,
            "source_ids": row["source_ids"],
            "is_assumption": True,
            "reasoning": f"{row['reasoning']}. Read from the kind of contribution; not published",
        }
        for row in read_judgements("eligibility")
        for category in ids(row["categories"])
    ]


def budget() -> list[Row]:
    """Return the illustrative money: even over the horizon, then a part of it for upkeep in the tail."""
    rows: list[Row] = []
    for partner, share in SHARES.items():
        yearly = BUDGET_USD * share / len(YEARS)
        within = f"Illustrative {share:.0%} of an illustrative USD 200 million (F024), even over five years"
        after = f"Upkeep of the final state: {TAIL_SHARE:.0%} of the yearly amount of 2025-2029; judged"
        for year in (*YEARS, *TAIL_YEARS):
            is_tail = year in TAIL_YEARS
            rows.append(
                {
                    "id": f"{partner}-{year}",
                    "partner_id": partner,
                    "year": year,
                    "amount_usd": float(round(yearly * (TAIL_SHARE if is_tail else 1.0))),
                    "carries_over": not is_tail,
                    "source_ids": ["DS-REFERENCE"],
                    "is_assumption": True,
                    "reasoning": after
                    if is_tail
                    else f"{within}; what is left may be carried over within them",
                }
            )
    return rows


def price_index() -> list[Row]:
    """Return dollars of each year per dollar of the base year."""
    return [
        {
            "year": year,
            "index": round((1.0 + INFLATION) ** (year - BASE_YEAR), 6),
            "is_assumption": True,
            "reasoning": f"{INFLATION:.1%} a year; a placeholder for a published index",
        }
        for year in INDEX_YEARS
    ]


def write_head(folder: Path) -> None:
    """Write programme.toml: the name of the programme and its settings."""
    settings: dict[str, dict[str, Any]] = {}
    for row in sorted(read_judgements("settings"), key=lambda one: one["id"]):
        entry: dict[str, Any] = {"value": number(row["value"])}
        entry |= {name: float(row[name]) for name in ("low", "high") if row[name]}
        if row["source_ids"]:
            entry["source_ids"] = ids(row["source_ids"])
        settings[row["id"]] = entry | {
            "is_assumption": is_true(row["is_assumption"]),
            "reasoning": row["reasoning"],
        }
    head = {"name": "tajik-afghan", **TITLES, "schema_version": 1}
    text = tomli_w.dumps({"programme": head, "setting": settings})
    (folder / "programme.toml").write_bytes(text.encode("utf-8"))


def number(text: str) -> int | float | str:
    """Return a cell as a number where it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
