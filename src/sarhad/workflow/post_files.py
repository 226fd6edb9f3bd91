"""Posts and lines from files of other programs: CSV, GeoPackage, GeoJSON."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry import LineString, MultiLineString

from sarhad.errors import SpecError, StoreError
from sarhad.workflow.features import read_features


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
    if path.suffix.lower() in (".gpkg", ".geojson", ".json"):
        return [
            Post(one.name, one.shape.x, one.shape.y)
            for one in read_features(path, ("Point",), is_single=True)
        ]
    posts = _from_csv(path)
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


def read_lines(path: Path) -> list[tuple[str, LineString]]:
    """Return the name and course in degrees of each line of a GeoJSON or GeoPackage file, parts one by one.

    Raises
    ------
    StoreError
        If it cannot be read.
    SpecError
        If it holds no lines, or other shapes too.
    """
    return [
        (one.name, part)
        for one in read_features(path, ("LineString",))
        for part in (one.shape.geoms if isinstance(one.shape, MultiLineString) else [one.shape])
    ]
