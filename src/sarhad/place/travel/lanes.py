"""Hours from up to 16 near cells at once: tiles of labels swept until none falls, 16 labels a cell."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray
from sarhad.place.terrain import Float32Array, IntArray
from sarhad.place.travel.steps import (
    DOWN,
    RIGHT,
    BoolArray,
    Ground,
    Land,
    UInt8Array,
    cells_outside,
    cost,
    land_of,
    ways_of,
    write_costs,
)
from sarhad.place.travel.tiles import RIM, SIDE, TILE, keep, load, next_tile, started, wake

LANES = 16
BYTES = 4  # of a label or a step
# from a label to that of the same lane where step k began; modulo 2^64, for unsigned indices keep the loop in vectors
BACK = tuple(np.uint64(-(int(DOWN[k]) * SIDE + int(RIGHT[k])) * LANES % 2**64) for k in range(16))
NEAR, KNIGHT = BACK[:8], BACK[8:]
FAST = {"nnan", "nsz"}  # infinite labels and steps stay right, for nothing is subtracted

Progress = Callable[[int], bool | None]


def fields(
    on: Ground,
    parameters: FloatArray,
    sources: IntArray,
    *,
    threads: int | None = None,
    memory_limit_bytes: int | None = None,
    on_progress: Progress | None = None,
) -> Float32Array:
    """Return the hours from each of many sources to every cell; the same bits for any number of threads.

    Parameters
    ----------
    on
        The ground.
    parameters
        Of the mover (`parameters_of`).
    sources
        Flat cells, one a field, shape (n,). Near ones share their work: sixteen cost little more than one.
    threads
        None: as many as processors. Each works on 16 sources.
    memory_limit_bytes
        Refuse before the start what needs more; None: no limit.
    on_progress
        Called with the sources done; False stops.

    Returns
    -------
    ndarray
        Hours, infinite out of reach, nan of sources not reached before a stop, shape (n, h, w). Within 3e-6 of those
        of `field` on relief; where all steps are equal (flying, level ground) roundings add up, to 6e-8 a step at most.

    Raises
    ------
    SpecError
        If a source lies outside, or there is too little memory.

    Notes
    -----
    Label-correcting: the tile with the least waiting label is swept in four directions until no label falls, then
    wakes the neighbours whose rims fall. Any order ends at the same least sums of float32.
    """
    threads = _threads(threads, len(sources))
    size = on.moves.size
    _require(on, {"sources": sources}, threads, BYTES * size * len(sources), memory_limit_bytes)
    hours = np.empty((len(sources), *on.moves.shape), dtype=np.float32)

    def put(group: IntArray, label: Float32Array) -> None:
        _unpack(label, group, hours)

    hours[_search(on, parameters, sources, threads, put, on_progress)] = np.nan
    return hours


def matrix(
    on: Ground,
    parameters: FloatArray,
    origins: IntArray,
    destinations: IntArray,
    *,
    threads: int | None = None,
    memory_limit_bytes: int | None = None,
    on_progress: Progress | None = None,
) -> Float32Array:
    """Return the hours from each origin to each destination, shape (n_origin, n_destination); see `fields`.

    Only the fields of the origins in work are held in memory.
    """
    threads = _threads(threads, len(origins))
    answer = BYTES * len(origins) * len(destinations)
    _require(on, {"origins": origins, "destinations": destinations}, threads, answer, memory_limit_bytes)
    hours = np.empty((len(origins), len(destinations)), dtype=np.float32)

    def put(group: IntArray, label: Float32Array) -> None:
        hours[group] = label.reshape(-1, LANES)[destinations, : len(group)].T

    hours[_search(on, parameters, origins, threads, put, on_progress)] = np.nan
    return hours


def path_from(on: Ground, parameters: FloatArray, hours: Float32Array | FloatArray, cell: int) -> IntArray:
    """Return the cells from the source of a field to a cell; empty where no way leads.

    Parameters
    ----------
    on, parameters
        Those of the field.
    hours
        One field, of `fields` or of `field`, shape (h, w).
    cell
        Flat cell at the end.

    Raises
    ------
    SpecError
        If the hours are not those of this ground and mover.

    Notes
    -----
    Each step back leads to the neighbour whose hours and those of the step sum up to the bit. Of equal ways one is given.
    """
    land, width = land_of(on, parameters), on.moves.shape[1]
    if not np.isfinite(hours.flat[cell]):
        return np.empty(0, dtype=np.int64)
    cells = [cell]
    while hours.flat[cells[-1]] > 0.0:
        before = _before(land, np.ascontiguousarray(hours), cells[-1] // width, cells[-1] % width)
        if before < 0:
            raise SpecError(
                f"hours: no step leads to the {hours.flat[cells[-1]]:g} h of cell {cells[-1]}. Give a field of this "
                "ground and mover."
            )
        cells.append(before)
    return np.array(cells[::-1], dtype=np.int64)


def memory_bytes(on: Ground, threads: int) -> int:
    """Return the bytes that a search takes beside its answer: steps, and labels a thread."""
    return BYTES * on.moves.size * (ways_of(on) + LANES * threads)


def _threads(threads: int | None, sources: int) -> int:
    """Return the threads that have work."""
    return max(1, min(threads or os.cpu_count() or 1, -(-sources // LANES)))


def _require(on: Ground, cells: dict[str, IntArray], threads: int, answer: int, limit: int | None) -> None:
    """Raise SpecError if cells lie outside or the memory does not suffice."""
    faults = cells_outside(on, cells)
    needed = memory_bytes(on, threads) + answer
    if limit is not None and needed > limit:
        faults.append(
            f"memory: {needed / 1e9:.2f} GB are needed, {limit / 1e9:.2f} GB allowed. Give fewer threads or sources, "
            "or a part of the ground."
        )
    if faults:
        raise SpecError("\n".join(faults))


def _search(
    on: Ground,
    parameters: FloatArray,
    sources: IntArray,
    threads: int,
    put: Callable[[IntArray, Float32Array], None],
    on_progress: Progress | None,
) -> BoolArray:
    """Search from 16 sources after 16, hand the labels, shape (h, w, 16), to `put`; return which were left undone."""
    order = _by_nearness(sources, on.moves.shape[1])
    land, shape = land_of(on, parameters), on.moves.shape
    costs = np.empty((shape[0], ways_of(on), shape[1]), dtype=np.float32)
    _write_all(land, costs)
    lock, stop = threading.Lock(), threading.Event()
    is_left = np.ones(len(sources), dtype=np.bool_)

    def run(group: IntArray) -> None:
        if stop.is_set():
            return
        label = np.full((*shape, LANES), np.inf, dtype=np.float32)
        _lanes(land, costs, sources[group], label)
        put(group, label)
        with lock:
            is_left[group] = False
            if on_progress is not None and on_progress(int(np.count_nonzero(~is_left))) is False:
                stop.set()

    with ThreadPoolExecutor(threads) as pool:
        try:
            list(pool.map(run, [order[at : at + LANES] for at in range(0, len(order), LANES)]))
        except BaseException:
            stop.set()
            raise
    return is_left


def _by_nearness(sources: IntArray, width: int) -> IntArray:
    """Return the order of sources in which those that lie near each other follow each other."""
    return np.lexsort((sources % width, sources // width // TILE))


@njit(cache=True, nogil=True)
def _write_all(land: Land, costs: Float32Array) -> None:
    """Write the hours of every step, shape (h, 8 or 16, w)."""
    for row in range(costs.shape[0]):
        for k in range(costs.shape[1]):
            write_costs(land, k, row, 0, costs[row, k])


@njit(cache=True, nogil=True)
def _unpack(label: Float32Array, group: IntArray, hours: Float32Array) -> None:
    """Write the labels of a group of sources, shape (h, w, 16), into their fields."""
    for row in range(label.shape[0]):
        for lane, source in enumerate(group):
            for col in range(label.shape[1]):
                hours[source, row, col] = label[row, col, lane]


@njit(cache=True, nogil=True)
def _before(land: Land, hours: Float32Array, row: int, col: int) -> int:
    """Return the cell from which the best way comes to another; -1 when none does."""
    height, width = hours.shape
    for k in range(16):
        r, c = row - DOWN[k], col - RIGHT[k]
        if r < 0 or r >= height or c < 0 or c >= width or not hours[r, c] < hours[row, col]:
            continue
        if hours[r, c] + hours.dtype.type(cost(land, k, row, col)) == hours[row, col]:
            return int(r * width + c)
    return -1


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _pull(
    label: Float32Array, costs: Float32Array, at: np.uint64, col: int, back: tuple[np.uint64, ...], first: int
) -> np.int32:
    """Lower the labels of a cell by the eight steps from number `first` on; return how many fell."""
    b0, b1, b2, b3, b4, b5, b6, b7 = back
    s0, s1, s2, s3 = costs[first, col], costs[first + 1, col], costs[first + 2, col], costs[first + 3, col]
    s4, s5, s6, s7 = (
        costs[first + 4, col],
        costs[first + 5, col],
        costs[first + 6, col],
        costs[first + 7, col],
    )
    fell = np.int32(0)  # counted: the least label that fell would keep the loop out of vector registers
    for lane in range(LANES):
        i = at + np.uint64(lane)
        old = label[i]
        # nested, for minima in pairs take half as long as one after another
        near = min(min(label[i + b0] + s0, label[i + b1] + s1), min(label[i + b2] + s2, label[i + b3] + s3))  # noqa: PLW3301
        far = min(min(label[i + b4] + s4, label[i + b5] + s5), min(label[i + b6] + s6, label[i + b7] + s7))  # noqa: PLW3301
        new = min(near, far)
        label[i] = min(new, old)
        fell += np.int32(new < old)
    return fell


@njit(cache=True, nogil=True, fastmath=FAST)
def _sweep(
    label: Float32Array, costs: Float32Array, waits: UInt8Array, top: int, left: int, high: int, wide: int
) -> None:
    """Sweep a tile in changing directions until no label falls."""
    ways = costs.shape[1]
    reach = 1 if ways == 8 else RIM
    is_falling, turn = True, 0
    while is_falling:
        is_falling = False
        for i in range(high):
            row = RIM + (i if turn == 0 or turn == 3 else high - 1 - i)
            into = costs[top + row - RIM]
            for j in range(wide):
                col = RIM + (j if turn % 2 == 0 else wide - 1 - j)
                if waits[row, col] == 0:
                    continue
                at = np.uint64((row * SIDE + col) * LANES)
                fell = _pull(label, into, at, left + col - RIM, NEAR, 0)
                if ways > 8:
                    fell += _pull(label, into, at, left + col - RIM, KNIGHT, 8)
                if fell > 0:
                    is_falling = True
                    waits[row - reach : row + reach + 1, col - reach : col + reach + 1] = 1
                waits[row, col] = 0
        turn = (turn + 1) % 4


@njit(cache=True, nogil=True)
def _lanes(land: Land, costs: Float32Array, sources: IntArray, label: Float32Array) -> None:
    """Lower labels, infinite at first, shape (h, w, 16), to the hours from up to 16 sources."""
    height, width, _ = label.shape
    across = (width + TILE - 1) // TILE
    due, heap = started(label, sources)
    is_seen = np.zeros(len(due), dtype=np.bool_)
    window = np.empty((SIDE, SIDE, LANES), dtype=np.float32)
    waits = np.zeros((SIDE, SIDE), dtype=np.uint8)
    tile = next_tile(due, heap)
    while tile >= 0:
        top, left = tile // across * TILE, tile % across * TILE
        high, wide = min(TILE, height - top), min(TILE, width - left)
        load(label, top, left, window)
        waits[:] = 0
        waits[RIM : RIM + high, RIM : RIM + wide] = 1
        if is_seen[tile]:  # then nothing but the labels about it has fallen
            waits[2 * RIM : high, 2 * RIM : wide] = 0
        is_seen[tile] = True
        _sweep(window.reshape(window.size), costs, waits, top, left, high, wide)
        keep(window, label, top, left)
        wake(land, window, top, left, np.inf, due, heap)
        tile = next_tile(due, heap)
