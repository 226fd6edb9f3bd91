"""Tables taken from the reference data as they stand: sources, facts, prices, indicators, partners."""

from __future__ import annotations

from pathlib import Path

from tajik_afghan_build.tables import Row, read_judgements, read_rows


def ids(text: str) -> list[str]:
    """Return the ids of a list cell."""
    return [part for part in text.split(";") if part]


def is_true(text: str) -> bool:
    """Return the truth value of a cell; anything but true or false is an error."""
    return {"true": True, "false": False}[text]


def sources(data: Path) -> list[Row]:
    """Return the cited sources, then those of the open data and of the literature."""
    cited = [dict(row) for row in read_rows(data / "reference" / "sources.csv")]
    return [*cited, *(dict(row) for row in read_judgements("sources"))]


def facts(data: Path) -> list[Row]:
    """Return the dated facts."""
    return [
        {
            **{name: row[name] for name in ("id", "topic", "fact", "value", "unit", "date", "confidence")},
            "source_ids": ids(row["source_ids"]) or ["DS-REFERENCE"],
            "is_assumption": is_true(row["is_assumption"]),
            "reasoning": row["note"],
        }
        for row in read_rows(data / "reference" / "facts.csv")
    ]


def evidence(data: Path) -> list[Row]:
    """Return the observed prices and building times."""
    names = ("id", "measure_id", "item", "place", "quantity", "unit", "amount", "currency", "price_year")
    rows: list[Row] = []
    for row in read_rows(data / "reference" / "unit_cost_evidence.csv"):
        notes = [row[name] for name in ("note", "exchange_rate_note", "duration_note") if row[name]]
        rows.append(
            {
                **{name: row[name] for name in (*names, "usd_per_unit", "duration_months")},
                "note": "; ".join(notes),
                "source_ids": ids(row["source_ids"]),
                "is_assumption": is_true(row["is_assumption"]),
                "reasoning": row["reasoning"],
            }
        )
    return rows


def indicators(data: Path) -> list[Row]:
    """Return the indicators with their public baselines."""
    names = (
        "id",
        "name_en",
        "name_ru",
        "name_ar",
        "level",
        "definition",
        "unit",
        "formula",
        "desired_direction",
    )
    return [
        {
            **{name: row[name] for name in (*names, "frequency", "baseline_value", "baseline_date")},
            "source_ids": ids(row["source_ids"]),
            "is_assumption": is_true(row["is_assumption"]),
            "reasoning": row["reasoning"],
        }
        for row in read_rows(data / "reference" / "indicators.csv")
    ]


def partners(data: Path) -> list[Row]:
    """Return the states, organs and bodies that take part."""
    names = ("id", "name_en", "name_ru", "name_ar", "iso2", "iso3", "type", "role", "contribution_kind")
    return [
        {
            **{name: row[name] for name in (*names, "contribution_usd", "contribution_status")},
            "agencies": row["ministries_and_agencies"],
            "source_ids": ids(row["source_ids"]),
            "is_assumption": is_true(row["is_assumption"]),
            "reasoning": row["reasoning"],
        }
        for row in read_rows(data / "reference" / "partners.csv")
    ]
