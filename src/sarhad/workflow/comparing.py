"""`compare`: two plans side by side: items, value, cost, money, detection and flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sarhad import plan as planner
from sarhad.detection import Evaluation, evaluate
from sarhad.programme import Programme
from sarhad.workflow.explaining_plan import records
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.planning import timeline
from sarhad.workflow.plans import plan_items, require_current
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.steps import OnStep, Step, silent


def compare_plans(source: Path, a: str, b: str, *, on_step: OnStep = silent) -> Outcome:
    """Return what differs between two plans, each of the programme or a plan.json, both judged anew."""
    prog = Programme.open(source)
    for plan in (a, b):
        require_current(prog, plan)
    prepared = prepare(prog, on_step=on_step)
    terms = planner.terms(prepared.prog, prepared.items)
    first, second = (plan_items(prepared.prog, plan) for plan in (a, b))
    on_step(Step("compare", 0.0))
    judged = [evaluate(prepared.instance, *timeline(terms, rows)) for rows in (first, second)]
    found = planner.compare(terms, first, second)
    instance = prepared.instance
    payload = {
        "a": a,
        "b": b,
        "data_hash": prepared.prog.data_hash,
        "value": pair(judged[0].value, judged[1].value),
        "cost_usd": pair(*(float(planner.cost_usd(terms, rows).sum()) for rows in (first, second))),
        "items": pair(len(first), len(second)),
        "is_paid": {"a": found.is_paid_a, "b": found.is_paid_b},
        "only_a": records(found.only_a, item_id="item"),
        "only_b": records(found.only_b, item_id="item"),
        "moved": records(found.moved, item_id="item"),
        "same": found.n_same,
        "by_threat": _named("threat", instance.threats, *(one.by_threat for one in judged)),
        "money": [
            {"partner": row["partner_id"], "year": row["year"], **pair(row["usd_a"], row["usd_b"])}
            for row in found.money.to_dict("records")
        ],
        "sections": _sections(prepared, judged),
    }
    return Outcome(plain(payload), _lines)


def pair(a: float, b: float) -> dict[str, float]:
    """Return two figures and by how much the second is more."""
    return {"a": a, "b": b, "change": b - a}


def _named(word: str, names: tuple[str, ...], a: Any, b: Any) -> list[dict[str, Any]]:
    return [{word: name, **pair(float(x), float(y))} for name, x, y in zip(names, a, b, strict=True)]


def _sections(prepared: Prepared, judged: list[Evaluation]) -> list[dict[str, Any]]:
    """Return detection and flow (attempts a year) of each section in the final state."""
    instance = prepared.instance
    flows = [
        np.bincount(instance.graph.section[one.crossing], one.flow[-1], len(instance.sections))
        for one in judged
    ]
    seen = [one.detection_by_section[-1] for one in judged]
    return [
        {
            "section": name,
            "detection": pair(float(seen[0][k]), float(seen[1][k])),
            "flow_per_year": pair(float(flows[0][k]), float(flows[1][k])),
        }
        for k, name in enumerate(instance.sections)
    ]


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'':<26}{found['a']:>16}{found['b']:>16}{'change':>14}"
    yield _row("value (with constant)", found["value"], 1)
    yield _row("cost, M USD", {k: v / 1e6 for k, v in found["cost_usd"].items()}, 2)
    yield _row("items", found["items"], 0)
    yield f"{found['same']} items the same, {len(found['moved'])} moved"
    for name, letter in (("only_a", "a"), ("only_b", "b")):
        listed = ", ".join(f"{row['item']} ({row['start_quarter']})" for row in found[name])
        yield f"only in {found[letter]}: {listed or 'nothing'}"
    for row in found["moved"]:
        yield f"  {row['item']}: {row['start_a']} -> {row['start_b']} ({row['quarters_later']:+d} quarters)"
    for row in found["by_threat"]:
        yield _row(f"value of {row['threat']}", row, 1)
    for row in found["money"]:
        yield _row(
            f"{row['partner']} {row['year']}, M USD", {k: row[k] / 1e6 for k in ("a", "b", "change")}, 2
        )
    for row in found["sections"]:
        if row["detection"]["change"] is not None:
            yield _row(f"detection in {row['section']}", row["detection"], 3)
        yield _row(f"attempts/year in {row['section']}", row["flow_per_year"], 1)
    for letter in ("a", "b"):
        if not found["is_paid"][letter]:
            yield f"notice: {found[letter]} costs more than its partners can pay; money shows what they can"


def _row(name: str, row: Mapping[str, float], digits: int) -> str:
    return f"{name:<26}{row['a']:>16,.{digits}f}{row['b']:>16,.{digits}f}{row['change']:>+14,.{digits}f}"
