"""Writing the working form: one transaction into the file, so that a killed save leaves the old one whole."""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sarhad.errors import StoreError
from sarhad.programme.content import Content
from sarhad.programme.dictionary import Column, Table, declared
from sarhad.programme.folder import target_of
from sarhad.programme.frames import empty_frame, is_missing
from sarhad.programme.geopackage import describing
from sarhad.programme.geopackage.blobs import to_blobs
from sarhad.programme.geopackage.connection import Access, transaction
from sarhad.programme.geopackage.reading import read_meta, require_sqlite, require_whole, table_names
from sarhad.programme.geopackage.rtree import index_ddl, index_name, trigger_ddl
from sarhad.programme.geopackage.schema import (
    APPLICATION_ID,
    FID,
    META,
    RASTER_FILE,
    USER_VERSION,
    create_sql,
    insert_sql,
    own_tables,
    programme_tables,
    standard_tables,
)
from sarhad.programme.values import LIST_SEPARATOR

BY_TABLE = (
    "gpkg_extensions",
    "gpkg_geometry_columns",
    "gpkg_data_columns",
    "gpkg_contents",
    "gpkg_ogr_contents",
)


def write_geopackage(path: Path, content: Content) -> None:
    """Write the working form; layers that other programs added to the file stay.

    An existing programme is changed in one transaction; a new file is written beside its place and
    then renamed. Either way nothing half-written is ever seen. A link stays a link: the file it names is written.

    Raises
    ------
    StoreError
        If the target is something else, or cannot be written; `is_output` is set.
    """
    try:
        path = target_of(path)
        if path.exists() and (path.is_dir() or path.stat().st_size > 0):
            _rewrite(path, content)
        else:
            _create(path, content)
    except OSError as error:
        raise _unwritable(path, str(error.strerror)) from error
    except DBAPIError as error:
        raise _unwritable(path, str(error.orig)) from error


def _create(path: Path, content: Content) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    os.close(handle)
    fresh = Path(name)
    try:
        with transaction(fresh, Access.CREATE) as connection:
            _write(connection, content)
        mask = os.umask(0)
        os.umask(mask)
        fresh.chmod(0o666 & ~mask)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _rewrite(path: Path, content: Content) -> None:
    if path.is_dir():
        raise StoreError(f"{path} is a folder. Choose another name.", is_output=True)
    try:
        require_sqlite(path)
        with transaction(path, Access.WRITE) as connection:
            require_whole(connection, path)
            read_meta(connection, path)
            _clear(connection)
            _write(connection, content)
    except StoreError as error:
        raise StoreError(f"will not write over this file: {error}", is_output=True) from error


def _write(connection: Connection, content: Content) -> None:
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {USER_VERSION}")
    existing = table_names(connection)
    for name, standard in standard_tables().items():
        if name not in existing:
            connection.exec_driver_sql(create_sql(standard))
    if "gpkg_spatial_ref_sys" not in existing:
        _insert(connection, "gpkg_spatial_ref_sys", describing.srs_rows())
    if "gpkg_data_columns" not in existing:
        _insert(connection, "gpkg_extensions", describing.extension_rows())
    _write_own(connection, content)
    sources = content.frames.get("source", empty_frame(declared().table("source")))
    for name, table in declared().tables.items():
        frame = content.frames.get(name)
        _write_table(connection, table, frame, sources)


def _clear(connection: Connection) -> None:
    """Drop our tables with their indexes, and the rows that describe them."""
    existing = table_names(connection)
    ours = {
        **{name: table.geometry for name, table in declared().tables.items()},
        META: None,
        RASTER_FILE: None,
    }
    for name, geometry in ours.items():
        if geometry is not None and index_name(name, geometry.name) in existing:
            connection.exec_driver_sql(f'DROP TABLE "{index_name(name, geometry.name)}"')
        if name in existing:
            connection.exec_driver_sql(f'DROP TABLE "{name}"')
    for description in BY_TABLE:
        if description in existing:
            _delete(connection, description, "table_name", list(ours))
    limits = "gpkg_data_column_constraints"
    if limits in existing:
        columns = [column for table in declared().tables.values() for column in table.columns]
        _delete(
            connection, limits, "constraint_name", [describing.constraint_name(column) for column in columns]
        )


def _delete(connection: Connection, table: str, column: str, values: list[str]) -> None:
    where = sa.table(table, sa.column(column))
    connection.execute(sa.delete(where).where(where.c[column].in_(values)))


