"""Approximate lines of sight (XDraw): the horizon of a cell from the two cells before it."""

from __future__ import annotations

import numpy as np
from numba import njit

from sarhad.place.viewshed.apart import peek, put
from sarhad.place.viewshed.exact import VOID, BitArray, Float32Array, packed, read_ring


@njit(cache=True, nogil=True, error_model="numpy")
def approximate_bits(
    elevation: Float32Array,
    row: int,
    col: int,
    reach: int,
    reach2: float,
    eye: float,
    target_m: float,
    c: float,
) -> tuple[BitArray, int]:
    """Return about which cells are in sight of a cell, as bits, and 0; arguments as of `sight_bits`.

    Notes
    -----
    The horizon towards a cell is interpolated between those of the two cells of the nearer ring that the
    ray passes, each the higher of its own slope and its horizon; in float32.

    References
    ----------
    Franklin and Ray (1994), Higher isn't necessarily better: visibility algorithms and experiments,
    6th Symposium on Spatial Data Handling, 751-770 (XDraw).
    """
    side = 2 * reach + 1
    window = np.zeros((side, 8 * ((side + 7) // 8)), dtype=np.uint8)
    window[reach, reach] = 1
    for direction in range(4):
        _quarter(elevation, row, col, reach, reach2, eye, target_m, c, direction, window)
    return packed(window), 0


@njit(cache=True, nogil=True, error_model="numpy")
def _quarter(
    elevation: Float32Array,
    row: int,
    col: int,
    reach: int,
    reach2: float,
    eye: float,
    target_m: float,
    c: float,
    direction: int,
    window: BitArray,
) -> None:
    """Set the cells of one of four directions (up, down, left, right)."""
    steep, sign = direction < 2, -1 if direction % 2 == 0 else 1
    void = np.float32(VOID)
    before, after = np.full(2 * reach + 5, void), np.full(2 * reach + 5, void)
    post, code = np.full(2 * reach + 5, void), np.zeros(2 * reach + 5, dtype=np.uint8)
    major, length = (row, elevation.shape[0]) if steep else (col, elevation.shape[1])
    for n in range(1, reach + 1):
        at = major + sign * n
        if at < 0 or at >= length:
            break
        wide = min(n, int(np.sqrt(max(reach2 - float(n * n), 0.0))) + 1)
        read_ring(elevation, row, col, at, steep, n, wide, eye, c, post)
        _pass(post, before, after, code, n, wide, np.float32(target_m / n))
        before, after = after, before
        span = wide if steep else min(wide, n - 1)
        for m in range(-span, span + 1):
            if code[m + n] and float(m * m + n * n) <= reach2:
                r, q = (sign * n, m) if steep else (m, sign * n)
                window[r + reach, q + reach] = 1


@njit(cache=True, nogil=True, error_model="numpy")
def _pass(
    post: Float32Array,
    before: Float32Array,
    after: Float32Array,
    code: BitArray,
    n: int,
    wide: int,
    target: np.float32,
) -> None:
    """Fill which cells of ring n are seen over the horizon `before` it, and the horizon `after` it."""
    each = np.float32(n - 1) / np.float32(n)
    for m in range(n - wide, n + wide + 1):
        x = np.float32(m) * each
        i = np.int32(x)
        a, b = peek(before, i), peek(before, i + np.int32(1))
        horizon = a + (b - a) * (x - np.float32(i))
        horizon = np.float32(VOID) if n == 1 else horizon
        z = peek(post, m)
        is_seen = (z > np.float32(-1e25)) & ((z + target >= horizon) | (n == 1))
        put(code, m, np.uint8(1 if is_seen else 0))
        put(after, m, max(horizon, z))
