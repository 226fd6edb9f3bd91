"""Where a name on the map hides least."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sarhad.report.figures.ground import FloatArray, Frame

LETTER_SHARE = 0.0058  # width of a letter of a name, and
LINE_SHARE = 0.011  # half its height, as shares of the width of the map
SAMPLES = 7


class Spot(NamedTuple):
    """Offset in points and alignment of a name beside its sign."""

    offset: tuple[int, int]
    ha: str
    va: str


RIGHT = Spot((7, 0), "left", "center")
LEFT = Spot((-7, 0), "right", "center")
BELOW = Spot((0, -7), "center", "top")
ABOVE = Spot((0, 7), "center", "bottom")
UPPER_RIGHT = Spot((6, 4), "left", "bottom")
UPPER_LEFT = Spot((-6, 4), "right", "bottom")
LOWER_RIGHT = Spot((6, -4), "left", "top")
LOWER_LEFT = Spot((-6, -4), "right", "top")
SPOTS = (RIGHT, LEFT, BELOW, ABOVE, UPPER_RIGHT, UPPER_LEFT, LOWER_RIGHT, LOWER_LEFT)


def name_points(
    frame: Frame, name: str, at: tuple[float, float], spot: Spot, size: float = 1.0
) -> FloatArray:
    """Return points along a name at a spot beside its sign, in letters `size` times 8 points; shape (n, 2) in km."""
    scale = size * (frame.right - frame.left)
    length, height = len(name) * LETTER_SHARE * scale, LINE_SHARE * scale
    along = np.linspace(0.0, length, SAMPLES)
    x, y = {
        RIGHT: (height + along, 0.0),
        LEFT: (-height - along, 0.0),
        BELOW: (along - length / 2, -1.6 * height),
        ABOVE: (along - length / 2, 1.6 * height),
        UPPER_RIGHT: (0.8 * height + along, 1.3 * height),
        UPPER_LEFT: (-0.8 * height - along, 1.3 * height),
        LOWER_RIGHT: (0.8 * height + along, -1.3 * height),
        LOWER_LEFT: (-0.8 * height - along, -1.3 * height),
    }[spot]
    return np.column_stack([at[0] + x, np.full(SAMPLES, at[1] + y)])


def room(
    frame: Frame, name: str, at: tuple[float, float], spot: Spot, taken: FloatArray, size: float = 1.0
) -> float:
    """Return the kilometres between a name at a spot and points already taken; below 0 where it leaves the map."""
    letters = name_points(frame, name, at, spot, size)
    x, y = letters.T
    is_outside = ((x < frame.left) | (x > frame.right) | (y < frame.bottom) | (y > frame.top)).any()
    gaps = np.hypot(*(letters[:, None, :] - taken[None, :, :]).transpose(2, 0, 1))
    return float(gaps.min()) - (frame.right - frame.left) * bool(is_outside)


def free_spot(frame: Frame, name: str, at: tuple[float, float], taken: FloatArray, size: float = 1.0) -> Spot:
    """Return the side of a sign where its name stays farthest from points already taken, shape (n, 2)."""
    return max(SPOTS, key=lambda spot: room(frame, name, at, spot, taken, size))
