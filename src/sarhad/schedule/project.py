"""A project to schedule: activities with modes, links with lags, resources and calendars, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LinkType = Literal["FS", "SS", "FF", "SF"]


@dataclass(frozen=True)
class Receipts:
    """Money that comes in over time, may expire, and pays from some stocks only.

    Parameters
    ----------
    amount
        Of each of the G receipts, shape (G,).
    opens, closes
        First period in which it may be spent, and the first in which it may no longer be (-1: never), shape (G,).
    pays
        The stocks whose use it may pay for, shape (G, N).
    """

    amount: IntArray
    opens: IntArray
    closes: IntArray
    pays: BoolArray


@dataclass(frozen=True)
class Project:
    """What is to be scheduled; times are whole periods (days unless said otherwise) from `begin` on.

    Parameters
    ----------
    activity_ids
        Ids of the A activities, in the order of the arrays. No dummy source or sink is needed.
    mode_activity
        Activity of each of the M modes, ascending, every activity has at least one, shape (M,).
    duration
        Working time of each mode, shape (M,).
    demand
        Renewable resource that each mode holds while it works, shape (M, R).
    consumption
        Non-renewable resource that each mode uses up, shape (M, N).
    capacity
        Renewable capacity, shape (R,), constant; changes over time are calendars of the resource.
    stock
        Non-renewable stock, shape (N,).
    link_before, link_after, link_type, lag
        Precedence links: activities, FS/SS/FF/SF, and lag in periods of the lag's calendar, shape (L,).
    calendar
        Calendar of each activity, index into `calendars`, -1 works always, shape (A,).
    lag_calendar
        Calendar in which each lag counts, -1 counts elapsed periods, shape (L,).
    is_splittable
        May the activity pause over time its calendar does not work, shape (A,); otherwise it fits whole.
    calendars
        Working periods of each calendar, one row each, shape (C, H): period h works; after H all work.
    release, deadline
        First period in which an activity may start, and the period by which it must have ended (-1: none), shape (A,).
    resource_ids, stock_ids
        Names of the renewable and the non-renewable resources.
    capacity_by_period
        Renewable capacity of the first P periods where it changes over time, shape (R, P); from P on, or where
        it is None, `capacity` holds.
    receipts
        When the stock comes in and expires; None: all of it is there from the first period to the last.
    is_paid_at_end
        Does an activity pay in its last period and not in its first, shape (A,); None: none does.
    mode_calendar
        Calendar of each mode, such as that of winter equipment, shape (M,); None: modes keep that of their activity.

    Notes
    -----
    A link says that the work time of its lag's calendar between its two ends is at least the lag, and, where the
    lag is not negative, that the second end does not come first. A negative lag thus lets the second end come
    earlier, by at most that much work time. A pausing activity gives its resources back while it pauses.
    Activities without duration hold no resource and keep no calendar.

    What a mode takes of a stock that some receipt may pay for is paid in one period, the first or the last of its
    activity (that of the start where it has no duration), out of receipts that are open then. A schedule stands only if
    all its payments can be met together. The stock bounds the sum, as without receipts.
    """

    activity_ids: tuple[str, ...]
    mode_activity: IntArray
    duration: IntArray
    demand: IntArray
    consumption: IntArray
    capacity: IntArray
    stock: IntArray
    link_before: IntArray
    link_after: IntArray
    link_type: tuple[LinkType, ...]
    lag: IntArray
    calendar: IntArray
    lag_calendar: IntArray
    is_splittable: BoolArray
    calendars: BoolArray
    release: IntArray
    deadline: IntArray
    resource_ids: tuple[str, ...]
    stock_ids: tuple[str, ...]
    capacity_by_period: IntArray | None = None
    receipts: Receipts | None = None
    is_paid_at_end: BoolArray | None = None
    mode_calendar: IntArray | None = None

    @property
    def n_activities(self) -> int:
        """Return the number of activities A."""
        return len(self.activity_ids)

    @property
    def calendar_of_mode(self) -> IntArray:
        """Return the calendar that each mode keeps, -1 works always, shape (M,)."""
        return self.calendar[self.mode_activity] if self.mode_calendar is None else self.mode_calendar

    def in_modes(self, modes: IntArray) -> Project:
        """Return the project whose activities keep the calendars of these modes, shape (A,)."""
        return replace(self, calendar=self.calendar_of_mode[modes], mode_calendar=None)


def assemble(
    activity_ids: Sequence[str],
    modes: Sequence[Sequence[tuple[int, Sequence[int], Sequence[int]]]],
    links: Sequence[tuple[int, int, LinkType, int]] = (),
    *,
    capacity: Sequence[int] = (),
    stock: Sequence[int] = (),
    calendars: BoolArray | None = None,
    calendar: Sequence[int] | None = None,
    lag_calendar: Sequence[int] | None = None,
    is_splittable: Sequence[bool] | None = None,
    release: Sequence[int] | None = None,
    deadline: Sequence[int] | None = None,
    resource_ids: Sequence[str] | None = None,
    stock_ids: Sequence[str] | None = None,
    capacity_by_period: IntArray | None = None,
    receipts: Sequence[tuple[int, int, int, Sequence[int]]] | None = None,
    is_paid_at_end: Sequence[bool] | None = None,
    mode_calendar: Sequence[int] | None = None,
) -> Project:
    """Return the project of plain lists; what is left out works always and has no limit.

    Parameters
    ----------
    modes
        Of each activity: duration, demand by resource, consumption by stock.
    links
        Before, after, type, lag.
    receipts
        Amount, first period, first period no longer (-1: never), stocks that it may pay for.
    """
    n = len(activity_ids)
    flat = [(activity, mode) for activity, own in enumerate(modes) for mode in own]

    def array(values: Sequence[int] | None, size: int, default: int) -> IntArray:
        return np.array([default] * size if values is None else values, dtype=np.int64)

    return Project(
        activity_ids=tuple(activity_ids),
        mode_activity=np.array([activity for activity, _ in flat], dtype=np.int64),
        duration=np.array([mode[0] for _, mode in flat], dtype=np.int64),
        demand=np.array([mode[1] for _, mode in flat], dtype=np.int64).reshape(len(flat), len(capacity)),
        consumption=np.array([mode[2] for _, mode in flat], dtype=np.int64).reshape(len(flat), len(stock)),
        capacity=np.array(capacity, dtype=np.int64),
        stock=np.array(stock, dtype=np.int64),
        link_before=np.array([link[0] for link in links], dtype=np.int64),
        link_after=np.array([link[1] for link in links], dtype=np.int64),
        link_type=tuple(link[2] for link in links),
        lag=np.array([link[3] for link in links], dtype=np.int64),
        calendar=array(calendar, n, -1),
        lag_calendar=array(lag_calendar, len(links), -1),
        is_splittable=np.array([False] * n if is_splittable is None else is_splittable, dtype=np.bool_),
        calendars=np.zeros((0, 0), dtype=np.bool_) if calendars is None else calendars,
        release=array(release, n, 0),
        deadline=array(deadline, n, -1),
        resource_ids=tuple(resource_ids or (f"R{k + 1}" for k in range(len(capacity)))),
        stock_ids=tuple(stock_ids or (f"N{k + 1}" for k in range(len(stock)))),
        capacity_by_period=capacity_by_period,
        receipts=None if receipts is None else _receipts(receipts, len(stock)),
        is_paid_at_end=None if is_paid_at_end is None else np.array(is_paid_at_end, dtype=np.bool_),
        mode_calendar=None if mode_calendar is None else np.array(mode_calendar, dtype=np.int64),
    )


def _receipts(rows: Sequence[tuple[int, int, int, Sequence[int]]], n_stocks: int) -> Receipts:
    amount, opens, closes = np.array([row[:3] for row in rows], dtype=np.int64).reshape(-1, 3).T
    pays = np.zeros((len(rows), n_stocks), dtype=np.bool_)
    for receipt, row in enumerate(rows):
        pays[receipt, list(row[3])] = True
    return Receipts(amount, opens, closes, pays)
