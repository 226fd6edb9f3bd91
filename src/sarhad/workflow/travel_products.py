"""What `travel` writes: hours as a raster, isochrones and paths as GeoJSON, hours of pairs as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from pyproj import Transformer
from rasterio.features import shapes
from shapely.geometry import LineString, mapping, shape
from shapely.geometry.base import BaseGeometry

from sarhad.place.border import FloatArray
from sarhad.place.terrain import Float32Array, IntArray
from sarhad.place.travel.burning import BoolArray, Cells

DECIMALS = 7  # of a degree: 1 cm
CRS84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
PAIR = ("from", "to", "hours", "km", "climb_m")


@dataclass(frozen=True)
class Pair:
    """The best way from one point to another.

    Parameters
    ----------
    start, end
        Names of the points.
    hours
        Infinite where no way leads.
    cells
        Of the way, from start to end; None where it was not asked for, or none leads.
    km, climb_m
        Length on the map and sum of all rises; nan without the way.
    """

    start: str
    end: str
    hours: float
    cells: IntArray | None = None
    km: float = np.nan
    climb_m: float = np.nan

    def row(self) -> dict[str, Any]:
        """Return it as a row of the table."""
        return dict(zip(PAIR, (self.start, self.end, self.hours, self.km, self.climb_m), strict=True))


def along(pair: Pair, cells: IntArray, elevation_m: Float32Array, cell_m: float) -> Pair:
    """Return a pair with its way, the length and the climb of it."""
    row, col = np.divmod(cells, elevation_m.shape[1])
    height = elevation_m.ravel()[cells].astype(np.float64)
    km = float(np.hypot(np.diff(row), np.diff(col)).sum()) * cell_m / 1000.0
    return replace(pair, cells=cells, km=km, climb_m=float(np.maximum(np.diff(height), 0.0).sum()))


def write_hours(path: Path, cells: Cells, hours: FloatArray) -> None:
    """Write hours as a GeoTIFF, nan where no way leads."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=cells.shape[1],
        height=cells.shape[0],
        count=1,
        dtype="float32",
        crs=cells.crs.to_wkt(),
        transform=cells.transform,
        nodata=np.nan,
        compress="deflate",
        predictor=3,
    ) as raster:
        raster.write(np.where(np.isfinite(hours), hours, np.nan).astype(np.float32), 1)
        raster.set_band_description(1, "hours of travel")


def write_pairs(path: Path, pairs: Iterable[Pair]) -> None:
    """Write the table of pairs as CSV; blank where no way leads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(PAIR)
        for pair in pairs:
            table.writerow([_cell(value) for value in pair.row().values()])


def _cell(value: object) -> object:
    if not isinstance(value, float):
        return value
    return f"{value:.6g}" if np.isfinite(value) else ""


def write_json(path: Path, body: Mapping[str, Any]) -> None:
    """Write GeoJSON."""
    path.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")


def reached(inside: BoolArray, cells: Cells) -> BaseGeometry:
    """Return the area of cells as valid polygons in the coordinates of the grid."""
    parts = [
        shape(part) for part, _ in shapes(inside.astype(np.uint8), mask=inside, transform=cells.transform)
    ]
    return shapely.union_all([shapely.make_valid(part) for part in parts])


def isochrones(cells: Cells, hours: FloatArray, limits_h: tuple[float, ...]) -> dict[str, Any]:
    """Return GeoJSON (WGS 84): for each limit the area of the cells reached within it, and its size on the grid."""
    features = []
    for limit in sorted(set(limits_h)):
        inside = hours <= limit
        count = int(inside.sum())
        properties = {"hours": limit, "cells": count, "area_km2": count * float(cells.transform.a) ** 2 / 1e6}
        features.append(_feature(_in_degrees(cells, reached(inside, cells)), properties))
    return _collection("isochrones", features)


def paths(cells: Cells, pairs: Iterable[Pair]) -> dict[str, Any]:
    """Return GeoJSON (WGS 84): the way of each pair that has one, from cell centre to cell centre."""
    features = []
    for pair in pairs:
        if pair.cells is None:
            continue
        row, col = np.divmod(pair.cells, cells.shape[1])
        to_xy = cells.transform
        at = np.column_stack([to_xy.c + to_xy.a * (col + 0.5), to_xy.f + to_xy.e * (row + 0.5)])
        line = LineString(at if len(at) > 1 else np.repeat(at, 2, axis=0))
        features.append(_feature(_in_degrees(cells, line), pair.row()))
    return _collection("paths", features)


def _in_degrees(cells: Cells, one: BaseGeometry) -> BaseGeometry:
    turn = Transformer.from_crs(cells.crs, "EPSG:4326", always_xy=True)

    def turned(points: FloatArray) -> FloatArray:
        return np.column_stack(turn.transform(points[:, 0], points[:, 1])).round(DECIMALS)

    return shapely.transform(one, turned)


def _feature(one: BaseGeometry, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": mapping(one)}


def _collection(name: str, features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "name": name, "crs": CRS84, "features": features}
