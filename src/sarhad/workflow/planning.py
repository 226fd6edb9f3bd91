"""`plan`: prepare, optimise, confirm by an independent evaluation, price each item, adopt, save."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sarhad import plan as planner
from sarhad.detection import evaluate
from sarhad.detection.instance import BoolArray, FloatArray
from sarhad.detection.marginal import removal_values
from sarhad.errors import RefusedError, SolverError, SpecError
from sarhad.programme import Programme
from sarhad.workflow.draws import Drawing
from sarhad.workflow.folders import require_target
from sarhad.workflow.outcome import Outcome
from sarhad.workflow.plan_payload import lines, payload
from sarhad.workflow.plans import plan_items
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.runs import with_run
from sarhad.workflow.steps import OnStep, Step, silent

VALUE_TOLERANCE = 1e-9
USUAL = planner.Method()
OF_SCHEDULE = ("activity", "precedence", "assignment")
MOST_ROUNDS = 5  # of plan and schedule
UNPRICED = "interrupted: the plan is kept, the marginal values of its items are blank; plan again for them"


@dataclass(frozen=True)
class Planned:
    """A plan in hand, adopted by its programme.

    Parameters
    ----------
    prepared
        The programme made ready; its tables hold the plan.
    terms
        Money and rules of the plan.
    result
        What the search returned; its items carry marginal values.
    method
        How it was searched for.
    memory_gb
        Memory that the plan was estimated to add to what the process held.
    draws
        How a plan over draws stands in them; empty: it was made at likely values.
    rounds
        How plan and schedule came together; empty: the plan was made in one round.
    """

    prepared: Prepared
    terms: planner.Terms
    result: planner.PlanResult
    method: planner.Method = USUAL
    memory_gb: float = 0.0
    draws: Mapping[str, Any] = field(default_factory=dict)
    rounds: Mapping[str, Any] = field(default_factory=dict)


def plan_programme(
    source: Path,
    target: Path,
    *,
    name: str,
    time_limit_s: float,
    seed: int,
    locks: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
    keep: tuple[str | None, int | None] = (None, None),
    method: planner.Method = USUAL,
    certificate: Path | None = None,
    drawing: Drawing | None = None,
    rounds: int = 1,
    is_replacing: bool = False,
    on_step: OnStep = silent,
) -> Outcome:
    """Plan a programme, at likely values or over draws, save it with the plan and return the plan.

    Parameters
    ----------
    source, target, name, time_limit_s, seed, locks
        As on the command line.
    keep
        A plan of the programme, or a plan.json, that is to be kept, and how many items of it may change.
    rounds
        Plans at most, each but the first told what a schedule of the one before could not keep up with; 1: no schedule.

    Raises
    ------
    RefusedError
        If the programme holds a plan of that name and `is_replacing` is false.
    SpecError
        If a certificate is asked for of a plan over draws or in rounds, or rounds of a plan over draws; changes are
        limited without a plan to keep, the plan to keep does not exist, or any figure is out of bounds.
    """
    require_seconds(time_limit_s)
    method.require()
    if keep[0] is None and keep[1] is not None:
        raise SpecError(f"--max-changes {keep[1]}: no plan is named that is to be kept. Add --keep PLAN.")
    if drawing is not None:
        drawing.require()
        if certificate is not None:
            raise SpecError(
                "--certificate with --draws: what it proves is a plan at likely values. Give one of them."
            )
    require_rounds(rounds, is_drawn=drawing is not None, is_certified=certificate is not None)
    prog = Programme.open(source)
    if name in set(prog["plan"]["id"]) and not is_replacing:
        raise RefusedError(
            f"--name {name}: the programme holds a plan of that name, and a re-plan is a new plan. Choose another "
            "name, or give --replace to lose the old one."
        )
    require_target(target, source, is_replacing=is_replacing)
    if certificate is not None:
        planner.require_folder(certificate, is_replacing=is_replacing)
    planner.require_room_for_edges(
        len(prog["edge"]), prog["edge_hours"]["mover_id"].nunique(), method.memory_limit_gb
    )
    prepared = prepare(prog, on_step=on_step)
    kept: dict[str, str] = {}
    if keep[0] is not None:
        holder = prog if keep[0] in set(prog["plan"]["id"]) else prepared.prog
        rows = plan_items(holder, keep[0], option="--keep")
        kept = dict(zip(rows["item_id"], rows["start_quarter"], strict=True))
    spec = planner.PlanSpec(_locked(locks[0]), frozenset(locks[1]), keep=kept, max_changes=keep[1])
    if rounds > 1:
        from sarhad.workflow.rounds import plan_in_rounds  # which is made of this module's parts

        planned = plan_in_rounds(
            prepared,
            name,
            rounds,
            spec=spec,
            time_limit_s=time_limit_s,
            seed=seed,
            method=method,
            on_step=on_step,
        )
    elif drawing is None:
        planned = find_plan(
            prepared,
            name,
            spec=spec,
            time_limit_s=time_limit_s,
            seed=seed,
            method=method,
            keeps_evidence=certificate is not None,
            on_step=on_step,
        )
    else:
        from sarhad.workflow.drawn_plan import plan_over_draws  # which is made of this module's parts

        planned = plan_over_draws(
            prepared,
            name,
            drawing,
            spec=spec,
            time_limit_s=time_limit_s,
            seed=seed,
            method=method,
            on_step=on_step,
        )
    on_step(Step("save", 0.0, keeps_answer=True))
    planned.prepared.prog.save(target)
    if certificate is not None and planned.result.evidence is not None:
        on_step(Step("certificate", 0.0, keeps_answer=True))
        planner.write_certificate(planned.result, certificate)
    return Outcome(payload(planned), lines)


def method_named(engine: str, target_gap: float, memory_limit_gb: float | None = None) -> planner.Method:
    """Return how to search.

    Raises
    ------
    SpecError
        If the engine is unknown or not installed.
    """
    return planner.Method(planner.require(engine), target_gap, memory_limit_gb)


def require_seconds(time_limit_s: float) -> None:
    """Refuse a time limit that is not a number of seconds.

    Raises
    ------
    SpecError
        If it is negative, infinite or not a number.
    """
    if not (math.isfinite(time_limit_s) and time_limit_s >= 0):
        raise SpecError(f"--time-limit {time_limit_s:g}: not a number of seconds. Give 0 or more.")


def require_rounds(rounds: int, *, is_drawn: bool, is_certified: bool) -> None:
    """Refuse a number of rounds that cannot be, and what does not go with rounds.

    Raises
    ------
    SpecError
        With what to do about it.
    """
    if not 1 <= rounds <= MOST_ROUNDS:
        raise SpecError(f"--rounds {rounds}: give 1 (the plan alone) to {MOST_ROUNDS}.")
    if rounds > 1 and is_drawn:
        raise SpecError("--draws with --rounds: schedules are made at likely values. Give one of them.")
    if rounds > 1 and is_certified:
        raise SpecError(
            "--certificate with --rounds: what it proves is a plan at the build times of the catalogue. Give one of them."
        )


def find_plan(
    prepared: Prepared,
    name: str,
    *,
    spec: planner.PlanSpec,
    time_limit_s: float,
    seed: int,
    method: planner.Method = USUAL,
    keeps_evidence: bool = False,
    on_step: OnStep = silent,
) -> Planned:
    """Return the best plan found, its value confirmed by `detection.evaluate`."""
    found = search_plan(
        prepared,
        spec=spec,
        time_limit_s=time_limit_s,
        seed=seed,
        method=method,
        keeps_evidence=keeps_evidence,
        on_step=on_step,
    )
    return found if found.result.status == "infeasible" else finish(found, name, seed, on_step)


def search_plan(
    prepared: Prepared,
    *,
    spec: planner.PlanSpec,
    time_limit_s: float,
    seed: int,
    pace: planner.Pace | None = None,
    method: planner.Method = USUAL,
    keeps_evidence: bool = False,
    on_step: OnStep = silent,
) -> Planned:
    """Return the best plan found, confirmed, not yet priced or adopted; `pace` is what a schedule can keep up with."""
    terms = planner.terms(prepared.prog, prepared.items, pace)

    memory = planner.needed(prepared.instance, terms)
    on_step(Step("plan", 0.0, f"needs about {memory}", keeps_answer=True))

    def tell(progress: planner.PlanProgress) -> bool:
        done = min(1.0, progress.seconds / time_limit_s) if time_limit_s > 0 else 1.0
        text = f"value {progress.value:,.1f}  bound {progress.bound:,.1f}  gap {progress.gap:.1%}"
        return on_step(Step("plan", done, text, keeps_answer=True))

    result = planner.optimise(
        prepared.instance,
        terms,
        spec,
        time_limit_s=time_limit_s,
        seed=seed,
        on_progress=tell,
        engine=method.engine,
        target_gap=method.target_gap,
        keeps_evidence=keeps_evidence,
        memory_limit_gb=method.memory_limit_gb,
    )
    if result.status == "infeasible":
        return Planned(prepared, terms, result, method, memory.added_gb)
    operating, years = timeline(terms, result.plan_items)
    confirmed = evaluate(prepared.instance, operating, years).value - result.constant
    if abs(confirmed - result.value) > VALUE_TOLERANCE * max(1.0, abs(confirmed)):
        raise SolverError(
            f"the plan's value {result.value!r} is not confirmed by the evaluation, which gives {confirmed!r}. "
            "Please report this with the programme."
        )
    return Planned(prepared, terms, result, method, memory.added_gb)


def finish(found: Planned, name: str, seed: int, on_step: OnStep) -> Planned:
    """Return a plan with the marginal values of its items, adopted under a name."""
    result = found.result
    if result.stopped == "interrupt":
        result = dataclasses.replace(result, notices=(*result.notices, UNPRICED))
    else:
        result = priced(found.prepared, found.terms, result, on_step)
    prog = adopt_plan(found.prepared.prog, name, result, seed)
    return dataclasses.replace(found, prepared=dataclasses.replace(found.prepared, prog=prog), result=result)


def priced(
    prepared: Prepared, terms: planner.Terms, result: planner.PlanResult, on_step: OnStep
) -> planner.PlanResult:
    """Return the plan with the marginal value of each item; interrupted meanwhile, without them, and it says so.

    The marginal value of an item is what the plan loses without it and without what cannot do without it.
    """
    operating, years = timeline(terms, result.plan_items)
    try:
        goes_on = on_step(Step("explain", 0.0))
        chosen = item_numbers(prepared, result.plan_items)
        start = planner.starts(terms, result.plan_items)
        lost = [planner.falls_with(terms, start, int(item)) for item in chosen]
        marginal = removal_values(prepared.instance, operating, years, lost)
    except KeyboardInterrupt:
        return dataclasses.replace(result, stopped="interrupt", notices=(*result.notices, UNPRICED))
    finally:
        on_step(Step("explain", 1.0, keeps_answer=True))
    items = result.plan_items.assign(marginal_value=marginal)
    return dataclasses.replace(result, plan_items=items, stopped=result.stopped if goes_on else "interrupt")


def timeline(terms: planner.Terms, plan_items: pd.DataFrame) -> tuple[BoolArray, FloatArray]:
    """Return which items operate in each period (T+1, I), and the years each period weighs (T+1,).

    Items operate from the quarter that the plan says, or when their build is over if that is later. The last period is
    the tail: the final state for `tail_years`.
    """
    by_quarter = planner.operating(planner.dated(terms, plan_items), planner.starts(terms, plan_items))
    years = np.append(np.full(terms.n_quarters, 0.25), terms.tail_years)
    return np.vstack([by_quarter, by_quarter[-1:]]), years


def item_numbers(prepared: Prepared, plan_items: pd.DataFrame) -> np.ndarray:
    """Return the index in the instance of each row's item."""
    number = {item: i for i, item in enumerate(prepared.instance.exposure.item_ids)}
    return np.array([number[item] for item in plan_items["item_id"]], dtype=np.int64)


