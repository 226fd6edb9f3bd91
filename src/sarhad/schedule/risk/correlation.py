"""Correlated figures: loadings on common normal factors, from groups or from a whole matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sarhad.errors import DataError
from sarhad.schedule.project import FloatArray

TOLERANCE = 1e-9


def one_factor(labels: Sequence[str], correlation: float) -> FloatArray:
    """Return loadings that correlate activities of one label, such as those of one contractor, shape (A, labels).

    Raises
    ------
    DataError
        If the correlation is not in 0..1.
    """
    if not 0 <= correlation <= 1:
        raise DataError(f"correlation {correlation:g} is not in 0..1.", table="risk", column="correlation")
    names = sorted(set(labels) - {""})
    loadings = np.zeros((len(labels), len(names)))
    for a, label in enumerate(labels):
        if label:
            loadings[a, names.index(label)] = np.sqrt(correlation)
    return loadings


def loadings_of(correlation: FloatArray) -> FloatArray:
    """Return loadings that reproduce a correlation matrix of the normals behind the figures (Gaussian copula).

    Raises
    ------
    DataError
        If the matrix is not one of correlations: not symmetric, ones on the diagonal, or a sum of figures would have
        a negative variance.
    """
    n = len(correlation)
    if correlation.shape != (n, n) or not np.allclose(correlation, correlation.T, atol=TOLERANCE):
        raise DataError("correlation: the matrix is not symmetric.", table="risk", column="correlation")
    if not np.allclose(np.diag(correlation), 1.0, atol=TOLERANCE):
        raise DataError("correlation: the diagonal is not 1.", table="risk", column="correlation")
    values, vectors = np.linalg.eigh(correlation)
    if values.min(initial=0.0) < -TOLERANCE * n:
        text = (
            f"correlation: no figures can be correlated like this (smallest eigenvalue {values.min():.3g})."
        )
        raise DataError(f"{text} Lower the largest correlations.", table="risk", column="correlation")
    loadings = vectors * np.sqrt(values.clip(0))
    return np.asarray(loadings / np.sqrt((loadings**2).sum(axis=1, keepdims=True)))
