"""Compiled moves of the plan's local search over the pool of paths.

A literal handed to a compiled function would have it compiled once more for that very value, so constants
are given their width (``np.int64(-1)``), and rows are copied by loops, which compile faster than slices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sarhad.detection.instance import FloatArray, IntArray

SLACK = 1e-7  # by which a linear limit may be exceeded


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


@njit(cache=True, nogil=True)
def fits(game, state, rows, room, item, start):  # type: ignore[no-untyped-def]
    """Tell whether money and linear limits have room for a start; one that relieves a limit always fits it."""
    at = item * state.most.shape[1] + start
    for k in range(game.side.ptr[at], game.side.ptr[at + 1]):
        r, factor = game.side.of[k], game.side_factor[k]
        if factor > 0.0 and state.side[r] + factor > game.side_room[r] + SLACK:
            return False
    years = game.cost.shape[2]
    base = game.item_class[item] * years
    for r in range(len(room)):
        usd = state.used[r]
        for y in range(years):
            if rows[r, base + y]:
                usd += game.cost[item, start, y]
        if usd > room[r]:
            return False
    return True


@njit(cache=True, nogil=True)
def soonest_start(game, state, rows, room, item):  # type: ignore[no-untyped-def]
    """Return the preferred or else the first start that all limits allow, -1 if there is none."""
    count = state.most.shape[1]
    for k in range(game.rivals.ptr[item], game.rivals.ptr[item + 1]):
        if state.since[game.rivals.of[k]] < count:
            return -1
    needed = 0
    for k in range(game.needs.ptr[item], game.needs.ptr[item + 1]):
        ready = count
        for n in range(game.need_members.ptr[k], game.need_members.ptr[k + 1]):
            ready = min(ready, state.since[game.need_members.of[n]])
        needed = max(needed, ready)
    s = game.prefer[item]
    if s >= 0 and needed <= game.ready[item, s] < count and fits(game, state, rows, room, item, s):
        return s
    for s in range(count):
        if needed <= game.ready[item, s] < count and fits(game, state, rows, room, item, s):
            return s
    return -1


@njit(cache=True, nogil=True)
def book(game, state, rows, item, start, sign):  # type: ignore[no-untyped-def]
    """Add (or with sign -1 take back) the money and the linear limits of an item started in a quarter."""
    years = game.cost.shape[2]
    base = game.item_class[item] * years
    for r in range(len(state.used)):
        for y in range(years):
            if rows[r, base + y]:
                state.used[r] += sign * game.cost[item, start, y]
    at = item * state.most.shape[1] + start
    for k in range(game.side.ptr[at], game.side.ptr[at + 1]):
        state.side[game.side.of[k]] += sign * game.side_factor[k]


@njit(cache=True, nogil=True)
def insert(game, state, rows, item, start):  # type: ignore[no-untyped-def]
    """Put an item into the plan and return how the value changes."""
    book(game, state, rows, item, start, np.int64(1))
    state.start[item] = start
    return shift(game, state, item, game.ready[item, start], np.bool_(True))


@njit(cache=True, nogil=True)
def remove(game, state, rows, item):  # type: ignore[no-untyped-def]
    """Take an item out of the plan and return how the value changes."""
    book(game, state, rows, item, state.start[item], np.int64(-1))
    state.start[item] = -1
    return shift(game, state, item, state.most.shape[1], np.bool_(True))


@njit(cache=True, nogil=True)
def _lacks(game, state, item, gone, lost):  # type: ignore[no-untyped-def]
    """Tell whether a set that `lost` serves leaves an item without anything that operates in time."""
    for s in range(game.needs.ptr[item], game.needs.ptr[item + 1]):
        has_it, ready = False, False
        for m in range(game.need_members.ptr[s], game.need_members.ptr[s + 1]):
            j = game.need_members.of[m]
            has_it = has_it or j == lost
            ready = ready or (not gone[j] and state.since[j] <= state.since[item])
        if has_it and not ready:
            return True
    return False


@njit(cache=True, nogil=True)
def _is_short(game, state, package, gone):  # type: ignore[no-untyped-def]
    """Tell whether what is left of a package counts less than it must."""
    total = 0.0
    for m in range(game.pack_members.ptr[package], game.pack_members.ptr[package + 1]):
        j = game.pack_members.of[m]
        if state.since[j] < state.most.shape[1] and not gone[j]:
            total += game.pack_weight[m]
    return total < game.pack_least[package] * (1.0 - SLACK)


@njit(cache=True, nogil=True)
def falls(game, state, item, lost):  # type: ignore[no-untyped-def]
    """Fill `lost` with what a plan loses with an item: what lacks it, packages cut short; return how many."""
    count, n, at = state.most.shape[1], 1, 0
    gone = np.zeros(len(state.since), dtype=np.bool_)
    lost[0], gone[item] = item, True
    while at < n:
        out = lost[at]
        at += 1
        for k in range(game.needers.ptr[out], game.needers.ptr[out + 1]):
            j = game.needers.of[k]
            if state.since[j] < count and not gone[j] and _lacks(game, state, j, gone, out):
                lost[n], gone[j] = j, True
                n += 1
        for k in range(game.packs.ptr[out], game.packs.ptr[out + 1]):
            p = game.packs.of[k]
            if not _is_short(game, state, p, gone):
                continue
            for m in range(game.pack_members.ptr[p], game.pack_members.ptr[p + 1]):
                j = game.pack_members.of[m]
                if state.since[j] < count and not gone[j]:
                    lost[n], gone[j] = j, True
                    n += 1
    return n


@njit(cache=True, nogil=True)
def _cheapest(game, state, members, first, last, chain, n):  # type: ignore[no-untyped-def]
    """Return the cheapest of some members that may be chosen and is neither in the plan nor in the chain, or -1."""
    best, cheapest = np.int64(-1), np.int64(9223372036854775807)
    for k in range(first, last):
        j, usd = members[k], game.cost[members[k], 0].sum()
        is_new = state.since[j] >= state.most.shape[1]
        for m in range(n):
            is_new = is_new and chain[m] != j
        if is_new and usd < cheapest and may_be_chosen(game, state, j):
            best, cheapest = j, usd
    return best


@njit(cache=True, nogil=True)
def lacking(game, state, item, chain):  # type: ignore[no-untyped-def]
    """Fill `chain` with items that must come with this one, cheapest of each set; return how many.

    -1 where that cannot be. The chain lists what an entry needs, and what fills its packages, after the entry itself.
    """
    count, n, at = state.most.shape[1], 1, 0
    chain[0] = item
    while at < n:
        entry = chain[at]
        for s in range(game.needs.ptr[entry], game.needs.ptr[entry + 1]):
            first, last, met = game.need_members.ptr[s], game.need_members.ptr[s + 1], False
            for k in range(first, last):
                j = game.need_members.of[k]
                for m in range(n):
                    met = met or chain[m] == j
                met = met or state.since[j] < count
            if met:
                continue
            best = _cheapest(game, state, game.need_members.of, first, last, chain, n)
            if best < 0:
                return -1
            chain[n] = best
            n += 1
        for k in range(game.packs.ptr[entry], game.packs.ptr[entry + 1]):
            p = game.packs.of[k]
            first, last = game.pack_members.ptr[p], game.pack_members.ptr[p + 1]
            while _filled(game, state, p, chain, n) < game.pack_least[p] * (1.0 - SLACK):
                best = _cheapest(game, state, game.pack_members.of, first, last, chain, n)
                if best < 0:
                    return -1
                chain[n] = best
                n += 1
        at += 1
    return n


@njit(cache=True, nogil=True)
def _filled(game, state, package, chain, n):  # type: ignore[no-untyped-def]
    """Return what the items of a package that are in the plan or the chain count together."""
    total = 0.0
    for k in range(game.pack_members.ptr[package], game.pack_members.ptr[package + 1]):
        j = game.pack_members.of[k]
        is_in = state.since[j] < state.most.shape[1]
        for m in range(n):
            is_in = is_in or chain[m] == j
        if is_in:
            total += game.pack_weight[k]
    return total


@njit(cache=True, nogil=True)
def may_be_chosen(game, state, item):  # type: ignore[no-untyped-def]
    """Tell whether an item may still be chosen, money and prerequisites aside."""
    count, is_startable = state.most.shape[1], False
    for s in range(count):
        is_startable = is_startable or game.ready[item, s] < count
    for k in range(game.rivals.ptr[item], game.rivals.ptr[item + 1]):
        if state.since[game.rivals.of[k]] < count:
            return False
    return is_startable


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
        gain = -shift(game, state, item, game.ready[item, start], np.bool_(False))
        return gain / price[item, start], 1
    gain, paid, at = 0.0, 0.0, n
    while at > 0:  # entries from `at` on are in the plan; of the others the last that fits comes next
        start, m = np.int64(-1), at
        while start < 0 and m > 0:
            m -= 1
            start = soonest_start(game, state, rows, room, chain[m])
        if start < 0:
            break
        entry = chain[m]
        for k in range(m, at - 1):
            chain[k] = chain[k + 1]
        at -= 1
        chain[at], starts[at] = entry, start
        gain -= insert(game, state, rows, entry, start)
        paid += price[entry, start]
    for m in range(at, n):
        remove(game, state, rows, chain[m])
    if at > 0:
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
    longest = len(state.since)
    chain, starts = np.empty(longest, dtype=np.int64), np.empty(longest, dtype=np.int64)
    best_chain, best_starts = np.empty(longest, dtype=np.int64), np.empty(longest, dtype=np.int64)
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
    chain, starts = np.empty(len(state.since), dtype=np.int64), np.empty(len(state.since), dtype=np.int64)
    for item in order:
        if state.since[item] < state.most.shape[1]:
            continue
        _, n = bundle_gain(game, state, rows, room, price, item, chain, starts)
        for m in range(n - 1, -1, -1):
            insert(game, state, rows, chain[m], starts[m])


@njit(cache=True, nogil=True)
def insert_alone(game, state, rows, room, order):  # type: ignore[no-untyped-def]
    """Insert each of these items that fits without any other; return how many did."""
    n = 0
    for item in order:
        if state.since[item] < state.most.shape[1]:
            continue
        start = soonest_start(game, state, rows, room, item)
        if start >= 0:
            insert(game, state, rows, item, start)
            n += 1
    return n
