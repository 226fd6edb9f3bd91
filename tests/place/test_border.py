"""Chainage along the geodesic, points on the line, parts of it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from sarhad.errors import DataError
from sarhad.place.border import Line, line_of
from sarhad.programme.geodesy import chainage_km

GEOD = Geod(ellps="WGS84")
LON, LAT = np.array([67.78, 68.9, 71.3, 74.9]), np.array([37.18, 36.9, 38.4, 37.4])
LINE = Line(LON, LAT, chainage_km(LON, LAT), True)


def test_chainage_is_the_length_that_geod_measures():
    assert LINE.length_km == pytest.approx(GEOD.line_length(LON, LAT) / 1000, rel=1e-12)


def test_one_degree_along_the_equator_is_111_km():
    # a = 6378.137 km, one degree is a * pi / 180
    line = chainage_km(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    assert line[-1] == pytest.approx(6378.137 * np.pi / 180, rel=1e-9)


@given(st.floats(0, 1))
def test_point_at_lies_at_its_chainage(share):
    lon, lat = LINE.point_at(share * LINE.length_km)
    vertex = int(np.searchsorted(LINE.chainage_km, share * LINE.length_km, side="right")) - 1
    vertex = min(vertex, 2)
    _, _, off = GEOD.inv(LON[vertex], LAT[vertex], lon[0], lat[0])
    assert LINE.chainage_km[vertex] + off / 1000 == pytest.approx(share * LINE.length_km, abs=1e-6)


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=5, unique=True))
def test_parts_add_up_to_the_line(shares):
    ends = np.array([0.0, *sorted(shares), 1.0]) * LINE.length_km
    lengths = [
        GEOD.line_length(*shapely.get_coordinates(LINE.part(a, b)).T) / 1000
        for a, b in itertools.pairwise(ends)
    ]
    assert sum(lengths) == pytest.approx(LINE.length_km, rel=1e-9)


def test_a_chainage_off_the_line_is_named():
    with pytest.raises(DataError, match=r"1 of 2 chainages lie off the line of .* km: 9999"):
        LINE.point_at([1.0, 9999.0])


def test_a_line_that_crosses_itself_is_refused(tiny):
    border = tiny["border"]
    border["geometry"] = [shapely.LineString([(10, 40), (10.2, 40.1), (10.2, 40), (10, 40.1)])]
    with pytest.raises(DataError, match="the line LINE crosses itself"):
        line_of(tiny.with_changes({"border": border}))


def test_two_lines_are_refused(tiny):
    border = tiny["border"]
    twice = border.loc[[0, 0]].assign(id=["A", "B"])
    with pytest.raises(DataError, match="2 lines found: A, B"):
        line_of(tiny.with_changes({"border": twice}))
