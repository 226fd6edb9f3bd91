"""Readers of PSPLIB and Patterson files: three forms of one project, and the line where a file goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sarhad.errors import StoreError
from sarhad.schedule.psplib import read_psplib

DATA = Path(__file__).parents[1] / "data" / "schedule"


@pytest.mark.parametrize("kind", ["sm", "rcp"])
def test_both_single_mode_forms_give_the_project(kind: str) -> None:
    project = read_psplib(DATA / f"four.{kind}")
    assert project.activity_ids == ("1", "2", "3", "4")
    assert project.duration.tolist() == [0, 3, 2, 0]
    assert project.demand.tolist() == [[0], [2], [1], [0]]
    assert project.capacity.tolist() == [2]
    links = zip(project.link_before.tolist(), project.link_after.tolist(), strict=True)
    assert sorted(links) == [(0, 1), (0, 2), (1, 3), (2, 3)]


def test_modes_and_stocks_are_read() -> None:
    project = read_psplib(DATA / "four.mm")
    assert project.mode_activity.tolist() == [0, 1, 1, 2, 2, 3]
    assert project.duration.tolist() == [0, 3, 5, 2, 4, 0]
    assert project.consumption.tolist() == [[0], [4], [1], [3], [0], [0]]
    assert (project.capacity.tolist(), project.stock.tolist()) == ([2], [4])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "   2        1          1           4",
            "   2        1          1           9",
            "line 12: found successor 9",
        ),
        (
            "   2        1          1           4",
            "   2        1          2           4",
            "line 12: .*expected job 2",
        ),
        ("  3      1     2       1", "  3      1     two     1", "line 21: found 'two'"),
        (
            "  3      1     2       1",
            "  3      1     2",
            "line 21: .*expected job 3, mode 1: a duration and 1 demands",
        ),
        ("  R 1\n    2\n", "  R 1\n    2  7\n", "found 2 numbers, expected 1 capacities"),
        ("doubly constrained        :  0", "doubly constrained        :  1", "doubly constrained resources"),
        ("jobs (incl. supersource/sink ):  4", "jobs (incl. supersource/sink )", "a colon and a count"),
        ("PRECEDENCE", "SUCCESSION", "no line begins with 'precedence relations'"),
        ("     2       1", "   99999999999 1", "whole numbers from 0 to 1,000,000,000"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = (DATA / "four.sm").read_text()
    assert old in text
    (tmp_path / "bad.sm").write_text(text.replace(old, new, 1))
    with pytest.raises(StoreError, match=says):
        read_psplib(tmp_path / "bad.sm")


def test_a_file_that_is_not_there_and_one_of_another_kind() -> None:
    with pytest.raises(StoreError, match="cannot be read as text"):
        read_psplib(DATA / "none.sm")
    with pytest.raises(StoreError, match=r"unknown form '\.csv'"):
        read_psplib(DATA / "four.csv")
