"""What a decision taken by a person costs: the best plan with it against the best plan without it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sarhad.detection.instance import Instance
from sarhad.errors import SpecError
from sarhad.plan.limits import Terms
from sarhad.plan.money import outlays
from sarhad.plan.result import OnProgress, PlanResult, PlanSpec, Status
from sarhad.plan.search import optimise
from sarhad.plan.store import items_table, starts


@dataclass(frozen=True)
class Override:
    """The cost of locks in attempts that get through.

    Parameters
    ----------
    value_without_lock, value_with_lock
        The least value found without and with the locks, the constant left out.
    cost
        The second minus the first; below zero where the search with the locks found a better plan than the former.
    cost_low, cost_high
        The cost of the locks between true optima lies in here, by the bounds of both.
    bound_with_lock, status
        Of the plan with the locks.
    enters, leaves, moves
        Items that the plan with the locks has and the former has not; those that leave; those that start in
        another quarter.
    plan_items
        The plan with the locks.
    notices
        What a person should know; for locks that cannot be kept the limits that conflict.
    """

    value_without_lock: float
    value_with_lock: float
    cost: float
    cost_low: float
    cost_high: float
    bound_with_lock: float
    status: Status
    enters: tuple[str, ...]
    leaves: tuple[str, ...]
    moves: tuple[str, ...]
    plan_items: pd.DataFrame
    notices: tuple[str, ...]


def cost_of_override(
    instance: Instance,
    terms: Terms,
    former: PlanResult,
    *,
    spec: PlanSpec,
    time_limit_s: float,
    seed: int,
    work_limit: int | None = None,
    on_progress: OnProgress | None = None,
) -> Override:
    """Return what locks cost: the best plan found with them, what enters and leaves, the cost and its bounds.

    Parameters
    ----------
    instance, terms
        The game and the limits.
    former
        The plan without these locks, its value and its bound.
    spec
        The locks; ``lock_in`` of an item left out answers "why not this one".
    time_limit_s, seed, work_limit, on_progress
        As of `optimise`, which starts from the former plan.

    Raises
    ------
    SpecError
        If nothing is locked, or a lock names what does not exist.

    Notes
    -----
    With locks the optimum is never lower, so the cost between optima is at least 0, at least ``bound_with_lock -
    value_without_lock`` and at most ``value_with_lock - former.bound``.
    """
    if not spec.lock_in and not spec.lock_out:
        raise SpecError("no lock is given, so there is nothing to cost. Lock an item in or out.")
    dated = dict(zip(former.plan_items["item_id"], former.plan_items["start_quarter"], strict=True))
    asked = PlanSpec(spec.lock_in, spec.lock_out, warm_start=dated)
    found = optimise(
        instance, terms, asked, time_limit_s=time_limit_s, seed=seed, work_limit=work_limit,
        on_progress=on_progress,
    )  # fmt: skip
    if found.status in ("infeasible", "unknown"):
        nan = float("nan")
        return Override(
            former.value, nan, nan, nan, nan, nan, found.status, (), (), (), found.plan_items, found.notices
        )
    if former.value < found.value and _keeps(former, spec):
        kept = items_table(terms, outlays(terms), starts(terms, former.plan_items))
        value, items = former.value, kept
    else:
        value, items = found.value, found.plan_items
    bound = max(found.bound, former.bound)
    after = dict(zip(items["item_id"], items["start_quarter"], strict=True))
    notices = found.notices
    if value < former.value:
        notices = (*notices, "the plan with the lock is better than the former: search longer for that one")
    return Override(
        value_without_lock=former.value,
        value_with_lock=value,
        cost=value - former.value,
        cost_low=max(0.0, bound - former.value),
        cost_high=max(0.0, value - former.bound),
        bound_with_lock=bound,
        status=found.status,
        enters=tuple(sorted(set(after) - set(dated))),
        leaves=tuple(sorted(set(dated) - set(after))),
        moves=tuple(sorted(i for i in set(after) & set(dated) if after[i] != dated[i])),
        plan_items=items,
        notices=notices,
    )


def _keeps(former: PlanResult, spec: PlanSpec) -> bool:
    """Tell whether the former plan keeps the locks already."""
    dated = dict(zip(former.plan_items["item_id"], former.plan_items["start_quarter"], strict=True))
    locked = all(i in dated and q in (None, dated[i]) for i, q in spec.lock_in.items())
    return locked and not set(dated) & spec.lock_out
