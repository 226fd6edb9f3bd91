"""Shapes with their columns from GeoJSON and GeoPackage, in degrees."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.errors import GEOSException
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from sarhad.errors import CrsMismatchError, SpecError, StoreError
from sarhad.programme.geopackage.blobs import from_blobs

DEGREES = np.array([180.0, 90.0, 180.0, 90.0])
NAMES = ("id", "name", "osm_id", "fid")  # columns that name a feature, the first there is


@dataclass(frozen=True)
class Feature:
    """A shape in degrees with its columns."""

    name: str
    shape: BaseGeometry
    columns: Mapping[str, Any]


def read_features(path: Path, kinds: tuple[str, ...], *, is_single: bool = False) -> list[Feature]:
    """Return the features of a GeoJSON file, or of the first layer of a GeoPackage that holds such shapes.

    Parameters
    ----------
    path
        Ends in .gpkg for a GeoPackage.
    kinds
        Geometry types that are wanted, such as LineString.
    is_single
        Refuse several in one (MultiLineString).

    Raises
    ------
    StoreError
        If it cannot be read.
    CrsMismatchError
        If its coordinates are not those of its coordinate system.
    SpecError
        If it holds none, or shapes of other types.
    """
    wanted = set(kinds) if is_single else {*kinds, *(f"Multi{kind}" for kind in kinds)}
    found = _from_geopackage(path, wanted) if path.suffix.lower() == ".gpkg" else _from_geojson(path)
    if not found:
        raise SpecError(f"{path}: holds no features. Give {' or '.join(kinds)}s.")
    wrong = [
        one for one in found if one.shape is None or one.shape.geom_type not in wanted or one.shape.is_empty
    ]
    if wrong:
        named = ", ".join(
            f"{one.name} ({one.shape.geom_type if one.shape else 'nothing'})" for one in wrong[:5]
        )
        raise SpecError(
            f"{path}: {len(wrong)} of {len(found)} features are no {' or '.join(kinds)}: {named}. Leave them out."
        )
    far = [one.name for one in found if not (np.abs(one.shape.bounds) <= DEGREES).all()]
    if far:
        raise CrsMismatchError(
            f"{path}: {len(far)} of {len(found)} features are not in degrees: {', '.join(far[:5])}. Write the coordinate "
            "system into the file, or reproject it to EPSG:4326."
        )
    return found


def _from_geojson(path: Path) -> list[Feature]:
    if not path.is_file():
        raise StoreError(f"{path}: is not there.")
    try:
        body = json.loads(path.read_text(encoding="utf-8-sig"))
        features = body["features"] if body["type"] == "FeatureCollection" else [body]
        named = (body.get("crs") or {}).get("properties", {}).get("name")
        read = [
            (_shape(feature["geometry"]), dict(feature.get("properties") or {}), str(feature.get("id") or n))
            for n, feature in enumerate(features, 1)
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, GEOSException) as error:
        raise StoreError(f"{path}: not readable as GeoJSON ({type(error).__name__}: {error}).") from error
    shapes = _in_degrees(path, [one for one, _, _ in read], named)
    return [Feature(_name(row, n), one, row) for one, (_, row, n) in zip(shapes, read, strict=True)]


def _shape(geometry: Any) -> BaseGeometry | None:
    return None if geometry is None else shape(geometry)


def _from_geopackage(path: Path, wanted: set[str]) -> list[Feature]:
    if not path.is_file():
        raise StoreError(f"{path}: is not there.")
    kinds = {kind.upper() for kind in wanted} | {"GEOMETRY"}
    try:
        with closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as base:
            layers = [
                row
                for row in base.execute(
                    "select table_name, column_name, geometry_type_name, srs_id from gpkg_geometry_columns order by 1"
                )
                if row[2].upper() in kinds
            ]
            if not layers:
                raise SpecError(f"{path}: holds no layer of {' or '.join(sorted(wanted))}. Give one.")
            table, column, _, system = layers[0]
            quoted = str(table).replace('"', '""')
            rows = base.execute(f'select * from "{quoted}" order by rowid')  # noqa: S608 - a name of the file's own
            heads = [head[0] for head in rows.description]
            read = [dict(zip(heads, row, strict=True)) for row in rows]
            named = _system(base, system)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read as a GeoPackage ({error}).") from error
    found = from_blobs([row.pop(column) for row in read])
    shapes = _in_degrees(path, [one if isinstance(one, BaseGeometry) else None for one in found], named)
    return [
        Feature(_name(row, str(n)), one, row)
        for n, (one, row) in enumerate(zip(shapes, read, strict=True), 1)
    ]


def _system(base: sqlite3.Connection, number: int) -> str | None:
    """Return the coordinate system of a layer as pyproj reads it."""
    if number <= 0:
        return None
    row = base.execute(
        "select organization, organization_coordsys_id, definition from gpkg_spatial_ref_sys where srs_id = ?",
        (number,),
    ).fetchone()
    if row is None:
        return f"EPSG:{number}"
    return f"EPSG:{row[1]}" if str(row[0]).upper() == "EPSG" else str(row[2])


def _in_degrees(path: Path, shapes: list[Any], named: str | None) -> list[Any]:
    """Return shapes in degrees, given the name of the coordinate system in the file."""
    if named is None:
        return shapes
    try:
        crs = CRS.from_user_input(named)
    except CRSError as error:
        raise CrsMismatchError(
            f"{path}: names an unknown coordinate system, {named}. Reproject it."
        ) from error
    if crs.equals(CRS.from_epsg(4326), ignore_axis_order=True):
        return shapes
    turn = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    return [
        one
        if one is None
        else shapely.transform(
            one, lambda points: np.column_stack(turn.transform(points[:, 0], points[:, 1]))
        )
        for one in shapes
    ]


def _name(row: Mapping[str, Any], number: str) -> str:
    return next(
        (str(row[column]) for column in NAMES if row.get(column) not in (None, "")), f"feature {number}"
    )
