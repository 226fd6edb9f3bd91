"""Money, winter equipment and overheads of a plan's activities, on the tiny programme and two items made by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from sarhad.programme import Programme
from sarhad.schedule import Draws, Expanded, expand, risk_of, simulate, spending
from sarhad.schedule.result import ScheduleResult, SequenceSpec
from sarhad.schedule.risk import Baseline
from sarhad.schedule.sequencing import sequence
from sarhad.schedule.verify import breaches
from tests.schedule.test_expansion import ITEMS, NEEDS, PAID, PLAN, SITES

BOTH = ("M1-A", "M2-B")
Sum = tuple[str, int, date, date | None, tuple[str, ...]]
AT_ONCE: list[Sum] = [
    ("P1", 400, date(2025, 1, 1), None, BOTH),
    ("P2", 700, date(2025, 1, 1), None, BOTH),
]


@pytest.fixture(scope="module")
def prog(tiny: Programme) -> Programme:
    columns = list(tiny["site"].columns)
    return tiny.adopt({"site": SITES.reindex(columns=columns), "item": ITEMS})


def expanded_with(prog: Programme, rows: list[Sum]) -> Expanded:
    money = pd.DataFrame(rows, columns=["partner_id", "usd", "opens", "closes", "item_ids"])
    return expand(prog, PLAN, PAID, NEEDS, money)


def scheduled(made: Expanded) -> ScheduleResult:
    spec = SequenceSpec(objective="lateness", due=made.due)
    found = sequence(
        made.project, spec, time_limit_s=60, work_limit=1, on_progress=lambda now: now.phase != "solve"
    )
    if found.starts.size:
        assert breaches(made.project, found.starts, found.modes, spec) == []
    return found


def test_money_is_one_stock_a_partner_where_it_may_pay_for_the_same(prog: Programme) -> None:
    project = expanded_with(prog, AT_ONCE).project
    assert (project.stock_ids, project.stock.tolist()) == (("P1", "P2"), [400, 700])
    series = expand(prog, PLAN, PAID, NEEDS, pd.Series({"P1": 400, "P2": 700})).project
    assert (series.consumption == project.consumption).all()
    assert series.receipts is None


def test_a_sum_for_some_items_makes_stocks_of_its_own(prog: Programme) -> None:
    rows: list[Sum] = [*AT_ONCE, ("P1", 50, date(2025, 7, 1), date(2025, 12, 31), ("M1-A",))]
    project = expanded_with(prog, rows).project
    assert project.stock_ids == ("P1 (M1)", "P1 (M2)", "P2")
    assert project.stock.tolist() == [450, 400, 700]
    assert project.receipts is not None
    assert project.receipts.pays.tolist() == [[True, True, False], [False, False, True], [True, False, False]]
    assert (project.receipts.opens.tolist(), project.receipts.closes.tolist()) == ([0, 0, 181], [-1, -1, 365])


def test_work_waits_for_the_quarter_in_which_its_money_comes_in(prog: Programme) -> None:
    at_once = scheduled(expanded_with(prog, AT_ONCE))
    july: list[Sum] = [("P1", 400, date(2025, 7, 1), None, BOTH), AT_ONCE[1]]
    made = expanded_with(prog, july)
    late = scheduled(made)
    assert late.value > at_once.value
    asks = made.project.consumption[late.modes, 0] > 0
    assert late.starts[asks].min() == 181  # 1 July
    found = spending(made, late)
    own = found[found["stock_id"] == "P1"].set_index("quarter")
    assert own.loc["2025Q3", "received_usd"] == 400
    assert own.index.min() == "2025Q3"
    assert found["paid_usd"].sum() == made.project.consumption[late.modes].sum()


def test_a_grant_that_closes_too_soon_leaves_no_schedule_and_the_notice_says_which(prog: Programme) -> None:
    closing: list[Sum] = [("P1", 400, date(2025, 1, 1), date(2025, 3, 31), BOTH), AT_ONCE[1]]
    found = scheduled(expanded_with(prog, closing))
    assert (found.status, found.starts.size) == ("unknown", 0)
    assert "No schedule that breaks nothing was found in time" in found.notices[-1]
    assert "P1" in found.notices[-1]
    assert "too little has come in or is left" in found.notices[-1]


def test_what_is_paid_at_the_end_waits_less(prog: Programme) -> None:
    template = prog["activity_template"]
    template.loc[template["id"] == "BUILD", "paid_at"] = "end"
    made = expanded_with(prog.with_changes({"activity_template": template}), AT_ONCE)
    building = np.array([unit.row["id"] == "BUILD" for unit in made.units])
    assert (made.project.is_paid_at_end == building).all()


def winter(prog: Programme, **calendar: object) -> Programme:
    """Return the programme with a mode of building that works all year, where its calendar holds."""
    modes, calendars = prog["activity_mode"], prog["calendar"]
    mode = modes.iloc[[0]].assign(mode="winter", duration_factor=1.0, cost_factor=1.2, calendar_id="ALL-YEAR")
    row = calendars.iloc[[0]].assign(id="ALL-YEAR", use="mode", days_per_week=6)
    for column, value in calendar.items():
        row[column] = [value]
    return prog.with_changes(
        {"activity_mode": pd.concat([modes, mode]), "calendar": pd.concat([calendars, row])}
    )


def modes_of(made: Expanded, name: str) -> dict[str, str]:
    """Return the calendar of each mode of an activity."""
    project = made.project
    own = np.flatnonzero(project.mode_activity == project.activity_ids.index(name))
    return {made.mode_names[m]: made.zones.ids[project.calendar_of_mode[m]] for m in own}


def test_a_mode_keeps_the_calendar_that_it_names(prog: Programme) -> None:
    made = expanded_with(winter(prog), AT_ONCE)
    assert modes_of(made, "BUILD/M2-B") == {"contractor": "SITE-HIGH", "winter": "ALL-YEAR"}
    assert modes_of(made, "BUILD/M1-A")["own_crew"] == "SITE-LOW"


def test_a_mode_is_offered_only_where_its_calendar_holds(prog: Programme) -> None:
    assert "winter" not in modes_of(expanded_with(winter(prog, to_m=2500.0), AT_ONCE), "BUILD/M2-B")
    assert "winter" in modes_of(expanded_with(winter(prog, to_m=2500.0), AT_ONCE), "BUILD/M1-A")
    assert "winter" not in modes_of(expanded_with(winter(prog, section_ids=("A2",)), AT_ONCE), "BUILD/M1-A")


def test_winter_equipment_saves_a_season_where_there_is_money_for_it(prog: Programme) -> None:
    # the money comes in so late that the contractor would wait for February at the low site
    rich: list[Sum] = [(p, 10 * usd, date(2025, 9, 1), None, BOTH) for p, usd, _, _, _ in AT_ONCE]
    before, after = expanded_with(prog, rich), expanded_with(winter(prog), rich)
    one, two = scheduled(before), scheduled(after)
    assert two.value < one.value
    assert "winter" in [after.mode_names[m] for m in two.modes]


def test_cost_that_runs_with_time_is_the_same_without_a_pause_and_grows_with_one(prog: Programme) -> None:
    template = prog["activity_template"]
    template.loc[template["id"] == "BUILD", "time_share"] = 0.5
    changed = prog.with_changes({"activity_template": template, "risk": prog["risk"].iloc[:0]})
    made = expanded_with(changed, AT_ONCE)
    modes = np.searchsorted(made.project.mode_activity, np.arange(made.project.n_activities))
    risk = risk_of(changed, made, modes)
    k = made.project.activity_ids.index("BUILD/M2-B")
    assert risk.cost is not None
    assert risk.cost_per_period is not None
    days = made.project.duration[modes[k]] * 7 / 6  # a six-day week
    assert risk.cost.likely[k] == pytest.approx(0.5 * 700)
    assert risk.cost_per_period[k] * days == pytest.approx(0.5 * 700)
    assert (risk.cost_per_period > 0).sum() == 2


def test_the_office_costs_by_the_month_until_the_last_activity_ends(prog: Programme) -> None:
    settings = prog["setting"]
    row = settings.iloc[[0]].assign(id="office_month_usd", value="3652.5", low=np.nan, high=np.nan)
    row = row.assign(is_assumption=True, reasoning="made up for tests")
    office = prog.with_changes({"setting": pd.concat([settings, row])})
    made = expanded_with(office, AT_ONCE)
    found = scheduled(made)
    baseline, draws = Baseline(found.modes, found.starts), Draws(256, seed=1)
    with_office = simulate(made.project, baseline, risk_of(office, made, found.modes), draws=draws)
    without = simulate(made.project, baseline, risk_of(prog, made, found.modes), draws=draws)
    assert np.allclose(
        with_office.cost - without.cost, 120.0 * with_office.finish
    )  # 12 x 3652.5 / 365.25 a day
