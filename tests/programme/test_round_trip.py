"""Packing and unpacking lose nothing: programmes made at random come back the same, in both forms."""

from __future__ import annotations

import math
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sarhad.programme import Column, Programme, Table, declared
from sarhad.programme.frames import rendered_columns, row_ids

letters = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
texts = st.text(letters, min_size=1, max_size=12)
words = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=6)
ordinates = st.floats(-180, 180) | st.sampled_from([5e-324, -1e-300, 0.1 + 0.2])
points = st.builds(shapely.Point, ordinates, ordinates)
lines = st.lists(st.tuples(ordinates, ordinates), min_size=2, max_size=4).map(shapely.LineString)
doubles = st.floats(allow_nan=False) | st.sampled_from([1.7976931348623157e308, 5e-324, -0.0, math.inf])
TABLES = (
    "border",
    "crossing",
    "settlement",
    "measure",
    "prerequisite",
    "price_index",
    "funding",
    "edge_hours",
)


def cells(column: Column) -> st.SearchStrategy[Any]:
    by_type: dict[str, st.SearchStrategy[Any]] = {
        "text": texts,
        "choice": st.sampled_from(column.choices or ("x",)),
        "list": st.lists(words, max_size=3).map(tuple),
        "integer": st.integers(-(2**63) + 1, 2**63 - 1),
        "number": doubles,
        "boolean": st.booleans(),
        "date": st.dates(date(1900, 1, 1)),
        "geometry": points if column.geometry_type == "POINT" else lines,
    }
    filled = by_type[column.type]
    if column.is_key and column.type in ("text", "choice"):
        return filled.filter(lambda text: bool(text.strip()))
    return filled if column.is_key else filled | st.none()


def frames(table: Table) -> st.SearchStrategy[pd.DataFrame]:
    rows = st.lists(
        st.tuples(*(cells(column) for column in table.columns)),
        max_size=4,
        unique_by=lambda row: row[: len(table.keys)],
    )
    names = list(table.by_name)
    return rows.map(
        lambda found: pd.DataFrame(
            {n: pd.Series([r[i] for r in found], dtype=object) for i, n in enumerate(names)}
        )
    )


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    chosen = draw(st.sets(st.sampled_from(TABLES), max_size=3))
    content = {name: draw(frames(declared().table(name))) for name in sorted(chosen)}
    title = draw(texts.filter(lambda text: bool(text.strip())))
    return Programme.of(
        {"name": "random", "title_en": title}, content, {"a.tif": draw(st.binary(max_size=20))}
    )


def same(one: Programme, other: Programme) -> None:
    assert one.tables == other.tables
    assert dict(one.meta) == dict(other.meta)
    assert one.data_hash == other.data_hash
    for name in one.tables:
        pd.testing.assert_frame_equal(plain(one[name]), plain(other[name]), check_exact=True)
    for name in one.raster_files:
        assert one.raster_file(name) == other.raster_file(name)


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    if "geometry" in frame:
        frame["geometry"] = [None if shape is None else shapely.to_wkb(shape) for shape in frame["geometry"]]
    return frame


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(programmes())
def test_pack_and_unpack_lose_nothing(prog: Programme) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prog.save(folder / "text")
        text = Programme.open(folder / "text")
        same(prog, text)
        text.save(folder / "packed.gpkg")
        packed = Programme.open(folder / "packed.gpkg")
        same(prog, packed)
        packed.save(folder / "again")
        for path in sorted((folder / "text").rglob("*")):
            if path.is_file():
                assert (
                    path.read_bytes() == (folder / "again" / path.relative_to(folder / "text")).read_bytes()
                )


def test_a_lone_carriage_return_in_a_cell_survives(tiny: Programme, tmp_path: Path) -> None:
    crossings = tiny["crossing"].assign(name_en='a\rb "c", d\r\ne')
    changed = tiny.with_changes({"crossing": crossings})
    changed.save(tmp_path / "again")
    same(changed, Programme.open(tmp_path / "again"))


def test_the_tiny_programme_is_canonical_text(tiny: Programme, tmp_path: Path) -> None:
    tiny.save(tmp_path / "again")
    source = Path(__file__).parents[1] / "data" / "tiny"
    for path in sorted(source.glob("*.csv")):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_rows_in_another_order_are_the_same_programme(tiny: Programme) -> None:
    measures = tiny["measure"]
    shuffled = tiny.with_changes({"measure": measures.iloc[::-1]})
    assert shuffled.data_hash == tiny.data_hash
    pd.testing.assert_frame_equal(shuffled["measure"], measures)


@pytest.mark.parametrize("name", ["measure", "border", "funding", "run"])
def test_an_absent_table_has_its_columns_and_types(name: str) -> None:
    empty = Programme.of({"name": "x"}, {})[name]
    table = declared().table(name)
    assert list(empty.columns) == list(table.by_name)
    assert rendered_columns(table, empty) == [[] for _ in table.columns]
    assert row_ids(table, empty) == []
