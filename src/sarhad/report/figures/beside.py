"""Where signs stand beside a line on the map, so that they hide neither the line nor each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from sarhad.report.figures.ground import FloatArray, Frame

SMOOTH_KM = 12.0  # bends of the line shorter than this do not turn the row of signs
ROWS = 6


def beside(spots: FloatArray, line: FloatArray, gap_km: float, *, is_inside_left: bool) -> FloatArray:
    """Return a place for each sign near its spot, shape (n, 2) in kilometres.

    Parameters
    ----------
    spots
        Where the signs belong, shape (n, 2).
    line
        Points along the line in its direction, shape (m, 2).
    gap_km
        Least distance between two signs, and from a sign to the line.
    is_inside_left
        Side where rows of signs begin: left of the line's direction or right; they go on beyond it.

    Notes
    -----
    Greedy in the given order: the first place that keeps the gap, row by row away from the line; where none is
    left the one farthest from its neighbours.
    """
    placed = np.empty((0, 2))
    along, tree = _direction(line), cKDTree(line)
    for nearest in _nearest(tree, spots)[1].tolist():
        inward = np.array([-along[nearest, 1], along[nearest, 0]]) * (1.0 if is_inside_left else -1.0)
        tries = np.array(
            [
                line[nearest] + side * row * gap_km * inward + shift * gap_km * along[nearest]
                for row in range(1, ROWS + 1)
                for side in (1.0, -1.0)
                for shift in (0.0, -0.5, 0.5)
            ]
        )
        to_line, _ = _nearest(tree, tries)
        to_signs = np.full(len(tries), np.inf)
        if len(placed):
            to_signs = np.hypot(*(tries[:, None] - placed[None]).transpose(2, 0, 1)).min(axis=1)
        free = np.minimum(to_line, to_signs)
        good = np.flatnonzero(free >= 0.98 * gap_km)
        chosen = int(good[0]) if len(good) else int(np.argmax(free))
        placed = np.vstack([placed, tries[chosen]])
    return placed


def _direction(line: FloatArray) -> FloatArray:
    """Return the direction of the line at each of its points, small bends left out; unit vectors."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    ahead = np.column_stack([np.interp(length + SMOOTH_KM, length, line[:, k]) for k in (0, 1)])
    behind = np.column_stack([np.interp(length - SMOOTH_KM, length, line[:, k]) for k in (0, 1)])
    way = ahead - behind
    unit: FloatArray = way / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    return unit


def middle_of_side(line: FloatArray, frame: Frame, taken: FloatArray, *, is_left: bool) -> FloatArray:
    """Return the point of one side of the line that is farthest from line, names and edge, shape (2,)."""
    x, y = np.meshgrid(np.linspace(frame.left, frame.right, 60), np.linspace(frame.bottom, frame.top, 40))
    points = np.column_stack([x.ravel(), y.ravel()])
    gaps, nearest = _nearest(cKDTree(line), points)
    along, to_point = _direction(line)[nearest], points - line[nearest]
    is_here = (along[:, 0] * to_point[:, 1] - along[:, 1] * to_point[:, 0] > 0) == is_left
    edge_x = np.minimum(points[:, 0] - frame.left, frame.right - points[:, 0]) / 2.5
    edge_y = 2 * np.minimum(points[:, 1] - frame.bottom, frame.top - points[:, 1])
    names, _ = _nearest(cKDTree(taken * (0.5, 1.0)), points * (0.5, 1.0))
    room = np.minimum.reduce([gaps, edge_x, edge_y, names])
    best: FloatArray = points[int(np.argmax(np.where(is_here, room, -np.inf)))]
    return best


def _nearest(of: cKDTree, points: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Return distance and number of the nearest of some places to each point."""
    distance, number = of.query(points)
    return np.asarray(distance, dtype=np.float64), np.asarray(number, dtype=np.int64)
