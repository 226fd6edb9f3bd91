from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from flat_strip import Make, effect, measure, parameters

from sarhad import measures
from sarhad.errors import DataError
from sarhad.measures.candidate import cost_factor, suits
from sarhad.programme import summarise

GATE = parameters("E", p=0.5, share_checked=0.5, availability=0.5)


def items_of(world) -> pd.DataFrame:
    sites = measures.sites(world.prog, world.terrain, world.network)
    return measures.items(world.prog, sites).set_index("id")


def site(**changes: object) -> dict[str, object]:
    return {"rule": "line", "relief_m": 800.0, "elevation_m": 3000.0, "has_river": True} | changes


def test_money_is_in_base_year_dollars_with_the_site_factor_on_capital_only(make: Make):
    # 2010 dollars are worth 1/0.8; relief 0 on flat ground, river at the site: factor 1 + 0.3; 2 units.
    row = measure(
        "A", site_rule="line", site_spacing_km=15.0, units_per_site=2.0, price_year=2010, river_cost=0.3
    )
    found = items_of(make([row], [effect("E", "A", "gate")], GATE))
    first = found.loc["A-L15-0008"]
    assert first["units"] == 2.0
    assert first["cost_factor"] == pytest.approx(1.3)
    assert first[["capital_low_usd", "capital_usd", "capital_high_usd"]].tolist() == pytest.approx(
        [162.5, 325.0, 650.0]
    )
    assert first["annual_usd"] == pytest.approx(2 * 10 / 0.8)
    assert found.loc["A-L15-0022", "capital_usd"] == pytest.approx(250.0)


def test_build_time_is_in_whole_quarters_rounded_up(make: Make):
    found = items_of(make([measure("A", site_rule="line")], [effect("E", "A", "gate")], GATE)).iloc[0]
    assert found[["build_quarters_low", "build_quarters", "build_quarters_high"]].tolist() == [1, 3, 4]


def test_a_linear_measure_holds_the_km_of_its_stretch(make: Make):
    row = measure("A", site_rule="line", site_spacing_km=15.0, spatial_mode="linear", units_per_site=0.25)
    assert items_of(make([row], [effect("E", "A", "gate")], GATE))["units"].tolist() == [3.75, 3.75]


def test_cost_factor_adds_relief_altitude_above_2_km_and_river():
    row = {"relief_cost_per_km": 0.5, "altitude_cost_per_km": 0.2, "river_cost": 0.1}
    assert cost_factor(row, site()) == pytest.approx(1 + 0.5 * 0.8 + 0.2 * 1.0 + 0.1)
    assert cost_factor(row, site(elevation_m=500.0, has_river=False)) == pytest.approx(1.4)
    assert cost_factor(dict.fromkeys(row, math.nan), site()) == 1.0
    assert cost_factor(row, site(rule="programme", relief_m=math.nan)) == 1.0


@pytest.mark.parametrize(
    ("limits", "is_suitable"),
    [
        ({}, True),
        ({"max_relief_m": 800.0, "max_altitude_m": 3000.0, "needs_river": True}, True),
        ({"max_relief_m": 799.0}, False),
        ({"max_altitude_m": 2999.0}, False),
    ],
)
def test_what_suits_a_site_follows_from_its_own_ground(limits, is_suitable):
    blank = {"max_relief_m": math.nan, "max_altitude_m": math.nan, "needs_river": None}
    assert suits({**blank, **limits}, site()) == is_suitable


def test_a_measure_that_needs_a_river_stands_only_at_one(make: Make):
    row = measure("A", site_rule="line", site_spacing_km=15.0, needs_river=True)
    assert list(items_of(make([row], [effect("E", "A", "gate")], GATE)).index) == ["A-L15-0008"]


def test_a_measure_without_effect_is_a_candidate_only_when_another_needs_it(make: Make):
    need = {
        "id": "N",
        "measure_id": "A",
        "requires_measure_ids": ("B",),
        "scope": "programme",
        "is_enforced": True,
        "catalogue_text": "needs B",
        "is_assumption": True,
        "reasoning": "test",
    }
    rows = [measure(name, site_rule="programme") for name in "ABC"]
    found = items_of(make(rows, [effect("E", "A", "gate")], GATE, [need]))
    assert list(found.index) == ["A-P", "B-P"]
    free = make(rows, [effect("E", "A", "gate")], GATE, [{**need, "is_enforced": False}])
    assert list(items_of(free).index) == ["A-P"]
    noticed = [fault for fault in free.prog.check() if fault.column == "is_candidate"]
    assert [(fault.row, fault.severity) for fault in noticed] == [("B", "notice"), ("C", "notice")]
    assert "no effect and no enforced prerequisite names it. It gets no items" in str(noticed[0])


def test_items_fit_the_dictionary(make: Make):
    world = make([measure("A", site_spacing_km=6.0)], [effect("E", "A", "gate")], GATE)
    sites = measures.sites(world.prog, world.terrain, world.network)
    stored = world.prog.adopt({"site": sites}).adopt({"item": measures.items(world.prog, sites)})["item"]
    assert len(stored) == 5
    assert np.isfinite(stored["capital_usd"]).all()


def test_a_price_year_without_an_index_is_named_with_its_measures(make: Make):
    world = make([measure("A", price_year=2007)], [effect("E", "A", "gate")], GATE)
    with pytest.raises(
        DataError, match=r"price_index\.year: lacks 2007, the price year of A\. Add"
    ) as caught:
        items_of(world)
    assert str(caught.value) in summarise(world.prog.check())
