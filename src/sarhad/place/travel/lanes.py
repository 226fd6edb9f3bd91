"""Hours from up to 16 near cells at once: tiles of labels swept until none falls, 16 labels a cell."""

from __future__ import annotations

import heapq
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray
from sarhad.place.terrain import Float32Array, IntArray
from sarhad.place.travel.field import DOWN, RIGHT, Ground, UInt8Array, UInt16Array, cost
from sarhad.place.travel.mover import SLOWEST
from sarhad.place.travel.speeds import DRIVE, FLY, slope_kmh

LANES = 16
TILE = 64  # cells; labels and costs of a tile and its rim stay in the cache
SIDE = TILE + 2
BACK = tuple(int(-(DOWN[k] * SIDE + RIGHT[k])) * LANES for k in range(8))
B0, B1, B2, B3, B4, B5, B6, B7 = BACK
INF = np.float32(np.inf)
STEEPEST, PER_SLOPE = 8, 4000  # reach and fineness of the table of pace; -0.05, Tobler's kink, is a knot
FAST = {"nnan", "nsz"}


def fields(on: Ground, parameters: FloatArray, sources: IntArray) -> Float32Array:
    """Return the hours from each of many sources to every cell.

    Parameters
    ----------
    on
        The ground, of 8 neighbours.
    parameters
        Of the mover (`parameters_of`).
    sources
        Flat cells, one a field, shape (n,). Near ones share their work: sixteen cost little more than one.

    Returns
    -------
    ndarray
        Hours, infinite out of reach, shape (n, h, w). Within 3e-6 of those of `field` on relief; where all steps
        are equal (flying, level ground) roundings add up, to 6e-8 a step at most.

    Raises
    ------
    SpecError
        If a source lies outside, or the ground has the moves of a knight.

    Notes
    -----
    Label-correcting: the tile with the least waiting label is swept in four directions until no label falls, then
    wakes the neighbours whose rims fall. Any order ends at the same least labels, save for float32.
    """
    height, width = on.moves.shape
    bad = sources[(sources < 0) | (sources >= on.moves.size)]
    if len(bad):
        raise SpecError(
            f"sources: {len(bad)} of {len(sources)} lie outside 0..{on.moves.size - 1}: {bad[0]}. Correct them."
        )
    if on.moves.max(initial=0) > 255:
        raise SpecError("neighbours: 16 is not possible for many sources at once. Give 8.")
    hours = np.empty((len(sources), height, width), dtype=np.float32)
    order = _by_nearness(sources, width)
    groups = [order[at : at + LANES] for at in range(0, len(order), LANES)]
    pace = pace_table(int(parameters[0]))

    def run(group: IntArray) -> None:
        labels = _lanes(
            on.elevation_m, on.moves, on.kind, on.kmh, parameters, on.cell_m, sources[group], pace
        )
        hours[group] = np.moveaxis(labels, 2, 0)[: len(group)]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(run, groups))
    return hours


def matrix(on: Ground, parameters: FloatArray, origins: IntArray, destinations: IntArray) -> Float32Array:
    """Return the hours from each origin to each destination, shape (n_origin, n_destination); see `fields`."""
    hours = np.empty((len(origins), len(destinations)), dtype=np.float32)
    order = _by_nearness(origins, on.moves.shape[1])
    at_once = LANES * (os.cpu_count() or 1)
    for at in range(0, len(order), at_once):
        part = order[at : at + at_once]
        hours[part] = fields(on, parameters, origins[part]).reshape(-1, on.moves.size)[:, destinations]
    return hours


