"""Exact lines of sight (R3): bounds of the horizon decide nearly every cell, the rest are walked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.place.viewshed.apart import peek, put

Float32Array = npt.NDArray[np.float32]
BitArray = npt.NDArray[np.uint8]

VOID = -1e30  # stands for a missing elevation: hides nothing
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
    upper, lower = np.full(2 * reach, void), np.full(2 * reach, void)
    block = np.full((reach // BLOCK + 1, 2 * reach), void)
    post, code = np.full(2 * reach + 4, void), np.empty(2 * reach + 3, dtype=np.uint8)
    low, slope = np.empty(2 * reach + 1, dtype=np.int32), np.empty(2 * reach + 1, dtype=np.float32)
    major, length = (row, elevation.shape[0]) if steep else (col, elevation.shape[1])
    walked, steepest = 0, 0.0
    for n in range(1, reach + 1):
        at = major + sign * n
        if at < 0 or at >= length:
            break
        wide = min(n, int(np.sqrt(max(reach2 - float(n * n), 0.0))) + 1)
        steepest = max(steepest, read_ring(elevation, row, col, at, steep, n, wide, eye, c, post))
        margin = ROUNDING32 * (steepest + target_m / n) + ROUNDING64 * (1.0 + abs(eye) + target_m)
        span = wide if steep else min(wide, n - 1)
        _judge(post, upper, lower, code, n, span, reach, np.float32(target_m / n), np.float32(margin))
        for m in range(-span, span + 1):
            state = code[m + n]
            if state == HIDDEN or float(m * m + n * n) > reach2:
                continue
            if state == UNDECIDED:
                walked += 1
                j = min(int((m + n) * (reach / n)), 2 * reach - 1)
                least = post[m + n] + target_m / n - margin
                if not _walk(elevation, row, col, n, m, sign, steep, eye, target_m, c, block[:, j], least):
                    continue
            r, q = (sign * n, m) if steep else (m, sign * n)
            window[r + reach, q + reach] = 1
        _meet(post, low, slope, n, wide, reach)
        _carry(post, low, slope, upper, lower, block[n // BLOCK], n, wide, reach, np.float32(0.25 * c / n))
    return walked


@njit(cache=True, nogil=True, error_model="numpy")
def read_ring(
    elevation: Float32Array,
    row: int,
    col: int,
    at: int,
    steep: bool,
    n: int,
    wide: int,
    eye: float,
    c: float,
    post: Float32Array,
) -> float:
    """Fill the slopes of the posts of ring n, void off the grid or without elevation; return the steepest."""
    minor, length = (col, elevation.shape[1]) if steep else (row, elevation.shape[0])
    line = elevation[at] if steep else elevation[:, at]
    share, curve = 1.0 / n, c / n
    first, last = max(-wide - 1, -minor, -n), min(wide + 1, length - 1 - minor, n + 1)
    for m in range(max(-wide - 1, -n), first):
        post[m + n] = VOID
    for m in range(last + 1, wide + 2):
        post[m + n] = VOID
    steepest = 0.0
    for m in range(first, last + 1):
        z = line[minor + m]
        value = (float(z) - eye) * share - curve * float(n * n + m * m)
        is_there = z == z
        post[m + n] = value if is_there else VOID
        steepest = max(steepest, abs(value) if is_there else 0.0)
    return steepest


@njit(cache=True, nogil=True, error_model="numpy")
def _judge(
    post: Float32Array,
    upper: Float32Array,
    lower: Float32Array,
    code: BitArray,
    n: int,
    span: int,
    reach: int,
    target: np.float32,
    margin: np.float32,
) -> None:
    """Fill whether each cell of ring n is seen, hidden or undecided, from the bounds of nearer rings."""
    each, last = reach / n, np.int32(2 * reach - 1)
    for m in range(n - span, n + span + 1):
        j = min(np.int32(m * each), last)
        aim = peek(post, m) + target
        is_clear = (n == 1) | (peek(upper, j) < aim - margin)
        is_open = is_clear | (peek(lower, j) <= aim + margin)
        state = SEEN if is_clear else (UNDECIDED if is_open else HIDDEN)
        put(code, m, np.uint8(state if aim > np.float32(-1e25) else HIDDEN))


@njit(cache=True, nogil=True, error_model="numpy")
def _meet(
    post: Float32Array, low: npt.NDArray[np.int32], slope: Float32Array, n: int, wide: int, reach: int
) -> None:
    """Fill for each ray the post before it on ring n and the slope of the ground it meets there."""
    half = min(reach, (wide * reach) // n)
    whole, one = np.float32(reach), np.float32(1.0) / np.float32(reach)
    for j in range(reach - half, reach + half + 1):
        step = np.int32(j * n)
        i = np.int32(np.float32(step) / whole)
        part = np.float32(step - i * np.int32(reach)) * one
        a, b = peek(post, i), peek(post, i + np.int32(1))
        put(low, j, i)
        put(slope, j, a + (b - a) * part)


@njit(cache=True, nogil=True, error_model="numpy")
def _carry(
    post: Float32Array,
    low: npt.NDArray[np.int32],
    slope: Float32Array,
    upper: Float32Array,
    lower: Float32Array,
    block: Float32Array,
    n: int,
    wide: int,
    reach: int,
    slack: np.float32,
) -> None:
    """Raise the bounds of the wedges; `slack`: the curve between two posts stands above its chord by so much."""
    half = min(reach, (wide * reach) // n)
    for j in range(reach - half, reach + half):
        after = peek(low, j + 1)
        a, b, p = peek(slope, j), peek(slope, j + 1), peek(post, after)
        p = p if after > peek(low, j) else a
        most = max(a, b, p) + slack
        least = min(a, b, p)
        put(upper, j, max(upper[j], most))
        put(block, j, max(block[j], most))
        put(lower, j, max(lower[j], least))


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
