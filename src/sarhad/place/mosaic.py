"""Rasters of elevation, one or many, read as one onto any grid of square cells in metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject
from rasterio.windows import Window

from sarhad.errors import StoreError
from sarhad.place.raster import Bounds, Float32Array, Raster, rasters_of, read_window
from sarhad.place.resample import STEP, Block, OriginArray, Places, fill, places

SUFFIXES = (".tif", ".tiff", ".vrt", ".img", ".hgt", ".dem", ".asc", ".bil")  # looked for in a folder
UNLIKE = 1.5  # times as wide: cells whose resampling is worth a word
BLOCK = 1024  # cells of a side read at once, fewer where rasters are much finer
MOST_READ = 4096  # cells of a raster for a side of a block
MARGIN = 3  # cells of a raster read around what a grid needs
BYTES_A_CELL = 24  # of a window: as stored, as float32, whether missing, joined, its raster twice

Tile = tuple[int, Raster, tuple[int, int]]  # number, raster, row and column at which it begins on its lattice
Tiles = Sequence[Tile]


class Sea(Enum):
    """What stands where there is no land.

    ``AS_GIVEN`` leaves every elevation as it is: below 0 the floor of the sea or low land, nodata a void.
    ``FLAT`` is for coasts: nodata inside a raster and all below 0 becomes the surface of the sea at 0.
    """

    AS_GIVEN = "as-given"
    FLAT = "flat"


@dataclass(frozen=True)
class Mosaic:
    """Rasters that together give the elevation; where several have it the first does.

    Parameters
    ----------
    rasters
        In order of trust.
    is_ordered
        Was the order given, or only found.
    sea
        What stands where there is no land.
    """

    rasters: tuple[Raster, ...]
    is_ordered: bool = True
    sea: Sea = Sea.AS_GIVEN

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of its rasters."""
        return tuple(raster.name for raster in self.rasters)

    @property
    def finest_m(self) -> float:
        """Return the shortest side of a cell of any raster."""
        return min(min(raster.cell_m) for raster in self.rasters)

    def block_side(self, cell_m: float) -> int:
        """Return the cells of a side to read at once: it follows from the data alone, so that the values do too."""
        return max(STEP, min(BLOCK, int(MOST_READ * self.finest_m / cell_m)) // STEP * STEP)

    @property
    def bounds(self) -> Bounds:
        """Return west, south, east, north of all, in degrees."""
        each = np.array([raster.bounds for raster in self.rasters])
        low, high = each.min(axis=0), each.max(axis=0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])

    @cached_property
    def lattices(self) -> tuple[tuple[Tile, ...], ...]:
        """Return the rasters grouped by lattice: number, raster, row and column at which it begins."""
        groups: list[list[Tile]] = []
        for number, raster in enumerate(self.rasters):
            for group in groups:
                offset = raster.offset(group[0][1])
                if offset is not None:
                    group.append((number, raster, offset))
                    break
            else:
                groups.append([(number, raster, (0, 0))])
        return tuple(tuple(group) for group in groups)

    def onto(
        self, crs: CRS, to_xy: Affine, shape: tuple[int, int], *, is_whole: bool = False
    ) -> tuple[Float32Array, OriginArray]:
        """Return the elevation of the cells of a grid, and the number of the raster that gave it.

        Parameters
        ----------
        crs, to_xy, shape
            The grid: projected coordinate system in metres, transform, rows and columns.
        is_whole
            Read the rasters of a lattice whole and let GDAL warp them, whose values depend on where a grid begins and
            ends: for the one grid of a programme, where they have no more than 4,096 x 4,096 cells. Otherwise each cell
            is read for itself, so that a block has the values that the same cells have in any other, and about so many
            cells of a raster are in memory at a time.

        Returns
        -------
        tuple
            Metres, nan where no raster has it; raster, -1 where none; both of `shape`.

        Notes
        -----
        Bilinear between cell centres; where the grid is coarser than the raster, averaged over its cells. Rasters on one
        lattice are joined before that, so the seam between two tiles is as good as their middle.
        """
        elevation = np.full(shape, np.nan, dtype=np.float32)
        origin = np.full(shape, -1, dtype=np.int16)
        for group in self.lattices:
            if is_whole and _cells(_extent(group)) <= MOST_READ**2:
                self._by_gdal(group, (crs, to_xy), (elevation, origin))
            else:
                self._by_blocks(group, (crs, to_xy), (elevation, origin))
        return elevation, origin

    def reading_bytes(self, cell_m: float, shape: tuple[int, int], *, is_whole: bool = False) -> int:
        """Return about what `onto` takes besides the grid: a window of a raster and what it is joined with."""
        most = 0
        for group in self.lattices:
            extent, reach = _cells(_extent(group)), _reach(group[0][1], cell_m)
            block = (min(_side(reach), n) for n in shape)
            window = ((n + 1) * width + 2 * (MARGIN + 1) for n, width in zip(block, reach, strict=True))
            is_at_once = is_whole and extent <= MOST_READ**2
            most = max(most, extent if is_at_once else min(int(np.prod(list(window))), extent))
        return BYTES_A_CELL * most

    def _by_blocks(
        self, group: Tiles, grid: tuple[CRS, Affine], onto: tuple[Float32Array, OriginArray]
    ) -> None:
        """Fill what is missing of a grid from the rasters of one lattice, a block at a time."""
        elevation, origin = onto
        first = group[0][1]
        at = places((first.wkt, first.transform), *grid, elevation.shape)
        reach = _reach(first, grid[1].a)
        side = _side(reach)
        for top, left in product(*(range(0, n, side) for n in elevation.shape)):
            block = top, min(top + side, len(elevation)), left, min(left + side, elevation.shape[1])
            if not np.isnan(elevation[slice(*block[:2]), slice(*block[2:])]).any():
                continue
            window = _needed(group, at, block, reach)
            joined = None if window is None else _joined(group, window, self.sea)
            if window is not None and joined is not None:
                fill(*joined, (window.row_off, window.col_off), at, block, reach, (elevation, origin))

    def _by_gdal(
        self, group: Tiles, grid: tuple[CRS, Affine], onto: tuple[Float32Array, OriginArray]
    ) -> None:
        """Fill what is missing of a grid from the rasters of one lattice as GDAL warps them."""
        window = _extent(group)
        joined = _joined(group, window, self.sea)
        if joined is None:
            return
        elevation, origin = onto
        found, number = _warped(*joined, group[0][1], window, (*grid, elevation.shape))
        fills = np.isnan(elevation) & ~np.isnan(found)
        elevation[fills] = found[fills]
        origin[fills] = number[fills]

    def notices(self, cell_m: float) -> list[str]:
        """Return what a person should know of how these rasters come onto cells of a width."""
        said = []
        for raster in self.rasters:
            own = float(np.sqrt(raster.cell_m[0] * raster.cell_m[1]))
            if own > UNLIKE * cell_m:
                said.append(
                    f"{raster.name}: cells of {own:.4g} m, interpolated to {cell_m:.4g} m; no detail is gained"
                )
            elif cell_m > UNLIKE * own:
                said.append(
                    f"{raster.name}: cells of {own:.4g} m, smoothed to {cell_m:.4g} m; summits are cut"
                )
        return said


