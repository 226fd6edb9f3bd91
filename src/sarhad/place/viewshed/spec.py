"""What is asked of a viewshed, checked; and what one post sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sarhad.errors import SpecError
from sarhad.place.viewshed.exact import MOST_REACH, sight_bits
from sarhad.place.viewshed.ring import BitArray, Float32Array
from sarhad.place.viewshed.xdraw import approximate_bits

EARTH_RADIUS_M = 6_371_008.8  # mean radius of the WGS 84 ellipsoid
METHODS = ("exact", "xdraw")


@dataclass(frozen=True)
class ViewSpec:
    """How a post looks.

    Parameters
    ----------
    observer_height_m, target_height_m
        Above the ground.
    radius_km
        How far it looks.
    refraction
        Coefficient of refraction; 0.13 for light in standard air, 0 for none.
    azimuth_deg
        From and to, clockwise from grid north; (0, 360) for all around, (350, 10) for 20 degrees about north.
    elevation_deg
        Lowest and highest angle of the straight line to a target, above the horizontal.
    method
        ``exact`` (R3) or ``xdraw``.

    Raises
    ------
    SpecError
        With every fault found.
    """

    observer_height_m: float
    radius_km: float
    target_height_m: float = 0.0
    refraction: float = 0.13
    azimuth_deg: tuple[float, float] = (0.0, 360.0)
    elevation_deg: tuple[float, float] = (-90.0, 90.0)
    method: str = "exact"

    def __post_init__(self) -> None:
        faults = [
            f"{name}: {value} is not a height in metres, 0 or more. Give metres above the ground."
            for name, value in (("height", self.observer_height_m), ("target height", self.target_height_m))
            if not (math.isfinite(value) and value >= 0.0)
        ]
        if not (math.isfinite(self.radius_km) and self.radius_km > 0.0):
            faults.append(f"radius: {self.radius_km} is not a distance above 0. Give kilometres.")
        if not self.refraction < 1.0 + 1e-12 or not math.isfinite(self.refraction):
            faults.append(f"refraction: {self.refraction} is above 1 or no number. Light in air has 0.13.")
        if not all(math.isfinite(a) for a in (*self.azimuth_deg, *self.elevation_deg)):
            faults.append("azimuth or elevation: not a number. Give degrees.")
        elif self.elevation_deg[0] > self.elevation_deg[1]:
            faults.append(f"elevation: from {self.elevation_deg[0]} to {self.elevation_deg[1]} is empty.")
        if self.method not in METHODS:
            faults.append(f"method: {self.method} is none of {', '.join(METHODS)}.")
        if faults:
            raise SpecError("\n".join(faults))

    @property
    def is_all_around(self) -> bool:
        """Return whether neither azimuth nor elevation is limited."""
        return self.azimuth_deg == (0.0, 360.0) and self.elevation_deg == (-90.0, 90.0)

    def reach(self, cell_m: float) -> tuple[int, int]:
        """Return the radius in whole cells, and the largest square of a distance in cells within it.

        Raises
        ------
        SpecError
            If the radius is above `MOST_REACH` cells.
        """
        radius_m = self.radius_km * 1000.0
        reach = int(radius_m / cell_m)
        if reach > MOST_REACH:
            raise SpecError(
                f"radius: {self.radius_km} km are {reach} cells of {cell_m:g} m; at most {MOST_REACH} are possible. "
                "Give a smaller radius or coarser cells."
            )
        square = int((radius_m / cell_m) ** 2) + 1
        while cell_m * math.sqrt(square) > radius_m:
            square -= 1
        return reach, square

    def drop_m(self, cell_m: float) -> float:
        """Return how much lower a height appears at the distance of one cell."""
        return (1.0 - self.refraction) / (2.0 * EARTH_RADIUS_M) * cell_m * cell_m


def seen_from(elevation: Float32Array, cell_m: float, row: int, col: int, spec: ViewSpec) -> BitArray:
    """Return what one post sees, a bit a cell.

    Parameters
    ----------
    elevation
        Metres, nan where missing, shape (h, w).
    cell_m
        Width of a cell.
    row, col
        Cell of the post, on the grid; it sees itself. Nothing is seen where its elevation is missing.

    Returns
    -------
    ndarray
        Least bit first, of the window of ``2 n + 1`` rows and columns about the post, where n is the
        radius in whole cells; shape (2 n + 1, ceil((2 n + 1) / 8)).
    """
    reach, square = spec.reach(cell_m)
    side = 2 * reach + 1
    eye = float(elevation[row, col]) + spec.observer_height_m
    if math.isnan(eye):
        return np.zeros((side, (side + 7) // 8), dtype=np.uint8)
    if reach == 0:
        return np.ones((1, 1), dtype=np.uint8)
    elevation = np.ascontiguousarray(elevation)
    find = sight_bits if spec.method == "exact" else approximate_bits
    bits, _ = find(elevation, row, col, reach, float(square), eye, spec.target_height_m, spec.drop_m(cell_m))
    if spec.is_all_around:
        return bits
    return _within(bits, elevation, cell_m, row, col, eye, spec)


def unpack(bits: BitArray) -> npt.NDArray[np.bool_]:
    """Return the cells of a square window from their bits."""
    return np.unpackbits(bits, axis=1, count=bits.shape[0], bitorder="little").view(np.bool_)


def _within(
    bits: BitArray, elevation: Float32Array, cell_m: float, row: int, col: int, eye: float, spec: ViewSpec
) -> BitArray:
    """Return the bits of the cells within the limits of azimuth and elevation; the post itself stays."""
    seen = unpack(bits)
    down, right = np.nonzero(seen)
    reach = bits.shape[0] // 2
    down, right = down - reach, right - reach
    start, stop = spec.azimuth_deg
    opening = 360.0 if stop - start >= 360.0 else (stop - start) % 360.0
    turn = (np.degrees(np.arctan2(right, -down)) - start) % 360.0
    distance = cell_m * np.hypot(down, right)
    height = elevation[row + down, col + right].astype(np.float64) + spec.target_height_m - eye
    height -= spec.drop_m(1.0) * distance**2
    angle = np.degrees(np.arctan2(height, distance))
    inside = (turn <= opening) & (angle >= spec.elevation_deg[0]) & (angle <= spec.elevation_deg[1])
    inside |= (down == 0) & (right == 0)
    seen[down[~inside] + reach, right[~inside] + reach] = False
    return np.packbits(seen, axis=1, bitorder="little")
