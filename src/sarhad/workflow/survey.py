"""`survey`: what is worth a survey, by the value of knowing each parameter before the plan is chosen."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sarhad import plan as planner
from sarhad.detection import Instance
from sarhad.errors import SpecError
from sarhad.plan.information import FEWEST, best_plan, information, mean_of, whole_information
from sarhad.programme import Programme
from sarhad.workflow.drawn_plan import values_in_draws
from sarhad.workflow.draws import Parameter, Uncertain
from sarhad.workflow.former import former_plan
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.plan_payload import interval
from sarhad.workflow.planning import require_seconds
from sarhad.workflow.plans import require_current
from sarhad.workflow.prepare import prepare
from sarhad.workflow.steps import OnStep, Step, silent

MOST_LINES = 20


def survey_plan(
    source: Path,
    plan: str,
    *,
    draws: int,
    candidates: int,
    time_limit_s: float,
    seed: int,
    on_step: OnStep = silent,
) -> Outcome:
    """Return the parameters by the value of knowing them before one of several plans is chosen.

    Parameters
    ----------
    source
        The programme.
    plan
        A plan of it, the first to choose from.
    draws
        Draws in which every plan is judged exactly.
    candidates
        Plans to choose from: the one given, one for mean parameters, the others for a draw each.
    time_limit_s
        Seconds for the search of each but the first.
    seed
        Of the draws and searches.

    Raises
    ------
    SpecError
        If the figures are out of bounds, the plan is not of these facts, or nothing is uncertain.
    """
    require_seconds(time_limit_s)
    if draws < FEWEST:
        raise SpecError(
            f"--draws {draws}: too few to learn from. Give {FEWEST} or more, better some hundreds."
        )
    if candidates < 2:
        raise SpecError(
            f"--candidates {candidates}: to know more changes nothing where there is no choice. Give 2 or more."
        )
    began = time.perf_counter()
    prog = Programme.open(source)
    require_current(prog, plan)
    prepared = prepare(prog, on_step=on_step)
    terms = planner.terms(prepared.prog, prepared.items)
    unsure = Uncertain(prepared)
    first = former_plan(prepared, terms, plan).plan_items
    plans = {plan: first} | _others(
        unsure, terms, first, n=candidates - 1, time_limit_s=time_limit_s, seed=seed, on_step=on_step
    )
    quantiles = unsure.quantiles(draws, seed, "survey")
    values = values_in_draws(unsure, terms, list(plans.values()), quantiles, on_step)
    built = set().union(*(_measures(prepared.items, items) for items in plans.values()))
    reach = [k for k, one in enumerate(unsure.parameters) if not one.measure_id or one.measure_id in built]
    found = information(values, quantiles[:, reach])
    rows = [
        {**_told(unsure.parameters[k]), **dataclasses.asdict(estimate)}
        for k, estimate in zip(reach, found, strict=True)
    ]
    names = list(plans)
    payload = {
        "plan": plan,
        "data_hash": prepared.prog.data_hash,
        "seed": seed,
        "seconds": time.perf_counter() - began,
        "draws": draws,
        "plans": [
            {"name": name, "items": len(plans[name]), **dataclasses.asdict(mean_of(values[:, k]))}
            for k, name in enumerate(names)
        ],
        "best": names[best_plan(values)],
        "everything_known": dataclasses.asdict(whole_information(values)),
        "notices": _notices(plans),
        "out_of_reach": len(unsure.parameters) - len(reach),
        "parameters": sorted(rows, key=lambda row: (-row["mean"], row["table"], row["row"])),
    }
    return Outcome(plain(payload), _lines)


def _others(
    unsure: Uncertain,
    terms: planner.Terms,
    first: pd.DataFrame,
    *,
    n: int,
    time_limit_s: float,
    seed: int,
    on_step: OnStep,
) -> dict[str, pd.DataFrame]:
    """Return the plan for mean parameters and the plans for single draws, by name."""
    spec = planner.PlanSpec(warm_start=dict(zip(first["item_id"], first["start_quarter"], strict=True)))
    found: dict[str, pd.DataFrame] = {}

    def search(name: str, game: Instance) -> None:
        if not on_step(Step("candidates", len(found) / n, name)):
            raise KeyboardInterrupt
        best = planner.optimise(game, terms, spec, time_limit_s=time_limit_s, seed=seed)
        found[name] = best.plan_items

    search("(means)", unsure.game(None))
    for k, quantile in enumerate(unsure.quantiles(n - 1, seed, "candidates"), start=1):
        search(f"(draw {k})", unsure.game(quantile))
    return found


def _notices(plans: Mapping[str, pd.DataFrame]) -> list[str]:
    """Say how many plans there really are to choose from, where some are the same."""
    distinct = {tuple(zip(one["item_id"], one["start_quarter"], strict=True)) for one in plans.values()}
    if len(distinct) == len(plans):
        return []
    many = "one plan" if len(distinct) == 1 else f"{len(distinct)} different plans"
    return [
        (
            f"the searches from {next(iter(plans))} ended in {many} of {len(plans)}: what is worth knowing is underrated, "
            "or not seen at all. Give a longer --time-limit."
        )
    ]


def _measures(items: pd.DataFrame, plan_items: pd.DataFrame) -> set[str]:
    return set(items.loc[items["id"].isin(plan_items["item_id"]), "measure_id"])


def _told(one: Parameter) -> dict[str, Any]:
    low, likely, high = one.levels
    return {
        "name": one.name,
        "table": one.table,
        "row": one.row,
        "parameter_low": low,
        "parameter_likely": likely,
        "parameter_high": high,
        "unit": one.unit,
        "is_assumption": one.is_assumption,
    }


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{len(found['plans'])} plans in {found['draws']} draws: mean value and 95 % interval"
    for row in found["plans"]:
        yield f"  {row['name']:<16}{row['items']:>5} items {interval(row)}"
    yield from (f"notice: {notice}" for notice in found["notices"])
    yield f"best on average: {found['best']}"
    yield "fewer that get through if ... were known beforehand, at least (horizon and tail)"
    yield f"  {'everything':<60}{interval(found['everything_known'])}"
    for row in found["parameters"][:MOST_LINES]:
        mark = "*" if row["is_assumption"] else " "
        yield f"{mark} {row['name']:<60}{interval(row)}"
    left = len(found["parameters"]) - MOST_LINES
    if left > 0:
        yield f"  {left} more with less: see --json"
    yield f"* assumed. {found['out_of_reach']} parameters act on no item of these plans."
