from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from flat_strip import TOWER, Make, World, effect, measure, parameters

from sarhad import measures, plugins
from sarhad.detection import Exposure, columns_on
from sarhad.errors import DataError, PluginError, SpecError
from sarhad.programme import summarise

HALF = {**TOWER, "availability": 0.7, "assessment": 0.3}


def built(world: World, **options: Any) -> tuple[Exposure, measures.Views]:
    sites = measures.sites(world.prog, world.terrain, world.network)
    items = measures.items(world.prog, sites)
    views = measures.views(world.prog, items, sites, world.terrain, world.network)
    return measures.exposure(world.prog, views, **options), views


def total(found: Exposure, operating: set[str], mover: int = 0) -> np.ndarray:
    on = columns_on(found, np.array([one in operating for one in found.item_ids]))
    return np.asarray(found.by_mover[mover][np.flatnonzero(on)].sum(axis=0))


def supported(make: Make) -> World:
    """One tower at km 15; two answering measures (0.6 and 0.9), one upkeep (0.9) serve it."""
    return make(
        [
            measure("TOW"),
            measure("CAR", site_rule="base"),
            measure("OUT", site_rule="base"),
            measure("FIX", site_rule="programme"),
        ],
        [
            effect("TOW-S", "TOW", "line_of_sight"),
            support("CAR-A", "CAR", "assessment", "reach"),
            support("OUT-A", "OUT", "assessment", "reach"),
            support("FIX-A", "FIX", "availability", "programme"),
        ],
        parameters("TOW-S", **HALF)
        + parameters("CAR-A", level=0.6, reach_km=10.0)
        + parameters("OUT-A", level=0.9, reach_km=10.0)
        + parameters("FIX-A", level=0.9, reach_km=0.0),
    )


def support(name: str, measure_id: str, raises: str, scope: str, *supported: str) -> dict[str, Any]:
    return effect(
        name, measure_id, "support", raises=raises, scope=scope, supports_measure_ids=supported or ("TOW",)
    )


def test_a_walker_across_the_coverage_on_flat_ground_is_detected_as_published(make: Make):
    # docs/models/measures.md, example 2: the way at km 14.75 passes the tower's own place; p = 0.75 in the catalogue.
    found, views = built(
        make([measure("TOW")], [effect("TOW-S", "TOW", "line_of_sight")], parameters("TOW-S", **TOWER))
    )
    site = views.sites.iloc[0]
    at = int(np.argmin(np.abs(views.network.edge["chainage_km"] - site["chainage_from_km"] - 14.75)))
    seen = total(found, set(found.item_ids))[at]
    assert -math.expm1(-seen) == pytest.approx(0.75, abs=0.03)


def test_exposure_ends_with_the_range(make: Make):
    found, views = built(
        make([measure("TOW")], [effect("TOW-S", "TOW", "line_of_sight")], parameters("TOW-S", **TOWER))
    )
    _, col = views.cells[views.items["site_id"].iloc[0]]
    apart = np.abs(views.network.edge["chainage_km"].to_numpy() - (col + 0.5) * 0.5)
    seen = total(found, set(found.item_ids))
    assert (seen[apart < 5.0] > 0).all()
    assert (seen[apart > 6.0] == 0).all()


def test_every_combination_of_supports_gives_exactly_the_product_of_the_levels(make: Make):
    # The oracle: the same tower entered with the parameters that the operating supports give.
    world = supported(make)
    found, views = built(world)
    tower, car, out, fix = ("TOW-H30-0015", "CAR-B30-0015", "OUT-B30-0015", "FIX-P")
    assert found.item_ids == (car, fix, out, tower)
    for chosen in itertools.chain.from_iterable(itertools.combinations((car, out, fix), n) for n in range(4)):
        assessment = 0.9 if out in chosen else 0.6 if car in chosen else 0.3
        availability = 0.9 if fix in chosen else 0.7
        direct = measures.exposure(
            world.prog,
            views,
            levels={("TOW-S", "assessment"): assessment, ("TOW-S", "availability"): availability},
        )
        assert total(found, {tower, *chosen}) == pytest.approx(total(direct, {tower}), rel=1e-12)
        assert not total(found, set(chosen)).any()