def adopt_plan(prog: Programme, name: str, result: planner.PlanResult, seed: int) -> Programme:
    """Return the programme with the plan under this name; a plan of that name is replaced, others stay."""
    row = {
        "id": name,
        "status": result.status,
        "value": result.value,
        "bound": result.bound,
        "value_without_plan": result.value_without_plan,
        "constant": result.constant,
        "seed": seed,
        "data_hash": prog.data_hash,
    }
    plans, items, funding = prog["plan"], prog["plan_item"], prog["funding"]
    prog = prog.adopt(
        {
            "plan": _replace(plans, "id", name, pd.DataFrame([row])),
            "plan_item": _replace(items, "plan_id", name, result.plan_items.assign(plan_id=name)),
            "funding": _replace(funding, "plan_id", name, result.funding.assign(plan_id=name)),
            **{table: prog[table][prog[table]["plan_id"] != name] for table in (*OF_SCHEDULE, "plan_round")},
        }
    )
    return with_run(prog, "plan", plan_id=name, seed=seed)


def _replace(table: pd.DataFrame, column: str, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    rest = table[table[column] != name]
    rows = rows[list(table.columns)]
    return rows if rest.empty else pd.concat([rest, rows], ignore_index=True)


def _locked(texts: tuple[str, ...]) -> dict[str, str | None]:
    locked: dict[str, str | None] = {}
    for text in texts:
        item, _, quarter = text.partition("=")
        locked[item] = quarter or None
    return locked
