"""`explain`: why an item is in a plan, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sarhad import plan as planner
from sarhad.errors import SpecError
from sarhad.programme import Programme
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.plans import plan_items, require_current
from sarhad.workflow.prepare import prepare
from sarhad.workflow.steps import OnStep, Step, silent


def explain_item(source: Path, item: str, plan: str, *, on_step: OnStep = silent) -> Outcome:
    """Return an item's marginal value alone and in the plan, what binds, what would replace it."""
    prog = Programme.open(source)
    require_current(prog, plan)
    prepared = prepare(prog, on_step=on_step)
    if item not in prepared.instance.exposure.item_ids:
        raise SpecError(
            f"{item}: no such item. `sarhad plan` lists items; ids look like {prepared.items['id'].iloc[0]}."
        )
    rows = plan_items(prepared.prog, plan)
    on_step(Step("explain", 0.0))
    terms = planner.terms(prepared.prog, prepared.items)
    found = planner.explain(prepared.instance, terms, rows, item=item)
    return Outcome(plain({"plan": plan, "item": item, **found.as_dict()}), _lines)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    for name, value in found.items():
        yield f"{name.replace('_', ' '):>24}  {value}"
