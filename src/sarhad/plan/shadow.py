"""What one more million dollars would prevent, by the partner who gives it and the year."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from sarhad.detection.instance import Instance
from sarhad.plan.bounding import Bounding
from sarhad.plan.game import changeable, exact_value
from sarhad.plan.limits import Terms, operating
from sarhad.plan.locks import read_locks
from sarhad.plan.money import demand, outlays, payments, purse
from sarhad.plan.result import PlanSpec
from sarhad.plan.store import starts

MILLION = 1e6
ROUNDS = 60
SETTLED = 1e-6  # share by which the bound must rise for a round to count
PATIENCE = 4  # rounds that may raise nothing


def money_prices(
    instance: Instance, terms: Terms, plan_items: pd.DataFrame, *, time_limit_s: float
) -> pd.DataFrame:
    """Return what one more million dollars of each partner and year would prevent, and what the plan leaves unspent.

    Parameters
    ----------
    instance, terms
        The game and the limits that the plan was made for.
    plan_items
        The plan: item_id and start_quarter.
    time_limit_s
        Seconds for the linear programme, which is solved at least once.

    Returns
    -------
    DataFrame
        partner_id, year, budget_usd, spent_usd, prevented_per_million (weighted attempts over horizon and tail).
        ``attrs`` hold `unsettled`: the share by which the programme's value may still rise; prices are those
        of the last answer.

    Notes
    -----
    A dollar is worth the dearest need that it may pay: its dual in the linear programme of path cuts, where items may be built in part and the
    mean of all quarters stands for each: they tell where money is scarce, not what the next whole item does. They hold at the
    margin; at a corner the price of more and that of less money differ. Money that may be spent in a later year is
    worth at least what it is worth then. Spending is one way of paying the plan; which partner pays is often open.
    """
    began = time.perf_counter()
    game, pool = changeable(instance)
    out, locks, start = outlays(terms), read_locks(terms, PlanSpec()), starts(terms, plan_items)
    source = purse(terms)
    price = np.zeros(len(source.supply))
    unsettled = 0.0
    if game.of.n and len(source.supply):
        pool.add(exact_value(game, terms, start)[2])
        bounding = Bounding(game, terms, pool, out.total, locks.allowed, locks.forced)
        state = operating(terms, start).astype(np.float64)
        begun = np.zeros_like(locks.allowed)
        chosen = np.flatnonzero(start >= 0)
        begun[chosen, start[chosen]] = True
        bounding.begin(np.zeros(1, dtype=np.int64), [state, 0.5 * state], begun)
        idle = 0
        for _ in range(ROUNDS):
            left = time_limit_s - (time.perf_counter() - began)
            if bounding.answer is not None and left <= 0:
                break
            before = bounding.bound
            if not bounding.round(max(left, 5.0)):
                break
            rose = bounding.bound - before > SETTLED * max(bounding.bound, 1e-12)
            idle = 0 if rose or bounding.news else idle + 1
            if idle == PATIENCE:
                break
        if bounding.answer is not None:
            need = np.maximum(bounding.answer.price, 0.0).ravel()
            price = np.where(source.is_open, need, 0.0).max(axis=1) * MILLION
            unsettled = max(0.0, float(bounding.short) / max(bounding.bound, 1e-12))
    flow = payments(terms, demand(terms, out.total, start))
    frame = pd.DataFrame(
        {
            "partner_id": np.array(terms.partners, dtype=object)[source.partner],
            "year": np.array(terms.years)[source.year],
            "budget_usd": source.supply,
            "spent_usd": flow.sum(axis=1),
            "prevented_per_million": price,
        }
    ).astype({"partner_id": "str"})
    frame = frame[frame["budget_usd"] > 0]
    told = {"budget_usd": "sum", "spent_usd": "sum", "prevented_per_million": "max"}
    frame = frame.groupby(["partner_id", "year"], sort=True).agg(told).reset_index()
    frame.attrs["unsettled"] = unsettled
    return frame
