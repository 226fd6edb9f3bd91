"""From the items of a plan to a project: activities with modes, links, resources, calendars, and who they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from sarhad.errors import DataError
from sarhad.programme import Programme
from sarhad.programme.activities import parse_link
from sarhad.programme.quarters import Quarter
from sarhad.schedule.modes import Modes
from sarhad.schedule.offers import capacity_by_day
from sarhad.schedule.project import FloatArray, Project, assemble
from sarhad.schedule.purse import purse
from sarhad.schedule.units import Follow, Unit, Work, units
from sarhad.schedule.zones import Zones, zones

LATER_YEARS = 10  # of calendars after the horizon
DAYS_A_YEAR = 365.25
DAYS_A_MONTH = DAYS_A_YEAR / 12
WEEK = 7
OPERATION, CLEARANCE = "upkeep", "clearance"
AT_SITE = ("building", "installation")  # what mine clearance comes before
Points = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class Expanded:
    """The activities of a plan.

    Parameters
    ----------
    project
        Activities, links, resources, calendars; a period is a day. The stocks are the partners' money, in dollars, with
        the days on which it comes in and expires.
    units
        What each activity is, in the order of the project.
    works
        The items.
    zones
        The calendars by day.
    ready
        The activity whose end is the day from which each item operates, by item.
    duration, cost
        Working days of each activity at factor 1, and dollars: low, likely and high, shape (A,) each.
    mode_names
        Name of each mode of the project.
    cost_factor
        Of each mode.
    """

    project: Project
    units: tuple[Unit, ...]
    works: tuple[Work, ...]
    zones: Zones
    ready: Mapping[str, int]
    duration: Points
    cost: Points
    mode_names: tuple[str, ...]
    cost_factor: FloatArray

    @property
    def due(self) -> dict[str, int]:
        """Return the period in which each item is to operate, by the id of the activity that says so."""
        ids = self.project.activity_ids
        return {ids[self.ready[work.id]]: work.due for work in self.works}


def expand(
    prog: Programme,
    plan_items: pd.DataFrame,
    funding: pd.DataFrame,
    needs: pd.DataFrame,
    money: pd.Series[int] | pd.DataFrame,
) -> Expanded:
    """Return the activities of a plan.

    Parameters
    ----------
    prog
        The programme: activity_template, activity_mode, calendar, resource, items and sites.
    plan_items
        Items of the plan: item_id, start_quarter, operating_quarter.
    funding
        Who pays what: item_id, partner_id, kind, usd.
    needs
        Prerequisites that the plan meets: item_id, needs_item_id. Mine clearance comes before work at the site, every
        other one before the item operates.
    money
        Sums of capital for these items: partner_id, usd, opens (first day), closes (last day, blank: none), item_ids.
        Or the dollars of each partner, to be had at any time.

    Raises
    ------
    DataError
        If there are no templates, an item has no activities, or no resource serves an activity.
    """
    require_templates(prog)
    zone = zones_of(prog)
    return expand_works(prog, zone, works_of(prog, plan_items, funding, zone.begin), needs, money)


def require_templates(prog: Programme) -> None:
    """Refuse a programme that does not say what has to be done for its measures.

    Raises
    ------
    DataError
        If table activity_template has no rows.
    """
    if prog["activity_template"].empty:
        text = (
            "activity_template: has no rows. Say which activities the measures need; `sarhad check` says how."
        )
        raise DataError(text, table="activity_template")


def zones_of(prog: Programme) -> Zones:
    """Return the calendars of a programme by day, from the status date until some years after the horizon."""
    horizon_days = round(prog.setting("horizon_quarters") * DAYS_A_YEAR / 4 + LATER_YEARS * DAYS_A_YEAR)
    return zones(prog["calendar"], prog.setting("status_date"), horizon_days)


def expand_works(
    prog: Programme,
    zone: Zones,
    works: Sequence[Work],
    needs: pd.DataFrame,
    money: pd.Series[int] | pd.DataFrame,
) -> Expanded:
    """Return the activities of items of which all is known that these depend on; see `expand`."""
    all_units = units(prog["activity_template"], works)
    ready = {u.works[0].id: k for k, u in enumerate(all_units) if is_operation(u)}
    _refuse_idle(works, ready)
    calendar = [_calendar(zone, unit) for unit in all_units]
    duration = _durations(zone, all_units, calendar)
    cost = _costs(all_units)
    paid = purse(money, works, zone.begin)
    modes = Modes(prog, all_units, duration[1], cost[1], paid, zone, calendar)
    project = assemble(
        [unit.id for unit in all_units],
        modes.of_units,
        _links(all_units, needs, ready),
        capacity=modes.capacity,
        stock=paid.amounts,
        calendars=zone.works,
        calendar=calendar,
        is_splittable=[bool(unit.row["is_splittable"]) for unit in all_units],
        release=[0 if unit.is_shared else max(0, min(w.release for w in unit.works)) for unit in all_units],
        resource_ids=modes.resource_ids,
        stock_ids=paid.names,
        receipts=paid.receipts,
        mode_calendar=modes.calendar,
        is_paid_at_end=[unit.row["paid_at"] == "end" for unit in all_units],
        capacity_by_period=capacity_by_day(prog, zone.begin, modes.capacity),
    )
    factor = np.array(modes.cost_factor)
    return Expanded(
        project, tuple(all_units), tuple(works), zone, ready, duration, cost, tuple(modes.names), factor
    )


def is_operation(unit: Unit) -> bool:
    """Tell whether the end of an activity is the day from which its item operates."""
    return unit.scope == "item" and unit.row["step"] == OPERATION


def _refuse_idle(works: Sequence[Work], ready: Mapping[str, int]) -> None:
    """Refuse items without an activity that says when they operate."""
    idle = sorted({work.measure for work in works if work.id not in ready})
    if idle:
        text = (
            f"activity_template.measure_ids: {len(idle)} measures of the plan have no activity of step {OPERATION}: "
            f"{', '.join(idle)}. Add their activities."
        )
        raise DataError(text, table="activity_template", column="measure_ids", ids=idle)


def works_of(prog: Programme, plan_items: pd.DataFrame, funding: pd.DataFrame, begin: date) -> list[Work]:
    """Return the items of the plan with all that their activities depend on, by id."""
    item, site = prog["item"].set_index("id"), prog["site"].set_index("id")
    measure = prog["measure"].set_index("id")
    middling = site.groupby("section_id")["elevation_m"].median()
    capital = funding[funding["kind"].str.startswith("capital")]
    paid = _shares(capital.groupby(["item_id", "partner_id"])["usd"].sum())
    found = []
    for row in plan_items.sort_values("item_id").to_dict("records"):
        name, own = row["item_id"], item.loc[row["item_id"]]
        shares = paid.get(name, {})
        lead = max(shares.items(), key=lambda given: given[::-1], default=("", 0.0))[0]
        section = own["section_id"] if isinstance(own["section_id"], str) else ""
        altitude = site.loc[own["site_id"], "elevation_m"]
        altitude = middling.get(section, 0.0) if pd.isna(altitude) else altitude
        kind = measure.loc[own["measure_id"]]
        found.append(
            Work(
                id=name,
                measure=own["measure_id"],
                section=section,
                lot=f"{own['measure_id']}-{lead or 'free'}-{row['start_quarter']}",
                lead=lead,
                shares=shares,
                altitude_m=0.0 if pd.isna(altitude) else float(altitude),
                release=(Quarter.parse(row["start_quarter"]).first_day - begin).days,
                due=max(0, (Quarter.parse(row["operating_quarter"]).first_day - begin).days),
                capital=_three(own, "capital_low_usd", "capital_usd", "capital_high_usd"),
                months=_three(kind, *(f"duration_{p}_months" for p in ("low", "likely", "high"))),
            )
        )
    return found


def _three(row: pd.Series[Any], low: str, likely: str, high: str) -> tuple[float, float, float]:
    return float(row[low]), float(row[likely]), float(row[high])


def _shares(paid: pd.Series[int]) -> dict[str, dict[str, float]]:
    """Return the share of each item's capital that each partner pays, by item."""
    found: dict[str, dict[str, float]] = {}
    for row in paid.reset_index().to_dict("records"):
        if row["usd"] > 0:
            found.setdefault(str(row["item_id"]), {})[str(row["partner_id"])] = float(row["usd"])
    totals = {item: sum(given.values()) for item, given in found.items()}
    return {item: {p: usd / totals[item] for p, usd in given.items()} for item, given in found.items()}


