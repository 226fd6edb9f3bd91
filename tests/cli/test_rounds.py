"""`plan --rounds`: its table in JSON, lines, programme and report; what does not go with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sarhad.programme import Programme
from tests.cli.conftest import TINY, Sarhad
from tests.cli.test_json import held


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory, sarhad: Sarhad) -> Path:
    path = tmp_path_factory.mktemp("agreed") / "tiny.gpkg"
    result = sarhad("plan", TINY, "-o", path, "--rounds", 2, "--time-limit", 2, "--json", "-q")
    assert result.exit_code == 0, result.output
    (path.parent / "plan.json").write_text(result.stdout, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def found(agreed: Path) -> dict[str, Any]:
    return held((agreed.parent / "plan.json").read_text(encoding="utf-8"), "plan")


def test_the_table_is_in_the_plan_and_in_the_programme(agreed: Path, found: dict[str, Any]) -> None:
    table = found["rounds"]["table"]
    assert [row["round"] for row in table] == [1, 2]
    assert sum(row["is_kept"] for row in table) == 1
    kept = next(row for row in table if row["is_kept"])
    assert kept["value"] == found["value"]
    assert kept["value_scheduled"] == found["rounds"]["value_scheduled"] >= found["value"] >= found["bound"]
    assert kept["items"] == len(found["items"])
    stored = Programme.open(agreed)["plan_round"]
    assert stored["value_scheduled"].tolist() == [row["value_scheduled"] for row in table]


def test_evaluations_by_name_and_by_file_confirm_the_plan(
    sarhad: Sarhad, agreed: Path, found: dict[str, Any]
) -> None:
    for plan in ("draft", agreed.parent / "plan.json"):
        value = held(sarhad("evaluate", agreed, "--plan", plan, "--json", "-q").stdout, "evaluate")["value"]
        assert value == pytest.approx(found["value"] + found["constant"], rel=1e-12)


def test_its_schedule_is_kept_with_it_and_schedule_finds_the_same(
    sarhad: Sarhad, agreed: Path, found: dict[str, Any]
) -> None:
    stored = Programme.open(agreed)["activity"]
    kept = next(row for row in found["rounds"]["table"] if row["is_kept"])
    again = json.loads(sarhad("schedule", agreed, "--plan", "draft", "--simulate", 0, "--json", "-q").stdout)
    assert again["activities"] == len(stored)
    assert again["items_late"] == kept["items_late"]
    assert again["months_late"]["mean"] == pytest.approx(kept["months_late"])


def test_the_report_shows_the_rounds(sarhad: Sarhad, agreed: Path, tmp_path: Path) -> None:
    result = sarhad("report", agreed, "--plan", "draft", "-o", tmp_path, "-q")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Rounds of plan and schedule" in page
    assert "The plan was made in rounds (here 2)" in page


def test_the_lines_show_every_round(sarhad: Sarhad, tmp_path: Path) -> None:
    result = sarhad("plan", TINY, "-o", tmp_path / "t.gpkg", "--rounds", 2, "--time-limit", 1)
    assert "as scheduled" in result.stdout
    assert result.stdout.count("  kept\n") == 1
    assert "The bound holds for every plan" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--rounds", 0), "--rounds 0: give 1 (the plan alone) to 5"),
        (("--rounds", 2, "--draws", 3), "--draws with --rounds"),
        (("--rounds", 2, "--certificate", "proof"), "--certificate with --rounds"),
    ],
)
def test_what_makes_no_sense_is_refused(
    sarhad: Sarhad, tmp_path: Path, words: tuple[object, ...], text: str
) -> None:
    result = sarhad("plan", TINY, "-o", tmp_path / "t.gpkg", *words, "-q")
    assert result.exit_code == 2
    assert text in " ".join(result.output.split())
