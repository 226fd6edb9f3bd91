"""Posts of a ring of cells as slopes from the eye: metres above it for each step along the longer axis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.place.viewshed.apart import own, peek, put

Float32Array = npt.NDArray[np.float32]
BitArray = npt.NDArray[np.uint8]

VOID = -1e30  # stands for a missing elevation: hides nothing
FLOOR = VOID / 10.0  # the lowest horizon: a void lies below it, all ground above
VOID_BITS = int(np.float32(1e25).view(np.int32))
BLOCK = 16  # rings handled at a time: so many columns are read at once
BORDER = 4  # places beside a strip for neighbours


@njit(cache=True, nogil=True, error_model="numpy")
def rings_to_edge(elevation: Float32Array, row: int, col: int, direction: int) -> int:
    """Return the rings on the grid in one of four directions: up, down, left, right."""
    height, width = elevation.shape
    return (row, height - 1 - row, col, width - 1 - col)[direction]


@njit(cache=True, nogil=True, error_model="numpy")
def new_strip(reach: int) -> Float32Array:
    """Return room for `turn`."""
    return np.empty((BLOCK, 2 * (reach + BORDER) + 1), dtype=np.float32)


@njit(cache=True, nogil=True, error_model="numpy")
def turn(
    elevation: Float32Array,
    row: int,
    col: int,
    direction: int,
    rings: tuple[int, int],
    low: int,
    high: int,
    strip: Float32Array,
) -> None:
    """Fill the strip with the columns of rings (from, up to) as rows, places `low` to `high` across."""
    if direction < 2:
        return
    middle = strip.shape[1] // 2
    sign = -1 if direction == 2 else 1
    left = min(col + sign * rings[0], col + sign * (rings[1] - 1))
    count, width = rings[1] - rings[0], strip.shape[1]
    flat = strip.ravel()
    first, step = (0, width) if sign > 0 else ((count - 1) * width, -width)
    for m in range(max(low, -row), min(high, elevation.shape[0] - 1 - row) + 1):
        line = elevation[row + m, left : left + count]
        at = first + middle + m
        if count == BLOCK:  # known to the compiler
            for k in range(BLOCK):
                put(flat, at + k * step, peek(line, k))
        else:
            for k in range(count):
                put(flat, at + k * step, peek(line, k))


@njit(cache=True, nogil=True, error_model="numpy")
def read_ring(
    elevation: Float32Array,
    row: int,
    col: int,
    direction: int,
    n: int,
    low: int,
    high: int,
    eye: float,
    c: float,
    strip: Float32Array,
    post: Float32Array,
) -> None:
    """Fill ``post[m + n]`` for the places m from `low` to `high` on ring n, void off the grid.

    The ring must be on the grid; columns (directions 2 and 3) are read from the strip that `turn` filled.
    """
    minor, length = (col, elevation.shape[1]) if direction < 2 else (row, elevation.shape[0])
    first, last = min(max(low, -minor), high + 1), max(min(high, length - 1 - minor), low - 1)
    void = np.float32(VOID)
    for m in range(low, first):
        put(post, n + m, void)
    for m in range(last + 1, high + 1):
        put(post, n + m, void)
    if direction < 2:
        line = elevation[row - n if direction == 0 else row + n, minor + first : minor + last + 1]
    else:
        middle = strip.shape[1] // 2
        line = strip[(n - 1) % BLOCK, middle + first : middle + last + 1]
    begun, there = np.int32(first), n + first
    share, curve, square = np.float32(1.0 / n), np.float32(c / n), np.float32(n * n)
    whole = np.float32(eye)
    rest = np.float32(eye - float(whole))
    for k in range(len(line)):
        z = peek(line, k)
        across = np.float32(begun + np.int32(k))
        value = ((z - whole) - rest) * share - curve * (square + across * across)
        put(post, there + k, value if z == z else void)


@njit(cache=True, nogil=True, error_model="numpy")
def steepest_of(post: Float32Array, start: int, stop: int) -> float:
    """Return the largest slope in either direction, voids apart."""
    bits, largest = post.view(np.int32), np.int32(0)  # positive floats are ordered as their bits are
    for m in range(start, stop):
        slope = peek(bits, m) & np.int32(0x7FFFFFFF)
        largest = max(largest, slope if slope < np.int32(VOID_BITS) else np.int32(0))
    return float(np.array([largest], dtype=np.int32).view(np.float32)[0])


@njit(cache=True, nogil=True, error_model="numpy")
def highest_of(elevation: Float32Array, row: int, col: int, reach: int) -> float:
    """Return the highest elevation of a window, `VOID` where it has none."""
    left, right = max(col - reach, 0), min(col + reach + 1, elevation.shape[1])
    best = np.full(right - left, np.float32(VOID))
    for r in range(max(row - reach, 0), min(row + reach + 1, elevation.shape[0])):
        line = elevation[r, left:right]
        for q in range(len(line)):
            z = line[q]
            best[q] = z if z > best[q] else best[q]  # noqa: FURB136 - nan is never above
    return float(best.max())


@njit(cache=True, nogil=True, error_model="numpy")
def cells_across(n: int, reach2: float, direction: int) -> int:
    """Return how far from the middle the cells of ring n lie that are within reach and in this direction."""
    span = int(np.sqrt(max(reach2 - float(n * n), 0.0))) + 1
    while float(span * span + n * n) > reach2:
        span -= 1
    return min(span, n if direction < 2 else n - 1)


@njit(cache=True, nogil=True, error_model="numpy")
def copy_ring(
    code: BitArray, n: int, start: int, stop: int, reach: int, direction: int, window: BitArray
) -> None:
    """Copy the cells of a ring to the window."""
    out = reach + (-n if direction % 2 == 0 else n)
    if direction < 2:
        line = window[out]
        for i in range(start, stop):
            put(line, reach - n + i, peek(code, i))
    else:
        flat, width = window.ravel(), window.shape[1]
        at = (reach - n + start) * width + out
        for i in range(start, stop):
            put(flat, at, peek(code, i))
            at += width


@njit(cache=True, nogil=True, error_model="numpy")
def packed(window: BitArray) -> BitArray:
    """Return eight cells a byte, the first in the lowest bit; cells are 0 or 1, rows of them whole eights."""
    bits = np.zeros((window.shape[0], window.shape[1] // 8), dtype=np.uint8)
    words, flat = window.ravel().view(np.uint64), bits.ravel()
    for k in range(len(flat)):
        put(flat, k, _byte(peek(words, k)))
    return bits


@njit(cache=True, nogil=True, error_model="numpy")
def _byte(word: np.uint64) -> np.uint8:
    """Return the lowest bits of eight bytes: each product of a bit and a term has a place of its own."""
    return np.uint8((word * np.uint64(0x0102040810204080)) >> np.uint64(56))


@njit(cache=True, nogil=True, error_model="numpy")
def keep_row(code: BitArray, n: int, span: int, reach: int, direction: int, bits: BitArray) -> None:
    """Set the bits of a ring up or down; `code` is 0 or 1 for each cell of the window's row, room for whole eights."""
    first, last = (reach - span) // 8, (reach + span) // 8
    code[8 * first : reach - span] = 0
    code[reach + span + 1 : 8 * last + 8] = 0
    words, line = code.view(np.uint64), bits[reach + (-n if direction == 0 else n)]
    for k in range(first, last + 1):
        put(line, k, _byte(peek(words, k)))


