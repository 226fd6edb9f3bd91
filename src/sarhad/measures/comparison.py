"""Two figures for one patrol: random search, and the catalogue's probability."""

from __future__ import annotations

import math

import pandas as pd

from sarhad.measures.catalogue import effects
from sarhad.measures.forms import Patrol
from sarhad.programme import Programme

COLUMNS = ("effect_id", "measure_id", "koopman_p", "catalogue_p")


def patrol_figures(prog: Programme) -> pd.DataFrame:
    """Return for each patrol how likely the reference walker is detected, by random search and by the catalogue.

    The walker crosses the whole reach (a disc) through its middle while the patrol is available; `catalogue_p` is
    NaN where the catalogue states none. The plan uses random search.
    """
    stated = prog["measure"].set_index("id")["detection_prob_likely"]
    speed_kmh = float(prog.setting("reference_speed_kmh"))
    rows = [
        {
            "effect_id": one.id,
            "measure_id": one.measure_id,
            "koopman_p": -math.expm1(-_exposure(dict(one.parameters), speed_kmh)),
            "catalogue_p": float(stated[one.measure_id]),
        }
        for one in effects(prog)
        if isinstance(one.form, Patrol)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _exposure(values: dict[str, float], speed_kmh: float) -> float:
    reach = values["reach_km"]
    rate = values["sweep_width_km"] * values["speed_kmh"] * values["duty"] / (math.pi * reach**2)
    return rate * 2 * reach / speed_kmh
