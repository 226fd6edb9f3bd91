"""`explain` of a plan and of an item with another search: schema, sums, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Sarhad
from tests.cli.test_json import held


@pytest.fixture(scope="module")
def found(sarhad: Sarhad, planned: Path, plan: dict[str, Any]) -> dict[str, Any]:
    lock = plan["items"][0]["item"]
    words = ("--lock-out", lock, "--time-limit", "1", "--pairs", "2", "--json", "-q")
    result = sarhad("explain", planned, "--plan", "draft", *words)
    assert result.exit_code == 0, result.output
    return held(result.stdout, "explain_plan")


def test_shares_add_up_to_what_the_plan_prevents(found: dict[str, Any], plan: dict[str, Any]) -> None:
    total = sum(row["share"] for row in found["shares"]["items"])
    assert total == pytest.approx(plan["value_without_plan"] - plan["value"], rel=1e-9)
    assert [row["item"] for row in found["shares"]["items"]] == sorted(i["item"] for i in plan["items"])


def test_the_whole_list_has_the_value_and_the_cost_of_the_plan(
    found: dict[str, Any], plan: dict[str, Any]
) -> None:
    last = found["priority"][-1]
    assert last["value"] == pytest.approx(plan["value"], rel=1e-9)
    assert last["cumulative_usd"] == pytest.approx(sum(i["cost_usd"] for i in plan["items"]))


def test_flow_moves_between_sections(found: dict[str, Any]) -> None:
    assert {row["from"] for row in found["displacement"]} <= {"A1", "A2"}
    assert sum(row["attempts_per_year"] for row in found["displacement"]) > 0


def test_a_lock_has_a_cost_and_names_what_changes(found: dict[str, Any]) -> None:
    (row,) = found["overrides"]
    assert row["leaves"]
    assert row["cost_low"] <= row["cost_high"]


def test_why_not_gives_the_best_plan_with_the_item(
    sarhad: Sarhad, planned: Path, plan: dict[str, Any]
) -> None:
    chosen = {item["item"] for item in plan["items"]}
    shown = sarhad("trace", planned, "list", "--json")
    assert shown.exit_code == 0
    from sarhad.programme import Programme

    other = next(i for i in Programme.open(planned)["item"]["id"] if i not in chosen)
    words = ("--plan", "draft", "--time-limit", "1", "--json", "-q")
    answer = held(sarhad("explain", planned, other, *words).stdout, "explain")
    row = answer["override"]
    if row["cost"] is not None:
        assert other in row["enters"]


def test_a_plan_file_is_explained_as_the_plan(sarhad: Sarhad, planned: Path, found: dict[str, Any]) -> None:
    words = ("--plan", planned.parent / "plan.json", "--pairs", "0", "--json", "-q")
    by_file = held(sarhad("explain", planned, *words).stdout, "explain_plan")
    assert by_file["shares"] is None
    for name in ("value", "bound", "displacement", "priority"):
        assert by_file[name] == found[name]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--pairs", "1"), "2 or more"),
        (("--lock-in", "X"), "planning again"),
        (("X", "--time-limit", "-1"), "negative"),
    ],
)
def test_what_makes_no_sense_is_refused(
    sarhad: Sarhad, planned: Path, words: tuple[str, ...], text: str
) -> None:
    result = sarhad("explain", planned, "--plan", "draft", "--json", "-q", *words)
    assert result.exit_code == 2
    assert text in json.loads(result.stdout)["error"]["text"]


def test_lines_for_people(sarhad: Sarhad, planned: Path) -> None:
    result = sarhad("explain", planned, "--plan", "draft", "--pairs", "2", "-q")
    assert "what first, if the money stops" in result.stdout
