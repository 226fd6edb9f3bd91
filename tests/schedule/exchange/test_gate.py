"""The 14 points, each failed by one schedule and passed by another, worked out by hand."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest

from sarhad.schedule.exchange import Assignment, Exchanged, Link, Resource, Task, quality

MONDAY = date(2025, 3, 3)


def chain(n: int = 4, days: float = 5.0) -> Exchanged:
    """Return tasks one after the other, all in order: on 7 March the first is done as planned."""
    tasks = []
    for k in range(n):
        begins = MONDAY + timedelta(days=7 * k)
        ends = begins + timedelta(days=4)
        done = k == 0
        tasks.append(
            Task(
                str(k), f"Task {k}", duration_days=days, start=begins, finish=ends, baseline_start=begins,
                baseline_finish=ends, actual_start=begins if done else None, actual_finish=ends if done else None,
                percent_complete=100.0 if done else 0.0,
            )
        )  # fmt: skip
    links = tuple(Link(str(k), str(k + 1)) for k in range(n - 1))
    held = tuple(Assignment(str(k), "r") for k in range(n))
    return Exchanged(
        "chain", MONDAY, tuple(tasks), links, resources=(Resource("r", "Crew"),), assignments=held,
        status=MONDAY + timedelta(days=4),
    )  # fmt: skip


def with_task(schedule: Exchanged, k: int, **changes: object) -> Exchanged:
    tasks = list(schedule.tasks)
    tasks[k] = dataclasses.replace(tasks[k], **changes)  # type: ignore[arg-type]
    return dataclasses.replace(schedule, tasks=tuple(tasks))


def with_links(schedule: Exchanged, *links: Link) -> Exchanged:
    return dataclasses.replace(schedule, links=links)


def test_a_chain_that_goes_as_planned_passes_all_but_its_loose_end():
    found = {f.number: f for f in quality(chain())}
    assert [n for n, f in found.items() if f.is_passed is not True] == [1]
    assert found[1].rows == ("3",)
    assert found[12].value == pytest.approx(600)
    assert found[13].value == pytest.approx(
        1.0
    )  # 20 working days until the baseline of the last, all of them work
    assert found[14].value == 1.0


LATE = MONDAY + timedelta(days=60)


@pytest.mark.parametrize(
    ("number", "schedule", "rows"),
    [
        (2, with_links(chain(), Link("0", "1", "FS", -2.0)), ("0 -> 1",)),
        (3, with_links(chain(), Link("0", "1", "FS", 2.0)), ("0 -> 1",)),
        (4, with_links(chain(), Link("0", "1", "SS"), Link("1", "2")), ("0 -> 1",)),
        (5, with_task(chain(), 2, constraint="MSO", constraint_date=LATE), ("2",)),
        (6, with_task(chain(), 2, total_float_days=45.0), ("2",)),
        (7, with_task(chain(), 2, total_float_days=-1.0), ("2",)),
        (8, with_task(chain(), 2, duration_days=45.0), ("2",)),
        (9, with_task(chain(), 2, start=MONDAY), ("2",)),
        (9, with_task(chain(), 0, actual_finish=LATE), ("0",)),
        (10, dataclasses.replace(chain(), assignments=(Assignment("1", "r"), Assignment("2", "r"))), ("3",)),
        (11, with_task(chain(), 0, actual_finish=MONDAY + timedelta(days=5)), ("0",)),
        (12, with_task(with_links(chain(), Link("0", "1")), 3, duration_days=100.0), None),
        (13, with_task(chain(), 3, deadline=MONDAY + timedelta(days=20)), ("3",)),
        (14, with_task(chain(), 0, actual_finish=None), ("0",)),
    ],
)  # fmt: skip
def test_each_point_names_what_fails_it(number, schedule, rows):
    found = next(f for f in quality(schedule) if f.number == number)
    if rows is None:
        assert found.is_passed is True  # the longest path is one task alone, and moves with it
        return
    assert found.is_passed is False
    assert found.rows == rows
    assert found.remedy


def test_points_that_the_file_cannot_judge_say_so():
    bare = Exchanged("x", MONDAY, (Task("1", "A", duration_days=2),))
    judged = {f.number: f.is_passed for f in quality(bare)}
    assert [n for n, passed in judged.items() if passed is None] == [9, 11, 12, 13, 14]


def test_a_cycle_leaves_the_points_of_the_network_open():
    found = {f.number: f for f in quality(with_links(chain(), Link("0", "1"), Link("1", "0")))}
    assert found[12].is_passed is None
    assert found[13].is_passed is None
