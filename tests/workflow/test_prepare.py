"""Derived tables: reused while the facts are the same, made anew when they change; rows in any order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sarhad.detection import evaluate
from sarhad.programme import Programme
from sarhad.workflow.contents import matched_within
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
