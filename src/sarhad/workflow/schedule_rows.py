"""The rows that figures of a schedule rest on, for `trace`."""

from __future__ import annotations

import pandas as pd

from sarhad.programme import Programme, declared
from sarhad.workflow.figure_rows import Row, where

DATES = ("template_id", "mode", "start", "finish", "duration_days", "due", "calendar_id", "cost_usd")
DRAWN = ("finish_p50", "finish_p80", "criticality")
TEMPLATE = ("step", "duration_unit", "duration_low", "duration_likely", "duration_high", "calendar_use")
CALENDAR = ("use", "days_per_week", "opens", "closes", "shift_days")
RISK = (
    "kind", "probability", "duration_low", "duration_likely", "duration_high", "cost_low", "cost_likely", "cost_high",
)  # fmt: skip
LAST = 10  # activities that end last


def schedule(prog: Programme, plan: str) -> tuple[Row, ...]:
    """Return what the end of a schedule rests on: what ends last, durations, calendars, resources."""
    activities = of_plan(prog, plan)
    last = activities.sort_values(["finish", "id"], ascending=[False, True]).groupby("plan_id").head(LAST)
    return (
        *_activities(last, DATES),
        *_grounds(prog, activities),
        *(
            Row("resource", {"id": name}, ("kind", "capacity"))
            for name in sorted(set(_held(prog, activities)["resource_id"]))
        ),
        *(Row("setting", {"id": name}, ("value",)) for name in ("status_date", "horizon_start")),
    )


def risk(prog: Programme, plan: str) -> tuple[Row, ...]:
    """Return what the draws of a schedule rest on: what is drawn, and the activities that most often set the end."""
    activities = of_plan(prog, plan)
    often = activities[activities["criticality"].notna()].sort_values(
        ["criticality", "id"], ascending=[False, True]
    )
    return (
        *_activities(often.groupby("plan_id").head(LAST), (*DATES, *DRAWN)),
        *(Row("risk", {"id": name}, RISK) for name in sorted(prog["risk"]["id"])),
        *_grounds(prog, activities),
        Row("setting", {"id": "duration_correlation"}, ("value",)),
    )


def dates(prog: Programme, item: str) -> tuple[Row, ...]:
    """Return what the dates of an item rest on: its activities in each schedule, with what they are made from."""
    frame = prog["activity"]
    own = frame[frame["item_id"] == item]
    return (
        *where(prog, "plan_item", "item_id", item, ("start_quarter", "operating_quarter")),
        *_activities(own.sort_values(["plan_id", "start", "id"]), (*DATES, *DRAWN)),
        *_grounds(prog, own),
    )


def delay(prog: Programme, item: str) -> tuple[Row, ...]:
    """Return what the cost of a late item rests on."""
    return (
        *where(prog, "plan_item", "item_id", item, ("start_quarter", "operating_quarter", "marginal_value")),
        *(Row("setting", {"id": name}, ("value",)) for name in ("tail_years", "horizon_start")),
    )


def of_plan(prog: Programme, plan: str) -> pd.DataFrame:
    """Return the activities of the schedule of a plan, of all where none is named."""
    frame = prog["activity"]
    return frame[frame["plan_id"] == plan] if plan else frame


def _activities(frame: pd.DataFrame, columns: tuple[str, ...]) -> tuple[Row, ...]:
    keys = declared().table("activity").keys
    return tuple(
        Row("activity", {key: str(row[key]) for key in keys}, columns) for row in frame.to_dict("records")
    )


def _grounds(prog: Programme, activities: pd.DataFrame) -> tuple[Row, ...]:
    """Return the templates, modes and calendars that activities are made from."""
    modes = sorted(set(zip(activities["template_id"], activities["mode"], strict=True)))
    given = set(zip(prog["activity_mode"]["activity_id"], prog["activity_mode"]["mode"], strict=True))
    return (
        *(
            Row("activity_template", {"id": name}, TEMPLATE)
            for name in sorted(set(activities["template_id"]))
        ),
        *(
            Row("activity_mode", {"activity_id": template, "mode": mode}, ("duration_factor", "cost_factor"))
            for template, mode in modes
            if (template, mode) in given
        ),
        *(
            Row("calendar", {"id": name}, CALENDAR)
            for name in sorted(set(activities["calendar_id"].dropna()))
        ),
    )


def _held(prog: Programme, activities: pd.DataFrame) -> pd.DataFrame:
    frame = prog["assignment"]
    return frame[frame["plan_id"].isin(set(activities["plan_id"]))]
