"""The corridor: what lies within some kilometres of the line, on which side, at which chainage."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import shapely
from affine import Affine
from pyproj import CRS, Transformer
from scipy.spatial import cKDTree

from sarhad.place.border import FloatArray, Line

SideArray = npt.NDArray[np.int8]

DENSE_M = 100.0  # largest spacing of the points on which the nearest point of the line is looked up
OUTSIDE, INSIDE, BEYOND = 0, 1, 2
SIDE_NAMES = {INSIDE: "inside", BEYOND: "beyond"}


@lru_cache(maxsize=8)
def to_metres(crs: CRS) -> Transformer:
    """Return the transformer from lon, lat to x, y of a coordinate system."""
    return Transformer.from_crs("EPSG:4326", crs, always_xy=True)


@dataclass(frozen=True)
class Corridor:
    """The line in metres with its corridor.

    Parameters
    ----------
    line
        The border line.
    crs
        The local metric projection.
    width_km
        Reach to each side.
    """

    line: Line
    crs: CRS
    width_km: float

    @cached_property
    def dense(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return x, y, chainage of points on the line, no two neighbours farther apart than 100 m."""
        x, y = to_metres(self.crs).transform(self.line.lon, self.line.lat)
        pieces = np.maximum(1, np.ceil(np.hypot(np.diff(x), np.diff(y)) / DENSE_M)).astype(np.int64)
        at = np.concatenate([[0], np.cumsum(pieces)])
        fine = np.arange(at[-1] + 1)
        return np.interp(fine, at, x), np.interp(fine, at, y), np.interp(fine, at, self.line.chainage_km)

    @cached_property
    def outline(self) -> shapely.Geometry:
        """Return an area that holds the corridor, x y; `locate` cuts it to the exact width."""
        x, y, _ = self.dense
        plain = shapely.simplify(shapely.linestrings(np.column_stack([x, y])), DENSE_M)
        return shapely.buffer(plain, self.width_km * 1000.0 + 2.0 * DENSE_M)

    def grid(self, cell_m: float) -> tuple[Affine, tuple[int, int]]:
        """Return transform and shape of the square cells over the corridor, aligned to whole cells."""
        west, south, east, north = np.asarray(self.outline.bounds) / cell_m
        west, south, east, north = (
            np.floor(west) - 1,
            np.floor(south) - 1,
            np.ceil(east) + 1,
            np.ceil(north) + 1,
        )
        transform = Affine(cell_m, 0.0, float(west * cell_m), 0.0, -cell_m, float(north * cell_m))
        return transform, (int(north - south), int(east - west))

    @cached_property
    def _tree(self) -> cKDTree:
        x, y, _ = self.dense
        return cKDTree(np.column_stack([x, y]))

    @cached_property
    def _inside(self) -> shapely.Geometry:
        """Return the part of the corridor on the programme's own side, line ends extended straight."""
        x, y, _ = self.dense
        reach = 2.0 * self.width_km * 1000.0
        ends = [_beyond_end(x, y, 0, reach), _beyond_end(x, y, -1, reach)]
        cut = shapely.linestrings(np.vstack([ends[0], np.column_stack([x, y]), ends[1]]))
        noded = shapely.union_all([self.outline.boundary, cut])
        faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
        left, right = _probes(x, y)
        own, other = (left, right) if self.line.is_inside_left else (right, left)
        shapely.prepare(faces)
        kept = [
            face
            for face in faces
            if shapely.contains_xy(face, *own).sum() > shapely.contains_xy(face, *other).sum()
        ]
        found = shapely.union_all(kept)
        shapely.prepare(found)
        return found

    def nearest(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
        """Return distance in km and chainage in km of the nearest line point, and whether that is an end."""
        line_x, line_y, line_km = self.dense
        _, vertex = self._tree.query(np.column_stack([x, y]))
        best = np.full(len(x), np.inf)
        km = np.zeros(len(x))
        for first in (vertex - 1, vertex):
            a = np.clip(first, 0, len(line_x) - 2)
            dx, dy = line_x[a + 1] - line_x[a], line_y[a + 1] - line_y[a]
            along = np.clip(((x - line_x[a]) * dx + (y - line_y[a]) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
            distance = np.hypot(x - line_x[a] - along * dx, y - line_y[a] - along * dy)
            closer = distance < best
            best = np.where(closer, distance, best)
            km = np.where(closer, line_km[a] + along * (line_km[a + 1] - line_km[a]), km)
        is_end = (km <= 0.0) | (km >= line_km[-1])
        return best / 1000.0, km, is_end

    def locate(self, x: FloatArray, y: FloatArray) -> tuple[SideArray, FloatArray, FloatArray]:
        """Return side, distance in km and chainage in km of points; distance and chainage nan outside.

        Sides are 1 inside, 2 beyond, 0 outside the corridor or past an end of the line.
        """
        side = np.zeros(len(x), dtype=np.int8)
        distance, chainage = np.full((2, len(x)), np.nan)
        shapely.prepare(self.outline)
        within = np.flatnonzero(shapely.contains_xy(self.outline, x, y))
        km, at, is_end = self.nearest(x[within], y[within])
        fine = ~is_end & (km <= self.width_km)
        within = within[fine]
        distance[within], chainage[within] = km[fine], at[fine]
        side[within] = np.where(shapely.contains_xy(self._inside, x[within], y[within]), INSIDE, BEYOND)
        return side, distance, chainage


def _beyond_end(x: FloatArray, y: FloatArray, end: int, reach: float) -> FloatArray:
    """Return a point straight on past an end of the line, shape (1, 2)."""
    inner = min(len(x) - 1, 20) if end == 0 else max(-len(x), -21)
    dx, dy = x[end] - x[inner], y[end] - y[inner]
    length = np.hypot(dx, dy)
    return np.array([[x[end] + dx / length * reach, y[end] + dy / length * reach]])


def _probes(
    x: FloatArray, y: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Return points half a metre to the left and to the right of the line."""
    dx, dy = np.diff(x), np.diff(y)
    length = np.hypot(dx, dy)
    middle_x, middle_y = (x[:-1] + x[1:]) / 2, (y[:-1] + y[1:]) / 2
    off_x, off_y = -dy / length / 2, dx / length / 2
    return (middle_x + off_x, middle_y + off_y), (middle_x - off_x, middle_y - off_y)