def _calendar(zone: Zones, unit: Unit) -> int:
    """Return the calendar of an activity; offices are those of who decides, else of who leads."""
    use = str(unit.row["calendar_use"])
    if use == "none":
        return -1
    decider = unit.row["decided_by"]
    partner = decider if isinstance(decider, str) else unit.partner
    sections = {work.section for work in unit.works}
    section = sections.pop() if len(sections) == 1 else ""
    altitude = max(work.altitude_m for work in unit.works)
    return zone.find(use, partner=partner if use == "office" else "", section=section, altitude_m=altitude)


def _durations(zone: Zones, all_units: Sequence[Unit], calendar: Sequence[int]) -> Points:
    """Return low, likely and high working days of each activity; likely ones are whole.

    A share of a measure's months counts as so many working days of the calendar: the catalogue's months are taken as
    months in which work can go on.
    """
    rows = []
    for unit, kept in zip(all_units, calendar, strict=True):
        three = [float(unit.row[f"duration_{p}"]) for p in ("low", "likely", "high")]
        if unit.row["duration_unit"] == "share":
            week = WEEK if kept < 0 else int(zone.days_per_week[kept])
            months = [max(work.months[p] for work in unit.works) for p in range(3)]
            three = [part * m * DAYS_A_MONTH * week / WEEK for part, m in zip(three, months, strict=True)]
        likely = float(np.floor(three[1] + 0.5))
        rows.append((min(three[0], likely), likely, max(three[2], likely)))
    low, middle, high = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return low, middle, high


