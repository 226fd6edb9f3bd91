"""`explain`: why an item is in a plan, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sarhad import plan as planner
from sarhad.errors import SpecError
from sarhad.plan import PlanSpec
from sarhad.programme import Programme
from sarhad.workflow.explaining_plan import override_lines, override_payload
from sarhad.workflow.former import former_plan
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.plans import plan_items, require_current
from sarhad.workflow.prepare import prepare
from sarhad.workflow.steps import OnStep, Step, silent


def explain_item(
    source: Path,
    item: str,
    plan: str,
    *,
    time_limit_s: float = 0.0,
    seed: int = 1,
    on_step: OnStep = silent,
) -> Outcome:
    """Return an item's marginal value alone and in the plan, what binds, what would replace it.

    With seconds, also the best plan found without the item, or with it where it is left out ("why not").
    """
    if time_limit_s < 0:
        raise SpecError(f"--time-limit {time_limit_s:g}: seconds cannot be negative. Give 0 or more.")
    prog = Programme.open(source)
    require_current(prog, plan)
    prepared = prepare(prog, on_step=on_step)
    if item not in prepared.instance.exposure.item_ids:
        raise SpecError(
            f"{item}: no such item. `sarhad plan` lists items; ids look like {prepared.items['id'].iloc[0]}."
        )
    rows = plan_items(prepared.prog, plan)
    on_step(Step("explain", 0.0))
    terms = planner.dated(planner.terms(prepared.prog, prepared.items), rows)
    found = planner.explain(prepared.instance, terms, rows, item=item)
    payload: dict[str, Any] = {"plan": plan, "item": item, **found.as_dict(), "override": None}
    if time_limit_s > 0:
        spec = PlanSpec(lock_out=frozenset({item})) if found.is_in_plan else PlanSpec(lock_in={item: None})
        payload["override"] = override_payload(
            prepared,
            terms,
            former_plan(prepared, terms, plan),
            spec,
            time_limit_s=time_limit_s,
            seed=seed,
            on_step=on_step,
        )
    return Outcome(plain(payload), _lines)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    item, change = found["item"], found["value_change"]
    if found["is_in_plan"]:
        yield f"{item} is in plan {found['plan']}: work starts in {found['start_quarter']}."
        yield f"Without it {shown(found['value_in_plan'])} more attempts would get through (weighted, horizon and tail)."
        yield from _named("With it would go what cannot do without it", found["goes_with"])
    else:
        yield f"{item} is not in plan {found['plan']}." + (
            f" The first quarter in which it could start is {found['start_quarter']}."
            if found["start_quarter"]
            else ""
        )
        yield f"Added at no cost it would spare {shown(found['value_in_plan'])} attempts (weighted, horizon and tail)."
        yield from _named("It would come with what it requires", found["goes_with"])
    yield f"Alone, with what it requires, it would spare {shown(found['value_alone'])} of the attempts of doing nothing."
    if found["binds"]:
        yield (
            "With it paid for, what the plan leaves would not pay for its like:"
            if found["is_in_plan"]
            else "What stands in the way:"
        )
        yield from (f"  {text}" for text in found["binds"])
    if found["replaced_by"]:
        what = "The money it frees would buy" if found["is_in_plan"] else "To make room would have to go"
        yield from _named(what, found["replaced_by"])
        yield f"That exchange would {'raise' if change > 0 else 'lower'} the value by {shown(abs(change))}."

    if found["override"] is not None:
        yield from override_lines(
            "best without it" if found["is_in_plan"] else "best with it", found["override"]
        )


def shown(value: float) -> str:
    """Return a number for people: with separators, two decimals, or three digits where it is small."""
    return f"{value:,.2f}" if abs(value) >= 1 or value == 0 else f"{value:.3g}"


def _named(what: str, items: list[str]) -> Iterator[str]:
    if items:
        yield f"{what}: {', '.join(items)}."
