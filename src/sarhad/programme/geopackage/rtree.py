"""The R-tree of a geometry column: the index table and the triggers that keep it true under other programs."""

from __future__ import annotations

from collections.abc import Iterator

from sarhad.programme.geopackage.schema import FID

# One trigger a line: name; event; condition; what it does. The text of GeoPackage 1.4, annex F.3.
_TRIGGERS = """
insert; INSERT ON; {new_is_shape}; INSERT OR REPLACE INTO {r} VALUES ({box})
update2; UPDATE OF {c} ON; {same} AND {new_is_none}; DELETE FROM {r} WHERE id = OLD.{i}
update4; UPDATE ON; {other} AND {new_is_none}; DELETE FROM {r} WHERE id IN (OLD.{i}, NEW.{i})
update5; UPDATE ON; {other} AND {new_is_shape}; DELETE FROM {r} WHERE id = OLD.{i}; INSERT OR REPLACE INTO {r} VALUES ({box})
update6; UPDATE OF {c} ON; {same} AND {new_is_shape} AND {old_is_shape}; UPDATE {r} SET {set_box} WHERE id = NEW.{i}
update7; UPDATE OF {c} ON; {same} AND {new_is_shape} AND {old_is_none}; INSERT INTO {r} VALUES ({box})
delete; DELETE ON; OLD.{c} NOT NULL; DELETE FROM {r} WHERE id = OLD.{i}
"""
_TERMS = {
    "box": "NEW.{i}, ST_MinX(NEW.{c}), ST_MaxX(NEW.{c}), ST_MinY(NEW.{c}), ST_MaxY(NEW.{c})",
    "set_box": "minx = ST_MinX(NEW.{c}), maxx = ST_MaxX(NEW.{c}), miny = ST_MinY(NEW.{c}), maxy = ST_MaxY(NEW.{c})",
    "new_is_shape": "(NEW.{c} NOTNULL AND NOT ST_IsEmpty(NEW.{c}))",
    "new_is_none": "(NEW.{c} ISNULL OR ST_IsEmpty(NEW.{c}))",
    "old_is_shape": "(OLD.{c} NOTNULL AND NOT ST_IsEmpty(OLD.{c}))",
    "old_is_none": "(OLD.{c} ISNULL OR ST_IsEmpty(OLD.{c}))",
    "same": "OLD.{i} = NEW.{i}",
    "other": "OLD.{i} != NEW.{i}",
}


def index_name(table: str, column: str) -> str:
    """Return the name of the index table, as the standard fixes it."""
    return f"rtree_{table}_{column}"


def index_ddl(table: str, column: str) -> str:
    """Return the statement that creates the index table."""
    return f'CREATE VIRTUAL TABLE "{index_name(table, column)}" USING rtree(id, minx, maxx, miny, maxy)'


def trigger_ddl(table: str, column: str) -> Iterator[str]:
    """Yield the statements that create the triggers."""
    names = {"i": f'"{FID}"', "c": f'"{column}"', "r": f'"{index_name(table, column)}"'}
    terms = {**names, **{term: text.format(**names) for term, text in _TERMS.items()}}
    for line in _TRIGGERS.strip().splitlines():
        name, event, condition, body = line.format(**terms).split("; ", 3)
        trigger = f'"{index_name(table, column)}_{name}"'
        yield f'CREATE TRIGGER {trigger} AFTER {event} "{table}" WHEN {condition} BEGIN {body}; END'
