"""Roads, rivers, barriers and seasons on the ground."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString, Polygon

from sarhad.errors import SpecError
from sarhad.place.travel import movers_of, step_hours
from sarhad.place.travel.burning import Cells, burnt
from sarhad.place.travel.field import DOWN, RIGHT, field, path_back
from sarhad.place.travel.going import Water, going_of, going_of_mover, water_of
from sarhad.place.travel.lanes import fields
from sarhad.place.travel.numbers import numbers_of
from sarhad.place.travel.season import Season, months_of, season_of
from sarhad.place.travel.surfaces import Barrier, River, Road, Surfaces, lay

NUMBERS = numbers_of()
CLASSES = NUMBERS.names("road")
CELL, SIDE = 100.0, 41
UTM = CRS.from_epsg(32642)
CELLS = Cells(UTM, Affine(CELL, 0.0, 500_000.0, 0.0, -CELL, 4_100_000.0), (SIDE, SIDE))
FLAT = np.full((SIDE, SIDE), 500.0, dtype=np.float32)
MIDDLE = SIDE // 2
WALKER = going_of("tobler", NUMBERS)
LEVEL_H = step_hours(WALKER.vector(), 0.0, 0.0, 1000.0)  # a km


def degrees(*places):
    """Return a line through (column, row) places of the grid, in degrees."""
    x, y = zip(*(CELLS.transform @ (col + 0.5, row + 0.5) for col, row in places), strict=True)
    return LineString(zip(*Transformer.from_crs(UTM, 4326, always_xy=True).transform(x, y), strict=True))


def across(angle, off=0.0):
    """Return a line through the middle that leaves the grid on both sides."""
    way, side = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    start, end = (MIDDLE + off * side + far * way for far in (-90.0, 90.0))
    return degrees(start, end)


def sides(angle, off, clear):
    """Return which cells lie more than `clear` cells to the left and to the right of `across`."""
    row, col = np.indices((SIDE, SIDE))
    apart = -(col - MIDDLE) * np.sin(angle) + (row - MIDDLE) * np.cos(angle) - off
    return apart > clear, apart < -clear


def hours_from(laid, row, col, going=WALKER):
    return field(laid.ground, going.vector(), np.array([row * SIDE + col]))


angles = st.floats(0.0, np.pi)
offs = st.floats(-3.0, 3.0)


@given(angles, offs, st.sampled_from([8, 16]))
@settings(deadline=None)
def test_a_barrier_holds_at_every_angle(angle, off, neighbours):
    surfaces = Surfaces(barriers=[Barrier(across(angle, off))])
    laid = lay(FLAT, CELLS, WALKER, Season(None), surfaces, NUMBERS, neighbours=neighbours)
    left, right = sides(angle, off, 1.5)
    hours, _ = hours_from(laid, *np.argwhere(left)[0])
    assert np.isfinite(hours[left]).all()
    assert np.isinf(hours[right]).all()


@given(angles, offs, st.sampled_from([8, 16]))
@settings(deadline=None)
def test_a_river_without_a_way_across_holds_and_one_with_it_is_paid_once(angle, off, neighbours):
    rivers = Surfaces(rivers=[River(across(angle, off), 60.0)])
    left, right = sides(angle, off, 1.5)
    start = np.argwhere(left)[0]
    held = lay(FLAT, CELLS, WALKER, Season(None), rivers, NUMBERS, neighbours=neighbours)
    assert np.isinf(hours_from(held, *start)[0][right]).all()
    swims = Water("test", 0.006, 0.0)  # 60 m at 6 m/h: 10 h, longer than any walk here
    crossing = lay(FLAT, CELLS, with_water(swims), Season(None), rivers, NUMBERS, neighbours=neighbours)
    wet = hours_from(crossing, *start)[0]
    dry = hours_from(
        lay(FLAT, CELLS, WALKER, Season(None), Surfaces(), NUMBERS, neighbours=neighbours), *start
    )[0]
    more = (wet - dry)[right]
    # a cell of 100 m is replaced by 10 h of water and 40 m of land; to a right angle to the banks there may be a detour
    assert more.min() > 10.0 - 0.1 * LEVEL_H
    assert more.max() < 10.0 + 2.0 * LEVEL_H


def with_water(water):
    return replace(WALKER, water=water)


def test_hours_of_water_are_preparation_and_width_over_speed():
    # 15 min, then 100 m at 2 km/h: 0.25 + 0.05 h; a current of 0.5 m/s carries 100 * 1.8 / 2 = 90 m down
    swim = water_of("swim", NUMBERS)
    assert swim.hours(100.0, 0.5) == pytest.approx(0.30)
    assert swim.drift_m(100.0, 0.5) == pytest.approx(90.0)
    assert np.isinf(swim.hours(151.0, 0.5))
    assert np.isinf(swim.hours(100.0, 0.81))


def test_high_water_closes_what_low_water_lets_pass():
    rivers = [River(across(0.0), 120.0, 0.8)]
    swims = with_water(water_of("swim", NUMBERS))
    states = {}
    for month in (1, 7):
        season = season_of(month, NUMBERS, has_rivers=True, snow_line_m=np.inf)
        laid = lay(FLAT, CELLS, swims, season, Surfaces(rivers=rivers), NUMBERS)
        states[month] = laid.crossings[0]
        assert np.isfinite(hours_from(laid, 0, 0)[0][-1, -1]) == (month == 1)
    # Q^0.26 and Q^0.34 at 0.35 and 2.3 of the mean discharge
    assert states[1]["width_m"] == pytest.approx(120.0 * 0.35**0.26)
    assert states[7]["current_ms"] == pytest.approx(0.8 * 2.3**0.34)


@pytest.mark.parametrize("neighbours", [8, 16])
def test_a_ford_opens_a_river_that_is_closed(neighbours):
    ends = [(-20.0, 20.3), (15.0, 20.3), (24.0, 20.3), (60.0, 20.3)]
    rivers = [
        River(degrees(*ends[:2]), 60.0),
        River(degrees(*ends[1:3]), 60.0, has_ford=True),
        River(degrees(*ends[2:]), 60.0),
    ]
    laid = lay(FLAT, CELLS, WALKER, Season(None), Surfaces(rivers=rivers), NUMBERS, neighbours=neighbours)
    hours, step = hours_from(laid, 0, 0)
    crossed = [cell for cell in path_back(step, SIDE * SIDE - 1) if cell // SIDE == 20]
    assert np.isfinite(hours[-1, -1])
    assert len(crossed) == 1
    assert 15 <= crossed[0] % SIDE <= 24


def test_what_keeps_to_roads_does_not_drive_along_a_ford():
    car = going_of("car", NUMBERS, CLASSES)
    surfaces = Surfaces(
        [Road(degrees((0, 5), (40, 5)), "primary"), Road(degrees((0, 35), (40, 35)), "primary")],
        [River(degrees((20, 0), (23, 40)), 30.0, has_ford=True)],
    )
    laid = lay(FLAT, CELLS, car, Season(None), surfaces, NUMBERS)
    hours, _ = hours_from(laid, 5, 0, going=car)
    assert np.isfinite(hours[5]).all()
    assert np.isinf(hours[6:]).all()
    assert not laid.is_open(20 * SIDE + 21)  # so no point is moved into the river instead of to a road


@given(angles, st.floats(0.4, 1.2), st.sampled_from([8, 16]))
@settings(deadline=None)
def test_a_road_passes_a_river_by_a_bridge_and_nobody_leaves_it_there_unasked(angle, turn, neighbours):
    road, river = across(angle + turn), across(angle)
    car = going_of("car", NUMBERS, CLASSES)
    surfaces = Surfaces([Road(road, "primary")], [River(river, 60.0)])
    laid = lay(FLAT, CELLS, car, Season(None), surfaces, NUMBERS, neighbours=neighbours)
    on_road = burnt(CELLS, [road], [1], is_thick=True) > 0
    left, right = sides(angle, 0.0, 2.0)
    hours, _ = hours_from(laid, *np.argwhere(on_road & left)[0], going=car)
    assert np.isfinite(hours[on_road & right]).all()
    assert np.isinf(hours[~on_road]).all()


@given(angles, st.floats(-1.4, -0.3), st.sampled_from([8, 16]))
@settings(deadline=None)
def test_a_road_on_the_bank_is_no_bridge(angle, beside, neighbours):
    walker = going_of("tobler", NUMBERS, CLASSES)
    surfaces = Surfaces([Road(across(angle, beside), "track")], [River(across(angle), 60.0)])
    laid = lay(FLAT, CELLS, walker, Season(None), surfaces, NUMBERS, neighbours=neighbours)
    left, right = sides(angle, 0.0, 3.0)
    hours, _ = hours_from(laid, *np.argwhere(right)[0], going=walker)
    assert np.isinf(hours[left]).all()


def test_a_vehicle_drives_by_class_and_leaves_roads_only_if_it_can():
    # 20 cells of 100 m of a primary road at 65 km/h; the car stays on it, the 4x4 makes 10 km/h beside it
    roads = Surfaces([Road(degrees((0, 20), (40, 20)), "primary")])
    car, off = (going_of(name, NUMBERS, CLASSES) for name in ("car", "4x4"))
    by_car, _ = hours_from(lay(FLAT, CELLS, car, Season(None), roads, NUMBERS), 20, 0, car)
    by_4x4, _ = hours_from(lay(FLAT, CELLS, off, Season(None), roads, NUMBERS), 20, 0, off)
    assert by_car[20, 20] == pytest.approx(2.0 / 65.0)
    assert np.isinf(np.delete(by_car, 20, axis=0)).all()
    # half a step on the road, half and nine more off it
    assert by_4x4[10, 0] == pytest.approx(0.05 / 65.0 + 0.95 / 10.0)


def test_a_walker_gains_on_roads_and_keeps_its_slopes_there():
    slope = (np.indices((SIDE, SIDE))[1] * 10.0).astype(np.float32)  # 10 % up to the east
    walker = going_of("tobler", NUMBERS, CLASSES)
    laid = lay(
        slope, CELLS, walker, Season(None), Surfaces([Road(degrees((0, 20), (40, 20)), "path")]), NUMBERS
    )
    hours, _ = hours_from(laid, 20, 20, walker)
    assert hours[20, 30] == pytest.approx(1.0 / (6.0 * np.exp(-3.5 * 0.15)))
    assert hours[20, 10] == pytest.approx(1.0 / (6.0 * np.exp(-3.5 * 0.05)))
    assert hours[19, 20] == pytest.approx(0.5 * 0.1 * LEVEL_H * (1.0 + 1.0 / 0.6))


def test_a_pass_is_closed_in_its_months_alone():
    closed = months_of("11-4")
    assert closed == {11, 12, 1, 2, 3, 4}
    surfaces = Surfaces(
        [Road(degrees((0, 20), (40, 20)), "primary", closed)],
        barriers=[Barrier(across(np.pi / 2), frozenset({6}))],
    )
    car = going_of("car", NUMBERS, CLASSES)
    reached = {}
    for month in (1, 5, 6):
        season = season_of(month, NUMBERS, has_rivers=False, snow_line_m=np.inf)
        laid = lay(FLAT, CELLS, car, season, surfaces, NUMBERS)
        reached[month] = laid.is_open(20 * SIDE) and np.isfinite(hours_from(laid, 20, 0, car)[0][20, 40])
    assert reached == {1: False, 5: True, 6: False}


def test_snow_slows_walkers_and_stops_vehicles_off_roads():
    high = FLAT.copy()
    high[:, 20:] = 500.5
    season = Season(1, snow_line_m=500.2)
    walker = lay(high, CELLS, WALKER, season, Surfaces(), NUMBERS)
    off = going_of("4x4", NUMBERS, CLASSES)
    driver = lay(high, CELLS, off, season, Surfaces([Road(degrees((0, 5), (40, 5)), "primary")]), NUMBERS)
    assert walker.snow_cells == 21 * SIDE
    assert hours_from(walker, 10, 20)[0][10, 30] == pytest.approx(LEVEL_H / 0.59)
    by_4x4, _ = hours_from(driver, 5, 20, off)
    assert by_4x4[5, 30] == pytest.approx(1.0 / (65.0 * 0.5))
    assert np.isinf(by_4x4[6:, 20:]).all()


def test_an_area_closes_its_inside_and_thick_lines_are_joined_by_sides():
    square = Polygon(
        [degrees((10, 10), (30, 30)).coords[k] for k in (0,)]
        + list(degrees((30, 10), (30, 30), (10, 30)).coords)
    )
    laid = lay(FLAT, CELLS, WALKER, Season(None), Surfaces(barriers=[Barrier(square)]), NUMBERS)
    assert not laid.is_open(20 * SIDE + 20)
    assert laid.is_open(5 * SIDE + 5)
    for angle in np.linspace(0.0, np.pi, 61):
        thick = burnt(CELLS, [across(angle, 0.37)], [1], is_thick=True) > 0
        thin = burnt(CELLS, [across(angle, 0.37)], [1], is_thick=False) > 0
        assert ndimage.label(thick)[1] == 1
        assert ndimage.label(thin, np.ones((3, 3)))[1] == 1


def test_many_widths_are_joined_to_longer_hours():
    rivers = [River(degrees((0, k % 40), (3, k % 40)), 10.0 + k) for k in range(300)]
    boat = with_water(water_of("boat", NUMBERS))
    laid = lay(FLAT, CELLS, boat, Season(None), Surfaces(rivers=rivers), NUMBERS)
    assert len(laid.ground.kmh) <= 102  # 100 crossings, open ground, closed
    assert len(laid.crossings) == 300
    assert np.isfinite(hours_from(laid, 40, 0, boat)[0]).all()


def test_every_default_has_a_source_or_is_marked_as_judged():
    for group in ("road", "vehicle", "walker", "water", "river", "month", "snow"):
        assert NUMBERS.names(group)
    ratios = [numbers_of().take("month", str(month), "discharge_ratio") for month in range(1, 13)]
    assert sum(ratios) == pytest.approx(12.0)


def test_each_vehicle_drives_the_classes_it_can():
    asked = ["primary", "track", "path", "steps"]
    speeds = {name: going_of(name, NUMBERS, asked).road for name in NUMBERS.names("vehicle")}
    assert speeds == {
        "car": {"primary": 65.0, "track": 0.0, "path": 0.0, "steps": 0.0},
        "4x4": {"primary": 65.0, "track": 20.0, "path": 0.0, "steps": 0.0},
        "truck": {"primary": 52.0, "track": 15.0, "path": 0.0, "steps": 0.0},
        "motorcycle": {"primary": 65.0, "track": 20.0, "path": 10.0, "steps": 0.0},
    }


def test_movers_that_are_unknown_or_want_roads_are_refused():
    with pytest.raises(SpecError, match=r"--mover: toblr is unknown.*Did you mean tobler\?"):
        going_of("toblr", NUMBERS)
    with pytest.raises(SpecError, match="car keeps to roads"):
        going_of("car", NUMBERS)
    with pytest.raises(SpecError, match=r"--month: 13 is not 1 to 12"):
        season_of(13, NUMBERS, has_rivers=False, snow_line_m=None)


def test_a_layer_of_the_whole_world_is_read_where_it_lies():
    lines = [LineString([(-179.0, 37.03), (179.0, 37.03)]), LineString([(-100.0, -80.0), (100.0, -80.0)])]
    assert 0 < (burnt(CELLS, lines[:1], [1], is_thick=True) > 0).sum() < 3 * SIDE
    assert burnt(CELLS, lines[1:], [1], is_thick=True).sum() == 0


def test_movers_of_a_programme_keep_their_factors_and_speeds(tiny):
    rows = {row["id"]: row for row in tiny["mover"].to_dict("records")}
    foot, truck = (going_of_mover(one, rows[one.id], ["primary", "path"]) for one in movers_of(tiny))
    # 0.6 off paths is in its parameters; on roads it is undone
    assert foot.road == pytest.approx({"primary": -1.0 / 0.6, "path": -1.0 / 0.6})
    assert foot.water.hours(1e6, 9.9) == 0.5
    assert truck.road == {"primary": 40.0, "path": 0.0}
    assert truck.water is None


def test_an_area_whose_outline_crosses_itself_still_closes_both_its_parts():
    bow = Polygon(degrees((10, 10), (30, 30), (30, 10), (10, 30)).coords)
    laid = lay(FLAT, CELLS, WALKER, Season(None), Surfaces(barriers=[Barrier(bow)]), NUMBERS)
    assert [laid.is_open(20 * SIDE + col) for col in (8, 12, 28, 32)] == [True, False, False, True]


def by_scipy(laid, going, source):
    """Return the hours by scipy over the moves of the ground, every step costed here."""
    on = laid.ground
    tail, head, hours = [], [], []
    for row, col in np.ndindex(on.moves.shape):
        for k in range(16):
            if not int(on.moves[row, col]) >> k & 1:
                continue
            to = row + DOWN[k], col + RIGHT[k]
            far = CELL * float(np.hypot(DOWN[k], RIGHT[k]))
            own = step_hours(going.vector(), float(on.elevation_m[row, col]), float(on.elevation_m[to]), far)
            halves = []
            for cell in ((row, col), to):
                speed = on.kmh[on.kind[cell]] if on.kind[cell] else -1.0
                halves.append(0.5 * (far / 1000.0 / speed if speed > 0.0 else own / -speed))
            tail.append(row * SIDE + col)
            head.append(to[0] * SIDE + to[1])
            hours.append(sum(halves))
    graph = coo_array((hours, (tail, head)), shape=(SIDE * SIDE,) * 2).tocsr()
    return dijkstra(graph, indices=source).reshape(SIDE, SIDE)


@pytest.mark.parametrize("name", ["tobler", "4x4", "motorcycle"])
@pytest.mark.parametrize("neighbours", [8, 16])
def test_hours_over_everything_at_once_are_those_of_scipy(name, neighbours):
    rng = np.random.default_rng(7)
    hills = (500.0 + 8.0 * rng.normal(size=(SIDE, SIDE))).astype(np.float32)
    going = going_of(name, NUMBERS, CLASSES)
    going = replace(going, water=water_of("boat", NUMBERS)) if going.walks else going
    roads = [
        Road(across(angle, off), kind) for angle, off, kind in ((0.3, 2.0, "primary"), (2.0, -5.0, "track"))
    ]
    rivers = [River(across(1.0), 80.0), River(across(2.5, 9.0), 20.0, has_ford=True)]
    surfaces = Surfaces(roads, rivers, [Barrier(degrees((5, 5), (20, 9)))])
    season = Season(3, snow_line_m=505.0)
    laid = lay(hills, CELLS, going, season, surfaces, NUMBERS, neighbours=neighbours)
    source = next(cell for cell in range(SIDE * SIDE) if laid.ground.moves.ravel()[cell])
    hours, _ = field(laid.ground, going.vector(), np.array([source]))
    expected = by_scipy(laid, going, source)
    assert np.isfinite(expected).sum() > SIDE
    assert np.allclose(hours, expected, rtol=1e-12)


def test_searches_from_many_points_see_the_same_surfaces():
    surfaces = Surfaces([Road(across(0.3), "track")], [River(across(1.2), 50.0)])
    walker = going_of("tobler", NUMBERS, CLASSES)
    laid = lay(FLAT, CELLS, walker, Season(None), surfaces, NUMBERS, neighbours=8)
    starts = np.array([0, SIDE - 1, SIDE * SIDE - 1])
    many = fields(laid.ground, walker.vector(), starts)
    for start, hours in zip(starts, many, strict=True):
        assert np.allclose(hours, field(laid.ground, walker.vector(), np.array([start]))[0], rtol=1e-5)
