"""Inverse distribution functions as tables, laid out for Latin hypercubes of `BLOCK` draws."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from sarhad.schedule.project import FloatArray, IntArray
from sarhad.schedule.risk.spec import Shape, ThreePoint

BLOCK = 256  # draws of one Latin hypercube; a power of two
FINE = 8  # knots in each of its strata
KNOTS = BLOCK * FINE + 1
NORMAL_END, NORMAL_KNOTS = 6.0, 4097
SAME = 9  # digits to which likely values agree that share a table
GRID = 2049  # points of the numeric integral of a beta distribution


class Columns(NamedTuple):
    """Random figures of the activities: ``low + span * quantile(u)``.

    Parameters
    ----------
    low, span
        Shape (A,); span 0: the figure is certain.
    table
        Row of `quantiles` of each activity, shape (A,).
    quantiles
        Quantiles on 0..1 of each distinct distribution: knot ``FINE * j + s`` at ``[., s, j]``,
        shape (., FINE + 1, BLOCK).
    """

    low: FloatArray
    span: FloatArray
    table: IntArray
    quantiles: FloatArray


def columns(points: ThreePoint) -> Columns:
    """Return the tables of three-point figures."""
    low = np.array(points.low, dtype=np.float64)
    span = np.array(points.high, dtype=np.float64) - low
    with np.errstate(invalid="ignore", divide="ignore"):
        peak = np.where(span > 0, (points.likely - low) / span, 0.0)
    if points.shape == "uniform":
        peak = np.zeros_like(peak)
    peaks, table = np.unique(peak.round(SAME), return_inverse=True)
    laid_out = np.array([lay_out(quantiles(points.shape, float(p))) for p in peaks])
    return Columns(low, span, table.astype(np.int64), laid_out.reshape(-1, FINE + 1, BLOCK))


def lay_out(knots: FloatArray) -> FloatArray:
    """Return ``KNOTS`` values with the knots of one offset in all strata side by side, shape (FINE + 1, BLOCK)."""
    strata = knots[:-1].reshape(BLOCK, FINE).T
    return np.concatenate([strata, knots[None, FINE::FINE]])


def quantiles(shape: Shape, peak: float) -> FloatArray:
    """Return quantiles on 0..1 of the distribution whose likely value is `peak`, at ``KNOTS`` equal steps.

    Notes
    -----
    Triangular: closed form. Beta-PERT: ``alpha = 1 + 4 peak``, ``beta = 5 - 4 peak``; with ``x = sin(t)^2`` the
    density is smooth, its integral is taken by Simpson's rule and inverted by interpolation in t.

    References
    ----------
    Malcolm, Roseboom, Clark and Fazar (1959), Operations Research 7(5); Vose (2008), Risk Analysis, ch. 10.
    """
    p = np.linspace(0.0, 1.0, KNOTS)
    if shape == "uniform":
        return p
    if shape == "triangular":
        rising = np.sqrt(p * peak)
        return np.where(p < peak, rising, 1 - np.sqrt((1 - p) * (1 - peak)))
    alpha, beta = 1 + 4 * peak, 5 - 4 * peak
    t = np.linspace(0.0, np.pi / 2, 2 * GRID - 1)
    density = np.sin(t) ** (2 * alpha - 1) * np.cos(t).clip(0) ** (2 * beta - 1)
    parts = (density[:-2:2] + 4 * density[1:-1:2] + density[2::2]) * (t[2] - t[0]) / 6
    reached = np.concatenate([[0.0], np.cumsum(parts)])
    return np.asarray(np.sin(np.interp(p, reached / reached[-1], t[::2])) ** 2)


def normal_quantiles() -> FloatArray:
    """Return quantiles of the standard normal distribution, laid out; the ends stand at half a knot."""
    p = np.linspace(0.0, 1.0, KNOTS)
    p[[0, -1]] = [0.1 / KNOTS, 1 - 0.1 / KNOTS]
    return lay_out(ndtri(p))


def normal_shares() -> FloatArray:
    """Return the standard normal distribution function on `NORMAL_KNOTS` equal steps of ±`NORMAL_END`."""
    return np.asarray(ndtr(np.linspace(-NORMAL_END, NORMAL_END, NORMAL_KNOTS)))
