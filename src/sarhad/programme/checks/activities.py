"""Checks of the activity tables: links, demands, calendars and shares that no schedule could be made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sarhad.errors import SpecError
from sarhad.programme.activities import parse_day, parse_demand, parse_link
from sarhad.programme.faults import Fault

if TYPE_CHECKING:
    import pandas as pd

    from sarhad.programme.programme import Programme

SHARE_TOLERANCE = 1e-6
OPERATION = "upkeep"
USES = ("office", "building", "transport")


def wrong_links(prog: Programme) -> Iterator[Fault]:
    """Yield links between activities that are none, name no activity, or run in a circle."""
    frame = prog["activity_template"]
    known, before = set(frame["id"]), {}
    for row in frame.to_dict("records"):
        links, faults = _parsed("activity_template", row, "after", parse_link)
        yield from faults
        before[row["id"]] = [link.before for link in links]
        for link in links:
            if link.before not in known:
                text = "names an activity that does not exist"
                yield Fault("activity_template", row["id"], "after", link.before, text, "Correct the id.")
    circle = _circle({name: [b for b in all_ if b in known] for name, all_ in before.items()})
    if circle:
        text = f"follows itself: {' -> '.join([*circle, circle[0]])}"
        yield Fault("activity_template", circle[0], "after", "", text, "Take one of these links out.")


def wrong_demands(prog: Programme) -> Iterator[Fault]:
    """Yield demands that are none, or that no resource meets."""
    kinds = set(prog["resource"]["kind"])
    for row in prog["activity_mode"].to_dict("records"):
        name = {**row, "id": f"{row['activity_id']}/{row['mode']}"}
        demands, faults = _parsed("activity_mode", name, "demands", parse_demand)
        yield from faults
        for demand in demands:
            if demand.kind not in kinds:
                text, remedy = "is a kind of which there is no resource", "Add one to the table resource."
                yield Fault("activity_mode", name["id"], "demands", demand.kind, text, remedy)


def wrong_calendars(prog: Programme) -> Iterator[Fault]:
    """Yield holidays and seasons that are no days, seasons with one end, and uses without a calendar."""
    frame, table = prog["calendar"], "calendar"
    for row in frame.to_dict("records"):
        ends = [end for end in (row["opens"], row["closes"]) if isinstance(end, str)]
        for column in ("holidays", "opens", "closes"):
            yield from _parsed(table, row, column, parse_day)[1]
        if len(ends) == 1:
            yield Fault(table, row["id"], "opens", ends[0], "is one end of a season", "Give both, or none.")
    if prog["activity_template"].empty:
        return
    for use in sorted(set(prog["activity_template"]["calendar_use"]) & set(USES)):
        own = frame[(frame["use"] == use)]
        if not (own["partner_ids"].map(len).eq(0) & own["section_ids"].map(len).eq(0)).any():
            text, remedy = f"has none for {use} that holds for all", "Add one without partners and sections."
            yield Fault(table, "", "use", "", text, remedy)


def wrong_activity_shares(prog: Programme) -> Iterator[Fault]:
    """Yield measures whose activities spend more or less than their cost, or say not just once when they operate."""
    frame = prog["activity_template"]
    if frame.empty:
        return
    for measure in prog["measure"]["id"].tolist():
        own = frame[rows_of_measure(frame, measure)]
        if own.empty:
            yield from _idle(prog, measure)
            continue
        spent = float(own["cost_share"].fillna(0.0).sum())
        if abs(spent - 1.0) > SHARE_TOLERANCE:
            text, remedy = f"shares of {measure} add up to {spent:g}, not 1", "Correct the shares."
            yield Fault("activity_template", own["id"].iloc[0], "cost_share", "", text, remedy)
        ends = own[(own["step"] == OPERATION) & (own["scope"] == "item")]
        if len(ends) != 1:
            text = f"{measure} has {len(ends)} activities of step {OPERATION} and scope item, not one"
            remedy = "Give one: the day from which the item operates."
            yield Fault("activity_template", own["id"].iloc[0], "step", "", text, remedy)


def wrong_risks(prog: Programme) -> Iterator[Fault]:
    """Yield risks without the figures of their kind, and closures that differ."""
    frame, table = prog["risk"], "risk"
    steps = set(prog["activity_template"]["step"])
    for row in frame.to_dict("records"):
        wanted = ["duration_low", "duration_likely", "duration_high"]
        wanted += ["cost_low", "cost_likely", "cost_high"] if row["kind"] == "driver" else []
        wanted += ["onset_from", "onset_to"] if row["kind"] == "stoppage" else []
        for column in wanted:
            if row[column] is None or row[column] != row[column]:
                remedy = "Give it; a factor of 1 changes nothing."
                yield Fault(table, row["id"], column, "", f"is missing for a {row['kind']}", remedy)
        for step in row["steps"]:
            if step not in steps:
                text, remedy = "is a step that no activity has", "Correct it."
                yield Fault(table, row["id"], "steps", step, text, remedy)
    closures = frame.loc[frame["kind"] == "closure", "id"].tolist()
    if len(closures) > 1:
        text, remedy = "is one closure of several", "Keep one row of this kind: it holds for all seasons."
        yield Fault(table, closures[1], "kind", "closure", text, remedy)


def _idle(prog: Programme, measure: str) -> Iterator[Fault]:
    row = prog["measure"].set_index("id").loc[measure]
    if row["is_candidate"]:
        text, remedy = "names no activity of this measure, so no schedule can hold it", "Add its activities."
        yield Fault("activity_template", "", "measure_ids", measure, text, remedy)


def _parsed(
    table: str, row: dict[Any, Any], column: str, parse: Callable[[str], Any]
) -> tuple[list[Any], list[Fault]]:
    """Return what the texts of a cell mean, and a fault for each that means nothing."""
    cell, found, faults = row[column], [], []
    for text in cell if isinstance(cell, tuple) else (cell,) if isinstance(cell, str) else ():
        try:
            found.append(parse(text))
        except SpecError as error:
            what, _, remedy = str(error).partition(". ")
            faults.append(Fault(table, row["id"], column, "", what, remedy))
    return found, faults


def _circle(before: dict[str, list[str]]) -> list[str]:
    """Return activities that follow each other in a circle, in order; empty where there are none."""
    left = dict(before)
    while left:
        free = [name for name, all_ in left.items() if not any(b in left for b in all_)]
        if not free:
            break
        for name in free:
            del left[name]
    if not left:
        return []
    path = [min(left)]
    while path.count(path[-1]) == 1:
        path.append(min(b for b in left[path[-1]] if b in left))
    return path[path.index(path[-1]) : -1][::-1]


def rows_of_measure(frame: pd.DataFrame, measure: str) -> np.ndarray:
    """Return which activities of scope lot or item a measure has, shape (rows,)."""
    of_item = frame["scope"].isin(["lot", "item"])
    named = frame["measure_ids"].map(lambda ids: not ids or measure in ids)
    return np.asarray(of_item & named, dtype=bool)
