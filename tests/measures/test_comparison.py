from __future__ import annotations

import math

import pytest
from flat_strip import Make, effect, measure, parameters

from sarhad import measures

PATROL = {"sweep_width_km": 1.2, "speed_kmh": 8.0, "duty": 0.8, "availability": 0.5}


def test_random_search_and_the_catalogue_stand_side_by_side(make: Make):
    # 1.2 km × 8 km/h × 0.8 = 7.68 km2/h over all of the watched strip, 30 km × 5 km; the walker crosses its 5 km in
    # 5/3 h: exposure 0.0853, 8.2 %.
    values = {**PATROL, "reach_km": 40.0}
    world = make(
        [measure("POST", site_rule="base", detection_prob_likely=0.15), measure("CAR", site_rule="base")],
        [effect("POST-P", "POST", "patrol"), effect("CAR-P", "CAR", "patrol")],
        parameters("POST-P", **values) + parameters("CAR-P", **values),
    )
    car, post = figures(world)
    assert post["koopman_p"] == pytest.approx(0.0818, abs=5e-5)
    assert post["catalogue_p"] == 0.15
    assert math.isnan(car["catalogue_p"])


@pytest.mark.parametrize("reach_km", [4.0, 10.0, 40.0])
def test_the_figure_is_what_the_plan_uses_before_outages(make: Make, reach_km: float):
    world = make(
        [measure("POST", site_rule="base")],
        [effect("P", "POST", "patrol")],
        parameters("P", **PATROL, reach_km=reach_km),
    )
    post = figures(world)[0]
    found = measures.exposure(world.prog, views_of(world)).by_mover[0].toarray()[0]
    # The way past the base is crossed at the speed of the reference walker, straight over the line; the patrol is
    # there for half of the time. Of a strip of 10 cells those within reach count as a whole.
    assert found.max() / 0.5 == pytest.approx(
        -math.log1p(-post["koopman_p"]), rel=0.12 if reach_km < 5 else 1e-9
    )


def test_a_measure_without_items_has_no_figure(make: Make):
    world = make(
        [measure("POST", site_rule="base", max_altitude_m=100.0)],
        [effect("P", "POST", "patrol")],
        parameters("P", **PATROL, reach_km=10.0),
    )
    assert math.isnan(figures(world)[0]["koopman_p"])


def figures(world) -> list[dict[str, object]]:
    return measures.patrol_figures(world.prog, views_of(world)).to_dict("records")


def views_of(world) -> measures.Views:
    sites = measures.sites(world.prog, world.terrain, world.network)
    return measures.views(world.prog, measures.items(world.prog, sites), sites, world.terrain, world.network)
