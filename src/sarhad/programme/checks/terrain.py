"""Checks of the rasters: the right files, a coordinate system, metres, and cover of the corridor."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from sarhad.programme.checks.line import usable_line
from sarhad.programme.faults import Fault
from sarhad.programme.geodesy import WGS84, line_length_km

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

METRES = ("", "m", "metre", "metres", "meter", "meters")
LARGEST_SIDE = 2000  # cells read per side: enough to judge cover
STEP_KM = 1.0
MAY_MISS = 0.001  # share of the corridor

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def wrong_rasters(prog: Programme) -> Iterator[Fault]:
    """Yield rasters that are absent, altered, unreadable, without coordinate system or not in metres."""
    held = set(prog.raster_files)
    rows = prog["raster"]
    for row in rows.to_dict("records"):
        name, file = str(row["id"]), row["file"]
        if file not in held:
            yield Fault(
                "raster", name, "file", str(file), "is not in the folder of rasters", "Put the file there."
            )
            continue
        data = prog.raster(name)
        found = hashlib.sha256(data).hexdigest()
        if found != row["sha256"]:
            remedy = f"Put the original file back, or write sha256 {found} if it is the right one."
            yield Fault(
                "raster", name, "sha256", str(row["sha256"]), "is not the checksum of the file", remedy
            )
        yield from _wrong_file(name, str(file), data)
    for file in sorted(held - set(rows["file"].dropna())):
        yield Fault(
            "raster", "", "file", file, "has no row in the table raster", "Add its row or remove the file."
        )


def uncovered_corridor(prog: Programme) -> Iterator[Fault]:
    """Yield how much of the corridor no elevation raster covers."""
    line = usable_line(prog)
    if line is None:
        return
    depth_km = float(prog.setting("corridor_km"))
    if prog["raster"].empty:
        yield Fault(
            "raster",
            "",
            "",
            "",
            "has no rows",
            f"Add a GeoTIFF of elevations for {depth_km:g} km to each side.",
        )
        return
    lon, lat = _corridor_points(line, depth_km)
    is_covered = np.zeros(len(lon), dtype=bool)
    for row in prog["raster"].to_dict("records"):
        if row["file"] in prog.raster_files:
            is_covered |= _covers(prog.raster(str(row["id"])), lon, lat)
    missing = float(1.0 - is_covered.mean())
    if missing > 0:
        box = f"lon {lon.min():.2f}..{lon.max():.2f}, lat {lat.min():.2f}..{lat.max():.2f}"
        text = (
            f"leaves {100 * missing:.2g} % of the corridor of {depth_km:g} km to each side without elevations"
        )
        remedy = f"Add rasters that cover {box}, or lower the setting corridor_km."
        yield Fault("raster", "", "", "", text, remedy, "error" if missing > MAY_MISS else "notice")


def _wrong_file(name: str, file: str, data: bytes) -> Iterator[Fault]:
    import rasterio

    try:
        crs, unit, heights = _read(data)
    except rasterio.errors.RasterioError:
        yield Fault("raster", name, "file", file, "is not a raster that can be read", "Give a GeoTIFF.")
        return
    if crs is None:
        yield Fault(
            "raster", name, "file", file, "has no coordinate system (CRS)", "Assign the one it was made in."
        )
    if unit.lower() not in METRES:
        yield Fault(
            "raster",
            name,
            "file",
            file,
            f"is in {unit}",
            "Convert it to metres, as the column unit declares.",
        )
    known = heights[np.isfinite(heights)]
    if len(known) and (known.min() < -500.0 or known.max() > 9000.0):
        text = f"has elevations of {known.min():.0f}..{known.max():.0f}, not in -500..9000 m"
        yield Fault(
            "raster", name, "file", file, text, "Feet or decimetres? Convert to metres; mark voids as nodata."
        )


def _read(data: bytes) -> tuple[Any, str, Floats]:
    """Return coordinate system, unit and a sample of the elevations, NaN where there are none."""
    from rasterio.io import MemoryFile

    with _quiet(), MemoryFile(data) as memory, memory.open() as raster:
        shape = tuple(min(side, LARGEST_SIDE) for side in raster.shape)
        heights = raster.read(1, out_shape=shape, masked=True).astype(np.float64).filled(np.nan)
        return raster.crs, raster.units[0] or "", heights


def _covers(data: bytes, lon: Floats, lat: Floats) -> Bools:
    """Return where a raster has an elevation; nowhere when it cannot be read or placed."""
    import rasterio
    from pyproj import Transformer
    from rasterio.io import MemoryFile

    nowhere = np.zeros(len(lon), dtype=bool)
    try:
        with _quiet(), MemoryFile(data) as memory, memory.open() as raster:
            if raster.crs is None:
                return nowhere
            shape = tuple(min(side, LARGEST_SIDE) for side in raster.shape)
            mask = raster.read_masks(1, out_shape=shape) > 0
            bounds, wkt = raster.bounds, raster.crs.to_wkt()
    except rasterio.errors.RasterioError:
        return nowhere
    x, y = Transformer.from_crs("EPSG:4326", wkt, always_xy=True).transform(lon, lat)
    col = np.floor((x - bounds.left) / (bounds.right - bounds.left) * shape[1])
    row = np.floor((bounds.top - y) / (bounds.top - bounds.bottom) * shape[0])
    is_within = (col >= 0) & (col < shape[1]) & (row >= 0) & (row < shape[0])
    nowhere[is_within] = mask[row[is_within].astype(int), col[is_within].astype(int)]
    return nowhere


def _corridor_points(line: shapely.LineString, depth_km: float) -> tuple[Floats, Floats]:
    """Return points spread over the ground within so many km of the line."""
    coordinates = shapely.get_coordinates(line)
    count = max(2, int(line_length_km(line) / STEP_KM))
    share = np.linspace(0.0, 1.0, count)
    along = shapely.get_coordinates(shapely.line_interpolate_point(line, share, normalized=True))
    along = np.concatenate([coordinates[[0, -1]], along])
    azimuths, reaches = np.arange(0.0, 360.0, 45.0), depth_km * 1000.0 * np.array([0.0, 0.5, 0.98])
    azimuth, reach = (grid.ravel() for grid in np.meshgrid(azimuths, reaches))
    lon, lat = np.repeat(along, len(azimuth), axis=0).T
    lon, lat, _ = WGS84.fwd(lon, lat, np.tile(azimuth, len(along)), np.tile(reach, len(along)))
    return np.asarray(lon), np.asarray(lat)


def _quiet() -> warnings.catch_warnings[None]:
    """Return a context in which a raster without georeference does not warn: it is a fault of its own."""
    return warnings.catch_warnings(action="ignore")
