"""Reading the working form."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sarhad.errors import StoreError
from sarhad.programme.content import Content
from sarhad.programme.dictionary import Table, declared
from sarhad.programme.faults import Fault
from sarhad.programme.frames import column_faults, converted_frame
from sarhad.programme.geopackage.blobs import from_blobs
from sarhad.programme.geopackage.connection import Access, transaction
from sarhad.programme.geopackage.schema import FID, META, RASTER_FILE, own_tables, select_sql
from sarhad.programme.meta import meta_from

MAGIC = b"SQLite format 3\0"


def read_geopackage(path: Path) -> tuple[Content, list[Fault]]:
    """Return what a .gpkg file holds, and every structural fault of its tables.

    Raises
    ------
    StoreError
        If it is not a programme, is damaged, cannot be read, or was written by a newer version.
    """
    require_sqlite(path)
    try:
        with transaction(path, Access.READ) as connection:
            require_whole(connection, path)
            return _read(connection, path)
    except DBAPIError as error:
        raise StoreError(f"{path} cannot be read ({error.orig}). {_remedy(str(error.orig))}") from error


def require_sqlite(path: Path) -> None:
    """Raise StoreError where the file is no SQLite database at all."""
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from error
    if head != MAGIC:
        raise StoreError(
            f"{path} is not a GeoPackage. Name a programme folder or a .gpkg file that sarhad wrote."
        )


def require_whole(connection: Connection, path: Path) -> None:
    """Raise StoreError where the database is damaged or holds no programme."""
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        where = " ".join(str(found).split())
        raise StoreError(f"{path} is damaged ({where}). Restore it from a copy.")
    if META not in table_names(connection):
        raise StoreError(f"{path} is a database without a programme. Name a .gpkg file that sarhad wrote.")


def table_names(connection: Connection) -> set[str]:
    """Return the names of all tables in the file."""
    return {
        name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    }


def read_meta(connection: Connection, path: Path) -> tuple[dict[str, str | int], list[Fault]]:
    """Return the head of the programme; see `meta_from`."""
    meta = own_tables()[META]
    rows = connection.execute(sa.select(meta.c.field, meta.c.value))
    given: dict[str, Any] = {row.field: row.value for row in rows}
    version = str(given.get("schema_version", ""))
    if version.isdecimal():
        given["schema_version"] = int(version)
    return meta_from(given, where=str(path))


def _read(connection: Connection, path: Path) -> tuple[Content, list[Fault]]:
    meta, faults = read_meta(connection, path)
    names = table_names(connection)
    frames = {}
    for name, table in declared().tables.items():
        if name in names:
            frame, wrong = _read_table(connection, table)
            faults += wrong
            if frame is not None:
                frames[name] = frame
    rasters, wrong = _read_rasters(connection) if RASTER_FILE in names else ({}, [])
    faults += wrong + _strangers(connection)
    return Content(meta, frames, rasters), faults


def _read_table(connection: Connection, table: Table) -> tuple[pd.DataFrame | None, list[Fault]]:
    result: sa.CursorResult[Any] = connection.exec_driver_sql(select_sql(table.name))
    names = list(result.keys())
    rows = result.fetchall()
    if not rows:
        return None, column_faults(table, [name for name in names if name != FID])
    cells = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    cells.pop(FID, None)
    if table.geometry is not None and table.geometry.name in cells:
        cells[table.geometry.name] = from_blobs(cells[table.geometry.name])
    return converted_frame(table, cells, len(rows))


def _read_rasters(connection: Connection) -> tuple[dict[str, bytes], list[Fault]]:
    rasters, faults = {}, []
    files = own_tables()[RASTER_FILE].c
    rows = connection.execute(sa.select(files.file, files.sha256, files.content).order_by(files.file))
    for name, sha256, content in rows:
        rasters[name] = content
        if hashlib.sha256(content).hexdigest() != sha256:
            remedy = "Put the original file back."
            faults.append(
                Fault(RASTER_FILE, name, "content", "", "is not the raster that was packed", remedy)
            )
    return rasters, faults


def _strangers(connection: Connection) -> list[Fault]:
    ours = {*declared().tables, META, RASTER_FILE}
    found = connection.exec_driver_sql("SELECT table_name FROM gpkg_contents ORDER BY table_name")
    text, remedy = "is not a table of sarhad", "It is left alone in this file and not taken elsewhere."
    return [Fault(name, "", "", "", text, remedy, "notice") for (name,) in found if name not in ours]


def _remedy(problem: str) -> str:
    if "locked" in problem:
        return "Close the program that is writing to it and try again."
    if "readonly" in problem or "unable to open" in problem:
        return "Check the permissions of the file and its folder."
    return "The file is damaged: restore it from a copy."
