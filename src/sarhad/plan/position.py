"""A plan in the local search over the pool of paths, and how its value changes when an item moves: compiled.

A literal handed to a compiled function would have it compiled once more for that very value, so constants
are given their width (``np.int64(-1)``), and rows are copied by loops, which compile faster than slices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sarhad.detection.instance import FloatArray, IntArray


class Lists(NamedTuple):
    """Lists of lists as two arrays: list k is ``of[ptr[k]:ptr[k + 1]]``."""

    ptr: IntArray
    of: IntArray


class Game(NamedTuple):
    """What a search does not change.

    Parameters
    ----------
    first
        Where the paths of each unit begin, shape (U + 1,).
    unit
        Unit of each path, shape (P,).
    met
        Paths that each binary meets; `factor` and `inverse` are ``exp(-a)`` and ``exp(a)`` beside it.
    weight
        Weight of each unit and quarter, shape (U, T).
    item
        Item of each binary.
    sets, members
        Sets of supporters of each binary, and the items of each set.
    served
        Binaries that change when an item does, the item itself apart.
    needs, need_members, needers
        Sets required by each item, the items of each set, items that require an item.
    rivals
        Items that exclude an item.
    packs, pack_members, pack_weight, pack_least
        Packages of each item, the items of each, what each of them counts, what they must count together.
    ready
        Quarter from which an item operates by its start, T where it may not start, shape (I, T).
    prefer
        Start to try first, -1 where there is none, shape (I,).
    side, side_factor, side_room
        Linear limits that each start (item * T + quarter) enters, by which factor, and their room.
    item_class
        Funding class.
    cost
        Dollars by item, start and year (I, T, Y).
    """

    first: IntArray
    unit: IntArray
    met: Lists
    factor: FloatArray
    inverse: FloatArray
    weight: FloatArray
    item: IntArray
    sets: Lists
    members: Lists
    served: Lists
    needs: Lists
    need_members: Lists
    needers: Lists
    rivals: Lists
    packs: Lists
    pack_members: Lists
    pack_weight: FloatArray
    pack_least: FloatArray
    ready: IntArray
    prefer: IntArray
    side: Lists
    side_factor: FloatArray
    side_room: FloatArray
    item_class: IntArray
    cost: IntArray


class State(NamedTuple):
    """A plan in the search: changed in place.

    Parameters
    ----------
    since
        Quarter from which each item operates, T when it is left out, shape (I,).
    start
        Quarter in which each item starts, -1 when it is left out, shape (I,).
    on
        The same of each binary, shape (B,).
    evade
        Chance to evade on each path and quarter, shape (P, T).
    most
        The largest of each unit and quarter, shape (U, T).
    used
        Dollars in each row of the money, shape (R,).
    side
        Left side of each linear limit, shape (L,).
    scratch, stamp, touched
        Working room: (P, T), (P,), (P + U,).
    """

    since: IntArray
    start: IntArray
    on: IntArray
    evade: FloatArray
    most: FloatArray
    used: IntArray
    side: FloatArray
    scratch: FloatArray
    stamp: IntArray
    touched: IntArray


@njit(cache=True, nogil=True)
def on_time(game, state, binary, item, since):  # type: ignore[no-untyped-def]
    """Return from which quarter a binary is on if `item` operates from `since`."""
    own = game.item[binary]
    result = since if own == item else state.since[own]
    for k in range(game.sets.ptr[binary], game.sets.ptr[binary + 1]):
        soonest = state.most.shape[1]
        for n in range(game.members.ptr[k], game.members.ptr[k + 1]):
            j = game.members.of[n]
            soonest = min(soonest, since if j == item else state.since[j])
        result = max(result, soonest)
    return result


@njit(cache=True, nogil=True)
def _multiply(game, state, binary, new, n):  # type: ignore[no-untyped-def]
    """Put into the scratch what the paths become when a binary is on from `new`; return paths touched."""
    old = state.on[binary]
    if old == new:
        return n
    low, high = min(old, new), max(old, new)
    for k in range(game.met.ptr[binary], game.met.ptr[binary + 1]):
        p = game.met.of[k]
        if state.stamp[p] == 0:
            state.stamp[p] = 1
            state.touched[n] = p
            n += 1
            scratch, evade = state.scratch[p], state.evade[p]
            for t in range(len(evade)):
                scratch[t] = evade[t]
        scratch = state.scratch[p]
        by = game.factor[k] if new < old else game.inverse[k]
        for t in range(low, high):
            scratch[t] *= by
    return n


@njit(cache=True, nogil=True)
def _unit_change(game, state, unit, low, most, is_kept):  # type: ignore[no-untyped-def]
    """Return how the value of a unit changes from quarter `low` on, changed paths read from the scratch.

    `most` is room for a number a quarter; paths are read row by row, for the cache.
    """
    most[:] = 0.0
    for p in range(game.first[unit], game.first[unit + 1]):
        row = state.scratch[p] if state.stamp[p] == 1 else state.evade[p]
        for t in range(low, len(most)):
            most[t] = max(most[t], row[t])
    delta = 0.0
    before, weight = state.most[unit], game.weight[unit]
    for t in range(low, len(most)):
        delta += weight[t] * (most[t] - before[t])
        if is_kept:
            before[t] = most[t]
    return delta


@njit(cache=True, nogil=True)
def shift(game, state, item, since, is_kept):  # type: ignore[no-untyped-def]
    """Return how the value changes when an item operates from `since`, and keep the change if told.

    Raises of exposure that several binaries of one item cause are counted together.
    """
    count = state.most.shape[1]
    low, n = min(since, state.since[item]), _multiply(game, state, item, since, np.int64(0))
    for k in range(game.served.ptr[item], game.served.ptr[item + 1]):
        b = game.served.of[k]
        new = on_time(game, state, b, item, since)
        n = _multiply(game, state, b, new, n)
        if is_kept:
            state.on[b] = new
    if is_kept:
        state.on[item] = since
        state.since[item] = since
    delta, paths = 0.0, len(state.stamp)
    most = np.empty(count)
    for m in range(n):
        u = game.unit[state.touched[m]]
        if state.touched[paths + u] == 0:
            state.touched[paths + u] = 1
            delta += _unit_change(game, state, u, low, most, is_kept)
    for m in range(n):
        p = state.touched[m]
        state.stamp[p] = 0
        state.touched[paths + game.unit[p]] = 0
        if is_kept:
            for t in range(count):
                state.evade[p, t] = state.scratch[p, t]
    return delta
