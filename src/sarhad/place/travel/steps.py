"""The implicit graph of a grid: which steps may be made from a cell, and the hours of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray
from sarhad.place.terrain import Float32Array, IntArray
from sarhad.place.travel.mover import step_hours
from sarhad.place.travel.speeds import FASTEST

UInt16Array = npt.NDArray[np.uint16]
BoolArray = npt.NDArray[np.bool_]
UInt8Array = npt.NDArray[np.uint8]
Parameters = tuple[
    float, float, float, float, float
]  # of the mover, in registers where an array would be read again
Land = tuple[
    Float32Array, UInt16Array, UInt8Array, FloatArray, Parameters, float
]  # a ground and a mover for kernels
DOWN = np.array([0, 0, 1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 2, 2, -2, -2], dtype=np.int64)
RIGHT = np.array([1, -1, 0, 0, 1, -1, 1, -1, 2, -2, 2, -2, 1, -1, 1, -1], dtype=np.int64)
LENGTH = np.sqrt((DOWN * DOWN + RIGHT * RIGHT).astype(np.float64))  # of a step, in cells
NEIGHBOURS = (8, 16)


@dataclass(frozen=True)
class Ground:
    """What a mover walks over.

    Parameters
    ----------
    elevation_m
        Of the cell centres, nan where nothing is known, shape (h, w).
    cell_m
        Width of a cell.
    moves
        Bit `k` of a cell is set when the step ``(DOWN[k], RIGHT[k])`` may be made from it, shape (h, w).
    kind
        Kind of surface of each cell, 0 open ground, shape (h, w); of shape (1, 1) when all is open ground.
    kmh
        Speed on each kind of surface; the first is not used, for on open ground the mover's function counts. Below 0
        a factor of that function instead: -0.6 is six tenths of it.
    """

    elevation_m: Float32Array
    cell_m: float
    moves: UInt16Array
    kind: UInt8Array
    kmh: FloatArray


def ground(
    elevation_m: Float32Array,
    cell_m: float,
    *,
    neighbours: int = 8,
    barrier: npt.NDArray[np.bool_] | None = None,
    kind: UInt8Array | None = None,
    kmh: npt.ArrayLike = (0.0,),
) -> Ground:
    """Return the ground: which steps may be made, and how fast special surfaces are.

    Parameters
    ----------
    elevation_m
        Elevation, nan where nothing is known: no way leads over such cells, shape (h, w).
    cell_m
        Width of a cell.
    neighbours
        8, or 16 with the moves of a knight.
    barrier
        Cells that no way leads over, shape (h, w).
    kind
        Kind of surface (a class of road, a river), 0 open ground, shape (h, w).
    kmh
        Speed on each kind; 0 closes it, as a pass in winter or a river in flood; below 0 a factor of the mover's own
        function, as on paths or in snow.

    Raises
    ------
    SpecError
        If `neighbours` is neither, or a kind has no speed.

    Notes
    -----
    No step leads over a corner between two closed cells, and a knight's move needs both cells between its ends open:
    so a barrier one cell wide holds, also when it runs aslant.
    """
    if neighbours not in NEIGHBOURS:
        raise SpecError(f"neighbours: {neighbours} is not possible. Give 8 or 16.")
    speed = np.array(kmh, dtype=np.float64)
    surface = np.zeros((1, 1), dtype=np.uint8) if kind is None else np.ascontiguousarray(kind, dtype=np.uint8)
    if surface.max() >= len(speed) or not np.isfinite(speed).all():
        raise SpecError(
            f"kmh: {len(speed)} speeds for kinds 0 to {surface.max()}. Give each kind a finite one."
        )
    elevation = np.ascontiguousarray(elevation_m, dtype=np.float32)
    is_open = np.isfinite(elevation)
    if barrier is not None:
        is_open &= ~barrier
    if kind is not None:
        is_open &= (surface == 0) | (speed[surface] != 0.0)
    return Ground(elevation, float(cell_m), _moves(is_open, neighbours), surface, speed)


def land_of(on: Ground, parameters: FloatArray) -> Land:
    """Return a ground and the parameters of a mover as the kernels take them."""
    kind, speed, steepest, altitude_m, slowdown = (float(value) for value in parameters)
    return on.elevation_m, on.moves, on.kind, on.kmh, (kind, speed, steepest, altitude_m, slowdown), on.cell_m


def ways_of(on: Ground) -> int:
    """Return the number of neighbours of a ground."""
    return NEIGHBOURS[int(on.moves.max(initial=0) > 255)]


def cells_outside(on: Ground, cells: dict[str, IntArray]) -> list[str]:
    """Return a fault for each named set of flat cells of which some lie outside the ground."""
    faults = []
    for name, some in cells.items():
        bad = some[(some < 0) | (some >= on.moves.size)]
        if len(bad):
            faults.append(
                f"{name}: {len(bad)} of {len(some)} lie outside 0..{on.moves.size - 1}: {bad[0]}. Correct them."
            )
    return faults


def fastest_kmh(on: Ground, parameters: FloatArray) -> float:
    """Return a speed that no step exceeds."""
    speeds = on.kmh[1:] if on.kind.size > 1 else on.kmh[:0]
    own = FASTEST[int(parameters[0])] * float(parameters[1]) * max(1.0, -float(speeds.min(initial=0.0)))
    return max(own, float(speeds.max(initial=0.0)))


@njit(cache=True, nogil=True)
def _moves(is_open: npt.NDArray[np.bool_], neighbours: int) -> UInt16Array:
    """Return the steps that may be made from each cell as bits."""
    height, width = is_open.shape
    moves = np.zeros((height, width), dtype=np.uint16)
    for row in range(height):
        for col in range(width):
            if not is_open[row, col]:
                continue
            bits = 0
            for k in range(neighbours):
                r, c = row + DOWN[k], col + RIGHT[k]
                if r < 0 or r >= height or c < 0 or c >= width or not is_open[r, c]:
                    continue
                if k >= 8:
                    half_r, half_c = int(DOWN[k] / 2), int(RIGHT[k] / 2)
                    if is_open[row + half_r, col + half_c] and is_open[r - half_r, c - half_c]:
                        bits |= 1 << k
                elif k < 4 or is_open[r, col] or is_open[row, c]:
                    bits |= 1 << k
            moves[row, col] = bits
    return moves


@njit(cache=True, nogil=True)
def cost(land: Land, k: int, row: int, col: int) -> float:
    """Return the hours of step `k` into a cell, each half at the speed of its own cell; infinite if none may be made."""
    elevation_m, moves, kinds, _, p, cell_m = land
    r, c = row - DOWN[k], col - RIGHT[k]
    if r < 0 or r >= moves.shape[0] or c < 0 or c >= moves.shape[1] or (moves[r, c] >> k) & 1 == 0:
        return np.inf
    far = cell_m * LENGTH[k]
    hours = step_hours(p, np.float64(elevation_m[r, c]), np.float64(elevation_m[row, col]), far)
    return hours if kinds.size == 1 else _over_surfaces(land, r, c, row, col, far, hours)


@njit(cache=True, nogil=True)
def _over_surfaces(land: Land, r: int, c: int, row: int, col: int, far: float, open_hours: float) -> float:
    """Return the hours of a step whose halves may lie on special surfaces."""
    kinds, kmh = land[2], land[3]
    a, b = kinds[r, c], kinds[row, col]
    if a == 0 and b == 0:
        return open_hours
    hours = 0.0
    for kind in (a, b):
        speed = kmh[kind] if kind > 0 else -1.0
        hours += 0.5 * (open_hours / -speed if speed < 0.0 else far / 1000.0 / speed)
    return hours


@njit(cache=True, nogil=True)
def write_costs(land: Land, k: int, row: int, left: int, into: FloatArray | Float32Array) -> None:
    """Write the hours of step `k` into each cell of a row from column `left` on, infinite where it cannot be made."""
    elevation_m, moves, kinds, _, p, cell_m = land
    height, width = moves.shape
    into[:] = np.inf
    r, right, far = row - DOWN[k], RIGHT[k], cell_m * LENGTH[k]
    if r < 0 or r >= height:
        return
    for col in range(max(left, right), min(left + len(into), width, width + right)):
        if (moves[r, col - right] >> k) & 1:
            from_m, to_m = elevation_m[r, col - right], elevation_m[row, col]
            hours = step_hours(p, np.float64(from_m), np.float64(to_m), far)
            if kinds.size > 1:
                hours = _over_surfaces(land, r, col - right, row, col, far, hours)
            into[col - left] = hours
