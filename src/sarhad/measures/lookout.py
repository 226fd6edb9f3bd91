"""High ground with a view of the line: which cell of a stretch sees most of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter

from sarhad.measures.strip import SITE_DEPTH_KM, FloatArray, Ground, IntArray
from sarhad.place import Terrain, visible

PROMINENCE_KM = 1.2


@dataclass(frozen=True)
class Watch:
    """How sites on high ground are to see.

    Parameters
    ----------
    observer_height_m, target_height_m
        Above the ground.
    range_km
        How far they see.
    refraction
        Coefficient of refraction.
    """

    observer_height_m: float
    target_height_m: float
    range_km: float
    refraction: float


def heights(
    terrain: Terrain, ground: Ground, stretches: Sequence[tuple[float, float]], watch: Watch
) -> list[int]:
    """Return for each stretch the ground cell that sees most line cells of the stretch.

    Notes
    -----
    Candidates of a stretch are the highest and the most prominent cell of each band of 1 km from the line, and the
    cell nearest to its middle. Ties go to the cell nearer to the line.
    """
    prominence = _prominence(terrain)[ground.cell]
    owner = _line_cells(terrain, stretches)

    def best(number: int) -> int:
        part = ground.between(*stretches[number])
        candidates = sorted({*_peaks(ground, part, prominence), ground.nearest(*stretches[number])})
        scores = [
            (-_seen(terrain, int(ground.cell[i]), owner, number, watch), ground.distance_km[i], i)
            for i in candidates
        ]
        return min(scores)[2]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(best, range(len(stretches))))


def _peaks(ground: Ground, part: slice, prominence: FloatArray) -> set[int]:
    found: set[int] = set()
    for band in np.arange(0.0, SITE_DEPTH_KM, 1.0):
        distance = ground.distance_km[part]
        cells = part.start + np.flatnonzero((distance >= band) & (distance < band + 1.0))
        if len(cells):
            found.add(int(cells[np.argmax(ground.elevation_m[cells])]))
            found.add(int(cells[np.argmax(prominence[cells])]))
    return found


def _seen(terrain: Terrain, cell: int, owner: IntArray, number: int, watch: Watch) -> int:
    row, col = divmod(cell, terrain.elevation_m.shape[1])
    cells, _ = visible(
        terrain,
        row,
        col,
        observer_height_m=watch.observer_height_m,
        target_height_m=watch.target_height_m,
        radius_km=watch.range_km,
        refraction=watch.refraction,
    )
    return int(np.count_nonzero(owner[cells] == number))


def _line_cells(terrain: Terrain, stretches: Sequence[tuple[float, float]]) -> IntArray:
    owner = np.full(terrain.side.size, -1, dtype=np.int64)
    near = np.flatnonzero(
        (terrain.side.ravel() != 0) & (terrain.distance_km.ravel() <= 0.75 * terrain.cell_m / 1000)
    )
    starts = np.array([start for start, _ in stretches])
    owner[near] = np.searchsorted(starts, terrain.chainage_km.ravel()[near], side="right") - 1
    return owner


def _prominence(terrain: Terrain) -> FloatArray:
    elevation = np.nan_to_num(terrain.elevation_m.astype(np.float64))
    size = 2 * max(1, round(PROMINENCE_KM * 1000 / terrain.cell_m)) + 1
    found: FloatArray = (elevation - uniform_filter(elevation, size, mode="nearest")).ravel()
    return found
