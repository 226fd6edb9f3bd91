"""Security against money: the best plan found at each share of all partners' budgets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sarhad.detection.instance import FloatArray, Instance
from sarhad.errors import SpecError
from sarhad.plan.limits import Terms
from sarhad.plan.money import demand, outlays, pay, purse
from sarhad.plan.result import PlanResult, PlanSpec, gap
from sarhad.plan.search import optimise
from sarhad.plan.store import starts


@dataclass(frozen=True)
class Step:
    """One search of a frontier: a share of the budgets, a plan to begin with, and how long."""

    share: float
    warm_start: pd.DataFrame | None
    time_limit_s: float
    seed: int
    work_limit: int | None


RunSteps = Callable[[Instance, Terms, Sequence[Step]], list[PlanResult]]


def solve_step(instance: Instance, terms: Terms, step: Step) -> PlanResult:
    """Return the best plan found at one share of the budgets."""
    warm = step.warm_start
    dated = {} if warm is None else dict(zip(warm["item_id"], warm["start_quarter"], strict=True))
    return optimise(
        instance,
        scaled(terms, step.share),
        PlanSpec(warm_start=dated),
        time_limit_s=step.time_limit_s,
        seed=step.seed,
        work_limit=step.work_limit,
    )


def in_turn(instance: Instance, terms: Terms, steps: Sequence[Step]) -> list[PlanResult]:
    """Return the results of the steps, one after the other on this machine."""
    return [solve_step(instance, terms, step) for step in steps]


def scaled(terms: Terms, share: float) -> Terms:
    """Return the limits with every partner's money in every year at a share of itself, in whole dollars."""
    tied = terms.tied
    if tied is not None:
        tied = dataclasses.replace(tied, usd=np.floor(tied.usd * share + 1e-6).astype(np.int64))
    budget = np.floor(terms.budget_usd * share + 1e-6).astype(np.int64)
    return dataclasses.replace(terms, budget_usd=budget, tied=tied)


def shares_of(n_steps: int, most: float) -> FloatArray:
    """Return the shares of the budgets, from one step to `most`.

    Raises
    ------
    SpecError
        If there are no steps, or the largest share is not above 0.
    """
    if n_steps < 1 or not 0 < most < np.inf:
        raise SpecError(
            f"{n_steps} steps up to {most:g} of the budgets: give 1 step or more, and a share above 0."
        )
    return np.arange(1, n_steps + 1) * most / n_steps


def frontier(
    instance: Instance,
    terms: Terms,
    shares: FloatArray,
    *,
    time_limit_s: float,
    seed: int,
    work_limit: int | None = None,
    priority: pd.DataFrame | None = None,
    run_steps: RunSteps = in_turn,
) -> pd.DataFrame:
    """Return the value, its bound and gap at each share of all budgets.

    Parameters
    ----------
    instance, terms
        The game, and the limits at share 1.
    shares
        Shares of every partner's money in every year, ascending.
    time_limit_s, work_limit
        For each share: half goes to a search of its own, half to one that begins with the plan of the share below.
    seed
        Of the searches.
    priority
        A list made by `priority_list`; for each share the value of its longest beginning that can be paid.
    run_steps
        How searches that do not wait for each other are run.

    Returns
    -------
    DataFrame
        share, budget_usd (of the horizon), cost_usd (of the plan, horizon), n_items, value, bound, gap, status (as
        found); value_envelope, bound_envelope, gap_envelope; prefix_items and prefix_value (of `priority`, else
        missing). ``attrs`` hold `value_without_plan`, `constant`, and the `plans`, tables of items in the order of
        the shares.

    Notes
    -----
    The optimum never rises with money, since a plan that a smaller budget pays a larger one pays too. So the least value
    found at this or any smaller share, by a search or a beginning of `priority`, holds at a share (`value_envelope`), and the greatest bound at any larger share is
    a bound (`bound_envelope`). Values as found need not fall from step to step: searches end early.
    """
    half = time_limit_s / 2
    rounds = None if work_limit is None else max(1, work_limit // 2)
    alone = [Step(float(s), None, half, seed, rounds) for s in shares]
    first = run_steps(instance, terms, alone)
    warm = [
        Step(float(s), first[max(k - 1, 0)].plan_items, half, seed + 1, rounds) for k, s in enumerate(shares)
    ]
    second = run_steps(instance, terms, warm)
    found = [_better(one, two) for one, two in zip(first, second, strict=True)]
    value, bound = np.array([f.value for f in found]), np.array([f.bound for f in found])
    rows = [_prefix(terms, float(s), priority, found[0].value_without_plan) for s in shares]
    best = np.minimum.accumulate(np.fmin(value, [row[1] for row in rows]))
    least = np.maximum.accumulate(bound[::-1])[::-1]
    frame = pd.DataFrame(
        {
            "share": shares,
            "budget_usd": [
                int(scaled(terms, float(s)).budget_usd[:, : terms.n_horizon_years].sum()) for s in shares
            ],
            "cost_usd": [float(f.plan_items["cost_usd"].sum()) for f in found],
            "n_items": [len(f.plan_items) for f in found],
            "value": value,
            "bound": bound,
            "gap": [f.gap for f in found],
            "status": [f.status for f in found],
            "value_envelope": best,
            "bound_envelope": least,
            "gap_envelope": [gap(v, b) for v, b in zip(best.tolist(), least.tolist(), strict=True)],
            "prefix_items": [row[0] for row in rows],
            "prefix_value": [row[1] for row in rows],
        }
    )
    frame.attrs.update(
        value_without_plan=found[0].value_without_plan,
        constant=found[0].constant,
        plans=[f.plan_items for f in found],
    )
    return frame


def _better(one: PlanResult, two: PlanResult) -> PlanResult:
    """Return the better plan with the better bound of two searches of one problem."""
    best = two if two.value < one.value else one
    bound = max(one.bound, two.bound)
    status = (
        "optimal" if "optimal" in (one.status, two.status) and best.status != "infeasible" else best.status
    )
    return dataclasses.replace(best, bound=bound, gap=gap(best.value, bound), status=status)


def _prefix(
    terms: Terms, share: float, priority: pd.DataFrame | None, without: float
) -> tuple[int | None, float]:
    """Return the length and the value of the longest beginning of a list that a share of the money pays."""
    if priority is None:
        return None, float("nan")
    source, cost = purse(scaled(terms, share)), outlays(terms).total
    start = starts(terms, priority)
    order = [terms.item_ids.index(i) for i in priority["item_id"]]
    low, high = 0, len(order)  # what a beginning needs grows with it, so halving finds the longest
    while low < high:
        middle = (low + high + 1) // 2
        part = np.full_like(start, -1)
        part[order[:middle]] = start[order[:middle]]
        _, lacks = pay(source.supply, demand(terms, cost, part), source.is_open)
        low, high = (low, middle - 1) if lacks.any() else (middle, high)
    return low, float(priority["value"].iloc[low - 1]) if low else without
