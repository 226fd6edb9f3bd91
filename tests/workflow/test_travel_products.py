"""Tables, paths and isochrones of travel."""

from __future__ import annotations

import csv
import itertools
import json

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from shapely.geometry import shape

from sarhad.place.travel.burning import Cells
from sarhad.programme import Programme
from sarhad.workflow.post_files import Post, read_posts
from sarhad.workflow.steps import silent
from sarhad.workflow.travel_asked import Asked
from sarhad.workflow.travel_products import isochrones, reached
from sarhad.workflow.travelling import travel

CELLS = Cells(CRS.from_epsg(32642), Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 4_100_000.0), (12, 15))
WEST, EAST, NORTH = Post("west", 68.97, 37.0), Post("east", 69.03, 37.0), Post("north", 69.0, 37.03)


@pytest.fixture(scope="module")
def hills(tmp_path_factory):
    """Return a raster of 100 x 100 cells about 69,37, up to the east and with bumps."""
    row, col = np.indices((100, 100))
    path = tmp_path_factory.mktemp("hills") / "dem.tif"
    to_xy = Affine(0.001, 0.0, 68.95, 0.0, -0.001, 37.05)
    values = (500.0 + 10.0 * col + 60.0 * np.sin(row / 7.0) * np.cos(col / 5.0)).astype(np.float32)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=100,
        height=100,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=to_xy,
    ) as file:
        file.write(values, 1)
    return path


def run(dem, start, out, *, to=None, on_step=silent, **asked):
    return travel(dem, start, out, to=to, asked=Asked(radius_km=1.0, **asked), on_step=on_step).payload


def value_at(path, post):
    with rasterio.open(path) as file:
        x, y = Transformer.from_crs(4326, file.crs, always_xy=True).transform(post.lon, post.lat)
        return next(file.sample([(x, y)]))[0]


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 0.8))
@settings(deadline=None)
def test_areas_are_valid_and_as_large_as_their_cells(seed, share):
    inside = np.random.default_rng(seed).random(CELLS.shape) < share
    area = reached(inside, CELLS)
    assert area.is_valid
    assert area.area == pytest.approx(inside.sum() * 100.0**2)
    # a hole is a hole: the middle of a cell is in the area when the cell is
    col, row = np.meshgrid(np.arange(15), np.arange(12))
    x, y = 500_050.0 + 100.0 * col, 4_099_950.0 - 100.0 * row
    assert np.array_equal(shapely.contains_xy(area, x, y), inside)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_isochrones_are_valid_nested_and_in_degrees(seed):
    hours = np.random.default_rng(seed).random(CELLS.shape) * 4.0
    body = isochrones(CELLS, hours, (3.0, 1.0, 2.0, 1.0))
    rows = [one["properties"] for one in body["features"]]
    assert [row["hours"] for row in rows] == [1.0, 2.0, 3.0]
    assert [row["cells"] for row in rows] == [(hours <= limit).sum() for limit in (1.0, 2.0, 3.0)]
    assert body["crs"]["properties"]["name"] == "urn:ogc:def:crs:OGC:1.3:CRS84"
    shapes = [shape(one["geometry"]) for one in body["features"]]
    to_metres = Transformer.from_crs(4326, CELLS.crs, always_xy=True)
    for one, row in zip(shapes, rows, strict=True):
        assert one.is_valid
        back = shapely.transform(one, lambda p: np.column_stack(to_metres.transform(p[:, 0], p[:, 1])))
        assert back.area / 1e6 == pytest.approx(row["area_km2"], rel=2e-3)
    for inner, outer in itertools.pairwise(shapes):
        assert inner.difference(outer).area < 1e-8  # 1 % of a cell: edges are straight in degrees, too


def test_of_several_points_the_nearest_counts(hills, tmp_path):
    hours = []
    for name, points in (("west", [WEST]), ("east", [EAST]), ("both", [WEST, EAST])):
        travel(hills, points, tmp_path / f"{name}.tif", asked=Asked(radius_km=8.0))
        hours.append(value_at(tmp_path / f"{name}.tif", NORTH))
    # the grids are laid about other points, so that cells differ by a part of one
    assert hours[2] == pytest.approx(min(hours[:2]), rel=0.02)
    assert abs(hours[0] - hours[1]) > 0.05 * hours[2]


@pytest.mark.parametrize("neighbours", [8, 16])
def test_hours_to_a_point_are_those_of_the_way_there(hills, tmp_path, neighbours):
    pair = run(hills, [WEST], tmp_path / "m.csv", to=[EAST, NORTH], neighbours=neighbours)["pairs"]
    back = run(hills, [EAST], tmp_path / "b.csv", to=[WEST, NORTH], neighbours=neighbours)["pairs"]
    done = travel(
        hills, [EAST], tmp_path / "t.tif", asked=Asked(radius_km=7.0, is_towards=True, neighbours=neighbours)
    )
    assert done.payload["is_towards"]
    # the grid is laid about other points, so that cells differ by a part of one
    assert value_at(tmp_path / "t.tif", WEST) == pytest.approx(pair[0]["hours"], rel=0.02)
    assert pair[0]["hours"] > 1.05 * back[0]["hours"]  # west to east is up


