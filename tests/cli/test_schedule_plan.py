"""`schedule` of a plan and `delay`, on the tiny programme: schema, figures that agree, same bytes, what is kept."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sarhad.programme import Programme
from sarhad.workflow.prepare import prepare
from sarhad.workflow.sequencing import stored_schedule
from tests.cli.conftest import TINY, Sarhad
from tests.cli.test_bad_input import assert_clear
from tests.cli.test_json import held

ASKED = ("--plan", "draft", "--simulate", "400", "--exact", "20", "--seed", "3", "--json", "-q")


@pytest.fixture(scope="module")
def copy(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scheduled") / "tiny.gpkg"
    shutil.copy(planned, path)
    return path


@pytest.fixture(scope="module")
def text(sarhad: Sarhad, copy: Path) -> str:
    result = sarhad("schedule", copy, *ASKED)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def found(text: str) -> dict[str, Any]:
    return held(text, "schedule_plan")


def test_the_schedule_keeps_its_schema_and_its_figures_agree(
    found: dict[str, Any], plan: dict[str, Any]
) -> None:
    assert {row["item"] for row in found["item_dates"]} == {item["item"] for item in plan["items"]}
    assert found["bound"] <= found["weighted_lateness"]
    quantiles = [found["finish"][p] for p in ("p10", "p50", "p80", "p95")]
    assert quantiles == sorted(quantiles)
    money = [found["cost_usd"][p] for p in ("p10", "p50", "p80", "p95")]
    assert money == sorted(money)
    assert found["loss_at_p80"] == found["loss"]["p80"] <= found["loss"]["cvar80"]
    finish = date.fromisoformat(found["begin"]).toordinal() + found["makespan"]
    assert date.fromisoformat(found["scheduled_finish"]).toordinal() == finish
    for row in found["capacity"]:
        assert 0 < row["used"] <= row["offered"]


def test_the_value_on_time_is_that_of_the_plan(found: dict[str, Any], plan: dict[str, Any]) -> None:
    total = plan["value"] + plan["constant"]
    assert found["loss"]["value_on_time"] == pytest.approx(total, rel=1e-9)


def test_the_same_seed_gives_the_same_bytes(sarhad: Sarhad, copy: Path, text: str) -> None:
    assert sarhad("schedule", copy, *ASKED).stdout == text


def test_the_programme_keeps_the_schedule_whole(copy: Path, found: dict[str, Any]) -> None:
    prog = Programme.open(copy)
    assert prog.check() == []
    activity, assignment = prog["activity"], prog["assignment"]
    assert len(activity) == found["activities"]
    assert len(prog["precedence"]) == found["links"]
    assert set(assignment["activity_id"]) <= set(activity["id"])
    assert (activity["start"] <= activity["finish"]).all()
    assert (activity["finish_p50"] <= activity["finish_p80"]).all()
    operating = activity[activity["due"].notna()].set_index("item_id")
    for row in found["item_dates"]:
        assert operating.loc[row["item"], "finish"].isoformat() == row["scheduled"]


def test_the_kept_schedule_comes_back_as_it_was(copy: Path, found: dict[str, Any]) -> None:
    scheduled = stored_schedule(prepare(Programme.open(copy)), "draft")
    assert scheduled is not None
    assert scheduled.result.value == pytest.approx(found["weighted_lateness"])
    assert int(scheduled.result.ends.max()) == found["makespan"]


def test_a_schedule_of_other_facts_is_dropped_and_a_notice_says_so(copy: Path, text: str) -> None:
    assert text
    prog = Programme.open(copy)
    risk = prog["risk"]
    risk["probability"] = 0.1
    later = prepare(prog.with_changes({"risk": risk}))
    assert later.prog["activity"].empty
    assert any("the schedules of draft were dropped" in notice for notice in later.notices)


def test_without_draws_there_is_a_schedule_and_no_risk(sarhad: Sarhad, copy: Path) -> None:
    bare = held(
        sarhad("schedule", copy, "--plan", "draft", "--simulate", "0", "--json", "-q").stdout, "schedule_plan"
    )
    assert bare["finish"] is bare["loss"] is bare["drivers"] is None
    assert bare["delay_cost"]


def test_a_delay_costs_what_the_schedule_says_it_costs(
    sarhad: Sarhad, copy: Path, found: dict[str, Any]
) -> None:
    dearest = max(found["delay_cost"], key=lambda row: row["expected_undetected"])
    asked = ("--item", dearest["item"], "--months", str(dearest["months_late"]), "--json", "-q")
    told = held(sarhad("delay", copy, "--plan", "draft", *asked).stdout, "delay")
    assert told["expected_undetected"] > 0
    assert told["expected_undetected"] == pytest.approx(dearest["expected_undetected"], rel=1e-9)
    nothing = json.loads(
        sarhad("delay", copy, "--plan", "draft", *asked[:2], "--months", "0", "--json", "-q").stdout
    )
    assert nothing["expected_undetected"] == 0.0


def test_the_report_of_a_scheduled_plan_shows_it(sarhad: Sarhad, copy: Path, tmp_path: Path) -> None:
    sarhad("report", copy, "--plan", "draft", "-o", tmp_path, "-q")
    drawn = {path.stem for path in (tmp_path / "figures").glob("*.svg")}
    assert {"schedule", "spending", "drivers", "windows"} <= drawn
    assert 'id="schedule"' in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_people_read_dates_money_and_loss(sarhad: Sarhad, copy: Path) -> None:
    lines = sarhad("schedule", copy, *ASKED[:-2], "-q").stdout.splitlines()
    for begin in ("finish P50 20", "cost P50 ", "lost to delay: ", "a month late: "):
        assert any(line.startswith(begin) for line in lines), begin


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("schedule", "--plan", "nobody"), "--plan nobody: neither a plan of the programme"),
        (("schedule", "--plan", "draft", "--simulate", "1"), "--simulate 1: give the number of draws"),
        (("schedule", "--plan", "draft", "--exact", "1"), "--exact 1: the error of the others"),
        (("delay", "--plan", "draft", "--item", "NOBODY"), "--item NOBODY: not in plan draft"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    sarhad: Sarhad, planned: Path, words: tuple[str, ...], told: str
) -> None:
    result = sarhad(words[0], planned, *words[1:], "-q")
    assert_clear(result, 2)
    assert told in result.stderr


def test_a_programme_without_templates_says_what_is_missing(sarhad: Sarhad, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(TINY, folder)
    for name in ("activity_template", "activity_mode", "risk"):
        (folder / f"{name}.csv").unlink()
    assert sarhad("plan", folder, "-o", tmp_path / "b.gpkg", "--time-limit", "2", "-q").exit_code == 0
    result = sarhad("schedule", tmp_path / "b.gpkg", "--plan", "draft", "-q")
    assert_clear(result, 1)
    assert "activity_template: has no rows" in result.stderr


def test_money_that_closes_before_it_is_needed_leaves_no_schedule_and_is_named(
    sarhad: Sarhad, tmp_path: Path
) -> None:
    prog = Programme.open(TINY)
    budget = prog["budget"]
    budget["closes_on"] = [
        date(int(year), 1, 10) for year in budget["year"]
    ]  # approvals take longer than that
    prog.with_changes({"budget": budget}).save(tmp_path / "closing")
    target = tmp_path / "closing.gpkg"
    assert sarhad("plan", tmp_path / "closing", "-o", target, "--time-limit", "2", "-q").exit_code == 0
    result = sarhad("schedule", target, "--plan", "draft", "--json", "-q")
    assert_clear(result, 3)
    none = held(result.stdout, "schedule_plan")
    assert (none["status"], none["makespan"], none["money"]) == ("infeasible", None, [])
    assert re.search(
        r"the receipts of P|P\d.* in period \d+: \d+ too little has come in", none["notices"][-1]
    )


def test_modes_that_nobody_can_pay_leave_no_schedule_and_say_why(sarhad: Sarhad, tmp_path: Path) -> None:
    prog = Programme.open(TINY)
    modes = prog["activity_mode"]
    modes["cost_factor"] = 9.0
    prog.with_changes({"activity_mode": modes}).save(tmp_path / "dear")
    target = tmp_path / "dear.gpkg"
    assert sarhad("plan", tmp_path / "dear", "-o", target, "--time-limit", "2", "-q").exit_code == 0
    result = sarhad("schedule", target, "--plan", "draft", "--json", "-q")
    assert_clear(result, 3)
    none = held(result.stdout, "schedule_plan")
    assert (none["status"], none["makespan"], none["loss"]) == ("infeasible", None, None)
    assert "stock" in none["notices"][0]
    assert Programme.open(target)["activity"].empty
