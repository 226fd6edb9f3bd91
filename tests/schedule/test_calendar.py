"""Work time and its inverse: against counting period by period."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from sarhad.schedule.calendar import (
    end_of,
    first_start,
    mirrored,
    shift,
    start_to_end,
    work_time,
)

rows = st.lists(st.booleans(), min_size=1, max_size=14).map(lambda row: np.array([row]))
SIZE = 40


def works(row: npt.NDArray[np.bool_], period: int) -> bool:
    return period >= row.shape[1] or bool(row[0, period])


@settings(deadline=None)
@given(rows)
def test_the_inverse_leads_back(row: npt.NDArray[np.bool_]) -> None:
    work = work_time(row, SIZE)
    for t in range(SIZE):
        assert work.worked[0, t] == sum(works(row, period) for period in range(t))
        if works(row, t):
            assert work.place[0, work.worked[0, t]] == t
            assert all(works(row, period) for period in range(t, work.run_end[0, t]))
        else:
            assert work.run_end[0, t] == t
    back = mirrored(work)
    assert (np.diff(back.worked[0])[::-1] == np.diff(work.worked[0])).all()


@settings(deadline=None)
@given(rows, st.integers(0, 12), st.integers(-4, 5))
def test_a_lag_ends_at_the_first_moment_with_enough_work_time(
    row: npt.NDArray[np.bool_], time: int, lag: int
) -> None:
    def between(one: int, two: int) -> int:
        counted = sum(works(row, period) for period in range(min(one, two), max(one, two)))
        return counted if two >= one else -counted

    allowed = [t for t in range(SIZE) if between(time, t) >= lag and (lag < 0 or t >= time)]
    assert shift(work_time(row, SIZE), 0, time, lag) == allowed[0]


@settings(deadline=None)
@given(rows, st.booleans(), st.integers(0, 12), st.integers(1, 4))
def test_starts_and_ends_are_the_first_that_the_calendar_allows(
    row: npt.NDArray[np.bool_], is_splittable: bool, time: int, duration: int
) -> None:
    work = work_time(row, SIZE)

    def end_from(start: int) -> int | None:
        """Return the end of the work that starts here, None where it must not."""
        period, left = start, duration
        while left:
            if works(row, period):
                left -= 1
            elif not is_splittable or period == start:
                return None
            period += 1
        return period

    ends = {start: end for start in range(30) if (end := end_from(start)) is not None}
    start = first_start(work, 0, is_splittable, time, duration)
    assert start == min(one for one in ends if one >= time)
    assert end_of(work, 0, start, duration) == ends[start]
    assert start_to_end(work, 0, is_splittable, time, duration) == min(
        one for one, end in ends.items() if end >= time
    )


def test_without_a_calendar_all_periods_count() -> None:
    work = work_time(np.zeros((0, 0), dtype=np.bool_), SIZE)
    assert shift(work, -1, 3, 4) == 7
    assert shift(work, -1, 3, -4) == 0
    assert end_of(work, -1, 3, 4) == 7
