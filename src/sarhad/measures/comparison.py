"""Two figures for one patrol: random search, and the catalogue's probability."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sarhad.measures.catalogue import Effect, effects
from sarhad.measures.check import SyntheticView
from sarhad.measures.forms import Patrol
from sarhad.measures.geometry import Views
from sarhad.measures.view import watched_ground
from sarhad.plugins import Samples
from sarhad.programme import Programme

COLUMNS = ("effect_id", "measure_id", "koopman_p", "catalogue_p")


@dataclass(frozen=True)
class _Walker(SyntheticView):
    """One edge across the ground that a patrol watches."""

    n_edges: int = 1
    area_km2: float = 0.0
    hours: float = 0.0

    def ground(self, reach_km: float) -> tuple[float, Samples]:  # noqa: ARG002
        """Return the area and the one point at which the walker spends his hours."""
        return self.area_km2, Samples(np.zeros(1, dtype=np.int64), np.zeros(1), np.array([self.hours]))


def patrol_figures(prog: Programme, views: Views) -> pd.DataFrame:
    """Return for each patrol how likely the reference walker is detected, by random search and by the catalogue.

    The walker crosses the ground that the patrol watches at right angles to the line while the patrol is available.
    That ground differs from site to site: `koopman_p` is the median of the sites of the measure's items, by the form
    that the plan uses; NaN where it has none. `catalogue_p` is NaN where the catalogue states none.
    """
    stated = prog["measure"].set_index("id")["detection_prob_likely"]
    speed_kmh = float(prog.setting("reference_speed_kmh"))
    rows = [
        {
            "effect_id": one.id,
            "measure_id": one.measure_id,
            "koopman_p": _median_p(one, views, speed_kmh),
            "catalogue_p": float(stated[one.measure_id]),
        }
        for one in effects(prog)
        if isinstance(one.form, Patrol)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _median_p(effect: Effect, views: Views, speed_kmh: float) -> float:
    sites = views.items.loc[views.items["measure_id"] == effect.measure_id, "site_id"]
    values = {**effect.parameters, "availability": 1.0}
    found = [-math.expm1(-_exposure(values, views, str(site), speed_kmh)) for site in sites]
    return float(np.median(found)) if found else math.nan


def _exposure(values: Mapping[str, float], views: Views, site_id: str, speed_kmh: float) -> float:
    reach_km = values["reach_km"]
    area_km2, _, _ = watched_ground(views, site_id, reach_km)
    off_line_km = float(views.terrain.distance_km[views.cells[site_id]])
    across_km = min(views.watch_depth_km, off_line_km + reach_km) - max(0.0, off_line_km - reach_km)
    walker = _Walker(area_km2=area_km2, hours=max(0.0, across_km) / speed_kmh)
    return float(Patrol().exposure(values, walker)[0])
