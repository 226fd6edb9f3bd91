"""Posts and lines from files of other programs: CSV, GeoPackage, GeoJSON."""

from __future__ import annotations

import csv
import json
import math
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from shapely.errors import GEOSException
from shapely.geometry import LineString, MultiLineString, shape

from sarhad.errors import SpecError, StoreError
from sarhad.programme.geopackage.blobs import from_blobs
from sarhad.workflow.features import read_features

WGS84 = 4326


@dataclass(frozen=True)
class Post:
    """A place to look from, in degrees."""

    name: str
    lon: float
    lat: float


def read_posts(path: Path) -> list[Post]:
    """Return the posts of a CSV file (columns lon, lat, and id or name if there), or the points of a GeoPackage or GeoJSON.

    Raises
    ------
    SpecError
        If rows are no points in degrees; every one of the first five is named.
    StoreError
        If the file cannot be read.
    """
    if path.suffix.lower() in (".geojson", ".json"):
        return [
            Post(one.name, one.shape.x, one.shape.y)
            for one in read_features(path, ("Point",), is_single=True)
        ]
    posts = _from_geopackage(path) if path.suffix.lower() == ".gpkg" else _from_csv(path)
    wrong = [post for post in posts if not (abs(post.lon) <= 180.0 and abs(post.lat) <= 90.0)]
    if wrong:
        named = ", ".join(f"{post.name} ({post.lon:g},{post.lat:g})" for post in wrong[:5])
        raise SpecError(
            f"{path}: {len(wrong)} of {len(posts)} posts are no longitude and latitude in degrees: {named}. "
            "Correct them."
        )
    if not posts:
        raise SpecError(f"{path}: holds no posts. Give one a row.")
    return posts


def _number(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return math.nan


def _from_csv(path: Path) -> list[Post]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = {"lon", "lat"} - set(rows.fieldnames or ())
            if missing:
                raise SpecError(f"{path}: no column {' and '.join(sorted(missing))}. Head it id,lon,lat.")
            return [
                Post(row.get("id") or row.get("name") or f"row {k}", _number(row["lon"]), _number(row["lat"]))
                for k, row in enumerate(rows, 2)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"{path}: cannot be read as CSV ({error}).") from error


def _from_geopackage(path: Path) -> list[Post]:
    """Return the points of the first layer of points, in WGS 84."""
    if not path.is_file():
        raise StoreError(f"{path}: is not there.")
    try:
        with closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as base:
            layers = base.execute(
                "select table_name, column_name, srs_id from gpkg_geometry_columns "
                "where geometry_type_name = 'POINT' order by table_name"
            ).fetchall()
            if not layers:
                raise SpecError(f"{path}: holds no layer of points. Give one, or a CSV file.")
            table, column, system = layers[0]
            if system != WGS84:
                raise SpecError(f"{path}: layer {table} is in system {system}. Give it in EPSG:4326.")
            quoted = (str(name).replace('"', '""') for name in (column, table))
            rows = base.execute('select rowid, "{}" from "{}" order by rowid'.format(*quoted)).fetchall()  # noqa: S608
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read as a GeoPackage ({error}).") from error
    shapes = from_blobs([blob for _, blob in rows])
    return [
        Post(
            f"row {number}",
            *((point.x, point.y) if isinstance(point, shapely.Point) else (math.nan, math.nan)),
        )
        for (number, _), point in zip(rows, shapes, strict=True)
    ]


def read_lines(path: Path) -> list[tuple[str, LineString]]:
    """Return the name and course in degrees of each line of a GeoJSON file.

    Raises
    ------
    StoreError
        If it cannot be read.
    SpecError
        If it holds no lines.
    """
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        found = [
            (str((feature.get("properties") or {}).get("id") or f"line {k}"), shape(feature["geometry"]))
            for k, feature in enumerate(features, 1)
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, GEOSException) as error:
        raise StoreError(f"{path}: not readable as GeoJSON lines ({error}).") from error
    lines: list[tuple[str, LineString]] = []
    for name, course in found:
        if isinstance(course, MultiLineString):
            lines += [(name, part) for part in course.geoms]
        elif isinstance(course, LineString):
            lines.append((name, course))
    if not lines:
        raise SpecError(f"{path}: holds no lines. Give LineStrings in degrees.")
    far = [name for name, course in lines if not np.all(np.abs(course.bounds) <= (180.0, 90.0, 180.0, 90.0))]
    if far:
        raise SpecError(
            f"{path}: {len(far)} of {len(lines)} lines are not in degrees: {', '.join(far[:5])}. Reproject them to EPSG:4326."
        )
    return lines
