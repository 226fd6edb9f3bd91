"""Travel: how fast a mover goes on a slope, how long a step, a path and the way to every cell take."""

from sarhad.place.travel.mover import Mover, movers_of, parameters_of, path_hours, step_hours
from sarhad.place.travel.speeds import DRIVE, FLY, FUNCTIONS, WALK, SpeedFunction

__all__ = [
    "DRIVE",
    "FLY",
    "FUNCTIONS",
    "WALK",
    "Mover",
    "SpeedFunction",
    "movers_of",
    "parameters_of",
    "path_hours",
    "step_hours",
]
