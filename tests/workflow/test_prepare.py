"""Derived tables: reused while the facts are the same, made anew when they change; rows in any order."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from sarhad.detection import evaluate
from sarhad.plan import PlanSpec
from sarhad.programme import Programme
from sarhad.workflow.contents import matched_within
from sarhad.workflow.plan_payload import payload
from sarhad.workflow.planning import Planned, find_plan
from sarhad.workflow.prepare import Prepared, prepare

NAMES = ("segment", "node", "edge", "edge_hours", "scenario", "site", "item")


@pytest.fixture(scope="module")
def prepared(tiny: Programme) -> Prepared:
    return prepare(tiny)


def one_year(prepared: Prepared) -> tuple[float, float]:
    everything = np.ones((1, prepared.instance.exposure.n_items), dtype=bool)
    year = np.ones(1)
    return (
        evaluate(prepared.instance, ~everything, year).value,
        evaluate(prepared.instance, everything, year).value,
    )


def test_the_same_facts_are_not_derived_twice(prepared: Prepared) -> None:
    again = prepare(prepared.prog)
    assert len(again.prog["run"]) == len(prepared.prog["run"])
    assert one_year(again) == one_year(prepared)


def test_other_facts_are_derived_anew(prepared: Prepared) -> None:
    threat = prepared.prog["threat"]
    threat["rate"] = threat["rate"] * 1.1
    threat["rate_high"] = threat["rate_high"] * 1.1
    changed = prepare(prepared.prog.with_changes({"threat": threat}))
    assert len(changed.prog["run"]) == len(prepared.prog["run"]) + 1
    assert one_year(changed)[0] == pytest.approx(one_year(prepared)[0] * 1.1)


def with_setting(prog: Programme, name: str, value: str) -> Programme:
    frame = prog["setting"]
    row = {"id": name, "value": value, "is_assumption": True, "reasoning": "made up"}
    return prog.with_changes(
        {"setting": pd.concat([frame[frame["id"] != name], pd.DataFrame([row])], ignore_index=True)}
    )


def planned(prepared: Prepared, name: str) -> Planned:
    return find_plan(prepared, name, spec=PlanSpec(), time_limit_s=0.5, seed=1)


def test_a_plan_whose_items_are_gone_is_dropped_with_a_notice_and_the_programme_stays_sound(
    prepared: Prepared,
) -> None:
    first = planned(prepared, "A")
    assert not first.prepared.prog["plan_item"].empty
    denser = with_setting(first.prepared.prog, "site_spacing_factor", "0.7")
    second = planned(prepare(denser), "B")
    assert list(second.prepared.prog["plan"]["id"]) == ["B"]
    assert [fault for fault in second.prepared.prog.check() if fault.severity == "error"] == []
    assert re.match(
        r"plan A was dropped: the facts have changed and \d+ of the items and partners it names no longer exist: ",
        payload(second)["notices"][0],
    )


def test_a_plan_whose_items_still_exist_stays_when_the_facts_change(prepared: Prepared) -> None:
    first = planned(prepared, "A")
    later = prepare(with_setting(first.prepared.prog, "choice_theta", "5.0"))
    assert later.notices == ()
    for name in ("plan", "plan_item", "funding"):
        pd.testing.assert_frame_equal(later.prog[name], first.prepared.prog[name])


def test_a_plan_whose_payer_is_gone_is_dropped(prepared: Prepared) -> None:
    prog = planned(prepared, "A").prepared.prog
    assert "P2" in set(prog["funding"]["partner_id"])
    without = {
        name: prog[name][prog[name][column] != "P2"]
        for name, column in (("partner", "id"), ("budget", "partner_id"), ("eligibility", "partner_id"))
    }
    without |= {name: prog[name].iloc[:0] for name in ("activity_template", "activity_mode", "risk")}
    later = prepare(prog.with_changes(without))
    assert later.prog["plan"].empty
    assert later.notices[0].endswith("no longer exist: P2")


def test_a_row_that_only_stale_tables_name_can_be_removed(prepared: Prepared) -> None:
    prog = prepared.prog
    assert "M7" in set(prog["item"]["measure_id"])
    without = {
        name: prog[name][prog[name][column] != "M7"]
        for name, column in (("measure", "id"), ("effect", "measure_id"), ("alternative", "measure_id"))
    }
    parameters = prog["effect_parameter"]
    without["effect_parameter"] = parameters[parameters["effect_id"] != "M7-SEE"]
    later = prepare(prog.with_changes(without))
    assert "M7" not in set(later.items["measure_id"])


@pytest.mark.parametrize("lost", [("site", "item"), ("node", "edge"), ("segment",), ("scenario",)])
def test_derived_tables_that_are_gone_are_made_again(prepared: Prepared, lost: tuple[str, ...]) -> None:
    again = prepare(prepared.prog.adopt({name: prepared.prog[name].iloc[:0] for name in lost}))
    for name in NAMES:
        pd.testing.assert_frame_equal(again.prog[name], prepared.prog[name])
    assert one_year(again) == one_year(prepared)


def test_rows_in_another_order_give_the_same_tables(tiny: Programme, prepared: Prepared) -> None:
    frames = {name: tiny[name].iloc[::-1].reset_index(drop=True) for name in tiny.tables}
    rasters = {name: tiny.raster_file(name) for name in tiny.raster_files}
    meta = {key: value for key, value in tiny.meta.items() if key != "schema_version"}
    turned = prepare(Programme.of(meta, frames, rasters))
    assert turned.prog.data_hash == prepared.prog.data_hash
    for name in NAMES:
        pd.testing.assert_frame_equal(turned.prog[name], prepared.prog[name])
    assert one_year(turned) == one_year(prepared)


def test_people_seeking_safety_and_ordinary_life_are_in_no_scenario(prepared: Prepared) -> None:
    threat = prepared.prog["threat"].set_index("id")
    assert threat.loc[list(prepared.prog["scenario"]["threat_id"]), "enters_value"].all()
    assert not threat["enters_value"].all()


def test_mass_is_matched_only_within_reach() -> None:
    # 0.6 of the mass can stay within one bin; 0.4 has to go three bins
    assert matched_within(np.array([0.6, 0.4, 0, 0]), np.array([0, 0.6, 0, 0.4]), 1) == pytest.approx(0.6)
    assert matched_within(np.array([1.0, 0, 0, 0]), np.array([0, 0, 0, 1.0]), 3) == pytest.approx(1.0)
    assert matched_within(np.array([1.0, 0, 0, 0]), np.array([0, 0, 0, 1.0]), 2) == 0.0
