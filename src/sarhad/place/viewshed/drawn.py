"""XDraw over a ground with drawn errors, counted: no drawn ground is built, no column is read.

Several draws go outward together: what a ring of the ground gives is computed once for all, and stays in the cache.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.place.viewshed.apart import own, peek, put
from sarhad.place.viewshed.ring import BLOCK, FLOOR, VOID, BitArray, Float32Array, cells_across, highest_of

CountArray = npt.NDArray[np.uint16]

SQUARE = 32  # cells of a side turned together, so that both come from the cache
ROUNDING_M, ROUNDING = 0.01, 1e-5  # far above those of heights and slopes in float32


@njit(cache=True, nogil=True, error_model="numpy")
def count_drawn(
    ground: Float32Array,
    field: Float32Array,
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
    field
        A periodic field of error, shape (s, s).
    shifts
        Of each draw the row and column of the field that lie at the ground's first cell, shape (d, 2).
    row, col
        Cell of the post.
    reach, reach2, height_m, target_m, c
        As of `sight_bits`, with the height of the eye above the drawn ground.
    with_corners
        Whether the diagonals count; for the turned ground they do not.
    count
        Of the window, shape (2 reach + 1, 2 reach + 1).
    """
    side, draws, width = len(field), len(shifts), 2 * reach + 3
    seat, eyes = float(ground[row, col]), np.empty(draws, dtype=np.float32)
    for d in range(draws):
        eyes[d] = field[(row + shifts[d, 0]) % side, (col + shifts[d, 1]) % side] + np.float32(height_m)
    base, part, times = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    errors, is_open = field.ravel(), np.empty(2 * draws, dtype=np.uint8)
    above = highest_of(ground, row, col, reach) - seat + float(field.max()) + ROUNDING_M
    for sign in (-1, 1):
        before = np.full(draws * width, np.float32(FLOOR))
        after = before.copy()
        is_open[:] = 1
        for n in range(1, min(reach, row if sign < 0 else ground.shape[0] - 1 - row) + 1):
            wide = min(n, int(np.sqrt(max(reach2 - float(n * n), 0.0))) + 1)
            first, last = max(-wide, -col), min(wide, ground.shape[1] - 1 - col)
            at = row + sign * n
            _shared(ground[at, col + first : col + last + 1], seat, n, n + first, c, base, part, times)
            _pass(
                base, part, errors, side, at, col + first, shifts, eyes, is_open, before, after, width, times, n,
                n + first, n + last + 1, np.float32(target_m / n),
            )  # fmt: skip
            span, line = cells_across(n, reach2, 0 if with_corners else 2), count[reach + sign * n]
            for m in range(max(first, -span), min(last, span) + 1):
                put(line, reach + m, np.uint16(own(line, reach + m) + np.uint16(peek(times, n + m))))
            before, after = after, before
            if n % BLOCK == 0 and not _are_open(
                before, width, eyes, above, target_m, n, first, last, is_open
            ):
                break


