from __future__ import annotations

import math

import pytest
from flat_strip import Make, effect, measure, parameters

from sarhad import measures


def test_random_search_and_the_catalogue_stand_side_by_side(make: Make):
    # 1.2 km × 8 km/h × 0.8 = 7.68 km2/h over a disc of 10 km; the walker needs 20/3 h: 0.163 exposure, 15.0 %.
    values = {"sweep_width_km": 1.2, "speed_kmh": 8.0, "duty": 0.8, "reach_km": 10.0, "availability": 0.5}
    world = make(
        [measure("POST", site_rule="base", detection_prob_likely=0.15), measure("CAR", site_rule="base")],
        [effect("POST-P", "POST", "patrol"), effect("CAR-P", "CAR", "patrol")],
        parameters("POST-P", **values) + parameters("CAR-P", **values),
    )
    car, post = measures.patrol_figures(world.prog).to_dict("records")
    assert post["koopman_p"] == pytest.approx(0.150, abs=5e-4)
    assert post["catalogue_p"] == 0.15
    assert math.isnan(car["catalogue_p"])
