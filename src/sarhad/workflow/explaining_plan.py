"""`explain` of a whole plan: shares, where the flow goes instead, prices of money, what first, costs of locks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sarhad import plan as planner
from sarhad.detection import displacement
from sarhad.errors import SpecError
from sarhad.programme import Programme
from sarhad.workflow.former import former_plan
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.plans import plan_items, require_current
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.steps import OnStep, Step, silent

Locks = tuple[tuple[str, ...], tuple[str, ...]]

PRICE_SECONDS = 20.0  # for the prices of money where no time limit is given
SHOWN = 15


def explain_plan(
    source: Path,
    plan: str,
    *,
    pairs: int,
    time_limit_s: float,
    seed: int,
    locks: Locks = ((), ()),
    on_step: OnStep = silent,
) -> Outcome:
    """Return what each item of a plan contributes, where the flow goes, what money is worth, what locks cost.

    Parameters
    ----------
    pairs
        Pairs of random orders for the Shapley shares; 0 leaves them out.
    time_limit_s
        Seconds for each lock, and for the prices of money (at most 20).
    locks
        Items whose lock in (ITEM or ITEM=QUARTER) or out is to be costed, each alone.
    """
    if pairs < 0 or pairs == 1:
        raise SpecError(f"--pairs {pairs}: give 2 or more for an interval, or 0 to leave the shares out.")
    specs = lock_specs(locks)
    if specs and time_limit_s <= 0:
        raise SpecError("a lock is costed by planning again: give --time-limit seconds for each.")
    prog = Programme.open(source)
    require_current(prog, plan)
    prepared = prepare(prog, on_step=on_step)
    terms = planner.dated(planner.terms(prepared.prog, prepared.items), plan_items(prepared.prog, plan))
    former = former_plan(prepared, terms, plan)

    def tell(share: float) -> bool:
        return on_step(Step("shares", share, keeps_answer=True))

    on_step(Step("displacement", 0.0))
    start = planner.starts(terms, former.plan_items)
    payload: dict[str, Any] = {
        "plan": plan,
        "value": former.value,
        "value_without_plan": former.value_without_plan,
        "bound": former.bound,
        "displacement": moves(prepared, start >= 0),
    }
    on_step(Step("prices", 0.0))
    seconds = min(time_limit_s, PRICE_SECONDS) if time_limit_s > 0 else PRICE_SECONDS
    prices = planner.money_prices(prepared.instance, terms, former.plan_items, time_limit_s=seconds)
    payload["money"] = {"unsettled": prices.attrs["unsettled"], "rows": records(prices)}
    on_step(Step("priority", 0.0))
    listed = planner.priority_list(prepared.instance, terms, former.plan_items)
    payload["priority"] = records(listed, item_id="item")
    payload["shares"] = None
    if pairs:
        shares = planner.shapley_shares(
            prepared.instance, terms, former.plan_items, pairs=pairs, seed=seed, on_progress=tell
        )
        payload["shares"] = {
            "pairs": shares.attrs["pairs"],
            "seed": seed,
            "items": records(shares, item_id="item"),
        }
    payload["overrides"] = [
        {
            "lock": name,
            **override_payload(
                prepared, terms, former, spec, time_limit_s=time_limit_s, seed=seed, on_step=on_step
            ),
        }
        for name, spec in specs.items()
    ]
    return Outcome(plain(payload), _lines)


def lock_specs(locks: Locks) -> dict[str, planner.PlanSpec]:
    """Return one spec for each lock, by what it does."""
    found = {}
    for text in locks[0]:
        item, _, quarter = text.partition("=")
        found[f"in {text}"] = planner.PlanSpec(lock_in={item: quarter or None})
    for item in locks[1]:
        found[f"out {item}"] = planner.PlanSpec(lock_out=frozenset({item}))
    return found


def override_payload(
    prepared: Prepared,
    terms: planner.Terms,
    former: planner.PlanResult,
    spec: planner.PlanSpec,
    *,
    time_limit_s: float,
    seed: int,
    on_step: OnStep,
) -> dict[str, Any]:
    """Return what a lock costs, as the JSON of `explain` holds it."""

    def tell(progress: planner.PlanProgress) -> bool:
        text = f"value {progress.value:,.1f}  bound {progress.bound:,.1f}"
        return on_step(Step("override", min(1.0, progress.seconds / time_limit_s), text, keeps_answer=True))

    found = planner.cost_of_override(
        prepared.instance, terms, former, spec=spec, time_limit_s=time_limit_s, seed=seed, on_progress=tell
    )
    return {
        "status": found.status,
        "value_without_lock": found.value_without_lock,
        "value_with_lock": found.value_with_lock,
        "bound_with_lock": found.bound_with_lock,
        "cost": found.cost,
        "cost_low": found.cost_low,
        "cost_high": found.cost_high,
        "enters": list(found.enters),
        "leaves": list(found.leaves),
        "moves": list(found.moves),
        "notices": list(found.notices),
    }


def moves(prepared: Prepared, final: np.ndarray[Any, np.dtype[np.bool_]]) -> list[dict[str, Any]]:
    """Return the attempts a year that move, from section to section by threat, final state against none built."""
    found = displacement(prepared.instance, np.zeros_like(final), final)
    places = [*found.sections, "prevented", "nowhere"]
    return [
        {"threat": threat, "from": section, "to": places[k], "attempts_per_year": float(row[k])}
        for threat, matrix in zip(found.threats, found.flow, strict=True)
        for section, row in zip(found.sections, matrix, strict=True)
        for k in np.flatnonzero(row > 0)
    ]


def records(frame: pd.DataFrame, **renamed: str) -> list[dict[str, Any]]:
    """Return the rows as JSON-ready objects."""
    return [{str(k): v for k, v in row.items()} for row in frame.rename(columns=renamed).to_dict("records")]


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"value {found['value']:,.1f}, without the plan {found['value_without_plan']:,.1f}, bound {found['bound']:,.1f}"
    yield "attempts a year that move (final state)"
    for row in found["displacement"]:
        if row["from"] != row["to"]:
            yield f"  {row['threat']:<6} {row['from']:<6} -> {row['to']:<9} {row['attempts_per_year']:>12,.1f}"
    yield "one more million USD would prevent (over horizon and tail)"
    for row in found["money"]["rows"]:
        if row["prevented_per_million"] > 0:
            yield f"  {row['partner_id']:<6} {row['year']} {row['prevented_per_million']:>12,.2f}"
    if found["shares"] is not None:
        yield f"share of each item in what the plan prevents ({found['shares']['pairs'] or 'all'} pairs of orders)"
        ranked = sorted(found["shares"]["items"], key=lambda row: -row["share"])
        for row in ranked[:SHOWN]:
            yield f"  {row['item']:<18} {row['share']:>12,.2f}  ({row['low']:,.2f} to {row['high']:,.2f})"
        if len(ranked) > SHOWN:
            yield f"  and {len(ranked) - SHOWN} more; --json gives all"
    yield "what first, if the money stops: value after each"
    for row in found["priority"][:SHOWN]:
        yield f"  {row['rank']:>4} {row['item']:<18} {row['cumulative_usd'] / 1e6:>9,.2f} M USD {row['value']:>14,.1f}"
    if len(found["priority"]) > SHOWN:
        yield f"  and {len(found['priority']) - SHOWN} more; --json gives all"
    for row in found["overrides"]:
        yield from override_lines(f"lock {row['lock']}", row)


def override_lines(name: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Return what a lock costs in lines for people."""
    if row["cost"] is None:
        yield f"{name}: {row['status']}"
    else:
        yield (
            f"{name}: value {row['value_with_lock']:,.1f} instead of {row['value_without_lock']:,.1f}, costs "
            f"{row['cost']:,.2f} (between {row['cost_low']:,.2f} and {row['cost_high']:,.2f})"
        )
        for word in ("enters", "leaves"):
            yield f"  {word}: {', '.join(row[word][:SHOWN]) or 'nothing'}" + (
                ", ..." if len(row[word]) > SHOWN else ""
            )
    for notice in row["notices"]:
        yield f"  notice: {notice}"
