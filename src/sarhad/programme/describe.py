"""What a programme holds, in counts, and how much of it is assumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from sarhad.programme.dictionary import declared
from sarhad.programme.geodesy import line_length_km
from sarhad.programme.quarters import horizon

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

COUNTED = {
    "sections": "section",
    "segments": "segment",
    "nodes": "node",
    "edges": "edge",
    "items": "item",
    "scenarios": "scenario",
    "threats": "threat",
    "movers": "mover",
    "partners": "partner",
}

# Numbers of a measure, in groups that say where they come from.
MEASURE_GROUPS = {
    "capital_basis": ("capital_low_usd", "capital_likely_usd", "capital_high_usd"),
    "annual_basis": ("annual_cost_usd",),
    "duration_basis": ("duration_low_months", "duration_likely_months", "duration_high_months"),
    "range_basis": ("detection_range_km",),
    "probability_basis": ("detection_prob_low", "detection_prob_likely", "detection_prob_high"),
}
ASSUMED_BASES = ("assumed", "mixed")
# Other given tables whose numbers the models read: assumed as their row is.
IN_USE = (
    "effect_parameter",
    "mover",
    "traffic",
    "coverage",
    "calibration",
    "budget",
    "price_index",
)
THREAT_NUMBERS = ("consequence_low", "consequence", "consequence_high", "rate_low", "rate", "rate_high")


def description(prog: Programme) -> dict[str, Any]:
    """Return counts of what the programme holds, the length of its line and the share assumed."""
    found: dict[str, Any] = {name: len(prog[table]) for name, table in COUNTED.items()}
    border = prog["border"]
    lengths = [line_length_km(line) for line in border["geometry"] if line is not None]
    found["quarters"] = len(horizon(prog))
    found["border_length_km"] = round(sum(lengths), 2)
    found["official_length_km"] = (
        None if border["length_km"].isna().all() else float(border["length_km"].sum())
    )
    found["assumed_share"] = assumed_share(prog)
    return found


def assumed_share(prog: Programme) -> float:
    """Return the share of the numbers in use that are assumed [0..1]; 0 where none are in use.

    Notes
    -----
    A number in use is a filled numeric cell of a given table that a model reads: the groups of numbers
    of candidate measures (assumed where their `..._basis` is assumed or mixed), rates and consequences
    of the threats that enter the value, every number of the tables in `IN_USE`, and numeric settings
    that the programme gives (assumed as their row is).
    """
    counts = [*_measures(prog), *_threats(prog), *_rows(prog), *_settings(prog)]
    used = sum(used for used, _ in counts)
    return round(sum(assumed for _, assumed in counts) / used, 4) if used else 0.0


def _measures(prog: Programme) -> Iterator[tuple[int, int]]:
    measures = prog["measure"]
    measures = measures[measures["is_candidate"].fillna(value=False).astype(bool)]
    for basis, columns in MEASURE_GROUPS.items():
        filled = measures[list(columns)].notna().sum(axis=1)
        is_assumed = measures[basis].isin(ASSUMED_BASES)
        yield int(filled.sum()), int(filled[is_assumed].sum())


def _threats(prog: Programme) -> Iterator[tuple[int, int]]:
    threats = prog["threat"]
    threats = threats[threats["enters_value"].fillna(value=False).astype(bool)]
    yield _count(threats, list(THREAT_NUMBERS))


def _rows(prog: Programme) -> Iterator[tuple[int, int]]:
    for name in IN_USE:
        columns = [c.name for c in declared().table(name).columns if c.type == "number" and not c.is_key]
        yield _count(prog[name], columns)


def _settings(prog: Programme) -> Iterator[tuple[int, int]]:
    settings = prog["setting"]
    known = declared().settings
    is_number = [
        known[name].type in ("number", "integer") if name in known else False for name in settings["id"]
    ]
    yield _count(settings[is_number], ["value"])


def _count(frame: pd.DataFrame, columns: list[str]) -> tuple[int, int]:
    filled = frame[columns].notna().sum(axis=1)
    is_assumed = frame["is_assumption"].fillna(value=False).astype(bool)
    return int(filled.sum()), int(filled[is_assumed].sum())
