"""What a programme holds, in counts, and how much of it is assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from sarhad.programme.checks.catalogue import candidates, enforced
from sarhad.programme.checks.threats import valued_threats
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

ASSUMED_BASES = ("assumed", "mixed")


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
    A number in use is a filled cell of a column that the dictionary gives an `assumed_by`, in a row that a model
    reads (see `_in_use`). It is assumed where that other column says true, or that its basis is assumed or mixed.
    """
    used, assumed = numbers_in_use(prog)
    return round(assumed / used, 4) if used else 0.0


def numbers_in_use(prog: Programme) -> tuple[int, int]:
    """Return how many numbers are in use, and how many of them are assumed."""
    used = assumed = 0
    for table in declared().tables.values():
        frame = _in_use(prog, table.name)
        for column in table.columns:
            if column.assumed_by:
                is_filled = frame[column.name].notna()
                used += int(is_filled.sum())
                assumed += int((is_filled & _is_assumed(frame[column.assumed_by])).sum())
    return used, assumed


def _in_use(prog: Programme, table: str) -> pd.DataFrame:
    """Return the rows of a table that a model reads.

    Candidates and their effects, threats that enter the value and the rows about them, prerequisites that are
    enforced, settings that are numbers; of other tables all rows.
    """
    frame = prog[table]
    if table in ("measure", "effect_parameter"):
        known = set(candidates(prog)["id"])
        if table == "measure":
            return frame[frame["id"].isin(known)]
        effect = prog["effect"]
        return frame[frame["effect_id"].isin(set(effect.loc[effect["measure_id"].isin(known), "id"]))]
    if table in ("threat", "traffic", "calibration"):
        return frame[frame["id" if table == "threat" else "threat_id"].isin(set(valued_threats(prog)["id"]))]
    if table == "prerequisite":
        return enforced(prog)
    if table == "setting":
        known = {name for name, one in declared().settings.items() if one.type in ("number", "integer")}
        return frame[frame["id"].isin(known)]
    return frame


def _is_assumed(told: pd.Series) -> pd.Series:
    return told.isin([True, *ASSUMED_BASES])
