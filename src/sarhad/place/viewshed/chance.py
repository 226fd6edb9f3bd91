"""How likely a cell is seen when the elevation model is wrong by a correlated error."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import scipy.fft

from sarhad.errors import SpecError
from sarhad.place.viewshed.drawn import CountArray, count_drawn, share_of, turned
from sarhad.place.viewshed.many import add_bits
from sarhad.place.viewshed.ring import Float32Array
from sarhad.place.viewshed.spec import ViewSpec, seen_from

MOST_DRAWS = 65_535  # what a count can hold
TOGETHER = 64  # draws that go outward side by side
SMALLEST = 1e-4  # amplitude beside the largest that a field still has

Shifts = npt.NDArray[np.int64]  # of the field, rows and columns, shape (d, 2)


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
    A draw is one periodic Gaussian field moved by a shift, random within its own square of a lattice: every draw has
    the stated distribution, and two draws are nearly independent at each place unless their squares are as small as
    the correlation. With the method ``xdraw`` and no limits of azimuth or elevation no drawn ground is built, which
    takes a third of the time or less. The standard error of a share p is about ``sqrt(p (1 - p) / draws)``.
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
    field = _field(random, side, range_m / cell_m, error_m)
    fields = field, turned(field)
    count: CountArray = np.zeros((2, 2 * reach + 1, 2 * reach + 1), dtype=np.uint16)
    is_quick = spec.method == "xdraw" and spec.is_all_around
    look = partial(_quick_look, turned(ground)) if is_quick else _look
    shifts, made = _shifts(random, draws, side), 0
    while made < draws:
        some = min(TOGETHER, draws - made)
        look(ground, cell_m, (row - top, col - left), spec, fields, shifts[made : made + some], count)
        made += some
        if on_progress is not None and on_progress(made) is False:
            break
    return share_of(count[0], count[1], made), made


def draws_bytes(reach: int, cell_m: float, range_m: float) -> int:
    """Return what drawing needs about a post: the fields while they are made, ground and counts."""
    return 40 * _side(2 * reach + 1, range_m / cell_m) ** 2


def _side(cells: int, range_cells: float) -> int:
    """Return the period of a field, so long that no two cells of the ground are neighbours across it.

    Never a multiple of 64: the cells of a column would all share a few places of the cache.
    """
    side = int(scipy.fft.next_fast_len(cells + int(4 * range_cells) + 1, real=True))
    return side if side % 64 else int(scipy.fft.next_fast_len(side + 1, real=True))


def _shifts(random: np.random.Generator, draws: int, side: int) -> Shifts:
    """Return how far the field is moved for each draw: one at random in each square of a lattice, in random order."""
    lattice = math.ceil(math.sqrt(draws))
    squares = random.permutation(lattice * lattice)[:draws]
    corner = np.stack([squares // lattice, squares % lattice], axis=1)
    return ((corner + random.random((draws, 2))) * (side / lattice)).astype(np.int64) % side


def _look(
    ground: Float32Array,
    cell_m: float,
    at: tuple[int, int],
    spec: ViewSpec,
    fields: tuple[Float32Array, Float32Array],
    shifts: Shifts,
    count: CountArray,
) -> None:
    """Add what is seen over some drawn grounds to the count."""
    reach, _ = spec.reach(cell_m)
    for shift in shifts:
        drawn = ground.copy()
        _add_shifted(drawn, fields[0], shift)
        add_bits(count[0], seen_from(drawn, cell_m, *at, spec), reach, reach)


def _quick_look(
    turned_ground: Float32Array,
    ground: Float32Array,
    cell_m: float,
    at: tuple[int, int],
    spec: ViewSpec,
    fields: tuple[Float32Array, Float32Array],
    shifts: Shifts,
    count: CountArray,
) -> None:
    """Add as `_look` does, by XDraw all around: left and right are up and down of the ground turned."""
    reach, square = spec.reach(cell_m)
    heights = spec.observer_height_m, spec.target_height_m, spec.drop_m(cell_m)
    count[0, reach, reach] += len(shifts)
    count_drawn(ground, fields[0], shifts, *at, reach, float(square), *heights, True, count[0])
    other = np.ascontiguousarray(shifts[:, ::-1])
    count_drawn(turned_ground, fields[1], other, *at[::-1], reach, float(square), *heights, False, count[1])


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


def _field(random: np.random.Generator, side: int, cells: float, error_m: float) -> Float32Array:
    """Return a periodic Gaussian field with correlation ``exp(-d^2 / (2 cells^2))``.

    It is the real part of white complex noise made smooth: the square root of the Gaussian covariance has length
    ``cells / sqrt(2)``. Of the spectrum of a real field half is drawn, without amplitudes below `SMALLEST`; its first
    column, and the middle one of an even period, are their own mirror images: half of their noise is lost, and made
    up for.
    """
    along = np.exp(-(np.pi**2) * np.fft.fftfreq(side) ** 2 * cells**2)
    scale = error_m / np.sum(along**2)  # of a field of variance 1: the sum of the squared spectrum
    half = (scale * math.sqrt(0.5) * along[: side // 2 + 1]).astype(np.float32)
    half[0] *= np.float32(math.sqrt(2.0))
    if side % 2 == 0:
        half[-1] *= np.float32(math.sqrt(2.0))
    kept = np.flatnonzero(along >= SMALLEST)
    half = half[: np.searchsorted(kept, side // 2, side="right")]
    noise = random.standard_normal((len(kept), len(half), 2), dtype=np.float32).view(np.complex64)[:, :, 0]
    spectrum = np.zeros((side, len(half)), dtype=np.complex64)
    spectrum[kept] = noise * along[kept, None].astype(np.float32) * half
    columns = scipy.fft.ifft(spectrum, axis=0, norm="forward", overwrite_x=True)
    found: Float32Array = scipy.fft.irfft(columns, side, axis=1, norm="forward", overwrite_x=True)
    return found
