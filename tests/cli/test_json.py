"""Every command's --json: one object on standard output that keeps its documented schema."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest

from sarhad.errors import SpecError
from sarhad.programme import Programme
from sarhad.report import Content
from sarhad.workflow import evaluating, reporting
from tests.cli.conftest import TINY, Sarhad

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def held(text: str, schema: str) -> dict[str, Any]:
    """Return the object after holding it against its schema; anything else on the stream would not parse."""
    found: dict[str, Any] = json.loads(text)
    jsonschema.validate(found, json.loads((SCHEMAS / f"{schema}.json").read_text(encoding="utf-8")))
    return found


def test_the_plan_keeps_its_schema_and_its_figures_agree(plan: dict[str, Any]) -> None:
    held(json.dumps(plan), "plan")
    assert plan["bound"] <= plan["value"] <= plan["value_without_plan"]
    assert plan["gap"] == pytest.approx((plan["value"] - plan["bound"]) / plan["value"])
    possible = plan["value_without_plan"] - plan["bound"]
    assert plan["gap_of_gain"] == pytest.approx((plan["value"] - plan["bound"]) / possible)
    for item in plan["items"]:
        assert sum(part["usd"] for part in item["funding"]) == round(item["cost_usd"])
        assert item["marginal_value"] >= -1e-9


def test_the_evaluation_of_a_stored_plan_gives_its_value(
    sarhad: Sarhad, planned: Path, plan: dict[str, Any]
) -> None:
    found = held(sarhad("evaluate", planned, "--plan", "draft", "--json", "--quiet").stdout, "evaluate")
    assert found["value"] - found["constant"] == pytest.approx(plan["value"], rel=1e-9)
    assert found["constant"] == pytest.approx(plan["constant"], rel=1e-9)
    for group in ("by_threat", "by_section", "by_quarter"):
        assert sum(found[group].values()) == pytest.approx(found["value"], rel=1e-9)


def test_the_evaluation_of_a_plan_file_is_the_same(sarhad: Sarhad, planned: Path) -> None:
    file = planned.parent / "plan.json"
    by_name = held(sarhad("evaluate", planned, "--plan", "draft", "--json", "--quiet").stdout, "evaluate")
    by_file = held(sarhad("evaluate", planned, "--plan", file, "--json", "--quiet").stdout, "evaluate")
    assert by_file["value"] == by_name["value"]


@pytest.mark.parametrize("mover", ["logit", "fixed", "partly"])
def test_every_mover_can_be_asked_for(sarhad: Sarhad, planned: Path, mover: str) -> None:
    result = sarhad("evaluate", planned, "--plan", "draft", "--mover", mover, "--json", "--quiet")
    assert held(result.stdout, "evaluate")["mover"] == mover


def test_a_mover_that_knows_the_whole_plan_is_the_informed_one_and_one_that_knows_nothing_does_worse(
    sarhad: Sarhad, planned: Path, tmp_path: Path, plan: dict[str, Any]
) -> None:
    items = [item["item"] for item in plan["items"]]
    (tmp_path / "known.txt").write_text("\n".join(items))
    asked = ("evaluate", planned, "--plan", "draft", "--json", "--quiet")
    informed = json.loads(sarhad(*asked).stdout)["value"]
    for known in (",".join(items), tmp_path / "known.txt", planned.parent / "plan.json"):
        found = held(sarhad(*asked, "--mover", "partly", "--known", known).stdout, "evaluate")
        assert (found["value"], found["known"]) == (pytest.approx(informed), len(items))
    blind = held(sarhad(*asked, "--mover", "partly", "--known", "").stdout, "evaluate")
    assert blind["known"] == 0
    assert blind["value"] < informed


def test_what_is_no_item_cannot_be_known(sarhad: Sarhad, planned: Path) -> None:
    asked = ("evaluate", planned, "--plan", "draft", "--quiet", "--known", "NOBODY")
    refused = sarhad(*asked, "--mover", "partly")
    assert refused.exit_code == 2
    assert "--known: 1 of 1 are neither items nor a file: NOBODY" in refused.output
    assert "--known says what the mover partly knows, not informed" in sarhad(*asked).output


def test_the_lines_of_an_evaluation_say_over_how_many_years(
    sarhad: Sarhad, planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = {"network_with_plan": 1.0, "fine_with_plan": 2.0}
    monkeypatch.setattr(evaluating, "fine_and_coarse", lambda *_: year)
    lines = sarhad("evaluate", planned, "--plan", "draft", "--fine", "-q").stdout.splitlines()
    assert " over 4 years for the informed mover" in lines[0]
    at = lines.index("final state: weighted attempts that get through a year, informed movers")
    assert lines[at + 1].split() == ["network", "with", "plan", "1.00"]


def test_an_adaptive_mover_gets_through_at_least_as_often_as_one_that_keeps_its_paths(
    sarhad: Sarhad, planned: Path
) -> None:
    informed = json.loads(sarhad("evaluate", planned, "--plan", "draft", "--json", "--quiet").stdout)
    fixed = json.loads(
        sarhad("evaluate", planned, "--plan", "draft", "--mover", "fixed", "--json", "-q").stdout
    )
    assert informed["value"] >= fixed["value"] - 1e-9


def test_the_fine_grid_is_shown_beside_the_network(sarhad: Sarhad, planned: Path) -> None:
    result = sarhad("evaluate", planned, "--plan", "draft", "--fine", "--json", "--quiet")
    year = held(result.stdout, "evaluate")["final_year"]
    assert year["fine_with_plan"] <= year["fine_without_plan"]
    assert year["fine_without_plan"] >= year["network_without_plan"] * 0.98


def test_describe_counts(sarhad: Sarhad, planned: Path) -> None:
    found = held(sarhad("describe", planned, "--json", "--quiet").stdout, "describe")
    assert found["sections"] == 2
    assert found["border_length_km"] == pytest.approx(62.9, abs=0.1)


def test_explain_says_what_an_item_is_worth(sarhad: Sarhad, planned: Path, plan: dict[str, Any]) -> None:
    item = plan["items"][0]
    found = held(
        sarhad("explain", planned, item["item"], "--plan", "draft", "--json", "-q").stdout, "explain"
    )
    assert found["is_in_plan"]
    if not found["goes_with"]:
        assert found["value_in_plan"] == pytest.approx(item["marginal_value"], rel=1e-6, abs=1e-9)
    else:
        assert found["value_in_plan"] >= item["marginal_value"] - 1e-9


def test_explain_speaks_in_sentences(sarhad: Sarhad, planned: Path, plan: dict[str, Any]) -> None:
    item = plan["items"][0]
    text = sarhad("explain", planned, item["item"], "--plan", "draft", "-q").stdout
    assert text.startswith(f"{item['item']} is in plan draft: work starts in {item['start_quarter']}.\n")
    assert not re.search(r"\[|\]|True|False|None|\d\.\d{6}", text), text
    chosen = {one["item"] for one in plan["items"]}
    other = next(one for one in sorted(Programme.open(planned)["item"]["id"]) if one not in chosen)
    text = sarhad("explain", planned, other, "--plan", "draft", "-q").stdout
    assert text.startswith(f"{other} is not in plan draft.")
    assert not re.search(r"\[|\]|True|False|None|\d\.\d{6}", text), text


def test_trace_leads_to_rows_and_sources(
    sarhad: Sarhad, planned: Path, plan: dict[str, Any], tmp_path: Path
) -> None:
    listed = held(sarhad("trace", planned, "list", "--json").stdout, "trace_list")["figures"]
    copy = tmp_path / "tiny.gpkg"
    shutil.copy(planned, copy)
    made = sarhad("schedule", copy, "--plan", "draft", "--simulate", "100", "--exact", "5", "-q")
    assert made.exit_code == 0, made.output
    arguments = {
        "PLAN": "draft", "ITEM": plan["items"][0]["item"], "SECTION": "A1", "THREAT": "DRUGS",
        "PARTNER": "P1", "NAME": "cell_m", "BORDER": "LINE",
    }  # fmt: skip
    for row in listed:
        kind, _, argument = row["figure"].partition(":")
        result = sarhad("trace", copy, f"{kind}:{arguments[argument]}", "--json")
        assert result.exit_code == 0, result.output
        assert held(result.stdout, "trace")["rows"]


def test_report_names_its_pages(sarhad: Sarhad, planned: Path, tmp_path: Path) -> None:
    result = sarhad("report", planned, "--plan", "draft", "-o", tmp_path, "--json", "--quiet")
    found = held(result.stdout, "report")
    assert [Path(page).name for page in found["pages"]] == ["report.html"]
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    drawn = {path.stem for path in (tmp_path / "figures").glob("*.svg")}
    of_plan = {"map", "money", "detection", "quarters", "flow", "gantt", "tornado", "ladder"}
    assert drawn == {"terrain", "profile", "travel", "network", "sight"} | of_plan
    for name in drawn:
        figure = html[html.index(f'<figure id="figure-{name}">') :]
        kind, _, data = (
            figure[: figure.index("</figure>")].partition('<img src="data:image/')[2].partition(";")
        )
        inside = base64.b64decode(data.partition(",")[2].partition('"')[0])
        suffix = {"png": "png", "svg+xml": "svg"}[kind]
        assert inside == (tmp_path / "figures" / f"{name}.{suffix}").read_bytes()


def test_the_report_of_a_plan_file_shows_the_same_money_and_values(
    sarhad: Sarhad, planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Content] = []

    def keep(content: Content, *_: object) -> list[Path]:
        shown.append(content)
        return []

    monkeypatch.setattr(reporting, "write_reports", keep)
    for plan in ("draft", planned.parent / "plan.json"):
        result = sarhad("report", planned, "--plan", plan, "-o", tmp_path, "--json", "--quiet")
        assert held(result.stdout, "report")["plan"] == str(plan)
    stored, filed = shown
    assert filed.headline.value == pytest.approx(stored.headline.value)
    assert filed.headline.gap_of_gain == pytest.approx(stored.headline.gap_of_gain)
    pd.testing.assert_frame_equal(filed.funding, stored.funding, check_dtype=False)
    pd.testing.assert_frame_equal(filed.items, stored.items, check_dtype=False)


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"data_hash": "0" * 64}, 2, "was made from other facts"),
        ({"value": 1.0}, 1, "states the value 1, but its items give"),
        ({"bound": None, "value": None}, 1, "is not a plan.json: it lacks value, bound"),
    ],
)
def test_a_plan_file_that_does_not_fit_gives_no_report(
    sarhad: Sarhad, planned: Path, tmp_path: Path, change: dict[str, Any], status: int, says: str
) -> None:
    found = json.loads((planned.parent / "plan.json").read_text(encoding="utf-8")) | change
    found = {name: value for name, value in found.items() if value is not None or name not in change}
    (tmp_path / "plan.json").write_text(json.dumps(found), encoding="utf-8")
    result = sarhad("report", planned, "--plan", tmp_path / "plan.json", "-o", tmp_path / "out", "-q")
    assert result.exit_code == status, result.output
    assert says in result.output
    assert not (tmp_path / "out").exists()


def test_a_fine_report_shows_the_final_year_on_the_fine_grid(
    sarhad: Sarhad, planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def stop(*_: object, is_fine: bool, **__: object) -> None:
        asked.append(is_fine)
        raise SpecError("seen")

    monkeypatch.setattr(reporting, "gather", stop)
    for words in ((), ("--fine",)):
        sarhad("report", planned, "--plan", "draft", "-o", tmp_path, "--quiet", *words)
    assert asked == [False, True]


def test_pack_and_unpack_lose_nothing(sarhad: Sarhad, tmp_path: Path) -> None:
    packed = held(sarhad("pack", TINY, tmp_path / "t.gpkg", "--json").stdout, "pack")
    unpacked = held(sarhad("unpack", tmp_path / "t.gpkg", tmp_path / "t", "--json").stdout, "pack")
    assert packed["data_hash"] == unpacked["data_hash"]
    for path in sorted(TINY.glob("*.csv")):
        assert (tmp_path / "t" / path.name).is_file() or path.read_text(encoding="utf-8").count("\n") <= 1


def test_check_counts_its_faults(sarhad: Sarhad) -> None:
    assert held(sarhad("check", TINY, "--json").stdout, "check")["errors"] == 0


def test_an_error_is_one_object_too(sarhad: Sarhad, tmp_path: Path) -> None:
    result = sarhad("describe", tmp_path / "nowhere", "--json", "--quiet")
    assert result.exit_code == 1
    assert held(result.stdout, "error")["error"]["kind"] == "StoreError"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("plan", "tiny", "--json", "--time-limit", "abc"), "Invalid value for '--time-limit'"),
        (("plan", "--json"), "Missing argument 'PROGRAMME'"),
        (("plan", "tiny", "--json", "--nonsense"), "No such option: --nonsense"),
        (("fly", "--json"), "No such command 'fly'"),
    ],
)
def test_a_usage_error_is_one_object_too(sarhad: Sarhad, words: tuple[str, ...], says: str) -> None:
    result = sarhad(*words)
    assert result.exit_code == 2
    assert says in held(result.stdout, "error")["error"]["text"]
    assert "Usage" in result.stderr
    assert sarhad(*(word for word in words if word != "--json")).stdout == ""


def test_new_says_what_is_missing_before_plan(sarhad: Sarhad, tmp_path: Path) -> None:
    line = tmp_path / "line.geojson"
    line.write_text('{"type": "LineString", "coordinates": [[10.0, 40.0], [10.35, 40.0], [10.7, 40.0]]}')
    dem = TINY / "rasters" / "hills.tif"
    words = ("new", tmp_path / "my.gpkg", "--border", line, "--terrain", dem, "--catalogue", TINY, "--json")
    found = held(sarhad(*words).stdout, "new")
    missing = {row["table"] for row in found["missing"]}
    assert {"section", "settlement", "budget"} <= missing
    assert "measure" not in missing
    again = sarhad(*words)
    assert again.exit_code == 2
