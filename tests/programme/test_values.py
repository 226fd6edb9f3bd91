"""Cells: every value reads back the same, every refused cell says what to do."""

from __future__ import annotations

import dataclasses
import struct
from datetime import UTC, date, datetime

import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sarhad.programme import declared
from sarhad.programme.frames import typed_frame
from sarhad.programme.values import CellError, parse, render

doubles = st.floats(allow_nan=False).map(lambda x: x + 0.0)
finite = st.floats(allow_nan=False, allow_infinity=False)


@given(doubles)
def test_every_number_reads_back_to_the_same_bits(x: float) -> None:
    assert struct.pack("d", parse("number", render("number", x))) == struct.pack("d", x)


@given(st.lists(st.tuples(finite, finite), min_size=2, max_size=5))
def test_every_line_reads_back_to_the_same_bits(points: list[tuple[float, float]]) -> None:
    line = shapely.LineString(points)
    back = parse("geometry", render("geometry", line))
    assert shapely.to_wkb(back) == shapely.to_wkb(line)


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_every_integer_reads_back(x: int) -> None:
    assert parse("integer", render("integer", x)) == x


@pytest.mark.parametrize(
    ("kind", "cell", "text", "remedy"),
    [
        ("number", "NaN", "is not a number", "blank"),
        ("number", "12,5", "is not a number", "point as decimal"),
        ("number", "12 000", "is not a number", "without separators"),
        ("number", "1_000", "is not a number", "without separators"),
        ("number", "80%", "is not a number", "80% is 0.8"),
        ("number", "about 5", "is not a number", "plain number"),
        ("integer", "2025.0", "not written as a whole", "Write 2025"),
        ("integer", "2.5", "is not a whole number", "whole"),
        ("integer", "9223372036854775808", "too large", "at most"),
        ("boolean", "yes", "neither true nor false", "Write true or false"),
        ("date", "31.12.2025", "is not a date", "2025-01-31"),
        ("geometry", "37.2 68.5", "is not WKT", "POINT"),
        ("text", "a\0b", "NUL", "Remove"),
        ("text", "a\ud800", "surrogate", "UTF-8"),
    ],
)
def test_what_is_refused_says_what_to_do(kind: str, cell: str, text: str, remedy: str) -> None:
    with pytest.raises(CellError) as caught:
        parse(kind, cell)
    assert text in caught.value.text
    assert remedy in caught.value.remedy


def test_dates_that_are_none_are_faults_of_their_rows() -> None:
    days = dataclasses.replace(declared().table("fact").by_name["date"], type="date")
    table = dataclasses.replace(
        declared().table("fact"), columns=(declared().table("fact").by_name["id"], days)
    )
    cells = [
        "2025-01-31",
        "2025-13-45",
        "31.12.2025",
        7.0,
        datetime(2025, 1, 31, tzinfo=UTC),
        date(2025, 2, 1),
        None,
    ]
    given = pd.DataFrame({"id": [f"F{i}" for i in range(7)], "date": pd.Series(cells, dtype=object)})
    frame, faults = typed_frame(table, given)
    assert frame["date"].tolist() == [date(2025, 1, 31), None, None, None, None, date(2025, 2, 1), None]
    assert [(fault.row, fault.text) for fault in faults] == [(f"F{i}", "is not a date") for i in (1, 2, 3, 4)]
    assert str(faults[0]) == "fact.date, row F1: 2025-13-45 is not a date. Write it as 2025-01-31."


def test_lists_drop_blanks_around_and_between() -> None:
    assert parse("list", " a; b ;;c ") == ("a", "b", "c")


def test_spreadsheets_may_write_true_in_capitals() -> None:
    assert parse("boolean", "TRUE") is True
