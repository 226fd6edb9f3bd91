"""The ground of `travel` with its points on it, and the hours over it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sarhad.errors import SpecError
from sarhad.place.border import FloatArray
from sarhad.place.terrain import IntArray
from sarhad.place.travel.field import field, path_back
from sarhad.place.travel.lanes import matrix
from sarhad.place.travel.mover import backwards
from sarhad.place.travel.steps import UInt8Array
from sarhad.place.travel.surfaces import Laid, lay
from sarhad.workflow.post_files import Post
from sarhad.workflow.steps import OnStep, Step
from sarhad.workflow.travel_area import Area
from sarhad.workflow.travel_asked import Asked, Conditions
from sarhad.workflow.travel_products import Pair, along

COARSE_M = 100.0  # cells wider than this hide the slopes that stop a vehicle
SNAP_KM = 2.0  # how far from a road what keeps to roads may be said to start


@dataclass(frozen=True)
class Trip:
    """Points on the ground.

    Parameters
    ----------
    area, laid
        The ground.
    conditions
        Who goes, and when.
    start, end
        Flat cells.
    notices
        What a person should know.
    """

    area: Area
    laid: Laid
    conditions: Conditions
    start: IntArray
    end: IntArray
    notices: tuple[str, ...]


def trip_over(area: Area, given: Conditions, points: list[Post], starts: int, asked: Asked) -> Trip:
    """Return the ground with the points on it; what keeps to roads begins and ends at the nearest one."""
    laid = lay(
        area.elevation_m,
        area.cells,
        given.going,
        given.season,
        given.surfaces,
        given.numbers,
        neighbours=asked.neighbours,
    )
    said = _said(given, laid, area)
    placed, shut = area.points.copy(), []
    for n, cell in enumerate(area.points):
        if laid.is_open(int(cell)):
            continue
        near = _nearest_open(laid, int(cell), area.cell_m) if given.going.needs_roads else None
        if near is None:
            shut.append(points[n].name)
        else:
            placed[n] = near[0]
            said.append(f"{points[n].name}: moved {near[1]:.0f} m to a road; the way there is not counted")
    if shut:
        why = (
            f"more than {SNAP_KM:g} km from a road"
            if given.going.needs_roads
            else f"where {given.going.name} cannot be: on a barrier, in a river or in snow"
        )
        raise SpecError(
            f"points: {len(shut)} of {len(points)} lie {why}: {', '.join(shut[:5])}. Move them, or open what closes them."
        )
    return Trip(area, laid, given, placed[:starts], placed[starts:], (*area.notices, *said))


def _nearest_open(laid: Laid, cell: int, cell_m: float) -> tuple[int, float] | None:
    """Return the nearest cell the mover can be on, and how far it is in metres; None when all are too far."""
    height, width = laid.ground.moves.shape
    row, col = divmod(cell, width)
    reach = int(SNAP_KM * 1000.0 / cell_m)
    rows = np.arange(max(row - reach, 0), min(row + reach + 1, height))
    cols = np.arange(max(col - reach, 0), min(col + reach + 1, width))
    near_row, near_col = np.nonzero(laid.ground.moves[np.ix_(rows, cols)])
    if len(near_row) == 0:
        return None
    far = np.hypot(rows[near_row] - row, cols[near_col] - col) * cell_m
    best = int(far.argmin())
    if far[best] > SNAP_KM * 1000.0:
        return None
    return int(rows[near_row[best]] * width + cols[near_col[best]]), float(far[best])


def _said(given: Conditions, laid: Laid, area: Area) -> list[str]:
    """Return what a person should know of the ground."""
    said = []
    if given.surfaces.roads and not given.going.flies and laid.road_cells == 0:
        said.append("no road that the mover can use lies in the area")
    if not (given.going.walks or given.going.flies or given.going.needs_roads) and area.cell_m > COARSE_M:
        said.append(
            f"slopes are means over cells of {area.cell_m:g} m: {given.going.name} will find steeper ground off roads than "
            "this, and places it cannot pass"
        )
    if laid.shared_cells:
        said.append(
            f"{laid.shared_cells:,} cells of {area.cell_m:g} m hold a road and a river: taken as bridges or roads on the "
            "bank, which are left on the road alone"
        )
    if given.season.month is None and given.has_months:
        said.append(
            "files name closed months, and no --month is given: what closes in some months only is open"
        )
    return said


def hours_of(
    trip: Trip,
    start: list[Post],
    ends: list[Post],
    asked: Asked,
    *,
    has_raster: bool,
    is_many: bool,
    on_step: OnStep,
) -> tuple[FloatArray | None, list[Pair]]:
    """Return the hours of every cell where a raster is asked for, and the pairs."""
    own = trip.conditions.going.vector()
    on = trip.laid.ground
    whole = field(on, backwards(own) if asked.is_towards else own, trip.start) if has_raster else None
    hours = whole[0] if whole else None
    if is_many:
        table = matrix(on, own, trip.start, trip.end)
        return hours, [
            Pair(one.name, other.name, float(table[a, b]))
            for a, one in enumerate(start)
            for b, other in enumerate(ends)
        ]
    pairs: list[Pair] = []
    for n, one in enumerate(start if ends else []):
        on_step(Step("pairs", n / len(start), f"{n} of {len(start)} origins"))
        found = whole if whole and len(start) == 1 else field(on, own, trip.start[n : n + 1])
        pairs += _pairs(trip, one, ends, *found, keeps_ways=asked.paths is not None)
    return hours, pairs


def _pairs(
    trip: Trip, one: Post, ends: list[Post], hours: FloatArray, step: UInt8Array, *, keeps_ways: bool
) -> list[Pair]:
    """Return the pairs of one origin, measured along their ways; the ways themselves only where they are kept."""
    found = []
    for other, cell in zip(ends, trip.end, strict=True):
        pair = Pair(one.name, other.name, float(hours.ravel()[cell]))
        if np.isfinite(pair.hours):
            pair = along(pair, path_back(step, int(cell)), trip.area.elevation_m, trip.area.cell_m)
        found.append(pair if keeps_ways else replace(pair, cells=None))
    return found
