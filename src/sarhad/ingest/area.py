"""The area that data are fetched for: a box of degrees about the line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import shapely

from sarhad.errors import SpecError

KM_A_DEGREE = 111.195  # of latitude on the mean sphere
MOST_SQUARE_DEGREES = 400.0  # above this a box is more likely a slip than a border


@dataclass(frozen=True)
class Area:
    """A box from west to east and from south to north, in degrees.

    Raises
    ------
    SpecError
        If it has no extent, leaves the earth or is larger than any border needs.
    """

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        sides = (self.west, self.south, self.east, self.north)
        box = ",".join(f"{side:g}" for side in sides)
        if not all(math.isfinite(side) for side in sides):
            raise SpecError(f"box {box}: not all numbers. Give west,south,east,north in degrees.")
        if not (-180 <= self.west < self.east <= 180 and -90 <= self.south < self.north <= 90):
            raise SpecError(
                f"box {box}: not west < east within 180 and south < north within 90 degrees. Give "
                "west,south,east,north; fetch a box across the date line in two parts."
            )
        if (self.east - self.west) * (self.north - self.south) > MOST_SQUARE_DEGREES:
            raise SpecError(
                f"box {box}: more than {MOST_SQUARE_DEGREES:g} square degrees. Fetch it in smaller parts."
            )

    @classmethod
    def about(cls, line: shapely.LineString, margin_km: float) -> Area:
        """Return the box that reaches so many kilometres beyond a line, longitude and latitude.

        Raises
        ------
        SpecError
            If the margin is no length, or the box leaves the earth.
        """
        if not 0 <= margin_km < math.inf:
            raise SpecError(f"--margin-km {margin_km:g}: give 0 or more kilometres.")
        west, south, east, north = line.bounds
        up = margin_km / KM_A_DEGREE
        highest = min(max(abs(south - up), abs(north + up)), 89.0)
        aside = up / math.cos(math.radians(highest))
        return cls(
            max(west - aside, -180.0), max(south - up, -90.0), min(east + aside, 180.0), min(north + up, 90.0)
        )

    @property
    def box(self) -> shapely.Polygon:
        """Return the area as a polygon, lon lat."""
        return shapely.box(self.west, self.south, self.east, self.north)

    def holds(self, lon: float, lat: float) -> bool:
        """Tell whether a point lies inside."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north

    def degrees(self) -> list[tuple[int, int]]:
        """Return the south-western corners (lat, lon) of the cells of one degree that the area touches."""
        rows = range(math.floor(self.south), math.ceil(self.north))
        columns = range(math.floor(self.west), math.ceil(self.east))
        return [(lat, lon) for lat in rows for lon in columns]
