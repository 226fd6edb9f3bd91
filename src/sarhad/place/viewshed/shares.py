"""What share of an edge is seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sarhad.place.ragged import sums


def share_seen(
    cover: npt.NDArray[np.floating | np.integer | np.bool_],
    ptr: npt.NDArray[np.int64],
    cell: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64] | None = None,
) -> npt.NDArray[np.float64]:
    """Return the share of each edge that is seen by a post or more.

    Parameters
    ----------
    cover
        Grid of what is seen: a count of posts (`Views.count`), truth values, or chances [0..1], shape (h, w).
    ptr, cell
        Cells of edge e are ``cell[ptr[e]:ptr[e + 1]]``, flat in the grid, -1 for points off it (not seen);
        as of `Paths`.
    weight
        Of each point, such as the hours spent there; the same for all by default.

    Returns
    -------
    ndarray
        Share [0..1], with chances the expected one, shape (E,); nan for an edge without points or weight.
    """
    flat = cover.ravel()
    seen = np.zeros(len(cell))
    inside = cell >= 0
    at = flat[cell[inside]]
    seen[inside] = at if np.issubdtype(cover.dtype, np.floating) else at > 0
    by = np.ones(len(cell)) if weight is None else weight
    total = sums(ptr, by)
    found = np.full(len(total), np.nan)
    np.divide(sums(ptr, seen * by), total, out=found, where=total > 0.0)
    return found
