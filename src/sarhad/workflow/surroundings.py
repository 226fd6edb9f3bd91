"""The heights around posts on any elevation model, in square cells of metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS, Transformer

from sarhad.errors import SpecError
from sarhad.place.agreement import settle
from sarhad.place.elevation import below_sea, covering, degrees_of, own_grid
from sarhad.place.mosaic import Mosaic, open_rasters
from sarhad.place.raster import Raster, local_projection
from sarhad.place.terrain import Float32Array
from sarhad.place.viewshed import ViewSpec, memory_bytes
from sarhad.place.window import overlap
from sarhad.workflow.post_files import Post

WIDEST_KM = 300.0  # from the middle of the posts; farther out the projection stretches by more than 0.1 %
BYTES_READ = 12  # a cell while it is read, beside its height
Grid = tuple[CRS, Affine, tuple[int, int], npt.NDArray[np.int64]]


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
    crs, transform, shape, cells = (
        _as_it_is(mosaic, own, posts, spec) if own else _projected(posts, spec, min(held[0].cell_m))
    )
    _require_memory(shape, spec.reach(transform.a)[0] + 1, memory_limit_bytes)
    said = settle(mosaic, within=degrees_of(crs, transform, shape))
    elevation, origin = mosaic.onto(crs, transform, shape)
    used = Mosaic(tuple(raster for n, raster in enumerate(mosaic.rasters) if (origin == n).any()))
    said += used.notices(transform.a) + below_sea(elevation)
    return Surroundings(elevation, transform, crs.to_wkt(), cells, tuple(said))


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


def _require_memory(shape: tuple[int, int], reach: int, limit: float) -> None:
    needed = memory_bytes(shape, reach, 2) + BYTES_READ * shape[0] * shape[1]
    if needed > limit:
        raise SpecError(
            f"memory: {shape[0]:,} x {shape[1]:,} cells need {needed / 1e9:.2f} GB, {limit / 1e9:.2f} GB allowed. "
            "Give a smaller radius, fewer posts, or more with --memory-gb."
        )


def _as_it_is(mosaic: Mosaic, own: tuple[CRS, Affine], posts: list[Post], spec: ViewSpec) -> Grid:
    """Return the part of the rasters' own grid that the posts can look at, no farther than a single raster goes."""
    crs, transform = own
    col, row = ~transform @ np.array(_project(crs, posts))
    cells = np.floor(np.array([row, col]).T).astype(np.int64)
    reach = spec.reach(transform.a)[0] + 1
    first, last = cells.min(axis=0) - reach, cells.max(axis=0) + reach + 1
    if len(mosaic.rasters) == 1:
        first, last = np.maximum(first, 0), np.minimum(last, mosaic.rasters[0].shape)
    height, width = (int(n) for n in last - first)
    shift = Affine.translation(int(first[1]), int(first[0]))
    return crs, transform @ shift, (height, width), cells - first


def _projected(posts: list[Post], spec: ViewSpec, cell_m: float) -> Grid:
    """Return a grid in a transverse Mercator projection about the middle of the posts."""
    lon, lat = np.array([[post.lon, post.lat] for post in posts]).T
    crs = local_projection(((lon.min() + lon.max()) / 2, (lat.min() + lat.max()) / 2))
    x, y = _project(crs, posts)
    if max(np.abs(x)) > WIDEST_KM * 1000.0:
        raise SpecError(
            f"posts: they lie {(max(x) - min(x)) / 1000.0:.0f} km apart from west to east, more than {2 * WIDEST_KM:.0f}. "
            "Give them in parts, or an elevation model in a metric projection."
        )
    cell = max(0.1, round(cell_m, 1))
    reach = spec.reach(cell)[0] + 1
    left, top = min(x) - cell * (reach + 0.5), max(y) + cell * (reach + 0.5)
    cells = np.array([(top - y) // cell, (x - left) // cell], dtype=np.int64).T
    height, width = (int(n) for n in cells.max(axis=0) + reach + 1)
    return crs, Affine(cell, 0.0, left, 0.0, -cell, top), (height, width), cells


def _project(crs: CRS, posts: list[Post]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return x and y of the posts."""
    turn = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = turn.transform([post.lon for post in posts], [post.lat for post in posts])
    return np.asarray(x), np.asarray(y)
