"""A project to schedule: activities with modes, links with lags, resources and calendars, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LinkType = Literal["FS", "SS", "FF", "SF"]


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

    @property
    def n_activities(self) -> int:
        """Return the number of activities A."""
        return len(self.activity_ids)
