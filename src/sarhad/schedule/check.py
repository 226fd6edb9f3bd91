"""What a project must be before it can be scheduled: every fault at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from sarhad.errors import DataError
from sarhad.schedule.frame import most_capacity
from sarhad.schedule.project import BoolArray, IntArray, Project

MOST_SHOWN = 5
LARGEST = 10**9  # of a renewable capacity: amounts are packed into words


def refuse_faults(project: Project) -> None:
    """Refuse a project that no schedule could be made of.

    Raises
    ------
    DataError
        With every fault: what, where, how many, and what to do.
    """
    found = list(_shape_faults(project))
    if not found:
        found = [
            *_activity_faults(project), *_link_faults(project), *_calendar_faults(project), *_receipt_faults(project)
        ]  # fmt: skip
    if found:
        texts = "\n".join(text for text, _, _ in found)
        _, column, ids = found[0]
        table, _, name = column.partition(".")
        raise DataError(texts, table=table, column=name, ids=ids)


Fault = tuple[str, str, tuple[str, ...]]


def _fault(column: str, text: str, ids: list[str], remedy: str) -> Fault:
    shown = ", ".join(ids[:MOST_SHOWN]) + (
        f" and {len(ids) - MOST_SHOWN} more" if len(ids) > MOST_SHOWN else ""
    )
    return f"{column}: {text}: {shown}. {remedy}", column, tuple(ids)


def _shape_faults(project: Project) -> Iterator[Fault]:
    n, m, n_links = project.n_activities, project.mode_activity.size, len(project.link_type)
    shapes = {
        "mode.duration": (project.duration.shape, (m,)),
        "mode.demand": (project.demand.shape, (m, len(project.resource_ids))),
        "mode.consumption": (project.consumption.shape, (m, len(project.stock_ids))),
        "resource.capacity": (project.capacity.shape, (len(project.resource_ids),)),
        "resource.stock": (project.stock.shape, (len(project.stock_ids),)),
        "precedence.before": (project.link_before.shape, (n_links,)),
        "precedence.after": (project.link_after.shape, (n_links,)),
        "precedence.lag": (project.lag.shape, (n_links,)),
        "precedence.lag_calendar": (project.lag_calendar.shape, (n_links,)),
        "activity.calendar": (project.calendar.shape, (n,)),
        "activity.is_splittable": (project.is_splittable.shape, (n,)),
        "activity.release": (project.release.shape, (n,)),
        "activity.deadline": (project.deadline.shape, (n,)),
    }
    if project.capacity_by_period is not None:
        periods = project.capacity_by_period.shape[1:]
        shapes["resource.capacity_by_period"] = (
            project.capacity_by_period.shape,
            (len(project.resource_ids), *periods),
        )
    if project.mode_calendar is not None:
        shapes["mode.calendar"] = (project.mode_calendar.shape, (m,))
    if project.is_paid_at_end is not None:
        shapes["activity.is_paid_at_end"] = (project.is_paid_at_end.shape, (n,))
    if project.receipts is not None:
        given, of = project.receipts, (len(project.receipts.amount),)
        shapes |= {
            "receipt.amount": (given.amount.shape, of), "receipt.opens": (given.opens.shape, of),
            "receipt.closes": (given.closes.shape, of), "receipt.pays": (given.pays.shape, (*of, len(project.stock_ids))),
        }  # fmt: skip
    for column, (found, wanted) in shapes.items():
        if found != wanted:
            yield f"{column}: has the shape {found}, expected {wanted}. Give one value a row.", column, ()
    yield from _reference_faults(project)


def _reference_faults(project: Project) -> Iterator[Fault]:
    n, n_calendars = project.n_activities, project.calendars.shape[0]
    ranges: dict[str, tuple[IntArray, int, int]] = {
        "mode.activity": (project.mode_activity, 0, n),
        "precedence.before": (project.link_before, 0, n),
        "precedence.after": (project.link_after, 0, n),
        "activity.calendar": (project.calendar, -1, n_calendars),
        "precedence.lag_calendar": (project.lag_calendar, -1, n_calendars),
    }
    if project.mode_calendar is not None:
        ranges["mode.calendar"] = (project.mode_calendar, -1, n_calendars)
    for column, (values, low, high) in ranges.items():
        strange = sorted({int(value) for value in values[(values < low) | (values >= high)]})
        if strange:
            numbers = [str(value) for value in strange]
            yield _fault(
                column, f"there is nothing of the number (allowed {low}..{high - 1})", numbers, "Correct it."
            )
    if (np.diff(project.mode_activity) < 0).any():
        yield "mode.activity: is not ascending. Sort the modes by activity.", "mode.activity", ()
    twice = (
        sorted({name for name in project.activity_ids if project.activity_ids.count(name) > 1})
        if (len(set(project.activity_ids)) < n)
        else []
    )
    if twice:
        yield _fault("activity.id", "used more than once", twice, "Give every activity an id of its own.")


def _activity_faults(project: Project) -> Iterator[Fault]:
    ids = project.activity_ids
    owners = project.mode_activity

    def names(of_mode: BoolArray) -> list[str]:
        return [ids[k] for k in sorted({int(k) for k in owners[of_mode]})]

    counts = np.bincount(owners, minlength=len(ids))
    without = [name for name, count in zip(ids, counts, strict=True) if not count]
    if without:
        yield _fault("mode.activity", "no mode", without, "Give each activity at least one mode.")
    if (project.duration < 0).any():
        yield _fault(
            "mode.duration", "negative", names(project.duration < 0), "Give 0 or more working periods."
        )
    for column, table in (("mode.demand", project.demand), ("mode.consumption", project.consumption)):
        if (table < 0).any():
            yield _fault(
                column,
                "negative",
                names(np.asarray((table < 0).any(axis=1), dtype=np.bool_)),
                "Give 0 or more.",
            )
    limits = (("resource.capacity", project.capacity, project.resource_ids),)
    for column, values, limit_ids in (*limits, ("resource.stock", project.stock, project.stock_ids)):
        if (values < 0).any():
            yield _fault(
                column, "negative", [limit_ids[k] for k in np.flatnonzero(values < 0)], "Give 0 or more."
            )
    if project.capacity_by_period is not None and (project.capacity_by_period < 0).any():
        rows = np.flatnonzero((project.capacity_by_period < 0).any(axis=1))
        yield _fault(
            "resource.capacity_by_period",
            "negative",
            [project.resource_ids[k] for k in rows],
            "Give 0 or more.",
        )
    large = [project.resource_ids[k] for k in np.flatnonzero(most_capacity(project) > LARGEST)]
    if large:
        yield _fault("resource.capacity", f"above {LARGEST:,}", large, "Count in larger units.")
    if (project.release < 0).any():
        early = [ids[k] for k in np.flatnonzero(project.release < 0)]
        yield _fault("activity.release", "negative", early, "Count periods from the project's begin.")
    yield from _demand_faults(project)


def _demand_faults(project: Project) -> Iterator[Fault]:
    """Yield activities whose every mode needs more than there ever is of a resource."""
    most = most_capacity(project)
    fits = (project.demand <= most).all(axis=1)
    able = np.zeros(project.n_activities, dtype=np.bool_)
    able[project.mode_activity[fits]] = True
    told = []
    for activity in np.flatnonzero(~able):
        own = np.flatnonzero(project.mode_activity == activity)
        if own.size:
            mode = own[0]
            k = int(np.argmax(project.demand[mode] - most))
            need = f"needs {project.demand[mode, k]} of {project.resource_ids[k]}, which has {most[k]}"
            told.append(f"{project.activity_ids[activity]} ({need})")
    if told:
        yield _fault(
            "mode.demand", "above the capacity in every mode", told, "Add capacity or lower the demand."
        )


def _link_faults(project: Project) -> Iterator[Fault]:
    own = np.flatnonzero(project.link_before == project.link_after)
    if own.size:
        names = [project.activity_ids[project.link_before[k]] for k in own]
        yield _fault("precedence.after", "activities that follow themselves", names, "Take these links away.")
    cycle = find_cycle(project)
    if len(cycle) > 1:
        kinds = {
            (int(a), int(b)): kind
            for a, b, kind in zip(project.link_before, project.link_after, project.link_type, strict=True)
        }
        ids = [project.activity_ids[k] for k in cycle]
        steps = "".join(
            f" -{kinds[a, b]}-> {project.activity_ids[b]}" for a, b in pairwise([*cycle, cycle[0]])
        )
        text = f"precedence.after: {len(cycle)} activities wait for each other: {ids[0]}{steps}. Take a link away."
        yield text, "precedence.after", tuple(ids)


def find_cycle(project: Project) -> list[int]:
    """Return the activities of one cycle of links in their order; empty where there is none."""
    after: list[list[int]] = [[] for _ in range(project.n_activities)]
    for a, b in zip(project.link_before.tolist(), project.link_after.tolist(), strict=True):
        after[a].append(b)
    state = [0] * project.n_activities  # 0 new, 1 on the way, 2 done
    for root in range(project.n_activities):
        way, nexts = ([root], [iter(after[root])]) if state[root] == 0 else ([], [])
        state[root] = max(state[root], 1)
        while way:
            other = next(nexts[-1], None)
            if other is None:
                state[way.pop()] = 2
                nexts.pop()
            elif state[other] == 1:
                return way[way.index(other) :]
            elif state[other] == 0:
                state[other] = 1
                way.append(other)
                nexts.append(iter(after[other]))
    return []


def _calendar_faults(project: Project) -> Iterator[Fault]:
    idle = (
        np.flatnonzero(~project.calendars.any(axis=1))
        if project.calendars.size
        else np.zeros(0, dtype=np.int64)
    )
    for number in idle:
        own = np.unique(project.mode_activity[project.calendar_of_mode == number])
        users = [project.activity_ids[k] for k in own]
        if users or (project.lag_calendar == number).any():
            yield _fault(
                "calendar",
                f"calendar {number} has no working time",
                users or ["lags"],
                "Correct the calendar.",
            )
    seasons = _longest_runs(project)
    told = []
    kept = project.calendar_of_mode
    for activity in np.flatnonzero(~project.is_splittable):
        own = np.flatnonzero(project.mode_activity == activity)
        short = [
            (int(project.duration[mode]), seasons[kept[mode]])
            for mode in own
            if kept[mode] >= 0
            and kept[mode] not in idle
            and project.duration[mode] > seasons[kept[mode]] >= 0
        ]
        if short and len(short) == own.size:
            need, season = min(short)
            told.append(f"{project.activity_ids[activity]} ({need} periods, longest season {season})")
    if told:
        remedy = "Let these activities pause, split them, or lengthen the season."
        yield _fault("mode.duration", "fits into no season of its calendar", told, remedy)


def _receipt_faults(project: Project) -> Iterator[Fault]:
    """Yield receipts that cannot be."""
    receipts = project.receipts
    if receipts is None:
        return
    wrong = {
        "amount": (receipts.amount < 0, "negative", "Give 0 or more."),
        "opens": (receipts.opens < 0, "negative", "Count periods from the project's begin."),
        "closes": (
            (receipts.closes >= 0) & (receipts.closes <= receipts.opens), "no period between opening and closing",
            "Give a later period, or -1 for never.",
        ),
        "pays": (~receipts.pays.any(axis=1), "pay from no stock", "Name one, or take them out."),
    }  # fmt: skip
    for column, (is_wrong, text, remedy) in wrong.items():
        if is_wrong.any():
            yield _fault(f"receipt.{column}", text, [str(k + 1) for k in np.flatnonzero(is_wrong)], remedy)


def _longest_runs(project: Project) -> list[int]:
    """Return the longest unbroken work time of each calendar, -1 where it goes on after the last period."""
    longest = []
    for row in project.calendars:
        if not row.size or row[-1]:
            longest.append(-1)
            continue
        edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
        longest.append(int((edges[1::2] - edges[::2]).max(initial=0)))
    return longest
