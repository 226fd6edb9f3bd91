"""Hours of travel: how long a mover takes from a cell to the next, and along a path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numba import njit

from sarhad.errors import DataError
from sarhad.place.border import FloatArray
from sarhad.place.terrain import Float32Array, IntArray
from sarhad.place.travel.speeds import BACKWARDS, DRIVE, FLY, WALK, slope_kmh
from sarhad.programme import Programme

LOCOMOTION = {"walk": WALK, "drive": DRIVE, "fly": FLY}
DRIVE_KMH = 30.0  # of a mover that drives and has no road_speed_kmh
FLY_KMH = 40.0  # of a mover that flies and has no road_speed_kmh
SLOWEST = 0.1  # altitude never takes more than nine tenths of the speed


@dataclass(frozen=True)
class Mover:
    """One row of the table mover, missing numbers replaced by what they mean.

    Parameters
    ----------
    id
        Its id.
    crosses_anywhere
        Does it cross the line anywhere; else only at crossing points.
    on_land
        Does it walk or drive.
    road_kmh
        Speed on roads; nan when it keeps off them or flies.
    water_hours
        Hours to pass a border river; infinite when it cannot.
    parameters
        What the step function takes: locomotion, speed factor (or km/h), steepest slope, altitude from
        which it slows, share lost per km above.
    """

    id: str
    crosses_anywhere: bool
    on_land: bool
    road_kmh: float
    water_hours: float
    parameters: tuple[float, ...]

    @property
    def can_walk(self) -> bool:
        """Return whether it walks."""
        return self.parameters[0] == WALK


def movers_of(prog: Programme) -> tuple[Mover, ...]:
    """Return the movers of a programme, sorted by id.

    Raises
    ------
    DataError
        If there is none.
    """
    table = prog["mover"].sort_values("id")
    if table.empty:
        raise DataError("mover: the table is empty. Name at least one mover.", table="mover")
    return tuple(_mover(row) for row in table.to_dict("records"))


def _mover(row: dict[Any, Any]) -> Mover:
    locomotion = LOCOMOTION[row["locomotion"]]
    speed = float(row["speed_factor"])
    if locomotion != FLY:
        speed *= float(row["off_path_factor"])
    road_kmh = _number(row["road_speed_kmh"], np.nan)
    if locomotion != WALK:
        speed *= _number(row["road_speed_kmh"], DRIVE_KMH if locomotion == DRIVE else FLY_KMH)
    return Mover(
        id=row["id"],
        crosses_anywhere=row["crosses"] == "anywhere",
        on_land=locomotion != FLY,
        road_kmh=road_kmh if locomotion != FLY else np.nan,
        water_hours=_number(row["water_hours"], np.inf),
        parameters=(
            float(locomotion),
            speed,
            _number(row["max_slope"], np.inf),
            _number(row["altitude_from_m"], np.inf),
            _number(row["altitude_slowdown_per_km"], 0.0),
        ),
    )


def _number(value: Any, missing: float) -> float:
    return missing if pd.isna(value) else float(value)


@njit(cache=True, nogil=True)
def step_hours(p: FloatArray | tuple[float, ...], from_m: float, to_m: float, distance_m: float) -> float:
    """Return the hours of one step; infinite where it is too steep.

    Parameters
    ----------
    p
        `Mover.parameters`.
    from_m, to_m
        Elevation at both ends.
    distance_m
        Horizontal distance.

    Notes
    -----
    Walking: `slope_kmh` on the directed slope (Tobler's function for movers of a programme). Driving and
    flying: the mover's own speed. Land movers lose speed_factor, off_path_factor and altitude.

    References
    ----------
    Tobler (1993), Three presentations on geographical analysis and modeling, NCGIA 93-1.
    """
    kind, speed, max_slope, altitude_from, slowdown = p[0], p[1], p[2], p[3], p[4]
    if kind == FLY:
        return float(distance_m / 1000.0 / speed)
    slope = (to_m - from_m) / distance_m
    if abs(slope) > max_slope:
        return np.inf
    if kind != DRIVE:
        speed *= slope_kmh(int(kind), slope)
    above = 0.5 * (from_m + to_m) - altitude_from
    if above > 0.0:
        speed *= max(SLOWEST, 1.0 - slowdown * above / 1000.0)
    return float(distance_m / 1000.0 / speed)


@njit(cache=True, nogil=True)
def path_hours(
    elevation: Float32Array, p: FloatArray, cell_m: float, level: bool, ptr: IntArray, cell: IntArray
) -> FloatArray:
    """Return the hours at each point of paths: half of the step before and half of the step after it.

    With `level` every step is taken as flat at its own altitude, with no limit of slope: a road, or the
    bridge of a crossing point.
    """
    width = elevation.shape[1]
    flat = elevation.ravel()
    hours = np.zeros(len(cell))
    for path in range(len(ptr) - 1):
        for k in range(ptr[path], ptr[path + 1] - 1):
            a, b = cell[k], cell[k + 1]
            down, right = b // width - a // width, b % width - a % width
            distance = cell_m * np.sqrt(float(down * down + right * right))
            from_m, to_m = float(flat[a]), float(flat[b])
            if level:
                from_m = to_m = 0.5 * (from_m + to_m)
            step = step_hours(p, from_m, to_m, distance)
            hours[k] += 0.5 * step
            hours[k + 1] += 0.5 * step
    return hours


def parameters_of(mover: Mover) -> FloatArray:
    """Return the parameters of a mover as the kernels take them."""
    return np.array(mover.parameters, dtype=np.float64)


def backwards(parameters: FloatArray) -> FloatArray:
    """Return the parameters with which a search from a place gives the hours to it instead of from it."""
    turned = parameters.copy()
    if turned[0] not in (DRIVE, FLY):
        turned[0] += BACKWARDS
    return turned
