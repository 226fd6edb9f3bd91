"""Tiles of a grid that wait in a heap for their labels to be lowered: what the searches from one and from many share.

A tile is worked on in a window, itself and a rim of the labels about it. Whatever lowers the labels inside, and in
whatever order tiles are taken, the least sums of step after step remain: those of Dijkstra, to the last bit.
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.place.border import FloatArray
from sarhad.place.terrain import IntArray
from sarhad.place.travel.steps import DOWN, RIGHT, Land, cost

Labels = npt.NDArray[np.floating[Any]]
Heap = list[tuple[float, np.int64]]
TILE = 64  # cells; labels and costs of a window stay in the cache
RIM = 2  # cells that a step reaches
SIDE = TILE + 2 * RIM


@njit(cache=True, nogil=True)
def started(label: Labels, sources: IntArray) -> tuple[FloatArray, Heap]:
    """Return when each tile is due and the heap of those that are; labels of sources are set to 0, a lane each.

    With one lane it is that of all sources. Labels have shape (h, w, lanes).
    """
    height, width, lanes = label.shape
    across = (width + TILE - 1) // TILE
    due = np.full(across * ((height + TILE - 1) // TILE), np.inf)
    heap = [(0.0, np.int64(-1)) for _ in range(0)]
    for number, source in enumerate(sources):
        row, col = source // width, source % width
        label[row, col, number if lanes > 1 else 0] = 0.0
        tile = row // TILE * across + col // TILE
        if due[tile] > 0.0:
            due[tile] = 0.0
            heapq.heappush(heap, (0.0, np.int64(tile)))
    return due, heap


@njit(cache=True, nogil=True)
def next_tile(due: FloatArray, heap: Heap) -> int:
    """Take the tile that is due first out of the heap; -1 when none is."""
    while len(heap) > 0:
        least, tile = heapq.heappop(heap)
        if due[tile] == least:
            due[tile] = np.inf
            return int(tile)
    return -1


@njit(cache=True, nogil=True)
def load(label: Labels, top: int, left: int, window: Labels) -> None:
    """Copy the labels of a tile and its rim into the window, shape (SIDE, SIDE, lanes)."""
    height, width, lanes = label.shape
    window[:] = (
        np.inf
    )  # what follows is written out, for numba takes seconds to compile slices put into slices
    for row in range(max(top - RIM, 0), min(top + TILE + RIM, height)):
        for col in range(max(left - RIM, 0), min(left + TILE + RIM, width)):
            for lane in range(lanes):
                window[row - top + RIM, col - left + RIM, lane] = label[row, col, lane]


@njit(cache=True, nogil=True)
def keep(window: Labels, label: Labels, top: int, left: int) -> None:
    """Copy the labels of a tile back from the window."""
    height, width, lanes = label.shape
    for row in range(top, min(top + TILE, height)):
        for col in range(left, min(left + TILE, width)):
            for lane in range(lanes):
                label[row, col, lane] = window[row - top + RIM, col - left + RIM, lane]


@njit(cache=True, nogil=True)
def wake(
    land: Land,
    window: Labels,
    top: int,
    left: int,
    limit: float,
    due: FloatArray,
    heap: Heap,
) -> None:
    """Queue the tiles that hold cells of the rim which a step out of this tile lowers, to no more than the limit."""
    height, width = land[1].shape
    across = (width + TILE - 1) // TILE
    high, wide = min(TILE, height - top), min(TILE, width - left)
    for row in range(max(top - RIM, 0), min(top + high + RIM, height)):
        is_beside = row < top or row >= top + high
        for col in range(max(left - RIM, 0), min(left + wide + RIM, width)):
            if not is_beside and left <= col < left + wide:
                continue
            least = _least_over(land, window, top, left, row, col)
            tile = row // TILE * across + col // TILE
            if least < due[tile] and least <= limit:
                due[tile] = least
                heapq.heappush(heap, (least, np.int64(tile)))


@njit(cache=True, nogil=True)
def _least_over(land: Land, window: Labels, top: int, left: int, row: int, col: int) -> float:
    """Return the least label that a step out of the tile gives a cell of its rim below its own; infinite if none."""
    own = window[row - top + RIM, col - left + RIM]
    least = np.inf
    for k in range(16):
        r, c = row - DOWN[k], col - RIGHT[k]
        if r < top or r >= top + TILE or c < left or c >= left + TILE:
            continue
        near = window[r - top + RIM, c - left + RIM]
        is_nearer = False
        for lane in range(len(own)):
            is_nearer |= near[lane] < own[lane]
        if not is_nearer:
            continue
        hours = own.dtype.type(cost(land, k, row, col))
        for lane in range(len(own)):
            new = near[lane] + hours
            if new < own[lane]:
                least = min(least, np.float64(new))
    return float(least)