def _write_own(connection: Connection, content: Content) -> None:
    meta = [{"field": field, "value": str(value)} for field, value in content.meta.items()]
    rasters = [
        {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "content": data}
        for name, data in sorted(content.rasters.items())
    ]
    parts = (
        (META, meta, "name, titles and schema version of the programme"),
        (RASTER_FILE, rasters, "raster files, unchanged"),
    )
    for name, rows, text in parts:
        table = own_tables()[name]
        connection.exec_driver_sql(create_sql(table))
        if rows:
            _insert_rows(connection, table, rows)
        _insert(connection, "gpkg_contents", [describing.contents_row(name, text, None, is_spatial=False)])


def _write_table(
    connection: Connection, table: Table, frame: pd.DataFrame | None, sources: pd.DataFrame
) -> None:
    sql_table = programme_tables()[table.name]
    connection.exec_driver_sql(create_sql(sql_table))
    bounds = np.zeros((0, 4))
    if frame is not None and len(frame):
        columns, bounds = _sql_columns(table, frame)
        rows = list(zip(range(1, len(frame) + 1), *columns, strict=True))
        _insert_many(connection, sql_table, (FID, *table.by_name), rows)
    text = describing.table_description(table, frame, sources)
    is_spatial = table.geometry is not None
    row = describing.contents_row(table.name, text, _total(bounds), is_spatial=is_spatial)
    _insert(connection, "gpkg_contents", [row])
    _insert(connection, "gpkg_data_columns", list(describing.meaning_rows(table)))
    limits = [row for column in table.columns for row in describing.constraint_rows(column)]
    _insert(connection, "gpkg_data_column_constraints", limits)
    if table.geometry is not None:
        _write_index(connection, table.geometry, bounds)


def _write_index(connection: Connection, column: Column, bounds: np.ndarray[Any, Any]) -> None:
    _insert(connection, "gpkg_geometry_columns", [describing.geometry_row(column)])
    _insert(connection, "gpkg_extensions", describing.extension_rows(column))
    connection.exec_driver_sql(index_ddl(column.table, column.name))
    index = sa.table(index_name(column.table, column.name))
    boxes = [(fid, *box) for fid, box in enumerate(bounds.tolist(), start=1) if not math.isnan(box[0])]
    _insert_many(connection, index, ("id", "minx", "miny", "maxx", "maxy"), boxes)
    for statement in trigger_ddl(column.table, column.name):
        connection.exec_driver_sql(statement)


def _sql_columns(table: Table, frame: pd.DataFrame) -> tuple[list[list[Any]], np.ndarray[Any, Any]]:
    columns: list[list[Any]] = []
    bounds = np.zeros((0, 4))
    for column in table.columns:
        values = frame[column.name].tolist()
        if column.type == "geometry":
            shapes = frame[column.name].to_numpy(dtype=object)
            bounds = shapely.bounds(shapes).reshape(len(shapes), 4)
            columns.append(list(to_blobs(shapes, bounds)))
        elif column.type == "list":
            columns.append([LIST_SEPARATOR.join(value) or None for value in values])
        elif column.type == "date":
            columns.append([None if value is None else value.isoformat() for value in values])
        else:
            columns.append([None if is_missing(value) else value for value in values])
    return columns, bounds


def _total(bounds: np.ndarray[Any, Any]) -> tuple[float, ...] | None:
    known = bounds[~np.isnan(bounds).any(axis=1)]
    if not len(known):
        return None
    return (*known[:, :2].min(axis=0).tolist(), *known[:, 2:].max(axis=0).tolist())


def _insert(connection: Connection, name: str, rows: list[describing.Row]) -> None:
    _insert_rows(connection, standard_tables()[name], rows)


def _insert_rows(connection: Connection, table: sa.TableClause, rows: list[describing.Row]) -> None:
    if rows:
        _insert_many(connection, table, tuple(rows[0]), [tuple(row.values()) for row in rows])


def _insert_many(
    connection: Connection, table: sa.TableClause, columns: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> None:
    """Insert rows of values that SQLite takes as they are, in the order of the columns."""
    if rows:
        connection.exec_driver_sql(insert_sql(table, columns), rows)


def _unwritable(path: Path, problem: str) -> StoreError:
    remedy = (
        "Close the program that uses it."
        if "locked" in problem
        else "Free space, or choose a place you may write."
    )
    return StoreError(f"cannot write {path} ({problem}). {remedy}", is_output=True)
