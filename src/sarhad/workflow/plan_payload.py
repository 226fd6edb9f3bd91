"""A plan as one JSON-ready object, and in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from sarhad.workflow.outcome import plain

if TYPE_CHECKING:
    from sarhad.workflow.planning import Planned


def payload(planned: Planned) -> dict[str, Any]:
    """Return the plan as plan.json holds it."""
    result, prog = planned.result, planned.prepared.prog
    site_of = dict(zip(prog["item"]["id"], prog["item"]["site_id"], strict=True))
    measure_of = dict(zip(prog["item"]["id"], prog["item"]["measure_id"], strict=True))
    section_of = dict(zip(prog["item"]["id"], prog["item"]["section_id"], strict=True))
    paid = within_horizon(planned).groupby(["item_id", "partner_id"])["usd"].sum()
    by_item: dict[str, list[dict[str, Any]]] = {}
    for row in paid.reset_index().to_dict("records"):
        by_item.setdefault(row["item_id"], []).append({"partner": row["partner_id"], "usd": int(row["usd"])})
    items = [
        {
            "item": row["item_id"],
            "measure": measure_of[row["item_id"]],
            "site": site_of[row["item_id"]],
            "section": None if pd.isna(section_of[row["item_id"]]) else section_of[row["item_id"]],
            "start_quarter": row["start_quarter"],
            "operating_quarter": row["operating_quarter"],
            "cost_usd": row["cost_usd"],
            "funding": by_item.get(row["item_id"], []),
            "marginal_value": row["marginal_value"],
        }
        for row in result.plan_items.to_dict("records")
    ]
    head = {
        "status": result.status,
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap,
        "gap_of_gain": result.gap_of_gain,
        "value_without_plan": result.value_without_plan,
        "value_with_everything": result.value_with_everything,
        "constant": result.constant,
        "seconds": result.seconds,
        "stopped": result.stopped,
        "seed": result.seed,
        "engine": planned.method.engine,
        "target_gap": planned.method.target_gap,
        "memory_gb": planned.memory_gb,
        "data_hash": prog.data_hash,
        "notices": [*planned.prepared.notices, *result.notices],
        "items": items,
        **({"draws": planned.draws} if planned.draws else {}),
        **({"rounds": planned.rounds} if planned.rounds else {}),
    }
    return plain(head)  # type: ignore[no-any-return]


def within_horizon(planned: Planned) -> pd.DataFrame:
    """Return the funding of the horizon; upkeep of the tail is reported apart."""
    frame = planned.result.funding
    return frame[frame["year"].isin(planned.terms.quarter_year)]


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Return the plan in lines for people."""
    yield f"status {found['status']}" + (f", stopped by {found['stopped']}" if found["stopped"] else "")
    if found["status"] != "infeasible":
        yield (
            f"value {found['value']:,.1f} (without the plan {found['value_without_plan']:,.1f}), "
            f"bound {found['bound']:,.1f}, gap {found['gap']:.1%}, gap of gain {found['gap_of_gain']:.1%}"
        )
        cost = sum(item["cost_usd"] for item in found["items"])
        yield f"{len(found['items'])} items, {cost / 1e6:,.1f} million USD within the horizon"
    yield from drawn_lines(found.get("draws"))
    yield from round_lines(found.get("rounds"))
    for notice in found["notices"]:
        yield f"notice: {notice}"


def drawn_lines(draws: Mapping[str, Any] | None) -> Iterator[str]:
    """Return how a plan stands in draws, in lines for people."""
    if not draws:
        return
    yield (
        f"over {draws['draws']} draws of {draws['parameters']} parameters: value {draws['value']:,.1f}, "
        f"bound {draws['bound']:,.1f}, gap {draws['gap']:.1%} (constant included)"
    )
    fresh = draws["fresh"]
    if fresh is None:
        return
    yield f"on {fresh['draws']} fresh draws, mean and 95 % interval:"
    rows = {
        "without a plan": "value_without_plan",
        "plan for mean parameters": "value_of_plan_for_means",
        "this plan": "value",
        "worth of planning over draws": "worth_of_planning_over_draws",
    }
    for title, key in rows.items():
        yield f"  {title:<30}{interval(fresh[key])}"


def round_lines(rounds: Mapping[str, Any] | None) -> Iterator[str]:
    """Return the rounds of plan and schedule, in lines for people."""
    if not rounds:
        return
    yield (
        f"{'round':>5}{'as planned':>14}{'as scheduled':>14}{'items':>7}{'late':>6}"
        f"{'> ' + format(rounds['tolerance_months'], 'g') + ' months':>12}{'mean months late':>18}{'seconds':>9}"
    )
    for row in rounds["table"]:
        yield (
            f"{row['round']:>5}{row['value']:>14,.1f}{row['value_scheduled']:>14,.1f}{row['items']:>7}"
            f"{row['items_late']:>6}{row['items_late_beyond']:>12}{row['months_late']:>18.1f}{row['seconds']:>9.0f}"
            + ("  kept" if row["is_kept"] else "")
        )


def interval(estimate: Mapping[str, float]) -> str:
    """Return a mean and the ends of its interval for people."""
    return f"{estimate['mean']:>12,.1f}  ({estimate['low']:,.1f} to {estimate['high']:,.1f})"
