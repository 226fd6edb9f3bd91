"""Checks of single cells against the dictionary: present, in range, finite, an allowed choice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sarhad.programme.dictionary import Column, Table
from sarhad.programme.faults import Fault
from sarhad.programme.frames import row_ids
from sarhad.programme.slips import slip_of_unit
from sarhad.programme.values import render


def cell_faults(table: Table, frame: pd.DataFrame) -> list[Fault]:
    """Return the cells of a typed frame that the dictionary does not allow."""
    ids = row_ids(table, frame)
    faults: list[Fault] = []
    for column in table.columns:
        series = frame[column.name]
        if column.is_required and not column.is_key:
            faults += _missing(column, series, ids)
        if column.type in ("number", "integer"):
            faults += _out_of_range(column, series, ids)
        if column.type == "choice":
            faults += _not_allowed(column, series, ids)
    return faults


def _missing(column: Column, series: pd.Series, ids: list[str]) -> Iterator[Fault]:
    for i in np.flatnonzero(series.isna().to_numpy()):
        yield Fault(column.table, ids[i], column.name, "", "is missing", f"Give it: {column.description}.")


def _out_of_range(column: Column, series: pd.Series, ids: list[str]) -> Iterator[Fault]:
    numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
    is_infinite = np.isinf(numbers)
    is_low = numbers < column.low if column.low is not None else np.zeros(len(numbers), dtype=bool)
    is_high = numbers > column.high if column.high is not None else np.zeros(len(numbers), dtype=bool)
    for i in np.flatnonzero(is_infinite | is_low | is_high):
        value = float(numbers[i])
        shown = render("number", value)
        if is_infinite[i]:
            yield Fault(column.table, ids[i], column.name, shown, "is not finite", "Give a finite number.")
            continue
        is_negative_cost = column.unit.startswith("usd") and value < 0
        remedy = (
            "Costs are not negative; give the amount." if is_negative_cost else slip_of_unit(column, value)
        )
        yield Fault(column.table, ids[i], column.name, shown, f"is not {_in(column.range)}", remedy)


def _not_allowed(column: Column, series: pd.Series, ids: list[str]) -> Iterator[Fault]:
    remedy = f"Write one of: {', '.join(column.choices)}."
    for i in np.flatnonzero((series.notna() & ~series.isin(column.choices)).to_numpy()):
        yield Fault(
            column.table, ids[i], column.name, str(series.iloc[i]), "is not an allowed choice", remedy
        )


def _in(text: str) -> str:
    return f"in {text}" if ".." in text else text
