"""Schedule risk: how likely a schedule is to hold, what drives it, and what missed seasons cost."""

from sarhad.schedule.risk.correlation import loadings_of, one_factor
from sarhad.schedule.risk.network import Baseline
from sarhad.schedule.risk.removal import rank_drivers
from sarhad.schedule.risk.result import Simulation
from sarhad.schedule.risk.seasons import find_seasons
from sarhad.schedule.risk.simulation import Draws, simulate
from sarhad.schedule.risk.spec import Driver, Risk, Seasons, Stoppage, ThreePoint, Weather

__all__ = [
    "Baseline",
    "Draws",
    "Driver",
    "Risk",
    "Seasons",
    "Simulation",
    "Stoppage",
    "ThreePoint",
    "Weather",
    "find_seasons",
    "loadings_of",
    "one_factor",
    "rank_drivers",
    "simulate",
]
