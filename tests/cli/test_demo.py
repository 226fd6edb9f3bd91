"""`demo`, on the tiny programme in place of the shipped example: what it leaves, finished and interrupted."""

from __future__ import annotations

import dataclasses
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from sarhad.errors import StoreError
from sarhad.programme import Programme
from sarhad.workflow import demo, planning
from sarhad.workflow.sequencing import Scheduled
from tests.cli.conftest import TINY, Sarhad
from tests.cli.test_json import held

FIGURES = (
    *("detection", "drivers", "flow", "gantt", "ladder", "map", "money", "network", "profile", "quarters"),
    *("schedule", "sight", "spending", "terrain", "tornado", "travel", "windows"),
)


@pytest.fixture(autouse=True)
def _tiny_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "example_path", lambda: TINY)


def test_the_demo_leaves_programme_plan_and_report_in_two_languages(sarhad: Sarhad, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    result = sarhad("demo", "-o", out, "--time-limit", "1", "--json", "--quiet")
    assert result.exit_code == 0, result.output
    found = held(result.stdout, "demo")
    assert [Path(page).name for page in found["pages"]] == ["report.html", "report.ar.html"]
    text = (out / "plan.json").read_text(encoding="utf-8")
    assert {**held(text, "plan"), "out": str(out), "pages": found["pages"]} == found
    assert Programme.open(out / "programme.gpkg")["plan"]["id"].tolist() == ["demo"]
    drawn = {f"{name}{lang}.{kind}" for name in FIGURES for lang in ("", ".ar") for kind in ("png", "svg")}
    assert {path.name for path in (out / "figures").iterdir()} == drawn
    pages = {f"report{lang}.{kind}" for lang in ("", ".ar") for kind in ("html", "xlsx")}
    assert {path.name for path in out.iterdir()} == {
        "figures",
        "plan.json",
        "programme.gpkg",
        "schedule.json",
        *pages,
    }


def test_ctrl_c_during_the_report_keeps_the_plan_and_says_what_is_missing(
    sarhad: Sarhad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "gather", lambda *_, **__: signal.raise_signal(signal.SIGINT))
    result = sarhad("demo", "-o", tmp_path, "--time-limit", "1", "--json", "--quiet")
    assert result.exit_code == 0, result.output
    found = held(result.stdout, "demo")
    assert found["stopped"] == "interrupt"
    assert found["pages"] == []
    assert "programme.gpkg and plan.json are written, the report is not" in found["notices"][-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "plan.json",
        "programme.gpkg",
        "schedule.json",
    ]
    assert json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))["items"] == found["items"]


def test_ctrl_c_during_the_schedule_leaves_schedule_and_report_out(
    sarhad: Sarhad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_schedule = demo.find_schedule

    def interrupted(*args: Any, **kwargs: Any) -> Scheduled:
        signal.raise_signal(signal.SIGINT)
        return find_schedule(*args, **kwargs)

    monkeypatch.setattr(demo, "find_schedule", interrupted)
    result = sarhad("demo", "-o", tmp_path, "--time-limit", "1", "--json", "--quiet")
    assert result.exit_code == 0, result.output
    found = held(result.stdout, "demo")
    assert (found["stopped"], found["pages"]) == ("interrupt", [])
    assert "`sarhad schedule" in found["notices"][-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "programme.gpkg"]


def test_a_demo_replaces_an_earlier_one_but_no_plans_of_your_own(
    sarhad: Sarhad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "gather", lambda *_, **__: None)
    monkeypatch.setattr(demo, "write_reports", lambda *_: [])
    again = ("demo", "-o", tmp_path, "--time-limit", "0", "--quiet")
    assert [sarhad(*again).exit_code for _ in range(2)] == [0, 0]
    target = tmp_path / "programme.gpkg"
    assert sarhad("plan", target, "--name", "mine", "--time-limit", "0", "-q").exit_code == 0
    before = target.read_bytes()
    refused = sarhad(*again)
    assert refused.exit_code == 4
    assert "holds plans of your own: mine. Choose another folder" in refused.output
    assert target.read_bytes() == before


def test_ctrl_c_during_the_search_leaves_the_report_out(
    sarhad: Sarhad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_plan = planning.find_plan

    def interrupted(*args: Any, **kwargs: Any) -> planning.Planned:
        planned = find_plan(*args, **kwargs)
        return dataclasses.replace(planned, result=dataclasses.replace(planned.result, stopped="interrupt"))

    monkeypatch.setattr(planning, "find_plan", interrupted)
    monkeypatch.setattr(demo, "gather", lambda *_, **__: pytest.fail("reported after an interrupt"))
    result = sarhad("demo", "-o", tmp_path, "--time-limit", "1", "--json", "--quiet")
    assert result.exit_code == 0, result.output
    found = held(result.stdout, "demo")
    assert (found["stopped"], found["pages"]) == ("interrupt", [])
    assert "programme.gpkg and plan.json are written, the report is not" in found["notices"][-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "programme.gpkg"]


def test_the_example_is_a_folder_with_a_programme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(demo.resources, "files", lambda _: tmp_path / "src" / "sarhad")
    with pytest.raises(StoreError, match=r"no example programme in .* Install sarhad again"):
        demo.example_path()
    (tmp_path / "examples" / "__pycache__").mkdir(parents=True)
    (tmp_path / "examples" / "border").mkdir()
    (tmp_path / "examples" / "border" / "programme.toml").touch()
    assert demo.example_path() == tmp_path / "examples" / "border"