def test_certain_detection_stays_infinite_with_and_without_support(make: Make):
    # Infinite at every level: the base column holds it all, no level column adds "infinite minus infinite".
    world = make(
        [measure("TOW"), measure("FIX", site_rule="programme")],
        [effect("TOW-S", "TOW", "line_of_sight"), support("FIX-A", "FIX", "availability", "programme")],
        parameters("TOW-S", **{**HALF, "p": 1.0}) + parameters("FIX-A", level=0.9, reach_km=0.0),
    )
    found, _ = built(world)
    alone, both = total(found, {"TOW-H30-0015"}), total(found, set(found.item_ids))
    assert np.isinf(alone).any()
    assert np.array_equal(alone, both)
    assert found.n_columns == found.n_items


def test_the_first_column_of_an_item_needs_no_support(make: Make):
    found, _ = built(supported(make))
    first = np.searchsorted(found.item, np.arange(found.n_items))
    assert (np.diff(found.item) >= 0).all()
    assert all(found.supports[column] == () for column in first)


def test_no_item_supports_itself_but_its_neighbour_does(make: Make):
    world = make(
        [measure("TOW", site_spacing_km=15.0)],
        [effect("TOW-S", "TOW", "line_of_sight"), support("TOW-A", "TOW", "assessment", "reach")],
        parameters("TOW-S", **HALF) + parameters("TOW-A", level=0.9, reach_km=20.0),
    )
    found, _ = built(world)
    west, east = found.item_ids
    alone, both = total(found, {west}), total(found, {west, east})
    assert both.sum() == pytest.approx(3 * (alone.sum() + total(found, {east}).sum()))
    assert all(
        item not in several for item, sets in zip(found.item, found.supports, strict=True) for several in sets
    )


@pytest.mark.parametrize(("reach_km", "is_served"), [(16.0, True), (14.0, False)])
def test_support_by_reach_ends_with_its_reach_along_the_line(make: Make, reach_km: float, is_served: bool):
    world = make(
        [measure("TOW", site_spacing_km=15.0), measure("CAR", site_rule="base", site_spacing_km=15.0)],
        [effect("TOW-S", "TOW", "line_of_sight"), support("CAR-A", "CAR", "assessment", "reach")],
        parameters("TOW-S", **HALF) + parameters("CAR-A", level=0.9, reach_km=reach_km),
    )
    found, _ = built(world)
    west_tower, east_car = "TOW-H15-0008", "CAR-B15-0022"
    gained = total(found, {west_tower, east_car}).sum() > total(found, {west_tower}).sum()
    assert gained == is_served


def test_support_by_section_stays_in_its_section(make: Make):
    world = make(
        [measure("TOW", site_spacing_km=15.0), measure("HQ", site_rule="section", site_spacing_km=None)],
        [effect("TOW-S", "TOW", "line_of_sight"), support("HQ-A", "HQ", "assessment", "section")],
        parameters("TOW-S", **HALF) + parameters("HQ-A", level=0.9, reach_km=0.0),
    )
    found, _ = built(world)
    alone = total(found, {"TOW-H15-0008"}).sum()
    assert total(found, {"TOW-H15-0008", "HQ-S-W"}).sum() == pytest.approx(3 * alone)
    assert total(found, {"TOW-H15-0008", "HQ-S-E"}).sum() == pytest.approx(alone)


def test_a_barrier_acts_within_its_stretch_and_on_movers_that_cross_anywhere(make: Make):
    values = {"p": 0.8, "added_hours": 0.0, "availability": 0.5, "assessment": 0.4}
    world = make(
        [measure("LINE", site_rule="line", site_spacing_km=10.0)],
        [effect("LINE-B", "LINE", "barrier")],
        parameters("LINE-B", **values),
    )
    found, views = built(world)
    at = views.network.edge["chainage_km"].to_numpy()
    seen = total(found, {"LINE-L10-0015"})
    inside = (at >= 10) & (at < 20)
    assert seen[inside] == pytest.approx(-math.log(0.2) * 0.2)
    assert not seen[~inside].any()
    assert not total(found, set(found.item_ids), mover=1).any()


def test_the_hours_a_barrier_adds_count_at_the_rate_of_the_existing_coverage(make: Make):
    values = {"p": 0.0, "added_hours": 0.5, "availability": 1.0, "assessment": 1.0}
    world = make(
        [measure("LINE", site_rule="line")],
        [effect("LINE-B", "LINE", "barrier")],
        parameters("LINE-B", **values),
    )
    _, views = built(world)
    rate = np.where(np.isfinite(views.network.hours), 0.05, 0.0)
    found = measures.exposure(world.prog, views, existing_rate=rate)
    assert total(found, set(found.item_ids)) == pytest.approx(0.5 * 0.05)


