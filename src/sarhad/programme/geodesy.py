"""Lengths and positions on the WGS 84 ellipsoid, as far as checks and counts need them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod

WGS84 = Geod(ellps="WGS84")
EARTH_KM = 6371.0088  # mean radius

FloatArray = npt.NDArray[np.float64]


def line_length_km(line: shapely.LineString) -> float:
    """Return the geodesic length of a line given in lon lat."""
    lon, lat = shapely.get_coordinates(line).T
    return float(WGS84.line_length(lon, lat)) / 1000.0


def vertex_chainage_km(line: shapely.LineString) -> npt.NDArray[np.float64]:
    """Return the geodesic distance along the line of each vertex, shape (n,)."""
    lon, lat = shapely.get_coordinates(line).T
    steps = WGS84.line_lengths(lon, lat) if len(lon) > 1 else np.zeros(0)
    return np.concatenate([[0.0], np.cumsum(np.asarray(steps, dtype=np.float64))]) / 1000.0


def nearest_on_line(line: shapely.LineString, lon: float, lat: float) -> tuple[float, float]:
    """Return chainage and distance, both km, of the point of the line nearest to a place.

    Notes
    -----
    Segments are taken as straight in a plane scaled by the cosine of the place's latitude: good to
    some metres near the line, enough to check given positions. Models use `place` instead.
    """
    scale = np.array([np.cos(np.radians(lat)), 1.0])
    points = (shapely.get_coordinates(line) - [lon, lat]) * scale
    start, along = points[:-1], np.diff(points, axis=0)
    squared = np.maximum((along**2).sum(axis=1), 1e-300)
    share = np.clip(-(start * along).sum(axis=1) / squared, 0.0, 1.0)
    nearest = start + share[:, None] * along
    k = int(np.argmin((nearest**2).sum(axis=1)))
    chainage = vertex_chainage_km(line)
    there = nearest[k] / scale + [lon, lat]
    _, _, metres = WGS84.inv(lon, lat, there[0], there[1])
    return float(chainage[k] + share[k] * (chainage[k + 1] - chainage[k])), float(metres) / 1000.0


def unit_vectors(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Return places as vectors of length 1 from the centre of a sphere, shape (n, 3)."""
    east, north = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
