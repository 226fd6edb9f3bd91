"""Plans over draws and the worth of surveys on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import TINY, Sarhad
from tests.cli.test_json import held

DRAWS = ("--draws", 3, "--fresh-draws", 30, "--time-limit", 3)


@pytest.fixture(scope="module")
def drawn(sarhad: Sarhad, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drawn") / "tiny.gpkg"
    result = sarhad("plan", TINY, "-o", path, *DRAWS, "--json", "--quiet")
    assert result.exit_code == 0, result.output
    (path.parent / "plan.json").write_text(result.stdout, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def found(drawn: Path) -> dict[str, Any]:
    return held((drawn.parent / "plan.json").read_text(encoding="utf-8"), "plan")


def test_a_plan_over_draws_states_value_bound_and_what_fresh_draws_say(found: dict[str, Any]) -> None:
    draws = found["draws"]
    assert draws["draws"] == 3
    assert draws["bound"] <= draws["value"]
    fresh = draws["fresh"]
    apart = fresh["value_of_plan_for_means"]["mean"] - fresh["value"]["mean"]
    assert fresh["worth_of_planning_over_draws"]["mean"] == pytest.approx(apart, abs=1e-9)
    assert fresh["value"]["low"] < fresh["value"]["mean"] < fresh["value_without_plan"]["mean"]


def test_its_value_at_likely_values_is_what_evaluate_gives(
    sarhad: Sarhad, drawn: Path, found: dict[str, Any]
) -> None:
    value = held(sarhad("evaluate", drawn, "--plan", "draft", "--json", "-q").stdout, "evaluate")["value"]
    assert value == pytest.approx(found["value"] + found["constant"], rel=1e-9)
    assert any("made for 3 draws" in notice for notice in found["notices"])


def test_the_lines_say_what_planning_over_draws_is_worth(sarhad: Sarhad, tmp_path: Path) -> None:
    result = sarhad(
        "plan", TINY, "-o", tmp_path / "t.gpkg", "--draws", 2, "--fresh-draws", 30, "--time-limit", 1
    )
    assert "over 2 draws of 32 parameters" in result.stdout
    assert "worth of planning over draws" in result.stdout


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--draws", 1), "a plan over draws needs 2 or more"),
        (("--draws", 3, "--fresh-draws", 2), "too few for an interval"),
        (("--draws", 3, "--certificate", "proof"), "--certificate with --draws"),
    ],
)
def test_what_makes_no_sense_is_refused(
    sarhad: Sarhad, tmp_path: Path, words: tuple[object, ...], text: str
) -> None:
    result = sarhad("plan", TINY, "-o", tmp_path / "t.gpkg", *words, "-q")
    assert result.exit_code == 2
    assert text in " ".join(result.output.split())


def test_parameters_are_ranked_by_what_it_is_worth_to_know_them(sarhad: Sarhad, planned: Path) -> None:
    words = ("--plan", "draft", "--draws", 60, "--candidates", 3, "--time-limit", 1, "-q")
    survey = held(sarhad("survey", planned, *words, "--json").stdout, "survey")
    means = [row["mean"] for row in survey["parameters"]]
    assert means == sorted(means, reverse=True)
    assert survey["best"] == min(survey["plans"], key=lambda row: row["mean"])["name"]
    assert [row["name"] for row in survey["plans"]] == ["draft", "(means)", "(draw 1)"]
    assert survey["everything_known"]["mean"] >= 0.0
    assert len(survey["parameters"]) + survey["out_of_reach"] == 32
    told = sarhad("survey", planned, *words).stdout
    assert survey["parameters"][0]["name"] in told


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--draws", 39), "39: too few to learn from"),
        (("--candidates", 1), "where there is no choice"),
        (("--time-limit", -1), "not a number of seconds"),
    ],
)
def test_a_survey_that_cannot_answer_is_refused(
    sarhad: Sarhad, planned: Path, words: tuple[object, ...], text: str
) -> None:
    result = sarhad("survey", planned, "--plan", "draft", *words, "--json", "-q")
    assert result.exit_code == 2
    assert text in json.loads(result.stdout)["error"]["text"]


def test_the_same_seed_gives_the_same_bytes(sarhad: Sarhad, planned: Path) -> None:
    words = ("--plan", "draft", "--draws", 40, "--candidates", 2, "--time-limit", 0, "--json", "-q")
    one, two = (json.loads(sarhad("survey", planned, *words).stdout) for _ in range(2))
    assert {**one, "seconds": 0} == {**two, "seconds": 0}


def test_where_all_searches_end_in_the_same_plan_it_says_so(sarhad: Sarhad, planned: Path) -> None:
    words = ("--plan", "draft", "--draws", 40, "--candidates", 3, "--time-limit", 0, "--json", "-q")
    survey = held(sarhad("survey", planned, *words).stdout, "survey")
    assert "ended in one plan of 3" in survey["notices"][0]
    assert survey["everything_known"]["mean"] == 0.0
    assert {row["mean"] for row in survey["parameters"]} == {0.0}
