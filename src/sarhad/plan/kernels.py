"""Compiled moves of the plan's local search over the pool of paths.

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
    build, latest, item_class
        Quarters to build, last start, funding class.
    earliest
        First start allowed.
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
    build: IntArray
    earliest: IntArray
    latest: IntArray
    item_class: IntArray
    cost: IntArray


class State(NamedTuple):
    """A plan in the search: changed in place.

    Parameters
    ----------
    since
        Quarter from which each item operates, T when it is left out, shape (I,).
    on
        The same of each binary, shape (B,).
    evade
        Chance to evade on each path and quarter, shape (P, T).
    most
        The largest of each unit and quarter, shape (U, T).
    used
        Dollars in each row of the money, shape (R,).
    scratch, stamp, touched
        Working room: (P, T), (P,), (P + U,).
    """

    since: IntArray
    on: IntArray
    evade: FloatArray
    most: FloatArray
    used: IntArray
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


@njit(cache=True, nogil=True)
def soonest_start(game, state, rows, room, item):  # type: ignore[no-untyped-def]
    """Return the first start that prerequisites, exclusions and money allow, -1 if there is none."""
    count = state.most.shape[1]
    for k in range(game.rivals.ptr[item], game.rivals.ptr[item + 1]):
        if state.since[game.rivals.of[k]] < count:
            return -1
    begin = game.earliest[item]
    for k in range(game.needs.ptr[item], game.needs.ptr[item + 1]):
        ready = count
        for n in range(game.need_members.ptr[k], game.need_members.ptr[k + 1]):
            ready = min(ready, state.since[game.need_members.of[n]])
        begin = max(begin, ready - game.build[item])
    years = game.cost.shape[2]
    base = game.item_class[item] * years
    for s in range(begin, game.latest[item] + 1):
        fits = True
        for r in range(len(room)):
            usd = state.used[r]
            for y in range(years):
                if rows[r, base + y]:
                    usd += game.cost[item, s, y]
            if usd > room[r]:
                fits = False
                break
        if fits:
            return s
    return -1


@njit(cache=True, nogil=True)
def book(game, state, rows, item, start, sign):  # type: ignore[no-untyped-def]
    """Add (or with sign -1 take back) the money of an item started in a quarter."""
    years = game.cost.shape[2]
    base = game.item_class[item] * years
    for r in range(len(state.used)):
        for y in range(years):
            if rows[r, base + y]:
                state.used[r] += sign * game.cost[item, start, y]


@njit(cache=True, nogil=True)
def insert(game, state, rows, item, start):  # type: ignore[no-untyped-def]
    """Put an item into the plan and return how the value changes."""
    book(game, state, rows, item, start, np.int64(1))
    return shift(game, state, item, start + game.build[item], np.bool_(True))


@njit(cache=True, nogil=True)
def remove(game, state, rows, item):  # type: ignore[no-untyped-def]
    """Take an item out of the plan and return how the value changes."""
    book(game, state, rows, item, state.since[item] - game.build[item], np.int64(-1))
    return shift(game, state, item, state.most.shape[1], np.bool_(True))


@njit(cache=True, nogil=True)
def is_needed(game, state, item):  # type: ignore[no-untyped-def]
    """Tell whether an item that operates would lose a prerequisite without this one."""
    count = state.most.shape[1]
    for k in range(game.needers.ptr[item], game.needers.ptr[item + 1]):
        other = game.needers.of[k]
        if state.since[other] >= count:
            continue
        for s in range(game.needs.ptr[other], game.needs.ptr[other + 1]):
            has_it, ready = False, False
            for n in range(game.need_members.ptr[s], game.need_members.ptr[s + 1]):
                j = game.need_members.of[n]
                has_it = has_it or j == item
                ready = ready or (j != item and state.since[j] <= state.since[other])
            if has_it and not ready:
                return True
    return False


@njit(cache=True, nogil=True)
def lacking(game, state, item, chain):  # type: ignore[no-untyped-def]
    """Fill `chain` with items that must come before this one, cheapest of each set; return how many.

    -1 where a prerequisite cannot be met. The chain lists what an entry needs after the entry itself.
    """
    count, n, at = state.most.shape[1], 1, 0
    chain[0] = item
    while at < n:
        for s in range(game.needs.ptr[chain[at]], game.needs.ptr[chain[at] + 1]):
            best, cheapest, met = np.int64(-1), np.int64(9223372036854775807), False
            for k in range(game.need_members.ptr[s], game.need_members.ptr[s + 1]):
                j = game.need_members.of[k]
                for m in range(n):
                    met = met or chain[m] == j
                met = met or state.since[j] < count
                usd = game.cost[j, 0].sum()
                if usd < cheapest and soonest_or_needing(game, state, j):
                    best, cheapest = j, usd
            if not met:
                if best < 0 or n == len(chain):
                    return -1
                chain[n] = best
                n += 1
        at += 1
    return n


@njit(cache=True, nogil=True)
def soonest_or_needing(game, state, item):  # type: ignore[no-untyped-def]
    """Tell whether an item may still be chosen, money and prerequisites aside."""
    if game.earliest[item] > game.latest[item]:
        return False
    for k in range(game.rivals.ptr[item], game.rivals.ptr[item + 1]):
        if state.since[game.rivals.of[k]] < state.most.shape[1]:
            return False
    return True


@njit(cache=True, nogil=True)
def bundle_gain(game, state, rows, room, price, item, chain, starts):  # type: ignore[no-untyped-def]
    """Return gain per priced dollar of an item with what it lacks; the state stays as it was.

    `chain` and `starts` say what to insert, from the last entry to the first; -1.0 when impossible.
    """
    n = lacking(game, state, item, chain)
    if n < 0:
        return -1.0, 0
    if n == 1:
        start = soonest_start(game, state, rows, room, item)
        if start < 0:
            return -1.0, 0
        starts[0] = start
        gain = -shift(game, state, item, start + game.build[item], np.bool_(False))
        return gain / price[item, start], 1
    gain, paid, done = 0.0, 0.0, n
    for m in range(n - 1, -1, -1):
        start = soonest_start(game, state, rows, room, chain[m])
        if start < 0:
            break
        starts[m] = start
        gain -= insert(game, state, rows, chain[m], start)
        paid += price[chain[m], start]
        done = m
    for m in range(done, n):
        remove(game, state, rows, chain[m])
    if done > 0:
        return -1.0, 0
    return gain / paid, n


@njit(cache=True, nogil=True)
def recreate(game, state, rows, room, price, score, noise, least, tries):  # type: ignore[no-untyped-def]
    """Insert items, best gain per priced dollar first, while one fits; return how the value changed.

    Parameters
    ----------
    game, state, rows, room
        The search, the masks of the money's rows (R, K * Y) and the money of each row.
    price
        Priced dollars of each item and start (I, T), positive.
    score
        Last known gain per priced dollar of each item (I,), updated; negative: not to be tried.
    noise
        Factor on the score of each item (I,).
    least
        Scores below this are not worth their money.
    tries
        Items looked at again before the best of them is inserted.
    """
    count, total = state.most.shape[1], 0.0
    chain, starts = np.empty(16, dtype=np.int64), np.empty(16, dtype=np.int64)
    best_chain, best_starts = np.empty(16, dtype=np.int64), np.empty(16, dtype=np.int64)
    closed = state.since < count
    while True:
        seen, best, n_best = 0, -1.0, 0
        fresh = closed.copy()
        while seen < tries:
            top, at = 0.0, np.int64(-1)
            for i in range(len(score)):
                if not fresh[i] and score[i] * noise[i] > top:
                    top, at = score[i] * noise[i], np.int64(i)
            if at < 0 or top <= best:
                break
            fresh[at] = True
            found, n = bundle_gain(game, state, rows, room, price, at, chain, starts)
            if n == 0:
                closed[at] = True
                continue
            seen += 1
            score[at] = found
            if found < least:
                closed[at] = True
            elif found * noise[at] > best:
                best, n_best = found * noise[at], n
                for m in range(n):
                    best_chain[m], best_starts[m] = chain[m], starts[m]
        if n_best == 0:
            return total
        for m in range(n_best - 1, -1, -1):
            total += insert(game, state, rows, best_chain[m], best_starts[m])
            closed[best_chain[m]] = True


@njit(cache=True, nogil=True)
def insert_in_order(game, state, rows, room, price, order):  # type: ignore[no-untyped-def]
    """Insert these items one after the other with what each lacks, wherever that is possible."""
    chain, starts = np.empty(16, dtype=np.int64), np.empty(16, dtype=np.int64)
    for item in order:
        if state.since[item] < state.most.shape[1]:
            continue
        _, n = bundle_gain(game, state, rows, room, price, item, chain, starts)
        for m in range(n - 1, -1, -1):
            insert(game, state, rows, chain[m], starts[m])
