"""How likely a cell is seen when the elevation model is wrong by a correlated error."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sarhad.errors import SpecError
from sarhad.place.viewshed.many import CountArray, add_bits
from sarhad.place.viewshed.ring import Float32Array
from sarhad.place.viewshed.spec import ViewSpec, seen_from

POOL = 8  # independent error fields; each draw mixes two of them, shifted


def chance_seen(
    elevation: Float32Array,
    cell_m: float,
    row: int,
    col: int,
    spec: ViewSpec,
    *,
    draws: int,
    error_m: float,
    range_m: float,
    seed: int,
    on_progress: Callable[[int], bool | None] | None = None,
) -> tuple[Float32Array, int]:
    """Return the share of draws of the terrain in which each cell is seen, and the draws made.

    Parameters
    ----------
    elevation
        Metres, nan where missing, shape (h, w).
    cell_m
        Width of a cell.
    row, col
        Cell of the post.
    spec
        How it looks.
    draws
        Number of terrains.
    error_m
        Standard deviation of the elevation error.
    range_m
        Length L of its correlation ``exp(-d^2 / (2 L^2))``.
    seed
        Of Philox; the same seed gives the same draws.
    on_progress
        Called with the draws made; False stops, and those made count.

    Returns
    -------
    tuple
        Shares [0..1] in the window of ``2 n + 1`` rows and columns about the post; draws.

    Notes
    -----
    A draw is ``a F + b G`` with ``a^2 + b^2 = 1``, F and G two of eight independent periodic Gaussian
    fields, each moved by a random shift: every draw has the stated distribution, two draws share fields.
    The standard error of a share p is ``sqrt(p (1 - p) / draws)``, a little more for that.
    """
    if draws < 1 or not (error_m >= 0.0 and math.isfinite(error_m)) or not (0.0 < range_m < math.inf):
        raise SpecError(
            f"draws {draws}, error {error_m} m, range {range_m} m: give at least one draw, an error of 0 or "
            "more and a range above 0."
        )
    reach, _ = spec.reach(cell_m)
    top, left = max(row - reach, 0), max(col - reach, 0)
    ground = np.ascontiguousarray(elevation[top : row + reach + 1, left : col + reach + 1])
    random = np.random.Generator(np.random.Philox(seed))
    side = 1 << max(int(max(ground.shape) + 4 * range_m / cell_m) - 1, 1).bit_length()
    pool = [_field(random, side, range_m / cell_m, error_m) for _ in range(min(POOL, 2 * draws))]
    count: CountArray = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.uint16)
    made = 0
    for _ in range(draws):
        drawn = _drawn(ground, pool, random)
        bits = seen_from(drawn, cell_m, row - top, col - left, spec)
        add_bits(count, bits, reach, reach)
        made += 1
        if on_progress is not None and on_progress(made) is False:
            break
    return (count / np.float32(made)).astype(np.float32), made


def _drawn(ground: Float32Array, pool: list[Float32Array], random: np.random.Generator) -> Float32Array:
    """Return the ground with one draw of the error."""
    first, second = random.choice(len(pool), 2, replace=False)
    turn = random.uniform(0.0, 2.0 * np.pi)
    drawn = ground.copy()
    for number, weight in ((first, np.cos(turn)), (second, np.sin(turn))):
        _add_shifted(drawn, pool[number], random.integers(0, len(pool[number]), 2), np.float32(weight))
    return drawn


def _add_shifted(
    ground: Float32Array, field: Float32Array, shift: npt.NDArray[np.int64], weight: np.float32
) -> None:
    """Add a periodic field, moved and weighted, to the ground in place."""
    side = len(field)
    height, width = ground.shape
    for r, a in _runs(int(shift[0]), height, side):
        for q, b in _runs(int(shift[1]), width, side):
            rows, cols = a.stop - a.start, b.stop - b.start
            ground[r : r + rows, q : q + cols] += weight * field[a, b]


def _runs(shift: int, length: int, side: int) -> list[tuple[int, slice]]:
    """Return where each unbroken run of a periodic axis begins in the target, and the run."""
    head = min(side - shift, length)
    runs = [(0, slice(shift, shift + head))]
    return runs if head == length else [*runs, (head, slice(0, length - head))]


def _field(random: np.random.Generator, side: int, cells: float, error_m: float) -> Float32Array:
    """Return a periodic Gaussian field with correlation ``exp(-d^2 / (2 cells^2))``."""
    noise = np.fft.rfft2(random.standard_normal((side, side)))
    across, along = np.fft.fftfreq(side), np.fft.rfftfreq(side)
    # the square root of the Gaussian covariance has length cells / sqrt(2)
    square = across[:, None] ** 2 + along[None, :] ** 2
    smooth = np.exp(-(np.pi**2) * square * cells**2)
    field = np.fft.irfft2(noise * smooth, (side, side))
    full = np.exp(-2 * np.pi**2 * (across[:, None] ** 2 + across[None, :] ** 2) * cells**2)
    scaled: Float32Array = (field * (error_m / np.sqrt(full.mean()))).astype(np.float32)
    return scaled
