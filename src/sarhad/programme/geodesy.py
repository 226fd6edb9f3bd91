"""Lengths, distances and positions on the WGS 84 ellipsoid."""

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


def chainage_km(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Return the geodesic distance along a line of each vertex from the first, shape (n,).

    References
    ----------
    Karney (2013), Algorithms for geodesics, J. Geodesy 87, 43-55.
    """
    _, _, steps_m = WGS84.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    return np.concatenate([[0.0], np.cumsum(np.asarray(steps_m, dtype=np.float64)) / 1000.0])


def distance_km(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return the geodesic distances between places given as lon lat, shape (len(one), len(other))."""
    first, second = np.broadcast_arrays(one[:, None, :], other[None, :, :])
    _, _, metres = WGS84.inv(first[..., 0], first[..., 1], second[..., 0], second[..., 1])
    return np.asarray(metres, dtype=np.float64).reshape(len(one), len(other)) / 1000.0


def nearest_piece(line: shapely.LineString, lon: float, lat: float) -> tuple[int, float, bool]:
    """Return which piece of the line is nearest to a place, how far along it [0..1], and is the place to its left.

    Notes
    -----
    Pieces are taken as straight in a plane scaled by the cosine of the place's latitude: good to
    some metres near the line, enough to check given positions. Models use `place` instead.
    """
    points = (shapely.get_coordinates(line) - [lon, lat]) * [np.cos(np.radians(lat)), 1.0]
    start, along = points[:-1], np.diff(points, axis=0)
    squared = np.maximum((along**2).sum(axis=1), 1e-300)
    share = np.clip(-(start * along).sum(axis=1) / squared, 0.0, 1.0)
    k = int(np.argmin(((start + share[:, None] * along) ** 2).sum(axis=1)))
    is_left = along[k, 0] * -start[k, 1] - along[k, 1] * -start[k, 0] > 0
    return k, float(share[k]), bool(is_left)


def nearest_on_line(line: shapely.LineString, lon: float, lat: float) -> tuple[float, float]:
    """Return chainage and distance, both km, of the point of the line nearest to a place; see `nearest_piece`."""
    k, share, _ = nearest_piece(line, lon, lat)
    coordinates = shapely.get_coordinates(line)
    at = chainage_km(*coordinates.T)
    there = coordinates[k] + share * (coordinates[k + 1] - coordinates[k])
    _, _, metres = WGS84.inv(lon, lat, there[0], there[1])
    return float(at[k] + share * (at[k + 1] - at[k])), float(metres) / 1000.0


def unit_vectors(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Return places as vectors of length 1 from the centre of a sphere, shape (n, 3)."""
    east, north = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
