"""Elevation along the whole line on fine cells, in a memory-mapped file that is read and written by blocks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
from affine import Affine
from pyproj import CRS
from rasterio.features import geometry_mask
from rasterio.warp import transform_bounds

from sarhad.errors import SpecError, StoreError
from sarhad.place.agreement import TOLERANCE_M, settle
from sarhad.place.border import FloatArray, Line
from sarhad.place.corridor import Corridor, to_metres
from sarhad.place.mosaic import Mosaic
from sarhad.place.projection import choose_projection
from sarhad.place.raster import Float32Array
from sarhad.programme import written

BYTES_A_CELL = 32  # of a block and of what is read for it: as stored, as float32, warped, its raster, masks
MOST_PLACED = 2_000  # missing cells of a block whose chainage is looked up
GIGABYTE = 1e9

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CorridorElevation:
    """Elevation of the corridor in a file.

    Parameters
    ----------
    path
        A ``.npy`` file of float32 in metres, shape `shape`; nan outside the corridor and where no raster has it.
    crs, transform, shape
        The grid: projection of least distortion in metres, transform (rasterio order), rows and columns.
    width_km
        Reach of the corridor to each side of the line.
    distortion
        Largest ``|scale - 1|`` of the projection along line and corridor.
    cells
        In the corridor.
    share_missing
        Share of those without elevation.
    missing_km
        From and to chainage of each stretch beside which some is missing.
    notices
        What a person should know.
    """

    path: Path
    crs: CRS
    transform: Affine
    shape: tuple[int, int]
    width_km: float
    distortion: float
    cells: int
    share_missing: float
    missing_km: tuple[tuple[float, float], ...]
    notices: tuple[str, ...]

    @property
    def cell_m(self) -> float:
        """Return the width of a cell."""
        return float(self.transform.a)

    def elevation_m(self) -> Float32Array:
        """Return the elevation as a memory map that cannot be written."""
        found: Float32Array = np.load(self.path, mmap_mode="r")
        return found

    def rowcol(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return row and column of the cells that hold points, shape (n, 2); may lie off the grid."""
        return _rowcol(self.crs, self.transform, np.atleast_1d(lon), np.atleast_1d(lat))


def corridor_elevation(
    mosaic: Mosaic,
    line: Line,
    out: Path,
    *,
    width_km: float,
    cell_m: float | None = None,
    tolerance_m: float = TOLERANCE_M,
    memory_limit_bytes: int | None = None,
    on_progress: Callable[[float], bool | None] | None = None,
) -> CorridorElevation:
    """Return the elevation within some kilometres of the line, written to a file as a whole or not at all.

    Parameters
    ----------
    mosaic
        The rasters.
    line
        The border.
    out
        The ``.npy`` file.
    width_km
        To each side: twice the radius of posts that stand up to a radius off the line.
    cell_m
        None: the finest of the rasters, in whole decimetres.
    tolerance_m
        What overlapping rasters may differ by.
    memory_limit_bytes
        Refuse before the start what needs more; None: no limit. The file itself is on disk and not counted.
    on_progress
        Called with the share done; False stops with `KeyboardInterrupt`.

    Raises
    ------
    SpecError
        If the line lies on no raster, widths are no lengths, or there is too little memory.
    DataError
        If rasters disagree and nobody said which to trust.
    StoreError
        If the disk has no room, or the file cannot be written.
    """
    cell = max(0.1, round(mosaic.finest_m, 1)) if cell_m is None else cell_m
    for name, value in (("width", width_km), ("cell", cell)):
        if not (np.isfinite(value) and value > 0.0):
            raise SpecError(f"{name}: {value} is no length above 0. Give a number.")
    projection = choose_projection(line, width_km)
    corridor = Corridor(line, projection.crs, width_km)
    transform, shape = corridor.grid(cell)
    side = mosaic.block_side(cell)
    _require_memory(mosaic, cell, side, memory_limit_bytes)
    box = transform_bounds(projection.crs.to_wkt(), "EPSG:4326", *corridor.outline.bounds, densify_pts=21)
    said = settle(mosaic, tolerance_m=tolerance_m, within=box)
    with placed(out, 4 * shape[0] * shape[1]) as path:
        np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        filled = _Filled(np.zeros(len(mosaic.rasters), dtype=np.bool_))
        for share in filled.strips(path, mosaic, corridor, transform, side):
            if on_progress is not None and on_progress(share) is False:
                raise KeyboardInterrupt
        _require_line(mosaic, line, projection.crs, transform, np.load(path, mmap_mode="r"))
    stretches = filled.stretches
    used = [raster for raster, is_used in zip(mosaic.rasters, filled.used, strict=True) if is_used]
    said += _said_missing(filled.missing, filled.cells, stretches) + Mosaic(tuple(used)).notices(cell)
    return CorridorElevation(
        out,
        projection.crs,
        transform,
        shape,
        width_km,
        projection.distortion,
        filled.cells,
        filled.missing / max(filled.cells, 1),
        stretches,
        tuple(said),
    )


@contextmanager
def placed(out: Path, n_bytes: int) -> Iterator[Path]:
    """Give a path to write a file or folder of about so many bytes to, and put it in place when all went well."""
    if out.is_dir():
        raise StoreError(f"{out}: is a folder that exists. Choose another name.", is_output=True)
    free = shutil.disk_usage(out.absolute().parent).free if out.absolute().parent.is_dir() else n_bytes
    if n_bytes > free:
        raise StoreError(
            f"{out}: {n_bytes / GIGABYTE:.2f} GB are to be written, the disk has {free / GIGABYTE:.2f} GB free. Give "
            "another disk, coarser cells or a narrower corridor.",
            is_output=True,
        )
    with written.placed(out) as part:
        yield part


