"""The line: chainage along the geodesic, the point at a chainage, parts of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from sarhad.errors import DataError
from sarhad.programme import Programme
from sarhad.programme.geodesy import WGS84, chainage_km

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A border line with its chainage.

    Parameters
    ----------
    lon, lat
        Vertices in degrees, WGS 84, shape (V,).
    chainage_km
        Geodesic distance of each vertex from the start, shape (V,).
    is_inside_left
        Does the programme's own side lie to the left in the direction of the line.
    """

    lon: FloatArray
    lat: FloatArray
    chainage_km: FloatArray
    is_inside_left: bool

    @property
    def length_km(self) -> float:
        """Return the geodesic length."""
        return float(self.chainage_km[-1])

    def point_at(self, chainage_km: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return lon and lat at chainages, on the geodesic between the vertices.

        Raises
        ------
        DataError
            If a chainage lies off the line.
        """
        wanted = np.atleast_1d(np.asarray(chainage_km, dtype=np.float64))
        off = (wanted < 0) | (wanted > self.length_km) | np.isnan(wanted)
        if off.any():
            values = ", ".join(f"{value:g}" for value in wanted[off][:5])
            raise DataError(
                f"border: {int(off.sum())} of {len(wanted)} chainages lie off the line of "
                f"{self.length_km:.3f} km: {values}. Give chainages on the line."
            )
        start = np.clip(
            np.searchsorted(self.chainage_km, wanted, side="right") - 1, 0, len(self.chainage_km) - 2
        )
        azimuth, _, _ = WGS84.inv(self.lon[start], self.lat[start], self.lon[start + 1], self.lat[start + 1])
        lon, lat, _ = WGS84.fwd(
            self.lon[start], self.lat[start], azimuth, (wanted - self.chainage_km[start]) * 1000.0
        )
        return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)

    def part(self, from_km: float, to_km: float) -> shapely.LineString:
        """Return the part of the line between two chainages, lon lat."""
        lon, lat = self.point_at([from_km, to_km])
        between = (self.chainage_km > from_km) & (self.chainage_km < to_km)
        return shapely.LineString(
            np.column_stack(
                [np.r_[lon[0], self.lon[between], lon[1]], np.r_[lat[0], self.lat[between], lat[1]]]
            )
        )


def line_of(prog: Programme) -> Line:
    """Return the border line of a programme.

    Raises
    ------
    DataError
        If there is not exactly one line, or it crosses itself.
    """
    border = prog["border"]
    if len(border) != 1:
        raise DataError(
            f"border: {len(border)} lines found: {', '.join(border['id'][:5])}. Give exactly one line.",
            table="border",
            ids=tuple(border["id"]),
        )
    geometry = border["geometry"].iloc[0]
    if not shapely.is_simple(geometry):
        raise DataError(
            f"border.geometry: the line {border['id'].iloc[0]} crosses itself. Mend the line.",
            table="border",
            column="geometry",
            ids=(border["id"].iloc[0],),
        )
    lon, lat = shapely.get_coordinates(geometry).T
    return Line(lon, lat, chainage_km(lon, lat), bool(border["inside_side"].iloc[0] == "left"))
