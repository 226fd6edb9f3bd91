"""What becomes of each publisher's files: tiles and their mosaic, and rows of the programme's tables."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from babel import Locale

from sarhad.errors import DataError, RefusedError, SpecError, StoreError
from sarhad.ingest import Area, countries, provider, providers
from sarhad.ingest.countries import country_code
from sarhad.ingest.extracts import covering
from sarhad.ingest.terrain import tile_name
from sarhad.place.viewshed import ViewSpec
from sarhad.programme import declared
from sarhad.programme.text import read_csv
from sarhad.workflow.fetching import From, Where, fetch
from sarhad.workflow.post_files import Post
from sarhad.workflow.steps import Step, silent
from sarhad.workflow.viewing import Viewing, view_from
from tests.ingest import published
from tests.ingest.server import Clock, Server, refused, whole

BOX = (10.9, 40.2, 11.1, 40.8)


def run(server: Server, topic: str, folder: Path, **given: Any) -> dict[str, Any]:
    where = given.pop("where", Where(box=BOX))
    source = From(base=server.base, **given.pop("source", {}))
    return fetch(topic, folder, where, source, manners=Clock().manners(), on_step=silent, **given).payload


def table(folder: Path, name: str) -> pd.DataFrame:
    frame, faults = read_csv(declared().table(name), (folder / f"{name}.csv").read_bytes())
    assert not faults
    return frame


@pytest.mark.parametrize(
    ("lat", "lon", "name"),
    [(37, 68, "N37_00_E068"), (-1, -70, "S01_00_W070"), (0, 0, "N00_00_E000")],
)
def test_tiles_are_named_by_their_south_western_corner(lat: int, lon: int, name: str) -> None:
    assert tile_name(lat, lon) == f"Copernicus_DSM_COG_10_{name}_00_DEM"


def test_a_line_needs_the_tiles_that_its_corridor_touches() -> None:
    # 40 km are 0.36 degrees of latitude and 0.46 of longitude at 38 N
    area = Area.about(shapely.LineString([(68.5, 37.5), (69.5, 37.5)]), 40.0)
    assert area.degrees() == [(37, 68), (37, 69)]
    assert Area.about(shapely.LineString([(68.3, 37.5), (69.5, 37.5)]), 40.0).degrees() == [
        (37, 67),
        (37, 68),
        (37, 69),
    ]
    assert Area(-0.5, -0.5, 0.5, 0.5).degrees() == [(-1, -1), (-1, 0), (0, -1), (0, 0)]


@pytest.mark.parametrize(
    ("box", "text"),
    [
        ((11, 40, 10, 41), "not west < east"),
        ((10, 40, 11, 91), "within 90"),
        ((0, 0, 30, 30), "more than 400 square degrees"),
        ((0, float("nan"), 1, 1), "not all numbers"),
    ],
)
def test_a_box_that_is_none_is_refused(box: tuple[float, float, float, float], text: str) -> None:
    with pytest.raises(SpecError, match=text):
        Area(*box)


def test_terrain_is_joined_and_serves_a_view(server: Server, tmp_path: Path) -> None:
    published.put_terrain(
        server, {(40, 10): published.tile(40, 10, 100.0), (40, 11): published.tile(40, 11, 200.0)}
    )
    found = run(server, "terrain", tmp_path)
    assert [file["checked_by"] for file in found["files"]] == ["MD5 in the ETag"] * 2
    assert found["made"] == ["source.csv", "terrain.vrt"]
    heights = published.heights(tmp_path / "terrain.vrt")
    assert heights.shape == (published.SIDE, 2 * published.SIDE)
    assert (heights[:, : published.SIDE] == 100.0).all()
    assert (heights[:, published.SIDE :] == 200.0).all()
    with rasterio.open(tmp_path / "terrain.vrt") as raster:
        assert raster.bounds.left == pytest.approx(10 - 0.5 / published.SIDE)
        assert raster.crs.to_epsg() == 4326
    spec = ViewSpec(10.0, 5.0)
    here = [Post("edge", 10.99, 40.5)]
    seen = view_from(
        tmp_path / "terrain.vrt", here, tmp_path / "seen.tif", spec, asked=Viewing(), on_step=silent
    )
    assert seen.payload["cells_without_elevation"] == 0
    source = table(tmp_path, "source").iloc[0]
    assert (source["id"], source["licence"]) == ("DS-GLO30", provider("glo30").licence)
    assert source["credit"].startswith("produced using Copernicus WorldDEM-30 © DLR e.V. 2010-2014")
    assert "do not incur any liability for any use of the Copernicus WorldDEM-30" in source["licence"]


def test_tiles_of_wider_cells_are_interpolated_in_the_mosaic_and_named(
    server: Server, tmp_path: Path
) -> None:
    # a ramp of 1 m a cell in cells twice as wide: between their centres 0.5 m a cell, where repeating would give 0 and 1
    ramp = np.arange(published.SIDE // 2, dtype=np.float32)
    ramp[:3] = -9999.0
    wide = published.tile(40, 11, ramp, -9999.0, across=published.SIDE // 2)
    published.put_terrain(server, {(40, 10): published.tile(40, 10, 100.0), (40, 11): wide})
    found = run(server, "terrain", tmp_path)
    assert any(
        text.startswith(f"1 tiles have wider cells than the others ({tile_name(40, 11)}.tif): in terrain.vrt")
        for text in found["notices"]
    )
    with rasterio.open(tmp_path / "terrain.vrt") as raster:
        row = raster.read(1, masked=True)[published.SIDE // 2, published.SIDE :]
    assert row.mask[:5].all()
    assert np.diff(row.compressed()[2:-2]) == pytest.approx(0.5, abs=1e-3)


def test_tiles_of_one_spacing_stay_as_they_are(server: Server, tmp_path: Path) -> None:
    heights = np.random.default_rng(1).normal(size=(published.SIDE, published.SIDE)).astype(np.float32)
    published.put_terrain(server, {(40, 10): published.tile(40, 10, heights)})
    run(server, "terrain", tmp_path, where=Where(box=(10.1, 40.1, 10.2, 40.2)))
    assert np.array_equal(published.heights(tmp_path / "terrain.vrt"), heights)


def test_a_tile_that_is_not_listed_is_said_and_left_void(server: Server, tmp_path: Path) -> None:
    published.put_terrain(server, {(40, 10): published.tile(40, 10, 100.0)})
    found = run(server, "terrain", tmp_path)
    assert any(f"no tile {tile_name(40, 11)}" in notice for notice in found["notices"])
    with pytest.raises(DataError, match="none of the 1 tiles"):
        run(server, "terrain", tmp_path, where=Where(box=(50.1, 1.1, 50.2, 1.2)))


def test_a_tile_whose_cells_cannot_be_read_is_taken_away(server: Server, tmp_path: Path) -> None:
    data = published.tile(40, 10, 100.0)
    published.put_terrain(server, {(40, 10): data})
    name = tile_name(40, 10)
    server.put(f"/{name}/{name}.tif", whole(data[:-30_000], etag='"parts-2"'), size=len(data) - 30_000)
    with pytest.raises(StoreError, match=r"came damaged .* taken away"):
        run(server, "terrain", tmp_path, where=Where(box=(10.2, 40.2, 10.4, 40.4)))
    assert not (tmp_path / f"{name}.tif").exists()


def test_what_came_before_is_not_fetched_again_and_what_is_mine_not_replaced(
    server: Server, tmp_path: Path
) -> None:
    published.put_terrain(
        server, {(40, 10): published.tile(40, 10, 100.0), (40, 11): published.tile(40, 11, 200.0)}
    )
    run(server, "terrain", tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "fetched.csv"}
    asked = len(server.asked)
    again = run(server, "terrain", tmp_path)
    assert len(server.asked) == asked
    assert all(file["was_there"] for file in again["files"])
    assert {
        path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "fetched.csv"
    } == before
    own = tmp_path / f"{tile_name(40, 10)}.tif"
    own.write_bytes(b"mine")
    with pytest.raises(RefusedError, match="--replace"):
        run(server, "terrain", tmp_path)
    assert own.read_bytes() == b"mine"
    run(server, "terrain", tmp_path, is_replacing=True)
    assert own.read_bytes() == before[own.name]


def test_a_file_that_got_its_name_is_recorded_whenever_the_run_ends(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.put_terrain(
        server, {(40, 10): published.tile(40, 10, 100.0), (40, 11): published.tile(40, 11, 200.0)}
    )
    name = f"{tile_name(40, 10)}.tif"
    named = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if self.name == f"{name}.part":
            raise KeyboardInterrupt
        return named(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            run(server, "terrain", tmp_path)
    assert name in (tmp_path / "fetched.csv").read_text(encoding="utf-8")
    assert not (tmp_path / name).exists()
    before = len(server.gets(f"/{tile_name(40, 10)}/{name}"))
    assert (run(server, "terrain", tmp_path)["files"][0]["bytes"]) == (tmp_path / name).stat().st_size
    assert (
        len(server.gets(f"/{tile_name(40, 10)}/{name}")) == before
    )  # the part was whole: nothing comes again


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [("fetched.csv", b"\xff\xfe", "not the record"), ("source.csv", b"id\n\xff", "source.csv")],
)
def test_a_damaged_record_is_said(server: Server, tmp_path: Path, name: str, data: bytes, text: str) -> None:
    published.put_terrain(
        server, {(40, 10): published.tile(40, 10, 1.0), (40, 11): published.tile(40, 11, 1.0)}
    )
    run(server, "terrain", tmp_path)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(StoreError, match=text):
        run(server, "terrain", tmp_path)
    assert (tmp_path / name).read_bytes() == data


def test_a_trial_names_sizes_and_brings_nothing(server: Server, tmp_path: Path) -> None:
    data = published.tile(40, 10, 100.0)
    published.put_terrain(server, {(40, 10): data, (40, 11): data})
    found = run(server, "terrain", tmp_path, is_trial=True)
    assert found["bytes_to_come"] == 2 * len(data)
    assert not list(tmp_path.glob("*.tif"))


def test_progress_is_shown_and_can_stop(server: Server, tmp_path: Path) -> None:
    published.put_terrain(
        server, {(40, 10): published.tile(40, 10, 100.0), (40, 11): published.tile(40, 11, 200.0)}
    )
    steps: list[Step] = []

    def watch(step: Step) -> bool:
        steps.append(step)
        return "2 of 2 files" not in step.text or step.stage == "ask"

    with pytest.raises(KeyboardInterrupt):
        fetch("terrain", tmp_path, Where(box=BOX), From(base=server.base), on_step=watch)
    assert any("MB to come" in step.text and "GB free" in step.text for step in steps)
    assert (tmp_path / f"{tile_name(40, 10)}.tif").exists()
    assert not (tmp_path / f"{tile_name(40, 11)}.tif").exists()
    assert not run(server, "terrain", tmp_path)["files"][1]["was_there"]


PLACES = [
    published.place(1, "Panj", 11.0, 40.4, others="Pyandzh,Пяндж,Панҷ,پنج,喷赤", people=9000),
    published.place(2, "Hamlet", 11.0, 40.6),
    published.place(3, "Gone", 11.0, 40.6, code="PPLQ", people=5),
    published.place(4, "Far", 30.0, 40.6, people=5000),
]


def test_places_become_settlements_with_names_by_script(server: Server, tmp_path: Path) -> None:
    published.put_places(server, PLACES)
    found = run(server, "places", tmp_path)
    rows = table(tmp_path, "settlement").set_index("id")
    assert sorted(rows.index) == ["G1", "G2"]
    assert rows.loc["G1", "name_cyrillic"] == "Панҷ|Пяндж"
    assert rows.loc["G1", "name_arabic"] == "پنج"
    assert rows["population"].tolist()[0] == 9000
    assert pd.isna(rows.loc["G2", "population"])
    assert "no districts: name the countries with --country" in found["notices"]


def test_districts_run_along_the_line_with_the_licence_of_their_boundaries(
    server: Server, tmp_path: Path
) -> None:
    published.put_places(server, PLACES)
    where = Where(border=published.border(tmp_path / "line.geojson"))
    run(server, "places", tmp_path / "out", where=where, source={"countries": ("tjk", "afg")})
    rows = table(tmp_path / "out", "district").set_index("id")
    assert sorted(rows.index) == ["AFG-EAST-OF-AFG", "AFG-WEST-OF-AFG", "TJK-EAST-OF-TJK", "TJK-WEST-OF-TJK"]
    # the units part at 10.99 E, 0.09 of the 0.2 degrees along: 16.96 km long, so at 7.6 km to a step of 0.1 km
    assert rows.loc["TJK-WEST-OF-TJK", "chainage_to_km"] == pytest.approx(7.63, abs=0.11)
    assert rows.loc["TJK-EAST-OF-TJK", "chainage_from_km"] == rows.loc["TJK-WEST-OF-TJK", "chainage_to_km"]
    assert rows["side"].to_dict()["AFG-EAST-OF-AFG"] == "beyond"
    assert set(rows["parent"]) == {"All TJK", "All AFG"}
    sources = table(tmp_path / "out", "source").set_index("id")
    assert sources.loc["DS-GEOBOUNDARIES-AFG-ADM2", "licence"] == "licence of AFG"
    assert "surveyors of AFG" in sources.loc["DS-GEOBOUNDARIES-AFG-ADM2", "credit"]


def test_a_boundary_without_a_stated_licence_is_named(server: Server, tmp_path: Path) -> None:
    published.put_places(server, PLACES)
    unit = [published.square("All", 10.0, 40.5, 12.0, 41.5)]
    said = {"boundaryLicense": "METADATA ERROR", "licenseDetail": "nan"}
    published.put_units(server, "TJK", "ADM1", unit, **said)
    published.put_units(
        server, "TJK", "ADM2", unit, boundaryLicense="CC BY 3.0 IGO", licenseDetail="as OCHA has it"
    )
    found = run(server, "places", tmp_path, source={"countries": ("TJK",)})
    sources = table(tmp_path, "source").set_index("id")
    assert sources.loc["DS-GEOBOUNDARIES-TJK-ADM1", "licence"] == "not stated"
    assert sources.loc["DS-GEOBOUNDARIES-TJK-ADM2", "licence"] == "CC BY 3.0 IGO (as OCHA has it)"
    assert any("states no licence of TJK ADM1: ask there" in notice for notice in found["notices"])


def test_all_places_are_fetched_by_country(server: Server, tmp_path: Path) -> None:
    published.put_places(server, PLACES)
    data = published.zipped("TJ.txt", PLACES[0] + "\n")
    server.put("/TJ.zip", whole(data), size=len(data))
    found = run(server, "places", tmp_path, source={"countries": ("TJK",), "has_every_place": True})
    assert found["files"][0]["file"] == "geonames_TJ.zip"
    with pytest.raises(SpecError, match="Name countries"):
        run(server, "places", tmp_path, source={"has_every_place": True})
    with pytest.raises(SpecError, match="not ISO 3166-1 alpha-3"):
        run(server, "places", tmp_path, source={"countries": ("../",)})
    with pytest.raises(SpecError, match="no country has that code"):
        run(server, "places", tmp_path, source={"countries": ("ABC",), "has_every_place": True})


@pytest.mark.parametrize(
    ("inside", "text"),
    [("1\tPanj\n", "line 1 has 2 cells, not 19"), ("\n".join(PLACES[3:]), "none in the area")],
)
def test_a_gazetteer_of_another_form_or_place_is_said(
    server: Server, tmp_path: Path, inside: str, text: str
) -> None:
    server.put("/cities500.zip", whole(published.zipped("cities500.txt", inside)))
    with pytest.raises((StoreError, DataError), match=text):
        run(server, "places", tmp_path)


def test_a_damaged_archive_is_said(server: Server, tmp_path: Path) -> None:
    server.put("/cities500.zip", whole(b"PK\x03\x04 and then nothing"))
    with pytest.raises(StoreError, match="is damaged"):
        run(server, "places", tmp_path)
    assert not (tmp_path / "settlement.csv").exists()


def test_incidents_are_counted_by_quarter_district_and_kind(server: Server, tmp_path: Path) -> None:
    server.put("/ged261-csv.zip", whole(published.zipped("GEDEvent_v26_1.csv", published.EVENTS)))
    found = run(server, "incidents", tmp_path)
    rows = table(tmp_path, "incident").set_index("id")
    first = rows.loc["2021Q1-AFGHANISTAN-DARQAD-STATE-BASED"]
    assert (first["count"], first["deaths_low"], first["deaths"], first["deaths_high"]) == (2, 5, 6, 8)
    assert (first["country"], first["geometry"].wkt) == ("AF", "POINT (11.01 40.51)")
    second = rows.loc["2021Q2-AFGHANISTAN-TAKHAR-ONE-SIDED"]
    assert (second["count"], second["district"]) == (1, "Takhar")
    assert len(rows) == 2
    assert "1 events left out whose place is no better known than a province" in found["notices"]
    assert "Somebody" not in (tmp_path / "incident.csv").read_text(encoding="utf-8")


COUNTRIES = (
    ("490", "DR Congo (Zaire)", "CD"),
    ("365", "Russia (Soviet Union)", "RU"),
    ("678", "Yemen (North Yemen)", "YE"),
    ("680", "South Yemen", "YE"),
    ("", "Cambodia (Kampuchea)", "KH"),
    ("", "Myanmar (Burma)", "MM"),
    ("", "Bosnia-Herzegovina", "BA"),
    ("", "Ivory Coast", "CI"),
    ("", "Kyrgyzstan", "KG"),
    ("", "Macedonia, FYR", "MK"),
    ("", "North Macedonia", "MK"),
    ("", "Madagascar (Malagasy)", "MG"),
    ("", "Rumania", "RO"),
    ("", "Serbia (Yugoslavia)", "RS"),
    ("", "Vietnam (North Vietnam)", "VN"),
    ("", "Zimbabwe (Rhodesia)", "ZW"),
    ("", "Swaziland", "SZ"),
    ("565.0", "named otherwise", "NA"),
    ("", "Kingdom of eSwatini (Swaziland)", "SZ"),
    ("396", "Abkhazia", None),
)


@pytest.mark.parametrize(("number", "name", "code"), COUNTRIES)
def test_countries_are_known_by_number_and_by_former_names(number: str, name: str, code: str | None) -> None:
    assert country_code(number, name) == code


def test_every_country_of_the_list_is_one_of_iso_3166() -> None:
    text = (Path(countries.__file__).parent / "countries.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    known = set(Locale("en").territories)
    assert len({row["number"] for row in rows}) == len(rows) > 190
    assert {row["code"] for row in rows} <= known


def test_rows_without_a_country_code_are_named(server: Server, tmp_path: Path) -> None:
    events = published.EVENTS.replace(",700,Afghanistan,", ",0,Nowhere,")
    server.put("/ged261-csv.zip", whole(published.zipped("GEDEvent_v26_1.csv", events)))
    found = run(server, "incidents", tmp_path)
    text = "2 rows without a country code, whose number and name are not known: 2021Q1-NOWHERE-DARQAD-STATE-BASED"
    assert any(text in notice for notice in found["notices"])
    assert table(tmp_path, "incident")["country"].isna().all()


def test_a_release_without_numbers_of_countries_goes_by_their_names(server: Server, tmp_path: Path) -> None:
    events = published.EVENTS.replace("country_id,", "").replace(",700,", ",").replace(",432,", ",")
    server.put("/ged261-csv.zip", whole(published.zipped("GEDEvent_v26_1.csv", events)))
    run(server, "incidents", tmp_path)
    assert table(tmp_path, "incident")["country"].tolist() == ["AF", "AF"]


def test_another_release_has_another_address(server: Server, tmp_path: Path) -> None:
    server.put("/ged251-csv.zip", whole(published.zipped("x.csv", published.EVENTS)))
    found = run(server, "incidents", tmp_path, source={"release": "25.1"})
    assert found["files"][0]["file"] == "ucdp_ged251.zip"
    assert table(tmp_path, "source")["title"].tolist() == ["UCDP Georeferenced Event Dataset 25.1"]
    with pytest.raises(SpecError, match="not a release"):
        run(server, "incidents", tmp_path, source={"release": "new"})


def test_a_release_of_another_form_is_said(server: Server, tmp_path: Path) -> None:
    server.put("/ged261-csv.zip", whole(published.zipped("x.csv", "a,b\n1,2\n")))
    with pytest.raises(StoreError, match="of another form"):
        run(server, "incidents", tmp_path)


@pytest.mark.parametrize("data", [published.extract_pbf(), published.extract()], ids=["pbf", "xml"])
def test_an_extract_becomes_roads_rivers_and_crossings(server: Server, tmp_path: Path, data: bytes) -> None:
    published.put_osm(server, data)
    where = Where(border=published.border(tmp_path / "line.geojson"))
    found = run(server, "osm", tmp_path / "out", where=where)
    assert found["files"][0]["checked_by"] == "MD5 of the source"
    roads = table(tmp_path / "out", "road")
    # 1-2-3 is one way, since no third road meets at 2; 3-4, and of the two ways 3-6 the shorter
    ends = {frozenset((row.node_a, row.node_b)) for row in roads.itertuples()}
    j1, j3, j4, j6, j8 = (
        f"J{published.NODES[k][0]:.5f}_{published.NODES[k][1]:.5f}" for k in (1, 3, 4, 6, 8)
    )
    assert ends == {frozenset((j1, j3)), frozenset((j3, j4)), frozenset((j3, j6)), frozenset((j6, j8))}
    direct = roads[(roads["node_a"] == min(j3, j6)) & (roads["node_b"] == max(j3, j6))].iloc[0]
    assert direct["length_km"] == pytest.approx(
        0.03 * 111.04, rel=1e-3
    )  # 0.03 degrees along a meridian at 40.5 N
    rivers = table(tmp_path / "out", "river")
    assert rivers[["id", "name_en"]].to_numpy().tolist() == [["PANJ", "Panj"]]
    assert len(rivers["geometry"].iloc[0].coords) == 3
    crossing = table(tmp_path / "out", "crossing").iloc[0]
    assert (crossing["name_en"], crossing["name_beyond"]) == ("South Post", "North Post")
    assert crossing["chainage_km"] == pytest.approx(0.101 * 84.8, rel=0.01)
    assert len(table(tmp_path / "out", "crossing")) == 1
    assert any("1 posts farther than 5 km" in notice for notice in found["notices"])
    assert table(tmp_path / "out", "source")[["licence", "date"]].to_numpy().tolist() == [
        ["ODbL 1.0", "2025-11-05"]
    ]


def test_without_a_reader_no_extract_is_fetched(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.put_osm(server, published.extract_pbf())
    monkeypatch.setitem(sys.modules, "pyogrio", None)
    with pytest.raises(SpecError, match=r"pip install 'sarhad\[osm\]'"):
        run(server, "osm", tmp_path)
    assert server.asked == []


def test_extracts_are_found_by_the_area_or_named(server: Server, tmp_path: Path) -> None:
    published.put_osm(server, published.extract())
    assert [file["file"] for file in run(server, "osm", tmp_path / "a")["files"]] == [
        "asia_here-latest.osm.pbf"
    ]
    run(server, "osm", tmp_path / "b", source={"regions": ("asia/here",)})
    assert not (tmp_path / "b" / "geofabrik_index-v1.json").exists()
    with pytest.raises(StoreError, match="is not there"):
        run(server, "osm", tmp_path / "c", source={"regions": ("asia/nowhere",)})


def test_the_smallest_extracts_that_cover_the_area_are_chosen() -> None:
    def one(name: str, *box: float) -> dict[str, object]:
        return published.square(name, *box) | {"properties": {"id": name, "urls": {"pbf": name}}}

    features = [
        one("world", -90, -80, 90, 80),
        one("west", 0, 0, 5, 10),
        one("east", 5, 0, 10, 10),
        one("far", 50, 0, 60, 9),
    ]
    assert covering(Area(1, 1, 2, 2), features) == ["west"]
    assert covering(Area(4, 1, 6, 2), features) == ["east", "west"]
    assert covering(Area(9, 1, 12, 2), features) == ["east", "world"]


def test_an_extract_whose_checksum_differs_is_not_kept(server: Server, tmp_path: Path) -> None:
    published.put_osm(server, published.extract())
    server.put("/asia/here-latest.osm.pbf", whole(published.extract() + b" "), size=5)
    with pytest.raises(StoreError, match="came damaged"):
        run(server, "osm", tmp_path)
    assert not list(tmp_path.glob("*.pbf"))


def test_an_extract_that_cannot_be_read_is_said(server: Server, tmp_path: Path) -> None:
    published.put_osm(server, published.extract()[:300])
    with pytest.raises(StoreError, match="no extract that can be read"):
        run(server, "osm", tmp_path)


def test_sources_of_several_topics_stand_in_one_table(server: Server, tmp_path: Path) -> None:
    published.put_places(server, PLACES)
    server.put("/ged261-csv.zip", whole(published.zipped("x.csv", published.EVENTS)))
    run(server, "incidents", tmp_path)
    run(server, "places", tmp_path)
    assert table(tmp_path, "source")["id"].tolist() == ["DS-GEONAMES", "DS-UCDP"]


def test_a_table_that_was_edited_is_not_replaced_unasked(server: Server, tmp_path: Path) -> None:
    published.put_places(server, PLACES)
    run(server, "places", tmp_path)
    mine = (tmp_path / "settlement.csv").read_text(encoding="utf-8").replace("9000", "9001")
    (tmp_path / "settlement.csv").write_text(mine, encoding="utf-8")
    with pytest.raises(RefusedError, match="edited since"):
        run(server, "places", tmp_path)
    assert "9001" in (tmp_path / "settlement.csv").read_text(encoding="utf-8")


def test_an_address_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SARHAD_FROM_GLO30", "http://mirror.example.org/dem/")
    assert provider("glo30").url("tileList.txt") == "http://mirror.example.org/dem/tileList.txt"
    assert provider("glo30", "http://asked.example.org").base == "http://asked.example.org"
    with pytest.raises(SpecError, match="not an address"):
        provider("glo30", "ftp://example.org")


def test_every_provider_states_licence_and_credit() -> None:
    assert all(one.licence and one.credit and one.base.startswith("https://") for one in providers())


def test_a_busy_publisher_is_waited_for(server: Server, tmp_path: Path) -> None:
    published.put_terrain(
        server, {(40, 10): published.tile(40, 10, 1.0), (40, 11): published.tile(40, 11, 1.0)}
    )
    names = "\n".join((tile_name(40, 10), tile_name(40, 11))).encode()
    server.put("/tileList.txt", refused(503), whole(names, kind="text/plain"))
    assert len(run(server, "terrain", tmp_path)["files"]) == 2
