"""Compiled moves of the plan's local search: items with what they lack, put in by gain per dollar."""

from __future__ import annotations

import numpy as np
from numba import njit

from sarhad.plan.fitting import SLACK, insert, may_be_chosen, remove, soonest_start
from sarhad.plan.position import shift


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
