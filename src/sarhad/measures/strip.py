"""The ground along the line from which sites are chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sarhad.errors import DataError
from sarhad.place import Network, Terrain

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

SITE_DEPTH_KM = 3.0


@dataclass(frozen=True)
class Ground:
    """Inside cells near the line, sorted by chainage.

    Parameters
    ----------
    cell
        Flat index into the terrain grid, shape (N,).
    chainage_km, distance_km, elevation_m
        Of each cell, shape (N,).
    is_reachable
        Does a path of the network pass the cell, shape (N,).
    """

    cell: IntArray
    chainage_km: FloatArray
    distance_km: FloatArray
    elevation_m: FloatArray
    is_reachable: BoolArray

    def between(self, from_km: float, to_km: float) -> slice:
        """Return the cells whose chainage lies in a stretch.

        Raises
        ------
        DataError
            If there is none.
        """
        start, stop = np.searchsorted(self.chainage_km, (from_km, to_km), side="left")
        if start == stop:
            raise DataError(
                f"setting.cell_m: no cell inside lies within {SITE_DEPTH_KM:g} km of the line between "
                f"km {from_km:.1f} and km {to_km:.1f}. Use smaller cells or sites farther apart.",
                table="setting",
                column="value",
                ids=("cell_m",),
            )
        return slice(int(start), int(stop))

    def nearest(self, from_km: float, to_km: float) -> int:
        """Return the cell nearest to the middle of a stretch of the line."""
        part = self.between(from_km, to_km)
        along = self.chainage_km[part] - (from_km + to_km) / 2
        return int(part.start + np.argmin(np.hypot(along, self.distance_km[part])))

    def lowest(self, from_km: float, to_km: float) -> int:
        """Return the lowest cell that a path reaches in the middle half of a stretch, else in all of it."""
        quarter = (to_km - from_km) / 4
        start, stop = np.searchsorted(self.chainage_km, (from_km + quarter, to_km - quarter), side="left")
        middle = slice(int(start), int(stop))
        whole = self.between(from_km, to_km)
        for part in (middle, whole):
            reached = np.flatnonzero(self.is_reachable[part])
            if len(reached):
                order = np.lexsort((self.distance_km[part][reached], self.elevation_m[part][reached]))
                return int(part.start + reached[order[0]])
        return int(whole.start + np.argmin(self.elevation_m[whole]))


def ground(terrain: Terrain, network: Network, land_movers: tuple[int, ...]) -> Ground:
    """Return the inside cells within 3 km of the line; reachable are those on a path of a mover on land."""
    side, distance = terrain.side.ravel(), terrain.distance_km.ravel()
    cell = np.flatnonzero((side == 1) & (distance <= SITE_DEPTH_KM)).astype(np.int64)
    order = np.argsort(terrain.chainage_km.ravel()[cell], kind="stable")
    cell = cell[order]
    on_path = np.zeros(side.size, dtype=np.bool_)
    for mover in land_movers:
        on_path[network.paths[mover].cell] = True
    return Ground(
        cell=cell,
        chainage_km=terrain.chainage_km.ravel()[cell].astype(np.float64),
        distance_km=distance[cell].astype(np.float64),
        elevation_m=terrain.elevation_m.ravel()[cell].astype(np.float64),
        is_reachable=on_path[cell],
    )


def stretches(length_km: float, spacing_km: float) -> list[tuple[float, float]]:
    """Return stretches of equal length, as near to the spacing as the length allows."""
    ends = np.linspace(0.0, length_km, max(1, round(length_km / spacing_km)) + 1)
    return list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
