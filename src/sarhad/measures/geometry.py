"""What each item sees and reaches: the heavy geometry, worked out once and kept."""

from __future__ import annotations

import os
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sarhad.measures.catalogue import Effect, effects
from sarhad.measures.strip import FloatArray, IntArray
from sarhad.place import Network, Paths, Terrain, visible
from sarhad.plugins import Samples
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.effects import short_ranges


@dataclass(frozen=True)
class Points:
    """The path points of one mover, found by the cell they lie in.

    Parameters
    ----------
    start
        First point of each cell, shape (cells + 1,).
    edge, hours
        Of each point, sorted by cell.
    """

    start: IntArray
    edge: IntArray
    hours: FloatArray

    def at(self, cells: IntArray, distance_km: FloatArray) -> Samples:
        """Return the points in some cells, each with the distance of its cell."""
        first = self.start[cells]
        count = self.start[cells + 1] - first
        owner = np.repeat(np.arange(len(cells)), count)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        index = first[owner] + offset
        return Samples(self.edge[index], distance_km[owner], self.hours[index])


@dataclass(frozen=True)
class Seen:
    """Cells in line of sight of a site, out to a radius."""

    radius_km: float
    cell: IntArray
    distance_km: FloatArray


SightKey = tuple[str, float, float]


@dataclass(frozen=True)
class Views:
    """Geometry between items and paths; parameters of effects act on it later.

    Parameters
    ----------
    items, sites
        Tables item and site.
    terrain, network
        Where it was worked out.
    reference_speed_kmh
        Speed that published probabilities speak of, for each mover.
    refraction, watch_depth_km
        The settings of these names.
    points
        Path points of each mover.
    seen
        Cells seen, by site, observer height and target height; what is missing is worked out on demand.
    """

    items: pd.DataFrame
    sites: pd.DataFrame
    terrain: Terrain
    network: Network
    reference_speed_kmh: tuple[float, ...]
    refraction: float
    watch_depth_km: float
    points: tuple[Points, ...]
    seen: dict[SightKey, Seen] = field(default_factory=dict)

    @cached_property
    def site_rows(self) -> dict[str, dict[Hashable, Any]]:
        """Return the row of each site."""
        return {str(row["id"]): row for row in self.sites.to_dict("records")}

    @cached_property
    def length_km(self) -> float:
        """Return the chainage where the last stretch ends."""
        return float(self.sites["chainage_to_km"].max())

    def sight(self, site_id: str, heights_m: tuple[float, float], radius_km: float) -> Seen:
        """Return the cells that a site sees, at least out to a radius."""
        key = (site_id, *heights_m)
        known = self.seen.get(key)
        if known is None or known.radius_km < radius_km:
            known = self._look(site_id, heights_m, radius_km)
            self.seen[key] = known
        return known

    @cached_property
    def cells(self) -> dict[str, tuple[int, int]]:
        """Return the terrain row and column of each site that has a place."""
        placed = self.sites[self.sites["geometry"].notna()]
        rows, cols = self.terrain.rowcol(
            [point.x for point in placed["geometry"]], [point.y for point in placed["geometry"]]
        )
        return dict(zip(placed["id"], zip(rows.tolist(), cols.tolist(), strict=True), strict=True))

    def _look(self, site_id: str, heights_m: tuple[float, float], radius_km: float) -> Seen:
        row, col = self.cells[site_id]
        cell, distance = visible(
            self.terrain,
            row,
            col,
            observer_height_m=heights_m[0],
            target_height_m=heights_m[1],
            radius_km=radius_km,
            refraction=self.refraction,
        )
        return Seen(radius_km, cell.astype(np.int64), distance.astype(np.float64))


def views(
    prog: Programme, items: pd.DataFrame, sites: pd.DataFrame, terrain: Terrain, network: Network
) -> Views:
    """Return the geometry between items and the paths of all movers.

    Lines of sight reach out to the high value of the range, so that any parameter may change afterwards.

    Raises
    ------
    DataError
        If an effect's range is shorter than a cell of the terrain: the grid cannot show it.
    """
    found = Views(
        items=items.sort_values("id", ignore_index=True),
        sites=sites.sort_values("id", ignore_index=True),
        terrain=terrain,
        network=network,
        reference_speed_kmh=_reference_speeds(prog, network.movers),
        refraction=float(prog.setting("refraction")),
        watch_depth_km=float(prog.setting("watch_depth_km")),
        points=tuple(_points(paths, terrain.side.size) for paths in network.paths),
    )
    require_none(short_ranges(prog, terrain.cell_m))
    seeing = [one for one in effects(prog) if "observer_height_m" in one.parameters]
    wanted = _sights(prog, found.items, seeing)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        looked = pool.map(lambda key: found.sight(key[0], key[1:], wanted[key]), sorted(wanted))
        list(looked)
    return found


def _reference_speeds(prog: Programme, movers: tuple[str, ...]) -> tuple[float, ...]:
    """Return the reference walker's speed for movers on land, an aircraft's own for those that fly."""
    walker = float(prog.setting("reference_speed_kmh"))
    rows = prog["mover"].set_index("id").loc[list(movers)].to_dict("records")
    return tuple(
        float(row["speed_factor"]) * float(row["road_speed_kmh"])
        if row["locomotion"] == "fly" and not pd.isna(row["road_speed_kmh"])
        else walker
        for row in rows
    )


def _sights(prog: Programme, items: pd.DataFrame, seeing: list[Effect]) -> dict[SightKey, float]:
    parameter = prog["effect_parameter"]
    ranges = parameter[parameter["name"] == "range_km"].set_index("effect_id")["high"]
    wanted: dict[SightKey, float] = {}
    for effect in seeing:
        heights = (effect.parameters["observer_height_m"], effect.parameters["target_height_m"])
        radius = max(float(ranges[effect.id]), effect.parameters["range_km"])
        for site in items.loc[items["measure_id"] == effect.measure_id, "site_id"]:
            key = (str(site), *heights)
            wanted[key] = max(radius, wanted.get(key, 0.0))
    return wanted


def _points(paths: Paths, n_cells: int) -> Points:
    edge = np.repeat(np.arange(len(paths.ptr) - 1), np.diff(paths.ptr))
    order = np.argsort(paths.cell, kind="stable")
    start = np.zeros(n_cells + 1, dtype=np.int64)
    np.cumsum(np.bincount(paths.cell, minlength=n_cells), out=start[1:])
    return Points(start, edge[order], np.asarray(paths.hours, dtype=np.float64)[order])
