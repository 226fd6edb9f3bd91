"""`trace`: follow a figure of the report to its formula, its rows and their sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sarhad.errors import SpecError
from sarhad.programme import Programme
from sarhad.workflow.outcome import Outcome, plain


@dataclass(frozen=True)
class Row:
    """One row that a figure rests on: table, key, and the columns that it uses."""

    table: str
    key: Mapping[str, str]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A kind of figure: what it means, how it is computed, where that is written, which rows it reads."""

    meaning: str
    formula: str
    page: str
    rows: Callable[[Programme, str], tuple[Row, ...]]


def trace_figure(source: Path, figure: str) -> Outcome:
    """Return formula, rows and sources of a figure named as KIND or KIND:ARGUMENT.

    Raises
    ------
    SpecError
        If the kind is unknown, or the argument names no row.
    """
    if figure == "list":
        payload: dict[str, Any] = {
            "figures": [
                {"figure": name, "meaning": kind.meaning, "formula": kind.formula}
                for name, kind in FIGURES.items()
            ]
        }
        return Outcome(payload, _list_lines)
    prog = Programme.open(source)
    name, _, argument = figure.partition(":")
    kinds = {known.partition(":")[0]: kind for known, kind in FIGURES.items()}
    if name not in kinds:
        raise SpecError(f"{figure}: unknown figure. One of: {', '.join(FIGURES)}.")
    rows = [_resolve(prog, row) for row in kinds[name].rows(prog, argument)]
    if not rows:
        raise SpecError(
            f"{figure}: no row of the programme carries it. Is `{argument}` an id of the programme?"
        )
    wanted = sorted({source_id for row in rows for source_id in row["source_ids"]})
    sources = prog["source"]
    payload = {
        "figure": figure,
        "meaning": kinds[name].meaning,
        "formula": kinds[name].formula,
        "page": kinds[name].page,
        "rows": rows,
        "sources": sources[sources["id"].isin(wanted)][["id", "title", "publisher", "date", "url"]].to_dict(
            "records"
        ),
        "assumed_rows": sum(bool(row["is_assumption"]) for row in rows),
    }
    return Outcome(plain(payload), _trace_lines)


def _resolve(prog: Programme, row: Row) -> dict[str, Any]:
    table = prog[row.table]
    for column, value in row.key.items():
        table = table[table[column].astype(str) == value]
    found = table.iloc[0]
    return {
        "table": row.table,
        "row": " ".join(row.key.values()),
        "figures": {column: found[column] if pd.notna(found[column]) else None for column in row.columns},
        "is_assumption": bool(found.get("is_assumption", False)),
        "reasoning": str(found["reasoning"]) if pd.notna(found.get("reasoning")) else "",
        "source_ids": list(found.get("source_ids", ())),
    }


def _where(prog: Programme, table: str, column: str, value: str, columns: tuple[str, ...]) -> tuple[Row, ...]:
    frame = prog[table]
    keys = _KEYS.get(table, ("id",))
    found = frame[frame[column].astype(str) == value].sort_values(list(keys))
    return tuple(
        Row(table, {key: str(record[key]) for key in keys}, columns) for record in found.to_dict("records")
    )


_KEYS = {
    "effect_parameter": ("effect_id", "name"),
    "price_index": ("year",),
    "plan_item": ("plan_id", "item_id"),
    "funding": ("plan_id", "item_id", "partner_id", "year", "kind"),
    "eligibility": ("partner_id", "category"),
}
_COST = (
    "capital_low_usd",
    "capital_likely_usd",
    "capital_high_usd",
    "annual_cost_usd",
    "price_year",
    "capital_basis",
)
_SITE = ("cost_factor", "units", "capital_usd", "annual_usd")


def _cost(prog: Programme, item: str) -> tuple[Row, ...]:
    items = prog["item"]
    found = items[items["id"] == item]
    if found.empty:
        return ()
    measure = str(found["measure_id"].iloc[0])
    years = prog["measure"].set_index("id").loc[measure, "price_year"]
    return (
        *_where(prog, "item", "id", item, _SITE),
        *_where(prog, "measure", "id", measure, _COST),
        *_where(prog, "price_index", "year", str(years), ("index",)),
        *_where(prog, "price_index", "year", str(prog.setting("price_year")), ("index",)),
        *_where(
            prog,
            "evidence",
            "measure_id",
            measure,
            ("item", "amount", "currency", "price_year", "usd_per_unit"),
        ),
    )


