"""Connections to a GeoPackage: SQLite with the functions its triggers call, and real transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from sarhad.programme.geopackage.blobs import bounds_of
from sarhad.programme.values import CellError

WAIT_S = 10.0


class Access(Enum):
    """What a transaction is for."""

    READ = auto()
    WRITE = auto()
    CREATE = auto()


@contextmanager
def transaction(path: Path, access: Access) -> Iterator[Connection]:
    """Open the file and run the block as one transaction: all of it is written, or nothing.

    A file left behind by a killed save is rolled back first, by SQLite itself.
    """
    engine = _engine(path, access)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _engine(path: Path, access: Access) -> Engine:
    mode = (
        "rwc" if access is Access.CREATE else "rw"
    )  # reading too: SQLite may have to roll back a killed save
    address = f"{path.absolute().as_uri()}?mode={mode}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=WAIT_S)
        _add_functions(connection)
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    statement = "BEGIN" if access is Access.READ else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(statement))
    return engine


def _add_functions(connection: sqlite3.Connection) -> None:
    """Add what the triggers of the R-tree extension call."""
    connection.create_function("ST_IsEmpty", 1, _is_empty, deterministic=True)
    for place, name in enumerate(("ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY")):
        connection.create_function(name, 1, _bound(place), deterministic=True)


def _is_empty(blob: object) -> int | None:
    try:
        return int(bounds_of(blob) is None) if isinstance(blob, bytes) else None
    except CellError:
        return None


def _bound(place: int) -> Callable[[object], float | None]:
    def bound(blob: object) -> float | None:
        try:
            bounds = bounds_of(blob) if isinstance(blob, bytes) else None
        except CellError:
            return None
        return None if bounds is None else bounds[place]

    return bound
