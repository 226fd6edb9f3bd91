"""The definition of an exact line of sight (R3), walked ring by ring: what the bounds of `exact` save."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.place.viewshed.apart import peek
from sarhad.place.viewshed.ring import BLOCK, Float32Array


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
    """Return whether no ground on rings `start` to `stop` (not included) hides the cell n along, m across."""
    width = elevation.shape[1]
    out, side = (sign * width, 1) if steep else (sign, width)
    return _is_clear(elevation.ravel(), row * width + col, out, side, n, m, eye, target_m, c, start, stop)


@njit(cache=True, nogil=True, error_model="numpy")
def walk(
    heights: Float32Array,
    origin: int,
    out: int,
    side: int,
    n: int,
    m: int,
    eye: float,
    target_m: float,
    c: float,
    block: npt.NDArray[np.float32],
    least: float,
) -> bool:
    """Return whether a cell is seen, reading only the blocks of rings that reach the slope `least`."""
    for number in range((n - 2) // BLOCK, -1, -1):
        if block[number] >= least:
            start, stop = number * BLOCK + 1, min((number + 1) * BLOCK + 1, n)
            if not _is_clear(heights, origin, out, side, n, m, eye, target_m, c, start, stop):
                return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _is_clear(
    heights: Float32Array,
    origin: int,
    out: int,
    side: int,
    n: int,
    m: int,
    eye: float,
    target_m: float,
    c: float,
    start: int,
    stop: int,
) -> bool:
    """Return what `is_seen` does.

    The definition of R3, in float64 and whole numbers; all else here only saves calls of it. Heights are flat: the post
    stands at `origin`, a ring lies `out` from that before it, a post `side` from its neighbour in the ring. Where the
    ray meets a post there is no other; branches would cost more than reading that post twice.
    """
    curve = c * (1.0 + float(m * m) / float(n * n))
    aim = float(peek(heights, origin + out * n + side * m)) + target_m - eye - curve * float(n * n)
    i = (m * start) // n
    rest, at = m * start - i * n, origin + out * start + side * i
    for k in range(start, stop):
        ground, other = float(peek(heights, at)), float(peek(heights, at + side * int(rest > 0)))
        ground = ground + (other - ground) * (float(rest) / float(n))
        if (ground - eye - curve * float(k * k)) * n > aim * k:
            return False
        rest += m
        more = int(rest >= n) - int(rest < 0)
        rest, at = rest - more * n, at + out + side * more
    return True