@njit(cache=True, nogil=True, error_model="numpy")
def keep_column(
    code: BitArray,
    n: int,
    span: int,
    reach: int,
    direction: int,
    is_last: bool,
    eight: BitArray,
    bits: BitArray,
) -> None:
    """Keep the cells of a ring to the left or right, and add each eight that share bytes to the bits.

    `code` has the bit of `bit_of` for each row of the window where a cell is seen; `eight` is a byte for each row,
    zero at first.
    """
    for r in range(reach - span, reach + span + 1):
        put(eight, r, own(eight, r) | peek(code, r))
    out = reach + (-n if direction == 2 else n)
    if is_last or out % 8 == (0 if direction == 2 else 7):
        flat, width = bits.ravel(), bits.shape[1]
        for r in range(max(reach - n, 0), min(reach + n + 1, len(eight))):  # as far as any of the eight rings
            flat[r * width + out // 8] |= eight[r]
            eight[r] = 0


@njit(cache=True, nogil=True, error_model="numpy")
def bit_of(n: int, reach: int, direction: int) -> np.uint8:
    """Return the bit by which `keep_row` (up and down) or `keep_column` knows the cells of ring n."""
    return np.uint8(1 << ((reach + (-n if direction == 2 else n)) % 8 if direction > 1 else 0))
