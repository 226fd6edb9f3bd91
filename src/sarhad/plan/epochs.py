"""Runs of quarters that a linear programme sees as one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan.limits import Terms


@dataclass(frozen=True)
class Epochs:
    """Runs of quarters that the linear programme sees as one, in their weighted mean state.

    Parameters
    ----------
    weight
        Years that each epoch counts, shape (N,).
    share
        Share of the epoch's weight in which an item operates that operates from quarter o on,
        shape (N, T + 1).

    Notes
    -----
    The value is convex in the state, so the value of the mean state is at most the mean of the values
    (Jensen): bounds stay valid, and become sharper with shorter epochs.
    """

    weight: FloatArray
    share: FloatArray

    @property
    def n(self) -> int:
        """Return the number of epochs N."""
        return len(self.weight)


def epochs(terms: Terms, begins: IntArray) -> Epochs:
    """Return the epochs that begin in these quarters (the first begins in quarter 0)."""
    weight, of = terms.quarter_weight, np.searchsorted(begins, np.arange(terms.n_quarters), "right") - 1
    total = np.bincount(of, weight, minlength=len(begins))
    share = np.zeros((len(begins), terms.n_quarters + 1))
    for o in range(terms.n_quarters):
        share[:, o] = np.bincount(of[o:], weight[o:], minlength=len(begins)) / total
    return Epochs(total.astype(np.float64), share)
