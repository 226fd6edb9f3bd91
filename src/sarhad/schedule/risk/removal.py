"""What drives the risk: each driver taken away, with the same random numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sarhad.schedule.project import Project
from sarhad.schedule.risk.network import Baseline
from sarhad.schedule.risk.result import Simulation
from sarhad.schedule.risk.simulation import WEATHER, Draws, simulate
from sarhad.schedule.risk.spec import Risk, event_names


def rank_drivers(
    project: Project, baseline: Baseline, risk: Risk, *, draws: Draws, level: float = 0.8
) -> pd.DataFrame:
    """Return drivers, stoppages and weather by what the programme would gain without each.

    Parameters
    ----------
    project, baseline, risk, draws
        As for `simulate`.
    level
        The quantile that is compared.

    Returns
    -------
    DataFrame
        ``driver, finish, cost, mean_finish, mean_cost``: quantile (P80 unless asked otherwise) or mean with all risks
        less that without this one, in periods and money, the largest finish first. All draws share their random
        numbers, so differences are far surer than the quantiles. They do not add up: risks act on the same chains.

    References
    ----------
    Hulett (2011), Integrated Cost-Schedule Risk Analysis, ch. 9.
    """
    draws = replace(draws, keeps_activities=False)
    whole = simulate(project, baseline, risk, draws=draws)
    names = event_names(risk)
    if risk.weather is not None:
        names.append(WEATHER)
    rows = []
    for name in names:
        less = simulate(project, baseline, risk, draws=draws, without=frozenset({name}))
        rows.append({"driver": name, **_gain(whole, less, level)})
    columns = ["driver", "finish", "cost", "mean_finish", "mean_cost"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["finish", "driver"], ascending=[False, True], ignore_index=True)


def _gain(whole: Simulation, less: Simulation, level: float) -> dict[str, float]:
    """Return quantile and mean of finish and cost with all risks less those without one."""
    gain = {}
    for name in ("finish", "cost"):
        with_all, without = getattr(whole, name), getattr(less, name)
        gain[name] = float(np.quantile(with_all, level) - np.quantile(without, level))
        gain[f"mean_{name}"] = float(with_all.mean() - without.mean())
    return gain
