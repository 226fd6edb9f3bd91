"""A schedule and its risk as one JSON-ready object, and in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sarhad import schedule as scheduler
from sarhad.detection.instance import FloatArray
from sarhad.workflow.assessing import Assessed
from sarhad.workflow.outcome import plain
from sarhad.workflow.sequencing import Scheduled, months_late

LEVELS = {"p10": 0.10, "p50": 0.50, "p80": 0.80, "p95": 0.95}
SHOWN = 5


def payload(scheduled: Scheduled, assessed: Assessed | None, seed: int) -> dict[str, Any]:
    """Return the schedule as `sarhad schedule --json` prints it; without a simulation its figures are null."""
    result, expanded = scheduled.result, scheduled.expanded
    zones = expanded.zones
    late = months_late(scheduled) if result.starts.size else {}
    end = int(result.ends.max(initial=0)) if late else None
    notices = [*scheduled.prepared.notices, *result.notices]
    head = {
        "plan": scheduled.plan,
        "status": result.status,
        "weighted_lateness": result.value,
        "bound": result.bound,
        "gap": result.gap,
        "seed": seed,
        "data_hash": scheduled.prepared.prog.data_hash,
        "begin": zones.begin.isoformat(),
        "scheduled_finish": None if end is None else zones.day(end).isoformat(),
        "makespan": end,
        "items": len(expanded.works),
        "activities": expanded.project.n_activities,
        "links": len(expanded.project.link_before),
        "items_late": sum(months > 0 for months in late.values()),
        "months_late": {"mean": float(np.mean([*late.values()])), "most": max(late.values())}
        if late
        else None,
        "notices": notices,
    }
    of_risk = dict.fromkeys(RISK) if assessed is None else _of_risk(scheduled, assessed)
    tail = {
        "delay_cost": scheduled.delay.sort_values(["item_id", "months_late"])
        .rename(columns={"item_id": "item"})[["item", "months_late", "expected_undetected"]]
        .to_dict("records"),
        "capacity": _capacity(expanded, result) if late else [],
        "money": scheduler.spending(expanded, result).to_dict("records") if late else [],
    }
    found = {**head, **of_risk, **tail}
    if assessed is not None:
        found["notices"] = [*notices, *assessed.simulation.notices]
    return plain(found)  # type: ignore[no-any-return]


RISK = ("iterations", "finish", "cost_usd", "joint", "windows_missed", "windows", "drivers", "partners", "approvals",
        "loss_at_p80", "loss", "item_dates", "groups")  # fmt: skip


def _of_risk(scheduled: Scheduled, assessed: Assessed) -> dict[str, Any]:
    simulation, loss = assessed.simulation, assessed.loss
    zones = scheduled.expanded.zones
    finish = {
        name: zones.day(float(np.quantile(simulation.finish, p))).isoformat() for name, p in LEVELS.items()
    }
    blame = {str(kind): rows for kind, rows in assessed.blame.groupby("kind")}
    return {
        "iterations": simulation.iterations,
        "finish": finish,
        "cost_usd": {name: float(np.quantile(simulation.cost, p)) for name, p in LEVELS.items()},
        "joint": simulation.joint((0.5, 0.8)).astype(float).to_dict("records"),
        "windows_missed": float(simulation.windows_missed.mean()),
        "windows": _windows(scheduled, simulation),
        "drivers": _causes(blame.get("driver"), loss.mean),
        "partners": _causes(blame.get("partner"), loss.mean),
        "approvals": _causes(blame.get("approval"), loss.mean),
        "loss_at_p80": loss.p80,
        "loss": {
            "mean": loss.mean,
            "mean_error": loss.mean_error,
            "p80": loss.p80,
            "cvar80": loss.cvar80,
            "of_schedule": assessed.scheduled - assessed.on_time,
            "value_on_time": assessed.on_time,
            "draws": len(loss.draws),
            "exact_draws": loss.n_exact,
            "surrogate": {
                "residual_mean": loss.residual_mean,
                "residual_sd": loss.residual_sd,
                "explained": loss.explained,
            },
        },
        "item_dates": _dates(scheduled, simulation),
        "groups": _groups(scheduled, simulation),
    }


def _windows(scheduled: Scheduled, simulation: scheduler.Simulation) -> list[dict[str, Any]]:
    """Return the season windows that are missed, the likeliest first."""
    zones = scheduled.expanded.zones
    frame = simulation.missed_windows()
    frame = frame[(frame["p_miss"] > 0) & np.isfinite(frame["closes"])]
    frame = frame.sort_values(["p_miss", "opens"], ascending=[False, True])
    return [
        {
            "calendar": zones.ids[int(row["calendar"])],
            "opens": zones.day(row["opens"]).isoformat(),
            "closes": zones.day(row["closes"]).isoformat(),
            "p_miss": row["p_miss"],
            "p_low": row["p_low"],
            "p_high": row["p_high"],
            "delay_days": row["delay"],
            "cost_usd": row["money"],
        }
        for row in frame.to_dict("records")
    ]


def _causes(frame: pd.DataFrame | None, loss: float) -> list[dict[str, Any]]:
    """Return causes with their share of the mean loss; shares do not add up to 1."""
    if frame is None:
        return []
    part = frame["expected_undetected"] / loss if loss > 0 else frame["expected_undetected"] * 0.0
    return frame.drop(columns="kind").assign(share_of_loss=part).to_dict("records")  # type: ignore[return-value]


def _dates(scheduled: Scheduled, simulation: scheduler.Simulation) -> list[dict[str, Any]]:
    """Return plan, schedule, P50 and P80 of the day from which each item operates."""
    zones, ready = scheduled.expanded.zones, scheduled.ready
    at = {label: k for k, (kind, label) in enumerate(simulation.group_names) if kind == "item"}
    rows = []
    for work in scheduled.expanded.works:
        draws: FloatArray = simulation.group_finish[at[work.id]]
        p50, p80 = (float(q) for q in np.quantile(draws, (0.5, 0.8)))
        rows.append(
            {
                "item": work.id,
                "planned": zones.day(work.due).isoformat(),
                "scheduled": zones.day(ready[work.id]).isoformat(),
                "p50": zones.day(p50).isoformat(),
                "p80": zones.day(p80).isoformat(),
            }
        )
    return rows


def _groups(scheduled: Scheduled, simulation: scheduler.Simulation) -> list[dict[str, Any]]:
    """Return P50 and P80 of finish and cost by section and partner."""
    zones, frame = scheduled.expanded.zones, simulation.groups()
    rows = []
    for row in frame[frame["grouping"] != "item"].to_dict("records"):
        dates = {f"finish_{p}": zones.day(row[f"finish_{p}"]).isoformat() for p in ("p50", "p80")}
        money = {f"cost_{p}_usd": row[f"cost_{p}"] for p in ("p50", "p80")}
        rows.append({"grouping": row["grouping"], "label": row["label"], **dates, **money})
    return rows


def _capacity(expanded: scheduler.Expanded, result: scheduler.ScheduleResult) -> list[dict[str, Any]]:
    """Return what each resource offers and what is asked of it, by quarter, where anything is asked."""
    frame = scheduler.capacity(expanded, result)
    return frame[frame["used"] > 0].to_dict("records")  # type: ignore[return-value]


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Return the schedule in lines for people."""
    yield f"{found['items']} items, {found['activities']} activities, {found['links']} links"
    if found["makespan"] is None:
        yield f"{found['status']}: no schedule"
    else:
        yield (
            f"{found['status']}: finish {found['scheduled_finish']}, weighted days late "
            f"{found['weighted_lateness']:,.1f}, bound {found['bound']:,.1f}, gap {found['gap']:.1%}"
        )
        yield (
            f"{found['items_late']} of {found['items']} items come after the plan's date, "
            f"{found['months_late']['mean']:.1f} months on average, at most {found['months_late']['most']:.1f}"
        )
    if found["iterations"]:
        yield from _risk_lines(found)
    dear = sorted(
        (row for row in found["delay_cost"] if row["months_late"] == 1),
        key=lambda row: -row["expected_undetected"],
    )
    for row in dear[:SHOWN]:
        yield f"a month late: {row['item']} costs {row['expected_undetected']:.1f} expected undetected attempts"
    for notice in found["notices"]:
        yield f"notice: {notice}"


def _risk_lines(found: Mapping[str, Any]) -> Iterator[str]:
    finish, cost, loss = found["finish"], found["cost_usd"], found["loss"]
    yield f"finish P50 {finish['p50']}, P80 {finish['p80']}, P95 {finish['p95']} ({found['iterations']:,} draws)"
    yield f"cost P50 {cost['p50'] / 1e6:,.1f}, P80 {cost['p80'] / 1e6:,.1f} million USD"
    yield f"season windows missed: {found['windows_missed']:.1f} on average"
    yield (
        f"lost to delay: {loss['mean']:,.1f} ± {loss['mean_error']:,.1f} expected undetected attempts, "
        f"P80 {loss['p80']:,.1f}, mean of the worst fifth {loss['cvar80']:,.1f}"
    )
    for kind in ("drivers", "approvals", "partners"):
        for row in found[kind][:SHOWN]:
            yield (
                f"without {row['label']}: {row['expected_undetected']:,.1f} fewer undetected, "
                f"{round(row['finish_days'])} days sooner"
            )
