"""Where the line can be crossed: steps from a cell beyond to a neighbouring cell inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import ndimage

from sarhad.errors import DataError
from sarhad.place.border import FloatArray, Line
from sarhad.place.corridor import BEYOND, INSIDE, Corridor, SideArray
from sarhad.place.terrain import IntArray, Terrain
from sarhad.place.travel import Mover, path_hours
from sarhad.programme.checks.line import OFF_LINE_KM

NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
POCKET = 0.01  # a side's connected area with a smaller share of its cells is a pocket without nodes
STROLLER = (0.0, 1.0, np.inf, np.inf, 0.0)  # walks, no limits: judges crossings where no mover walks


@dataclass(frozen=True)
class Steps:
    """Steps across the line, one row each.

    Parameters
    ----------
    beyond, inside
        Flat index of the cell at either end, shape (K,).
    x, y
        Middle of the step, shape (K,).
    chainage_km
        Where it crosses, shape (K,).
    """

    beyond: IntArray
    inside: IntArray
    x: FloatArray
    y: FloatArray
    chainage_km: FloatArray

    def take(self, rows: IntArray) -> Steps:
        """Return some of the steps."""
        return Steps(self.beyond[rows], self.inside[rows], self.x[rows], self.y[rows], self.chainage_km[rows])


def main_area(terrain: Terrain) -> SideArray:
    """Return `Terrain.side` with pockets set to 0: areas of a side cut off from nearly all of it."""
    area = terrain.side.copy()
    for side in (INSIDE, BEYOND):
        labels, n_labels = ndimage.label(terrain.side == side, structure=np.ones((3, 3)))
        size = np.bincount(labels.ravel(), minlength=n_labels + 1)
        small = size < POCKET * size[1:].sum()
        small[0] = False
        area[small[labels]] = 0
    return area


def steps_across(terrain: Terrain, line: Line, area: SideArray) -> Steps:
    """Return every step from a cell beyond to a neighbour inside, sorted by chainage."""
    height, width = terrain.shape
    tails, heads = [], []
    for down, right in NEIGHBOURS:
        rows = slice(max(0, -down), height - max(0, down))
        cols = slice(max(0, -right), width - max(0, right))
        to_rows = slice(max(0, down), height + min(0, down))
        to_cols = slice(max(0, right), width + min(0, right))
        row, col = np.nonzero((area[rows, cols] == BEYOND) & (area[to_rows, to_cols] == INSIDE))
        tail = (row + rows.start) * width + col + cols.start
        tails.append(tail)
        heads.append(tail + down * width + right)
    tail, head = np.concatenate(tails), np.concatenate(heads)
    from_x, from_y = terrain.xy(*np.divmod(tail, width))
    to_x, to_y = terrain.xy(*np.divmod(head, width))
    x, y = (from_x + to_x) / 2, (from_y + to_y) / 2
    _, km, _ = Corridor(line, terrain.crs, terrain.cell_m / 1000.0).nearest(x, y)
    order = np.lexsort((head, tail, km))
    return Steps(tail, head, x, y, km).take(order)


def easiest_steps(
    terrain: Terrain, steps: Steps, length_km: float, spacing_km: float, movers: tuple[Mover, ...]
) -> tuple[list[str], IntArray]:
    """Return name and row of the step that walkers make quickest in each bin of the line; some have none.

    A bin is called by the kilometre of its middle, so its name does not depend on the terrain.

    Ties go to the step nearest to the middle of its bin, then to the lower chainage.
    """
    n_bins = max(1, round(length_km / spacing_km))
    at = np.minimum((steps.chainage_km / length_km * n_bins).astype(np.int64), n_bins - 1)
    walkers = [m.parameters for m in movers if m.can_walk and m.crosses_anywhere] or [STROLLER]
    ptr = np.arange(len(at) + 1) * 2
    cells = np.column_stack([steps.beyond, steps.inside]).ravel()
    hours = np.zeros(len(at))
    for parameters in sorted(set(walkers)):
        point = path_hours(terrain.elevation_m, np.array(parameters), terrain.cell_m, False, ptr, cells)
        hours += point.reshape(-1, 2).sum(axis=1)
    off = np.abs(steps.chainage_km - (at + 0.5) * length_km / n_bins)
    order = np.lexsort((off.round(3), hours, at))
    _, first = np.unique(at[order], return_index=True)
    middle = (at[order[first]] + 0.5) * length_km / n_bins
    return [f"{km:06.1f}" for km in middle], order[first]


def crossing_steps(terrain: Terrain, steps: Steps, crossing: pd.DataFrame) -> IntArray:
    """Return for each crossing point the step nearest to it.

    Raises
    ------
    DataError
        If no step lies where `check` lets a crossing point lie, two cells more for the grid: not on the grid's line.
    """
    lon = np.array([point.x for point in crossing["geometry"]])
    lat = np.array([point.y for point in crossing["geometry"]])
    found, far = [], []
    rows, cols = terrain.rowcol(lon, lat) if len(lon) else (np.zeros(0), np.zeros(0))
    x, y = terrain.xy(rows, cols)
    allowed = crossing["accuracy_km"].to_numpy(dtype=np.float64) + OFF_LINE_KM + 2.0 * terrain.cell_m / 1000.0
    for i, name in enumerate(crossing["id"]):
        distance = np.hypot(steps.x - x[i], steps.y - y[i])
        found.append(int(np.argmin(distance)))
        if distance[found[-1]] / 1000.0 > allowed[i]:
            far.append(f"{name} ({distance[found[-1]] / 1000.0:.1f} km)")
    if far:
        raise DataError(
            f"crossing.geometry: {len(far)} of {len(crossing)} crossing points lie farther from any step over the line "
            f"than their accuracy allows: {', '.join(far[:5])}. Correct the positions or accuracy_km, or use smaller "
            f"cells.",
            table="crossing",
            column="geometry",
            ids=[text.split(" (")[0] for text in far],
        )
    return np.array(found, dtype=np.int64)
