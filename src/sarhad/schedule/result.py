"""What a schedule is asked for and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sarhad.schedule.project import IntArray

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
Stopped = Literal["time", "work", "interrupt"]
Objective = Literal["makespan", "lateness", "change"]


@dataclass(frozen=True)
class SequenceSpec:
    """What the schedule shall be best at, and what has happened already.

    Parameters
    ----------
    objective
        makespan: the end of all; lateness: the sum of ``weight * max(0, end - due)``; change: the sum of
        ``weight * |start - announced start|``.
    weight
        Weight of an activity in lateness or change, 1 where left out; it is not negative.
    due
        Period by whose beginning an activity should have ended; only these can be late.
    announced
        Starts of the schedule that people know: what change is measured against, and where the search begins.
    announced_modes
        Numbers, from 1, of its modes: where the search begins, also where the starts do not.
    started
        Starts of activities that have begun or ended: facts, which no link, calendar or capacity overrules.
    modes
        Number, from 1, of the mode in which an activity must be carried out; what has begun is in its first one where
        it is left out.
    now
        What has not begun starts at this period or later.
    """

    objective: Objective = "makespan"
    weight: Mapping[str, float] = field(default_factory=dict)
    due: Mapping[str, int] = field(default_factory=dict)
    announced: Mapping[str, int] = field(default_factory=dict)
    announced_modes: Mapping[str, int] = field(default_factory=dict)
    started: Mapping[str, int] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)
    now: int = 0


@dataclass(frozen=True)
class ScheduleProgress:
    """Where the search stands: seconds, the best value (infinite: none), the bound, the gap, what it is doing."""

    seconds: float
    value: float
    bound: float
    gap: float
    phase: str


OnProgress = Callable[[ScheduleProgress], bool]


@dataclass(frozen=True)
class ScheduleResult:
    """A schedule with its certificate.

    Parameters
    ----------
    starts, ends, modes
        First period, the period after the last, and the mode (index into the modes of the project), shape (A,);
        empty where no schedule was found.
    value, bound
        The objective, and what no schedule is below; the value is infinite where no schedule was found.
    gap
        ``(value - bound) / value``.
    status
        optimal, feasible, infeasible, or unknown (no schedule found, none excluded).
    seconds, seed, stopped
        Time taken, without compiling; seed; what ended the search from outside, if anything.
    unchanged_share
        Share of the announced activities, begun ones apart, that keep their start; None where none are.
    notices
        What a person should know; for an infeasible project the limits that conflict.
    """

    starts: IntArray
    ends: IntArray
    modes: IntArray
    value: float
    bound: float
    gap: float
    status: Status
    seconds: float
    seed: int
    stopped: Stopped | None
    unchanged_share: float | None
    notices: tuple[str, ...]


def gap(value: float, bound: float) -> float:
    """Return the share of the value that the bound leaves open; 0 where nothing is left, 1 without a schedule."""
    if value == float("inf"):
        return 1.0
    return max(0.0, value - bound) / value if value > 0 else 0.0
