"""Compiled random streams: Philox counters, Latin hypercubes of a block of draws, plain draws.

Every column of random numbers is a function of (seed, block, kind, index) alone, so blocks may be drawn by any number
of threads in any order, and a risk that is switched off leaves all other columns as they were.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.schedule.project import FloatArray
from sarhad.schedule.risk.distributions import BLOCK, FINE, NORMAL_END, NORMAL_KNOTS

Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]
Order = npt.NDArray[np.uint32]  # of the strata among the draws of a block
WORD = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
MULTIPLY_0, MULTIPLY_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL_0, WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
ROUNDS = 10
WIDTH = 4294967296.0
MASK = np.uint32(BLOCK - 1)
SHIFT = np.uint32(BLOCK.bit_length() // 2)
STEPS = BLOCK * FINE

# kinds of columns
DURATION, COST, DRIVER, STOPPAGE, FACTOR, YEAR, CLOSURE = range(7)


@njit(cache=True, nogil=True)
def philox(seed: int, a: int, b: int, c: int, d: int) -> Words:
    """Return the four words of 32 bits of Philox4x32-10 at the counter (a, b, c, d).

    References
    ----------
    Salmon, Moraes, Dror and Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, SC'11.
    """
    w0, w1, w2, w3 = np.uint64(a), np.uint64(b), np.uint64(c), np.uint64(d)
    k0, k1 = np.uint64(seed) & WORD, np.uint64(seed) >> HALF
    for _ in range(ROUNDS):
        high = MULTIPLY_0 * w0
        low = MULTIPLY_1 * w2
        w0, w1, w2, w3 = (low >> HALF) ^ w1 ^ k0, low & WORD, (high >> HALF) ^ w3 ^ k1, high & WORD
        k0 = (k0 + WEYL_0) & WORD
        k1 = (k1 + WEYL_1) & WORD
    return w0, w1, w2, w3


@njit(cache=True, nogil=True, inline="always")
def _mixed(k: np.uint32, odd: np.uint32, add: np.uint32) -> np.uint32:
    """Return one step of a permutation of 0..BLOCK-1."""
    x = np.uint32(np.uint32(k * odd + add) & MASK)
    return np.uint32(x ^ (x >> SHIFT))


@njit(cache=True, nogil=True)
def _order(order: Order, w0: np.uint64, w1: np.uint64, w2: np.uint64) -> None:
    """Fill `order` with a random permutation of 0..BLOCK-1.

    Three rounds of odd multiplier, addition and shift, each one-to-one on the integers below a power of two.
    """
    odd_0, add_0 = np.uint32((w0 & np.uint64(0xFFFF)) | np.uint64(1)), np.uint32(w0 >> np.uint64(16))
    odd_1, add_1 = np.uint32((w1 & np.uint64(0xFFFF)) | np.uint64(1)), np.uint32(w1 >> np.uint64(16))
    odd_2, add_2 = np.uint32((w2 & np.uint64(0xFFFF)) | np.uint64(1)), np.uint32(w2 >> np.uint64(16))
    for k in range(BLOCK):
        order[k] = _mixed(_mixed(_mixed(np.uint32(k), odd_0, add_0), odd_1, add_1), odd_2, add_2)


@njit(cache=True, nogil=True)
def uniforms(
    out: FloatArray, order: Order, is_plain: bool, seed: int, block: int, kind: int, index: int
) -> None:
    """Fill `out` with uniform numbers: one Latin hypercube column of the block, or independent ones.

    A column has one point in each of BLOCK strata, all at the same random place within theirs.
    """
    if is_plain:
        for k in range(0, BLOCK, 4):
            words = philox(seed, block, index, kind, 1 + k)
            for i in range(4):
                out[k + i] = (np.float64(words[i]) + 0.5) / WIDTH
        return
    w0, w1, w2, w3 = philox(seed, block, index, kind, 0)
    _order(order, w0, w1, w2)
    place = (np.float64(w3) + 0.5) / WIDTH
    for k in range(BLOCK):
        out[k] = (order[k] + place) / BLOCK


@njit(cache=True, nogil=True)
def interpolate(out: FloatArray, table: FloatArray, low: float, span: float) -> None:
    """Turn uniform numbers into quantiles of the table, in place."""
    for k in range(BLOCK):
        at = out[k] * STEPS
        knot = min(int(at), STEPS - 1)
        s, j = knot % FINE, knot // FINE
        out[k] = low + span * (table[s, j] + (at - knot) * (table[s + 1, j] - table[s, j]))


@njit(cache=True, nogil=True)
def quantile_column(
    out: FloatArray,
    strata: FloatArray,
    order: Order,
    table: FloatArray,
    scale: tuple[float, float],
    is_plain: bool,
    seed: int,
    block: int,
    kind: int,
    index: int,
) -> None:
    """Fill `out` with draws of ``low + span * quantile``; the same as `uniforms` and `interpolate`, but faster."""
    low, span = scale
    if is_plain:
        uniforms(out, order, is_plain, seed, block, kind, index)
        interpolate(out, table, low, span)
        return
    w0, w1, w2, w3 = philox(seed, block, index, kind, 0)
    at = (np.float64(w3) + 0.5) / WIDTH * FINE
    s = min(int(at), FINE - 1)
    part = at - s
    for j in range(BLOCK):
        strata[j] = low + span * (table[s, j] + part * (table[s + 1, j] - table[s, j]))
    _order(order, w0, w1, w2)
    for k in range(BLOCK):
        out[k] = strata[order[k]]


@njit(cache=True, nogil=True)
def to_shares(z: FloatArray, shares: FloatArray) -> None:
    """Turn standard normal numbers into uniform ones, in place."""
    step = (NORMAL_KNOTS - 1) / (2 * NORMAL_END)
    for k in range(BLOCK):
        at = (min(max(z[k], -NORMAL_END), NORMAL_END) + NORMAL_END) * step
        knot = min(int(at), NORMAL_KNOTS - 2)
        z[k] = shares[knot] + (at - knot) * (shares[knot + 1] - shares[knot])


@njit(cache=True, nogil=True)
def triangular(u: float, low: float, likely: float, high: float) -> float:
    """Return the quantile of a triangular distribution."""
    span = high - low
    if span <= 0:
        return likely
    peak = (likely - low) / span
    if u < peak:
        return low + span * math.sqrt(u * peak)
    return high - span * math.sqrt((1 - u) * (1 - peak))
