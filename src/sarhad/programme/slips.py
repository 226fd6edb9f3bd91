"""Guesses at the slip behind a number out of range: percent for shares, metres for kilometres."""

from __future__ import annotations

import numpy as np

from sarhad.programme.dictionary import Column, Setting


def slip_of_unit(column: Column | Setting, value: float) -> str:
    """Return a guess at the slip behind a value out of range, such as percent for a share; else the column's meaning."""
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    if column.unit == "1" and low == 0 and 0.99 < high <= 1 < value <= 100:
        return "Percent? Divide by 100."
    if column.unit == "km" and value > high and low <= value / 1000 <= high:
        return "Metres? Divide by 1000."
    if column.unit == "m" and value < low and low <= value * 1000 <= high:
        return "Kilometres? Multiply by 1000."
    unit = f" in {column.unit}" if column.unit not in ("", "1") else ""
    return f"Give the {column.description}{unit}." if not unit else f"It is{unit}: {column.description}."
