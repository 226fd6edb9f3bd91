"""What-ifs: changes made, changes that find nothing, and the regret of a plan in them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from tests.cli.conftest import TINY
from tests.cli.test_json import held

from sarhad.errors import DataError, SpecError
from sarhad.programme import Programme
from sarhad.workflow.planning import plan_programme
from sarhad.workflow.regret import regret_of
from sarhad.workflow.what_if import applied, named


@pytest.fixture(scope="module")
def prog() -> Programme:
    return Programme.open(TINY)


def changed(prog: Programme, **cells: object) -> Programme:
    row = prog["what_if"].iloc[:1].to_dict("records")[0] | cells
    return prog.with_changes({"what_if": pd.DataFrame([row])})


def test_a_what_if_changes_the_named_rows_alone(prog):
    poor = applied(prog, "poor")["budget"].set_index("id")["amount_usd"]
    before = prog["budget"].set_index("id")["amount_usd"]
    is_gone = before.index.str.startswith("P2")
    assert (poor[is_gone] == 0).all()
    assert (poor[~is_gone] == before[~is_gone]).all()
    assert named(prog) == {"poor": "One partner leaves", "rush": "Twice the attempts"}


@pytest.mark.parametrize(("operation", "expected"), [("add", 700_003.0), ("set", 3.0)])
def test_add_and_set(prog, operation, expected):
    other = changed(prog, operation=operation, amount=3.0, key_values=("P1",))
    assert applied(other, "poor")["budget"].set_index("id")["amount_usd"]["P1-2025"] == expected


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ({"changed_table": "plan"}, "is no table that a what-if may change"),
        ({"changed_columns": ("partner_id",)}, "is no column of numbers in budget"),
        ({"key_column": "who"}, "is no column of budget"),
        ({"key_values": ("P9",)}, r"is not in budget\.partner_id"),
        ({"key_column": None}, "is blank, but key_values are given"),
    ],
)
def test_a_change_that_finds_nothing_is_a_fault(prog, cells, text):
    other = changed(prog, **cells)
    severity = "notice" if "key_values" in cells else "error"
    assert [f.severity for f in other.check() if f.table == "what_if"] == [severity]
    with pytest.raises(DataError, match=text):
        applied(other, "poor")


def test_an_unknown_name_is_refused(prog):
    with pytest.raises(
        SpecError, match=r"what-if storm: the table what_if has no such name. It has: poor, rush"
    ):
        applied(prog, "storm")


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> tuple[dict, Path]:
    path = tmp_path_factory.mktemp("regret") / "tiny.gpkg"
    plan_programme(TINY, path, name="draft", time_limit_s=2, seed=1)
    done = regret_of(path, "draft", time_limit_s=1, seed=1)
    assert list(done.lines())
    return held(json.dumps(done.payload), "regret"), path


def test_the_regret_is_the_fixed_plan_against_the_best(found):
    payload, _ = found
    assert [row["what_if"] for row in payload["what_ifs"]] == ["poor", "rush"]
    for row in payload["what_ifs"]:
        assert 0 <= row["regret"] <= row["regret_most"] + 1e-9
        assert row["bound"] <= row["value_best"] <= row["value_fixed"] <= row["value_without_plan"] + 1e-9


def test_without_a_partner_less_is_kept_and_more_attempts_change_the_value(found):
    poor, rush = found[0]["what_ifs"]
    assert poor["items_left_out"]
    assert poor["value_fixed"] >= found[0]["value"] - 1e-9
    assert rush["items_left_out"] == []
    assert found[0]["value"] < rush["value_fixed"] <= 2 * found[0]["value"] + 1e-9


def test_a_what_if_that_is_not_there_is_named(found):
    with pytest.raises(SpecError, match=r"--what-if storm: not in the table what_if, which holds poor, rush"):
        regret_of(found[1], "draft", names=("storm",), time_limit_s=0, seed=1)
