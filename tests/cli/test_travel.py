"""`sarhad travel` on the command line: what it writes, and what it says of bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import rasterio
from affine import Affine

from tests.cli.conftest import Sarhad
from tests.cli.test_json import SCHEMAS

AT = "69.0,37.0"
Write = Callable[..., Path]


def dem(path: Path, *, crs: str | None = "EPSG:4326", west: float = 68.95, void: bool = False) -> Path:
    """Write a level raster of 100 x 100 cells about 69,37, int16 without a nodata value."""
    values = np.full((100, 100), 500, dtype=np.int16)
    if void:
        values[45:55, 45:55] = -32768
    to_xy = Affine(0.001, 0.0, west, 0.0, -0.001, 37.05)
    with rasterio.open(
        path, "w", driver="GTiff", width=100, height=100, count=1, dtype="int16", crs=crs, transform=to_xy
    ) as file:
        file.write(values, 1)
    return path


def lines(path: Path, *rows: tuple[dict[str, Any], list[list[float]]], kind: str = "LineString") -> Path:
    """Write a GeoJSON file."""
    features = [
        {"type": "Feature", "properties": columns, "geometry": {"type": kind, "coordinates": course}}
        for columns, course in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


EAST_WEST = [[68.96, 37.0], [69.04, 37.0]]
NORTH_SOUTH = [[69.005, 36.9], [69.005, 37.1]]


@pytest.fixture
def ground(tmp_path: Path) -> Path:
    return dem(tmp_path / "dem.tif")


def test_a_car_on_a_road_over_a_bridge_and_a_walker_who_swims(sarhad: Sarhad, ground: Path) -> None:
    folder = ground.parent
    roads = lines(folder / "roads.geojson", ({"highway": "primary"}, EAST_WEST))
    rivers = lines(folder / "rivers.geojson", ({"width_m": 50, "current_ms": 0.5}, NORTH_SOUTH))
    common = (
        "travel",
        ground,
        "--from",
        "68.99,37.0",
        "--to",
        "69.02,37.0",
        "--rivers",
        rivers,
        "--radius-km",
        "1",
    )
    car = sarhad(*common, "--mover", "car", "--roads", roads, "-o", folder / "car.csv", "--json", "-q")
    found = json.loads(car.stdout)
    jsonschema.validate(found, json.loads((SCHEMAS / "travel.json").read_text(encoding="utf-8")))
    # 0.03 degrees of longitude at 37 north are 2.67 km, at 65 km/h
    assert found["pairs"][0]["hours"] == pytest.approx(2.67 / 65.0, rel=0.05)
    swims = json.loads(sarhad(*common, "--water", "swim", "-o", folder / "s.csv", "--json", "-q").stdout)
    # 15 minutes and 50 m at 2 km/h
    assert swims["crossings"] == [{"width_m": 50.0, "current_ms": 0.5, "hours": 0.275, "drift_m": 45.0}]
    assert swims["pairs"][0]["hours"] == pytest.approx(2.67 / 5.037 + 0.275, rel=0.05)
    assert {row["name"] for row in swims["numbers"] if row["is_assumption"]} == {"swim"}
    held = json.loads(sarhad(*common, "-o", folder / "no.csv", "--json", "-q").stdout)
    assert held["pairs"][0]["hours"] is None


def test_the_lines_for_people_name_what_is_judged(sarhad: Sarhad, ground: Path) -> None:
    folder = ground.parent
    asked = ("travel", ground, "--from", AT, "--month", "1", "--radius-km", "2", "-q")
    done = sarhad(*asked, "-o", folder / "h.tif", "--isochrones", "0.1,0.2")
    assert done.exit_code == 0, done.output
    assert "judged, not measured: month 1 snow_line_m" in done.stdout
    assert f"{folder / 'h.geojson'}: isochrones" in done.stdout


def test_a_table_of_numbers_replaces_rows(sarhad: Sarhad, ground: Path) -> None:
    folder = ground.parent
    (folder / "mine.csv").write_text(
        "group,name,quantity,value,unit,is_assumption,source\nroad,goat_path,kmh,0,km/h,true,\n"
        "road,primary,kmh,30,km/h,false,own survey\n"
    )
    roads = lines(
        folder / "r.geojson", ({"class": "primary"}, EAST_WEST), ({"class": "goat_path"}, NORTH_SOUTH)
    )
    asked = (
        "travel",
        ground,
        "--from",
        "68.99,37",
        "--to",
        "69.02,37",
        "--radius-km",
        "1",
        "--mover",
        "car",
        "-q",
    )
    more = ("--roads", roads, "--road-class", "class", "--numbers", folder / "mine.csv", "--json")
    found = json.loads(sarhad(*asked, *more, "-o", folder / "m.csv").stdout)
    assert found["pairs"][0]["hours"] == pytest.approx(2.67 / 30.0, rel=0.05)
    assert [row["source"] for row in found["numbers"] if row["name"] == "primary"] == ["own survey"]


def test_a_car_beside_a_road_is_moved_to_it_and_told(sarhad: Sarhad, ground: Path) -> None:
    folder = ground.parent
    roads = lines(folder / "roads.geojson", ({"highway": "primary"}, EAST_WEST))
    asked = (
        "travel",
        ground,
        "--to",
        "69.02,37",
        "--radius-km",
        "1",
        "--mover",
        "car",
        "--roads",
        roads,
        "-q",
    )
    done = sarhad(*asked, "--from", "68.99,37.005", "-o", folder / "m.csv")
    assert "notice: 68.99,37.005: moved " in done.stdout
    far = sarhad(*asked, "--from", "68.99,37.04", "-o", folder / "n.csv")
    assert far.exit_code == 2
    assert "1 of 2 lie more than 2 km from a road: 68.99,37.04" in far.output


def test_a_layer_in_metres_is_read_by_its_system_and_refused_without(sarhad: Sarhad, ground: Path) -> None:
    folder = ground.parent
    wall = folder / "wall.geojson"
    lines(wall, ({}, [[500_450.0, 4_000_000.0], [500_450.0, 4_200_000.0]]))
    asked = (
        "travel",
        ground,
        "--from",
        AT,
        "--to",
        "69.02,37",
        "--radius-km",
        "1",
        "--barriers",
        wall,
        "-q",
        "--json",
    )
    refused = sarhad(*asked, "-o", folder / "m.csv")
    assert "1 of 1 features are not in degrees: feature 1" in refused.output
    body = json.loads(wall.read_text()) | {"crs": {"type": "name", "properties": {"name": "EPSG:32642"}}}
    wall.write_text(json.dumps(body))
    assert json.loads(sarhad(*asked, "-o", folder / "m.csv").stdout)["pairs"][0]["hours"] is None


def said(sarhad: Sarhad, ground: Path, *more: object, status: int = 2, out: str = "o.tif") -> str:
    """Return what is said of a run that must fail and leave nothing."""
    before = sorted(ground.parent.iterdir())
    point = () if "--from" in more or "--towards" in more else ("--from", AT)
    done = sarhad("travel", ground, *point, "-o", ground.parent / out, "-q", *more)
    assert done.exit_code == status, done.output
    assert sorted(ground.parent.iterdir()) == before
    return " ".join(done.output.split())


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("--mover", "toblr"), "--mover: toblr is unknown. Give one of tobler, irmischer-on"),
        (("--mover", "toblr"), "Did you mean tobler?"),
        (("--mover", "car"), "--mover: car keeps to roads. Give them with --roads."),
        (("--from", "69.5,37.0"), "69.5,37 lies outside"),
        (("--from", "69.0,37.0", "--to", "69.5,37.0"), "69.5,37 lies outside"),
        (("--from", "37;69"), "--from: 37;69 is no list of numbers"),
        (("--from", "posts.shp"), "--from posts.shp: neither LON,LAT nor a file that ends in .csv, .gpkg"),
        (("--from", "690,37"), "not a longitude and a latitude"),
        (("--from", "nan,37"), "not a longitude and a latitude"),
        (("--month", "13"), "--month: 13 is not 1 to 12."),
        (("--month", "0"), "--month: 0 is not 1 to 12."),
        (("--neighbours", "4"), "--neighbours: 4 is not possible. Give 8 or 16."),
        (("--isochrones", "1,-2"), "--isochrones: -2 is no time above 0"),
        (("--isochrones", "nan"), "--isochrones: nan is no time above 0"),
        (("--radius-km", "-1"), "radius -1 km: less than 2 cells"),
        (("--radius-km", "nan"), "radius nan km: less than 2 cells"),
        (("--radius-km", "inf"), "radius inf km: less than 2 cells"),
        (("--altitude", "1500"), "--altitude 1500: give metres and a share"),
        (("--altitude", "nan,0.1"), "--altitude: nan,0.1: give metres"),
        (("--altitude", "1500,2"), "--altitude: 1500,2: give metres"),
        (("--snow-line", "nan"), "--snow-line: nan is no elevation"),
        (("--memory-gb", "-1"), "--memory-gb: -1.0 is not above 0"),
        (("--memory-gb", "0.001"), "more than the 0.001 GB allowed"),
        (("--water", "swim"), "--water swim: there is no river. Give them with --rivers."),
        (("--paths", "p.geojson"), "--paths p.geojson: want pairs. Give --to."),
        (("--towards", AT, "--to", "69.01,37"), "--to: goes with --from"),
        (("--towards", AT, "--from", AT), "--towards: goes without --from"),
        (
            ("--month", "13", "--neighbours", "9"),
            "--neighbours: 9 is not possible. Give 8 or 16. --month: 13",
        ),
    ],
)
def test_options_that_cannot_be_are_named(
    sarhad: Sarhad, ground: Path, more: tuple[str, ...], text: str
) -> None:
    assert text in said(sarhad, ground, *more)


def test_a_table_wants_ends_and_no_isochrones(sarhad: Sarhad, ground: Path) -> None:
    text = said(sarhad, ground, "--isochrones", "1", out="m.csv")
    assert "a table wants pairs. Give --to" in text
    assert "--isochrones: are drawn from the raster of hours" in text


def test_points_are_needed(sarhad: Sarhad, ground: Path) -> None:
    done = sarhad("travel", ground, "-o", ground.parent / "o.tif", "-q")
    assert done.exit_code == 2
    assert "no point: give --from LON,LAT or FILE" in done.output
    (ground.parent / "none.csv").write_text("id,lon,lat\n")
    assert "holds no posts" in said(sarhad, ground, "--to", ground.parent / "none.csv")


@pytest.mark.parametrize(
    ("crs", "west", "text"),
    [
        (None, 68.95, "names no coordinate system"),
        ("EPSG:32642", 68.95, "they look like degrees"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_rasters_without_a_true_system_are_refused(
    sarhad: Sarhad, tmp_path: Path, crs: str | None, west: float, text: str
) -> None:
    assert text in said(sarhad, dem(tmp_path / "dem.tif", crs=crs, west=west), status=1)


def test_a_point_on_a_void_or_on_a_barrier_is_refused(sarhad: Sarhad, tmp_path: Path) -> None:
    hole = dem(tmp_path / "dem.tif", void=True)
    assert "no elevation at 69,37 (a void)" in said(sarhad, hole, status=1)
    whole = dem(tmp_path / "dem.tif")
    area = [[[68.99, 36.99], [69.01, 36.99], [69.01, 37.01], [68.99, 37.01], [68.99, 36.99]]]
    shut = lines(tmp_path / "shut.geojson", ({"name": "field"}, area), kind="Polygon")
    text = said(sarhad, whole, "--barriers", shut, "--from", AT, "--radius-km", "2")
    assert "1 of 1 lie where tobler cannot be: on a barrier, in a river or in snow: 69.0,37.0" in text


@pytest.mark.parametrize(
    ("columns", "option", "texts"),
    [
        ({"kind": "primary", "lanes": 2}, "--roads", ["no column highway. There are: kind, lanes."]),
        (
            {"highway": "goat_path"},
            "--roads",
            ["2 of 2 roads are of classes without a speed: None, goat_path", "Known are motorway"],
        ),
        (
            {"highway": "primary", "closed_months": "11-14"},
            "--roads",
            ["no months such as 11-4: feature 1 (11-14)"],
        ),
        ({"name": "Panj"}, "--rivers", ["no column width_m. There are: name."]),
        (
            {"name": "Panj", "width_m": -3},
            "--rivers",
            ["2 of 2 are no numbers above 0: Panj (-3), feature 2 (empty)"],
        ),
        (
            {"width_m": "nan", "current_ms": "fast"},
            "--rivers",
            ["feature 1 (nan)", "current_ms: 1 of 2", "(fast)"],
        ),
        ({"closed_months": "winter"}, "--barriers", ["no months such as 11-4: feature 1 (winter)"]),
    ],
)
def test_files_of_surfaces_are_judged_whole(
    sarhad: Sarhad, ground: Path, columns: dict[str, Any], option: str, texts: list[str]
) -> None:
    path = lines(ground.parent / "x.geojson", (columns, EAST_WEST), ({}, NORTH_SOUTH))
    found = said(sarhad, ground, option, path)
    for text in texts:
        assert text in found


def test_many_pairs_are_cut_short_for_people_and_whole_in_the_table(sarhad: Sarhad, ground: Path) -> None:
    places = ground.parent / "places.csv"
    places.write_text("name,lon,lat\n" + "".join(f"P{k},{68.99 + 0.005 * k},37.0\n" for k in range(5)))
    out = ground.parent / "m.csv"
    asked = ("travel", ground, "--from", places, "--to", places, "-o", out, "--radius-km", "1", "-q")
    done = sarhad(*asked)
    assert f"  and 5 more pairs: see --json or {out}" in done.stdout
    assert [line.split(",")[:2] for line in out.read_text().splitlines()[1:]] == [
        [f"P{a}", f"P{b}"] for a in range(5) for b in range(5)
    ]
    assert "length and climb of so many pairs are left out" not in done.stdout
    at_once = json.loads(sarhad(*asked, "--neighbours", "8", "--replace", "--json").stdout)
    assert "length and climb of so many pairs are left out: with --paths they are told" in at_once["notices"]


def test_a_vehicle_off_roads_on_wide_cells_is_told_of_slopes(sarhad: Sarhad, ground: Path) -> None:
    # cells of 0.001 degrees are 89 m, of 0.01 nine hundred
    wide = ground.parent / "wide.tif"
    with rasterio.open(ground) as file:
        profile = file.profile | {"transform": Affine(0.01, 0.0, 68.5, 0.0, -0.01, 37.5)}
        with rasterio.open(wide, "w", **profile) as other:
            other.write(file.read())
    for path, is_told in ((ground, False), (wide, True)):
        asked = ("travel", path, "--from", AT, "--mover", "4x4", "-o", ground.parent / "h.tif")
        done = sarhad(*asked, "--replace", "-q", "--radius-km", "4")
        assert ("4x4 will find steeper ground" in done.stdout) == is_told


def test_vehicles_are_not_put_on_rafts(sarhad: Sarhad, ground: Path) -> None:
    folder = ground.parent
    rivers = lines(folder / "rivers.geojson", ({"width_m": 50}, NORTH_SOUTH))
    text = said(sarhad, ground, "--mover", "4x4", "--rivers", rivers, "--water", "raft")
    assert "--water raft: 4x4 does not walk. Vehicles pass bridges and fords alone." in text
    assert "--water: canoe is unknown. Give one of wade, swim, raft, boat." in said(
        sarhad, ground, "--rivers", rivers, "--water", "canoe"
    )


def test_closed_months_without_a_month_are_told_and_a_snow_line_needs_none(
    sarhad: Sarhad, ground: Path
) -> None:
    folder = ground.parent
    wall = lines(folder / "wall.geojson", ({"closed_months": "11-4"}, NORTH_SOUTH))
    asked = (
        "travel",
        ground,
        "--from",
        AT,
        "--to",
        "69.02,37",
        "--radius-km",
        "1",
        "--barriers",
        wall,
        "--json",
        "-q",
    )
    found = json.loads(sarhad(*asked, "-o", folder / "a.csv").stdout)
    assert ["closed months" in notice for notice in found["notices"]] == [True]
    winter = json.loads(sarhad(*asked, "--month", "12", "-o", folder / "b.csv").stdout)
    assert (found["pairs"][0]["hours"] is None, winter["pairs"][0]["hours"] is None) == (False, True)
    snow = json.loads(sarhad(*asked, "--snow-line", "400", "-o", folder / "c.csv").stdout)
    assert snow["pairs"][0]["hours"] == pytest.approx(found["pairs"][0]["hours"] / 0.59)


def test_files_that_are_no_lines_are_refused(sarhad: Sarhad, ground: Path) -> None:
    folder = ground.parent
    (folder / "no.geojson").write_text("{")
    assert "not readable as GeoJSON" in said(sarhad, ground, "--roads", folder / "no.geojson", status=1)
    assert "absent.geojson: is not there" in said(
        sarhad, ground, "--roads", folder / "absent.geojson", status=1
    )
    points = lines(folder / "p.geojson", ({}, [69.0, 37.0]), kind="Point")  # type: ignore[arg-type]
    assert "1 of 1 features are no LineString: feature 1 (Point)" in said(sarhad, ground, "--roads", points)
    lines(folder / "none.geojson")
    assert "holds no features" in said(sarhad, ground, "--rivers", folder / "none.geojson")
    (folder / "n.csv").write_text(
        "group,name,quantity,value,unit,is_assumption,source\nroad,x,kmh,-1,km/h,maybe,\n"
    )
    text = said(sarhad, ground, "--numbers", folder / "n.csv")
    assert "line 2, value: '-1' is no number" in text
    assert "line 2, is_assumption: 'maybe' is neither" in text


def test_numbers_that_nothing_would_read_are_refused(sarhad: Sarhad, ground: Path) -> None:
    path = ground.parent / "n.csv"
    path.write_text(
        "group,name,quantity,value,unit,is_assumption,source\nsnow,walk,factr,0.5,1,true,\n"
        "water,swim,kmh,0.6,m/s,true,\nroad,primary,kmh,30,km/h,true,\nroad,primary,kmh,40,km/h,true,\n"
        "month,13,discharge_ratio,1,1,true,\n"
    )
    text = said(sarhad, ground, "--numbers", path)
    for words in (
        "line 2, quantity: nothing reads snow,factr",
        "line 3, unit: 'm/s' for water,kmh. Give it in km/h",
        "line 5: road,primary,kmh stands above already",
        "line 6, name: nothing reads '13' of month",
    ):
        assert words in text


def test_pairs_of_points_of_one_name_are_refused(sarhad: Sarhad, ground: Path) -> None:
    path = ground.parent / "p.csv"
    path.write_text("id,lon,lat\nA,68.99,37\nA,69.01,37\n")
    text = said(sarhad, ground, "--to", path)
    assert "--to: 1 names stand for several points: A" in text


def test_what_is_there_is_not_overwritten_unasked(sarhad: Sarhad, ground: Path) -> None:
    folder = ground.parent
    for name in ("o.tif", "o.geojson", "p.geojson"):
        (folder / name).write_text("mine", encoding="utf-8")
    asked = ("--from", AT, "--to", "69.01,37", "--radius-km", "1")
    assert "is there already" in said(sarhad, ground, *asked, status=4)
    (folder / "o.tif").unlink()
    assert "o.geojson: is there already" in said(sarhad, ground, *asked, "--isochrones", "1", status=4)
    assert "is there already" in said(sarhad, ground, *asked, "--paths", folder / "p.geojson", status=4)
    assert "would replace what it is made from" in said(sarhad, ground, *asked, "--replace", out="dem.tif")
    assert (folder / "p.geojson").read_text() == "mine"


def test_nothing_that_is_read_is_written_over(sarhad: Sarhad, ground: Path) -> None:
    folder = ground.parent
    roads = lines(folder / "roads.geojson", ({"highway": "primary"}, EAST_WEST))
    posts = folder / "posts.csv"
    posts.write_text("id,lon,lat\nA,69.0,37.0\n", encoding="utf-8")
    text = said(
        sarhad,
        ground,
        "--roads",
        roads,
        "--isochrones",
        "1",
        "--replace",
        "--radius-km",
        "1",
        out="roads.tif",
    )
    assert "roads.geojson: the result would replace what it is made from" in text
    text = said(sarhad, ground, "--from", posts, "--to", AT, "--replace", "--radius-km", "1", out="posts.csv")
    assert "posts.csv: the result would replace what it is made from" in text
    assert "lies among the elevations" in said(
        sarhad, folder, "--radius-km", "1", out=f"{folder.name}/hours.tif"
    )


def test_a_folder_that_is_not_there_is_made(sarhad: Sarhad, ground: Path) -> None:
    out = ground.parent / "new" / "hours.tif"
    done = sarhad("travel", ground, "--from", AT, "--radius-km", "1", "-q", "-o", out)
    assert done.exit_code == 0, done.output
    assert out.is_file()
