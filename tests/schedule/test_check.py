"""Projects that no schedule could be made of are refused with every fault, in words."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from sarhad.errors import DataError
from sarhad.schedule.check import find_cycle, refuse_faults
from sarhad.schedule.project import Project, assemble

SUMMER = np.array([[False, False, True, True, True, False]])


def project(**changes: Any) -> Project:
    whole = assemble(
        [*"abc"], [[(4, [1], [])]] * 3, [(0, 1, "FS", 0), (1, 2, "SS", 2)], capacity=[2], calendars=SUMMER
    )
    return dataclasses.replace(whole, **changes)


def numbers(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"duration": numbers(4, -1, 4)}, "mode.duration: negative: b"),
        ({"duration": numbers(4, 4)}, r"mode.duration: has the shape \(2,\), expected \(3,\)"),
        ({"demand": numbers(1, 3, 9)[:, None]}, r"b \(needs 3 of R1, which has 2\), c \(needs 9"),
        ({"demand": numbers(1, -3, 0)[:, None]}, "mode.demand: negative: b"),
        ({"capacity": numbers(10**10)}, "resource.capacity: above 1,000,000,000: R1. Count in larger units"),
        ({"capacity": numbers(-1)}, "resource.capacity: negative: R1"),
        (
            {"calendar": numbers(0, -1, 7)},
            r"activity.calendar: there is nothing of the number \(allowed -1..0\): 7",
        ),
        (
            {"calendar": numbers(0, -1, -1)},
            r"fits into no season of its calendar: a \(4 periods, longest season 3\)",
        ),
        (
            {"calendar": numbers(0, -1, -1), "calendars": ~np.ones_like(SUMMER)},
            "calendar 0 has no working time: a",
        ),
        ({"release": numbers(0, -2, 0)}, "activity.release: negative: b"),
        ({"activity_ids": ("a", "b", "a")}, "activity.id: used more than once: a"),
        ({"link_after": numbers(1, 1)}, "activities that follow themselves: b"),
        ({"link_after": numbers(1, 0)}, "2 activities wait for each other: a -FS-> b -SS-> a"),
        ({"mode_activity": numbers(0, 1, 1)}, "no mode: c"),
        ({"mode_activity": numbers(1, 0, 2)}, "not ascending"),
        ({"capacity_by_period": numbers(2, -1)[None, :]}, "resource.capacity_by_period: negative: R1"),
    ],
)
def test_each_fault_is_named(changes: dict[str, Any], says: str) -> None:
    refuse_faults(project())
    with pytest.raises(DataError, match=says):
        refuse_faults(project(**changes))


def test_all_faults_come_at_once_with_their_rows() -> None:
    spoiled = project(duration=numbers(-4, -4, 4), release=numbers(0, 0, -1), link_after=numbers(1, 0))
    with pytest.raises(DataError) as raised:
        refuse_faults(spoiled)
    assert len(str(raised.value).splitlines()) == 3
    assert (raised.value.table, raised.value.column, raised.value.ids) == ("mode", "duration", ("a", "b"))


def test_a_long_cycle_is_named_in_full() -> None:
    n = 9
    links = [(k, (k + 1) % n, "FS", 0) for k in range(n)]
    ring = assemble([str(k) for k in range(n)], [[(1, [], [])]] * n, links)  # type: ignore[arg-type]
    assert sorted(find_cycle(ring)) == list(range(n))
    with pytest.raises(
        DataError, match="0 -FS-> 1 -FS-> 2 -FS-> 3 -FS-> 4 -FS-> 5 -FS-> 6 -FS-> 7 -FS-> 8 -FS-> 0"
    ):
        refuse_faults(ring)


def test_a_season_that_goes_on_after_the_calendar_fits_everything() -> None:
    refuse_faults(project(calendar=numbers(0, 0, 0), calendars=np.array([[False, True]])))
