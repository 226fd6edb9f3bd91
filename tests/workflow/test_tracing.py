"""Figures followed to their rows: computed ones recomputed here, wrong names and missing tables refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sarhad import plan as planner
from sarhad.errors import DataError, SpecError
from sarhad.programme import Programme
from sarhad.workflow import reporting
from sarhad.workflow.effect_rows import supports
from sarhad.workflow.figures import FIGURES
from sarhad.workflow.planning import Planned, plan_programme
from sarhad.workflow.prepare import prepare
from sarhad.workflow.reporting import gather
from sarhad.workflow.schedules import delay_of, schedule_plan
from sarhad.workflow.steps import silent
from sarhad.workflow.tracing import trace_figure

NUMBERS = ("value", "range", "detected", "displaced", "old-ways", "baseline", "swing")
TINY = Path(__file__).parents[1] / "data" / "tiny"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("traced") / "tiny.gpkg"
    plan_programme(TINY, path, name="draft", time_limit_s=2.0, seed=1)
    return path


@pytest.fixture(scope="module")
def scheduled(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scheduled") / "tiny.gpkg"
    shutil.copy(planned, path)
    schedule_plan(path, "draft", iterations=300, seed=1, exact=10)
    return path


def rows_of(path: Path, figure: str, table: str) -> list[dict[str, Any]]:
    return [row for row in trace_figure(path, figure).payload["rows"] if row["table"] == table]


def test_the_gap_follows_from_the_row_of_the_plan(planned: Path) -> None:
    found = rows_of(planned, "gap:draft", "plan")[0]["figures"]
    assert found["gap"] == pytest.approx((found["value"] - found["bound"]) / found["value"])
    possible = found["value_without_plan"] - found["bound"]
    assert found["gap_of_gain"] == pytest.approx((found["value"] - found["bound"]) / possible)


def test_the_fit_shows_reported_and_fitted_shares_and_what_is_left(planned: Path) -> None:
    rows = [row["figures"] for row in rows_of(planned, "calibration", "calibration")]
    assert len(rows) == len(Programme.open(TINY)["calibration"])
    assert sum(row["detected_share"] for row in rows) == pytest.approx(1.0)
    assert sum(row["share_fitted"] for row in rows) == pytest.approx(1.0)
    missed = np.sqrt(sum((row["share_fitted"] - row["detected_share"]) ** 2 for row in rows))
    assert [row["residual"] for row in rows] == pytest.approx([missed] * len(rows))
    for row in rows:
        if row["factor"] is not None:
            assert row["attempts_after"] == pytest.approx(row["factor"] * row["attempts_before"])


def test_the_money_of_an_item_adds_up_to_its_cost_and_its_tail(planned: Path) -> None:
    prog = Programme.open(planned)
    last = 2026  # eight quarters from 2025-01-01
    for item, cost in prog["plan_item"].set_index("item_id")["cost_usd"].items():
        rows = rows_of(planned, f"funding:{item}", "funding")
        within = [row["figures"]["usd"] for row in rows if int(row["row"].split(" ")[3]) <= last]
        assert sum(within) == round(cost)


def test_upkeep_names_the_payments_of_upkeep_only(planned: Path) -> None:
    item = Programme.open(planned)["plan_item"]["item_id"].iloc[0]
    assert all(row["row"].endswith(" upkeep") for row in rows_of(planned, f"upkeep:{item}", "funding"))
    assert rows_of(planned, f"upkeep:{item}", "item")[0]["figures"]["annual_usd"] > 0


def test_the_range_names_every_threat_in_the_value_and_the_effort(planned: Path) -> None:
    threats = Programme.open(planned)["threat"].query("enters_value")["id"]
    assert {row["row"] for row in rows_of(planned, "range", "threat")} == set(threats)
    assert [row["row"] for row in rows_of(planned, "range", "setting")] == ["abandonment_per_hour"]


def test_the_flow_of_a_threat_is_that_of_its_scenarios(planned: Path) -> None:
    scenarios = Programme.open(planned)["scenario"].query("threat_id == 'DRUGS'")
    found = [row["figures"]["attempts"] for row in rows_of(planned, "flow:DRUGS", "scenario")]
    assert sum(found) == pytest.approx(scenarios["attempts"].sum())


def test_the_supports_of_items_are_those_of_the_exposure(tiny: Programme) -> None:
    prepared = prepare(tiny)
    exposure = prepared.instance.exposure
    expected = {
        (exposure.item_ids[exposure.item[column]], exposure.item_ids[helper])
        for column, sets in enumerate(exposure.supports)
        for members in sets
        for helper in members
    }
    helped = {item for item, _ in expected}
    assert len(helped) > 5
    assert {pair for pair in supports(prepared.prog, exposure.item_ids) if pair[0] in helped} == expected


def test_the_marginal_value_of_an_item_names_what_supports_it_and_what_it_supports(planned: Path) -> None:
    prog = Programme.open(planned)
    measure = prog["item"].set_index("id")["measure_id"]
    pairs = supports(prog, set(prog["plan_item"]["item_id"]))
    assert pairs, "the plan of the tiny programme holds a supported item"
    helped, helper = min(pairs)
    for item, other in ((helped, helper), (helper, helped)):
        named = {row["row"].split(" ")[1] for row in rows_of(planned, f"marginal:{item}", "plan_item")}
        assert {item, other} <= named
        effects = {row["row"] for row in rows_of(planned, f"marginal:{item}", "effect")}
        built = prog["effect"][prog["effect"]["measure_id"].isin({measure[helped], measure[helper]})]
        assert set(built["id"]) <= effects
    parameters = {row["row"] for row in rows_of(planned, f"marginal:{helped}", "effect_parameter")}
    assert any(row.endswith(" level") for row in parameters)


def test_the_detection_of_a_section_names_the_items_that_stand_there_with_their_effects(
    planned: Path,
) -> None:
    prog = Programme.open(planned)
    chosen = prog["item"][prog["item"]["id"].isin(prog["plan_item"]["item_id"])]
    sees = set(prog["effect"].query("form not in ('support', 'prevention')")["measure_id"])
    for section in ("A1", "A2"):
        here = chosen[(chosen["section_id"] == section) & chosen["measure_id"].isin(sees)]
        named = {row["row"].split(" ")[1] for row in rows_of(planned, f"detection:{section}", "plan_item")}
        assert set(here["id"]) <= named <= set(chosen["id"])
        effects = {row["row"] for row in rows_of(planned, f"detection:{section}", "effect")}
        assert set(prog["effect"][prog["effect"]["measure_id"].isin(here["measure_id"])]["id"]) <= effects
        assert rows_of(planned, f"detection:{section}", "effect_parameter")
    assert not rows_of(TINY, "detection:A1", "plan_item")


def test_the_attempts_of_a_threat_name_the_settlements_and_settings_of_its_gravity(planned: Path) -> None:
    people = {
        row["row"]: row["figures"]["population"] for row in rows_of(planned, "attempts:DRUGS", "settlement")
    }
    assert set(people) == set(Programme.open(TINY)["settlement"]["id"])
    assert any(people.values())
    assert [row["row"] for row in rows_of(planned, "attempts:DRUGS", "setting")] == [
        "gravity_hours",
        "destinations_per_origin",
        "hinterland_km",
        "unknown_population",
    ]
    assert not rows_of(planned, "attempts:NET", "settlement")  # it has no place


def test_a_setting_left_at_its_default_says_so() -> None:
    found = trace_figure(TINY, "setting:refraction").payload
    assert found["rows"][0]["figures"]["value"] == "0.13"
    assert "the default of sarhad holds" in found["rows"][0]["reasoning"]
    assert [source["id"] for source in found["sources"]] == found["rows"][0]["source_ids"]
    given = trace_figure(TINY, "setting:gravity_hours").payload
    assert (given["rows"][0]["figures"]["low"], given["sources"]) == (2.0, [])


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ("length:FOO", r"no border FOO. The programme has: LINE\."),
        ("setting:foo", r"no setting foo. The programme has: abandonment_per_hour, .* and \d+ more"),
        ("value:nope", r"no plan nope. The programme has: draft\."),
        ("cost:nope", r"no item nope. The programme has: "),
        ("attempts", r"it needs the name of a threat. The programme has: "),
        ("patrol:X", r"unknown figure. One of: value:PLAN, bound:PLAN, "),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(planned: Path, figure: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        trace_figure(planned, figure)


def test_figures_of_derived_tables_say_how_to_get_them() -> None:
    needy = [
        name.partition(":")[0] for name, kind in FIGURES.items() if kind.needs and kind.needs != "activity"
    ]
    assert len(needy) > 5
    for name in needy:
        with pytest.raises(
            DataError,
            match=r"derived tables of .*tiny are missing, or were made .* Run `sarhad plan .* -o FILE",
        ):
            trace_figure(TINY, f"{name}:X")


def values_of(path: Path, figure: str) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in trace_figure(path, figure).payload["values"]}


def test_every_kind_of_figure_states_itself(scheduled: Path) -> None:
    item = Programme.open(scheduled)["plan_item"]["item_id"].iloc[0]
    arguments = {
        "PLAN": "draft",
        "ITEM": item,
        "SECTION": "A1",
        "THREAT": "DRUGS",
        "PARTNER": "P1",
        "NAME": "cell_m",
    }
    for form in FIGURES:
        name, _, what = form.partition(":")
        if name != "calibration":  # its rows hold them
            assert values_of(scheduled, f"{name}:{arguments.get(what, 'LINE')}"), form


def test_the_figures_are_those_of_the_report(planned: Path) -> None:
    prepared = prepare(Programme.open(planned))
    terms = planner.terms(prepared.prog, prepared.items)
    shown = gather(Planned(prepared, terms, planner.stored(prepared.prog, "draft")), "draft")
    head, found = shown.headline, {name: values_of(planned, f"{name}:draft") for name in NUMBERS}
    assert found["value"]["value"] == head.value
    assert found["range"]["fall by the plan, low"] == pytest.approx(head.fall_range.low)
    assert found["range"]["value, high"] == pytest.approx(head.value_range.high)
    assert found["detected"]["detected with the plan, likely"] == pytest.approx(head.detected_after.likely)
    assert found["displaced"]["moved by more than 10 km"] == pytest.approx(head.moved_share)
    assert found["old-ways"]["value if movers keep their old ways"] == pytest.approx(head.value_fixed_paths)
    assert found["baseline"]["value of the greedy plan"] == pytest.approx(head.greedy_value)
    assert found["baseline"]["value of the same money spread evenly"] == pytest.approx(head.even_value)
    widest = shown.swings.iloc[0]
    assert next(iter(found["swing"].values())) == pytest.approx(widest["value_low"])
    after = shown.sections.set_index("id").loc["A1", "detection_after"]
    assert values_of(planned, "detection:A1")["detection with the plan"] == pytest.approx(after)
    offered = shown.budget.query("partner_id == 'P1'")["amount_usd"].sum()
    assert values_of(planned, "money:P1")["offered within the horizon"] == offered


def with_other_rate(path: Path, target: Path) -> None:
    prog = Programme.open(path)
    threat = prog["threat"]
    threat.loc[threat["id"] == "DRUGS", "rate"] = 250.0
    prog.with_changes({"threat": threat}).save(target)


def test_what_was_made_from_other_facts_is_not_traced(planned: Path, tmp_path: Path) -> None:
    stale = tmp_path / "stale.gpkg"
    with_other_rate(planned, stale)
    with pytest.raises(SpecError, match="plan draft was made from other facts"):
        trace_figure(stale, "value:draft")
    with pytest.raises(
        DataError, match=r"the table item is empty: .* or were made from other facts than it holds"
    ):
        trace_figure(stale, "cost:X")
    found = trace_figure(stale, "detection:A1").payload
    assert not [row for row in found["rows"] if row["table"] == "plan_item"]
    assert found["values"] == []
    assert "left out, made from other facts" in found["notices"][0]
    assert trace_figure(planned, "detection:A1").payload["notices"] == []


def test_a_plan_from_other_facts_is_left_out_beside_a_new_one(planned: Path, tmp_path: Path) -> None:
    both = tmp_path / "both.gpkg"
    with_other_rate(planned, both)
    plan_programme(both, both, name="later", time_limit_s=0.0, seed=1)
    found = trace_figure(both, "value").payload
    assert {one["plan"] for one in found["values"]} == {"later"}
    assert found["notices"] == ["left out, made from other facts: plan draft"]


def test_a_schedule_is_traced_to_its_activities_and_what_they_are_made_from(scheduled: Path) -> None:
    prog = Programme.open(scheduled)
    found = trace_figure(scheduled, "schedule:draft").payload
    last = [row for row in found["rows"] if row["table"] == "activity"]
    assert found["values"][0]["value"] == max(row["figures"]["finish"] for row in last)
    assert found["values"][1]["value"] == len(prog["activity"])
    made = {row["row"] for row in found["rows"] if row["table"] == "activity_template"}
    assert made == set(prog["activity"]["template_id"])
    assert {row["row"] for row in found["rows"] if row["table"] == "resource"} == set(
        prog["assignment"]["resource_id"]
    )


def test_the_risk_is_that_of_the_report(scheduled: Path) -> None:
    prepared = prepare(Programme.open(scheduled))
    table = reporting._timetable(prepared, "draft", silent)
    assert table is not None
    found = values_of(scheduled, "risk:draft")
    assert found["complete, P80"] == table.finish_p80.isoformat()
    assert found["capital, P50"] == pytest.approx(table.cost_p50_usd)
    assert found["lost to delay, mean of the draws"] == pytest.approx(table.loss_mean)
    late = values_of(scheduled, "schedule:draft")["later than the plan has them"]
    assert late == table.items_late
    risks = {row["row"] for row in rows_of(scheduled, "risk:draft", "risk")}
    assert risks == set(Programme.open(scheduled)["risk"]["id"])


def test_the_dates_of_an_item_are_those_of_its_last_activity(scheduled: Path) -> None:
    prog = Programme.open(scheduled)
    for item in prog["plan_item"]["item_id"]:
        own = prog["activity"].query("item_id == @item")
        found = values_of(scheduled, f"dates:{item}")
        assert found["the schedule has it operate"] == own["finish"].max().isoformat()
        assert found["in half of the draws"] <= found["in eight of ten draws"]
        assert len(rows_of(scheduled, f"dates:{item}", "activity")) == len(own)


def test_a_late_item_costs_what_delay_says(scheduled: Path) -> None:
    item = Programme.open(scheduled)["plan_item"]["item_id"].iloc[0]
    found = values_of(scheduled, f"delay:{item}")
    stated = delay_of(scheduled, "draft", item, 12).payload["expected_undetected"]
    assert found["late by 12 months"] == pytest.approx(stated)


def test_without_a_schedule_there_is_nothing_to_trace(planned: Path) -> None:
    with pytest.raises(DataError, match=r"schedule: the programme holds no schedule\. Run `sarhad schedule "):
        trace_figure(planned, "schedule:draft")
