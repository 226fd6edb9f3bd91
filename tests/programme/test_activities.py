"""The short texts of the activity tables, and the checks of these tables."""

from __future__ import annotations

from datetime import date

import pytest

from sarhad.errors import SpecError
from sarhad.programme import Programme
from sarhad.programme.activities import Demand, Link, day_in, parse_day, parse_demand, parse_link


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("BUILD", Link("BUILD", "FS", 0)),
        ("BUILD SS", Link("BUILD", "SS", 0)),
        ("BUILD FF -3", Link("BUILD", "FF", -3)),
    ],
)
def test_a_link_may_leave_out_what_is_usual(text: str, link: Link) -> None:
    assert parse_link(text) == link


@pytest.mark.parametrize("text", ["", "BUILD XX", "BUILD SS soon", "BUILD SS 3 4"])
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"is not a link. Write ID, ID TYPE or ID TYPE LAG"):
        parse_link(text)


def test_a_demand_is_one_unit_unless_it_says_more() -> None:
    assert parse_demand("crew") == Demand("crew", 1)
    assert parse_demand("deminer 2") == Demand("deminer", 2)
    for text in ("", "crew 0", "crew two"):
        with pytest.raises(SpecError, match="is not a demand"):
            parse_demand(text)


def test_the_leap_day_is_the_first_of_march_in_other_years() -> None:
    assert parse_day("02-29") == (2, 29)
    assert day_in(2028, "02-29") == date(2028, 2, 29)
    assert day_in(2027, "02-29") == date(2027, 3, 1)
    with pytest.raises(SpecError, match="'13-01' is not a day of the year"):
        parse_day("13-01")


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "told"),
    [
        ("activity_template", "BID", "after", ("NOWHERE",), "NOWHERE names an activity that does not exist"),
        ("activity_template", "BID", "after", ("BUILD XX",), "is not a link"),
        ("activity_template", "BID", "after", ("ACCEPT",), "follows itself: "),
        ("activity_template", "BID", "cost_share", 0.5, "add up to 1.4, not 1"),
        ("activity_template", "USE", "step", "acceptance", "has 0 activities of step upkeep"),
        ("calendar", "SITE-LOW", "opens", "02-31", "is not a day of the year"),
        ("calendar", "SITE-LOW", "closes", None, "is one end of a season"),
        ("calendar", "OFFICE", "section_ids", ("A1",), "has none for office that holds for all"),
        ("resource", "CREWS", "kind", "training", "crew is a kind of which there is no resource"),
        ("risk", "LATE", "cost_high", None, "is missing for a driver"),
        ("risk", "LATE", "steps", ("swimming",), "swimming is a step that no activity has"),
    ],
)
def test_a_fault_of_the_activity_tables_is_named(
    tiny: Programme, table: str, row: str, column: str, value: object, told: str
) -> None:
    frame = tiny[table]
    frame[column] = frame[column].astype(object)
    frame.at[int(frame.index[frame["id"] == row][0]), column] = value
    faults = tiny.with_changes({table: frame}).check()
    assert any(told in str(fault) for fault in faults), [str(fault) for fault in faults]


def test_a_circle_is_named_in_full(tiny: Programme) -> None:
    frame = tiny["activity_template"]
    frame.at[int(frame.index[frame["id"] == "BID"][0]), "after"] = ("ACCEPT",)
    told = [str(fault) for fault in tiny.with_changes({"activity_template": frame}).check()]
    assert any(
        "AWARD -> BUILD -> ACCEPT -> BID -> AWARD" in one or "BID -> AWARD -> BUILD" in one for one in told
    )
