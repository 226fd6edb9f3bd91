"""Checks that every fact says where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from sarhad.programme.dictionary import declared
from sarhad.programme.faults import Fault
from sarhad.programme.frames import row_ids

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme


def without_provenance(prog: Programme) -> Iterator[Fault]:
    """Yield rows that name no source and are no assumption, and assumptions without reasoning.

    A setting without a low and a high value may be a plain choice, such as the status date.
    """
    for name in prog.tables:
        table = declared().table(name)
        if table.has_provenance:
            yield from _faults(name, prog[name], row_ids(table, prog[name]))


def _faults(name: str, frame: pd.DataFrame, ids: list[str]) -> Iterator[Fault]:
    is_assumed = frame["is_assumption"].fillna(value=False).astype(bool)
    has_source = frame["source_ids"].map(bool)
    may_be_choice = frame[["low", "high"]].isna().all(axis=1) if name == "setting" else False
    for row, is_bare in zip(
        ids, ~is_assumed & ~has_source & ~pd.Series(may_be_choice, frame.index), strict=True
    ):
        if is_bare:
            remedy = "Name source_ids, or set is_assumption to true and give the reasoning."
            yield Fault(name, row, "source_ids", "", "has neither a source nor is it an assumption", remedy)
    for row, is_silent in zip(ids, is_assumed & frame["reasoning"].isna(), strict=True):
        if is_silent:
            yield Fault(
                name, row, "reasoning", "", "is missing for an assumption", "Say why the assumption holds."
            )
