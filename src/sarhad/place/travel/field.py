"""Hours from a cell to every cell: exact search by buckets on the implicit graph of 8 or 16 neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray
from sarhad.place.terrain import Float32Array, IntArray
from sarhad.place.travel.mover import step_hours
from sarhad.place.travel.queue import RING, ROOM, USED, grown, new_queue, push, take
from sarhad.place.travel.speeds import FASTEST

UInt16Array = npt.NDArray[np.uint16]
UInt8Array = npt.NDArray[np.uint8]
DOWN = np.array([0, 0, 1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 2, 2, -2, -2], dtype=np.int64)
RIGHT = np.array([1, -1, 0, 0, 1, -1, 1, -1, 2, -2, 2, -2, 1, -1, 1, -1], dtype=np.int64)
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


def field(
    on: Ground, parameters: FloatArray, sources: IntArray, *, limit_h: float = np.inf
) -> tuple[FloatArray, UInt8Array]:
    """Return the hours from the nearest source to every cell, and the step that led to it.

    Parameters
    ----------
    on
        The ground.
    parameters
        Of the mover (`parameters_of`).
    sources
        Flat cells that all start at 0 hours.
    limit_h
        Cells farther away are left infinite.

    Returns
    -------
    tuple
        Hours, infinite out of reach, and the number of the step that led there, 255 at sources and where nothing
        leads, both of shape (h, w).

    Notes
    -----
    Buckets as wide as the cheapest step: no label in the first bucket can fall any more, so its cells are settled in
    any order and the answer is that of Dijkstra. Labels beyond the ring of buckets wait in its last one.

    References
    ----------
    Dial (1969), Communications of the ACM 12, 632-633. Denardo and Fox (1979), Operations Research 27, 161-186.
    """
    hours, step = _search(
        on.elevation_m,
        on.moves,
        on.kind,
        on.kmh,
        parameters,
        on.cell_m,
        bucket_hours(on, parameters),
        sources,
        float(limit_h),
    )
    return hours, step


def bucket_hours(on: Ground, parameters: FloatArray) -> float:
    """Return the hours of the cheapest step there can be."""
    speeds = on.kmh[1:] if on.kind.size > 1 else on.kmh[:0]
    own = FASTEST[int(parameters[0])] * float(parameters[1]) * max(1.0, -float(speeds.min(initial=0.0)))
    fastest = max(own, float(speeds.max(initial=0.0)))
    return on.cell_m / 1000.0 / fastest * (1.0 - 1e-9)


def path_back(step: UInt8Array, cell: int) -> IntArray:
    """Return the cells from a source to a cell; empty where no way leads."""
    width = step.shape[1]
    flat = step.ravel()
    cells = [cell]
    while flat[cells[-1]] != 255:
        k = int(flat[cells[-1]])
        cells.append(cells[-1] - int(DOWN[k]) * width - int(RIGHT[k]))
    return np.array(cells[::-1], dtype=np.int64)


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


@njit(cache=True, nogil=True, inline="always")
def cost(
    elevation: Float32Array,
    kind: UInt8Array,
    kmh: FloatArray,
    p: FloatArray,
    a: int,
    b: int,
    distance_m: float,
) -> float:
    """Return the hours of a step, each half at the speed of its own cell."""
    own = step_hours(p, np.float64(elevation[a]), np.float64(elevation[b]), distance_m)
    if len(kind) == 1 or (kind[a] == 0 and kind[b] == 0):
        return own
    total = 0.0
    for cell in (a, b):
        speed = kmh[kind[cell]] if kind[cell] > 0 else -1.0
        total += 0.5 * (own / -speed if speed < 0.0 else distance_m / 1000.0 / speed)
    return total


@njit(cache=True, nogil=True)
def _search(
    elevation_m: Float32Array,
    moves: UInt16Array,
    kinds: UInt8Array,
    kmh: FloatArray,
    p: FloatArray,
    cell_m: float,
    bucket: float,
    sources: IntArray,
    limit: float,
) -> tuple[FloatArray, UInt8Array]:
    """Return hours and steps; see `field`."""
    width = moves.shape[1]
    elevation, kind, move = elevation_m.ravel(), kinds.ravel(), moves.ravel()
    hours = np.full(move.size, np.inf)
    step = np.full(move.size, 255, dtype=np.uint8)
    offset = DOWN * width + RIGHT
    length = cell_m * np.sqrt((DOWN * DOWN + RIGHT * RIGHT).astype(np.float64))
    settled = np.zeros(move.size, dtype=np.bool_)
    cells, link, head, fill, count = new_queue()
    for source in sources:
        hours[source] = 0.0
        if count[USED] + ROOM > len(link) // 2:
            cells, link = grown(cells, link)
        push(cells, link, head, fill, count, 0, source)
    at, empty, per_hour = 0, 0, 1.0 / bucket
    while empty < RING:
        cell = take(cells, link, head, fill, count, at % RING)
        if cell < 0:
            at += 1
            empty += 1
            continue
        empty = 0
        if settled[cell]:
            continue
        own = hours[cell]
        due = int(own * per_hour)
        if due > at:
            push(cells, link, head, fill, count, min(due, at + RING - 1) % RING, cell)
            continue
        settled[cell] = True
        if count[USED] + ROOM > len(link) // 2:
            cells, link = grown(cells, link)
        bits = move[cell]
        for k in range(8 if bits < 256 else 16):
            to = cell + offset[k]
            if (bits >> k) & 1 == 0 or settled[to]:
                continue
            new = own + cost(elevation, kind, kmh, p, cell, to, length[k])
            if new < hours[to] and new <= limit:
                slot = _new_slot(hours[to], new, per_hour, at)
                hours[to], step[to] = new, k
                if slot >= 0:
                    push(cells, link, head, fill, count, slot, to)
    return hours.reshape(moves.shape), step.reshape(moves.shape)


@njit(cache=True, nogil=True, inline="always")
def _new_slot(before: float, new: float, per_hour: float, at: int) -> int:
    """Return the bucket for a label that fell; -1 when the cell waits in it already."""
    last = at + RING - 1
    slot = min(int(new * per_hour), last)
    if before < np.inf and min(int(before * per_hour), last) == slot:
        return -1
    return slot % RING
