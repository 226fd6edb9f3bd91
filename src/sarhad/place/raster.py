"""A raster of elevations: what its header says, checked before anything is read, and its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.io import MemoryFile
from rasterio.warp import transform, transform_bounds
from rasterio.windows import Window

from sarhad.errors import CrsMismatchError, SarhadError, SpecError, StoreError

Float32Array = npt.NDArray[np.float32]
Bounds = tuple[float, float, float, float]

LOWEST_M, HIGHEST_M = -12_000.0, 9_000.0  # beyond these an elevation is a void, such as the -32768 of int16
METRES = ("", "m", "metre", "metres", "meter", "meters")
ALIGNED = 1e-3  # of a cell: how far rasters of one lattice may be off
LIKE_DEGREES = 360.0  # coordinates all within this, with cells below a metre, are no metres


@dataclass(frozen=True)
class Raster:
    """A raster of elevations as its header describes it.

    Parameters
    ----------
    name
        As errors and notices call it.
    content
        Its file, or the bytes of one.
    wkt
        Its coordinate system.
    transform
        From column and row to x and y (rasterio order).
    shape
        Rows and columns.
    cell_m
        Width and height of a cell in its middle [m].
    bounds
        West, south, east, north in degrees.
    """

    name: str
    content: Path | bytes
    wkt: str
    transform: Affine
    shape: tuple[int, int]
    cell_m: tuple[float, float]
    bounds: Bounds

    @contextmanager
    def opened(self) -> Iterator[rasterio.DatasetReader]:
        """Open it."""
        with _opened(self.name, self.content) as file:
            yield file

    def offset(self, of: Raster) -> tuple[int, int] | None:
        """Return row and column at which this begins on the lattice of another; None if it is on none."""
        if self.wkt != of.wkt:
            return None
        mine, its = self.transform, of.transform
        col, row = ~its @ (mine.c, mine.f)
        sides = np.array([mine.a - its.a, mine.b - its.b, mine.d - its.d, mine.e - its.e]) * max(self.shape)
        off = np.array([col - round(col), row - round(row)])
        cell = max(abs(its.a), abs(its.b))
        return (
            (round(row), round(col))
            if np.abs(off).max() < ALIGNED and np.abs(sides).max() < ALIGNED * cell
            else None
        )


def rasters_of(contents: Mapping[str, Path | bytes]) -> tuple[Raster, ...]:
    """Return rasters by name from their files or bytes, every fault of any collected; errors as of `mosaic.open_rasters`."""
    rasters, faults = [], []
    for name, content in contents.items():
        try:
            rasters.append(_raster(name, content))
        except SarhadError as error:
            faults.append(error)
    if faults:
        raise type(faults[0])("\n".join(str(fault) for fault in faults))
    return tuple(rasters)


@contextmanager
def _opened(name: str, content: Path | bytes) -> Iterator[rasterio.DatasetReader]:
    try:
        if isinstance(content, Path):
            with rasterio.open(content) as file:
                yield file
        else:
            with MemoryFile(content) as memory, memory.open() as file:
                yield file
    except rasterio.errors.RasterioIOError as error:
        raise StoreError(f"{name}: not a readable raster ({error}). Give a GeoTIFF, COG or VRT.") from error


def _raster(name: str, content: Path | bytes) -> Raster:
    with _opened(name, content) as file:
        _require_system(name, file)
        if file.count != 1:
            raise SpecError(
                f"{name}: holds {file.count} bands, and it does not say which is the elevation. Give one, for example "
                "with gdal_translate -b 1."
            )
        unit = (file.units[0] or "").lower()
        if unit not in METRES:
            raise SpecError(f"{name}: is in {unit}. Convert it to metres.")
        wkt = file.crs.to_wkt()
        west, south, east, north = transform_bounds(wkt, "EPSG:4326", *file.bounds, densify_pts=21)
        shape = file.height, file.width
        return Raster(
            name,
            content,
            wkt,
            file.transform,
            shape,
            _cell_m(wkt, file.transform, shape),
            (west, south, east, north),
        )


def _require_system(name: str, file: rasterio.DatasetReader) -> None:
    if file.crs is None:
        raise CrsMismatchError(
            f"{name}: the file names no coordinate system. Write one into it, for example with "
            "gdal_edit.py -a_srs EPSG:4326."
        )
    widest = float(np.abs(file.bounds).max())
    if file.crs.is_geographic and widest > LIKE_DEGREES:
        raise CrsMismatchError(
            f"{name}: its coordinates reach {widest:,.0f}, yet it says that they are degrees. Give it the projection "
            "it was made in."
        )
    if not file.crs.is_geographic and widest <= LIKE_DEGREES and max(file.res) < 1.0:
        raise CrsMismatchError(
            f"{name}: it says that its coordinates are metres, yet they look like degrees (none above {widest:.1f}). "
            "Give it EPSG:4326 if they are."
        )


def _cell_m(wkt: str, to_xy: Affine, shape: tuple[int, int]) -> tuple[float, float]:
    """Return width and height of the cell in the middle of a raster, in metres."""
    col, row = shape[1] / 2, shape[0] / 2
    xs, ys = zip(*(to_xy @ at for at in ((col, row), (col + 1, row), (col, row + 1))), strict=True)
    lons, lats = transform(wkt, "EPSG:4326", xs, ys)
    local = local_projection((lons[0], lats[0])).to_wkt()
    x, y = (np.asarray(each) for each in transform("EPSG:4326", local, lons, lats))
    return float(np.hypot(x[1] - x[0], y[1] - y[0])), float(np.hypot(x[2] - x[0], y[2] - y[0]))


def local_projection(at: tuple[float, float]) -> CRS:
    """Return transverse Mercator about a point (lon, lat), in metres."""
    return CRS.from_user_input(
        f"+proj=tmerc +lat_0={at[1]:.7f} +lon_0={at[0]:.7f} +k_0=1 +ellps=WGS84 +units=m"
    )


def read_window(raster: Raster, window: Window) -> Float32Array:
    """Return the elevations of a window that lies on the raster, nan where there is none."""
    with raster.opened() as file:
        values = file.read(1, window=window, masked=True).astype(np.float32).filled(np.nan)
        if (file.scales[0], file.offsets[0]) != (1.0, 0.0):
            values = (values * file.scales[0] + file.offsets[0]).astype(np.float32)
    values[~((values > LOWEST_M) & (values < HIGHEST_M))] = np.nan
    return np.asarray(values, dtype=np.float32)
