"""XDraw over a ground with drawn errors, counted: no drawn ground is built, no column is read."""

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
    field: Float32Array,
    shift: npt.NDArray[np.int64],
    weight: np.float32,
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
    field, shift, weight
        A periodic field of error, square; its row and column that lie at the ground's first cell; what it is
        multiplied by.
    row, col
        Cell of the post.
    reach, reach2, height_m, target_m, c
        As of `sight_bits`, with the height of the eye above the drawn ground.
    with_corners
        Whether the diagonals count; for the turned ground they do not.
    count
        Of the window, shape (2 reach + 1, 2 reach + 1).
    """
    side = field.shape[0]
    error = weight * field[(row + shift[0]) % side, (col + shift[1]) % side]
    eye = float(ground[row, col] + error) + height_m
    for sign in (-1, 1):
        void = np.float32(VOID)
        before, after = np.full(2 * reach + 6, void), np.full(2 * reach + 6, void)
        post, code = np.full(2 * reach + 8, void), np.zeros(2 * reach + 16, dtype=np.uint8)
        for n in range(1, min(reach, row if sign < 0 else ground.shape[0] - 1 - row) + 1):
            wide = min(n, int(np.sqrt(max(reach2 - float(n * n), 0.0))) + 1)
            first, last = max(-wide, -col), min(wide, ground.shape[1] - 1 - col)
            for m in range(-wide, first):
                put(post, n + m, void)
            for m in range(last + 1, wide + 1):
                put(post, n + m, void)
            heights, errors = ground[row + sign * n], field[(row + sign * n + shift[0]) % side]
            at, m = (col + first + shift[1]) % side, first
            while m <= last:
                run = min(last + 1 - m, side - at)
                _drawn_slopes(heights, col + m, errors, at, weight, run, post, n, m, eye, c)
                m, at = m + run, 0
            pass_ring(post, before, after, code, n, wide, np.float32(target_m / n))
            before, after = after, before
            span = cells_across(n, reach2, 0 if with_corners else 2)
            _add(code, count[reach + sign * n], n, span, reach)


@njit(cache=True, nogil=True, error_model="numpy")
def _add(code: BitArray, line: CountArray, n: int, span: int, reach: int) -> None:
    """Add the cells of a ring to a line of the count."""
    for m in range(-span, span + 1):
        put(line, reach + m, np.uint16(own(line, reach + m) + np.uint16(peek(code, n + m))))


@njit(cache=True, nogil=True, error_model="numpy")
def _drawn_slopes(
    heights: Float32Array,
    start: int,
    errors: Float32Array,
    at: int,
    weight: np.float32,
    run: int,
    post: Float32Array,
    n: int,
    first: int,
    eye: float,
    c: float,
) -> None:
    """Fill slopes as `fill_slopes` does, of some heights from `start` with errors from `at`."""
    void, begun, there = np.float32(VOID), np.int32(first), n + first
    share, curve, square = 1.0 / n, np.float32(c / n), np.float32(n * n)
    for k in range(run):
        z = peek(heights, start + k) + weight * peek(errors, at + k)
        across = np.float32(begun + np.int32(k))
        value = np.float32((float(z) - eye) * share) - curve * (square + across * across)
        put(post, there + k, value if z == z else void)