def _costs(all_units: Sequence[Unit]) -> Points:
    """Return low, likely and high dollars of each activity."""
    rows: list[tuple[float, ...]] = []
    for unit in all_units:
        part: float = 0.0 if pd.isna(unit.row["cost_share"]) else float(unit.row["cost_share"])
        works = () if unit.is_shared else unit.works
        rows.append(tuple(part * sum(work.capital[p] for work in works) for p in range(3)))
    low, middle, high = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return low, middle, high


LinkType = Literal["FS", "SS", "FF", "SF"]


def _links(
    all_units: Sequence[Unit], needs: pd.DataFrame, ready: Mapping[str, int]
) -> list[tuple[int, int, LinkType, int]]:
    """Return before, after, type, lag of each link: those of the templates, then those of prerequisites."""
    follow, found = Follow(all_units), []
    for after, unit in enumerate(all_units):
        for text in unit.row["after"]:
            link = parse_link(text)
            kind = cast("LinkType", link.type)
            found += [(before, after, kind, link.lag_days) for before in follow.before(unit, link.before)]
    clears = {u.works[0].id for u in all_units if u.row["step"] == CLEARANCE and u.scope == "item"}
    at_site: dict[str, list[int]] = {}
    for k, unit in enumerate(all_units):
        if unit.scope == "item" and unit.row["step"] in AT_SITE:
            at_site.setdefault(unit.works[0].id, []).append(k)
    for item, needed in zip(needs["item_id"], needs["needs_item_id"], strict=True):
        if item not in ready or needed not in ready:
            continue
        ends = at_site.get(item, [ready[item]]) if needed in clears else [ready[item]]
        found += [(ready[needed], after, "FS", 0) for after in ends]
    return sorted(set(found))
