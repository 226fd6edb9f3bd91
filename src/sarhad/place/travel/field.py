"""Hours from a cell to every cell: exact search by tiles of rows on the implicit graph of 8 or 16 neighbours."""

from __future__ import annotations

import numpy as np
from numba import njit

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray
from sarhad.place.terrain import IntArray
from sarhad.place.travel.steps import (
    DOWN,
    LENGTH,
    RIGHT,
    BoolArray,
    Ground,
    Land,
    UInt8Array,
    cells_outside,
    fastest_kmh,
    ground,
    land_of,
    ways_of,
    write_costs,
)
from sarhad.place.travel.tiles import RIM, SIDE, TILE, keep, load, next_tile, started, wake

__all__ = ["DOWN", "RIGHT", "Ground", "field", "ground", "path_back"]
FAST = {"nnan", "nsz"}  # infinite labels and steps stay right, for nothing is subtracted
NOWHERE = 255  # the step at sources and where nothing leads


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

    Raises
    ------
    SpecError
        If a source lies outside.

    Notes
    -----
    Label-correcting: rows of the tile with the least waiting label are lowered down and up until none falls, first all
    cells of a row at once by the steps into it, then along the row; then the tile wakes those about it. Additions round
    alike in any order of tiles, so the answer is that of Dijkstra to the last bit. Of equal ways back one is given.

    References
    ----------
    Bertsekas (1993), Networks 23, 703-709, for label-correcting by the least label first.
    """
    faults = cells_outside(on, {"sources": sources})
    if faults:
        raise SpecError(faults[0])
    shape = on.moves.shape
    hours, step = np.full((*shape, 1), np.inf), np.full(shape, NOWHERE, dtype=np.uint8)
    # no step takes less; a little off, for it is compared with rounded sums
    least = LENGTH[: ways_of(on)] * on.cell_m / 1000.0 / fastest_kmh(on, parameters) * (1.0 - 1e-9)
    _search(land_of(on, parameters), least, sources, float(limit_h), hours, step)
    return hours[:, :, 0], step


def path_back(step: UInt8Array, cell: int) -> IntArray:
    """Return the cells from a source to a cell; empty where no way leads."""
    width = step.shape[1]
    flat = step.ravel()
    cells = [cell]
    while flat[cells[-1]] != NOWHERE:
        k = int(flat[cells[-1]])
        cells.append(cells[-1] - int(DOWN[k]) * width - int(RIGHT[k]))
    return np.array(cells[::-1], dtype=np.int64)


@njit(cache=True, nogil=True)
def _search(
    land: Land, least: FloatArray, sources: IntArray, limit: float, label: FloatArray, step: UInt8Array
) -> None:
    """Lower labels, infinite at first, shape (h, w, 1), and write the steps; see `field`."""
    height, width, _ = label.shape
    across = (width + TILE - 1) // TILE
    due, heap = started(label, sources)
    window = np.empty((SIDE, SIDE, 1))
    own = window.reshape(SIDE, SIDE)
    costs = np.empty((TILE, len(least), TILE))
    is_known = np.empty((TILE, len(least)), dtype=np.bool_)
    fell = np.empty(TILE, dtype=np.bool_)
    tile = next_tile(due, heap)
    while tile >= 0:
        top, left = tile // across * TILE, tile % across * TILE
        high, wide = min(TILE, height - top), min(TILE, width - left)
        load(label, top, left, window)
        _sweep(land, least, own, costs, is_known, top, left, fell)
        keep(window, label, top, left)
        for row in range(high):
            if fell[row]:
                _write_steps(own, costs[row], is_known[row], row + RIM, step[top + row, left : left + wide])
        wake(land, window, top, left, limit, due, heap)
        tile = next_tile(due, heap)
    for row in range(height):
        for col in range(width):
            if label[row, col, 0] > limit:
                label[row, col, 0] = np.inf
                step[row, col] = NOWHERE


@njit(cache=True, nogil=True)
def _sweep(
    land: Land,
    least: FloatArray,
    own: FloatArray,
    costs: FloatArray,
    is_known: BoolArray,
    top: int,
    left: int,
    fell: BoolArray,
) -> None:
    """Lower the rows of a window down and up until none falls; note those that fell."""
    height, width = land[1].shape
    high, wide = min(TILE, height - top), min(TILE, width - left)
    reach = 1 if len(least) == 8 else RIM
    fell[:] = False
    is_known[:] = False
    waits = np.ones(SIDE, dtype=np.bool_)
    is_down, is_falling = True, True
    while is_falling:
        is_falling = False
        for i in range(high):
            row = i if is_down else high - 1 - i
            at = row + RIM
            if not waits[at]:
                continue
            if _lower(land, least, own, costs[row], is_known[row], at, top + row, left, wide):
                fell[row] = is_falling = True
                waits[at - reach : at + reach + 1] = True
            waits[at] = False
        is_down = not is_down


@njit(cache=True, nogil=True)
def _lower(
    land: Land,
    least: FloatArray,
    own: FloatArray,
    costs: FloatArray,
    is_known: BoolArray,
    at: int,
    row: int,
    left: int,
    wide: int,
) -> bool:
    """Lower the labels of a row by all steps into it and then along it; return whether any fell.

    Costs are reckoned when a step may first matter: most never do, for they lead back to where the way came from.
    """
    new = own[at, RIM : RIM + wide]
    has_fallen = False
    for number in range(len(least)):
        k = (number + 2) % len(least)  # those along the row last
        start = RIM - RIGHT[k]
        near = own[at - DOWN[k], start : start + wide]
        if not _may_fall(near, new, least[k]):
            continue
        if not is_known[k]:
            write_costs(land, k, row, left, costs[k])
            is_known[k] = True
        if k < 2:
            has_fallen |= _along(own[at], costs[k], wide, RIGHT[k])
        else:
            has_fallen |= _over(near, costs[k], new)
    return has_fallen


@njit(cache=True, nogil=True, fastmath=FAST)
def _may_fall(near: FloatArray, new: FloatArray, least: float) -> bool:
    """Return whether a label may fall by steps of the least hours."""
    count = 0
    for col in range(len(new)):
        count += near[col] + least < new[col]
    return count > 0


@njit(cache=True, nogil=True, fastmath=FAST)
def _over(near: FloatArray, costs: FloatArray, new: FloatArray) -> bool:
    """Lower labels by steps from another row; return whether any fell."""
    count = 0
    for col in range(len(new)):
        hours = near[col] + costs[col]
        count += hours < new[col]
        new[col] = min(new[col], hours)
    return count > 0


@njit(cache=True, nogil=True, fastmath=FAST)
def _along(labels: FloatArray, costs: FloatArray, wide: int, right: int) -> bool:
    """Lower labels of a row by steps along it, one after another; return whether any fell."""
    count = 0
    first = RIM if right > 0 else RIM + wide - 1
    hours = labels[first - right]
    for i in range(wide):
        col = first + right * i
        hours = min(labels[col], hours + costs[col - RIM])
        count += hours < labels[col]
        labels[col] = hours
    return count > 0


@njit(cache=True, nogil=True)
def _write_steps(own: FloatArray, costs: FloatArray, is_known: BoolArray, at: int, step: UInt8Array) -> None:
    """Write the steps that lead to the labels of a row."""
    for k in range(costs.shape[0]):
        if not is_known[k]:
            continue
        start = RIM - RIGHT[k]
        near = own[at - DOWN[k], start : start + len(step)]
        for col in range(len(step)):
            label = own[at, RIM + col]
            if near[col] + costs[k, col] == label and label < np.inf:
                step[col] = k
