"""XDraw over a ground with drawn errors, counted: no drawn ground is built, no column is read.

Several draws go outward together, so that ground and count come from the cache.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.place.viewshed.apart import own, peek, put
from sarhad.place.viewshed.ring import VOID, BitArray, Float32Array, cells_across
from sarhad.place.viewshed.xdraw import pass_ring

CountArray = npt.NDArray[np.uint16]


@njit(cache=True, nogil=True, error_model="numpy")
def count_drawn(
    ground: Float32Array,
    fields: Float32Array,
    numbers: npt.NDArray[np.int64],
    shifts: npt.NDArray[np.int64],
    row: int,
    col: int,
    reach: int,
    reach2: float,
    height_m: float,
    target_m: float,
    c: float,
    with_corners: bool,
    count: CountArray,
) -> None:
    """Add what a post sees up and down to a count.

    Parameters
    ----------
    ground
        Metres, nan where missing, shape (h, w).
    fields
        Periodic fields of error, shape (f, s, s).
    numbers, shifts
        Of each draw its field, and the row and column of it that lie at the ground's first cell, shapes (d,), (d, 2).
    row, col
        Cell of the post.
    reach, reach2, height_m, target_m, c
        As of `sight_bits`, with the height of the eye above the drawn ground.
    with_corners
        Whether the diagonals count; for the turned ground they do not.
    count
        Of the window, shape (2 reach + 1, 2 reach + 1).
    """
    side, draws = fields.shape[1], len(numbers)
    eyes = np.empty(draws)
    for d in range(draws):
        error = fields[numbers[d], (row + shifts[d, 0]) % side, (col + shifts[d, 1]) % side]
        eyes[d] = float(ground[row, col] + error) + height_m
    void = np.float32(VOID)
    post, code = np.full(2 * reach + 8, void), np.zeros(2 * reach + 16, dtype=np.uint8)
    for sign in (-1, 1):
        before, after = np.full((draws, 2 * reach + 6), void), np.full((draws, 2 * reach + 6), void)
        for n in range(1, min(reach, row if sign < 0 else ground.shape[0] - 1 - row) + 1):
            wide = min(n, int(np.sqrt(max(reach2 - float(n * n), 0.0))) + 1)
            first, last = max(-wide, -col), min(wide, ground.shape[1] - 1 - col)
            span = cells_across(n, reach2, 0 if with_corners else 2)
            post[n - wide : n + first] = void
            post[n + last + 1 : n + wide + 1] = void
            at = row + sign * n
            heights = ground[at, col + first : col + last + 1]
            for d in range(draws):
                errors, start = (
                    fields[numbers[d], (at + shifts[d, 0]) % side],
                    (col + first + shifts[d, 1]) % side,
                )
                _drawn_slopes(heights, errors, start, post, n, first, eyes[d], c)
                pass_ring(post, before[d], after[d], code, n, wide, np.float32(target_m / n))
                _add(code, count[reach + sign * n], n, span, reach)
            before, after = after, before


@njit(cache=True, nogil=True, error_model="numpy")
def _add(code: BitArray, line: CountArray, n: int, span: int, reach: int) -> None:
    """Add the cells of a ring to a line of the count."""
    for m in range(-span, span + 1):
        put(line, reach + m, np.uint16(own(line, reach + m) + np.uint16(peek(code, n + m))))


@njit(cache=True, nogil=True, error_model="numpy")
def _drawn_slopes(
    heights: Float32Array,
    errors: Float32Array,
    start: int,
    post: Float32Array,
    n: int,
    first: int,
    eye: float,
    c: float,
) -> None:
    """Fill the slopes of ring n from place `first` on, of heights with periodic errors from `start`."""
    void, side, done = np.float32(VOID), len(errors), 0
    share, curve, square = 1.0 / n, np.float32(c / n), np.float32(n * n)
    while done < len(heights):
        run = min(len(heights) - done, side - start)
        for k in range(done, done + run):
            z = peek(heights, k) + peek(errors, start - done + k)
            across = np.float32(np.int32(first) + np.int32(k))
            value = np.float32((float(z) - eye) * share) - curve * (square + across * across)
            put(post, n + first + k, value if z == z else void)
        done, start = done + run, 0
