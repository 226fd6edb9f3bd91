"""Which starts the limits leave to the local search, and what a plan loses with an item: compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from sarhad.plan.position import shift

SLACK = 1e-7  # by which a linear limit may be exceeded


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
def may_be_chosen(game, state, item):  # type: ignore[no-untyped-def]
    """Tell whether an item may still be chosen, money and prerequisites aside."""
    count, is_startable = state.most.shape[1], False
    for s in range(count):
        is_startable = is_startable or game.ready[item, s] < count
    for k in range(game.rivals.ptr[item], game.rivals.ptr[item + 1]):
        if state.since[game.rivals.of[k]] < count:
            return False
    return is_startable
