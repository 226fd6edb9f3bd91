"""`plan --engine` and `--target-gap`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Sarhad
from tests.cli.test_json import held


def test_the_plan_stops_at_the_gap_asked_for_and_says_so(sarhad: Sarhad, tmp_path: Path) -> None:
    words = (
        "plan",
        TINY,
        "-o",
        tmp_path / "t.gpkg",
        "--time-limit",
        "30",
        "--target-gap",
        "0.9",
        "--json",
        "-q",
    )
    found = held(sarhad(*words).stdout, "plan")
    assert (found["engine"], found["target_gap"]) == ("highs", 0.9)
    assert found["status"] == "optimal"
    assert found["stopped"] is None
    assert 0 <= found["gap"] <= 0.9


def test_both_engines_find_the_same_value(sarhad: Sarhad, tmp_path: Path) -> None:
    pytest.importorskip("pyscipopt")
    values = {}
    for engine in ("highs", "scip"):
        words = ("plan", TINY, "-o", tmp_path / f"{engine}.gpkg", "--engine", engine, "--json", "-q")
        found = held(sarhad(*words).stdout, "plan")
        assert (found["engine"], found["status"]) == (engine, "optimal")
        values[engine] = found["value"]
    assert values["scip"] == pytest.approx(values["highs"], rel=1e-5)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--engine", "cplex"), "engine 'cplex': there are highs and scip"),
        (("--target-gap", "5"), "target gap 5: a gap is a share of the value"),
        (("--target-gap", "nan"), "target gap nan"),
    ],
)
def test_what_cannot_be_done_is_refused_before_the_start(
    sarhad: Sarhad, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    result = sarhad("plan", TINY, "-o", tmp_path / "t.gpkg", *words, "--json", "-q")
    assert result.exit_code == 2
    assert says in json.loads(result.stdout)["error"]["text"]
    assert not (tmp_path / "t.gpkg").exists()


def test_without_scip_the_command_says_how_to_install_it(
    sarhad: Sarhad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sarhad.plan.engine.find_spec", lambda _: None)
    result = sarhad("plan", TINY, "-o", tmp_path / "t.gpkg", "--engine", "scip", "-q")
    assert result.exit_code == 2
    assert "Install it with pip install 'sarhad[scip]'" in result.output


def test_a_plan_that_needs_too_much_memory_is_refused(sarhad: Sarhad, tmp_path: Path) -> None:
    words = ("plan", TINY, "-o", tmp_path / "t.gpkg", "--memory-limit", "0.001", "--json", "-q")
    result = sarhad(*words)
    assert result.exit_code == 2
    assert "0.001 GB are allowed" in json.loads(result.stdout)["error"]["text"]


def test_the_memory_is_stated_at_the_start_and_in_the_plan(sarhad: Sarhad, tmp_path: Path) -> None:
    result = sarhad("plan", TINY, "-o", tmp_path / "t.gpkg", "--time-limit", "2", "--json")
    assert "needs about" in result.stderr
    assert 0.1 < json.loads(result.stdout)["memory_gb"] < 2


def test_an_evaluation_that_needs_too_much_memory_is_refused(sarhad: Sarhad, planned: Path) -> None:
    words = ("evaluate", planned, "--plan", "draft", "--json", "--quiet")
    result = sarhad(*words, "--memory-limit", "0.001")
    assert result.exit_code == 2
    assert "the evaluation would need" in json.loads(result.stdout)["error"]["text"]
    assert sarhad(*words, "--memory-limit", "64").exit_code == 0


def test_a_network_too_large_is_refused_before_exposures(sarhad: Sarhad, planned: Path) -> None:
    words = ("plan", planned, "--name", "more", "--memory-limit", "0.001", "--time-limit", "1")
    result = sarhad(*words)
    assert result.exit_code == 2
    assert "exposure" not in result.stderr.split("would need")[0].splitlines()
