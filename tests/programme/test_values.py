"""Cells: every value reads back the same, every refused cell says what to do."""

from __future__ import annotations

import struct

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

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


def test_lists_drop_blanks_around_and_between() -> None:
    assert parse("list", " a; b ;;c ") == ("a", "b", "c")


def test_spreadsheets_may_write_true_in_capitals() -> None:
    assert parse("boolean", "TRUE") is True
