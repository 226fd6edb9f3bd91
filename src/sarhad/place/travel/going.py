"""How a mover gets on: off roads, on each class of road, through water; of the named movers and of a programme's."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray
from sarhad.place.travel.mover import Mover
from sarhad.place.travel.numbers import Numbers
from sarhad.place.travel.speeds import DRIVE, FLY, FUNCTIONS

TRACKS = ("track",)
PATHS = ("path", "footway", "pedestrian", "steps", "bridleway", "cycleway")
CLOSED = 0.0  # the speed of what cannot be passed


@dataclass(frozen=True)
class Water:
    """A way to cross a river.

    Parameters
    ----------
    name
        Such as swim.
    kmh
        Speed through the water, across the current.
    prepare_h
        Hours before and after.
    most_width_m, most_current_ms
        Beyond which it cannot.
    fixed_h
        Hours of any river, whatever its width; nan when they follow from it.
    """

    name: str
    kmh: float
    prepare_h: float
    most_width_m: float = np.inf
    most_current_ms: float = np.inf
    fixed_h: float = np.nan

    def hours(self, width_m: float, current_ms: float) -> float:
        """Return the hours to cross, infinite when it cannot; preparation plus width over speed."""
        if np.isfinite(self.fixed_h):
            return self.fixed_h
        if width_m > self.most_width_m or current_ms > self.most_current_ms:
            return float(np.inf)
        return self.prepare_h + width_m / 1000.0 / self.kmh

    def drift_m(self, width_m: float, current_ms: float) -> float:
        """Return how far downstream the current carries who crosses at right angles to it; 0 where not known."""
        return 0.0 if np.isfinite(self.fixed_h) else width_m * current_ms * 3.6 / self.kmh


@dataclass(frozen=True)
class Going:
    """A mover as the surfaces need it.

    Parameters
    ----------
    name, source
        Who, and whose function.
    parameters
        On open ground (`Mover.parameters`).
    off_road
        Speed away from roads as `Ground.kmh` has it: below 0 a factor of the own function, 0 closed.
    road
        The same on each class of road; classes that are not in it are unknown.
    walks
        Does it walk.
    water
        How it crosses rivers; None: by fords and bridges alone.
    """

    name: str
    source: str
    parameters: tuple[float, ...]
    off_road: float
    road: dict[str, float]
    walks: bool
    water: Water | None = None

    @property
    def flies(self) -> bool:
        """Return whether nothing on the ground matters to it."""
        return self.parameters[0] == FLY

    @property
    def needs_roads(self) -> bool:
        """Return whether it cannot leave them."""
        return self.off_road == CLOSED

    def vector(self) -> FloatArray:
        """Return the parameters as the kernels take them."""
        return np.array(self.parameters, dtype=np.float64)

    def at_altitude(self, from_m: float, loss_per_km: float) -> Going:
        """Return it with a loss of speed above an altitude."""
        return replace(self, parameters=(*self.parameters[:3], from_m, loss_per_km))


def names(numbers: Numbers) -> tuple[str, ...]:
    """Return the names of the movers that need no programme."""
    return (*FUNCTIONS, *numbers.names("vehicle"))


def going_of(name: str, numbers: Numbers, classes: Sequence[str] | None = None) -> Going:
    """Return a walker by the name of its function, or a vehicle.

    Parameters
    ----------
    name
        Of the mover.
    numbers
        The table.
    classes
        Those of the roads there are; None when none are known. Without them a walker goes as its function says. With
        them it does so on roads, and away from them at the function times the factor off paths.

    Raises
    ------
    SpecError
        If the name is unknown, or the vehicle needs roads and there are none.
    """
    if name in FUNCTIONS:
        function = FUNCTIONS[name]
        on, off = (
            1.0 if classes is None else numbers.take("walker", name, f"{side}_path_factor")
            for side in ("on", "off")
        )
        own = (float(function.number), 1.0, np.inf, np.inf, 0.0)
        return Going(name, function.source, own, -off, dict.fromkeys(classes or (), -on), True)
    if name not in numbers.names("vehicle"):
        near = difflib.get_close_matches(name, names(numbers), 2, 0.5)
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise SpecError(f"--mover: {name} is unknown. Give one of {', '.join(names(numbers))}.{meant}")
    return _vehicle(name, numbers, classes)


def _vehicle(name: str, numbers: Numbers, classes: Sequence[str] | None) -> Going:
    off_road = numbers.take("vehicle", name, "off_road_kmh")
    if off_road == CLOSED and classes is None:
        raise SpecError(f"--mover: {name} keeps to roads. Give them with --roads.")
    steepest = numbers.take("vehicle", name, "max_slope", default=np.inf)
    road = {kind: _driven(name, kind, numbers) for kind in classes or ()}
    own = (float(DRIVE), off_road or 1.0, steepest, np.inf, 0.0)
    return Going(name, "table of numbers", own, -1.0 if off_road else CLOSED, road, False)


def _driven(name: str, kind: str, numbers: Numbers) -> float:
    """Return the speed of a vehicle on a class of road."""
    place = "track" if kind in TRACKS else "path" if kind in PATHS else "road"
    return numbers.take("vehicle", name, f"{place}_factor") * numbers.take("road", kind, "kmh")


def going_of_mover(mover: Mover, row: dict[str, Any], classes: Sequence[str]) -> Going:
    """Return a mover of a programme: its own factors, and on every road it can use its own speed on roads.

    Parameters
    ----------
    mover
        As `movers_of` reads it.
    row
        Its row of the table `mover`.
    classes
        Those of the roads there are.
    """
    if mover.can_walk:
        on = float(row["speed_factor"])
        road = dict.fromkeys(classes, -on / mover.parameters[1])
    elif not mover.on_land or np.isnan(mover.road_kmh):
        road = dict.fromkeys(classes, -1.0)
    else:
        road = {
            kind: CLOSED if kind in PATHS else mover.road_kmh * float(row["speed_factor"]) for kind in classes
        }
    water = Water("its own", 1.0, 0.0, fixed_h=mover.water_hours) if np.isfinite(mover.water_hours) else None
    return Going(mover.id, "programme", mover.parameters, -1.0, road, mover.can_walk, water)


def water_of(name: str, numbers: Numbers) -> Water:
    """Return a way to cross rivers by its name.

    Raises
    ------
    SpecError
        If there is none, or it makes no way.
    """
    if name not in numbers.names("water"):
        raise SpecError(f"--water: {name} is unknown. Give one of {', '.join(numbers.names('water'))}.")
    kmh = numbers.take("water", name, "kmh")
    if kmh == CLOSED:
        raise SpecError(f"numbers: water,{name},kmh is 0. Give a speed above 0.")
    return Water(
        name,
        kmh,
        numbers.take("water", name, "prepare_min") / 60.0,
        numbers.take("water", name, "most_width_m"),
        numbers.take("water", name, "most_current_ms"),
    )
