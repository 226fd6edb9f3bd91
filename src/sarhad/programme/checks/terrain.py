"""Checks of the rasters: the right files, a coordinate system, metres, and cover of the corridor.

`place.terrain` refuses a corridor that is not covered by the same function.
"""

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
from sarhad.programme.geodesy import EARTH_KM, chainage_km, unit_vectors

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

METRES = ("", "m", "metre", "metres", "meter", "meters")
LARGEST_SIDE = 2000  # cells read per side: enough to judge cover
STEP_KM = 1.0  # between points at which cover is judged, and half of it along the line
MOST_POINTS = 250_000  # of a box around the corridor: farther apart where there would be more
LOW_M = 10.0  # land all of which is lower is rarer than elevations in km: no peak reaches 10 of these
MAY_MISS = 0.01  # share of the corridor

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
    lon, lat, chainage = _corridor_points(line, depth_km)
    is_covered = np.zeros(len(lon), dtype=bool)
    for row in prog["raster"].to_dict("records"):
        if row["file"] in prog.raster_files:
            is_covered |= _covers(prog.raster(str(row["id"])), lon, lat)
    missing = float(1.0 - is_covered.mean())
    if missing > 0:
        at = chainage[~is_covered]
        box = f"lon {lon.min():.2f}..{lon.max():.2f}, lat {lat.min():.2f}..{lat.max():.2f}"
        text = (
            f"leaves {as_percent(missing)} % of the corridor of {depth_km:g} km to each side without elevations, "
            f"between km {at.min():.0f} and km {at.max():.0f} of the line"
        )
        remedy = f"Add rasters that cover {box}, or lower the setting corridor_km."
        yield Fault("raster", "", "", "", text, remedy, "error" if missing > MAY_MISS else "notice")


def as_percent(share: float) -> str:
    """Return a share as percent with three digits; only the whole is 100."""
    return f"{100 * share if share in (0.0, 1.0) else min(100 * share, 99.9):.3g}"


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
    if len(known) and not unit and np.abs(known).max() < LOW_M and known.min() < known.max():
        text = f"has elevations of {known.min():.3g}..{known.max():.3g} only"
        remedy = (
            "Kilometres? Multiply by 1000. Where the land really is so low, state m as the unit of its band "
            "(gdal_edit -units m)."
        )
        yield Fault("raster", name, "file", file, text, remedy)


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
            heights = raster.read(1, out_shape=shape, masked=True).astype(np.float64).filled(np.nan)
            bounds, wkt = raster.bounds, raster.crs.to_wkt()
    except rasterio.errors.RasterioError:
        return nowhere
    x, y = Transformer.from_crs("EPSG:4326", wkt, always_xy=True).transform(lon, lat)
    col = np.floor((x - bounds.left) / (bounds.right - bounds.left) * shape[1])
    row = np.floor((bounds.top - y) / (bounds.top - bounds.bottom) * shape[0])
    is_within = (col >= 0) & (col < shape[1]) & (row >= 0) & (row < shape[0])
    nowhere[is_within] = ~np.isnan(heights[row[is_within].astype(int), col[is_within].astype(int)])
    return nowhere


def _corridor_points(line: shapely.LineString, depth_km: float) -> tuple[Floats, Floats, Floats]:
    """Return lon, lat and chainage in km of points evenly spread over the corridor.

    That is the ground within so many km of the line whose nearest point of the line is not one of its ends.
    """
    from scipy.spatial import cKDTree

    at = chainage_km(*shapely.get_coordinates(line).T)
    along = np.linspace(0.0, at[-1], max(3, int(at[-1] / STEP_KM * 2) + 1))
    line_lon, line_lat = (np.interp(along, at, part) for part in shapely.get_coordinates(line).T)
    lon, lat = _box_points(line_lon, line_lat, depth_km)
    tree = cKDTree(unit_vectors(line_lon, line_lat))
    nearest = np.asarray(tree.query(unit_vectors(lon, lat), distance_upper_bound=depth_km / EARTH_KM)[1])
    here = (nearest > 0) & (nearest < len(along) - 1)  # beyond the depth `nearest` is the length
    if not here.any():
        return line_lon, line_lat, along
    return lon[here], lat[here], along[nearest[here]]


def _box_points(line_lon: Floats, line_lat: Floats, depth_km: float) -> tuple[Floats, Floats]:
    """Return lon and lat of points evenly spread over a box that holds the corridor."""
    degree_km = np.radians(EARTH_KM)
    low, high = line_lat.min() - depth_km / degree_km, line_lat.max() + depth_km / degree_km
    shrink = np.cos(np.radians(np.clip(max(abs(low), abs(high)), 0.0, 89.0)))
    west, east = (
        line_lon.min() - depth_km / degree_km / shrink,
        line_lon.max() + depth_km / degree_km / shrink,
    )
    step = max(STEP_KM / degree_km, float(np.sqrt((high - low) * (east - west) * shrink / MOST_POINTS)))
    rows = np.arange(low, high, step)
    parts = [np.arange(west, east, step / np.cos(np.radians(np.clip(row, -89.0, 89.0)))) for row in rows]
    return np.concatenate(parts), np.repeat(rows, [len(part) for part in parts])


def _quiet() -> warnings.catch_warnings[None]:
    """Return a context in which a raster without georeference does not warn: it is a fault of its own."""
    return warnings.catch_warnings(action="ignore")
