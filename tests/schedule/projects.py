"""Small random projects, and the best schedules of them by trying everything."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np

from sarhad.schedule.project import IntArray, LinkType, Project, Receipts, assemble
from sarhad.schedule.result import ScheduleResult, SequenceSpec
from sarhad.schedule.sequencing import CONTRADICTION
from sarhad.schedule.verify import breaches, value_of

KINDS: tuple[LinkType, ...] = ("FS", "SS", "FF", "SF")


def random_project(
    seed: int, n: int = 4, *, with_modes: bool = True, with_deadlines: bool = False, periods: int = 12
) -> Project:
    """Return a project with calendars, lags of either sign, pauses, modes and changing capacity."""
    rng = np.random.default_rng(seed)
    n_modes = rng.integers(1, 3, n) if with_modes else np.ones(n, dtype=np.int64)
    modes = [
        [
            (int(rng.integers(0, 4)), rng.integers(0, 3, 2).tolist(), rng.integers(0, 3, 1).tolist())
            for _ in range(count)
        ]
        for count in n_modes
    ]
    pairs = [pair for pair in itertools.combinations(range(n), 2) if rng.random() < 0.5]
    links = [(a, b, KINDS[rng.integers(4)], int(rng.integers(-2, 4))) for a, b in pairs]
    calendars = rng.random((2, periods)) < 0.7
    calendars[:, -1] = True
    capacity = rng.integers(2, 4, 2)
    return assemble(
        [f"a{k}" for k in range(n)],
        modes,
        links,
        capacity=capacity.tolist(),
        stock=[int(rng.integers(n // 2, 2 * n))],
        calendars=calendars,
        calendar=rng.integers(-1, 2, n).tolist(),
        lag_calendar=rng.integers(-1, 2, len(links)).tolist(),
        is_splittable=(rng.random(n) < 0.5).tolist(),
        release=rng.integers(0, 3, n).tolist(),
        deadline=np.where(rng.random(n) < 0.3, rng.integers(4, 12, n), -1).tolist()
        if with_deadlines
        else None,
        capacity_by_period=np.minimum(capacity[:, None], rng.integers(1, 4, (2, periods // 2)))
        if rng.random() < 0.5
        else None,
    )


def with_receipts(project: Project, seed: int) -> Project:
    """Return the project with two stocks, paid from receipts that open, close, and pay from one stock or both."""
    rng = np.random.default_rng(seed + 10**7)
    n_modes, n = project.mode_activity.size, project.n_activities
    needed = int(rng.integers(2 * n, 4 * n))
    amount = rng.multinomial(needed, np.ones(3) / 3)
    opens = rng.integers(0, 6, 3)
    closes = np.where(rng.random(3) < 0.5, opens + rng.integers(2, 8, 3), -1)
    pays = rng.random((3, 2)) < 0.7
    pays[~pays.any(axis=1), 0] = True
    consumption = np.column_stack([project.consumption[:, 0], rng.integers(0, 3, n_modes)])
    return dataclasses.replace(
        project,
        consumption=consumption,
        stock=np.array([3 * n, 3 * n]),
        stock_ids=("N1", "N2"),
        receipts=Receipts(amount, opens, closes, pays),
        is_paid_at_end=rng.random(n) < 0.5,
    )


def with_mode_calendars(project: Project, seed: int) -> Project:
    """Return the project with a calendar of its own for each mode."""
    rng = np.random.default_rng(seed + 10**8)
    return dataclasses.replace(project, mode_calendar=rng.integers(-1, 2, project.mode_activity.size))


def all_modes(project: Project) -> Iterator[IntArray]:
    """Yield every choice of modes."""
    own = [np.flatnonzero(project.mode_activity == k).tolist() for k in range(project.n_activities)]
    for chosen in itertools.product(*own):
        yield np.array(chosen, dtype=np.int64)


def assert_sound(project: Project, spec: SequenceSpec, result: ScheduleResult, last: int) -> None:
    """See that a result is optimal and breaks nothing, or says why there is none, and that nothing is better."""
    assert result.status in ("optimal", "infeasible")
    if result.status == "optimal":
        assert not breaches(project, result.starts, result.modes, spec)
        assert result.value == value_of(project, result.starts, result.modes, spec)
    else:
        assert result.notices
    assert CONTRADICTION not in result.notices
    assert not has_better(project, spec, result.value, last)


def has_better(project: Project, spec: SequenceSpec, below: float, last: int) -> bool:
    """Return whether some schedule whose starts are all at most `last` breaks nothing and has a value under `below`.

    One activity after another is placed at every start. A part that breaks a rule, or is no better, is not carried
    on: what comes later takes nothing away.
    """
    n = project.n_activities
    parts = [part_of(project, k + 1) for k in range(n)]
    own = [part_spec(spec, part.activity_ids) for part in parts]

    def go(starts: list[int], modes: IntArray) -> bool:
        k = len(starts)
        if k == n:
            return True
        fact = spec.started.get(project.activity_ids[k])
        for start in range(last + 1) if fact is None else [fact]:
            now = np.array([*starts, start], dtype=np.int64)
            if value_of(parts[k], now, modes[: k + 1], own[k]) >= below:
                continue
            if not breaches(parts[k], now, modes[: k + 1], own[k]) and go([*starts, start], modes):
                return True
        return False

    return any(
        go([], modes)
        for modes in all_modes(project)
        if (project.consumption[modes].sum(axis=0) <= project.stock).all()
    )


def part_spec(spec: SequenceSpec, ids: tuple[str, ...]) -> SequenceSpec:
    """Return the spec as far as it speaks of some activities."""
    due, announced, started = (
        {name: at for name, at in given.items() if name in ids}
        for given in (spec.due, spec.announced, spec.started)
    )
    return dataclasses.replace(spec, due=due, announced=announced, started=started)


def part_of(project: Project, n: int) -> Project:
    """Return the first n activities with the links among them; modes beyond theirs keep their numbers."""
    kept = np.flatnonzero((project.link_before < n) & (project.link_after < n))
    return dataclasses.replace(
        project,
        activity_ids=project.activity_ids[:n],
        link_before=project.link_before[kept],
        link_after=project.link_after[kept],
        link_type=tuple(project.link_type[k] for k in kept),
        lag=project.lag[kept],
        lag_calendar=project.lag_calendar[kept],
        calendar=project.calendar[:n],
        is_splittable=project.is_splittable[:n],
        release=project.release[:n],
        deadline=project.deadline[:n],
        is_paid_at_end=None if project.is_paid_at_end is None else project.is_paid_at_end[:n],
    )