@njit(cache=True, nogil=True, error_model="numpy")
def _shared(
    heights: Float32Array,
    seat: float,
    n: int,
    start: int,
    c: float,
    base: Float32Array,
    part: Float32Array,
    times: Float32Array,
) -> None:
    """Fill what the places of ring n from `start` on have for all draws.

    Their slopes above the ground at the post without error, the weights of the farther of two horizons, and
    zero times seen. The ray to the place m passes ring n - 1 at ``m - m / n``.
    """
    share, curve, square = 1.0 / n, c / n, float(n * n)
    for k in range(len(heights)):
        z, m = peek(heights, k), start + k
        along, across = float(np.int32(m)), float(np.int32(m - n))
        slope = np.float32((float(z) - seat) * share - curve * (square + across * across))
        put(base, m, slope if z == z else np.float32(VOID))
        put(part, m, np.float32((1.0 if m <= n else 2.0) - along * share))
        put(times, m, np.float32(0.0))
    part[n] = 0.0  # exactly: what stands to the other side may be stale


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nnan"})
def _pass(
    base: Float32Array,
    part: Float32Array,
    errors: Float32Array,
    side: int,
    row: int,
    col: int,
    shifts: npt.NDArray[np.int64],
    eyes: Float32Array,
    is_open: BitArray,
    before: Float32Array,
    after: Float32Array,
    width: int,
    times: Float32Array,
    n: int,
    start: int,
    stop: int,
    target: np.float32,
) -> None:
    """Add one where draws see places of ring n, and fill the horizons `after` it; `row`, `col` is its first cell.

    All arrays are flat. Each half of a ring knows nothing of the other but the place in the middle, which counts to the
    first; of a half that is not open no more is computed. Horizons are kept one place on, the first and last twice, as in `xdraw`.
    """
    share = np.float32(1.0) / np.float32(n)
    for d in range(len(shifts)):
        line, at, eye = (row + shifts[d, 0]) % side * side, (col + shifts[d, 1]) % side, eyes[d]
        there, m = d * width + 1, start if is_open[2 * d] else n
        final = stop if is_open[2 * d + 1] else n + 1
        if not is_open[2 * d] and not is_open[2 * d + 1]:
            continue
        at = (at + m - start) % side
        while m < final:
            end = min(final, m + side - at, n + 1 if m <= n else final)
            ahead, back = line + at - m, there - (1 if m <= n else 2)
            for k in range(m, end):
                z = peek(base, k) + (peek(errors, k + ahead) - eye) * share
                a, b = peek(before, k + back), peek(before, k + back + 1)
                horizon = a + (b - a) * peek(part, k)
                put(times, k, own(times, k) + (np.float32(1.0) if z + target >= horizon else np.float32(0.0)))
                put(after, k + there, max(horizon, z))
            at, m = (at + end - m) % side, end
        after[there - 1], after[there + 2 * n + 1] = after[there], after[there + 2 * n]


@njit(cache=True, nogil=True, error_model="numpy")
def _are_open(
    horizon: Float32Array,
    width: int,
    eyes: Float32Array,
    above: float,
    target_m: float,
    n: int,
    first: int,
    last: int,
    is_open: BitArray,
) -> bool:
    """Close each half of each draw in which nothing beyond ring n can be seen; return whether any is still open.

    No ground is higher than `above` the post, errors included, and no horizon ever sinks.
    """
    for d in range(len(eyes)):
        aim = (max(above - float(eyes[d]), 0.0) + target_m) / n
        middle = d * width + 1 + n
        for half, low, high in ((0, middle + first, middle), (1, middle, middle + last)):
            if is_open[2 * d + half]:
                least = float(horizon[low : high + 1].min())
                is_open[2 * d + half] = least - ROUNDING * abs(least) <= aim
    return bool(is_open.any())


@njit(cache=True, nogil=True)
def turned(grid: Float32Array) -> Float32Array:
    """Return a grid with rows and columns exchanged."""
    found = np.empty((grid.shape[1], grid.shape[0]), dtype=np.float32)
    for top in range(0, grid.shape[0], SQUARE):
        for left in range(0, grid.shape[1], SQUARE):
            for c in range(left, min(left + SQUARE, grid.shape[1])):
                for r in range(top, min(top + SQUARE, grid.shape[0])):
                    found[c, r] = grid[r, c]
    return found


@njit(cache=True, nogil=True)
def share_of(count: CountArray, turned_count: CountArray, draws: int) -> Float32Array:
    """Return the share of draws in which each cell is counted, by a count or another with rows and columns exchanged."""
    side, found = len(count), np.empty(count.shape, dtype=np.float32)
    for top in range(0, side, SQUARE):
        for left in range(0, side, SQUARE):
            for r in range(top, min(top + SQUARE, side)):
                for c in range(left, min(left + SQUARE, side)):
                    found[r, c] = np.float32(count[r, c] + turned_count[c, r]) / np.float32(draws)
    return found
