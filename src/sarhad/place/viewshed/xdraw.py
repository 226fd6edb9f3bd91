"""Approximate lines of sight (XDraw): the horizon of a cell from the two cells before it."""

from __future__ import annotations

import numpy as np
from numba import njit

from sarhad.place.viewshed.apart import peek, put
from sarhad.place.viewshed.ring import (
    BLOCK,
    FLOOR,
    VOID,
    BitArray,
    Float32Array,
    bit_of,
    cells_across,
    keep_column,
    keep_row,
    new_strip,
    read_ring,
    rings_to_edge,
    turn,
)


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
    bits = np.zeros((side, (side + 7) // 8), dtype=np.uint8)
    bits[reach, reach // 8] = 1 << (reach % 8)
    for direction in range(4):  # up and down first: they set whole bytes, left and right add to them
        _quarter(elevation, row, col, reach, reach2, eye, target_m, c, direction, bits)
    return bits, 0


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
    bits: BitArray,
) -> None:
    """Set the bits of the cells of one of four directions."""
    before, after = np.full(2 * reach + 6, np.float32(FLOOR)), np.full(2 * reach + 6, np.float32(FLOOR))
    post, code = np.full(2 * reach + 5, np.float32(VOID)), np.zeros(8 * (reach // 4 + 1), dtype=np.uint8)
    eight = np.zeros(2 * reach + 1, dtype=np.uint8)
    last, strip = min(reach, rings_to_edge(elevation, row, col, direction)), new_strip(reach)
    for n in range(1, last + 1):
        if n % BLOCK == 1:
            far = min(n + BLOCK - 1, last, int(np.sqrt(max(reach2 - float(n * n), 0.0))) + 1)
            until = min(n + BLOCK, last + 1)
            turn(elevation, row, col, direction, (n, until), -far, far, strip)
        wide = min(n, int(np.sqrt(max(reach2 - float(n * n), 0.0))) + 1)
        read_ring(elevation, row, col, direction, n, -wide, wide, eye, c, strip, post)
        bit = bit_of(n, reach, direction)
        _pass_ring(post, before, after, code, n, wide, reach - n, np.float32(target_m / n), bit)
        before, after = after, before
        span = cells_across(n, reach2, direction)
        if direction < 2:
            keep_row(code, n, span, reach, direction, bits)
        else:
            keep_column(code, n, span, reach, direction, n == last, eight, bits)


@njit(cache=True, nogil=True, error_model="numpy")
def _pass_ring(
    post: Float32Array,
    before: Float32Array,
    after: Float32Array,
    code: BitArray,
    n: int,
    wide: int,
    ahead: int,
    target: np.float32,
    bit: np.uint8,
) -> None:
    """Fill a bit where cells of ring n are seen, `wide` to either side, and the horizon `after` it.

    The bits lie `ahead` of the posts.
    """
    _pass(post, before, after, code, n - wide, n + 1, np.float32(1.0), n, ahead, target, bit)
    _pass(post, before, after, code, n + 1, n + wide + 1, np.float32(2.0), n, ahead, target, bit)
    middle = before[n]  # alone: its neighbour may lie off the grid, and the weight of that be not quite 0
    code[n + ahead], after[n + 1] = bit if post[n] + target >= middle else 0, max(middle, post[n])
    after[0], after[2 * n + 2] = after[1], after[2 * n + 1]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nnan"})
def _pass(
    post: Float32Array,
    before: Float32Array,
    after: Float32Array,
    code: BitArray,
    start: int,
    stop: int,
    back: np.float32,
    n: int,
    ahead: int,
    target: np.float32,
    bit: np.uint8,
) -> None:
    """Fill a bit where cells of ring n are seen over the horizon `before` it, and the horizon `after` it.

    The ray to the post m of ring n passes ring n - 1 at ``m - m / n``: between the posts m - 1 and m in
    the first half of the ring, m - 2 and m - 1 in the second (`back` is 1 or 2). Horizons are kept one place on, the first and last twice:
    they meet a neighbour of no weight but for rounding.
    """
    share, shift = np.float32(1.0) / np.float32(n), np.int64(back)
    for m in range(start, stop):
        part = back - np.float32(np.int32(m)) * share
        a, b = peek(before, m - shift + 1), peek(before, m - shift + 2)
        horizon, z = a + (b - a) * part, peek(post, m)
        put(code, m + ahead, bit if z + target >= horizon else np.uint8(0))
        put(after, m + 1, max(horizon, z))
