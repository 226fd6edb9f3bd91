"""Exact lines of sight (R3): bounds of the horizon decide nearly every cell, the rest are walked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.place.viewshed.apart import own, peek, peek_pair, put

Float32Array = npt.NDArray[np.float32]
BitArray = npt.NDArray[np.uint8]

VOID = -1e30  # stands for a missing elevation: hides nothing
VOID_BITS = int(np.float32(1e25).view(np.int32))
STRIP = 16  # columns read at once
BLOCK = 16  # rings whose highest slope is kept, to skip them when a cell is walked
MOST_REACH = 4000  # cells; up to here float32 tells on which side of a post a ray passes
ROUNDING32 = 2e-6  # of the steepest slope met: above ten roundings of float32
ROUNDING64 = 1e-10  # of the heights in `is_seen`: far above its rounding
HIDDEN, SEEN, UNDECIDED = 0, 1, 2


@njit(cache=True, nogil=True, error_model="numpy")
def sight_bits(
    elevation: Float32Array,
    row: int,
    col: int,
    reach: int,
    reach2: float,
    eye: float,
    target_m: float,
    c: float,
) -> tuple[BitArray, int]:
    """Return the cells in sight of a cell as bits, and how many of them had to be walked.

    Parameters
    ----------
    elevation
        Metres, nan where missing, shape (h, w).
    row, col, eye
        Cell of the observer and elevation of the eye [m].
    reach, reach2
        Radius in whole cells (1 to `MOST_REACH`), and its square in cells, not rounded.
    target_m
        Height of the target above its ground.
    c
        Drop by curvature and refraction at the distance of one cell [m].

    Returns
    -------
    tuple
        Bits, least first, of the window of ``2 reach + 1`` rows and columns about the cell,
        shape (2 reach + 1, ceil((2 reach + 1) / 8)); cells walked.

    Notes
    -----
    Heights are compared as slopes: metres above the eye for each step along the longer axis. ``2 reach``
    wedges of each of four directions, less than a cell wide, carry outward the highest slope that any
    ray inside can have met (`upper`) and that every ray inside has met (`lower`): between two rays the
    ground on a ring has at most one post, so its extremes lie at the rays or at that post. A target
    above `upper` is seen, one below `lower` hidden; only a cell between the two, or nearer to one than
    the rounding of float32 can have moved it, is walked in float64 by `is_seen`, through the blocks of
    rings whose highest slope reaches the target's.
    """
    side = 2 * reach + 1
    window = np.zeros((side, 8 * ((side + 7) // 8)), dtype=np.uint8)
    window[reach, reach] = 1
    walked = 0
    for direction in range(4):
        walked += _quarter(elevation, row, col, reach, reach2, eye, target_m, c, direction, window)
    return packed(window), walked


@njit(cache=True, nogil=True, error_model="numpy")
def packed(window: BitArray) -> BitArray:
    """Return eight cells a byte, the first in the lowest bit."""
    bits = np.zeros((window.shape[0], window.shape[1] // 8), dtype=np.uint8)
    for r in range(bits.shape[0]):
        for q in range(bits.shape[1]):
            byte = 0
            for k in range(8):
                byte |= window[r, 8 * q + k] << k
            bits[r, q] = byte
    return bits


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
) -> int:
    """Set the cells of one of four directions (up, down, left, right); return how many were walked."""
    steep, sign = direction < 2, -1 if direction % 2 == 0 else 1
    void = np.float32(VOID)
    half = (reach + 1) // 2
    upper, lower = np.full(2 * half, void), np.full(2 * half, void)
    block = np.full((reach // BLOCK + 1, 2 * half), void)
    post, is_open = np.full(2 * reach + 4, void), np.zeros(2 * half + 16, dtype=np.uint8)
    strip = np.empty((STRIP, 2 * reach + 3), dtype=np.float32)
    met = np.empty((3, 2 * half + 1), dtype=np.float32)
    low = np.empty(2 * half + 1, dtype=np.int32)
    words = is_open[: 8 * (len(is_open) // 8)].view(np.uint64)
    walked, steepest = 0, 0.0
    for n in range(1, reach + 1):
        wide = min(n, int(np.sqrt(max(reach2 - float(n * n), 0.0))) + 3)
        if not read_ring(elevation, row, col, direction, n, wide, eye, c, strip, post):
            break
        steepest = max(steepest, _steepest(post, n - wide, n + wide + 1))
        margin = ROUNDING32 * (steepest + target_m / n) + ROUNDING64 * (1.0 + abs(eye) + target_m)
        target, near = np.float32(target_m / n), np.float32(margin)
        span = wide if steep else min(wide, n - 1)
        side = min(half, (wide * half) // n)
        _meet(post, low, met[0], met[1], met[2], n, side, half)
        _find_open(low, met[0], met[1], met[2], lower, is_open, side, half, target + near)
        for word in range((half - side) // 8, (half + side - 1) // 8 + 1):
            if words[word] == 0:
                continue
            for j in range(max(8 * word, half - side), min(8 * word + 8, half + side)):
                if is_open[j] == 0:
                    continue
                for i in range(low[j] + (j > 0), low[j + 1] + 1):
                    aim, m = post[i] + target, i - n
                    if (
                        aim < VOID / 2
                        or lower[j] > aim + near
                        or float(m * m + n * n) > reach2
                        or abs(m) > span
                    ):
                        continue
                    if n > 1 and upper[j] >= aim - near:
                        walked += 1
                        if not _walk(
                            elevation, row, col, n, m, sign, steep, eye, target_m, c, block[:, j], aim - near
                        ):
                            continue
                    r, q = (sign * n, m) if steep else (m, sign * n)
                    window[r + reach, q + reach] = 1
        _carry(
            low, met[0], met[1], met[2], upper, lower, block[n // BLOCK], side, half, np.float32(0.25 * c / n)
        )
    return walked


@njit(cache=True, nogil=True, error_model="numpy")
def read_ring(
    elevation: Float32Array,
    row: int,
    col: int,
    direction: int,
    n: int,
    wide: int,
    eye: float,
    c: float,
    strip: Float32Array,
    post: Float32Array,
) -> bool:
    """Fill the slopes of the posts of ring n, void where there are none; return False off the grid.

    `strip` holds the next columns as rows, shape (`STRIP`, 2 reach + 3): columns are read so many at once.
    """
    steep, sign = direction < 2, -1 if direction % 2 == 0 else 1
    at, minor = (row + sign * n, col) if steep else (col + sign * n, row)
    height, length = elevation.shape if steep else (elevation.shape[1], elevation.shape[0])
    if at < 0 or at >= height:
        return False
    reach = strip.shape[1] // 2 - 1
    if not steep and n % STRIP == 1:
        _turn(elevation, at, sign, minor - reach - 1, min(n + STRIP, reach), strip)
    first, last = max(-wide - 1, -minor, -n), min(wide + 1, length - 1 - minor, n + 1)
    post[n + max(-wide - 1, -n) : n + first] = VOID
    post[n + last + 1 : n + wide + 2] = VOID
    start = minor + first if steep else first + reach + 1
    line = elevation[at] if steep else strip[(n - 1) % STRIP]
    _fill(line[start : start + last - first + 1], post[n + first :], first, n, eye, c)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _turn(elevation: Float32Array, at: int, sign: int, top: int, wide: int, strip: Float32Array) -> None:
    """Fill the strip with the columns from `at` on, from row `top` and of those the `wide` about the middle."""
    reach = strip.shape[1] // 2 - 1
    columns = min(STRIP, at + 1 if sign < 0 else elevation.shape[1] - at)
    for k in range(max(reach - wide, -top), min(reach + wide + 3, elevation.shape[0] - top)):
        for t in range(columns):
            strip[t, k] = elevation[top + k, at + sign * t]


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(heights: Float32Array, post: Float32Array, first: int, n: int, eye: float, c: float) -> None:
    """Fill the slopes of heights in a line."""
    share, curve = 1.0 / n, c / n
    for k in range(len(heights)):
        z = heights[k]
        m = float(first + k)
        value = np.float32((float(z) - eye) * share - curve * (float(n * n) + m * m))
        post[k] = value if z == z else np.float32(VOID)


@njit(cache=True, nogil=True, error_model="numpy")
def _steepest(post: Float32Array, start: int, stop: int) -> float:
    """Return the largest slope in either direction, voids apart."""
    bits, largest = post.view(np.int32), np.int32(0)  # positive floats are ordered as their bits are
    for m in range(start, stop):
        slope = peek(bits, m) & np.int32(0x7FFFFFFF)
        largest = max(largest, slope if slope < np.int32(VOID_BITS) else np.int32(0))
    return float(np.array([largest], dtype=np.int32).view(np.float32)[0])


@njit(cache=True, nogil=True, error_model="numpy")
def _meet(
    post: Float32Array,
    low: npt.NDArray[np.int32],
    before: Float32Array,
    after: Float32Array,
    slope: Float32Array,
    n: int,
    side: int,
    half: int,
) -> None:
    """Fill for each ray the posts before and after it on ring n, and the slope of the ground it meets there."""
    whole, one = np.float32(half), np.float32(1.0) / np.float32(half)
    for j in range(half - side, half + side + 1):
        step = np.int32(j) * np.int32(n)
        i = np.int32(np.float32(step) / whole)
        part = np.float32(step - i * np.int32(half)) * one
        a, b = peek_pair(post, i)
        put(low, j, i)
        put(before, j, a)
        put(after, j, b)
        put(slope, j, a + (b - a) * part)


@njit(cache=True, nogil=True, error_model="numpy")
def _find_open(
    low: npt.NDArray[np.int32],
    before: Float32Array,
    after: Float32Array,
    slope: Float32Array,
    lower: Float32Array,
    is_open: BitArray,
    side: int,
    half: int,
    target: np.float32,
) -> None:
    """Fill in which wedges some target on the ring may be seen."""
    for j in range(half - side, half + side):
        a, b, p, q = peek(slope, j), peek(slope, j + 1), peek(after, j), peek(before, j + 1)
        is_between = peek(low, j + 1) > peek(low, j)
        p, q = p if is_between else a, q if is_between else b
        most = max(a, b, p, q)
        put(is_open, j, np.uint8(1 if peek(lower, j) <= most + target else 0))


@njit(cache=True, nogil=True, error_model="numpy")
def _carry(
    low: npt.NDArray[np.int32],
    before: Float32Array,
    after: Float32Array,
    slope: Float32Array,
    upper: Float32Array,
    lower: Float32Array,
    block: Float32Array,
    side: int,
    half: int,
    slack: np.float32,
) -> None:
    """Raise the bounds of the wedges; `slack`: the curve between two posts stands above its chord by so much."""
    for j in range(half - side, half + side):
        a, b, p, q = peek(slope, j), peek(slope, j + 1), peek(after, j), peek(before, j + 1)
        is_between = peek(low, j + 1) > peek(low, j)
        p, q = p if is_between else a, q if is_between else b
        most = max(a, b, p, q) + slack
        put(upper, j, max(own(upper, j), most))
        put(block, j, max(own(block, j), most))
        put(lower, j, max(own(lower, j), min(a, b, p, q)))


@njit(cache=True, nogil=True, error_model="numpy")
def _walk(
    elevation: Float32Array,
    row: int,
    col: int,
    n: int,
    m: int,
    sign: int,
    steep: bool,
    eye: float,
    target_m: float,
    c: float,
    block: Float32Array,
    least: float,
) -> bool:
    """Return whether a cell is seen, reading only the blocks of rings that reach the slope `least`."""
    for number in range((n - 1) // BLOCK, -1, -1):
        if block[number] >= least:
            start, stop = max(number * BLOCK, 1), min((number + 1) * BLOCK, n)
            if not is_seen(elevation, row, col, n, m, sign, steep, eye, target_m, c, start, stop):
                return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def is_seen(
    elevation: Float32Array,
    row: int,
    col: int,
    n: int,
    m: int,
    sign: int,
    steep: bool,
    eye: float,
    target_m: float,
    c: float,
    start: int,
    stop: int,
) -> bool:
    """Return whether no ground on rings `start` to `stop` (not included) hides the cell n along, m across.

    The definition of R3, in float64 and whole numbers; all else here only saves calls of it.
    """
    top = float(elevation[row + sign * n, col + m] if steep else elevation[row + m, col + sign * n])
    curve = c * (1.0 + float(m * m) / float(n * n))
    aim = top + target_m - eye - curve * float(n * n)
    for k in range(start, stop):
        i = (m * k) // n
        rest = m * k - i * n
        r, q = (row + sign * k, col + i) if steep else (row + i, col + sign * k)
        ground = float(elevation[r, q])
        if rest > 0:
            other = float(elevation[r, q + 1] if steep else elevation[r + 1, q])
            ground = ground + (other - ground) * (float(rest) / float(n))
        if (ground - eye - curve * float(k * k)) * n > aim * k:
            return False
    return True
