"""What a plan's operating items add: columns that are on, exposure of each edge, prevention of each threat."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import BoolArray, Exposure, FloatArray, Instance
from sarhad.errors import SpecError


def columns_on(exposure: Exposure, operating: BoolArray) -> BoolArray:
    """Return which columns act: the item operates, and at least one item of each of its support sets.

    Parameters
    ----------
    exposure
        Items and columns.
    operating
        Which items operate, shape (..., I).

    Returns
    -------
    ndarray
        Shape (..., C).
    """
    on = operating[..., exposure.item].copy()
    column = [c for c, sets in enumerate(exposure.supports) for _ in sets]
    members = [members for sets in exposure.supports for members in sets]
    if not column:
        return on
    size = np.array([len(one) for one in members])
    index = np.array([item for one in members for item in one], dtype=np.int64)
    of_set = csr_array(
        (np.ones(len(index)), index, np.concatenate([[0], np.cumsum(size)])),
        shape=(len(size), exposure.n_items),
    )
    flat = operating.reshape(-1, exposure.n_items).astype(np.float64)
    lacking = np.asarray(of_set @ flat.T).T < 1  # (rows, sets)
    per_column = csr_array((np.ones(len(column)), (np.arange(len(column)), column)), (len(column), len(on.T)))
    n_lacking = np.asarray(lacking.astype(np.float64) @ per_column)
    return np.asarray(on & (n_lacking.reshape(on.shape) < 1))


def edge_exposure(instance: Instance, operating: BoolArray) -> FloatArray:
    """Return the exposure that operating items add to each edge.

    Parameters
    ----------
    instance
        Items and what they add.
    operating
        Which items operate, shape (I,).

    Returns
    -------
    ndarray
        Shape (n_movers, E); may be inf.

    Raises
    ------
    SpecError
        If `operating` has another shape.
    """
    exposure = instance.exposure
    refuse_shape(operating, (exposure.n_items,))
    on = np.flatnonzero(columns_on(exposure, operating))
    return np.stack([np.asarray(added[on].sum(axis=0), dtype=np.float64) for added in exposure.by_mover])


def prevention(exposure: Exposure, on: BoolArray) -> FloatArray:
    """Return the exposure common to all paths of each threat, shape (..., n_threats), of columns (..., C)."""
    infinite = np.isinf(exposure.by_threat)
    finite = on.astype(np.float64) @ np.where(infinite, 0.0, exposure.by_threat)
    return np.where(on.astype(np.float64) @ infinite > 0, np.inf, finite)


def refuse_shape(operating: BoolArray, shape: tuple[int, ...]) -> None:
    """Raise SpecError unless `operating` is a boolean array of this shape."""
    if operating.shape != shape or operating.dtype != np.bool_:
        raise SpecError(
            f"operating must be boolean of shape {shape}, found {operating.dtype} of shape {operating.shape}."
        )
