"""What the kernel reads, writes and works on: draws lie side by side in the innermost axis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sarhad.schedule.project import BoolArray, FloatArray, IntArray
from sarhad.schedule.risk.distributions import BLOCK, Columns
from sarhad.schedule.risk.streams import Order

N_SUMS, N_MISSED = 7, 4  # sums of each activity, and of each window


class Lists(NamedTuple):
    """Lists of lists as two arrays: list k is ``of[ptr[k]:ptr[k + 1]]``."""

    ptr: IntArray
    of: IntArray


class Net(NamedTuple):
    """The network, activities in an order in which links point forward.

    Parameters
    ----------
    order
        Activities, predecessors first, shape (A,).
    links
        Links that end at each activity; `before`, `kind`, `lag`, `lag_calendar` describe them, shape (L,).
    release, calendar, is_splittable
        Shape (A,).
    is_simple
        True when no activity has a calendar, no risk stops a start and all links tie starts.
    """

    order: IntArray
    links: Lists
    before: IntArray
    kind: IntArray
    lag: FloatArray
    lag_calendar: IntArray
    release: FloatArray
    calendar: IntArray
    is_splittable: BoolArray
    is_simple: bool


class Events(NamedTuple):
    """Drivers and stoppages.

    Parameters
    ----------
    probability
        Of each driver; `duration` and `cost` are their factors, shape (D, 3).
    of_duration, of_cost
        Drivers that strike each activity's duration, and its cost.
    chance
        Of each stoppage; `onset` (J, 2), `length` (J, 3).
    stoppages
        Stoppages that hold back each activity.
    """

    probability: FloatArray
    duration: FloatArray
    cost: FloatArray
    of_duration: Lists
    of_cost: Lists
    chance: FloatArray
    onset: FloatArray
    length: FloatArray
    stoppages: Lists


class Figures(NamedTuple):
    """Distributions and money.

    Parameters
    ----------
    duration, cost
        Tables of the activities; `has_cost` says whether the second means anything.
    loadings, cost_loadings
        On the common factors, shape (A, F).
    normal, shares
        Quantiles and distribution function of the standard normal.
    cost_per_period, overhead
        Money by elapsed period, of each activity and of the programme.
    """

    duration: Columns
    cost: Columns
    has_cost: bool
    loadings: FloatArray
    cost_loadings: FloatArray
    normal: FloatArray
    shares: FloatArray
    cost_per_period: FloatArray
    overhead: float


class Centre(NamedTuple):
    """Values near the means, so that sums of squares keep their digits: baseline finish, durations, cost."""

    finish: float
    duration: FloatArray
    cost: float


class Groups(NamedTuple):
    """Groups of each activity, its window in the baseline (-1 none), and the last interval of that window."""

    of: Lists
    home: IntArray
    last_slot: IntArray


class Output(NamedTuple):
    """What a run leaves; blocks write to places of their own, so threads never meet.

    Parameters
    ----------
    finish, cost
        Of the programme, shape (n,).
    group_finish, group_cost
        Shape (G, n).
    activity_finish, activity_cost
        Shape (A, n), or (A, 0) when they are not kept.
    sums
        Of each block and activity, shape (blocks, A, 7): critical draws, d, d², d·T (both centred), draws that miss
        the window, T and own finish over those.
    window
        Of each block and window, shape (blocks, W, 4): draws that miss it, T, T², money over them.
    missed
        Windows missed in each draw, shape (n,).
    """

    finish: FloatArray
    cost: FloatArray
    group_finish: FloatArray
    group_cost: FloatArray
    activity_finish: FloatArray
    activity_cost: FloatArray
    sums: FloatArray
    window: FloatArray
    missed: IntArray


class Room(NamedTuple):
    """Working memory of a thread, shape (., BLOCK) each; `due` has one row where no link asks for a finish."""

    ready: FloatArray
    start: FloatArray
    finish: FloatArray
    length: FloatArray
    money: FloatArray
    is_critical: BoolArray
    is_late: BoolArray
    factors: FloatArray
    stretch: FloatArray
    dearer: FloatArray
    onset: FloatArray
    resume: FloatArray
    miss: BoolArray
    ends: FloatArray
    total: FloatArray
    due: FloatArray
    is_due: BoolArray
    strata: FloatArray
    order: Order


def room(net: Net, events: Events, n_factors: int, n_windows: int) -> Room:
    """Return the working memory of a thread."""
    n = len(net.order)
    has_ends = bool((net.kind > 1).any())  # links that ask for a finish
    d, j = len(events.probability), len(events.chance)

    def floats(size: int) -> FloatArray:
        return np.zeros((size, BLOCK))

    def truths(size: int) -> BoolArray:
        return np.zeros((size, BLOCK), dtype=np.bool_)

    return Room(
        ready=floats(n),
        start=floats(n),
        finish=floats(n),
        length=floats(n),
        money=floats(n),
        is_critical=truths(n),
        is_late=truths(n),
        factors=floats(n_factors),
        stretch=floats(d),
        dearer=floats(d),
        onset=floats(j),
        resume=floats(j),
        miss=truths(n_windows),
        ends=np.zeros(BLOCK),
        total=np.zeros(BLOCK),
        due=floats(n if has_ends else 1),
        is_due=truths(n if has_ends else 1),
        strata=np.zeros(BLOCK),
        order=np.zeros(BLOCK, dtype=np.uint32),
    )
