"""What it is worth to know a parameter before the plan is chosen: value of (partial) perfect information."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.errors import SpecError

DEGREE = 3  # of the polynomials in the quantile of a parameter
FOLDS = 10
FEWEST = 40  # draws: ten for each coefficient of a polynomial
SIDE = 1.959963984540054  # standard errors to each side of 95 %


@dataclass(frozen=True)
class Estimate:
    """A mean over draws with the ends of its 95 % interval (normal, ``1.96 s / sqrt(K)``)."""

    mean: float
    low: float
    high: float


def mean_of(values: FloatArray) -> Estimate:
    """Return the mean of independent draws, shape (K,), K >= 2, and its interval."""
    mean = float(values.mean())
    side = SIDE * float(values.std(ddof=1)) / np.sqrt(len(values))
    return Estimate(mean, mean - side, mean + side)


def best_plan(values: FloatArray) -> int:
    """Return which plan has the least mean value over the draws, values of shape (K, D); the first of equals."""
    return int(values.mean(axis=0).argmin())


def whole_information(values: FloatArray) -> Estimate:
    """Return by how much the value would fall if all parameters were known before one of the plans is chosen.

    Parameters
    ----------
    values
        Value of each plan in each draw, shape (K, D).

    Notes
    -----
    Mean of ``V[k, d0] - min_d V[k, d]`` with ``d0`` the best plan on average: the expected value of perfect
    information when these D plans are all there is to choose from. Another plan could use what is known better.
    """
    return mean_of(values[:, best_plan(values)] - values.min(axis=1))


def information(values: FloatArray, quantiles: FloatArray) -> tuple[Estimate, ...]:
    """Return for each parameter by how much the value would fall if it alone were known beforehand.

    Parameters
    ----------
    values
        Value of each plan in each draw, shape (K, D), K >= 40.
    quantiles
        Where each parameter lies in its distribution in each draw [0..1], shape (K, P).

    Raises
    ------
    SpecError
        If there are too few draws for a regression.

    Notes
    -----
    ``EVPPI(p) = min_d E[V_d] - E_p[ min_d E[V_d | p] ]``. The inner means come from a regression of
    ``V_d - V_d0`` on Legendre polynomials of degree 3 in the quantile of p (Strong, Oakley and Brennan 2014, there
    with splines), ``d0`` being the best plan on average. With the usual plug-in the estimate is too high: the
    regression picks a plan on the same draws that it is judged by. Here a tenth of the draws is left out in turn, the
    rule "this plan at this p" is learned from the others, and what counts is the true value of the rule's plan in the
    draws left out. The estimate is thus that of a rule that could be followed, and in expectation never above the
    true figure: no rule is better than the best one, and ``d0`` is flattered by having been chosen on all draws. It can be below zero.

    References
    ----------
    Strong, Oakley and Brennan (2014), Estimating multiparameter partial expected value of perfect information
    from a probabilistic sensitivity analysis sample, Med. Decis. Making 34(3). Brennan, Kharroubi, O'Hagan and Chilcott
    (2007), Calculating partial expected value of perfect information via Monte Carlo sampling algorithms, ibid. 27(4).
    """
    if len(values) < FEWEST:
        raise SpecError(
            f"{len(values)} draws: too few to learn from. Give {FEWEST} or more, better some hundreds."
        )
    rise = values - values[:, [best_plan(values)]]
    fold = np.arange(len(values)) % FOLDS
    return tuple(mean_of(_gain(rise, quantiles[:, p], fold)) for p in range(quantiles.shape[1]))


def _gain(rise: FloatArray, quantile: FloatArray, fold: IntArray) -> FloatArray:
    """Return by how much the plan of the rule learned from other folds is better than the best on average, (K,)."""
    terms = np.polynomial.legendre.legvander(2.0 * quantile - 1.0, DEGREE)
    gain = np.empty(len(rise))
    for k in range(FOLDS):
        out = fold == k
        rule = np.linalg.lstsq(terms[~out], rise[~out], rcond=None)[0]
        picked = (terms[out] @ rule).argmin(axis=1)
        gain[out] = -rise[out, picked]
    return gain
