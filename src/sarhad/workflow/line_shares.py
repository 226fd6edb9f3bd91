"""What share of named lines is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import Transformer
from shapely.geometry import LineString

from sarhad.place.viewshed import share_seen


def line_shares(
    lines: list[tuple[str, LineString]], wkt: str, transform: Affine, cover: npt.NDArray[Any]
) -> list[dict[str, Any]]:
    """Return the share of each line that is seen, in points half a cell apart.

    Parameters
    ----------
    lines
        Name and course in degrees.
    wkt, transform
        The grid, in metres.
    cover
        What is seen, as of `share_seen`, shape (h, w).
    """
    turn = Transformer.from_crs("EPSG:4326", wkt, always_xy=True)
    cell, ptr = [], [0]
    for _, course in lines:
        x, y = (np.asarray(values) for values in turn.transform(*course.coords.xy))
        along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        at = np.linspace(0.0, along[-1], int(2 * along[-1] / transform.a) + 2)
        col, row = ~transform @ (np.interp(at, along, x), np.interp(at, along, y))
        row, col = np.floor(row).astype(np.int64), np.floor(col).astype(np.int64)
        inside = (row >= 0) & (col >= 0) & (row < cover.shape[0]) & (col < cover.shape[1])
        cell.append(np.where(inside, row * cover.shape[1] + col, -1))
        ptr.append(ptr[-1] + len(at))
    shares = share_seen(cover, np.array(ptr), np.concatenate(cell))
    return [{"id": name, "share_seen": float(share)} for (name, _), share in zip(lines, shares, strict=True)]
