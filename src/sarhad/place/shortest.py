"""Least-cost paths over the fine grid: Dijkstra on the implicit graph of eight neighbours."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from sarhad.place.border import FloatArray
from sarhad.place.corridor import SideArray
from sarhad.place.terrain import Float32Array, IntArray, Terrain
from sarhad.place.travel import step_hours

BATCH = 256  # sources a thread takes at a time


def least_cost_paths(
    terrain: Terrain,
    side: int,
    parameters: FloatArray,
    sources: IntArray,
    ptr: IntArray,
    targets: IntArray,
    margin_km: float,
) -> tuple[IntArray, IntArray]:
    """Return the least-cost paths from each source to its targets over cells of one side.

    Parameters
    ----------
    terrain
        The grid.
    side
        Paths keep to cells of this side.
    parameters
        Of the mover.
    sources
        Flat cell index of each source, shape (S,).
    ptr, targets
        The targets of source `s` are ``targets[ptr[s]:ptr[s + 1]]``, flat cell indices.
    margin_km
        A search may leave the box around its source and targets by so much.

    Returns
    -------
    tuple
        `path_ptr` of shape (T + 1,) and the cells of the paths; a path without cells: out of reach.
    """
    margin = int(np.ceil(margin_km * 1000.0 / terrain.cell_m))
    starts = list(range(0, len(sources), BATCH))

    def run(start: int) -> tuple[IntArray, IntArray]:
        stop = min(start + BATCH, len(sources))
        part = ptr[start : stop + 1]
        lengths, cells = _batch(
            terrain.elevation_m,
            terrain.side,
            side,
            parameters,
            terrain.cell_m,
            margin,
            sources[start:stop],
            part - part[0],
            targets[part[0] : part[-1]],
        )
        return lengths, cells

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(run, starts))
    lengths = np.concatenate([part[0] for part in found] or [np.zeros(0, dtype=np.int64)])
    cells = np.concatenate([part[1] for part in found] or [np.zeros(0, dtype=np.int64)])
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), cells


@njit(cache=True, nogil=True)
def _batch(
    elevation: Float32Array,
    side: SideArray,
    allowed: int,
    p: FloatArray,
    cell_m: float,
    margin: int,
    sources: IntArray,
    ptr: IntArray,
    targets: IntArray,
) -> tuple[IntArray, IntArray]:
    """Return lengths and cells of the paths of some sources."""
    height, width = side.shape
    lengths = np.zeros(len(targets), dtype=np.int64)
    cells = np.empty(1024, dtype=np.int64)
    n_cells = 0
    for s in range(len(sources)):
        own = targets[ptr[s] : ptr[s + 1]]
        if len(own) == 0:
            continue
        top, left = sources[s] // width, sources[s] % width
        bottom, right = top, left
        for target in own:
            top, bottom = min(top, target // width), max(bottom, target // width)
            left, right = min(left, target % width), max(right, target % width)
        top, left = max(top - margin, 0), max(left - margin, 0)
        bottom, right = min(bottom + margin + 1, height), min(right + margin + 1, width)
        before, scale = _search(
            elevation[top:bottom, left:right],
            side[top:bottom, left:right],
            allowed,
            p,
            cell_m,
            (sources[s] // width - top) * (right - left) + sources[s] % width - left,
            (own // width - top) * (right - left) + own % width - left,
        )
        for t in range(len(own)):
            at = (own[t] // width - top) * scale + own[t] % width - left
            if before[at] == -1:
                continue
            count = _count(before, at)
            while n_cells + count > len(cells):
                cells = np.concatenate((cells, np.empty(len(cells), dtype=np.int64)))
            walk = at
            for k in range(n_cells + count - 1, n_cells - 1, -1):
                cells[k] = (walk // scale + top) * width + walk % scale + left
                walk = before[walk]
            lengths[ptr[s] + t] = count
            n_cells += count
    return lengths, cells[:n_cells].copy()


@njit(cache=True, nogil=True)
def _count(before: IntArray, at: int) -> int:
    """Return the number of cells from the source to a settled cell."""
    count = 1
    while before[at] != at:
        at = before[at]
        count += 1
    return count


@njit(cache=True, nogil=True)
def _search(
    elevation: Float32Array,
    side: SideArray,
    allowed: int,
    p: FloatArray,
    cell_m: float,
    source: int,
    targets: IntArray,
) -> tuple[IntArray, int]:
    """Return the predecessor of each settled cell of a window (-1: not settled) and the window's width.

    The search ends as soon as every target is settled. A source is its own predecessor.
    """
    height, width = side.shape
    hours = np.full(height * width, np.inf)
    before = np.full(height * width, -1, dtype=np.int64)
    state = np.zeros(height * width, dtype=np.int8)  # 1 settled, 2 a target not settled yet
    wanted = 0
    for target in targets:
        if state[target] != 2:
            state[target] = 2
            wanted += 1
    keys = np.empty(256)
    items = np.empty(256, dtype=np.int64)
    keys[0], items[0], size = 0.0, source, 1
    hours[source], before[source] = 0.0, source
    while size > 0 and wanted > 0:
        key, cell = keys[0], items[0]
        size = _pop(keys, items, size)
        if state[cell] == 1 or key > hours[cell]:
            continue
        if state[cell] == 2:
            wanted -= 1
        state[cell] = 1
        if size + 8 > len(keys):
            keys = np.concatenate((keys, np.empty(size)))
            items = np.concatenate((items, np.empty(size, dtype=np.int64)))
        size = _relax(elevation, side, allowed, p, cell_m, cell, hours, before, state, keys, items, size)
    for cell in range(height * width):
        if state[cell] != 1:
            before[cell] = -1
    return before, width


@njit(cache=True, nogil=True)
def _relax(
    elevation: Float32Array,
    side: SideArray,
    allowed: int,
    p: FloatArray,
    cell_m: float,
    cell: int,
    hours: FloatArray,
    before: IntArray,
    state: SideArray,
    keys: FloatArray,
    items: IntArray,
    size: int,
) -> int:
    """Put the neighbours that a settled cell brings nearer into the heap and return its new size."""
    height, width = side.shape
    row, col = cell // width, cell % width
    for r in range(max(row - 1, 0), min(row + 2, height)):
        for c in range(max(col - 1, 0), min(col + 2, width)):
            to = r * width + c
            if side[r, c] != allowed or state[to] == 1:
                continue
            distance = cell_m * np.sqrt(float((r - row) ** 2 + (c - col) ** 2))
            step = step_hours(p, float(elevation[row, col]), float(elevation[r, c]), distance)
            if hours[cell] + step < hours[to]:
                hours[to], before[to] = hours[cell] + step, cell
                size = _push(keys, items, size, hours[to], to)
    return size


@njit(cache=True, nogil=True)
def _push(keys: FloatArray, items: IntArray, size: int, key: float, item: int) -> int:
    """Put an item into the heap and return the heap's new size."""
    at = size
    while at > 0 and key < keys[(at - 1) // 2]:
        keys[at], items[at] = keys[(at - 1) // 2], items[(at - 1) // 2]
        at = (at - 1) // 2
    keys[at], items[at] = key, item
    return size + 1


@njit(cache=True, nogil=True)
def _pop(keys: FloatArray, items: IntArray, size: int) -> int:
    """Take the first item off the heap and return the heap's new size."""
    size -= 1
    key, item = keys[size], items[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[at], items[at] = keys[child], items[child]
        at = child
    keys[at], items[at] = key, item
    return size
