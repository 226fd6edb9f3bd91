"""The projection with the least distortion."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod, Transformer

from sarhad.place.border import Line
from sarhad.place.projection import choose_projection
from sarhad.programme.geodesy import chainage_km


def straight(lon, lat):
    lon, lat = np.linspace(*lon, 50), np.linspace(*lat, 50)
    return Line(lon, lat, chainage_km(lon, lat), True)


@pytest.mark.parametrize(
    ("lon", "lat", "family"),
    [
        ((60, 80), (37, 37), "lambert_conformal_conic"),  # along a parallel
        ((70, 70), (25, 45), "transverse_mercator"),  # along a meridian
        ((65, 75), (30, 42), "oblique_mercator"),  # aslant
    ],
)
def test_each_direction_gets_the_family_made_for_it(lon, lat, family):
    found = choose_projection(straight(lon, lat), 20.0)
    assert min(found.candidates, key=found.candidates.get) == family
    assert found.distortion == found.candidates[family] < 0.001


def test_distances_are_true_within_the_distortion():
    line = straight((67, 75), (36.5, 38.5))
    found = choose_projection(line, 20.0)
    x, y = Transformer.from_crs("EPSG:4326", found.crs, always_xy=True).transform(line.lon, line.lat)
    _, _, true_m = Geod(ellps="WGS84").inv(line.lon[:-1], line.lat[:-1], line.lon[1:], line.lat[1:])
    error = np.hypot(np.diff(x), np.diff(y)) / true_m - 1
    assert np.abs(error).max() <= found.distortion * 1.05


def test_the_choice_is_the_same_twice():
    line = straight((67, 75), (36.5, 38.5))
    assert choose_projection(line, 20.0) == choose_projection(line, 20.0)