def _require_memory(mosaic: Mosaic, cell_m: float, side: int, limit: int | None) -> None:
    """Raise SpecError where a block needs more than is allowed."""
    read = (side * max(cell_m / mosaic.finest_m, 1.0)) ** 2
    needed = int(BYTES_A_CELL * (side**2 + read))
    if limit is not None and needed > limit:
        raise SpecError(
            f"memory: reading elevation by blocks needs {needed / GIGABYTE:.3f} GB, {limit / GIGABYTE:.3f} GB are allowed. "
            "Allow more."
        )


@dataclass
class _Filled:
    """What was met while a grid was filled: cells of the corridor, those without elevation, kilometres beside them."""

    used: BoolArray
    cells: int = 0
    missing: int = 0
    km: set[int] = field(default_factory=set)

    def strips(
        self, path: Path, mosaic: Mosaic, corridor: Corridor, transform: Affine, side: int
    ) -> Iterator[float]:
        """Fill the grid in a file, a strip of blocks after the other; yield the share done."""
        shapely.prepare(corridor.outline)
        top, height = 0, 1
        while top < height:
            grid = np.load(path, mmap_mode="r+")  # opened anew, so that no more than a strip stays in memory
            height = grid.shape[0]
            for left in range(0, grid.shape[1], side):
                part = grid[top : top + side, left : left + side]
                part[:] = self._block(mosaic, corridor, transform @ Affine.translation(left, top), part.shape)
            top += side
            yield min(top / height, 1.0)

    def _block(
        self, mosaic: Mosaic, corridor: Corridor, place: Affine, shape: tuple[int, int]
    ) -> Float32Array:
        """Return the elevation of a block, nan outside the corridor."""
        inside = _inside(corridor, place, shape)
        if inside is None:
            return np.full(shape, np.nan, dtype=np.float32)
        found, origin = mosaic.onto(corridor.crs, place, shape)
        self.used[np.unique(origin[inside & (origin >= 0)])] = True
        self.cells += int(inside.sum())
        row, col = np.nonzero(inside & np.isnan(found))
        self.missing += len(row)
        if len(row):
            every = slice(None, None, len(row) // MOST_PLACED + 1)
            x = place.c + place.a * (col[every].astype(np.float64) + 0.5)
            y = place.f + place.e * (row[every].astype(np.float64) + 0.5)
            self.km.update(np.unique(corridor.nearest(x, y)[1].astype(np.int64)).tolist())
        return np.where(inside, found, np.float32(np.nan))

    @property
    def stretches(self) -> tuple[tuple[float, float], ...]:
        """Return the stretches of the line beside which elevation is missing, in whole kilometres."""
        km = np.array(sorted(self.km), dtype=np.int64)
        runs = np.split(km, np.flatnonzero(np.diff(km) > 1) + 1)
        return tuple((float(run[0]), float(run[-1] + 1)) for run in runs if len(run))


def _inside(corridor: Corridor, place: Affine, shape: tuple[int, int]) -> BoolArray | None:
    """Return which cells of a block lie in the corridor; None where none can."""
    box = shapely.box(place.c, place.f + place.e * shape[0], place.c + place.a * shape[1], place.f)
    if not shapely.intersects(corridor.outline, box):
        return None
    if shapely.contains(corridor.outline, box):
        return np.ones(shape, dtype=np.bool_)
    near = shapely.intersection(corridor.outline, shapely.buffer(box, 2.0 * place.a))
    inside: BoolArray = geometry_mask([near], out_shape=shape, transform=place, invert=True)
    return inside


def _require_line(mosaic: Mosaic, line: Line, crs: CRS, transform: Affine, grid: Float32Array) -> None:
    """Raise SpecError where none of the line has elevation."""
    row, col = _rowcol(crs, transform, line.lon, line.lat).T
    if np.isnan(grid[row, col]).all():
        west, south, east, north = mosaic.bounds
        raise SpecError(
            f"the line, lon {line.lon.min():.2f}..{line.lon.max():.2f}, lat {line.lat.min():.2f}..{line.lat.max():.2f}, lies "
            f"on none of {len(mosaic.rasters)} rasters, which reach from {west:.2f},{south:.2f} to {east:.2f},{north:.2f} "
            "(lon first). Give rasters of the border, or mend the line."
        )


def _rowcol(crs: CRS, transform: Affine, lon: FloatArray, lat: FloatArray) -> npt.NDArray[np.int64]:
    """Return row and column of the cells that hold points, shape (n, 2)."""
    x, y = (np.asarray(each) for each in to_metres(crs).transform(lon, lat))
    row, col = (y - transform.f) / transform.e, (x - transform.c) / transform.a
    return np.floor(np.stack([row, col], axis=1)).astype(np.int64)


def _said_missing(count: int, cells: int, stretches: tuple[tuple[float, float], ...]) -> list[str]:
    if not count:
        return []
    told = ", ".join(f"{start:.0f}-{stop:.0f}" for start, stop in stretches[:5])
    more = f" and {len(stretches) - 5} more" if len(stretches) > 5 else ""
    return [
        f"{count:,} of {cells:,} cells of the corridor ({count / cells:.2%}) have no elevation, beside km {told}{more}"
    ]
