"""The tables of the file as SQLAlchemy Core tables: ours from the dictionary, the standard's by its text."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine, UserDefinedType

from sarhad.programme.dictionary import Column, Table, declared

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10400  # GeoPackage 1.4

FID = "fid"
META = "programme_meta"
RASTER_FILE = "raster_file"


class Shape(UserDefinedType[bytes]):
    """A geometry column: its declared type is the geometry's name, its values are blobs."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **kw: Any) -> str:
        """Return the declared type in DDL."""
        del kw
        return self.name


@cache
def programme_tables() -> dict[str, sa.Table]:
    """Return the tables of the dictionary, by name, each with an integer `fid` beside its text key."""
    metadata = sa.MetaData()
    return {name: _programme_table(table, metadata) for name, table in declared().tables.items()}


@cache
def own_tables() -> dict[str, sa.Table]:
    """Return the two tables that hold the head of the programme and its raster files."""
    metadata = sa.MetaData()
    meta = sa.Table(
        META,
        metadata,
        sa.Column(FID, sa.Integer, primary_key=True),
        sa.Column("field", sa.Text, nullable=False, unique=True),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    raster = sa.Table(
        RASTER_FILE,
        metadata,
        sa.Column(FID, sa.Integer, primary_key=True),
        sa.Column("file", sa.Text, nullable=False, unique=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    return {META: meta, RASTER_FILE: raster}


def _programme_table(table: Table, metadata: sa.MetaData) -> sa.Table:
    columns = [sa.Column(c.name, column_type(c), nullable=not c.is_key) for c in table.columns]
    return sa.Table(
        table.name,
        metadata,
        sa.Column(FID, sa.Integer, primary_key=True),
        *columns,
        sa.UniqueConstraint(*table.keys),
        sqlite_autoincrement=True,
    )


def column_type(column: Column) -> TypeEngine[Any]:
    """Return the SQL type of a declared column, one that GeoPackage knows."""
    if column.type == "geometry":
        return Shape(column.geometry_type)
    types: dict[str, TypeEngine[Any]] = {
        "text": sa.Text(),
        "choice": sa.Text(),
        "list": sa.Text(),
        "integer": sa.Integer(),
        "number": sa.REAL(),
        "boolean": sa.Boolean(),
        "date": sa.Date(),
    }
    return types[column.type]


@cache
def standard_tables() -> dict[str, sa.Table]:
    """Return the tables that the GeoPackage standard asks for, by name.

    References
    ----------
    OGC 12-128r19, GeoPackage Encoding Standard 1.4, annexes C and F.3 (R-tree), F.9 (schema).
    """
    metadata = sa.MetaData()
    _declare_contents(metadata)
    _declare_extensions(metadata)
    return dict(metadata.tables)


def _declare_contents(metadata: sa.MetaData) -> None:
    """Declare the tables that say which layers there are and where they lie."""
    text, whole, real = sa.Text, sa.Integer, sa.REAL
    now = sa.text("(strftime('%Y-%m-%dT%H:%M:%fZ','now'))")
    srs = sa.Table(
        "gpkg_spatial_ref_sys",
        metadata,
        sa.Column("srs_name", text, nullable=False),
        sa.Column("srs_id", whole, primary_key=True, autoincrement=False),
        sa.Column("organization", text, nullable=False),
        sa.Column("organization_coordsys_id", whole, nullable=False),
        sa.Column("definition", text, nullable=False),
        sa.Column("description", text),
    )
    contents = sa.Table(
        "gpkg_contents",
        metadata,
        sa.Column("table_name", text, primary_key=True, nullable=False),
        sa.Column("data_type", text, nullable=False),
        sa.Column("identifier", text, unique=True),
        sa.Column("description", text, server_default=sa.text("''")),
        sa.Column("last_change", sa.DateTime, nullable=False, server_default=now),
        *(sa.Column(name, real) for name in ("min_x", "min_y", "max_x", "max_y")),
        sa.Column("srs_id", whole, sa.ForeignKey(srs.c.srs_id)),
    )
    sa.Table(
        "gpkg_geometry_columns",
        metadata,
        sa.Column("table_name", text, sa.ForeignKey(contents.c.table_name), primary_key=True, nullable=False),
        sa.Column("column_name", text, primary_key=True, nullable=False),
        sa.Column("geometry_type_name", text, nullable=False),
        sa.Column("srs_id", whole, sa.ForeignKey(srs.c.srs_id), nullable=False),
        sa.Column("z", sa.SmallInteger, nullable=False),
        sa.Column("m", sa.SmallInteger, nullable=False),
        sa.UniqueConstraint("table_name"),
    )


def _declare_extensions(metadata: sa.MetaData) -> None:
    """Declare the tables of extensions: the R-tree, and what the columns mean and may hold."""
    text = sa.Text
    sa.Table(
        "gpkg_extensions",
        metadata,
        sa.Column("table_name", text),
        sa.Column("column_name", text),
        sa.Column("extension_name", text, nullable=False),
        sa.Column("definition", text, nullable=False),
        sa.Column("scope", text, nullable=False),
        sa.UniqueConstraint("table_name", "column_name", "extension_name"),
    )
    sa.Table(
        "gpkg_data_columns",
        metadata,
        sa.Column("table_name", text, primary_key=True, nullable=False),
        sa.Column("column_name", text, primary_key=True, nullable=False),
        *(sa.Column(name, text) for name in ("name", "title", "description", "mime_type", "constraint_name")),
        sa.UniqueConstraint("table_name", "name"),
    )
    sa.Table(
        "gpkg_data_column_constraints",
        metadata,
        sa.Column("constraint_name", text, nullable=False),
        sa.Column("constraint_type", text, nullable=False),
        sa.Column("value", text),
        sa.Column("min", sa.Numeric),
        sa.Column("min_is_inclusive", sa.Boolean),
        sa.Column("max", sa.Numeric),
        sa.Column("max_is_inclusive", sa.Boolean),
        sa.Column("description", text),
        sa.UniqueConstraint("constraint_name", "constraint_type", "value"),
    )


@cache
def create_sql(table: sa.Table) -> str:
    """Return the statement that creates a table."""
    return str(CreateTable(table).compile(dialect=sqlite.dialect()))


@cache
def insert_sql(table: sa.TableClause, columns: tuple[str, ...]) -> str:
    """Return the statement that inserts values into these columns of a table, in this order."""
    ordered = sa.table(table.name, *map(sa.column, columns))
    return str(sa.insert(ordered).compile(dialect=sqlite.dialect()))


@cache
def select_sql(name: str) -> str:
    """Return the statement that reads a whole table."""
    return str(
        sa.select(sa.literal_column("*")).select_from(sa.table(name)).compile(dialect=sqlite.dialect())
    )
