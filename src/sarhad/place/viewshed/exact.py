"""Exact lines of sight (R3): bounds of the horizon decide nearly every cell, the rest are walked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.place.viewshed.apart import own, peek, peek_pair, put
from sarhad.place.viewshed.definition import walk
from sarhad.place.viewshed.ring import (
    BLOCK,
    VOID,
    BitArray,
    Float32Array,
    cells_across,
    copy_ring,
    highest_of,
    new_strip,
    packed,
    read_ring,
    rings_to_edge,
    steepest_of,
    turn,
)

IndexArray = npt.NDArray[np.int32]

MOST_REACH = 4000  # cells; up to here float32 tells on which side of a post a ray passes
HIDDEN, SEEN, UNDECIDED = 0, 1, 2
GROUP = 32  # wedges that are given up together
ROUNDING32 = 2e-6  # of the steepest slope met: above ten roundings of float32
ROUNDING64 = 1e-10  # of the heights in `is_seen`: far above its rounding


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
        Metres, nan where missing, shape (h, w), row after row in memory.
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
    Heights are compared as slopes: metres above the eye for each step along the longer axis. About `reach`
    wedges of each of four directions, at most two cells wide, carry outward the highest slope that any ray
    inside can have met (`upper`) and that every ray inside has met (`lower`): the ground of a ring within a
    wedge has its extremes at the two rays or at the one or two posts between. A target above `upper` is seen,
    one below `lower` hidden; only a cell between the two, or nearer to one than the rounding of float32 can
    have moved it, is walked in float64 by `is_seen`, through the blocks of rings whose highest slope reaches
    the target's. Wedges that hide all that the highest ground of the window could show are given up.
    """
    side = 2 * reach + 1
    window = np.zeros((side, 8 * ((side + 7) // 8)), dtype=np.uint8)
    window[reach, reach] = 1
    walked, highest = 0, highest_of(elevation, row, col, reach)
    for direction in range(4):
        walked += _quarter(elevation, row, col, reach, reach2, eye, target_m, c, highest, direction, window)
    return packed(window), walked


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
    highest: float,
    direction: int,
    window: BitArray,
) -> int:
    """Set the cells of one of four directions (up, down, left, right); return how many were walked."""
    wedges = 2 * ((reach + 1) // 2)
    bounds = np.full((4, wedges), np.float32(VOID))
    blocks = np.full((reach // BLOCK + 1, wedges), np.float32(VOID))
    post, is_open = np.full(2 * reach + 8, np.float32(VOID)), np.zeros(wedges + 16, dtype=np.uint8)
    code = np.zeros(2 * reach + 8, dtype=np.uint8)
    met, low, strip = np.empty((3, wedges + 1), np.float32), np.empty(wedges + 1, np.int32), new_strip(reach)
    last = min(reach, rings_to_edge(elevation, row, col, direction))
    walked, steepest = 0, 0.0
    for first in range(1, last + 1, BLOCK):
        lower = bounds[2 + first % 2]
        aim = (max(highest - eye, 0.0) + target_m) / first + 2.0 * ROUNDING32 * (
            steepest + target_m + 2.0 * c * reach
        )
        aim += 2.0 * ROUNDING64 * (1.0 + abs(eye) + target_m)
        start = 0
        while start < wedges:
            start, stop = _alive(lower, start, np.float32(aim))
            more, steepest = _band(
                elevation, row, col, reach, reach2, eye, target_m, c, direction, (first, min(first + BLOCK, last + 1)),
                (start, stop), steepest, bounds, blocks, post, is_open, code, strip, met, low, window,
            )  # fmt: skip
            walked += more
            start = stop
    return walked


@njit(cache=True, nogil=True, error_model="numpy")
def _alive(lower: Float32Array, start: int, aim: np.float32) -> tuple[int, int]:
    """Return the next wedges, from and up to, in groups that hide not all up to the slope `aim`.

    Groups that do are given up for good: their bounds are no longer carried.
    """
    wedges = len(lower)
    while start < wedges and lower[start : start + GROUP].min() > aim:
        lower[start : start + GROUP] = np.inf
        start += GROUP
    stop = start
    while stop < wedges and lower[stop : stop + GROUP].min() <= aim:
        stop += GROUP
    return min(start, wedges), min(stop, wedges)


@njit(cache=True, nogil=True, error_model="numpy")
def _band(
    elevation: Float32Array,
    row: int,
    col: int,
    reach: int,
    reach2: float,
    eye: float,
    target_m: float,
    c: float,
    direction: int,
    rings: tuple[int, int],
    wedges: tuple[int, int],
    steepest: float,
    bounds: Float32Array,
    blocks: Float32Array,
    post: Float32Array,
    is_open: BitArray,
    code: BitArray,
    strip: Float32Array,
    met: Float32Array,
    low: IndexArray,
    window: BitArray,
) -> tuple[int, float]:
    """Set the cells of some wedges on some rings (from, up to); return the cells walked and the steepest slope."""
    half, walked = blocks.shape[1] // 2, 0
    near, far = rings[0], rings[1] - 1
    outermost = min((wedges[0] * near) // half - near, (wedges[0] * far) // half - far)
    other = max((wedges[1] * near) // half - near, (wedges[1] * far) // half - far) + 1
    turn(elevation, row, col, direction, rings, outermost, other, strip)
    for n in range(rings[0], rings[1]):
        wide = min(n, int(np.sqrt(max(reach2 - float(n * n), 0.0))) + 3)
        side = min(half, (wide * half) // n)
        start, stop = max(wedges[0], half - side), min(wedges[1], half + side)
        if start >= stop:
            break
        least, most = (start * n) // half, (stop * n) // half + 1
        read_ring(elevation, row, col, direction, n, least - n, most - n, eye, c, strip, post)
        steepest = max(steepest, steepest_of(post, least, most + 1))
        margin = np.float32(
            ROUNDING32 * (steepest + target_m / n + 2.0 * c * n) + ROUNDING64 * (1.0 + abs(eye) + target_m)
        )
        target = np.float32(target_m / n)
        old, new = 2 * ((n + 1) % 2), 2 * (n % 2)
        _meet(post, low, met[0], met[1], met[2], n, start, stop, half)
        _carry(
            low, met[0], met[1], met[2], bounds[old], bounds[old + 1], bounds[new], bounds[new + 1],
            blocks[(n - 1) // BLOCK], is_open, start, stop, np.float32(0.25 * c / n), target + margin,
        )  # fmt: skip
        walked += _decide(
            elevation, row, col, reach, reach2, eye, target_m, c, direction, n, start, stop, margin, post,
            low, bounds[old], bounds[old + 1], blocks, is_open, code, window,
        )  # fmt: skip
    return walked, steepest


@njit(cache=True, nogil=True, error_model="numpy")
def _decide(
    elevation: Float32Array,
    row: int,
    col: int,
    reach: int,
    reach2: float,
    eye: float,
    target_m: float,
    c: float,
    direction: int,
    n: int,
    start: int,
    stop: int,
    margin: np.float32,
    post: Float32Array,
    low: IndexArray,
    upper: Float32Array,
    lower: Float32Array,
    blocks: Float32Array,
    is_open: BitArray,
    code: BitArray,
    window: BitArray,
) -> int:
    """Set the cells of ring n in the open wedges that are seen; return how many were walked."""
    words, half, walked = is_open[: 8 * (len(is_open) // 8)].view(np.uint64), blocks.shape[1] // 2, 0
    span, final = cells_across(n, reach2, direction), (stop - 1) // 8 + 1
    word = start // 8
    while word < final:
        begun = word
        while word < final and peek(words, word) != 0:
            word += 1
        if word == begun:
            word += 1
            continue
        a, b = max(8 * begun, start), min(8 * word, stop)
        i, after = max(low[a] + (a > 0), n - span), min(low[b], n + span) + 1
        if _judge(post, upper, lower, code, n, i, after, half, np.float32(target_m / n), margin):
            walked += _settle(
                elevation, row, col, direction, n, i, after, eye, target_m, c, margin, post, blocks, code
            )
        copy_ring(code, n, i, after, reach, direction, window)
    return walked


@njit(cache=True, nogil=True, error_model="numpy")
def _judge(
    post: Float32Array,
    upper: Float32Array,
    lower: Float32Array,
    code: BitArray,
    n: int,
    start: int,
    stop: int,
    half: int,
    target: np.float32,
    margin: np.float32,
) -> int:
    """Fill whether cells of ring n are seen, hidden or undecided by the bounds; return the undecided."""
    each, last, undecided = half / n, np.int32(2 * half - 1), np.int32(0)
    for i in range(start, stop):
        j = min(np.int32(i * each), last)
        aim = peek(post, i) + target
        is_clear = (n == 1) | (peek(upper, j) < aim - margin)
        is_open = is_clear | (peek(lower, j) <= aim + margin)
        state = SEEN if is_clear else (UNDECIDED if is_open else HIDDEN)
        state = state if aim > np.float32(VOID / 2) else HIDDEN
        put(code, i, np.uint8(state))
        undecided += np.int32(state == UNDECIDED)
    return int(undecided)


@njit(cache=True, nogil=True, error_model="numpy")
def _settle(
    elevation: Float32Array,
    row: int,
    col: int,
    direction: int,
    n: int,
    start: int,
    stop: int,
    eye: float,
    target_m: float,
    c: float,
    margin: np.float32,
    post: Float32Array,
    blocks: Float32Array,
    code: BitArray,
) -> int:
    """Walk the undecided cells; return how many they were."""
    heights, width = elevation.ravel(), elevation.shape[1]
    out, side = (width, 1) if direction < 2 else (1, width)
    out, origin = -out if direction % 2 == 0 else out, row * width + col
    half, walked = blocks.shape[1] // 2, 0
    for i in range(start, stop):
        if code[i] == UNDECIDED:
            walked += 1
            j = min(int(i * (half / n)), 2 * half - 1)
            least = post[i] + np.float32(target_m / n) - margin
            code[i] = walk(heights, origin, out, side, n, i - n, eye, target_m, c, blocks[:, j], least)
    return walked


@njit(cache=True, nogil=True, error_model="numpy")
def _meet(
    post: Float32Array,
    low: IndexArray,
    before: Float32Array,
    after: Float32Array,
    slope: Float32Array,
    n: int,
    start: int,
    stop: int,
    half: int,
) -> None:
    """Fill for each ray the posts before and after it on ring n, and the slope of the ground it meets there."""
    whole, one = np.float32(half), np.float32(1.0) / np.float32(half)
    for j in range(start, stop + 1):
        step = np.int32(j) * np.int32(n)
        i = np.int32(np.float32(step) / whole)
        part = np.float32(step - i * np.int32(half)) * one
        a, b = peek_pair(post, i)
        put(low, j, i)
        put(before, j, a)
        put(after, j, b)
        put(slope, j, a + (b - a) * part)


@njit(cache=True, nogil=True, error_model="numpy")
def _carry(
    low: IndexArray,
    before: Float32Array,
    after: Float32Array,
    slope: Float32Array,
    upper: Float32Array,
    lower: Float32Array,
    new_upper: Float32Array,
    new_lower: Float32Array,
    block: Float32Array,
    is_open: BitArray,
    start: int,
    stop: int,
    slack: np.float32,
    target: np.float32,
) -> None:
    """Fill in which wedges a target may be seen, and the bounds with this ring.

    A wedge holds the posts after its first ray up to its second. Between two posts the curve stands above its
    chord by up to `slack`.
    """
    for j in range(start, stop):
        a, b, p, q = peek(slope, j), peek(slope, j + 1), peek(after, j), peek(before, j + 1)
        is_between = peek(low, j + 1) > peek(low, j)
        hidden = peek(lower, j)
        put(is_open, j, np.uint8(1 if is_between & (hidden <= max(p, q) + target) else 0))
        p, q = p if is_between else a, q if is_between else b
        most, least = max(a, b, p, q), min(a, b, p, q)
        put(new_upper, j, max(peek(upper, j), most + slack))
        put(new_lower, j, max(hidden, least))
        put(block, j, max(own(block, j), most + slack))
    if start == 0:
        is_open[0] = 1  # holds the corner besides