def test_the_table_the_raster_and_the_paths_agree(hills, tmp_path):
    out, ways = tmp_path / "h.tif", tmp_path / "p.geojson"
    pairs = run(hills, [WEST], out, to=[EAST, NORTH, WEST], paths=ways)["pairs"]
    run(hills, [WEST], tmp_path / "m.csv", to=[EAST, NORTH, WEST])
    table = list(csv.DictReader((tmp_path / "m.csv").read_text().splitlines()))
    assert [(row["from"], row["to"]) for row in table] == [
        ("west", "east"),
        ("west", "north"),
        ("west", "west"),
    ]
    lines = [shape(one["geometry"]) for one in json.loads(ways.read_text())["features"]]
    with rasterio.open(out) as file:
        to_metres = Transformer.from_crs("EPSG:4326", file.crs, always_xy=True)
    for pair, row, line in zip(pairs, table, lines, strict=True):
        assert float(row["hours"]) == pytest.approx(pair["hours"], rel=1e-5)
        km = (
            shapely.transform(line, lambda p: np.column_stack(to_metres.transform(p[:, 0], p[:, 1]))).length
            / 1e3
        )
        assert pair["km"] == pytest.approx(km, abs=1e-3)
    for pair, post in zip(pairs, (EAST, NORTH, WEST), strict=True):
        assert value_at(out, post) == pytest.approx(pair["hours"], rel=1e-6)
    # 60 cells up at 10 m a cell, and never less than the difference in height
    assert pairs[0]["climb_m"] > 550.0
    assert pairs[2] == {"from": "west", "to": "west", "hours": 0.0, "km": 0.0, "climb_m": 0.0}


def test_many_origins_at_once_have_the_hours_of_each(hills, tmp_path):
    starts = [Post(f"p{k}", 68.97 + 0.01 * k, 36.98) for k in range(5)]
    many = run(hills, starts, tmp_path / "m.csv", to=[EAST, NORTH], neighbours=8)["pairs"]
    each = run(
        hills, starts, tmp_path / "p.csv", to=[EAST, NORTH], neighbours=8, paths=tmp_path / "p.geojson"
    )["pairs"]
    assert [row["hours"] for row in many] == pytest.approx([row["hours"] for row in each], rel=1e-5)
    assert many[0]["km"] is None


def test_a_pair_without_a_way_is_blank(hills, tmp_path):
    wall = tmp_path / "wall.geojson"
    feature = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "LineString", "coordinates": [[69.0, 36.0], [69.0, 38.0]]},
    }
    wall.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    found = run(hills, [WEST], tmp_path / "m.csv", to=[EAST], barriers=wall, paths=tmp_path / "p.geojson")
    assert found["pairs"] == [{"from": "west", "to": "east", "hours": None, "km": None, "climb_m": None}]
    assert (tmp_path / "m.csv").read_text() == "from,to,hours,km,climb_m\nwest,east,,,\n"
    assert json.loads((tmp_path / "p.geojson").read_text())["features"] == []


def test_altitude_takes_speed(hills, tmp_path):
    low = run(hills, [WEST], tmp_path / "a.csv", to=[EAST])["pairs"][0]["hours"]
    high = run(hills, [WEST], tmp_path / "b.csv", to=[EAST], altitude=(0.0, 0.1))["pairs"][0]["hours"]
    # at 700 to 1,300 m a loss of 0.1 a km leaves 0.87 to 0.93
    assert low / 0.95 < high < low / 0.85


def test_a_mover_of_a_programme_goes_by_its_row(hills, tmp_path, tiny):
    programme = tmp_path / "tiny"
    tiny.save(programme)
    own = run(hills, [WEST], tmp_path / "a.csv", to=[EAST], programme=programme, mover="FOOT")
    plain = run(hills, [WEST], tmp_path / "b.csv", to=[EAST])
    # foot: Tobler's, 0.6 off paths, slower only above 2,500 m
    assert own["source"] == "programme"
    assert own["pairs"][0]["hours"] >= plain["pairs"][0]["hours"] / 0.6 * (1 - 1e-9)
    assert {row["id"] for row in Programme.open(programme)["mover"].to_dict("records")} >= {"FOOT"}


def test_points_come_from_geojson(tmp_path):
    path = tmp_path / "points.geojson"
    features = [
        {
            "type": "Feature",
            "properties": {"id": name},
            "geometry": {"type": "Point", "coordinates": [lon, 37.0]},
        }
        for name, lon in (("A", 69.0), ("B", 69.01))
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert read_posts(path) == [Post("A", 69.0, 37.0), Post("B", 69.01, 37.0)]


def test_a_run_that_breaks_leaves_nothing(hills, tmp_path):
    def stop(step):
        if step.stage in ("travel", "pairs"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(hills, [WEST], tmp_path / "h.tif", to=[EAST], paths=tmp_path / "p.geojson", on_step=stop)
    assert list(tmp_path.iterdir()) == []
