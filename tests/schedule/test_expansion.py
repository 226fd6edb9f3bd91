"""From plan items to activities, on the tables of the tiny programme and two items made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sarhad.errors import DataError
from sarhad.programme import Programme
from sarhad.schedule import Expanded, as_planned, capacity, expand, risk_of, schedule_tables, stored_result
from sarhad.schedule.result import SequenceSpec
from sarhad.schedule.sequencing import sequence
from sarhad.schedule.verify import breaches

ITEMS = pd.DataFrame(
    {
        "id": ["M1-A", "M2-B"], "measure_id": ["M1", "M2"], "site_id": ["A", "B"], "section_id": ["A1", "A2"],
        "category": ["infrastructure", "surveillance"], "units": 1.0, "cost_factor": 1.0,
        "capital_low_usd": [80.0, 800.0], "capital_usd": [100.0, 1000.0], "capital_high_usd": [150.0, 1500.0],
        "annual_usd": 1.0, "build_quarters_low": 1, "build_quarters": 2, "build_quarters_high": 3,
    }
)  # fmt: skip
SITES = pd.DataFrame(
    {"id": ["A", "B"], "rule": "height", "section_id": ["A1", "A2"], "elevation_m": [500.0, 3000.0]}
)
PLAN = pd.DataFrame(
    {
        "item_id": ["M1-A", "M2-B"], "start_quarter": ["2025Q1", "2025Q2"],
        "operating_quarter": ["2025Q3", "2026Q1"],
    }
)  # fmt: skip
PAID = pd.DataFrame(
    [
        ("M1-A", "P1", 2025, "capital", 100),
        ("M2-B", "P1", 2025, "capital", 300),
        ("M2-B", "P2", 2025, "capital", 700),
        ("M2-B", "P2", 2026, "upkeep", 5),
    ],
    columns=["item_id", "partner_id", "year", "kind", "usd"],
)
NEEDS = pd.DataFrame({"item_id": ["M2-B"], "needs_item_id": ["M1-A"]})
MONEY = pd.Series({"P1": 400, "P2": 700})


@pytest.fixture(scope="module")
def prog(tiny: Programme) -> Programme:
    columns = list(tiny["site"].columns)
    return tiny.adopt({"site": SITES.reindex(columns=columns), "item": ITEMS})


@pytest.fixture(scope="module")
def expanded(prog: Programme) -> Expanded:
    return expand(prog, PLAN, PAID, NEEDS, MONEY)


def at(expanded: Expanded, name: str) -> int:
    return expanded.project.activity_ids.index(name)


def links_into(expanded: Expanded, name: str) -> set[tuple[str, str, int]]:
    project, after = expanded.project, at(expanded, name)
    return {
        (project.activity_ids[b], kind, int(lag))
        for b, a, kind, lag in zip(
            project.link_before, project.link_after, project.link_type, project.lag, strict=True
        )
        if a == after
    }


def test_what_is_shared_stands_once_and_what_is_an_items_own_once_for_each(expanded: Expanded) -> None:
    # G-LIST is asked of P2 alone; both partners pay; each item is a lot of its own
    ids = expanded.project.activity_ids
    assert [name for name in ids if name.startswith("G-")] == ["G-LIST", "G-PAY-P1", "G-PAY-P2"]
    assert sum(name.startswith("BID/") for name in ids) == 2
    assert sum(name.startswith("BUILD/") for name in ids) == 2
    assert len(ids) == 3 + 2 * 6


def test_an_award_waits_for_those_who_pay_and_for_nobody_else(expanded: Expanded) -> None:
    assert {b for b, _, _ in links_into(expanded, "AWARD/M1-P1-2025Q1")} == {
        "BID/M1-P1-2025Q1",
        "G-PAY-P1",
    }
    assert {b for b, _, _ in links_into(expanded, "AWARD/M2-P2-2025Q2")} == {
        "BID/M2-P2-2025Q2",
        "G-PAY-P1",
        "G-PAY-P2",
    }
    assert links_into(expanded, "G-PAY-P2") == {("G-LIST", "FS", 0)}
    assert links_into(expanded, "G-PAY-P1") == {("G-LIST", "FS", 0)}


def test_links_keep_their_type_and_lag_and_prerequisites_come_first(expanded: Expanded) -> None:
    assert links_into(expanded, "TRAIN/M1-A") == {("BUILD/M1-A", "SS", 10)}
    assert links_into(expanded, "ACCEPT/M1-A") == {("BUILD/M1-A", "FS", 0), ("TRAIN/M1-A", "FF", 2)}
    assert ("USE/M1-A", "FS", 0) in links_into(expanded, "USE/M2-B")


def test_work_at_a_site_keeps_the_season_of_its_section(expanded: Expanded) -> None:
    zones, calendar = expanded.zones, expanded.project.calendar
    assert zones.ids[calendar[at(expanded, "BUILD/M1-A")]] == "SITE-LOW"
    assert zones.ids[calendar[at(expanded, "BUILD/M2-B")]] == "SITE-HIGH"
    high = zones.ids.index("SITE-HIGH")
    march, april = zones.period(pd.Timestamp("2025-03-31").date()), 90
    assert not zones.works[high, march]
    assert zones.works[high, april]  # Tuesday, 1 April
    office = zones.ids.index("OFFICE")
    assert not zones.works[office, 0]  # a holiday
    assert zones.works[office, :7].sum() == 4  # 2, 3, 6, 7 January 2025


def test_own_crews_are_for_those_who_may_choose_them_and_cost_less(expanded: Expanded) -> None:
    modes = [
        expanded.mode_names[m]
        for m in np.flatnonzero(expanded.project.mode_activity == at(expanded, "BUILD/M1-A"))
    ]
    assert modes == ["contractor", "own_crew"]
    led_by_p2 = np.flatnonzero(expanded.project.mode_activity == at(expanded, "BUILD/M2-B"))
    assert [expanded.mode_names[m] for m in led_by_p2] == ["contractor"]
    spent = expanded.project.consumption[led_by_p2[0]]
    assert spent.tolist() == [210, 490]  # 0.7 of 1000, by 3 : 7


def test_an_item_begins_no_sooner_than_the_plan_has_its_money(expanded: Expanded) -> None:
    release = expanded.project.release
    assert release[at(expanded, "BID/M2-P2-2025Q2")] == 90
    assert release[at(expanded, "G-PAY-P2")] == 0


def test_the_whole_can_be_scheduled_kept_and_read_back(expanded: Expanded) -> None:
    spec = SequenceSpec(objective="lateness", due=expanded.due)
    result = sequence(
        expanded.project, spec, time_limit_s=60, work_limit=1, on_progress=lambda now: now.phase != "solve"
    )
    assert breaches(expanded.project, result.starts, result.modes, spec) == []
    tables = schedule_tables("draft", expanded, result)
    again = stored_result(expanded, tables["activity"].set_index("id"), spec)
    assert again.ends.tolist() == result.ends.tolist()
    assert again.value == result.value
    used = capacity(expanded, result).groupby("resource_id")["used"].sum()
    assert int(used["CREWS"] + used["BUILDERS"]) > 0
    assert tables["activity"]["cost_usd"].sum() <= 1100 + 1e-6


def test_a_risk_strikes_whom_it_names_and_can_be_taken_from_activities(
    prog: Programme, expanded: Expanded
) -> None:
    modes = np.searchsorted(expanded.project.mode_activity, np.arange(expanded.project.n_activities))
    risk = risk_of(prog, expanded, modes)
    by_name = {event.name: event.activities for event in (*risk.drivers, *risk.stoppages)}
    ids = expanded.project.activity_ids
    assert {ids[k] for k in by_name["LATE"]} == {"G-LIST", "G-PAY-P1", "G-PAY-P2"}
    assert {ids[k] for k in by_name["PAUSE"]} == {"AWARD/M2-P2-2025Q2"}
    sure = as_planned(risk, frozenset({at(expanded, "G-LIST")}))
    k = at(expanded, "G-LIST")
    assert sure.duration.low[k] == sure.duration.high[k] == risk.duration.likely[k]
    assert k not in sure.drivers[0].activities
    assert (risk.duration.low < risk.duration.high)[k]


def test_a_demand_without_a_resource_is_named(prog: Programme) -> None:
    resource = prog["resource"]
    bare = prog.with_changes({"resource": resource[resource["kind"] != "contractor"]})
    with pytest.raises(DataError, match="2 demands find no resource: contractor for BUILD/M1-A"):
        expand(bare, PLAN, PAID, NEEDS, MONEY)


def test_an_item_without_activities_is_named(prog: Programme) -> None:
    template = prog["activity_template"]
    template["measure_ids"] = [("M1",)] * len(template)
    with pytest.raises(DataError, match="1 measures of the plan have no activity of step upkeep: M2"):
        expand(prog.with_changes({"activity_template": template}), PLAN, PAID, NEEDS, MONEY)


def test_without_a_season_work_goes_on_in_winter(prog: Programme) -> None:
    calendar = prog["calendar"]
    calendar[["opens", "closes"]] = None
    made = expand(prog.with_changes({"calendar": calendar}), PLAN, PAID, NEEDS, MONEY)
    high = made.zones.ids.index("SITE-HIGH")
    assert made.zones.works[high, :7].sum() == 6  # all but Sunday
    assert len(made.zones.seasons.opens) == len(made.zones.ids)


def test_a_quarter_with_fewer_units_closes_the_resource_and_the_schedule_waits_for_the_next(
    prog: Programme, expanded: Expanded
) -> None:
    # nobody builds in the third quarter of 2025, and half a contractor is none in the fourth
    rows = pd.DataFrame(
        [
            ("BUILDERS", "2025Q3", 0.0), ("CREWS", "2025Q3", 0.0), ("BUILDERS", "2025Q4", 0.5), ("CREWS", "2025Q2", 7.0),
        ],
        columns=["resource_id", "quarter", "capacity"],
    )  # fmt: skip
    changed = prog.with_changes(
        {"resource_quarter": rows.assign(source_ids=[()] * 4, is_assumption=True, reasoning="made up")}
    )
    narrow = expand(changed, PLAN, PAID, NEEDS, MONEY)
    units = narrow.project.capacity_by_period
    assert units is not None
    assert narrow.project.resource_ids == ("BUILDERS", "CREWS")
    july, october, january = 181, 273, 365  # days after 1 January 2025
    assert units.shape == (2, january)
    assert [units[0, july - 1], units[0, july], units[0, october]] == [2, 0, 0]
    assert [units[1, july - 1], units[1, july], units[1, october]] == [7, 0, 2]
    spec = SequenceSpec(objective="lateness", due=narrow.due)
    result = sequence(narrow.project, spec, time_limit_s=10, seed=1, work_limit=5)
    assert breaches(narrow.project, result.starts, result.modes, spec) == []
    by_quarter = capacity(narrow, result).set_index(["resource_id", "quarter"])
    assert by_quarter["used"].groupby("quarter").sum()["2025Q3"] == 0
    assert (by_quarter["used"] <= by_quarter["offered"]).all()
    assert expanded.project.capacity_by_period is None


def test_what_a_resource_offers_leaves_out_days_on_which_nothing_that_holds_it_works(
    expanded: Expanded,
) -> None:
    spec = SequenceSpec(objective="lateness", due=expanded.due)
    result = sequence(expanded.project, spec, time_limit_s=10, seed=1, work_limit=5)
    found = capacity(expanded, result).set_index(["resource_id", "quarter"])["offered"]
    zones, held = expanded.zones, expanded.project.demand[result.modes] > 0
    for r, name in enumerate(expanded.project.resource_ids):
        calendars = {int(c) for c in expanded.project.calendar[held[:, r]]}
        days = [any(zones.works[c, day] for c in calendars) for day in range(90)]  # until 31 March
        assert found[name, "2025Q1"] == 2 * sum(days)
