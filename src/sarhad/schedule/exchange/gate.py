"""A gate for the quality of a schedule: the 14-point check of the field.

References
----------
Defense Contract Management Agency (2012), Earned Value Management System Program Analysis Pamphlet (DCMA-EA PAM
200.1), section 4: the 14 points and their thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sarhad.schedule.exchange.calendars import WorkCalendar, working_days
from sarhad.schedule.exchange.model import HARD, Exchanged, Link, Task
from sarhad.schedule.exchange.network import Floats, floats, is_cyclic

LONG_DAYS = 44.0  # working days above which float or duration counts as high
FEW = 0.05  # share that may fail
MOSTLY_FS = 0.90
INDEX = 0.95  # least CPLI and BEI
PUSH_DAYS = 600  # that a critical task is put off in the critical path test
NAMED = 20  # rows named in a finding


@dataclass(frozen=True)
class Finding:
    """One point of the gate.

    Parameters
    ----------
    number, point
        1..14 and its name.
    value, threshold
        What was found, and its limit; shares 0..1, counts or indices.
    is_passed
        None where the file holds nothing to judge it by.
    rows
        Ids of the tasks, or of the links as ``A -> B``, that fail (the first twenty).
    n_rows
        How many fail.
    remedy
        What to do.
    """

    number: int
    point: str
    value: float
    threshold: str
    is_passed: bool | None
    rows: tuple[str, ...] = ()
    n_rows: int = 0
    remedy: str = ""


def quality(schedule: Exchanged) -> list[Finding]:
    """Return the 14 findings on a schedule, in their usual order.

    Float is computed by forward and backward pass over working days, calendars and resources aside; a schedule
    with a cycle has none, and its points that need it are not judged.
    """
    open_ = [t for t in schedule.tasks if t.actual_finish is None and t.percent_complete < 100.0]
    own = None if is_cyclic(schedule) else floats(schedule)
    return [*_logic(schedule, open_), *_times(schedule, open_, own), *_progress(schedule, own)]


def _share(number: int, point: str, failing: Sequence[str], total: int, most: float, remedy: str) -> Finding:
    """Return the finding on a share of rows that should be small."""
    value = len(failing) / total if total else 0.0
    limit = f"<= {most:.0%}" if most else "0"
    rows = tuple(failing[:NAMED])
    return Finding(number, point, value, limit, value <= most, rows, len(failing), remedy if failing else "")


def _name(link: Link) -> str:
    return f"{link.before} -> {link.after}"


def _logic(schedule: Exchanged, open_: list[Task]) -> Iterator[Finding]:
    """Yield points 1 to 5."""
    links = schedule.links
    has_before, has_after = {k.after for k in links}, {k.before for k in links}
    loose = [t.uid for t in open_ if t.uid not in has_before or t.uid not in has_after]
    yield _share(
        1, "Logic", loose, len(open_), FEW, "Link these tasks to what they wait for and what waits for them."
    )
    leads = [_name(k) for k in links if k.lag_days < 0]
    yield _share(2, "Leads", leads, len(links), 0.0, "Replace each negative lag by a task or another link.")
    lags = [_name(k) for k in links if k.lag_days > 0]
    yield _share(3, "Lags", lags, len(links), FEW, "Make a task of each wait, with an owner.")
    n_fs = sum(k.type == "FS" for k in links)
    value = n_fs / len(links) if links else 1.0
    other = [_name(k) for k in links if k.type != "FS"]
    yield Finding(
        4, "Relationship types", value, f">= {MOSTLY_FS:.0%} FS", value >= MOSTLY_FS, tuple(other[:NAMED]), len(other),
        "Split tasks so that finish-to-start links say what happens." if value < MOSTLY_FS else "",
    )  # fmt: skip
    hard = [t.uid for t in open_ if t.constraint in HARD]
    yield _share(
        5, "Hard constraints", hard, len(open_), FEW, "Use links, or constraints that only hold back (SNET)."
    )


def _times(schedule: Exchanged, open_: list[Task], own: Floats | None) -> Iterator[Finding]:
    """Yield points 6 to 10."""
    stated = {t.uid: t.total_float_days for t in open_ if t.total_float_days is not None}
    float_of = dict(stated) if own is None else {t.uid: stated.get(t.uid, own.total[t.uid]) for t in open_}
    high = [uid for uid, days in float_of.items() if days > LONG_DAYS]
    yield _share(6, "High float", high, len(float_of), FEW, "Look for missing successors of these tasks.")
    negative = [uid for uid, days in float_of.items() if days < 0]
    yield _share(
        7,
        "Negative float",
        negative,
        len(float_of),
        0.0,
        "These tasks miss a date already: re-plan or move it.",
    )
    long = [t.uid for t in open_ if t.duration_days > LONG_DAYS]
    yield _share(8, "High duration", long, len(open_), FEW, "Split work of more than two months.")
    yield _invalid(schedule, open_)
    held = {a.task for a in schedule.assignments}
    bare = [t.uid for t in open_ if not t.is_milestone and t.uid not in held]
    work = sum(not t.is_milestone for t in open_)
    yield _share(10, "Resources", bare, work, 0.0, "Say who does the work of these tasks.")


def _invalid(schedule: Exchanged, open_: list[Task]) -> Finding:
    """Return point 9: actual dates after the status date, forecasts before it."""
    status = schedule.status
    if status is None:
        return Finding(9, "Invalid dates", 0.0, "0", None, remedy="Give the file a status date.")
    late = [
        t.uid for t in schedule.tasks if max(t.actual_start or date.min, t.actual_finish or date.min) > status
    ]
    early = [t.uid for t in open_ if t.actual_start is None and t.start is not None and t.start < status]
    remedy = "Correct actual dates after the status date, and move forecasts before it."
    return _share(9, "Invalid dates", sorted({*late, *early}), len(schedule.tasks), 0.0, remedy)


def _progress(schedule: Exchanged, own: Floats | None) -> Iterator[Finding]:
    """Yield points 11 to 14."""
    status = schedule.status
    based = [t for t in schedule.tasks if t.baseline_finish is not None]
    due = [
        t
        for t in based
        if status is not None and t.baseline_finish is not None and t.baseline_finish <= status
    ]
    if due:
        late = [
            t.uid for t in due if (t.actual_finish or t.finish or date.max) > (t.baseline_finish or date.max)
        ]
        yield _share(
            11, "Missed tasks", late, len(due), FEW, "Say why these tasks are later than their baseline."
        )
    else:
        yield Finding(
            11, "Missed tasks", 0.0, f"<= {FEW:.0%}", None, remedy="Give a baseline and a status date."
        )
    yield _push(schedule, own)
    yield _length_index(schedule, own)
    if due:
        done = sum(t.actual_finish is not None and t.actual_finish <= (status or date.max) for t in based)
        bei = done / len(due)
        undone = [t.uid for t in due if t.actual_finish is None]
        remedy = "Finish what the baseline has finished by now, or re-baseline." if bei < INDEX else ""
        yield Finding(
            14,
            "Baseline execution index",
            bei,
            f">= {INDEX}",
            bei >= INDEX,
            tuple(undone[:NAMED]),
            len(undone),
            remedy,
        )
    else:
        yield Finding(
            14,
            "Baseline execution index",
            0.0,
            f">= {INDEX}",
            None,
            remedy="Give a baseline and a status date.",
        )


def _push(schedule: Exchanged, own: Floats | None) -> Finding:
    """Return point 12: whether the end moves with a critical task that is put off."""
    name, limit = "Critical path test", f"end moves {PUSH_DAYS} days"
    if own is None or not schedule.links:
        return Finding(12, name, 0.0, limit, None, remedy="Give links without a cycle.")
    critical = min(own.total, key=lambda uid: (own.total[uid], own.early_start[uid], uid))
    moved = floats(schedule, {critical: float(PUSH_DAYS)}).length - own.length
    is_passed = abs(moved - PUSH_DAYS) < 1.0
    rows = () if is_passed else (critical,)
    remedy = "" if is_passed else "The path from this task to the end is broken: look for missing links."
    return Finding(12, name, moved, limit, is_passed, rows, len(rows), remedy)


def _length_index(schedule: Exchanged, own: Floats | None) -> Finding:
    """Return point 13: (critical path length + float of the end) / critical path length."""
    name, limit = "Critical path length index", f">= {INDEX}"
    ends = [t for t in schedule.tasks if t.deadline is not None or t.baseline_finish is not None]
    if own is None or not ends or own.length <= 0:
        return Finding(13, name, 0.0, limit, None, remedy="Give the last task a deadline or a baseline.")
    last = max(ends, key=lambda t: (t.deadline or t.baseline_finish or date.min, t.uid))
    goal = last.deadline or last.baseline_finish or date.min
    calendar = next((c for c in schedule.calendars if c.uid == schedule.calendar), WorkCalendar("", ""))
    n_days = max((goal - schedule.begin).days + 1, 0)
    spare = float(working_days(calendar, schedule.begin, n_days).sum()) - own.length
    value = (own.length + spare) / own.length
    is_passed = value >= INDEX
    rows = () if is_passed else (last.uid,)
    return Finding(
        13,
        name,
        value,
        limit,
        is_passed,
        rows,
        len(rows),
        "" if is_passed else "The end cannot be kept: re-plan.",
    )