def test_a_gate_acts_on_the_edge_through_its_crossing_point_only(make: Make):
    world = make(
        [measure("SCAN", site_rule="crossing")],
        [effect("SCAN-G", "SCAN", "gate", mover_ids=("hidden",))],
        parameters("SCAN-G", p=0.75, share_checked=0.3, availability=0.7),
    )
    found, views = built(world)
    seen = total(found, {"SCAN-X-C1"}, mover=1)
    at_gate = (views.network.edge["crossing_id"] == "C1").to_numpy()
    assert seen[at_gate] == pytest.approx(-math.log(1 - 0.75 * 0.3 * 0.7))
    assert not seen[~at_gate].any()


def test_a_patrol_searches_the_watched_ground_inside(make: Make):
    # Koopman by hand: ground inside within 5 km of the line and reach of the base; every way spends (1/6) h a cell.
    values = {"sweep_width_km": 1.2, "speed_kmh": 8.0, "duty": 0.5, "reach_km": 4.0, "availability": 0.5}
    world = make(
        [measure("POST", site_rule="base")],
        [effect("POST-P", "POST", "patrol")],
        parameters("POST-P", **values),
    )
    found, views = built(world)
    row, col = views.cells["B30-0015"]
    rows, cols = np.indices(views.terrain.shape)
    near = np.hypot(rows - row, cols - col) * 0.5 <= 4.0
    watched = near & (views.terrain.side == 1) & (views.terrain.distance_km <= 5.0)
    rate = 1.2 * 8.0 * 0.5 * 0.5 / (watched.sum() * 0.25)
    way = (views.network.edge["chainage_km"].to_numpy() / 0.5).astype(int)
    assert total(found, set(found.item_ids)) == pytest.approx(rate * watched.sum(axis=0)[way] / 6)


def test_prevention_lowers_the_attempts_of_threats_in_the_value_only(make: Make):
    world = make(
        [measure("TALK", site_rule="programme")],
        [effect("TALK-P", "TALK", "prevention", threat_ids=("T1", "T2"))],
        parameters("TALK-P", b=0.2),
    )
    found, views = built(world)
    assert found.by_threat.tolist() == [[0.2]]
    listed = measures.prevention(views.items, measures.effects(world.prog))
    assert listed.to_dict("records") == [
        {"item_id": "TALK-P", "threat_id": "T1", "b": 0.2},
        {"item_id": "TALK-P", "threat_id": "T2", "b": 0.2},
    ]


def test_parameters_may_change_after_the_geometry_was_worked_out(make: Make):
    def world(range_km: float) -> World:
        values = parameters("TOW-S", **{**TOWER, "range_km": range_km})
        return make([measure("TOW")], [effect("TOW-S", "TOW", "line_of_sight")], values)

    first, views = built(world(4.0))
    for range_km in (2.0, 9.0):
        found = measures.exposure(world(4.0).prog, views, levels={("TOW-S", "range_km"): range_km})
        assert total(found, set(found.item_ids)) == pytest.approx(
            total(built(world(range_km))[0], set(first.item_ids))
        )


def test_only_some_items_filled_gives_the_same_for_them_and_keeps_the_indices(make: Make):
    world = supported(make)
    found, views = built(world)
    part = measures.exposure(world.prog, views, only={"TOW-H30-0015", "CAR-B30-0015"})
    assert part.item_ids == found.item_ids
    operating = {"TOW-H30-0015", "CAR-B30-0015"}
    assert total(part, operating) == pytest.approx(total(found, operating))


def test_a_third_party_form_comes_in_as_the_built_in_ones(make: Make):
    @dataclass(frozen=True)
    class Bell:
        kind: ClassVar[str] = "edge"
        parameters: ClassVar[Mapping[str, str]] = {"p": "1"}

        def exposure(self, parameters: Mapping[str, float], view: plugins.SiteView) -> Any:
            rung = np.zeros(view.n_edges)
            rung[view.crossed()] = -math.log1p(-parameters["p"])
            return rung

    plugins.register("bell", Bell)
    try:
        found, _ = built(
            make([measure("BELL", site_rule="line")], [effect("B", "BELL", "bell")], parameters("B", p=0.5))
        )
    finally:
        plugins.unregister("bell")
    assert total(found, set(found.item_ids)) == pytest.approx(math.log(2))


