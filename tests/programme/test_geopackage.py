"""The working form is a GeoPackage: other programs read and write it, and sarhad takes what they wrote."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from sarhad.errors import DataError, StoreError
from sarhad.programme import Programme, declared, inspect
from sarhad.programme.geopackage.connection import Access, transaction


@pytest.fixture(scope="module")
def master(tiny: Programme, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gpkg") / "tiny.gpkg"
    tiny.save(path)
    return path


@pytest.fixture
def packed(master: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(master, tmp_path / "tiny.gpkg"))


def query(path: Path, statement: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(statement).fetchall()
    connection.close()
    return rows


def append(path: Path, shape: shapely.Geometry, **cells: Any) -> None:
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array([shape])),
        [np.array([cell], dtype=bool if isinstance(cell, bool) else object) for cell in cells.values()],
        list(cells),
        layer="settlement",
        driver="GPKG",
        geometry_type="Point",
        crs="EPSG:4326",
        append=True,
    )


def test_gdal_lists_every_table_with_its_geometry(packed: Path) -> None:
    layers = {str(name): kind for name, kind in pyogrio.list_layers(packed)}
    for name, table in declared().tables.items():
        kind = {"POINT": "Point", "LINESTRING": "LineString"}
        assert layers[name] == (kind[table.geometry.geometry_type] if table.geometry else None)


def test_gdal_reads_rows_types_box_and_description(packed: Path, tiny: Programme) -> None:
    info = pyogrio.read_info(packed, layer="settlement", force_total_bounds=True)
    assert info["crs"] == "EPSG:4326"
    assert info["fid_column"] == "fid"
    assert info["features"] == len(tiny["settlement"])
    assert info["layer_metadata"]["DESCRIPTION"] == "settlements on both sides"
    types = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert (types["population"], types["is_assumption"]) == ("int64", "bool")
    shapes = shapely.points(shapely.get_coordinates(tiny["settlement"]["geometry"].to_numpy()))
    assert info["total_bounds"] == pytest.approx(shapely.total_bounds(shapes))
    _, _, wkb, _ = pyogrio.raw.read(packed, layer="settlement")
    assert (shapely.from_wkb(wkb) == shapes).all()


def test_gdal_finds_rows_by_the_spatial_index(packed: Path) -> None:
    _, _, _, fields = pyogrio.raw.read(
        packed, layer="settlement", bbox=(10.2, 39.9, 10.3, 40.1), columns=["id"]
    )
    assert sorted(fields[0]) == ["U2", "V2"]


def test_columns_carry_unit_description_and_choices(packed: Path) -> None:
    rows = query(
        packed,
        "SELECT title, description FROM gpkg_data_columns WHERE table_name='border' AND column_name='length_km'",
    )
    assert rows == [("length_km (km)", declared().table("border").by_name["length_km"].description)]
    choices = query(
        packed, "SELECT value FROM gpkg_data_column_constraints WHERE constraint_name='mover_locomotion'"
    )
    assert sorted(value for (value,) in choices) == ["drive", "fly", "walk"]


def test_the_licence_of_the_sources_stands_with_the_table(packed: Path) -> None:
    assert query(packed, "SELECT description FROM gpkg_contents WHERE table_name='fact'") == [
        ("single facts, as stated by their sources; licence: CC0-1.0",)
    ]


def test_the_file_says_that_it_is_a_geopackage(packed: Path) -> None:
    assert query(packed, "PRAGMA application_id") == [(0x47504B47,)]
    assert query(packed, "PRAGMA user_version") == [(10400,)]
    assert query(packed, "PRAGMA foreign_key_check") == []
    assert query(packed, "PRAGMA integrity_check") == [("ok",)]


def test_a_feature_added_by_gdal_is_taken(packed: Path, tiny: Programme) -> None:
    place = shapely.Point(10.3, 40.04)
    cells = {
        "id": "U9",
        "name_en": "Нав",
        "country": "AA",
        "is_assumption": True,
        "reasoning": "drawn in QGIS",
    }
    append(packed, place, **cells)
    settlements = Programme.open(packed)["settlement"].set_index("id")
    assert settlements.loc["U9", "name_en"] == "Нав"
    assert settlements.loc["U9", "geometry"] == place
    assert pd.isna(settlements.loc["U9", "population"])
    assert len(settlements) == len(tiny["settlement"]) + 1
    assert [str(fault) for fault in inspect(packed)] == []
    _, _, _, fields = pyogrio.raw.read(
        packed, layer="settlement", bbox=(10.29, 40.03, 10.31, 40.05), columns=["id"]
    )
    assert list(fields[0]) == ["U9"]


def test_what_gdal_added_without_provenance_is_a_fault_not_a_crash(packed: Path) -> None:
    append(packed, shapely.Point(10.3, 40.04), id="U9", name_en="New")
    places = {fault.place for fault in inspect(packed)}
    assert {"settlement.is_assumption", "settlement.country", "settlement.source_ids"} <= places


def test_a_shape_of_the_wrong_kind_is_refused(packed: Path) -> None:
    query_change(packed, "UPDATE settlement SET geometry = (SELECT geometry FROM border) WHERE id = 'U1'")
    with pytest.raises(DataError, match=r"settlement\.geometry, row U1: LINESTRING.* is not a POINT"):
        Programme.open(packed)
    query_change(packed, "UPDATE settlement SET geometry = x'4750' WHERE id = 'U1'")
    with pytest.raises(DataError, match=r"settlement\.geometry, row U1: .* is not a geometry"):
        Programme.open(packed)


def query_change(path: Path, statement: str) -> None:
    with transaction(path, Access.WRITE) as connection:
        connection.exec_driver_sql(statement)


def index_of(path: Path) -> set[tuple[Any, ...]]:
    return set(
        query(path, "SELECT r.id, s.id FROM rtree_settlement_geometry r JOIN settlement s ON s.fid = r.id")
    )


def test_the_triggers_keep_the_index_true_under_our_own_connections(packed: Path) -> None:
    before = index_of(packed)
    query_change(packed, "DELETE FROM settlement WHERE id = 'U1'")
    assert {name for _, name in before} - {name for _, name in index_of(packed)} == {"U1"}
    query_change(packed, "UPDATE settlement SET geometry = NULL WHERE id = 'U2'")
    assert "U2" not in {name for _, name in index_of(packed)}
    query_change(packed, "UPDATE settlement SET geometry = (SELECT geometry FROM crossing) WHERE id = 'U2'")
    assert "U2" in {name for _, name in index_of(packed)}
    query_change(packed, "UPDATE settlement SET fid = 99 WHERE id = 'U2'")
    assert (99, "U2") in index_of(packed)
    query_change(packed, "UPDATE settlement SET geometry = (SELECT geometry FROM crossing) WHERE id = 'U3'")
    box = query(
        packed,
        "SELECT minx, maxx FROM rtree_settlement_geometry r JOIN settlement s ON s.fid = r.id WHERE s.id = 'U3'",
    )
    x = query_bounds(packed)
    assert box[0][0] <= x <= box[0][1]


def query_bounds(path: Path) -> float:
    return float(Programme.open(path)["crossing"]["geometry"].iloc[0].x)


def test_a_save_keeps_layers_that_other_programs_added(packed: Path, tiny: Programme) -> None:
    pyogrio.raw.write(
        packed,
        shapely.to_wkb(np.array([shapely.Point(1, 2)])),
        [np.array(["a"], dtype=object)],
        ["note"],
        layer="my notes",
        driver="GPKG",
        geometry_type="Point",
        crs="EPSG:4326",
        append=True,
    )
    assert [fault.severity for fault in inspect(packed)] == ["notice"]
    changed = tiny.with_changes({"fact": tiny["fact"].assign(value="1")})
    changed.save(packed)
    assert Programme.open(packed).data_hash == changed.data_hash != tiny.data_hash
    assert pyogrio.read_info(packed, layer="my notes")["features"] == 1


def test_a_new_file_has_the_usual_permissions_and_leaves_nothing_beside_it(packed: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(packed.stat().st_mode) & 0o600 == 0o600 & ~mask
    assert [path.name for path in packed.parent.iterdir()] == [packed.name]


def test_a_file_in_use_is_an_output_error(
    packed: Path, tiny: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sarhad.programme.geopackage.connection.WAIT_S", 0.05)
    other = sqlite3.connect(packed, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"database is locked.*Close the program that uses it") as caught:
        tiny.save(packed)
    other.close()
    assert caught.value.is_output


def test_an_empty_file_is_filled(tiny: Programme, tmp_path: Path) -> None:
    path = tmp_path / "new.gpkg"
    path.touch()
    tiny.save(path)
    assert Programme.open(path).data_hash == tiny.data_hash
