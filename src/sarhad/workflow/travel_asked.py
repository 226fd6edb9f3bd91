"""What is asked of `travel` beside its points, checked, and read into who goes over what and when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sarhad.errors import SpecError
from sarhad.place.travel import movers_of
from sarhad.place.travel.going import Going, going_of, going_of_mover, water_of
from sarhad.place.travel.numbers import Numbers, numbers_of
from sarhad.place.travel.season import MONTHS, Season, season_of
from sarhad.place.travel.steps import NEIGHBOURS
from sarhad.place.travel.surfaces import Surfaces
from sarhad.programme import Programme
from sarhad.workflow.post_files import Post
from sarhad.workflow.surface_files import read_barriers, read_rivers, read_roads


@dataclass(frozen=True)
class Asked:
    """What is asked.

    Parameters
    ----------
    mover
        A walking function, a vehicle, or with `programme` one of its movers.
    neighbours
        8 or 16.
    radius_km
        How far the ground reaches beyond the points.
    is_towards
        Hours to the points instead of from them.
    isochrones_h
        Hours whose areas are wanted.
    paths
        GeoJSON for the ways of the pairs.
    altitude
        Metres from which on speed is lost, and the share lost a km above.
    month, snow_line_m
        The season.
    water
        How rivers are crossed; None: by fords and bridges alone, or as the programme's mover does.
    roads, road_class, rivers, barriers
        Files of what lies on the ground, and the column with the class of a road.
    numbers
        A table that replaces rows of the table of numbers.
    programme
        Whose movers are meant.
    points_from
        Files that the points come from.
    memory_gb
        That reading and searching may take.
    """

    mover: str = "tobler"
    neighbours: int = 16
    radius_km: float = 20.0
    is_towards: bool = False
    isochrones_h: tuple[float, ...] = ()
    paths: Path | None = None
    altitude: tuple[float, float] | None = None
    month: int | None = None
    snow_line_m: float | None = None
    water: str | None = None
    roads: Path | None = None
    road_class: str = "highway"
    rivers: Path | None = None
    barriers: Path | None = None
    numbers: Path | None = None
    programme: Path | None = None
    points_from: tuple[Path, ...] = ()
    memory_gb: float = 4.0

    @property
    def sources(self) -> tuple[Path, ...]:
        """Return the files that are read beside the elevation model."""
        given = (self.roads, self.rivers, self.barriers, self.numbers, self.programme, *self.points_from)
        return tuple(path for path in given if path is not None)

    def require_possible(self, start: list[Post], ends: list[Post], out: Path) -> None:
        """Raise SpecError with every fault of the options."""
        faults = [*self._numbers_wrong(), *self._files_wrong(ends, out)]
        if not start:
            faults.append("no point: give --from LON,LAT or FILE, or --towards.")
        if ends:
            faults += [*_named_twice("--from", start), *_named_twice("--to", ends)]
        if ends and self.is_towards:
            faults.append("--to: goes with --from. Of pairs give --from and --to.")
        if self.water and not self.rivers:
            faults.append(f"--water {self.water}: there is no river. Give them with --rivers.")
        if faults:
            raise SpecError("\n".join(faults))

    def _numbers_wrong(self) -> list[str]:
        faults = []
        bad = [limit for limit in self.isochrones_h if not (np.isfinite(limit) and limit > 0.0)]
        if bad:
            faults.append(f"--isochrones: {bad[0]:g} is no time above 0. Give hours, such as 1,2,4.")
        if self.neighbours not in NEIGHBOURS:
            faults.append(f"--neighbours: {self.neighbours} is not possible. Give 8 or 16.")
        if self.month is not None and self.month not in MONTHS:
            faults.append(f"--month: {self.month} is not 1 to 12.")
        if self.snow_line_m is not None and not np.isfinite(self.snow_line_m):
            faults.append(f"--snow-line: {self.snow_line_m} is no elevation in metres.")
        if self.altitude is not None:
            from_m, loss = self.altitude
            if not (np.isfinite(from_m) and 0.0 <= loss <= 1.0):
                faults.append(
                    f"--altitude: {from_m:g},{loss:g}: give metres, then a share of 0 to 1 lost a km above."
                )
        if not (np.isfinite(self.memory_gb) and self.memory_gb > 0.0):
            faults.append(f"--memory-gb: {self.memory_gb} is not above 0.")
        return faults

    def _files_wrong(self, ends: list[Post], out: Path) -> list[str]:
        faults = []
        is_table = out.suffix.lower() == ".csv"
        if is_table and not ends:
            faults.append(f"-o {out}: a table wants pairs. Give --to, or a raster such as hours.tif.")
        if is_table and self.isochrones_h:
            faults.append(
                "--isochrones: are drawn from the raster of hours. Give -o a name such as hours.tif."
            )
        if self.isochrones_h and out.suffix.lower() == ".geojson":
            faults.append(f"-o {out}: the isochrones take this name. Give the raster another, such as .tif.")
        if self.paths and not ends:
            faults.append(f"--paths {self.paths}: want pairs. Give --to.")
        taken = [out, *([out.with_suffix(".geojson")] if self.isochrones_h else [])]
        if self.paths and self.paths.absolute() in [one.absolute() for one in taken]:
            faults.append(f"--paths {self.paths}: is written already. Give another name.")
        return faults


def _named_twice(option: str, points: list[Post]) -> list[str]:
    """Return a fault where pairs could not be told apart by the names of their points."""
    twice = [name for name, count in Counter(point.name for point in points).items() if count > 1]
    if not twice:
        return []
    return [
        f"{option}: {len(twice)} names stand for several points: {', '.join(twice[:5])}. Give each its own id."
    ]


@dataclass(frozen=True)
class Conditions:
    """Who goes, over what, and when."""

    going: Going
    season: Season
    surfaces: Surfaces
    numbers: Numbers

    @property
    def has_months(self) -> bool:
        """Return whether anything is closed in some months only."""
        return any(road.closed for road in self.surfaces.roads) or any(
            barrier.closed for barrier in self.surfaces.barriers
        )


def conditions(asked: Asked) -> Conditions:
    """Return what is asked, its files read.

    Raises
    ------
    SpecError
        If a name or a column is unknown.
    StoreError
        If a file cannot be read.
    """
    numbers = numbers_of(asked.numbers)
    surfaces = Surfaces(
        read_roads(asked.roads, asked.road_class, numbers.names("road")) if asked.roads else (),
        read_rivers(asked.rivers) if asked.rivers else (),
        read_barriers(asked.barriers) if asked.barriers else (),
    )
    classes = tuple(dict.fromkeys(road.kind for road in surfaces.roads)) if asked.roads else None
    season = season_of(asked.month, numbers, has_rivers=bool(surfaces.rivers), snow_line_m=asked.snow_line_m)
    return Conditions(_going(asked, numbers, classes), season, surfaces, numbers)


def _going(asked: Asked, numbers: Numbers, classes: tuple[str, ...] | None) -> Going:
    if asked.programme:
        going = _of_programme(asked.programme, asked.mover, classes or ())
    else:
        going = going_of(asked.mover, numbers, classes)
    if asked.water:
        if not going.walks:
            raise SpecError(
                f"--water {asked.water}: {going.name} does not walk. Vehicles pass bridges and fords alone."
            )
        going = replace(going, water=water_of(asked.water, numbers))
    return going.at_altitude(*asked.altitude) if asked.altitude else going


def _of_programme(path: Path, mover: str, classes: tuple[str, ...]) -> Going:
    prog = Programme.open(path)
    movers = {one.id: one for one in movers_of(prog)}
    if mover not in movers:
        raise SpecError(f"--mover: {mover} is not in {path}. Give one of {', '.join(movers)}.")
    rows = {row["id"]: row for row in prog["mover"].to_dict("records")}
    return going_of_mover(movers[mover], {str(key): value for key, value in rows[mover].items()}, classes)
