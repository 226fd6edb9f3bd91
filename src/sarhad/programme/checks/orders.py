"""Checks that every low, likely and high stand in that order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sarhad.programme.dictionary import declared
from sarhad.programme.faults import Fault
from sarhad.programme.frames import row_ids
from sarhad.programme.values import render_number

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

TRIPLES = (
    ("measure", ("capital_low_usd", "capital_likely_usd", "capital_high_usd")),
    ("measure", ("duration_low_months", "duration_likely_months", "duration_high_months")),
    ("measure", ("detection_prob_low", "detection_prob_likely", "detection_prob_high")),
    ("effect_parameter", ("low", "likely", "high")),
    ("threat", ("consequence_low", "consequence", "consequence_high")),
    ("threat", ("rate_low", "rate", "rate_high")),
    ("coverage", ("detection_low", "detection", "detection_high")),
    ("calibration", ("detected_share_low", "detected_share", "detected_share_high")),
    ("activity_template", ("duration_low", "duration_likely", "duration_high")),
    ("risk", ("duration_low", "duration_likely", "duration_high")),
    ("risk", ("cost_low", "cost_likely", "cost_high")),
    ("setting", ("low", "value", "high")),
    ("scenario", ("attempts_low", "attempts", "attempts_high")),
    ("item", ("capital_low_usd", "capital_usd", "capital_high_usd")),
    ("item", ("build_quarters_low", "build_quarters", "build_quarters_high")),
)


def out_of_order(prog: Programme) -> Iterator[Fault]:
    """Yield rows in which low, likely and high do not ascend."""
    for name, columns in TRIPLES:
        frame = prog[name]
        ids = row_ids(declared().table(name), frame)
        low, likely, high = (_numbers(frame[column]) for column in columns)
        is_wrong = (low > likely) | (likely > high) | (low > high)
        for i in np.flatnonzero(is_wrong).tolist():
            shown = " / ".join(_shown(value) for value in (low[i], likely[i], high[i]))
            text = f"{columns[0]}, {columns[1]}, {columns[2]} do not ascend"
            yield Fault(name, ids[i], columns[1], shown, text, "Give low <= likely <= high.")


def _numbers(series: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))


def _shown(value: float) -> str:
    return "blank" if np.isnan(value) else render_number(float(value))
