"""Field nodes: the most travelled cell of each hexagon of a lattice over either side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from sarhad.place.border import FloatArray
from sarhad.place.corridor import SIDE_NAMES, SideArray
from sarhad.place.crossings import STROLLER, Steps
from sarhad.place.shortest import least_cost_paths
from sarhad.place.terrain import IntArray, Terrain

THIN = 0.5  # field nodes nearer to each other than this share of their spacing are thinned out
LEAST_SHARE = 0.25  # hexagons with a smaller share of their cells in the corridor get no node
MERGED_CELLS = 0.7  # standard deviation within which ways side by side count as one


def field_cells(
    terrain: Terrain, area: SideArray, spacing_km: float, away_km: float, ends: IntArray, easiest: Steps
) -> dict[str, int]:
    """Return the field nodes by the name of their hexagon, which stays when the elevation changes.

    Parameters
    ----------
    terrain, area
        See `nodes.find_places`.
    spacing_km
        Distance between the centres of hexagons.
    away_km
        No field node is nearer to the line.
    ends
        Flat cells of settlements, junctions and gateways.
    easiest
        The places to cross.

    Notes
    -----
    Of a hexagon's cells the one that most least-cost ways of a walker between ends and places to cross pass, the
    lowest where none does. Ways inside are walked towards the line, as those beyond are.
    """
    flat = area.ravel()
    cells = np.flatnonzero((flat != 0) & (terrain.distance_km.ravel() >= away_km))
    if not len(cells):
        return {}
    spacing_m = spacing_km * 1000.0
    x, y = terrain.xy(*np.divmod(cells, terrain.shape[1]))
    col, row = _hexagons(x, y, spacing_m)
    rank = np.lexsort((terrain.elevation_m.ravel()[cells], -_ways(terrain, ends, easiest)[cells]))
    place = np.empty(len(cells), dtype=np.int64)
    place[rank] = np.arange(len(cells))
    order = np.lexsort((place, col, row, flat[cells]))
    key = np.column_stack([flat[cells], row, col])[order]
    first = np.flatnonzero(np.r_[True, (np.diff(key, axis=0) != 0).any(axis=1)])
    size = np.diff(np.r_[first, len(cells)])
    full = np.sqrt(3.0) / 2.0 * spacing_m**2 / terrain.cell_m**2
    chosen = order[first][size >= LEAST_SHARE * full]
    chosen = _apart(x, y, chosen[np.argsort(place[chosen])], THIN * spacing_m)
    return {f"{SIDE_NAMES[int(flat[cells[i]])]}{row[i]:+05d}{col[i]:+05d}": int(cells[i]) for i in chosen}


def _apart(x: FloatArray, y: FloatArray, ranked: IntArray, least_m: float) -> IntArray:
    """Return the points that no better one lies nearer to than that."""
    points = np.column_stack([x[ranked], y[ranked]])
    near = cKDTree(points).query_ball_point(points, least_m * (1.0 - 1e-9))
    is_taken = np.zeros(len(ranked), dtype=np.bool_)
    kept = []
    for i, others in enumerate(near):
        if not is_taken[i]:
            kept.append(i)
            is_taken[others] = True
    return ranked[kept]


def _ways(terrain: Terrain, ends: IntArray, easiest: Steps) -> FloatArray:
    """Return how many least-cost ways of a walker between ends and places to cross pass each cell, smoothed."""
    side = terrain.side.ravel()

    def count(of: SideArray) -> IntArray:
        sources = ends[side[ends] == of]
        steps = np.concatenate([easiest.beyond, easiest.inside])
        targets = np.unique(steps[side[steps] == of])
        ptr = np.arange(len(sources) + 1, dtype=np.int64) * len(targets)
        everywhere = float(np.hypot(*terrain.shape)) * terrain.cell_m / 1000.0
        _, passed = least_cost_paths(
            terrain, int(of), np.array(STROLLER), sources, ptr, np.tile(targets, len(sources)), everywhere
        )
        return np.bincount(passed, minlength=side.size)

    with ThreadPoolExecutor(2) as pool:
        total = sum(pool.map(count, SIDE_NAMES))
    smooth: FloatArray = ndimage.gaussian_filter(
        np.asarray(total, dtype=np.float64).reshape(terrain.shape), MERGED_CELLS
    )
    return smooth.ravel()


def _hexagons(x: np.ndarray, y: np.ndarray, spacing_m: float) -> tuple[IntArray, IntArray]:
    """Return column and row of the hexagon, centres `spacing_m` apart, that holds each point."""
    tall = spacing_m * np.sqrt(3.0)
    best = np.full(len(x), np.inf)
    col, row = np.zeros((2, len(x)), dtype=np.int64)
    for shift in (0, 1):
        i = np.round(x / spacing_m - shift / 2)
        j = np.round(y / tall - shift / 2)
        off = np.hypot(x - (i + shift / 2) * spacing_m, y - (j + shift / 2) * tall)
        closer = off < best
        best = np.where(closer, off, best)
        col = np.where(closer, 2 * i + shift, col).astype(np.int64)
        row = np.where(closer, 2 * j + shift, row).astype(np.int64)
    return col, row
