"""Attempts that are no longer made because fewer get through: an assumption that can be switched on."""

from __future__ import annotations

import numpy as np

from sarhad.detection.instance import FloatArray
from sarhad.errors import SpecError

FORMULA = "attempts = attempts0 * min(1, evade / evade0) ** elasticity"


def still_made(evade: FloatArray, without: FloatArray, elasticity: float) -> FloatArray:
    """Return the share of the attempts that is still made, shape (U, S): ``min(1, evade / without) ** elasticity``.

    Parameters
    ----------
    evade
        Probability that an attempt gets through, by state and scenario, shape (U, S).
    without
        The same without a programme, shape (S,).
    elasticity
        Per cent by which attempts fall when the chance to get through falls by one per cent, >= 0; 0: they stay.

    Raises
    ------
    SpecError
        If the elasticity is negative or not finite.

    Notes
    -----
    Attempts never rise above those without a programme. Where nobody gets through without one, they stay.
    """
    require_elasticity(elasticity)
    ratio = np.ones(evade.shape)
    np.divide(evade, without, out=ratio, where=np.broadcast_to(without > 0.0, evade.shape))
    return np.asarray(np.minimum(ratio, 1.0) ** elasticity)


def require_elasticity(elasticity: float) -> None:
    """Raise SpecError unless the elasticity is a finite number >= 0."""
    if not 0.0 <= elasticity < float("inf"):
        raise SpecError(
            f"elasticity must be a finite number >= 0, found {elasticity}. 0 switches deterrence off."
        )
