"""The terrain grid along the line: elevation, side, chainage and distance of every cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray, line_of
from sarhad.place.corridor import Corridor, SideArray, to_metres
from sarhad.place.mosaic import Mosaic
from sarhad.place.projection import choose_projection
from sarhad.place.raster import rasters_of
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.terrain import uncovered_corridor
from sarhad.programme.memory import spare_bytes

Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

CELLS_AT_ONCE = 2_000_000  # located
BYTES_A_CELL = 32  # of the grid and what it is made with, rasters aside
RELIEF_KM = 5.0  # relief is that of the ground within so many km


@dataclass(frozen=True)
class Terrain:
    """A grid of square cells over the corridor.

    Parameters
    ----------
    crs
        Projected coordinate system in metres, chosen from the line.
    transform
        From column and row to x and y (rasterio order).
    elevation_m
        Elevation of the cell centre, nan where no raster has it, shape (h, w).
    side
        0 outside the corridor, 1 inside, 2 beyond, shape (h, w).
    chainage_km, distance_km
        Nearest point of the line and distance from it, nan outside the corridor, shape (h, w).
    distortion
        Largest ``|scale - 1|`` of the projection along line and corridor.
    candidates
        The same of each projection that was tried.
    share_filled
        Share of the corridor's cells whose elevation is from each raster.
    share_missing
        Share of the corridor's cells without elevation; those count as outside.
    """

    crs: CRS
    transform: Affine
    elevation_m: Float32Array
    side: SideArray
    chainage_km: Float32Array
    distance_km: Float32Array
    distortion: float
    candidates: Mapping[str, float] = field(default_factory=dict)
    share_filled: Mapping[str, float] = field(default_factory=dict)
    share_missing: float = 0.0

    @property
    def cell_m(self) -> float:
        """Return the width of a cell."""
        return float(self.transform.a)

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows and columns."""
        return self.side.shape[0], self.side.shape[1]

    def rowcol(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[IntArray, IntArray]:
        """Return row and column of the cells that hold points; may lie off the grid."""
        x, y = to_metres(self.crs).transform(
            np.atleast_1d(np.asarray(lon, dtype=np.float64)), np.atleast_1d(np.asarray(lat, dtype=np.float64))
        )
        row = np.floor((self.transform.f - np.asarray(y)) / self.cell_m)
        col = np.floor((np.asarray(x) - self.transform.c) / self.cell_m)
        return row.astype(np.int64), col.astype(np.int64)

    def xy(self, rows: npt.ArrayLike, cols: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return x and y of cell centres."""
        x = self.transform.c + self.cell_m * (np.asarray(cols, dtype=np.float64) + 0.5)
        y = self.transform.f - self.cell_m * (np.asarray(rows, dtype=np.float64) + 0.5)
        return x, y

    def lonlat(self, rows: npt.ArrayLike, cols: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return lon and lat of cell centres, rounded to 7 decimals."""
        lon, lat = to_metres(self.crs).transform(*self.xy(rows, cols), direction="INVERSE")
        return np.round(lon, 7), np.round(lat, 7)

    def relief_m(self, rows: IntArray, cols: IntArray) -> float:
        """Return the highest minus the lowest elevation within 5 km of any of the cells."""
        reach = int(RELIEF_KM * 1000 // self.cell_m)
        top, left = max(rows.min() - reach, 0), max(cols.min() - reach, 0)
        window = self.elevation_m[top : rows.max() + reach + 1, left : cols.max() + reach + 1]
        down, right = np.ogrid[: window.shape[0], : window.shape[1]]
        near = np.zeros(window.shape, dtype=np.bool_)
        for row, col in sorted(set(zip((rows - top).tolist(), (cols - left).tolist(), strict=True))):
            near |= (down - row) ** 2 + (right - col) ** 2 <= reach**2
        return float(np.nanmax(window[near]) - np.nanmin(window[near]))


def terrain(prog: Programme, *, memory_limit_bytes: float | None = None) -> Terrain:
    """Return the terrain grid of a programme.

    Parameters
    ----------
    prog
        The programme.
    memory_limit_bytes
        Refuse before anything is read what needs more; None: what the machine can spare.

    Raises
    ------
    SpecError
        If the memory allowed is too little.
    DataError
        If more than 1 % of the corridor has no elevation in any raster.
    CrsMismatchError
        If a raster has no coordinate system.
    """
    line = line_of(prog)
    width_km = float(prog.setting("corridor_km"))
    projection = choose_projection(line, width_km)
    corridor = Corridor(line, projection.crs, width_km)
    transform, shape = corridor.grid(float(prog.setting("cell_m")))
    names, mosaic = _rasters(prog)
    _require_memory(shape, mosaic.reading_bytes(transform.a, shape, is_whole=True), memory_limit_bytes)
    side, distance, chainage = _located(corridor, transform, shape)
    elevation, origin = mosaic.onto(projection.crs, transform, shape, is_whole=True)
    require_none(uncovered_corridor(prog))
    covered, missing = side > 0, (side > 0) & np.isnan(elevation.ravel())
    counts = np.bincount(origin.ravel()[covered & ~missing], minlength=len(names))
    side[missing] = 0
    distance[missing] = chainage[missing] = np.nan
    return Terrain(
        crs=projection.crs,
        transform=transform,
        elevation_m=elevation,
        side=side.reshape(shape),
        chainage_km=chainage.reshape(shape),
        distance_km=distance.reshape(shape),
        distortion=projection.distortion,
        candidates=projection.candidates,
        share_filled={name: float(n / covered.sum()) for name, n in zip(names, counts, strict=True)},
        share_missing=float(missing.sum() / covered.sum()),
    )


def _require_memory(shape: tuple[int, int], reading_bytes: int, limit: float | None) -> None:
    needed = shape[0] * shape[1] * BYTES_A_CELL + reading_bytes
    allowed = spare_bytes() if limit is None else limit
    if allowed is not None and needed > allowed:
        raise SpecError(
            f"memory: {shape[0]:,} x {shape[1]:,} cells of terrain need {needed / 1e9:.2f} GB, {allowed / 1e9:.2f} GB are "
            "allowed. Give a larger cell_m, a smaller corridor_km, or allow more."
        )


def _located(
    corridor: Corridor, transform: Affine, shape: tuple[int, int]
) -> tuple[SideArray, Float32Array, Float32Array]:
    """Return side, distance and chainage of all cells, a strip of rows at a time; flat."""
    side = np.zeros(shape, dtype=np.int8)
    distance, chainage = np.empty((2, *shape), dtype=np.float32)
    deep = max(CELLS_AT_ONCE // shape[1], 1)
    for top in range(0, shape[0], deep):
        strip = slice(top, min(top + deep, shape[0]))
        size = strip.stop - top, shape[1]
        rows, cols = np.indices(size, dtype=np.float64).reshape(2, -1)
        x, y = transform.c + transform.a * (cols + 0.5), transform.f + transform.e * (rows + top + 0.5)
        on_side, km_off, km_along = corridor.locate(x, y)
        side[strip], distance[strip] = on_side.reshape(size), km_off.reshape(size)
        chainage[strip] = km_along.reshape(size)
    return side.ravel(), distance.ravel(), chainage.ravel()


def _rasters(prog: Programme) -> tuple[list[str], Mosaic]:
    """Return the rasters of elevation by priority, their names and themselves."""
    table = prog["raster"]
    table = table[table["kind"] == "elevation"].sort_values(["priority", "id"])
    names = table["id"].tolist()
    return names, Mosaic(rasters_of({f"raster {name}": prog.raster(name) for name in names}))
