"""The definition of an exact line of sight (R3), walked ring by ring: what the bounds of `exact` save."""

from __future__ import annotations

from numba import njit

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
    """Return whether no ground on rings `start` to `stop` (not included) hides the cell n along, m across.

    The definition of R3, in float64 and whole numbers; all else here only saves calls of it.
    """
    top = float(elevation[row + sign * n, col + m] if steep else elevation[row + m, col + sign * n])
    curve = c * (1.0 + float(m * m) / float(n * n))
    aim = top + target_m - eye - curve * float(n * n)
    i = (m * start) // n
    rest = m * start - i * n
    for k in range(start, stop):
        r, q = (row + sign * k, col + i) if steep else (row + i, col + sign * k)
        ground = float(elevation[r, q])
        if rest > 0:
            other = float(elevation[r, q + 1] if steep else elevation[r + 1, q])
            ground = ground + (other - ground) * (float(rest) / float(n))
        if (ground - eye - curve * float(k * k)) * n > aim * k:
            return False
        rest += m
        if rest >= n:
            i, rest = i + 1, rest - n
        elif rest < 0:
            i, rest = i - 1, rest + n
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def walk(
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
    for number in range((n - 2) // BLOCK, -1, -1):
        if block[number] >= least:
            start, stop = number * BLOCK + 1, min((number + 1) * BLOCK + 1, n)
            if not is_seen(elevation, row, col, n, m, sign, steep, eye, target_m, c, start, stop):
                return False
    return True
