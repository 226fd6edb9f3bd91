"""`import` and `export`: schemas, files that come back, nothing overwritten unasked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sarhad.programme import Programme
from sarhad.schedule.exchange import read_exchanged, read_project
from tests.cli.conftest import Sarhad
from tests.cli.test_bad_input import assert_clear
from tests.cli.test_json import held

DATA = Path(__file__).parents[1] / "data" / "exchange"


@pytest.fixture(scope="module")
def scheduled(sarhad: Sarhad, planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exported") / "tiny.gpkg"
    shutil.copy(planned, path)
    assert sarhad("schedule", path, "--plan", "draft", "--simulate", "0", "-q").exit_code == 0
    return path


def test_a_schedule_is_judged_and_converted(sarhad: Sarhad, tmp_path: Path) -> None:
    out = tmp_path / "post.xml"
    found = held(sarhad("import", DATA / "post.xer", "-o", out, "--json").stdout, "import")
    assert (found["tasks"], found["links"], found["begin"]) == (3, 2, "2025-03-03")
    assert [f["number"] for f in found["findings"]] == list(range(1, 15))
    assert read_exchanged(out).tasks == read_exchanged(DATA / "post.xer").tasks


def test_a_target_is_not_overwritten_unasked(sarhad: Sarhad, tmp_path: Path) -> None:
    out = tmp_path / "post.csv"
    out.write_text("mine", encoding="utf-8")
    refused = sarhad("import", DATA / "post.xer", "-o", out)
    assert_clear(refused, 4)
    assert "--replace" in refused.output
    assert out.read_text(encoding="utf-8") == "mine"
    assert sarhad("import", DATA / "post.xer", "-o", out, "--replace").exit_code == 0


def test_the_schedule_of_a_plan_leaves_and_comes_back(
    sarhad: Sarhad, scheduled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "draft.xml"
    found = held(sarhad("export", scheduled, "--plan", "draft", "-o", out, "--json").stdout, "export")
    activity = Programme.open(scheduled)["activity"]
    back = read_exchanged(out)
    assert found["tasks"] == len(activity) == len(back.tasks)
    start = {t.uid: t.start for t in back.tasks}
    assert start == {row["id"]: row["start"] for row in activity.to_dict("records")}
    assert read_project(out)[0].n_activities == len(activity)
    (usual,) = [calendar for calendar in back.calendars if calendar.uid == back.calendar]
    assert (usual.week, usual.exceptions) == (
        (True,) * 7,
        {},
    )  # what has no calendar of its own runs on all days


def test_milestones_for_a_calendar(sarhad: Sarhad, scheduled: Path, tmp_path: Path) -> None:
    out = tmp_path / "draft.ics"
    assert sarhad("export", scheduled, "--plan", "draft", "-o", out).exit_code == 0
    assert out.read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_a_plan_without_a_schedule_is_refused_with_the_way_to_one(
    sarhad: Sarhad, planned: Path, tmp_path: Path
) -> None:
    refused = sarhad("export", planned, "--plan", "draft", "-o", tmp_path / "a.xml")
    assert_clear(refused, 2)
    assert "Run `sarhad schedule` first" in refused.output


def test_a_foreign_schedule_is_sequenced(sarhad: Sarhad) -> None:
    found = held(
        sarhad("schedule", DATA / "post.xer", "--time-limit", "5", "--json", "-q").stdout, "schedule"
    )
    assert found["status"] == "optimal"
