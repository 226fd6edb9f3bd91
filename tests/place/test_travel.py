"""Hours of a step and of a path."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from land import land

from sarhad.place.travel import DRIVE, FLY, WALK, movers_of, path_hours, step_hours

INF = float("inf")
WALKER = np.array([WALK, 1.0, INF, INF, 0.0])


def test_tobler_on_the_level_is_five_km_an_hour():
    # 6 exp(-3.5 * 0.05) = 5.0367 km/h: 1 km takes 0.19854 h
    assert step_hours(WALKER, 0.0, 0.0, 1000.0) == pytest.approx(0.198541, abs=1e-6)


def test_tobler_is_quickest_on_a_slight_descent():
    # the greatest speed, 6 km/h, is reached at a slope of -0.05
    assert step_hours(WALKER, 50.0, 0.0, 1000.0) == pytest.approx(1 / 6)


@given(st.floats(1.0, 300.0))
def test_up_is_slower_than_down(rise):
    assert step_hours(WALKER, 0.0, rise, 400.0) > step_hours(WALKER, rise, 0.0, 400.0)


def test_too_steep_is_out_of_reach_both_ways():
    limited = np.array([WALK, 1.0, 0.5, INF, 0.0])
    assert step_hours(limited, 0.0, 200.0, 400.0) < INF  # a slope of exactly 0.5
    assert step_hours(limited, 0.0, 201.0, 400.0) == INF
    assert step_hours(limited, 201.0, 0.0, 400.0) == INF


def test_altitude_takes_its_share_of_speed():
    # 1 km above 2,500 m at 0.1 a km leaves 0.9 of the speed
    slow = np.array([WALK, 1.0, INF, 2500.0, 0.1])
    assert step_hours(slow, 3500.0, 3500.0, 400.0) == pytest.approx(step_hours(WALKER, 0, 0, 400.0) / 0.9)
    assert step_hours(slow, 2400.0, 2400.0, 400.0) == step_hours(WALKER, 0, 0, 400.0)
    assert step_hours(slow, 99e3, 99e3, 400.0) == pytest.approx(step_hours(WALKER, 0, 0, 400.0) / 0.1)


def test_driving_keeps_its_speed_up_to_its_slope():
    driver = np.array([DRIVE, 12.0, 0.3, INF, 0.0])
    assert step_hours(driver, 0.0, 100.0, 400.0) == pytest.approx(0.4 / 12)
    assert step_hours(driver, 0.0, 130.0, 400.0) == INF


def test_flying_knows_no_ground():
    assert step_hours(np.array([FLY, 40.0, 0.1, 0.0, 0.5]), 0.0, 3000.0, 400.0) == pytest.approx(0.01)


def test_path_hours_share_each_step_between_its_ends():
    ground = land([[0.0, 10.0, 0.0]])
    cells, ptr = np.array([0, 1, 2]), np.array([0, 3])
    hours = path_hours(ground.elevation_m, WALKER, ground.cell_m, False, ptr, cells)
    up, down = step_hours(WALKER, 0.0, 10.0, 100.0), step_hours(WALKER, 10.0, 0.0, 100.0)
    assert hours == pytest.approx([up / 2, (up + down) / 2, down / 2])


def test_movers_take_speed_and_limits_from_their_rows(tiny):
    foot, truck = movers_of(tiny)
    assert foot.parameters == (WALK, 0.6, 1.0, 2500.0, 0.1)
    assert foot.water_hours == 0.5
    assert truck.parameters == (DRIVE, 40.0, INF, INF, 0.0)
    assert truck.road_kmh == 40.0
    assert truck.water_hours == INF
    assert foot.crosses_anywhere
    assert not truck.crosses_anywhere
