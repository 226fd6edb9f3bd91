"""The Shapley share of each item: what it contributes on average over all orders of building the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, combinations
from math import comb

import numpy as np
import pandas as pd
from scipy.stats import t as student

from sarhad.detection.instance import FloatArray, Instance, IntArray
from sarhad.errors import SpecError
from sarhad.plan.coalition import Coalitions
from sarhad.plan.limits import Terms

EXACT = 8  # items up to which all parts of the plan are valued
CONFIDENCE = 0.95

OnShare = Callable[[float], bool]


def shapley_shares(
    instance: Instance,
    terms: Terms,
    plan_items: pd.DataFrame,
    *,
    pairs: int,
    seed: int,
    on_progress: OnShare | None = None,
) -> pd.DataFrame:
    """Return by how much each item of a plan lowers the value, on average over the orders of building them.

    Parameters
    ----------
    instance, terms
        The game and the limits that the plan was made for.
    plan_items
        The plan: item_id and start_quarter.
    pairs
        Pairs of random orders, an order and its reverse; plans of at most 8 items are computed exactly instead.
    seed
        Of the random orders.
    on_progress
        Told the share done after each pair; returning False ends the sampling, pairs so far are used.

    Returns
    -------
    DataFrame
        item_id, share (attempts prevented, weighted), standard_error, low, high (95 % interval), sorted by
        item_id. ``attrs`` hold `pairs` (0: exact).

    Raises
    ------
    SpecError
        If fewer than two pairs are asked for: one gives no interval.

    Notes
    -----
    Shares add up to the value without the plan minus its value (efficiency), whatever is sampled: along each
    order the contributions telescope. Where two items only work together, each gets half; removal values
    would give both the whole. Items keep the quarters of the plan, see `Coalitions`.

    References
    ----------
    Shapley (1953), A value for n-person games. Castro, Gomez and Tejada (2009), Polynomial calculation of the
    Shapley value based on sampling; Mitchell et al. (2022), Sampling permutations for Shapley value estimation
    (an order with its reverse).
    """
    if pairs < 2:
        raise SpecError(f"{pairs} pairs of orders give no interval. Ask for 2 or more.")
    game = Coalitions(instance, terms, plan_items)
    n = len(game.chosen)
    used = 0
    if n <= EXACT:
        share, error = _exact(game), np.zeros(n)
        half = error
    else:
        found = np.stack(list(_sampled(game, pairs, seed, on_progress)))
        used = len(found)
        share = found.mean(axis=0)
        error = found.std(axis=0, ddof=1) / np.sqrt(used) if used > 1 else np.full(n, np.nan)
        half = error * float(student.ppf(0.5 + CONFIDENCE / 2, max(used - 1, 1)))
    frame = pd.DataFrame(
        {
            "item_id": [terms.item_ids[i] for i in game.chosen.tolist()],
            "share": share,
            "standard_error": error,
            "low": share - half,
            "high": share + half,
        }
    ).astype({"item_id": "str"})
    frame.attrs["pairs"] = used
    return frame


def _exact(game: Coalitions) -> FloatArray:
    """Return the shares by valuing every part of the plan."""
    n = len(game.chosen)
    parts = [set(p) for p in chain.from_iterable(combinations(range(n), k) for k in range(n + 1))]
    place = {frozenset(p): k for k, p in enumerate(parts)}
    marks = np.zeros((len(parts), game.terms.n_items), dtype=np.bool_)
    for k, part in enumerate(parts):
        marks[k, game.chosen[sorted(part)]] = True
    value = game.values(marks)
    share = np.zeros(n)
    for k, part in enumerate(parts):
        for i in set(range(n)) - part:
            weight = 1.0 / (n * comb(n - 1, len(part)))
            share[i] += weight * (value[k] - value[place[frozenset(part | {i})]])
    return share


def _sampled(game: Coalitions, pairs: int, seed: int, on_progress: OnShare | None) -> Iterator[FloatArray]:
    """Yield the mean contributions along an order and its reverse."""
    rng = np.random.default_rng(seed)
    n = len(game.chosen)
    for k in range(pairs):
        order = rng.permutation(n)
        yield (_along(game, order) + _along(game, order[::-1])) / 2
        if on_progress is not None and not on_progress((k + 1) / pairs):
            return


def _along(game: Coalitions, order: IntArray) -> FloatArray:
    """Return what each item contributes when they are built in this order."""
    value = game.along(order)
    share = np.empty(len(order))
    share[order] = value[:-1] - value[1:]
    return share
