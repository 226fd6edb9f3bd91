"""The schedule of a plan as the tables activity, precedence and assignment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sarhad.schedule.expansion import Expanded
from sarhad.schedule.result import ScheduleResult, SequenceSpec
from sarhad.schedule.units import Unit
from sarhad.schedule.verify import ends_of, value_of
from sarhad.schedule.zones import as_day


def schedule_tables(
    plan: str, expanded: Expanded, result: ScheduleResult, draws: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """Return the rows of activity, precedence and assignment.

    Parameters
    ----------
    plan
        Name of the plan.
    expanded, result
        The activities and their dates.
    draws
        Of a simulation, one row an activity: finish_p50, finish_p80 (periods), criticality_index; none: blank.
    """
    return {
        "activity": _activities(plan, expanded, result, draws),
        "precedence": _precedences(plan, expanded),
        "assignment": _assignments(plan, expanded, result),
    }


def stored_result(expanded: Expanded, stored: pd.DataFrame, spec: SequenceSpec) -> ScheduleResult:
    """Return the schedule of stored rows of the table activity, by id; what its search proved is not stored."""
    project, ids = expanded.project, expanded.project.activity_ids
    begin = expanded.zones.begin
    first = np.searchsorted(project.mode_activity, np.arange(len(ids)))
    last = np.append(first[1:], len(project.mode_activity))
    starts = np.array([(as_day(stored["start"][name]) - begin).days for name in ids], dtype=np.int64)
    modes = np.array(
        [
            a + expanded.mode_names[a:b].index(str(stored["mode"][name]))
            for name, a, b in zip(ids, first.tolist(), last.tolist(), strict=True)
        ],
        dtype=np.int64,
    )
    return ScheduleResult(
        starts=starts, ends=ends_of(project, starts, modes), modes=modes,
        value=value_of(project, starts, modes, spec), bound=0.0, gap=1.0, status="feasible",
        seconds=0.0, seed=0, stopped=None, unchanged_share=None, notices=(),
    )  # fmt: skip


def _activities(
    plan: str, expanded: Expanded, result: ScheduleResult, draws: pd.DataFrame | None
) -> pd.DataFrame:
    project, zones = expanded.project, expanded.zones
    due, kept_by = expanded.due, project.calendar_of_mode
    rows: list[dict[str, Any]] = []
    for a, unit in enumerate(expanded.units):
        mode, kept = int(result.modes[a]), int(kept_by[result.modes[a]])
        name = project.activity_ids[a]
        rows.append(
            {
                "plan_id": plan,
                "id": name,
                "template_id": str(unit.row["id"]),
                "item_id": unit.works[0].id if unit.scope == "item" else None,
                "measure_id": None if unit.is_shared else unit.works[0].measure,
                "section_id": _section(unit),
                "partner_id": _partner(unit),
                "mode": expanded.mode_names[mode],
                "calendar_id": zones.ids[kept] if kept >= 0 else None,
                "start": zones.day(int(result.starts[a])),
                "finish": zones.day(int(result.ends[a])),
                "duration_days": int(project.duration[mode]),
                "due": zones.day(due[name]) if name in due else None,
                "cost_usd": float(expanded.cost[1][a] * expanded.cost_factor[mode]),
                "finish_p50": None if draws is None else zones.day(float(draws["finish_p50"].iloc[a])),
                "finish_p80": None if draws is None else zones.day(float(draws["finish_p80"].iloc[a])),
                "criticality": None if draws is None else float(draws["criticality_index"].iloc[a]),
            }
        )
    return pd.DataFrame(rows)


def _section(unit: Unit) -> str | None:
    sections = {work.section for work in unit.works}
    return (sections.pop() or None) if len(sections) == 1 and not unit.is_shared else None


def _partner(unit: Unit) -> str | None:
    decider = unit.row["decided_by"]
    return decider if isinstance(decider, str) else unit.partner or None


def _precedences(plan: str, expanded: Expanded) -> pd.DataFrame:
    project = expanded.project
    ids: Sequence[str] = project.activity_ids
    return pd.DataFrame(
        {
            "plan_id": plan,
            "before_id": [ids[k] for k in project.link_before.tolist()],
            "after_id": [ids[k] for k in project.link_after.tolist()],
            "type": list(project.link_type),
            "lag_days": project.lag,
        }
    )


def _assignments(plan: str, expanded: Expanded, result: ScheduleResult) -> pd.DataFrame:
    project = expanded.project
    held = project.demand[result.modes]
    at, resource = np.nonzero(held)
    return pd.DataFrame(
        {
            "plan_id": plan,
            "activity_id": [project.activity_ids[k] for k in at.tolist()],
            "resource_id": [project.resource_ids[r] for r in resource.tolist()],
            "units": held[at, resource],
        }
    )
