"""The frozen resource order: capacities hold in every draw, and the schedule's own durations give it back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sarhad.errors import DataError
from sarhad.schedule import Baseline, Draws, Project, Risk, ThreePoint, assemble, breaches, sequence, simulate
from sarhad.schedule.risk import Simulation
from tests.schedule.projects import random_project
from tests.schedule.risk.small import at, sure


def crews(seed: int, n: int = 8) -> Project:
    """Return activities of two resources with some links, no calendars."""
    rng = np.random.default_rng(seed)
    modes = [[(int(rng.integers(1, 6)), rng.integers(0, 3, 2).tolist(), [])] for _ in range(n)]
    links = [(p, a, "FS", 0) for a in range(n) for p in range(a) if rng.random() < 0.2]
    return assemble([f"a{k}" for k in range(n)], modes, links, capacity=[3, 2])  # type: ignore[arg-type]


def sequenced(project: Project) -> Baseline:
    found = sequence(project, time_limit_s=5.0, work_limit=1, seed=1)
    return Baseline(found.modes, found.starts)


def starts_of(found: Simulation) -> np.ndarray:
    """Return starts of draws whose money is one unit for each elapsed period."""
    return np.asarray(found.activity_finish - found.activity_cost)


@pytest.mark.parametrize("seed", range(4))
def test_capacities_hold_in_every_draw(seed: int) -> None:
    project = crews(seed)
    likely = project.duration.astype(float)
    risk = Risk(ThreePoint(0.2 * likely, likely, 4 * likely, "uniform"), cost_per_period=np.ones(len(likely)))
    found = simulate(project, sequenced(project), risk, draws=Draws(400, seed))
    starts, ends = starts_of(found), found.activity_finish
    for k in range(400):
        for moment in starts[:, k]:  # use of a resource is largest when something starts
            works = (starts[:, k] <= moment + 1e-3) & (ends[:, k] > moment + 1e-3)
            assert (project.demand[works].sum(axis=0) <= project.capacity).all()


def test_without_the_order_capacities_would_break() -> None:
    """So the test above can fail: the same activities without the resource links."""
    project = crews(0)
    free = dataclasses.replace(project, demand=np.zeros_like(project.demand))
    risk = Risk(sure(*project.duration.tolist()), cost_per_period=np.ones(project.n_activities))
    starts = starts_of(simulate(free, sequenced(project), risk, draws=Draws(1, 1)))[:, 0]
    assert breaches(project, starts.round().astype(np.int64), np.arange(project.n_activities))


@pytest.mark.parametrize("seed", range(12))
def test_certain_durations_give_a_schedule_that_breaks_nothing_and_ends_no_later(seed: int) -> None:
    """The verifier, which shares no code with the kernel, checks calendars, pauses, lags, modes and capacity."""
    project = random_project(seed, n=6, periods=40)
    types = tuple("FS" if kind in ("FS", "FF") else "SS" for kind in project.link_type)
    project = dataclasses.replace(project, link_type=types, capacity_by_period=None, stock=99 + project.stock)  # type: ignore[arg-type]
    result = sequence(project, time_limit_s=5.0, work_limit=1, seed=1)
    baseline = Baseline(result.modes, result.starts)
    durations = project.duration[result.modes].astype(float)
    risk = Risk(sure(*durations.tolist()), cost_per_period=np.ones(project.n_activities))
    found = simulate(project, baseline, risk, draws=Draws(1, 1))
    starts = starts_of(found)[:, 0].round(3)
    assert (starts == starts.astype(np.int64)).all()
    assert found.finish[0] <= result.ends.max()
    if not found.notices:  # pauses and leads that the resource order overrules are told, not kept
        assert breaches(project, starts.astype(np.int64), result.modes) == []


def test_the_order_of_the_schedule_stays_though_another_were_shorter() -> None:
    # one crew: a0 before a1 in the schedule, a0 late by a driver: a1 waits, though it could go first
    project = assemble(["a0", "a1"], [[(2, [1], [])], [(2, [1], [])]], capacity=[1], release=[5, 0])
    found = simulate(project, at(5, 7), Risk(sure(20, 2)), draws=Draws(10, 1))
    assert set(found.finish) == {27}


def test_a_crew_used_in_another_ones_pause_is_told() -> None:
    # days off 2 and 3 of the one are days of work of the other
    works = np.array([[1, 1, 0, 0, 1, 1], [0, 0, 1, 1, 0, 0]], dtype=bool)
    project = assemble(
        ["a0", "a1"],
        [[(4, [1], [])], [(2, [1], [])]],
        capacity=[1],
        calendars=works,
        calendar=[0, 1],
        is_splittable=[True, False],
    )
    found = simulate(project, at(0, 2), Risk(sure(4, 2)), draws=Draws(10, 1))
    assert set(found.finish) == {6}
    assert "1 pairs of activities use one resource in each other's pauses" in found.notices[0]


def test_a_lead_that_points_against_the_resource_order_is_told() -> None:
    # a1 starts first in the schedule and hands its crew to a0, yet may start at most 2 days before a0 (SS - 2)
    project = assemble(["a0", "a1"], [[(3, [1], [])], [(2, [1], [])]], [(0, 1, "SS", -2)], capacity=[1])
    found = simulate(project, at(2, 0), Risk(sure(3, 4)), draws=Draws(10, 1))
    assert set(found.finish) == {7}
    assert "1 links with a lead point against the resource order" in found.notices[0]


def test_a_schedule_that_breaks_a_capacity_is_refused() -> None:
    project = assemble(["a0", "a1"], [[(2, [1], [])], [(2, [1], [])]], capacity=[1])
    with pytest.raises(
        DataError, match=r"resource R1 \(capacity 1\) is asked for more when activity a1 starts"
    ):
        simulate(project, at(0, 1), Risk(sure(2, 2)), draws=Draws(10, 1))


def test_changing_capacity_is_told() -> None:
    project = assemble(
        ["a0"], [[(2, [2], [])]], capacity=[1], capacity_by_period=np.array([[2, 2, 2, 2]], dtype=np.int64)
    )
    found = simulate(project, at(0), Risk(sure(2)), draws=Draws(10, 1))
    assert "capacity changes over time" in found.notices[0]
