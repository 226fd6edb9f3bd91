"""How likely a cell is seen when the elevation model is wrong by a correlated error."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import scipy.fft

from sarhad.errors import SpecError
from sarhad.place.viewshed.drawn import CountArray, count_drawn
from sarhad.place.viewshed.many import add_bits
from sarhad.place.viewshed.ring import Float32Array
from sarhad.place.viewshed.spec import ViewSpec, seen_from

MOST_DRAWS = 65_535  # what a count can hold
TOGETHER = 16  # draws that go outward side by side

Draws = tuple[
    npt.NDArray[np.int64], npt.NDArray[np.int64]
]  # field of each, shape (d,), and its shift, shape (d, 2)


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
    A draw is one of two independent periodic Gaussian fields, moved by a random shift: every draw has
    the stated distribution, and two draws are independent at each place unless they take one field at nearly one
    shift. With the method ``xdraw`` and no limits of azimuth or elevation no drawn ground is built, which takes a third
    of the time or less. The standard error of a share p is ``sqrt(p (1 - p) / draws)``, a little more for that.
    """
    if (
        not 1 <= draws <= MOST_DRAWS
        or not (error_m >= 0.0 and math.isfinite(error_m))
        or not (0.0 < range_m < math.inf)
    ):
        raise SpecError(
            f"draws {draws}, error {error_m} m, range {range_m} m: give 1 to {MOST_DRAWS} draws, an error of 0 or "
            "more and a range above 0."
        )
    reach, _ = spec.reach(cell_m)
    top, left = max(row - reach, 0), max(col - reach, 0)
    ground = np.ascontiguousarray(elevation[top : row + reach + 1, left : col + reach + 1])
    random = np.random.Generator(np.random.Philox(seed))
    side = _side(max(ground.shape), range_m / cell_m)
    pair = _fields(random, side, range_m / cell_m, error_m)
    fields = np.array([*pair, *(field.T for field in pair)])
    count: CountArray = np.zeros((2, 2 * reach + 1, 2 * reach + 1), dtype=np.uint16)
    is_quick = spec.method == "xdraw" and spec.is_all_around
    look = partial(_quick_look, np.ascontiguousarray(ground.T)) if is_quick else _look
    made = 0
    while made < draws:
        some = min(TOGETHER, draws - made)
        look(ground, cell_m, (row - top, col - left), spec, fields, _draw(random, some, side), count)
        made += some
        if on_progress is not None and on_progress(made) is False:
            break
    return ((count[0] + count[1].T) / np.float32(made)).astype(np.float32), made


def draws_bytes(reach: int, cell_m: float, range_m: float) -> int:
    """Return what drawing needs about a post: the fields while they are made, ground and counts."""
    return 40 * _side(2 * reach + 1, range_m / cell_m) ** 2


def _side(cells: int, range_cells: float) -> int:
    """Return the period of a field, so long that no two cells of the ground are neighbours across it."""
    return int(scipy.fft.next_fast_len(cells + int(4 * range_cells) + 1))


def _draw(random: np.random.Generator, draws: int, side: int) -> Draws:
    """Return which field each draw takes, and how far it is moved."""
    return random.integers(0, 2, draws), random.integers(0, side, (draws, 2))


def _look(
    ground: Float32Array,
    cell_m: float,
    at: tuple[int, int],
    spec: ViewSpec,
    fields: Float32Array,
    draws: Draws,
    count: CountArray,
) -> None:
    """Add what is seen over some drawn grounds to the count."""
    reach, _ = spec.reach(cell_m)
    for number, shift in zip(*draws, strict=True):
        drawn = ground.copy()
        _add_shifted(drawn, fields[number], shift)
        add_bits(count[0], seen_from(drawn, cell_m, *at, spec), reach, reach)


def _quick_look(
    turned_ground: Float32Array,
    ground: Float32Array,
    cell_m: float,
    at: tuple[int, int],
    spec: ViewSpec,
    fields: Float32Array,
    draws: Draws,
    count: CountArray,
) -> None:
    """Add as `_look` does, by XDraw all around: left and right are up and down of the ground turned."""
    reach, square = spec.reach(cell_m)
    heights = spec.observer_height_m, spec.target_height_m, spec.drop_m(cell_m)
    numbers, shifts = draws
    count[0, reach, reach] += len(numbers)
    count_drawn(ground, fields, numbers, shifts, *at, reach, float(square), *heights, True, count[0])
    turned = np.ascontiguousarray(shifts[:, ::-1])
    (row, col), numbers = at, numbers + 2  # the turned fields follow
    count_drawn(
        turned_ground,
        fields,
        numbers,
        turned,
        col,
        row,
        reach,
        float(square),
        *heights,
        False,
        count[1],
    )


def _add_shifted(ground: Float32Array, field: Float32Array, shift: npt.NDArray[np.int64]) -> None:
    """Add a periodic field, moved, to the ground in place."""
    side = len(field)
    height, width = ground.shape
    for r, a in _runs(int(shift[0]), height, side):
        for q, b in _runs(int(shift[1]), width, side):
            rows, cols = a.stop - a.start, b.stop - b.start
            ground[r : r + rows, q : q + cols] += field[a, b]


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