def test_a_form_that_gives_less_than_zero_is_refused(make: Make):
    class Bad:
        kind: ClassVar[str] = "edge"
        parameters: ClassVar[Mapping[str, str]] = {"p": "1"}

        def exposure(self, parameters: Mapping[str, float], view: plugins.SiteView) -> Any:
            return np.full(view.n_edges, -1.0)

    plugins.register("bad", Bad)
    try:
        with pytest.raises(PluginError, match="effect B: form Bad must give 30 exposures >= 0"):
            built(
                make(
                    [measure("BELL", site_rule="line")], [effect("B", "BELL", "bad")], parameters("B", p=0.5)
                )
            )
    finally:
        plugins.unregister("bad")


def test_faults_of_effects_are_all_named_at_once(make: Make):
    world = make(
        [measure("TOW"), measure("OUT")],
        [
            effect("A", "TOW", "laser"),
            effect("B", "TOW", "gate"),
            effect("C", "OUT", "support"),
            effect("D", "OUT", "prevention"),
        ],
        parameters("B", p=75.0, q=1.0, share_checked=0.5)
        + parameters("C", level=0.5, reach_km=1.0)
        + parameters("D", b=0.1),
    )
    with pytest.raises(DataError) as caught:
        measures.effects(world.prog)
    for text in (
        "effect.form, row A: laser is not an installed form. Installed forms: barrier",
        "effect_parameter.name, row B/availability: is missing for its form. Add it, in 1.",
        "effect_parameter.name, row B/q: q is not a parameter of its form. Its form has: p, share_checked,",
        "effect_parameter.likely, row B/p: 75 is not in 0..1. Percent? Divide by 100.",
        "effect.raises, row C: is missing for an effect of kind support",
        "effect.supports_measure_ids, row C: is missing for an effect of kind support",
        "effect.threat_ids, row D: is missing for an effect of kind prevention",
    ):
        assert text in str(caught.value)
        assert text in summarise(world.prog.check())


def test_a_parameter_in_another_unit_is_refused(make: Make):
    values = parameters("T", **TOWER)
    values[1]["unit"] = "m"
    world = make([measure("TOW")], [effect("T", "TOW", "line_of_sight")], values)
    with pytest.raises(DataError, match=r"row T/range_km: m is not the unit of its form\. Give it in km"):
        measures.effects(world.prog)


def test_a_support_that_can_raise_nothing_is_refused(make: Make):
    world = make(
        [measure("LINE", site_rule="crossing"), measure("OUT", site_rule="base")],
        [effect("G", "LINE", "gate"), support("S", "OUT", "assessment", "reach", "LINE")],
        parameters("G", p=0.5, share_checked=0.5, availability=0.7)
        + parameters("S", level=0.9, reach_km=5.0),
    )
    text = r"supports_measure_ids, row S: LINE names no candidate measure whose assessment could be raised\. Correct"
    with pytest.raises(DataError, match=text) as caught:
        built(world)
    assert str(caught.value) in summarise(world.prog.check())


def test_a_range_shorter_than_a_cell_is_refused(make: Make):
    values = parameters("T", **{**TOWER, "range_km": 0.3})
    world = make([measure("TOW")], [effect("T", "TOW", "line_of_sight")], values)
    text = r"row T/range_km: 0\.3 km is less far than a cell of the terrain \(500 m\)\. Use the form barrier"
    with pytest.raises(DataError, match=text):
        built(world)
    assert "0.3 km is less far than a cell of the terrain (400 m)" in summarise(world.prog.check())


def test_a_level_of_a_parameter_that_does_not_exist_is_refused(make: Make):
    world = make([measure("TOW")], [effect("T", "TOW", "line_of_sight")], parameters("T", **TOWER))
    with pytest.raises(SpecError, match="no effect has: T sharpness"):
        measures.effects(world.prog, {("T", "sharpness"): 1.0})
    with pytest.raises(SpecError, match=r"levels out of range: T p 75\. Give shares in 0\.\.1"):
        measures.effects(world.prog, {("T", "p"): 75.0})
