"""`plan --draws`: one plan for many draws of what is uncertain, judged on fresh draws beside the plan for means."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from sarhad import plan as planner
from sarhad.detection import value_by_period
from sarhad.detection.instance import FloatArray, Instance
from sarhad.errors import SpecError
from sarhad.plan.information import mean_of
from sarhad.workflow.draws import Drawing, Uncertain
from sarhad.workflow.former import standing
from sarhad.workflow.planning import USUAL, Planned, adopt_plan, priced, timeline
from sarhad.workflow.prepare import Prepared
from sarhad.workflow.steps import OnStep, Step, silent

MEAN_SHARE = 0.3  # of the time that goes to the plan for mean parameters
AT_LIKELY = (
    "the plan was made for {n} draws of what is uncertain; value, bound and marginal values of its items are those at likely "
    "values, the bound that of everything built: see `draws` for the value that was sought, and its bound"
)


def plan_over_draws(
    prepared: Prepared,
    name: str,
    drawing: Drawing,
    *,
    spec: planner.PlanSpec,
    time_limit_s: float,
    seed: int,
    method: planner.Method = USUAL,
    on_step: OnStep = silent,
) -> Planned:
    """Return the plan with the least mean value over draws; `draws` of the result says how it stands.

    Notes
    -----
    The plan for mean parameters is searched for first (three tenths of the time) and is the warm start of the other, so
    that over the draws planned for, the plan is never worse. On fresh draws it may be: that is what these are for.
    """
    terms = planner.terms(prepared.prog, prepared.items)
    unsure = Uncertain(prepared)
    if not unsure.parameters:
        raise SpecError("--draws: no attempts, effect or coverage has a range. Give low and high values.")
    games = []
    for k, quantile in enumerate(unsure.quantiles(drawing.n, seed, "plan")):
        _go(on_step, Step("draws", k / drawing.n))
        games.append(unsure.game(quantile))
    whole = planner.stacked(games)
    memory = planner.needed(whole, terms)
    on_step(Step("plan", 0.0, f"needs about {memory}", keeps_answer=True))

    def search(game: Instance, stage: str, share: float, spec: planner.PlanSpec) -> planner.PlanResult:
        def tell(progress: planner.PlanProgress) -> bool:
            text = f"value {progress.value:,.1f}  bound {progress.bound:,.1f}  gap {progress.gap:.1%}"
            done = min(1.0, progress.seconds / max(share * time_limit_s, 1e-9))
            return on_step(Step(stage, done, text, keeps_answer=True))

        return planner.optimise(
            game, terms, spec, time_limit_s=share * time_limit_s, seed=seed, on_progress=tell,
            engine=method.engine, target_gap=method.target_gap, memory_limit_gb=method.memory_limit_gb,
        )  # fmt: skip

    at_means = search(unsure.game(None), "plan for means", MEAN_SHARE, spec)
    if at_means.status == "infeasible":
        return Planned(prepared, terms, at_means, method, memory.added_gb)
    dated = dict(zip(at_means.plan_items["item_id"], at_means.plan_items["start_quarter"], strict=True))
    warm = dataclasses.replace(spec, warm_start=dated)
    found = search(whole, "plan over draws", 1.0 - MEAN_SHARE, warm)
    plans = [found.plan_items, at_means.plan_items, found.plan_items.iloc[:0]]
    told = {**_planned_for(found, len(games), len(unsure.parameters)), "fresh": None}
    stopped = found.stopped
    if stopped != "interrupt":
        fresh = _fresh(unsure, terms, plans, unsure.quantiles(drawing.n_fresh, seed, "fresh"), on_step)
        told["fresh"], stopped = (None, "interrupt") if fresh is None else (_judged(fresh), stopped)
    result = dataclasses.replace(
        standing(prepared, terms, found.plan_items),
        seconds=at_means.seconds + found.seconds,
        seed=seed,
        stopped=stopped,
        notices=(*found.notices, AT_LIKELY.format(n=drawing.n)),
    )
    if stopped != "interrupt":
        result = priced(prepared, terms, result, on_step)
    prog = adopt_plan(prepared.prog, name, result, seed)
    return Planned(dataclasses.replace(prepared, prog=prog), terms, result, method, memory.added_gb, told)


def _planned_for(found: planner.PlanResult, n: int, n_parameters: int) -> dict[str, Any]:
    """Return value and bound over the draws planned for, what no item can touch included."""
    return {
        "draws": n,
        "parameters": n_parameters,
        "status": found.status,
        "value": found.value + found.constant,
        "bound": found.bound + found.constant,
        "gap": found.gap,
    }


def _judged(fresh: FloatArray) -> dict[str, Any]:
    """Return what fresh draws say; values of both plans and of nothing built, shape (n, 3)."""
    over, means, nothing = (dataclasses.asdict(mean_of(fresh[:, k])) for k in range(3))
    return {
        "draws": len(fresh),
        "value": over,
        "value_of_plan_for_means": means,
        "value_without_plan": nothing,
        "worth_of_planning_over_draws": dataclasses.asdict(mean_of(fresh[:, 1] - fresh[:, 0])),
    }


def _fresh(
    unsure: Uncertain,
    terms: planner.Terms,
    plans: list[pd.DataFrame],
    quantiles: FloatArray,
    on_step: OnStep,
) -> FloatArray | None:
    """Return the value of each plan in each fresh draw, None when interrupted: the plan is kept all the same."""
    try:
        return values_in_draws(unsure, terms, plans, quantiles, on_step)
    except KeyboardInterrupt:
        return None
    finally:
        on_step(Step("judge draws", 1.0, keeps_answer=True))


def values_in_draws(
    unsure: Uncertain,
    terms: planner.Terms,
    plans: list[pd.DataFrame],
    quantiles: FloatArray,
    on_step: OnStep,
) -> FloatArray:
    """Return the value of each plan in each draw, what no item can touch included, shape (K, D).

    Raises
    ------
    KeyboardInterrupt
        If `on_step` says stop.
    """
    states = [timeline(terms, plan) for plan in plans]
    operating, years = (
        np.vstack([state for state, _ in states]),
        np.concatenate([years for _, years in states]),
    )
    chosen = {item for plan in plans for item in plan["item_id"]}
    values = np.empty((len(quantiles), len(plans)))
    for k, quantile in enumerate(quantiles):
        _go(on_step, Step("judge draws", k / len(quantiles)))
        game = unsure.game(quantile, only=chosen)
        values[k] = value_by_period(game, operating, years).reshape(len(plans), -1).sum(axis=1)
    return values


def _go(on_step: OnStep, step: Step) -> None:
    if not on_step(step):
        raise KeyboardInterrupt