def _effect(prog: Programme, item: str) -> tuple[Row, ...]:
    items = prog["item"]
    found = items[items["id"] == item]
    if found.empty:
        return ()
    measure = str(found["measure_id"].iloc[0])
    effects = prog["effect"]
    rows: list[Row] = [*_where(prog, "plan_item", "item_id", item, ("marginal_value",))]
    for effect in sorted(effects[effects["measure_id"] == measure]["id"]):
        rows += _where(prog, "effect", "id", effect, ("form",))
        rows += _where(prog, "effect_parameter", "effect_id", effect, ("low", "likely", "high", "unit"))
    return tuple(rows)


def _value(prog: Programme, plan: str) -> tuple[Row, ...]:
    columns = ("value", "bound", "value_without_plan", "constant", "seed", "data_hash")
    plans = prog["plan"] if not plan else prog["plan"][prog["plan"]["id"] == plan]
    rows = [Row("plan", {"id": name}, columns) for name in sorted(plans["id"])]
    if not rows:
        return ()
    threats = prog["threat"][prog["threat"]["enters_value"]]
    rows += [
        Row("threat", {"id": name}, ("rate_low", "rate", "rate_high", "consequence"))
        for name in threats["id"]
    ]
    settings = ("abandonment_per_hour", "tail_years", "reference_speed_kmh")
    known = set(prog["setting"]["id"])
    rows += [Row("setting", {"id": name}, ("value", "low", "high")) for name in settings if name in known]
    return tuple(rows)


FIGURES: Mapping[str, Figure] = {
    "value:PLAN": Figure(
        "expected weighted attempts that get through, horizon and tail",
        "sum over periods t and scenarios s of years_t * consequence_s * attempts_s * exp(-prevention) * exp(-dist_s)",
        "docs/models/detection.md",
        _value,
    ),
    "cost:ITEM": Figure(
        "capital of an item in base-year dollars",
        "capital_likely_usd * units * cost_factor * index[price_year setting] / index[price_year of the measure]",
        "docs/models/measures.md",
        _cost,
    ),
    "marginal:ITEM": Figure(
        "what is lost when the item is left out and the rest of the plan stays",
        "value(plan without the item) - value(plan)",
        "docs/models/detection.md",
        _effect,
    ),
    "detection:SECTION": Figure(
        "chance to detect the best path that crosses the line in the section",
        "1 - exp(-(exposure that exists + exposure of operating items)) along that path",
        "docs/models/detection.md",
        lambda prog, section: (
            *_where(prog, "section", "id", section, ("chainage_from_km", "chainage_to_km")),
            *_where(
                prog,
                "coverage",
                "section_id",
                section,
                ("mover_id", "detection_low", "detection", "detection_high"),
            ),
        ),
    ),
    "attempts:THREAT": Figure(
        "attempts a year of a threat and how they are shared among movers",
        "rate * traffic share * gravity weight of origin and destination * calibration factor",
        "docs/models/scenarios.md",
        lambda prog, threat: (
            *_where(prog, "threat", "id", threat, ("rate_low", "rate", "rate_high", "enters_value_reason")),
            *_where(prog, "traffic", "threat_id", threat, ("mover_id", "share")),
            *_where(prog, "calibration", "threat_id", threat, ("region", "mover_id", "detected_share")),
        ),
    ),
    "money:PARTNER": Figure(
        "what a partner offers by year",
        "rows of the table budget",
        "docs/models/plan.md",
        lambda prog, partner: (
            *_where(prog, "partner", "id", partner, ("contribution_usd", "contribution_status")),
            *_where(prog, "budget", "partner_id", partner, ("year", "amount_usd", "carries_over")),
        ),
    ),
    "setting:NAME": Figure(
        "a setting of the programme",
        "as given",
        "docs/data_dictionary.md",
        lambda prog, name: _where(prog, "setting", "id", name, ("value", "low", "high")),
    ),
    "length:BORDER": Figure(
        "length of the border line",
        "geodesic length on the WGS 84 ellipsoid, vertex to vertex",
        "docs/models/border.md",
        lambda prog, _: tuple(Row("border", {"id": name}, ("length_km",)) for name in prog["border"]["id"]),
    ),
}


def _list_lines(payload: Mapping[str, Any]) -> Iterator[str]:
    for row in payload["figures"]:
        yield f"{row['figure']:<20} {row['meaning']}"


def _trace_lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield f"{payload['figure']}: {payload['meaning']}"
    yield f"formula: {payload['formula']}  ({payload['page']})"
    for row in payload["rows"]:
        mark = "assumed" if row["is_assumption"] else "sourced" if row["source_ids"] else "derived"
        figures = ", ".join(f"{name} {value}" for name, value in row["figures"].items())
        yield f"  {row['table']} {row['row']} [{mark}] {figures}"
        if row["reasoning"]:
            yield f"      {row['reasoning']}"
    for source in payload["sources"]:
        yield f"  source {source['id']}: {source['title']} ({source['publisher']}, {source['date']}) {source['url']}"