def open_rasters(source: Path | Sequence[Path], *, sea: Sea = Sea.AS_GIVEN) -> Mosaic:
    """Return the rasters of a file, of a list of files in order of trust, or of a folder, finest first.

    Raises
    ------
    StoreError
        If there is none, or one cannot be read.
    CrsMismatchError
        If one has no coordinate system, or one that does not fit its numbers.
    SpecError
        If one holds several bands or is not in metres.
    """
    if isinstance(source, Path):
        is_folder = source.is_dir()
        files = _files(source) if is_folder else [source]
    else:
        is_folder, files = False, list(source)
    if not files:
        raise StoreError(f"{source}: holds no raster ({', '.join(SUFFIXES)}). Give GeoTIFFs, VRTs or COGs.")
    rasters = rasters_of({str(file): file for file in files})
    if is_folder:
        rasters = tuple(sorted(rasters, key=lambda raster: (round(min(raster.cell_m), 1), raster.name)))
    return Mosaic(rasters, is_ordered=not is_folder, sea=sea)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _reach(raster: Raster, cell_m: float) -> tuple[float, float]:
    """Return the cells of a raster, down and right, over which a cell of a grid is averaged."""
    return max(cell_m / raster.cell_m[1], 1.0), max(cell_m / raster.cell_m[0], 1.0)


