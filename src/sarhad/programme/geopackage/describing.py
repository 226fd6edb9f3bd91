"""The rows that describe our tables to other programs: contents, geometry columns, extensions, meanings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from sarhad.programme.dictionary import Column, Table
from sarhad.programme.geopackage.blobs import SRS_ID
from sarhad.programme.geopackage.schema import FID

Row = dict[str, Any]

WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],'
    'AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)
RTREE = "http://www.geopackage.org/spec120/#extension_rtree"
SCHEMA = "http://www.geopackage.org/spec120/#extension_schema"


def srs_rows() -> list[Row]:
    """Return the three coordinate systems that the standard asks for."""
    columns = ("srs_name", "srs_id", "organization", "organization_coordsys_id", "definition", "description")
    rows = (
        ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinate system"),
        ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate system"),
        ("WGS 84 geodetic", SRS_ID, "EPSG", 4326, WGS84, "longitude and latitude in degrees, WGS 84"),
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]


def contents_row(name: str, description: str, bounds: tuple[float, ...] | None, *, is_spatial: bool) -> Row:
    """Return the row of gpkg_contents for one of our tables."""
    box = dict(zip(("min_x", "min_y", "max_x", "max_y"), bounds or (None,) * 4, strict=True))
    kind = "features" if is_spatial else "attributes"
    srs = SRS_ID if is_spatial else None
    return {
        "table_name": name,
        "data_type": kind,
        "identifier": name,
        "description": description,
        "srs_id": srs,
        **box,
    }


def geometry_row(column: Column) -> Row:
    """Return the row of gpkg_geometry_columns for a geometry column."""
    names = {
        "table_name": column.table,
        "column_name": column.name,
        "geometry_type_name": column.geometry_type,
    }
    return {**names, "srs_id": SRS_ID, "z": 0, "m": 0}


def extension_rows(column: Column | None = None) -> list[Row]:
    """Return the rows of gpkg_extensions: of a geometry column's R-tree, or of the schema extension."""
    if column is not None:
        return [_extension(column.table, column.name, "gpkg_rtree_index", RTREE, "write-only")]
    names = ("gpkg_data_columns", "gpkg_data_column_constraints")
    return [_extension(name, None, "gpkg_schema", SCHEMA, "read-write") for name in names]


def meaning_rows(table: Table) -> Iterator[Row]:
    """Yield the rows of gpkg_data_columns: name with unit, description, constraint of each column."""
    yield _meaning(table.name, FID, FID, "number of the row in this file; ids are the other key", None)
    for column in table.columns:
        unit = f" ({column.unit})" if column.unit not in ("", "1") else ""
        name = constraint_name(column) if list(constraint_rows(column)) else None
        yield _meaning(table.name, column.name, column.name + unit, column.description, name)


def constraint_rows(column: Column) -> Iterator[Row]:
    """Yield the rows of gpkg_data_column_constraints: allowed choices, or a range closed at both ends."""
    blank = dict.fromkeys(("value", "min", "min_is_inclusive", "max", "max_is_inclusive", "description"))
    name = {"constraint_name": constraint_name(column)}
    for choice in column.choices:
        yield {**blank, **name, "constraint_type": "enum", "value": choice}
    if column.low is not None and column.high is not None:
        ends = {"min": column.low, "min_is_inclusive": True, "max": column.high, "max_is_inclusive": True}
        yield {**blank, **name, "constraint_type": "range", **ends}


def constraint_name(column: Column) -> str:
    """Return the name of a column's constraint."""
    return f"{column.table}_{column.name}"


def table_description(table: Table, frame: pd.DataFrame | None, sources: pd.DataFrame) -> str:
    """Return what a table holds and under which licences its rows came."""
    if not table.is_given:
        return f"{table.description}; computed by sarhad"
    if frame is None or "source_ids" not in frame:
        return table.description
    used = {name for names in frame["source_ids"] for name in names}
    licences = sorted(set(sources.loc[sources["id"].isin(used), "licence"].dropna()))
    return f"{table.description}; licence: {'; '.join(licences)}" if licences else table.description


def _extension(table: str, column: str | None, name: str, definition: str, scope: str) -> Row:
    names: Mapping[str, Any] = {"table_name": table, "column_name": column, "extension_name": name}
    return {**names, "definition": definition, "scope": scope}


def _meaning(table: str, column: str, title: str, description: str, constraint: str | None) -> Row:
    names = {"table_name": table, "column_name": column, "name": column, "title": title}
    return {**names, "description": description, "mime_type": None, "constraint_name": constraint}
