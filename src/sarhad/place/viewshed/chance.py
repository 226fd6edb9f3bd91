"""How likely a cell is seen when the elevation model is wrong by a correlated error."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import scipy.fft

from sarhad.errors import SpecError
from sarhad.place.viewshed.drawn import CountArray, count_drawn
from sarhad.place.viewshed.many import add_bits
from sarhad.place.viewshed.ring import Float32Array
from sarhad.place.viewshed.spec import ViewSpec, seen_from

POOL = 4  # independent error fields; each draw takes one of them, moved, or its opposite


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
    A draw is one of four independent periodic Gaussian fields, moved by a random shift and with a random sign:
    every draw has the stated distribution, and two draws are independent at each place unless they take one field
    at nearly one shift.
    With the method ``xdraw`` and no limits of azimuth or elevation no drawn ground is built, which takes a third
    of the time or less. The standard error of a share p is ``sqrt(p (1 - p) / draws)``, a little more for that.
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
    pool = [field for _ in range(POOL // 2) for field in _fields(random, side, range_m / cell_m, error_m)]
    count: CountArray = np.zeros((2, 2 * reach + 1, 2 * reach + 1), dtype=np.uint16)
    look = _quick_look if spec.method == "xdraw" and spec.is_all_around else _look
    at = (row - top, col - left)
    made = 0
    for draw in look(ground, cell_m, at, spec, pool, random, count):
        made += 1
        if draw == draws or (on_progress is not None and on_progress(made) is False):
            break
    return ((count[0] + count[1].T) / np.float32(made)).astype(np.float32), made


def _look(
    ground: Float32Array,
    cell_m: float,
    at: tuple[int, int],
    spec: ViewSpec,
    pool: list[Float32Array],
    random: np.random.Generator,
    count: CountArray,
) -> Iterator[int]:
    """Yield the number of draws, each added to the count."""
    reach, _ = spec.reach(cell_m)
    for made in itertools.count(1):
        drawn = ground.copy()
        number, shift, sign = _draw(pool, random)
        _add_shifted(drawn, pool[number], shift, sign)
        add_bits(count[0], seen_from(drawn, cell_m, *at, spec), reach, reach)
        yield made


def _quick_look(
    ground: Float32Array,
    cell_m: float,
    at: tuple[int, int],
    spec: ViewSpec,
    pool: list[Float32Array],
    random: np.random.Generator,
    count: CountArray,
) -> Iterator[int]:
    """Yield as `_look` does, by XDraw all around: left and right are up and down of the ground turned."""
    reach, square = spec.reach(cell_m)
    heights = spec.observer_height_m, spec.target_height_m, spec.drop_m(cell_m)
    turned, turned_pool = np.ascontiguousarray(ground.T), [np.ascontiguousarray(field.T) for field in pool]
    for made in itertools.count(1):
        number, shift, sign = _draw(pool, random)
        count[0, reach, reach] += 1
        count_drawn(ground, pool[number], shift, sign, *at, reach, float(square), *heights, True, count[0])
        turned_at, turned_shift = at[::-1], np.ascontiguousarray(shift[::-1])
        count_drawn(
            turned,
            turned_pool[number],
            turned_shift,
            sign,
            *turned_at,
            reach,
            float(square),
            *heights,
            False,
            count[1],
        )
        yield made


def _draw(
    pool: list[Float32Array], random: np.random.Generator
) -> tuple[int, npt.NDArray[np.int64], np.float32]:
    """Return which field is taken, how far it is moved, and its sign."""
    number, half = (int(at) for at in random.integers(0, (len(pool), 2)))
    return number, random.integers(0, len(pool[0]), 2), np.float32(2 * half - 1)


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


def _fields(random: np.random.Generator, side: int, cells: float, error_m: float) -> list[Float32Array]:
    """Return two independent periodic Gaussian fields with correlation ``exp(-d^2 / (2 cells^2))``.

    They are the real and the imaginary part of white complex noise made smooth: the square root of the Gaussian
    covariance has length ``cells / sqrt(2)``.
    """
    along = np.exp(-(np.pi**2) * np.fft.fftfreq(side) ** 2 * cells**2)
    scale = error_m * side / np.sum(along**2)  # of a field of variance 1: the sum of the squared spectrum
    spectrum = random.standard_normal((2, side, side), dtype=np.float32)
    spectrum *= along[:, None].astype(np.float32)
    spectrum *= (scale * along).astype(np.float32)
    mixed = scipy.fft.ifft2(spectrum[0] + np.complex64(1j) * spectrum[1], norm="forward", overwrite_x=True)
    return [np.ascontiguousarray(part / np.float32(side)) for part in (mixed.real, mixed.imag)]
