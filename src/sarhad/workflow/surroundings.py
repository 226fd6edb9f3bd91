"""The heights around posts on any elevation model, in square cells of metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from sarhad.errors import SpecError
from sarhad.place.elevation import BYTES_READ, cell_of, covering, grid_about, own_grid, read_onto
from sarhad.place.mosaic import Mosaic, open_rasters
from sarhad.place.raster import Raster
from sarhad.place.terrain import Float32Array
from sarhad.place.viewshed import ViewSpec, memory_bytes
from sarhad.place.window import overlap
from sarhad.workflow.post_files import Post


@dataclass(frozen=True)
class Surroundings:
    """Heights and the cells of the posts.

    Parameters
    ----------
    elevation
        Metres, nan where missing, shape (h, w).
    transform
        From column and row to x and y.
    wkt
        Coordinate system, in metres.
    cells
        Row and column of each post, shape (n, 2).
    notices
        What a person should know of the rasters.
    """

    elevation: Float32Array
    transform: Affine
    wkt: str
    cells: npt.NDArray[np.int64]
    notices: tuple[str, ...] = ()

    @property
    def cell_m(self) -> float:
        """Return the width of a cell."""
        return float(self.transform.a)

    def laid(self, square: Float32Array, row: int, col: int) -> Float32Array:
        """Return the grid with a square about a cell laid on it, 0 beyond."""
        grid = np.zeros(self.elevation.shape, dtype=np.float32)
        here, there = overlap(grid.shape, row, col, len(square) // 2)
        grid[here] = square[there]
        return grid

    def square(self, grid: npt.NDArray[Any], row: int, col: int, reach: int) -> Float32Array:
        """Return what of a grid lies within so many cells of one, 0 beyond it."""
        square = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.float32)
        here, there = overlap(grid.shape, row, col, reach)
        square[there] = grid[here]
        return square


def surroundings(dem: Path, posts: list[Post], spec: ViewSpec, *, memory_limit_bytes: float) -> Surroundings:
    """Return the heights about posts as far as they look.

    Square cells of true metres stay as they are; others are read, bilinear, in a transverse Mercator projection
    about the middle of the posts.

    Raises
    ------
    CrsMismatchError
        If a raster has no coordinate system, or degrees and metres are confused.
    SpecError
        If posts lie outside or too far apart, or the memory is too little.
    DataError
        If rasters of a folder disagree.
    StoreError
        If a raster cannot be read.
    """
    mosaic = open_rasters(dem)
    held = _held(dem, mosaic, posts)
    own = own_grid(mosaic, held[0], (posts[0].lon, posts[0].lat))
    cell_m = cell_of(held[0], own)
    reach = spec.reach(cell_m)[0] + 1
    grid = grid_about(own, np.array([[post.lon, post.lat] for post in posts]), cell_m, reach)
    if own and len(mosaic.rasters) == 1:
        grid = grid.cut(mosaic.rasters[0])
    _require_memory(grid.shape, reach, mosaic.reading_bytes(cell_m, grid.shape), memory_limit_bytes)
    elevation, said = read_onto(mosaic, grid)
    return Surroundings(elevation, grid.transform, grid.crs.to_wkt(), grid.cells, said)


def _held(dem: Path, mosaic: Mosaic, posts: list[Post]) -> list[Raster]:
    """Return a raster that holds each post; raise SpecError naming every post that is off them."""
    held, out = [], []
    for post in posts:
        try:
            held.append(covering(dem, mosaic, (post.lon, post.lat)))
        except SpecError:
            out.append(post)
    if out:
        named = ", ".join(f"{post.name} ({post.lon},{post.lat})" for post in out[:5])
        raise SpecError(
            f"posts: {len(out)} of {len(posts)} lie outside {dem}: {named}. Give points on it, lon first."
        )
    return held


def _require_memory(shape: tuple[int, int], reach: int, reading_bytes: int, limit: float) -> None:
    needed = memory_bytes(shape, reach, 2) + BYTES_READ * shape[0] * shape[1] + reading_bytes
    if needed > limit:
        raise SpecError(
            f"memory: {shape[0]:,} x {shape[1]:,} cells need {needed / 1e9:.2f} GB, {limit / 1e9:.2f} GB allowed. "
            "Give a smaller radius, fewer posts, or more with --memory-gb."
        )
