"""Mixed path cuts: what several paths of one unit say together about whole plans."""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan.lifting import fullest_first
from sarhad.plan.pool import Pool

STEP = 1e-7  # by which each path of a cut must be emptier than the one before


def mixed_cuts(pool: Pool, low: FloatArray, state: FloatArray) -> tuple[FloatArray, FloatArray, csr_array]:
    """Return height at a state, level and slopes of the highest mixed cut of each unit.

    Parameters
    ----------
    pool
        Paths.
    low
        Chance to evade that no plan goes below, shape (U,).
    state
        State of the binaries, shape (B,).

    Notes
    -----
    A path whose fullest binaries ``D`` are all on evades with ``v = exp(-fixed - sum of a over D)`` as long as none
    of its other binaries ``R`` is on. For any chain with ``v_1 > v_2 > ... > v_m > v_(m+1) = low``,

        eta >= v_1 - sum over l of (v_l - v_(l+1)) * sum of x over R_l

    holds: up to the first ``R_l`` that a plan leaves empty the right side falls to at most ``v_l``. The best chain
    takes each pair whose ``R`` is emptier than those of all larger ``v``. ``low`` may rise to the ``f`` at which a
    single ``R_l``, hit once or more often, still keeps the chance above the right side.

    References
    ----------
    Guenluek and Pochet (2001), Mixing mixed-integer inequalities, Math. Programming 90; Pan and Morton (2008),
    Minimizing a stochastic maximum-reliability path, Networks 52(3) (step inequalities).
    """
    return chained_cuts(pool, low, state)[:3]


def chained_cuts(
    pool: Pool, low: FloatArray, state: FloatArray
) -> tuple[FloatArray, FloatArray, csr_array, IntArray, IntArray, IntArray]:
    """Return `mixed_cuts`, then the chains: unit, row in the pool and size of D of each path, in their order."""
    first, added = pool.first(len(low)), pool.added
    height, level, ptr, index, slope, chain = _mix(
        first, pool.fixed, added.indptr, added.indices, added.data, low, np.asarray(state)
    )
    slopes = csr_array((slope, index, ptr), shape=(len(low), added.shape[1]))
    return height, level, slopes, *np.ascontiguousarray(chain.T)


@njit(cache=True, nogil=True)
def _pairs(first, last, fixed, ptr, index, data, state, low, orders, found):  # type: ignore[no-untyped-def]
    """List the pairs (v, sum of x over R, path, size of D) of a unit; return how many."""
    n = 0
    for p in range(first, last):
        begin, end = ptr[p], ptr[p + 1]
        order = orders[begin:end]
        fullest_first(state, index, data, begin, end, order)
        v, rest = np.exp(-fixed[p]), 0.0
        for k in range(end - begin):
            rest += state[index[order[k]]]
        for k in range(end - begin + 1):
            if v <= low:
                break
            if rest < 1.0 - STEP:
                found[n, 0], found[n, 1], found[n, 2], found[n, 3] = v, rest, p, k
                n += 1
            if k < end - begin:
                x = state[index[order[k]]]
                if x <= 0.0:
                    break
                rest = max(rest - x, 0.0)
                v *= np.exp(-data[order[k]])
    return n


@njit(cache=True, nogil=True)
def _keeps(v, after, floor, sizes):  # type: ignore[no-untyped-def]
    """Tell whether a path of value v, hit by any number of binaries, stays above a cut with this floor."""
    hit = 0.0
    for k in range(len(sizes)):
        hit += sizes[len(sizes) - 1 - k]
        if k * (v - after) < floor - v * np.exp(-hit) - 1e-15:
            return False
    return True


@njit(cache=True, nogil=True)
def _floor(chain, ptr, data, orders, low):  # type: ignore[no-untyped-def]
    """Return the highest floor below which a chain of pairs need not fall."""
    best, n = low, len(chain)
    for m in range(n):
        p, k = int(chain[m, 2]), int(chain[m, 3])
        sizes = data[orders[ptr[p] + k : ptr[p + 1]]]
        if len(sizes) == 0:
            continue
        sizes = np.sort(sizes)
        f = min(chain[m, 0] * np.exp(-sizes[-1]), chain[n - 1, 0])
        after = chain[m + 1, 0] if m + 1 < n else f
        if f > best and _keeps(chain[m, 0], after, f, sizes):
            best = f
    return best


@njit(cache=True, nogil=True)
def _mix(first, fixed, ptr, index, data, low, state):  # type: ignore[no-untyped-def]
    """Return height, level and slopes of the best chain of each unit."""
    n_units = len(first) - 1
    height, level = low.copy(), low.copy()
    out_ptr = np.zeros(n_units + 1, dtype=np.int64)
    out_index, out_slope = np.empty(len(data), dtype=np.int64), np.empty(len(data))
    orders = np.empty(len(data), dtype=np.int64)
    sums, touched = np.zeros(len(state)), np.empty(len(state), dtype=np.int64)
    used, n_links = 0, 0
    links = np.empty((len(fixed), 3), dtype=np.int64)
    for u in range(n_units):
        room = ptr[first[u + 1]] - ptr[first[u]] + first[u + 1] - first[u]
        found = np.empty((room, 4))
        n = _pairs(first[u], first[u + 1], fixed, ptr, index, data, state, low[u], orders, found)
        by_value = np.argsort(-found[:n, 0], kind="mergesort")
        chain, length, emptiest = np.empty((n, 4)), 0, 1.0
        for r in by_value:
            if found[r, 1] < emptiest - STEP:
                emptiest = found[r, 1]
                if length > 0 and chain[length - 1, 0] == found[r, 0]:
                    length -= 1
                chain[length] = found[r]
                length += 1
        if length > 0:
            floor = _floor(chain[:length], ptr, data, orders, low[u])
            level[u] = height[u] = chain[0, 0]
            count = 0
            for m in range(length):
                after = chain[m + 1, 0] if m + 1 < length else floor
                drop = chain[m, 0] - after
                height[u] -= drop * chain[m, 1]
                p = int(chain[m, 2])
                if n_links == len(links):
                    links = np.concatenate((links, np.empty((n_links + 1, 3), dtype=np.int64)))
                links[n_links] = u, p, int(chain[m, 3])
                n_links += 1
                for k in range(ptr[p] + int(chain[m, 3]), ptr[p + 1]):
                    b = index[orders[k]]
                    if sums[b] == 0.0 and drop > 0.0:
                        touched[count] = b
                        count += 1
                    sums[b] += drop
            for b in np.sort(touched[:count]):
                out_index[used], out_slope[used] = b, sums[b]
                sums[b] = 0.0
                used += 1
        out_ptr[u + 1] = used
    return height, level, out_ptr, out_index[:used], out_slope[:used], links[:n_links]
