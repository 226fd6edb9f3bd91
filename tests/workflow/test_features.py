"""Shapes from GeoPackage and GeoJSON."""

from __future__ import annotations

import json
import sqlite3

import numpy as np
import pyogrio
import pytest
import shapely

from sarhad.errors import SpecError, StoreError
from sarhad.workflow.features import read_features
from sarhad.workflow.surface_files import read_rivers, read_roads


def geopackage(path, shapes, crs, **columns):
    """Write a layer as other programs do."""
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(shapes, dtype=object)),
        list(columns.values()),
        list(columns),
        layer="ways",
        driver="GPKG",
        geometry_type=shapes[0].geom_type,
        crs=crs,
    )
    return path


def test_a_geopackage_in_metres_comes_in_degrees_with_its_columns(tmp_path):
    # zone 42 north: 500,000 m east is the meridian of 69 degrees
    line = shapely.LineString([(500_000.0, 4_095_000.0), (500_000.0, 4_100_000.0)])
    names = np.array(["primary"], dtype=object)
    path = geopackage(tmp_path / "ways.gpkg", [line], "EPSG:32642", highway=names)
    (found,) = read_features(path, ("LineString",))
    assert np.allclose(np.array(found.shape.coords)[:, 0], 69.0)
    assert 36.9 < found.shape.bounds[1] < found.shape.bounds[3] < 37.1
    assert found.columns["highway"] == "primary"
    (road,) = read_roads(path, "highway", ["primary"])
    assert road.kind == "primary"


def test_lines_in_several_parts_count_as_lines(tmp_path):
    parts = shapely.MultiLineString([[(69.0, 37.0), (69.1, 37.0)], [(69.2, 37.0), (69.3, 37.0)]])
    path = geopackage(tmp_path / "w.gpkg", [parts], "EPSG:4326", highway=np.array(["track"], dtype=object))
    assert len(read_features(path, ("LineString",))[0].shape.geoms) == 2


def test_a_layer_of_other_shapes_or_none_is_refused(tmp_path):
    path = geopackage(
        tmp_path / "p.gpkg", [shapely.Point(69.0, 37.0)], "EPSG:4326", name=np.array(["A"], dtype=object)
    )
    with pytest.raises(SpecError, match="holds no layer of LineString or MultiLineString"):
        read_features(path, ("LineString",))
    with pytest.raises(StoreError, match="is not there"):
        read_features(tmp_path / "absent.gpkg", ("LineString",))
    with sqlite3.connect(tmp_path / "empty.gpkg") as base:
        base.execute("create table other (x)")
    base.close()
    with pytest.raises(StoreError, match="cannot be read as a GeoPackage"):
        read_features(tmp_path / "empty.gpkg", ("LineString",))


def test_one_feature_alone_and_features_without_a_shape(tmp_path):
    path = tmp_path / "one.geojson"
    feature = {
        "type": "Feature",
        "id": 7,
        "properties": None,
        "geometry": {"type": "LineString", "coordinates": [[69.0, 37.0], [69.1, 37.0]]},
    }
    path.write_text(json.dumps(feature))
    assert read_features(path, ("LineString",))[0].name == "feature 7"
    path.write_text(json.dumps(feature | {"geometry": None}))
    with pytest.raises(SpecError, match=r"feature 7 \(nothing\)"):
        read_features(path, ("LineString",))


def test_another_datum_is_not_taken_for_wgs_84(tmp_path):
    point = shapely.Point(69.0, 37.0)
    path = geopackage(tmp_path / "old.gpkg", [point], "EPSG:4284")  # Pulkovo 1942, degrees
    (found,) = read_features(path, ("Point",))
    off_m = np.hypot((found.shape.x - 69.0) * 89_000.0, (found.shape.y - 37.0) * 111_000.0)
    assert 20.0 < off_m < 300.0
    same = geopackage(tmp_path / "new.gpkg", [point], "EPSG:4326")
    assert read_features(same, ("Point",))[0].shape == point


@pytest.mark.parametrize(
    ("ford", "is_one"), [("stepping_stones", True), ("yes", True), ("no", False), (None, False)]
)
def test_a_ford_of_any_kind_is_a_ford(tmp_path, ford, is_one):
    path = tmp_path / "rivers.geojson"
    shape = {"type": "LineString", "coordinates": [[69.0, 37.0], [69.1, 37.0]]}
    one = {"type": "Feature", "geometry": shape, "properties": {"width_m": 30, "ford": ford}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [one]}))
    assert read_rivers(path)[0].has_ford == is_one
