"""The ground with roads, rivers, barriers and snow on it, as one mover finds it in one month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from shapely.geometry.base import BaseGeometry

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray
from sarhad.place.terrain import Float32Array
from sarhad.place.travel.burning import BoolArray, Cells, burnt, without_slips
from sarhad.place.travel.going import CLOSED, Going, water_of
from sarhad.place.travel.mover import step_hours
from sarhad.place.travel.numbers import Numbers
from sarhad.place.travel.season import Season
from sarhad.place.travel.steps import Ground, UInt8Array, ground

OWN = -1.0  # the mover's own function, as it stands
MOST_HOURS = 100  # different hours of crossings kept apart; more are joined to the next longer
MOST_KINDS = 255
BYTES_A_CELL = 12  # of the layers while they are laid


@dataclass(frozen=True)
class Road:
    """A road: its course in degrees, its class, the months in which it is closed."""

    course: BaseGeometry
    kind: str
    closed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class River:
    """A stretch of river: course in degrees, width, current (None: as the table has it), and is there a ford."""

    course: BaseGeometry
    width_m: float
    current_ms: float | None = None
    has_ford: bool = False


@dataclass(frozen=True)
class Barrier:
    """A line or an area that no way leads over, always or in some months."""

    shape: BaseGeometry
    closed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Surfaces:
    """What lies on the ground."""

    roads: Sequence[Road] = ()
    rivers: Sequence[River] = ()
    barriers: Sequence[Barrier] = ()


@dataclass(frozen=True)
class Laid:
    """The ground, and what was laid on it.

    Parameters
    ----------
    ground
        For `field` and `lanes`.
    road_cells, snow_cells, shared_cells
        How many cells are road, lie under snow, are both road and river.
    crossings
        Width, current, hours and drift of each different river, hours infinite where the mover cannot cross.
    """

    ground: Ground
    road_cells: int = 0
    snow_cells: int = 0
    shared_cells: int = 0
    crossings: tuple[dict[str, float], ...] = ()

    def is_open(self, cell: int) -> bool:
        """Return whether the mover can be on a flat cell."""
        on = self.ground
        kind = int(on.kind.ravel()[cell]) if on.kind.size > 1 else 0
        return bool(np.isfinite(on.elevation_m.ravel()[cell]) and (kind == 0 or on.kmh[kind] != CLOSED))


@dataclass
class _Palette:
    """Speeds by code; code 0 is open ground."""

    speeds: list[float] = field(default_factory=lambda: [0.0])

    def code(self, speed: float) -> int:
        if speed == OWN:
            return 0
        if speed not in self.speeds[1:]:
            self.speeds.append(speed)
        if len(self.speeds) > MOST_KINDS:
            raise SpecError(
                f"surfaces: more than {MOST_KINDS - 1} different speeds. Give fewer classes or widths."
            )
        return self.speeds.index(speed, 1)


def lay(
    elevation_m: Float32Array,
    cells: Cells,
    going: Going,
    season: Season,
    surfaces: Surfaces,
    numbers: Numbers,
    *,
    neighbours: int = 16,
) -> Laid:
    """Return the ground as a mover finds it.

    Parameters
    ----------
    elevation_m
        Of the cell centres, nan where nothing is known, shape of `cells`.
    cells
        The grid.
    going, season
        Who goes, and when.
    surfaces
        Roads, rivers and barriers.
    numbers
        The table of defaults.
    neighbours
        8 or 16.

    Notes
    -----
    Barriers close every cell they touch, as do rivers that the mover cannot cross; a ford opens them. A river that it
    can cross is one cell thick, and the hours of the crossing are paid in that cell, with the hours of the level
    ground left of it; its width is in the hours, not on the map. A road passes a river by a bridge: on cells of both
    the mover keeps to the road. Of two roads on a cell the faster one counts.
    """
    cell_m = float(cells.transform.a)
    if going.flies:
        return Laid(ground(elevation_m, cell_m, neighbours=neighbours))
    palette = _Palette()
    kind = np.full(cells.shape, palette.code(going.off_road), dtype=np.uint8)
    road, is_road = _roads(cells, going, season, surfaces.roads, palette)
    kind[is_road] = road[is_road]
    snow = elevation_m > season.snow_line_m
    if snow.any():
        for here, place in ((snow & ~is_road, "off_road"), (snow & is_road, "road")):
            kind[here] = _in_snow(going, place, palette, numbers)[kind[here]]
    rivers = _rivers(cells, going, season, surfaces.rivers, numbers, palette)
    along = rivers.band & is_road
    is_wet = rivers.is_wet & ~is_road
    kind[is_wet] = rivers.code[is_wet]
    shut = [one.shape for one in surfaces.barriers if not one.closed or season.is_closed(one.closed)]
    barred = burnt(cells, shut, [1] * len(shut), is_thick=True) > 0
    kind[(rivers.is_closed & ~is_road) | barred] = palette.code(CLOSED)
    on = ground(elevation_m, cell_m, neighbours=neighbours, kind=kind, kmh=palette.speeds)
    if len(palette.speeds) > 1:
        on = replace(on, moves=without_slips(on.moves, kind, is_wet | along, along, is_road))
    return Laid(on, int(is_road.sum()), int(snow.sum()), int(along.sum()), rivers.crossings)


def _roads(
    cells: Cells, going: Going, season: Season, roads: Sequence[Road], palette: _Palette
) -> tuple[UInt8Array, BoolArray]:
    """Return the code of each cell with a road that is open to the mover, and where there is one."""
    usable = [
        (going.road[road.kind], road.course)
        for road in roads
        if not season.is_closed(road.closed) and going.road[road.kind] != CLOSED
    ]
    speeds = sorted({speed for speed, _ in usable}, key=abs)
    ranked = sorted(((speeds.index(speed) + 1, course) for speed, course in usable), key=lambda one: one[0])
    rank = burnt(cells, [course for _, course in ranked], [n for n, _ in ranked], is_thick=True)
    return np.array([0, *map(palette.code, speeds)], dtype=np.uint8)[rank], rank > 0


def _in_snow(going: Going, place: str, palette: _Palette, numbers: Numbers) -> UInt8Array:
    """Return the code in snow for every code there is so far."""
    factor = numbers.take("snow", "walk" if going.walks else place, "factor")
    found = [
        palette.code((OWN, *palette.speeds[1:])[code] * factor or CLOSED)
        for code in range(len(palette.speeds))
    ]
    return np.array(found, dtype=np.uint8)


@dataclass(frozen=True)
class _Rivers:
    """Rivers as cells.

    Parameters
    ----------
    code
        Of the speed through each cell that may be crossed.
    is_wet, is_closed, band
        Where it may be crossed, where not, and every cell that a river touches.
    crossings
        See `Laid`.
    """

    code: UInt8Array
    is_wet: BoolArray
    is_closed: BoolArray
    band: BoolArray
    crossings: tuple[dict[str, float], ...]


def _rivers(
    cells: Cells, going: Going, season: Season, rivers: Sequence[River], numbers: Numbers, palette: _Palette
) -> _Rivers:
    """Return the rivers as cells, of the width and current of the season."""
    if not rivers:
        nowhere = np.zeros(cells.shape, dtype=np.bool_)
        return _Rivers(np.zeros(cells.shape, dtype=np.uint8), nowhere, nowhere, nowhere, ())
    ways = [_crossing(river, going, season, numbers) for river in rivers]
    cell_km = float(cells.transform.a) / 1000.0
    dry_km = np.maximum(0.0, cell_km - np.array([way["width_m"] for way in ways]) / 1000.0)
    hours = _few(np.array([way["hours"] for way in ways]) + dry_km * _level_hours(going))
    order = np.argsort(hours, kind="stable")
    open_ones = [n for n in order if np.isfinite(hours[n])]
    codes = [palette.code(cell_km / float(hours[n])) for n in open_ones]
    code = burnt(cells, [rivers[n].course for n in open_ones], codes, is_thick=False)
    band = burnt(cells, [river.course for river in rivers], [1] * len(rivers), is_thick=True) > 0
    no_way = [rivers[n].course for n in order if not np.isfinite(hours[n])]
    closed = burnt(cells, no_way, [1] * len(no_way), is_thick=True) > 0
    fords = [rivers[n].course for n in open_ones if rivers[n].has_ford]
    closed &= burnt(cells, fords, [1] * len(fords), is_thick=False) == 0
    different = sorted({tuple(way.items()) for way in ways})
    return _Rivers(code, (code > 0) & ~closed, closed, band, tuple(dict(way) for way in different))


def _crossing(river: River, going: Going, season: Season, numbers: Numbers) -> dict[str, float]:
    """Return width, current, hours and drift of the crossing of a river in a season."""
    width = river.width_m * season.width_factor
    current = numbers.take("river", "any", "current_ms") if river.current_ms is None else river.current_ms
    current *= season.current_factor
    ways = [going.water] if going.water else []
    if river.has_ford and not going.needs_roads:  # it passes rivers on roads alone
        ways.append(water_of("wade", numbers))
    best = min(ways, key=lambda way: way.hours(width, current), default=None)
    hours = best.hours(width, current) if best else float(np.inf)
    drift = best.drift_m(width, current) if best and np.isfinite(hours) else 0.0
    return {"width_m": width, "current_ms": current, "hours": hours, "drift_m": drift}


def _few(hours: FloatArray) -> FloatArray:
    """Return hours of which there are not more different ones than can be kept apart; longer ones, never shorter."""
    finite = np.unique(hours[np.isfinite(hours)])
    if len(finite) <= MOST_HOURS:
        return hours
    steps = np.geomspace(finite[0], finite[-1], MOST_HOURS)
    steps[-1] = finite[-1]
    return np.where(
        np.isfinite(hours), steps[np.minimum(np.searchsorted(steps, hours), MOST_HOURS - 1)], hours
    )


def _level_hours(going: Going) -> float:
    """Return the hours a kilometre of level ground takes off roads."""
    if going.needs_roads:
        return 0.0
    return step_hours(going.vector(), 0.0, 0.0, 1000.0) / -going.off_road
