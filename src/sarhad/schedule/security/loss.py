"""The security that a programme loses by being late: its distribution over draws, exact on some, by the surrogate on all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sarhad.detection.instance import FloatArray

LEVEL = 0.8
SURE = 1.959963984540054  # standard normal deviate of a two-sided 95 % interval
Surrogate = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Loss:
    """Expected undetected attempts above those of the plan on time, over the draws of a simulation.

    Parameters
    ----------
    draws
        Loss of each draw, shape (n,): exact on the first `n_exact`, the corrected surrogate on the others.
    n_exact
        Draws that were evaluated exactly.
    mean, mean_error
        Mean over all draws by control variate, and half of its 95 % interval.
    residual_mean, residual_sd
        Exact less surrogate over the exact draws: the correction that the others get, and its spread.
    explained
        Share of the variance of the exact draws that the surrogate explains.
    """

    draws: FloatArray
    n_exact: int
    mean: float
    mean_error: float
    residual_mean: float
    residual_sd: float
    explained: float

    @property
    def p80(self) -> float:
        """Return the loss that is not exceeded in eight of ten draws."""
        return float(np.quantile(self.draws, LEVEL))

    @property
    def cvar80(self) -> float:
        """Return the mean loss of the worst fifth of the draws."""
        ordered = np.sort(self.draws)
        worst = ordered[int(np.floor(LEVEL * len(ordered))) :]
        return float(worst.mean())


def loss_of(exact: FloatArray, surrogate: FloatArray, on_time: float) -> Loss:
    """Return the distribution of the loss.

    Parameters
    ----------
    exact
        Exact values of the first draws, shape (m,), m at least 2.
    surrogate
        Surrogate values of all draws, shape (n,).
    on_time
        Exact value of the plan on time, counted alike.

    Notes
    -----
    The mean is ``mean(exact) + b (mean(surrogate of all) - mean(surrogate of the exact draws))`` with the slope b of
    exact on surrogate; the other draws are ``surrogate + mean residual``, for quantiles.

    References
    ----------
    Glasserman (2003), Monte Carlo Methods in Financial Engineering, section 4.1: control variates.
    """
    m, n = len(exact), len(surrogate)
    near = surrogate[:m]
    residual = exact - near
    spread = float(near.var())
    slope = float(((exact - exact.mean()) * (near - near.mean())).mean()) / spread if spread > 0 else 0.0
    left = exact - exact.mean() - slope * (near - near.mean())
    mean = float(exact.mean()) + slope * float(surrogate.mean() - near.mean())
    variance = float(left.var()) / m + slope**2 * float(surrogate.var()) / n
    whole = float(exact.var())
    draws = np.concatenate([exact, surrogate[m:] + residual.mean()]) - on_time
    return Loss(
        draws=draws,
        n_exact=m,
        mean=mean - on_time,
        mean_error=SURE * float(np.sqrt(variance)),
        residual_mean=float(residual.mean()),
        residual_sd=float(residual.std()),
        explained=1.0 - float(left.var()) / whole if whole > 0 else 1.0,
    )
