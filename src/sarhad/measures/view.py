"""The view that effect forms get: one site, one mover."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sarhad.measures.geometry import Views
from sarhad.measures.strip import BoolArray, FloatArray, IntArray
from sarhad.plugins import Samples


@dataclass(frozen=True)
class Crossings:
    """The edges that cross the line.

    Parameters
    ----------
    edge
        Their indices.
    chainage_km
        Where each crosses.
    crossing_id
        The crossing point each passes, blank elsewhere.
    is_usable
        Which mover can use which, shape (M, number of them).
    """

    edge: IntArray
    chainage_km: FloatArray
    crossing_id: tuple[str, ...]
    is_usable: BoolArray


def crossings(views: Views) -> Crossings:
    """Return the edges of a network that cross the line."""
    edge = views.network.edge
    index = np.flatnonzero(edge["is_crossing"].to_numpy(dtype=np.bool_)).astype(np.int64)
    rows = edge.iloc[index]
    return Crossings(
        edge=index,
        chainage_km=rows["chainage_km"].to_numpy(dtype=np.float64),
        crossing_id=tuple(rows["crossing_id"].fillna("").astype(str)),
        is_usable=np.isfinite(views.network.hours[:, index]),
    )


@dataclass(frozen=True)
class SiteSees:
    """What an item at a site can see and reach of one mover's paths (keeps `plugins.SiteView`).

    Parameters
    ----------
    views
        The geometry of all items.
    site_id
        The site.
    mover
        Index of the mover.
    lines
        Edges that cross the line.
    existing_rate_per_hour
        Exposure per hour of the coverage that exists, shape (E,).
    """

    views: Views
    site_id: str
    mover: int
    lines: Crossings
    existing_rate_per_hour: FloatArray
    memo: dict[tuple[float, ...], Samples] = field(default_factory=dict)

    @property
    def n_edges(self) -> int:
        """Return the number of edges E of the network."""
        return len(self.views.network.edge)

    @property
    def reference_speed_kmh(self) -> float:
        """Return the speed of the walker that published probabilities speak of."""
        return self.views.reference_speed_kmh[self.mover]

    def visible(self, observer_height_m: float, target_height_m: float, range_km: float) -> Samples:
        """Return the points in line of sight, no farther than the range."""
        key = (observer_height_m, target_height_m, range_km)
        if key not in self.memo:
            seen = self.views.sight(self.site_id, (observer_height_m, target_height_m), range_km)
            near = seen.distance_km <= range_km
            self.memo[key] = self.views.points[self.mover].at(seen.cell[near], seen.distance_km[near])
        return self.memo[key]

    def ground(self, reach_km: float) -> tuple[float, Samples]:
        """Return the area in km2 that a patrol from the site watches, and the points on it.

        Watched is the ground inside, within the watched strip along the line and within reach of the site.
        """
        area_km2, cell, distance = watched_ground(self.views, self.site_id, reach_km)
        if (reach_km,) not in self.memo:
            self.memo[reach_km,] = self.views.points[self.mover].at(cell, distance)
        return area_km2, self.memo[reach_km,]

    def crossed(self) -> IntArray:
        """Return the edges that cross the line within the stretch of the site and that the mover can use."""
        site = self.views.site_rows[self.site_id]
        start, end = float(site["chainage_from_km"]), float(site["chainage_to_km"])
        is_last = end >= self.views.length_km
        at = self.lines.chainage_km
        inside: BoolArray = (at >= start) & ((at < end) | (is_last & (at >= end)))
        return np.asarray(self.lines.edge[inside & self.lines.is_usable[self.mover]])

    def passed(self) -> IntArray:
        """Return the edges through the crossing point of the site that the mover can use."""
        crossing = self.views.site_rows[self.site_id]["crossing_id"]
        here = np.array([one == crossing for one in self.lines.crossing_id], dtype=np.bool_)
        return np.asarray(self.lines.edge[here & self.lines.is_usable[self.mover]])


def watched_ground(views: Views, site_id: str, reach_km: float) -> tuple[float, IntArray, FloatArray]:
    """Return the area in km2 that a patrol from a site watches, its cells and their distance from the site in km.

    They lie inside, within the watched strip along the line and within reach of the site.
    """
    terrain = views.terrain
    row, col = views.cells[site_id]
    reach = int(reach_km * 1000 // terrain.cell_m)
    top, left = max(row - reach, 0), max(col - reach, 0)
    part = (slice(top, row + reach + 1), slice(left, col + reach + 1))
    down, right = np.ogrid[part[0].start : part[0].stop, part[1].start : part[1].stop]
    down, right = down[: terrain.side.shape[0] - top], right[:, : terrain.side.shape[1] - left]
    distance = np.hypot(down - row, right - col) * terrain.cell_m / 1000
    watched = (terrain.side[part] == 1) & (terrain.distance_km[part] <= views.watch_depth_km)
    here = watched & (distance <= reach_km)
    cells = (down * terrain.side.shape[1] + right)[here]
    return len(cells) * (terrain.cell_m / 1000) ** 2, cells.astype(np.int64), distance[here]
