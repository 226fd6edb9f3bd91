"""`compare` and `frontier`: schemas, sums, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Sarhad
from tests.cli.test_json import held


@pytest.fixture(scope="module")
def two(
    sarhad: Sarhad, planned: Path, plan: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the programme with a second plan that must do without the first's first item."""
    path = tmp_path_factory.mktemp("two") / "two.gpkg"
    words = ("--name", "other", "--lock-out", plan["items"][0]["item"], "--time-limit", "1", "-o", path, "-q")
    assert sarhad("plan", planned, *words).exit_code == 0
    return path


def test_a_comparison_agrees_with_both_plans(sarhad: Sarhad, two: Path, plan: dict[str, Any]) -> None:
    found = held(sarhad("compare", two, "draft", "other", "--json", "-q").stdout, "compare")
    assert found["value"]["a"] == pytest.approx(plan["value"] + plan["constant"], rel=1e-9)
    assert plan["items"][0]["item"] in {row["item"] for row in found["only_a"]}
    assert found["cost_usd"]["a"] == pytest.approx(sum(item["cost_usd"] for item in plan["items"]))
    assert found["items"]["a"] == len(found["only_a"]) + len(found["moved"]) + found["same"]
    assert found["items"]["b"] == len(found["only_b"]) + len(found["moved"]) + found["same"]
    paid = sum(row["a"] for row in found["money"] if row["year"] <= 2026)
    assert paid == pytest.approx(found["cost_usd"]["a"])
    assert sum(row["a"] for row in found["by_threat"]) == pytest.approx(found["value"]["a"])


def test_a_plan_does_not_differ_from_its_file(sarhad: Sarhad, planned: Path) -> None:
    file = planned.parent / "plan.json"
    found = held(sarhad("compare", planned, "draft", file, "--json", "-q").stdout, "compare")
    assert (found["only_a"], found["only_b"], found["moved"]) == ([], [], [])
    assert found["value"]["change"] == 0
    assert all(row["change"] == 0 for row in found["money"])


def test_the_comparison_in_lines(sarhad: Sarhad, two: Path) -> None:
    text = sarhad("compare", two, "draft", "other", "-q").stdout
    assert "only in draft" in text
    assert "detection in A1" in text


def test_a_plan_that_is_not_there_is_named(sarhad: Sarhad, planned: Path) -> None:
    result = sarhad("compare", planned, "draft", "nobody", "--json", "-q")
    assert result.exit_code == 2
    assert "nobody" in json.loads(result.stdout)["error"]["text"]


def test_a_frontier_keeps_its_schema_and_never_rises(sarhad: Sarhad, planned: Path) -> None:
    words = ("--steps", "3", "--time-limit", "1", "--plan", "draft", "--json", "-q")
    found = held(sarhad("frontier", planned, *words).stdout, "frontier")
    values = [row["value_envelope"] for row in found["steps"]]
    assert values == sorted(values, reverse=True)
    assert [row["share"] for row in found["steps"]] == pytest.approx([1 / 3, 2 / 3, 1.0])
    for row in found["steps"]:
        assert row["bound_envelope"] <= row["value_envelope"] + 1e-9
        assert row["prefix_value"] >= row["bound_envelope"] - 1e-9


def test_frontier_lines_say_what_the_envelope_is(sarhad: Sarhad, planned: Path) -> None:
    text = sarhad("frontier", planned, "--steps", "1", "--time-limit", "0", "-q").stdout
    assert "least value found at this or a smaller budget" in text


@pytest.mark.parametrize("words", [("--steps", "0"), ("--most", "0"), ("--time-limit", "-1")])
def test_a_frontier_without_steps_is_refused(sarhad: Sarhad, planned: Path, words: tuple[str, ...]) -> None:
    assert sarhad("frontier", planned, "-q", *words).exit_code == 2
