"""What goes into the linear programme of path cuts and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.sparse import csr_array

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan.proof import Made


@dataclass(frozen=True)
class Cuts:
    """Rows ``eta[epoch, group] + sum slope * state of the items >= level``; `made` says of what, or is empty."""

    epoch: IntArray
    group: IntArray
    level: FloatArray
    slope: csr_array
    made: tuple[Made, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A solved linear programme.

    Parameters
    ----------
    bound
        Valid for the whole problem whatever the solver's tolerances were.
    state
        Mean state of the items in each epoch, shape (N, I).
    eta
        Chance to evade of each epoch and unit, as the programme sees it, shape (N, U).
    start
        Share of each item and start, shape (I, T).
    price
        Price of a dollar by class and year, shape (K, Y).
    gain
        What each item and start is worth at these prices, money not yet subtracted, shape (I, T).
    """

    bound: float
    state: FloatArray
    eta: FloatArray
    start: FloatArray
    price: FloatArray
    gain: FloatArray


@dataclass(frozen=True)
class Limits:
    """The rows that every plan keeps: ``low <= start block + pay block <= high``.

    Parameters
    ----------
    rows
        Kind and name of each row, length F.
    starts
        Item and quarter of each allowed start, shape (N, 2).
    start_block, pay_block
        Coefficients of starts and of payments, shapes (F, N) and (F, P).
    low, high, most
        Sides of the rows (F,), and the largest payments (P,).
    usd, scale
        Dollars in the unit of the money rows, attempts in the unit of the objective.
    """

    rows: tuple[tuple[str, str], ...]
    starts: IntArray
    start_block: csr_array
    pay_block: csr_array
    low: FloatArray
    high: FloatArray
    most: FloatArray
    usd: float
    scale: float
