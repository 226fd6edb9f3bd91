"""Speed on a slope: the published functions of the walker, and the speeds of those who drive, fly or swim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

WALK, DRIVE, FLY = 0, 1, 2  # Tobler's walker; the mover's own speed; the same whatever the ground
IRMISCHER_ON, IRMISCHER_OFF, CAMPBELL_05, CAMPBELL_50 = 3, 4, 5, 6
BACKWARDS = 7  # added to a function: its slope reversed, for a search from where the way ends
KMH = 3.6  # of one metre a second

# kilometres an hour that no slope exceeds, at a speed factor of 1: bounds the cheapest step from below
FASTEST = (6.0, 1.0, 1.0, 4.0, 2.81, 4.2, 9.6) * 2


@dataclass(frozen=True)
class SpeedFunction:
    """A published function of speed on slope.

    Parameters
    ----------
    number
        How the kernels know it.
    formula
        In km/h; `s` is rise over run, directed, `d` the same in degrees.
    valid
        For whom and where it was measured.
    source
        Author and year; the whole reference is in `docs/models/travel.md`.
    """

    number: int
    formula: str
    valid: str
    source: str


FUNCTIONS = {
    "tobler": SpeedFunction(
        WALK, "6 exp(-3.5 |s + 0.05|)", "hikers on paths; off paths times 0.6", "Tobler 1993"
    ),
    "irmischer-on": SpeedFunction(
        IRMISCHER_ON,
        "3.6 (0.11 + exp(-(100 s + 5)^2 / 1800))",
        "cadets with map and compass, on paths",
        "Irmischer and Clarke 2018",
    ),
    "irmischer-off": SpeedFunction(
        IRMISCHER_OFF,
        "3.6 (0.11 + 0.67 exp(-(100 s + 2)^2 / 1800))",
        "the same through hilly wooded ground",
        "Irmischer and Clarke 2018",
    ),
    "campbell-05": SpeedFunction(
        CAMPBELL_05,
        "3.6 (36.813 / (14.041 pi (1 + ((d + 1.527) / 14.041)^2)) + 0.32 - 0.00273 d)",
        "slowest twentieth of sports tracker users on trails: walking; up to 30 degrees",
        "Campbell and others 2019",
    ),
    "campbell-50": SpeedFunction(
        CAMPBELL_50,
        "3.6 (63.66 / (10.064 pi (1 + ((d + 2.171) / 10.064)^2)) + 0.628 - 0.00463 d)",
        "median sports tracker user on trails: jogging; up to 30 degrees",
        "Campbell and others 2019",
    ),
}


@njit(cache=True, nogil=True)
def slope_kmh(kind: int, slope: float) -> float:
    """Return the speed of a walker on a directed slope (rise over run), km/h; 1 for who does not walk."""
    if kind >= BACKWARDS:
        kind, slope = kind - BACKWARDS, -slope
    if kind == WALK:
        return float(6.0 * np.exp(-3.5 * abs(slope + 0.05)))
    percent = 100.0 * slope
    if kind == IRMISCHER_ON:
        return float(KMH * (0.11 + np.exp(-((percent + 5.0) ** 2) / 1800.0)))
    if kind == IRMISCHER_OFF:
        return float(KMH * (0.11 + 0.67 * np.exp(-((percent + 2.0) ** 2) / 1800.0)))
    degrees = np.degrees(np.arctan(slope))
    if kind == CAMPBELL_05:
        return _lorentz(degrees, -1.527, 14.041, 36.813, 0.32, -0.00273)
    if kind == CAMPBELL_50:
        return _lorentz(degrees, -2.171, 10.064, 63.66, 0.628, -0.00463)
    return 1.0


@njit(cache=True, nogil=True)
def _lorentz(degrees: float, a: float, b: float, c: float, d: float, e: float) -> float:
    """Return Campbell's function; the letters are those of the paper."""
    return float(KMH * (c / (np.pi * b * (1.0 + ((degrees - a) / b) ** 2)) + d + e * degrees))
