"""The built-in effect forms: from published probabilities to exposure on edges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from sarhad.plugins import FloatArray, IntArray, SiteView

DECAY_MEAN = 0.75  # mean over the range of: 1 up to half the range, then falling evenly to 0


def exposure_of(p: float) -> float:
    """Return the exposure ``-ln(1-p)`` of a probability; infinite for 1."""
    return math.inf if p >= 1.0 else -math.log1p(-p)


def product(*factors: float) -> float:
    """Return the product of factors >= 0, zero as soon as one is zero, also beside an infinite one."""
    return 0.0 if 0.0 in factors else math.prod(factors)


def decay(distance_km: FloatArray, range_km: float) -> FloatArray:
    """Return how well a target at a distance is seen, with mean 1 over the range: 4/3 near, 0 at its end."""
    near: FloatArray = np.clip(2.0 - 2.0 * distance_km / range_km, 0.0, 1.0) / DECAY_MEAN
    return near


@dataclass(frozen=True)
class LineOfSight:
    """Towers, cameras, radars: rate × visible × decay with range × hours of travel."""

    kind: ClassVar[Literal["edge", "support", "prevention"]] = "edge"
    parameters: ClassVar[Mapping[str, str]] = {
        "p": "1",
        "range_km": "km",
        "observer_height_m": "m",
        "target_height_m": "m",
        "availability": "1",
        "assessment": "1",
    }

    def exposure(self, parameters: Mapping[str, float], view: SiteView) -> FloatArray:
        """Return the exposure of every edge, shape (E,).

        Notes
        -----
        The published `p` speaks of a reference walker who crosses the whole coverage at right angles,
        so the mean rate per hour is ``-ln(1-p) / (2 range / reference speed)``. Availability and assessment thin
        the chances to detect him while he is in view, so they multiply the rate.
        """
        seen = view.visible(
            parameters["observer_height_m"], parameters["target_height_m"], parameters["range_km"]
        )
        walker_hours = 2.0 * parameters["range_km"] / view.reference_speed_kmh
        rate = product(
            exposure_of(parameters["p"]) / walker_hours, parameters["availability"], parameters["assessment"]
        )
        return _spread(
            rate, decay(seen.distance_km, parameters["range_km"]) * seen.hours, seen.edge, view.n_edges
        )


@dataclass(frozen=True)
class Patrol:
    """Outposts, vehicles, boats, small drones: Koopman's random search of the ground within reach."""

    kind: ClassVar[Literal["edge", "support", "prevention"]] = "edge"
    parameters: ClassVar[Mapping[str, str]] = {
        "sweep_width_km": "km",
        "speed_kmh": "km/h",
        "duty": "1",
        "reach_km": "km",
        "availability": "1",
    }

    def exposure(self, parameters: Mapping[str, float], view: SiteView) -> FloatArray:
        """Return the exposure of every edge, shape (E,).

        Notes
        -----
        Random search: rate per hour = sweep width × speed × share of time on patrol / area searched.

        References
        ----------
        Koopman (1956), The theory of search II, Operations Research 4, 503-531.
        """
        area_km2, points = view.ground(parameters["reach_km"])
        if area_km2 == 0.0:
            return np.zeros(view.n_edges)
        swept = parameters["sweep_width_km"] * parameters["speed_kmh"] * parameters["duty"]
        return _spread(swept * parameters["availability"] / area_km2, points.hours, points.edge, view.n_edges)


@dataclass(frozen=True)
class Barrier:
    """Sensor line, camera line, fence: acts on every edge that crosses the line within the stretch."""

    kind: ClassVar[Literal["edge", "support", "prevention"]] = "edge"
    parameters: ClassVar[Mapping[str, str]] = {
        "p": "1",
        "added_hours": "h",
        "availability": "1",
        "assessment": "1",
    }

    def exposure(self, parameters: Mapping[str, float], view: SiteView) -> FloatArray:
        """Return the exposure of every edge, shape (E,).

        Notes
        -----
        ``-ln(1-p) × availability × assessment``; the hours that it adds count at the rate of the coverage that
        exists only. A barrier out of repair neither detects nor delays. A crossing meets many overlapping sensors,
        which fail one by one: availability and assessment thin their alarms.
        """
        found = np.zeros(view.n_edges)
        edges = view.crossed()
        detected = product(exposure_of(parameters["p"]), parameters["availability"], parameters["assessment"])
        delayed = parameters["added_hours"] * parameters["availability"] * view.existing_rate_per_hour[edges]
        found[edges] = detected + delayed
        return found


@dataclass(frozen=True)
class Gate:
    """Scanners, dogs, information systems: acts on the edges through one crossing point."""

    kind: ClassVar[Literal["edge", "support", "prevention"]] = "edge"
    parameters: ClassVar[Mapping[str, str]] = {"p": "1", "share_checked": "1", "availability": "1"}

    def exposure(self, parameters: Mapping[str, float], view: SiteView) -> FloatArray:
        """Return the exposure of every edge, shape (E,): ``-ln(1 - p × share checked × availability)``.

        Notes
        -----
        A vehicle is checked once or not at all: share checked and availability thin vehicles, not chances.
        """
        found = np.zeros(view.n_edges)
        checked = parameters["p"] * parameters["share_checked"] * parameters["availability"]
        found[view.passed()] = exposure_of(checked)
        return found


@dataclass(frozen=True)
class Support:
    """Radio, command centre, power, upkeep, an outpost that can answer: raises a parameter of other items."""

    kind: ClassVar[Literal["edge", "support", "prevention"]] = "support"
    parameters: ClassVar[Mapping[str, str]] = {"level": "1", "reach_km": "km"}


@dataclass(frozen=True)
class Prevention:
    """Training, exchange, community work: multiplies a threat's attempts by ``exp(-b)``."""

    kind: ClassVar[Literal["edge", "support", "prevention"]] = "prevention"
    parameters: ClassVar[Mapping[str, str]] = {"b": "1"}


def _spread(rate_per_hour: float, hours: FloatArray, edge: IntArray, n_edges: int) -> FloatArray:
    if rate_per_hour == 0.0:
        return np.zeros(n_edges)
    found = np.bincount(edge, weights=hours, minlength=n_edges).astype(np.float64)
    touched = found > 0.0
    found[touched] *= rate_per_hour
    return found
