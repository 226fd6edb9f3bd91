"""Lengths, distances and positions on the ellipsoid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from sarhad.programme import Programme
from sarhad.programme.geodesy import (
    EARTH_KM,
    chainage_km,
    distance_km,
    line_length_km,
    nearest_on_line,
    nearest_piece,
    unit_vectors,
)


def test_nearest_on_line_finds_chainage_and_distance(tiny: Programme) -> None:
    # one degree of latitude at 40 N is 111.03 km; the line starts at lon 10, lat 40
    chainage, apart = nearest_on_line(tiny.line(), 10.0, 40.0)
    assert (chainage, apart) == (0.0, 0.0)
    straight = shapely.LineString([(10.0, 40.0), (10.0, 41.0)])
    chainage, apart = nearest_on_line(straight, 10.01, 40.5)
    assert chainage == pytest.approx(55.5, abs=0.1)
    assert apart == pytest.approx(0.85, abs=0.01)


def test_a_place_lies_left_or_right_of_the_nearest_piece() -> None:
    north = shapely.LineString([(10.0, 40.0), (10.0, 41.0), (10.0, 42.0)])
    assert nearest_piece(north, 9.9, 40.25) == (0, pytest.approx(0.25), True)
    assert nearest_piece(north, 10.1, 41.5) == (1, pytest.approx(0.5), False)


def test_chainage_ends_with_the_length() -> None:
    line = shapely.LineString([(68.0, 37.0), (68.5, 37.2), (69.0, 37.0)])
    assert chainage_km(*shapely.get_coordinates(line).T)[-1] == pytest.approx(line_length_km(line), rel=1e-12)


def test_the_nearest_place_is_that_on_the_ellipsoid_not_on_a_sphere() -> None:
    # from (68.857, 36.729): 0.465 degrees north is 51.60 km, 0.579 degrees east 51.72 km; by a sphere of the mean
    # radius 51.71 and 51.60 km, the other way round
    here, places = np.array([[68.857, 36.729]]), np.array([[68.857, 37.194], [69.436, 36.729]])
    assert distance_km(here, places).tolist() == [
        [pytest.approx(51.604, abs=1e-3), pytest.approx(51.720, abs=1e-3)]
    ]
    chord = np.linalg.norm(unit_vectors(*places.T) - unit_vectors(*here.T), axis=1)
    assert (chord * EARTH_KM).tolist() == [pytest.approx(51.706, abs=1e-3), pytest.approx(51.600, abs=1e-3)]