def _by_nearness(sources: IntArray, width: int) -> IntArray:
    """Return the order of sources in which those that lie near each other follow each other."""
    return np.lexsort((sources % width, sources // width // TILE))


@njit(cache=True, nogil=True)
def pace_table(kind: int) -> FloatArray:
    """Return hours a km on slopes from -STEEPEST to STEEPEST, `PER_SLOPE` a unit, at a speed factor of 1."""
    slopes = np.arange(-STEEPEST * PER_SLOPE, STEEPEST * PER_SLOPE + 2) / PER_SLOPE
    pace = np.ones(len(slopes))
    if kind != DRIVE and kind != FLY:
        for at, slope in enumerate(slopes):
            pace[at] = 1.0 / slope_kmh(kind, slope)
    return pace


@njit(cache=True, nogil=True, inline="always")
def _open_hours(p: FloatArray, pace: FloatArray, from_m: float, to_m: float, distance_m: float) -> float:
    """Return `step_hours` by the table of pace; -1 where the slope is beyond it."""
    slope = (to_m - from_m) / distance_m
    speed = p[1]
    if p[0] == FLY:
        return float(distance_m / 1000.0 / speed)
    if abs(slope) > p[2]:
        return np.inf
    if abs(slope) >= STEEPEST:
        return -1.0
    above = 0.5 * (from_m + to_m) - p[3]
    if above > 0.0:
        speed *= max(SLOWEST, 1.0 - p[4] * above / 1000.0)
    place = (slope + STEEPEST) * PER_SLOPE
    knot = int(place)
    return float((pace[knot] + (place - knot) * (pace[knot + 1] - pace[knot])) * distance_m / 1000.0 / speed)


@njit(cache=True, nogil=True)
def _costs(
    elevation_m: Float32Array,
    moves: UInt16Array,
    kinds: UInt8Array,
    kmh: FloatArray,
    p: FloatArray,
    cell_m: float,
    pace: FloatArray,
    top: int,
    left: int,
    into: Float32Array,
) -> None:
    """Write the hours of step `k` into each cell of a tile and its rim; infinite where it cannot be made."""
    height, width = moves.shape
    elevation, kind = elevation_m.ravel(), kinds.ravel()
    into[:] = INF
    aslant = cell_m * np.sqrt(2.0)
    for row in range(max(top - 1, 0), min(top + TILE + 1, height)):
        for col in range(max(left - 1, 0), min(left + TILE + 1, width)):
            bits = moves[row, col]
            a = row * width + col
            for k in range(8):
                r, c = row + DOWN[k] - top + 1, col + RIGHT[k] - left + 1
                if (bits >> k) & 1 == 0 or r < 0 or r >= SIDE or c < 0 or c >= SIDE:
                    continue
                b = a + DOWN[k] * width + RIGHT[k]
                far = cell_m if k < 4 else aslant
                hours = -1.0
                if len(kind) == 1 or (kind[a] == 0 and kind[b] == 0):
                    hours = _open_hours(p, pace, np.float64(elevation[a]), np.float64(elevation[b]), far)
                if hours < 0.0:
                    hours = cost(elevation, kind, kmh, p, a, b, far)
                into[r * SIDE + c, k] = np.float32(hours)


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _pull(label: Float32Array, step: Float32Array, cell: int) -> np.float32:
    """Lower the labels of a cell by its neighbours'; return the least that fell, infinite when none did."""
    s0, s1, s2, s3 = step[cell, 0], step[cell, 1], step[cell, 2], step[cell, 3]
    s4, s5, s6, s7 = step[cell, 4], step[cell, 5], step[cell, 6], step[cell, 7]
    least = INF
    for lane in range(LANES):
        i = cell * LANES + lane
        old = label[i]
        # nested, for minima in pairs take half as long as one after another
        near = min(min(label[i + B0] + s0, label[i + B1] + s1), min(label[i + B2] + s2, label[i + B3] + s3))  # noqa: PLW3301
        far = min(min(label[i + B4] + s4, label[i + B5] + s5), min(label[i + B6] + s6, label[i + B7] + s7))  # noqa: PLW3301
        new = min(near, far)
        label[i] = min(new, old)
        least = min(least, new if new < old else INF)
    return least


@njit(cache=True, nogil=True, fastmath=FAST)
def _sweep(label: Float32Array, step: Float32Array, waits: UInt8Array, high: int, wide: int) -> None:
    """Sweep a tile in changing directions until no label falls; rim cells that may fall are left waiting."""
    is_falling, turn = True, 0
    while is_falling:
        is_falling = False
        for i in range(high):
            row = 1 + (i if turn == 0 or turn == 3 else high - 1 - i)
            for j in range(wide):
                col = 1 + (j if turn % 2 == 0 else wide - 1 - j)
                if waits[row, col] == 0:
                    continue
                waits[row, col] = 0
                if _pull(label, step, row * SIDE + col) < INF:
                    is_falling = True
                    for r in range(row - 1, row + 2):
                        waits[r, col - 1] = 1
                        waits[r, col + 1] = 1
                    waits[row - 1, col] = 1
                    waits[row + 1, col] = 1
        turn = (turn + 1) % 4


@njit(cache=True, nogil=True)
def _lanes(
    elevation_m: Float32Array,
    moves: UInt16Array,
    kinds: UInt8Array,
    kmh: FloatArray,
    p: FloatArray,
    cell_m: float,
    sources: IntArray,
    pace: FloatArray,
) -> Float32Array:
    """Return the hours from up to 16 sources, shape (h, w, 16)."""
    height, width = moves.shape
    label = np.full((height, width, LANES), INF, dtype=np.float32)
    across = (width + TILE - 1) // TILE
    due = np.full(across * ((height + TILE - 1) // TILE), INF, dtype=np.float32)
    is_seen = np.zeros(len(due), dtype=np.bool_)
    heap = [(np.float32(0.0), np.int64(-1))]
    for lane, source in enumerate(sources):
        row, col = source // width, source % width
        label[row, col, lane] = 0.0
        tile = row // TILE * across + col // TILE
        due[tile] = 0.0
        heapq.heappush(heap, (np.float32(0.0), np.int64(tile)))
    store = np.empty(SIDE * SIDE * LANES, dtype=np.float32)
    own = store.reshape(SIDE, SIDE, LANES)
    step = np.empty((SIDE * SIDE, 8), dtype=np.float32)
    waits = np.zeros((SIDE, SIDE), dtype=np.uint8)
    while len(heap) > 0:
        least, tile = heapq.heappop(heap)
        if tile < 0 or due[tile] != least:
            continue
        due[tile] = INF
        top, left = tile // across * TILE, tile % across * TILE
        high, wide = min(TILE, height - top), min(TILE, width - left)
        _costs(elevation_m, moves, kinds, kmh, p, cell_m, pace, top, left, step)
        own[:] = INF
        t, u = max(top - 1, 0), max(left - 1, 0)
        v, w = min(top + high + 1, height), min(left + wide + 1, width)
        own[t - top + 1 : v - top + 1, u - left + 1 : w - left + 1] = label[t:v, u:w]
        waits[:] = 0
        waits[1 : high + 1, 1 : wide + 1] = 1
        if is_seen[tile]:
            waits[2:high, 2:wide] = 0
        is_seen[tile] = True
        _sweep(store, step, waits, high, wide)
        label[top : top + high, left : left + wide] = own[1 : high + 1, 1 : wide + 1]
        _wake(store, step, waits, top, left, height, width, due, heap)
    return label


@njit(cache=True, nogil=True)
def _wake(
    store: Float32Array,
    step: Float32Array,
    waits: UInt8Array,
    top: int,
    left: int,
    height: int,
    width: int,
    due: Float32Array,
    heap: list[tuple[np.float32, np.int64]],
) -> None:
    """Queue the tiles whose cells on the rim fall by the labels of this tile."""
    across = (width + TILE - 1) // TILE
    for r in range(SIDE):
        for c in range(SIDE):
            row, col = top + r - 1, left + c - 1
            if waits[r, c] == 0 or row < 0 or col < 0 or row >= height or col >= width:
                continue
            least = INF
            for k in range(8):
                hours = step[r * SIDE + c, k]
                if hours == INF:
                    continue
                i = (r * SIDE + c) * LANES
                for lane in range(LANES):
                    new = store[i + lane + BACK[k]] + hours
                    if new < store[i + lane]:
                        least = min(least, new)
            tile = row // TILE * across + col // TILE
            if least < due[tile]:
                due[tile] = least
                heapq.heappush(heap, (np.float32(least), np.int64(tile)))
