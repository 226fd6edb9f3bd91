"""Random exposure over the grid: what measures nobody has chosen yet might do, to shape and to test a network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from sarhad.place.border import FloatArray
from sarhad.place.terrain import Terrain

SMOOTH_KM = 6.0  # standard deviation of the filter that makes a field smooth
SMOOTH_PER_HOUR = 0.02  # median exposure of an hour of the slowest mover by the smooth part
POST_EACH_KM = 16.8  # length of line for each post
POST_KM = (3.0, 8.0)  # radius of a post's disc
POST_PER_HOUR = (0.1, 0.5)  # exposure of an hour of the slowest mover within it
POST_WITHIN_KM = 2.0  # posts stand no farther from the line


def random_fields(terrain: Terrain, number: int, seed: int) -> Iterator[FloatArray]:
    """Yield exposure an hour of the slowest mover at every cell, each a smooth random field and discs of posts.

    Parameters
    ----------
    terrain
        The grid of H × W cells.
    number, seed
        How many fields, and the seed of the generator that draws them one after another.

    Returns
    -------
    iterator of ndarray
        ``-ln(1 - p)`` an hour, shape (H * W,), float64.
    """
    rng = np.random.default_rng(seed)
    side, distance = terrain.side.ravel(), terrain.distance_km.ravel()
    at_line = np.flatnonzero((side != 0) & (distance < POST_WITHIN_KM))
    posts = max(1, round(float(np.nanmax(terrain.chainage_km)) / POST_EACH_KM))
    km = terrain.cell_m / 1000.0
    for _ in range(number):
        noise = ndimage.gaussian_filter(rng.standard_normal(terrain.shape), SMOOTH_KM / km)
        rate = SMOOTH_PER_HOUR * np.exp(noise / noise.std())
        row, col = np.divmod(rng.choice(at_line, posts), terrain.shape[1])
        radii, strengths = rng.uniform(*POST_KM, posts), rng.uniform(*POST_PER_HOUR, posts)
        for r, c, radius, strength in zip(row, col, radii / km, strengths, strict=True):
            _add_disc(rate, int(r), int(c), float(radius), float(strength))
        yield rate.ravel()


def _add_disc(rate: FloatArray, row: int, col: int, radius: float, strength: float) -> None:
    """Add exposure within a radius, in cells, of a cell."""
    top, left = max(int(row - radius), 0), max(int(col - radius), 0)
    window = rate[top : int(row + radius) + 2, left : int(col + radius) + 2]
    rows, cols = np.ogrid[top : top + window.shape[0], left : left + window.shape[1]]
    window[np.hypot(rows - row, cols - col) <= radius] += strength
