"""The network in tables: paths as lines through cell centres, and back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sarhad.errors import DataError
from sarhad.place.border import FloatArray
from sarhad.place.ragged import Paths
from sarhad.place.terrain import IntArray, Terrain


def edge_hours_frame(
    edge_ids: npt.NDArray[np.object_],
    movers: tuple[str, ...],
    hours: FloatArray,
    watched_hours: FloatArray,
    paths: tuple[Paths, ...],
    terrain: Terrain,
) -> pd.DataFrame:
    """Return the table edge_hours: one row for each edge and mover that can use it, by edge, then mover."""
    edge, mover = np.nonzero(np.isfinite(hours.T))
    geometry = np.empty(len(edge), dtype=object)
    for i, path in enumerate(paths):
        own = mover == i
        used = np.isfinite(hours[i])
        lines = _lines(terrain, path, used)
        geometry[own] = lines
    return pd.DataFrame(
        {
            "edge_id": pd.array(edge_ids[edge], dtype="str"),
            "mover_id": pd.array(np.array(movers, dtype=object)[mover], dtype="str"),
            "hours": hours[mover, edge],
            "watched_hours": watched_hours[mover, edge],
            "geometry": geometry,
        }
    )


def _lines(terrain: Terrain, paths: Paths, used: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """Return the lines of the usable paths, lon lat."""
    cells, back = np.unique(paths.cell, return_inverse=True)
    lon, lat = terrain.lonlat(*np.divmod(cells, terrain.shape[1]))
    owner = np.repeat(np.cumsum(used) - 1, np.diff(paths.ptr))
    lines: npt.NDArray[np.object_] = shapely.linestrings(lon[back], lat[back], indices=owner)
    return lines


def stored_runs(
    prog_edge_hours: pd.DataFrame, edge_ids: pd.Series, movers: tuple[str, ...], terrain: Terrain
) -> tuple[FloatArray, list[tuple[IntArray, IntArray]]]:
    """Return hours (M, E) and for each mover pointer and cells of its paths.

    Raises
    ------
    DataError
        If a path leaves the terrain grid: it was computed with other settings.
    """
    index = pd.Index(edge_ids)
    hours = np.full((len(movers), len(index)), np.inf)
    runs = []
    for i, mover in enumerate(movers):
        rows = prog_edge_hours[prog_edge_hours["mover_id"] == mover]
        at = index.get_indexer(rows["edge_id"])
        order = np.argsort(at, kind="stable")
        hours[i, at] = rows["hours"].to_numpy(dtype=np.float64)
        geometry = rows["geometry"].to_numpy(dtype=object)[order]
        count = np.zeros(len(index), dtype=np.int64)
        count[at[order]] = shapely.get_num_coordinates(geometry)
        lon, lat = shapely.get_coordinates(geometry).T
        row, col = terrain.rowcol(lon, lat)
        off = (row < 0) | (col < 0) | (row >= terrain.shape[0]) | (col >= terrain.shape[1])
        if off.any():
            raise DataError(
                f"edge_hours.geometry: {int(off.sum())} of {len(off)} points of mover {mover} lie off the "
                "terrain. Compute the network again.",
                table="edge_hours",
                column="geometry",
            )
        runs.append((np.concatenate([[0], np.cumsum(count)]).astype(np.int64), row * terrain.shape[1] + col))
    return hours, runs
