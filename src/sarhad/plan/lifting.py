"""Lifted path cuts: for whole plans stronger than tangents, exact at a set of binaries and at all its neighbours."""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from sarhad.detection.instance import FloatArray, IntArray


def lifted_values(added: csr_array, fixed: FloatArray, state: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the height of the best lifted cut of each path at a state, and how many binaries its set holds.

    Parameters
    ----------
    added, fixed
        Exposure that the binaries add to each path (P, B), and its fixed exposure (P,).
    state
        State of the binaries, shape (B,); their fullest first are the sets that are tried.

    Notes
    -----
    For whole states ``f(S) = exp(-fixed - sum of a over S)`` is supermodular. With ``m`` the largest ``a`` outside
    ``S`` on the path, and ``z = k m + r``, ``0 <= r < m``,

        eta >= f(S) (1 - sum outside (1 - exp(-a)) x + sum inside phi(a) (1 - x)),
        phi(z) = k (1 - exp(-m)) + exp(-m) (exp(r) - 1).

    ``phi`` is the least that adding binaries no larger than ``m`` can leave of removing ``z``, and superadditive,
    so that all of ``S`` can be lifted at once. With nothing outside, ``phi(z) = exp(z) - 1``.

    References
    ----------
    Ahmed and Atamturk (2011), Maximizing a class of submodular utility functions, Math. Programming 128.
    """
    value, size = _best_sets(added.indptr, added.indices, added.data, state)
    return np.exp(-fixed) * value, size


def lifted_cuts(
    added: csr_array, fixed: FloatArray, state: FloatArray, size: IntArray
) -> tuple[FloatArray, csr_array]:
    """Return level and slopes of the cut of each path over the `size` fullest of its binaries."""
    level, slope = _coefficients(added.indptr, added.indices, added.data, state, size)
    base = np.exp(-fixed)
    slope *= np.repeat(base, np.diff(added.indptr))
    return base * level, csr_array((slope, added.indices, added.indptr), shape=added.shape)


@njit(cache=True, nogil=True)
def _phi(z, m):  # type: ignore[no-untyped-def]
    """Return the lifting function."""
    if m <= 0.0:
        return np.exp(z) - 1.0
    k = np.floor(z / m + 1e-12)
    r = max(z - k * m, 0.0)
    return k * (1.0 - np.exp(-m)) + np.exp(-m) * (np.exp(r) - 1.0)


@njit(cache=True, nogil=True)
def fullest_first(state, index, data, begin, end, order):  # type: ignore[no-untyped-def]
    """Fill `order` with the places of a path's binaries, the fullest first, then the largest; return how many."""
    n = end - begin
    for k in range(n):
        place = begin + k
        x, a, m = state[index[place]], data[place], k
        while m > 0:
            other = order[m - 1]
            if state[index[other]] > x or (state[index[other]] == x and data[other] >= a):
                break
            order[m] = other
            m -= 1
        order[m] = place
    return n


@njit(cache=True, nogil=True)
def _best_sets(ptr, index, data, state):  # type: ignore[no-untyped-def]
    """Return the height of the best cut of each path, its fixed exposure aside, and the size of the set."""
    n_paths = len(ptr) - 1
    value, size = np.empty(n_paths), np.empty(n_paths, dtype=np.int64)
    order = np.empty(max(1, np.diff(ptr).max() if n_paths else 1), dtype=np.int64)
    for p in range(n_paths):
        n = fullest_first(state, index, data, ptr[p], ptr[p + 1], order)
        best, at, inside = -1.0, 0, 0.0
        for k in range(n + 1):
            largest, height = 0.0, 1.0
            for j in range(k, n):
                a = data[order[j]]
                largest = max(largest, a)
                height -= (1.0 - np.exp(-a)) * state[index[order[j]]]
            for j in range(k):
                missing = 1.0 - state[index[order[j]]]
                if missing > 0.0:
                    height += _phi(data[order[j]], largest) * missing
            height *= np.exp(-inside)
            if height > best + 1e-12:
                best, at = height, k
            if k < n:
                inside += data[order[k]]
                if state[index[order[k]]] <= 0.0:
                    break
        value[p], size[p] = best, at
    return value, size


@njit(cache=True, nogil=True)
def _coefficients(ptr, index, data, state, size):  # type: ignore[no-untyped-def]
    """Return level and slopes of the cuts, the fixed exposure aside."""
    n_paths = len(ptr) - 1
    level, slope = np.empty(n_paths), np.zeros(len(data))
    order = np.empty(max(1, np.diff(ptr).max() if n_paths else 1), dtype=np.int64)
    for p in range(n_paths):
        n = fullest_first(state, index, data, ptr[p], ptr[p + 1], order)
        largest, inside = 0.0, 0.0
        for j in range(size[p], n):
            largest = max(largest, data[order[j]])
        for j in range(size[p]):
            inside += data[order[j]]
        base = np.exp(-inside)
        level[p] = base
        for j in range(n):
            place = order[j]
            if j < size[p]:
                slope[place] = base * _phi(data[place], largest)
                level[p] += slope[place]
            else:
                slope[place] = base * (1.0 - np.exp(-data[place]))
    return level, slope