def _side(reach: tuple[float, float]) -> int:
    """Return the cells of a side of the blocks in which a grid is read."""
    return max(1, min(BLOCK, int(MOST_READ / max(reach))))


def _extent(group: Tiles) -> Window:
    """Return the window of a lattice that holds all its rasters."""
    top, left = np.array([offset for _, _, offset in group]).min(axis=0)
    below = max(offset[0] + raster.shape[0] for _, raster, offset in group)
    right = max(offset[1] + raster.shape[1] for _, raster, offset in group)
    return Window(int(left), int(top), int(right - left), int(below - top))


def _cells(window: Window) -> int:
    return int(window.width) * int(window.height)


def _needed(group: Tiles, at: Places, block: Block, reach: tuple[float, float]) -> Window | None:
    """Return the window of a lattice that a block of a grid needs and its rasters have; None where they have none."""
    around = at.around(block)
    if around is None:
        return None
    down, right = (int(np.ceil(side)) + MARGIN for side in reach)
    top, left = int(np.floor(around[0])) - down, int(np.floor(around[1])) - right
    below, beside = int(np.ceil(around[2])) + down, int(np.ceil(around[3])) + right
    return _overlap(Window(left, top, beside - left, below - top), _extent(group))


def _joined(group: Tiles, window: Window, sea: Sea) -> tuple[Float32Array, OriginArray] | None:
    """Return elevation and number of the raster in a window of a lattice; None if no raster lies in it."""
    shape = int(window.height), int(window.width)
    values: Float32Array = np.full(shape, np.nan, dtype=np.float32)
    number_of: OriginArray = np.full(shape, -1, dtype=np.int16)
    is_met = False
    for number, raster, (row, col) in group:
        part = _overlap(window, Window(col, row, raster.shape[1], raster.shape[0]))
        if part is None:
            continue
        is_met = True
        top, left = int(part.row_off - window.row_off), int(part.col_off - window.col_off)
        at = slice(top, top + int(part.height)), slice(left, left + int(part.width))
        read = read_window(raster, Window(part.col_off - col, part.row_off - row, part.width, part.height))
        if sea is Sea.FLAT:
            read = np.where(read > 0.0, read, np.float32(0.0))
        fills = np.isnan(values[at]) & ~np.isnan(read)
        values[at][fills] = read[fills]
        number_of[at][fills] = number
    return (values, number_of) if is_met else None


def _overlap(one: Window, other: Window) -> Window | None:
    left, top = max(one.col_off, other.col_off), max(one.row_off, other.row_off)
    right = min(one.col_off + one.width, other.col_off + other.width)
    below = min(one.row_off + one.height, other.row_off + other.height)
    return Window(left, top, right - left, below - top) if right > left and below > top else None


def _warped(
    values: Float32Array,
    number: OriginArray,
    first: Raster,
    window: Window,
    grid: tuple[CRS, Affine, tuple[int, ...]],
) -> tuple[Float32Array, OriginArray]:
    """Return elevation and number of the raster on a grid as GDAL warps them from a window of the first's lattice."""
    crs, to_xy, shape = grid
    place = first.transform @ Affine.translation(window.col_off, window.row_off)

    def warped(what: Float32Array, resampling: Resampling) -> Float32Array:
        found = np.full(shape, np.nan, dtype=np.float32)
        reproject(
            what,
            found,
            src_transform=place,
            src_crs=rasterio.crs.CRS.from_wkt(first.wkt),
            src_nodata=np.nan,
            dst_transform=to_xy,
            dst_crs=rasterio.crs.CRS.from_wkt(crs.to_wkt()),
            dst_nodata=np.nan,
            resampling=resampling,
        )
        return found

    elevation, known = warped(values, Resampling.bilinear), number[number >= 0]
    if not len(known) or known.min() == known.max():
        return elevation, np.full(shape, known[0] if len(known) else -1, dtype=np.int16)
    nearest = warped(number.astype(np.float32), Resampling.nearest)
    return elevation, np.where(nearest >= 0, nearest, known[0]).astype(np.int16)
