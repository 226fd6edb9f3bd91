"""The verifier finds every rule that a schedule breaks, and none that it keeps."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sarhad.schedule.project import Project, assemble
from sarhad.schedule.result import SequenceSpec
from sarhad.schedule.verify import breaches, ends_of, value_of


def project() -> Project:
    """a (2 days, pauses, closed on days 2 and 3) -FS-> b (2 days, or 1 with more crew); c waits for day 1."""
    return assemble(
        [*"abc"],
        [[(2, [1], [1])], [(2, [1], [1]), (1, [2], [4])], [(2, [1], [0])]],
        [(0, 1, "FS", 1)],
        capacity=[2],
        stock=[3],
        calendars=np.array([[True, True, False, False, True, True]]),
        calendar=[0, -1, -1],
        is_splittable=[True, False, False],
        release=[0, 0, 1],
        deadline=[-1, 9, -1],
        resource_ids=["crew"],
        stock_ids=["money"],
    )


def told(starts: list[int], modes: list[int], spec: SequenceSpec | None = None) -> list[str]:
    return breaches(project(), np.array(starts), np.array(modes), spec)


def test_a_good_schedule_breaks_nothing() -> None:
    assert told([1, 6, 3], [0, 1, 3]) == []
    assert ends_of(project(), np.array([1, 6, 3]), np.array([0, 1, 3])).tolist() == [5, 8, 5]


@pytest.mark.parametrize(
    ("starts", "modes", "says"),
    [
        ([1, 5, 3], [0, 1, 3], "a FS+1 b: 5 and 5 are 0 apart"),
        ([2, 6, 3], [0, 1, 3], "a: works in period 2, when its calendar does not"),
        ([1, 6, 0], [0, 1, 3], "c: starts in 0, before 1"),
        ([1, 8, 3], [0, 1, 3], "b: ends at 10, after its deadline 9"),
        ([1, 6, 6], [0, 2, 3], "crew in period 6: 3 needed, 2 there"),
        ([1, 6, 3], [0, 2, 3], "money: 5 used, 3 there"),
        ([1, 6, 3], [0, 3, 3], "b: mode 3 is another activity's"),
    ],
)
def test_each_breach_is_named(starts: list[int], modes: list[int], says: str) -> None:
    assert says in told(starts, modes)


def test_two_that_fit_only_while_the_third_pauses() -> None:
    one = dataclasses.replace(project(), capacity=np.array([1]))
    assert breaches(one, np.array([1, 6, 2]), np.array([0, 1, 3])) == []
    assert breaches(one, np.array([1, 6, 3]), np.array([0, 1, 3])) == ["crew in period 4: 2 needed, 1 there"]


def test_what_has_begun_is_a_fact_but_what_follows_is_judged() -> None:
    facts = SequenceSpec(started={"b": 0}, modes={"b": 2}, now=1)
    assert told([1, 0, 1], [0, 2, 3], facts) == ["money: 5 used, 3 there"]
    assert "b: began in 0, not 6" in told([1, 6, 3], [0, 2, 3], facts)
    assert "b: is not in mode 2" in told([1, 0, 3], [0, 1, 3], facts)
    assert "a: starts in 0, before 1" in told([0, 0, 3], [0, 2, 3], facts)


def test_the_three_values() -> None:
    starts, modes = np.array([1, 6, 3]), np.array([0, 1, 3])
    assert value_of(project(), starts, modes, SequenceSpec()) == 8
    late = SequenceSpec("lateness", due={"a": 5, "b": 6, "c": 3}, weight={"b": 2})
    assert value_of(project(), starts, modes, late) == 2 * 2 + 2
    moved = SequenceSpec("change", announced={"a": 0, "b": 7}, weight={"a": 3})
    assert value_of(project(), starts, modes, moved) == 3 + 1
