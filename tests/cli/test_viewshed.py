"""`sarhad viewshed`: the rasters it writes, and what it refuses."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from sarhad.errors import CrsMismatchError, RefusedError, SarhadError, SpecError, StoreError
from sarhad.place.viewshed import ViewSpec
from sarhad.programme.geopackage.blobs import to_blobs
from sarhad.workflow.post_files import Post, read_posts
from sarhad.workflow.steps import silent
from sarhad.workflow.viewing import Viewing, view_from
from tests.cli.conftest import Sarhad

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "viewshed.json"
DEGREES = Affine(0.001, 0, 70.0, 0, -0.001, 38.0)
METRES = Affine(100.0, 0, 500_000.0, 0, -100.0, 4_200_000.0)
MIDDLE = Post("middle", 70.05, 37.95)


def dem(path: Path, crs: str | None, *, void: bool = False, place: Affine = DEGREES) -> Path:
    """Write a plain of 100 x 100 cells in int16."""
    heights = np.zeros((100, 100), dtype=np.int16)
    if void:
        heights[40:60, 40:60] = -32768
    profile = {"driver": "GTiff", "width": 100, "height": 100, "count": 1, "dtype": "int16"}
    with rasterio.open(path, "w", **profile, crs=crs, transform=place) as file:
        file.write(heights, 1)
    return path


def seen(source: Path, out: Path, spec: ViewSpec, *posts: Post, **asked: Any) -> dict[str, Any]:
    """Return the figures of a view, checked against the schema."""
    found = view_from(
        source, list(posts) or [MIDDLE], out, spec, asked=Viewing(**asked), on_step=silent
    ).payload
    jsonschema.validate(json.loads(json.dumps(found)), json.loads(SCHEMA.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("draws", [0, 3])
def test_a_plain_is_seen_all_around(tmp_path: Path, draws: int) -> None:
    out, source = tmp_path / "out.tif", dem(tmp_path / "dem.tif", "EPSG:4326")
    found = seen(source, out, ViewSpec(500.0, 2.0), draws=draws)
    assert found["area_km2"] == pytest.approx(np.pi * 4, rel=0.03)
    with rasterio.open(out) as file:
        assert file.read(1).sum() == pytest.approx(found["cells_seen"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dem.tif", "out.tif"]


def test_several_posts_are_counted(tmp_path: Path) -> None:
    # 2 km east of the first, on the level, with 2 km of sight each: the lens between them is seen by both
    out, source = tmp_path / "out.tif", dem(tmp_path / "dem.tif", "EPSG:32642", place=METRES)
    with rasterio.open(source) as file:
        lon, lat = (v[0] for v in rasterio.warp.transform(file.crs, "EPSG:4326", [504_050.0], [4_195_050.0]))
        east, north = (
            v[0] for v in rasterio.warp.transform(file.crs, "EPSG:4326", [506_050.0], [4_195_050.0])
        )
    found = seen(source, out, ViewSpec(500.0, 2.0), Post("west", lon, lat), Post("east", east, north))
    with rasterio.open(out) as file:
        count = file.read(1)
    lens = 2 * 4 * np.arccos(0.5) - 0.5 * 2 * np.sqrt(16.0 - 4.0)
    assert (count == 2).sum() * 0.01 == pytest.approx(lens, rel=0.05)
    assert found["cells_seen"] == (count > 0).sum()
    assert [row["id"] for row in found["posts"]] == ["west", "east"]
    assert count.sum() * 0.01 == pytest.approx(sum(row["area_km2"] for row in found["posts"]))


def test_azimuth_mast_and_lines_are_told(sarhad: Sarhad, tmp_path: Path) -> None:
    # northward only: a line north of the post is seen, one south is not; a higher mast adds nothing on a plain this near
    source, lines = dem(tmp_path / "dem.tif", "EPSG:4326"), tmp_path / "lines.geojson"
    courses = {"north": [[70.05, 37.955], [70.05, 37.96]], "south": [[70.05, 37.94], [70.05, 37.945]]}
    lines.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"id": name},
                        "geometry": {"type": "LineString", "coordinates": course},
                    }
                    for name, course in courses.items()
                ],
            }
        ),
        encoding="utf-8",
    )
    where = "--at", "70.05,37.95", "--height", "50", "--radius-km", "2", "-o", tmp_path / "o.tif"
    done = sarhad(
        *(
            "viewshed",
            source,
            *where,
            "--azimuth",
            "350,10",
            "--more-height",
            "10",
            "--lines",
            lines,
            "--json",
        )
    )
    found = json.loads(done.stdout)
    assert found["area_km2"] == pytest.approx(np.pi * 4 * 20 / 360, rel=0.1)
    assert {row["id"]: row["share_seen"] for row in found["lines"]} == {"north": 1.0, "south": 0.0}
    assert found["posts"][0]["more_area_km2"] == 0.0
    nothing = sarhad("viewshed", source, *where, "--replace", "--elevation", "1,90", "--json")
    assert json.loads(nothing.stdout)["cells_seen"] == 1  # itself


def test_posts_come_from_csv_and_geopackage(tmp_path: Path) -> None:
    table, base = tmp_path / "posts.csv", tmp_path / "posts.gpkg"
    table.write_text("id,lon,lat\nA,70.05,37.95\nB,70.06,37.96\n", encoding="utf-8")
    assert read_posts(table) == [Post("A", 70.05, 37.95), Post("B", 70.06, 37.96)]
    points = np.array([shapely.Point(70.05, 37.95), shapely.Point(70.06, 37.96)], dtype=object)
    connection = sqlite3.connect(base)
    connection.execute(
        "create table gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id)"
    )
    connection.execute("insert into gpkg_geometry_columns values ('post', 'geom', 'POINT', 4326)")
    connection.execute(
        "create table gpkg_spatial_ref_sys (srs_id, organization, organization_coordsys_id, definition)"
    )
    connection.execute("insert into gpkg_spatial_ref_sys values (4326, 'EPSG', 4326, '')")
    connection.execute("create table post (geom)")
    connection.executemany(
        "insert into post values (?)", [(b,) for b in to_blobs(points, shapely.bounds(points))]
    )
    connection.commit()
    connection.close()
    assert read_posts(base) == [Post("feature 1", 70.05, 37.95), Post("feature 2", 70.06, 37.96)]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("id,x,y\nA,1,2\n", SpecError, "no column lat and lon"),
        (
            "lon,lat\n500000,4200000\n70,north\n",
            SpecError,
            r"2 of 2 posts .*row 2 \(500000,4.2e\+06\), row 3",
        ),
        ("lon,lat\n", SpecError, "holds no posts"),
        (None, StoreError, "cannot be read as CSV"),
    ],
)
def test_bad_files_of_posts_are_refused(
    tmp_path: Path, text: str | None, error: type[Exception], said: str
) -> None:
    path = tmp_path / "posts.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=said):
        read_posts(path)


@pytest.mark.parametrize(
    ("crs", "place", "void", "lon", "error", "text"),
    [
        (None, DEGREES, False, 70.05, CrsMismatchError, "names no coordinate system"),
        ("EPSG:32642", DEGREES, False, 70.05, CrsMismatchError, "they look like degrees"),
        ("EPSG:4326", METRES, False, 70.05, CrsMismatchError, "yet it says that they are degrees"),
        ("EPSG:4326", DEGREES, False, 71.0, SpecError, r"1 of 1 lie outside .*far \(71.0,37.95\)"),
        ("EPSG:4326", DEGREES, True, 70.05, SpecError, "stand where it has no elevation"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_bad_rasters_are_refused(
    tmp_path: Path, crs: str | None, place: Affine, void: bool, lon: float, error: type[Exception], text: str
) -> None:
    source = dem(tmp_path / "dem.tif", crs, void=void, place=place)
    with pytest.raises(error, match=text):
        seen(source, tmp_path / "o.tif", ViewSpec(5.0, 1.0), Post("far", lon, 37.95))
    assert not (tmp_path / "o.tif").exists()


@pytest.mark.parametrize(
    ("asked", "posts", "said"),
    [
        ({"memory_gb": 1e-6}, 1, r"cells need 0\.00 GB, 0\.00 GB allowed"),
        ({"draws": 3, "range_m": 1000.0, "memory_gb": 0.0001}, 1, r"the draws need 0\.00 GB"),
        ({"draws": 3}, 2, "chance to be seen by one post at a time"),
        ({"more_height_m": -1.0}, 1, "--more-height: -1.0 is not a height"),
        ({"more_height_m": float("nan"), "memory_gb": 0.0}, 1, "(?s)--more-height: nan.*--memory-gb: 0"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    tmp_path: Path, asked: dict[str, Any], posts: int, said: str
) -> None:
    source = dem(tmp_path / "dem.tif", "EPSG:4326")
    with pytest.raises(SpecError, match=said):
        seen(source, tmp_path / "o.tif", ViewSpec(5.0, 1.0), *[MIDDLE] * posts, **asked)
    assert [p.name for p in tmp_path.iterdir()] == ["dem.tif"]


@pytest.mark.parametrize("height", ["-1", "nan"])
def test_a_height_that_is_none_is_refused(sarhad: Sarhad, tmp_path: Path, height: str) -> None:
    source = dem(tmp_path / "dem.tif", "EPSG:4326")
    refused = sarhad(
        *("viewshed", source, "--at", "70.05,37.95", "--height", height, "--radius-km", "1"),
        *("-o", tmp_path / "o.tif"),
    )
    assert refused.exit_code == 2
    assert f"height: {float(height)} is not a height" in refused.output
    assert not (tmp_path / "o.tif").exists()


@pytest.mark.parametrize(("radius_km", "least", "most"), [(0.05, 1, 1), (0.12, 5, 9), (60.0, 12_500, 12_800)])
def test_from_one_cell_to_the_whole_map(tmp_path: Path, radius_km: float, least: int, most: int) -> None:
    # seen from 20 km up over a plain nothing is hidden; cells are as wide as those of the raster from west to east
    found = seen(dem(tmp_path / "dem.tif", "EPSG:4326"), tmp_path / "o.tif", ViewSpec(20_000.0, radius_km))
    assert least <= found["cells_seen"] <= most


def test_voids_of_int16_hide_nothing_and_are_counted(tmp_path: Path) -> None:
    source = dem(tmp_path / "dem.tif", "EPSG:32642", void=True, place=METRES)
    with rasterio.open(source) as file:
        lon, lat = (v[0] for v in rasterio.warp.transform(file.crs, "EPSG:4326", [503_050.0], [4_195_050.0]))
    found = seen(source, tmp_path / "o.tif", ViewSpec(500.0, 20.0), Post("beside", lon, lat))
    assert found["cells_without_elevation"] == 400
    assert found["cells_seen"] == 100 * 100 - 400


def test_a_run_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    source = dem(tmp_path / "dem.tif", "EPSG:4326")

    def stop(step: object) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        view_from(source, [MIDDLE], tmp_path / "o.tif", ViewSpec(5.0, 1.0), asked=Viewing(), on_step=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["dem.tif"]


@pytest.mark.parametrize("args", [("--at", "37;70"), ("--at", "70.05,37.95", "--azimuth", "10"), ()])
def test_a_point_or_sector_that_is_none_is_refused(
    sarhad: Sarhad, tmp_path: Path, args: tuple[str, ...]
) -> None:
    where = "--height", "5", "--radius-km", "1", "-o", tmp_path / "o.tif"
    refused = sarhad("viewshed", dem(tmp_path / "dem.tif", "EPSG:4326"), *args, *where)
    assert refused.exit_code == 2
    assert (args[-2] if args else "no post") in refused.output


def test_neither_the_elevation_nor_another_file_is_overwritten_unasked(tmp_path: Path) -> None:
    source = dem(tmp_path / "dem.tif", "EPSG:4326")
    before = source.read_bytes()
    mine = tmp_path / "mine.tif"
    mine.write_text("mine", encoding="utf-8")

    def run(out: Path, **more: bool) -> SarhadError:
        with pytest.raises(SarhadError) as caught:
            view_from(source, [MIDDLE], out, ViewSpec(5.0, 1.0), asked=Viewing(), on_step=silent, **more)
        return caught.value

    assert "would replace what it is made from" in str(run(source, is_replacing=True))
    assert isinstance(run(mine), RefusedError)
    assert (source.read_bytes(), mine.read_text(encoding="utf-8")) == (before, "mine")
