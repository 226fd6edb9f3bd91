"""`sequence`: optimal on small projects of every kind, valid always, deterministic, interruptible, clear when it cannot."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from sarhad.errors import DataError, SpecError
from sarhad.schedule import model, sequencing
from sarhad.schedule.project import LinkType, Project, assemble
from sarhad.schedule.result import Objective, ScheduleProgress, SequenceSpec
from sarhad.schedule.sequencing import sequence
from sarhad.schedule.verify import breaches
from tests.schedule.projects import all_modes, assert_sound, has_better, random_project, with_mode_calendars

OBJECTIVES: tuple[Objective, ...] = ("makespan", "lateness", "change")
LAST = 22  # every start of the small projects' best schedules lies well before


def spec_for(project: Project, seed: int, *, has_begun: bool = False) -> SequenceSpec:
    rng = np.random.default_rng(seed + 10**6)
    names = project.activity_ids
    objective = OBJECTIVES[seed % 3]
    dates = {name: int(rng.integers(0, 8)) for name in names}
    return SequenceSpec(
        objective=objective,
        due=dates if objective == "lateness" else {},
        announced=dates if objective == "change" else {},
        weight={name: float(rng.integers(1, 5)) for name in names},
        started={names[0]: int(rng.integers(0, 2))} if has_begun else {},
        now=2 if has_begun else 0,
    )


@pytest.mark.parametrize("seed", range(60))
def test_no_schedule_of_a_small_project_is_better_than_one_called_optimal(seed: int) -> None:
    project = random_project(seed, n=3 + seed % 2, with_deadlines=seed % 3 == 0)
    spec = spec_for(project, seed, has_begun=seed % 5 == 0)
    result = sequence(project, spec, time_limit_s=10)
    assert_sound(project, spec, result, LAST)
    if result.status == "optimal":
        assert result.bound == pytest.approx(result.value)


@pytest.mark.parametrize("seed", range(200, 236))
def test_no_schedule_is_better_where_each_mode_keeps_a_calendar_of_its_own(seed: int) -> None:
    project = with_mode_calendars(random_project(seed, n=3 + seed % 2, with_deadlines=seed % 3 == 0), seed)
    spec = spec_for(project, seed, has_begun=seed % 5 == 0)
    result = sequence(project, spec, time_limit_s=10)
    assert_sound(project, spec, result, LAST)


def test_a_mode_for_winter_is_taken_where_the_season_would_be_missed() -> None:
    # Ready on day 3, the season closes on day 5 until day 20: three days of work end on day 22, five in winter on day 8.
    season = np.array([[day < 5 or day >= 20 for day in range(40)]])
    modes = [[(3, [], [1]), (5, [], [2])]]
    project = assemble(
        ["a"], modes, stock=[2], calendars=season, calendar=[0], release=[3], mode_calendar=[0, -1]
    )
    result = sequence(project, time_limit_s=5)
    assert (result.value, result.modes.tolist()) == (8, [1])
    poor = dataclasses.replace(project, stock=np.array([1]))
    assert sequence(poor, time_limit_s=5).value == 23
    pausing = dataclasses.replace(poor, is_splittable=np.array([True]))
    assert sequence(pausing, time_limit_s=5).value == 21


@pytest.mark.parametrize("seed", [2, 4, 6, 8, 16, 20])
def test_bounds_hold_where_capacity_is_left_out_for_the_size_of_its_tables(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "MOST_CELLS", 0)
    project = random_project(seed, n=4)
    spec = spec_for(project, seed)
    result = sequence(project, spec, time_limit_s=2)
    if result.status != "infeasible":
        assert not breaches(project, result.starts, result.modes, spec)
    assert result.bound <= result.value
    assert not has_better(project, spec, result.bound, LAST)


@pytest.mark.parametrize("seed", range(12))
def test_the_schedule_of_one_pass_is_valid_and_the_bound_is_below_it(seed: int) -> None:
    project = random_project(seed + 500, n=40)
    stocked = dataclasses.replace(project, stock=np.array([10**6]))
    spec = spec_for(stocked, seed)
    result = sequence(stocked, spec, time_limit_s=0)
    assert result.status in ("optimal", "feasible")
    assert not breaches(stocked, result.starts, result.modes, spec)
    assert result.bound <= result.value


def test_the_greedy_order_is_not_the_best_one() -> None:
    # One crew. a (1 day), then b (4 days, no crew); c (3 days). c first: 3 + 1 + 4 = 8; a first: 1 + max(3, 4) = 5.
    project = assemble(
        ["c", "a", "b"],
        [[(3, [1], [])], [(1, [1], [])], [(4, [0], [])]],
        [(1, 2, "FS", 0)],
        capacity=[1],
    )
    assert sequence(project, time_limit_s=5).starts.tolist() == [1, 0, 1]


def test_a_pausing_activity_lends_its_crew_while_it_pauses() -> None:
    # a works on days 0 and 2 (its calendar is closed on day 1), b needs the same crew for a day.
    closed = np.array([[True, False, True, True]])
    modes = [[(2, [1], [])], [(1, [1], [])]]
    pausing = assemble(
        ["a", "b"], modes, capacity=[1], calendars=closed, calendar=[0, -1], is_splittable=[True, False]
    )
    result = sequence(pausing, time_limit_s=5)
    assert (result.value, result.starts.tolist(), result.ends.tolist()) == (3, [0, 1], [3, 2])
    whole = dataclasses.replace(pausing, is_splittable=np.array([False, False]))
    assert sequence(whole, time_limit_s=5).starts.tolist()[0] == 2


def test_a_lag_counts_in_its_own_calendar() -> None:
    # Two working days of curing after day 1, days 1-3 closed: b starts when days 4 and 5 are over.
    closed = np.array([[True, False, False, False, True, True, True]])
    project = assemble(
        ["a", "b"], [[(1, [], [])], [(1, [], [])]], [(0, 1, "FS", 2)], calendars=closed, lag_calendar=[0]
    )
    assert sequence(project, time_limit_s=5).starts.tolist() == [0, 6]


@pytest.mark.parametrize(
    ("kind", "lag", "start"),
    [("FS", 2, 6), ("FS", -3, 1), ("SS", 1, 1), ("FF", 1, 3), ("SF", 5, 3), ("FF", -2, 0)],
)
def test_every_link_type_keeps_its_lag(kind: Any, lag: int, start: int) -> None:
    project = assemble(["a", "b"], [[(4, [], [])], [(2, [], [])]], [(0, 1, kind, lag)])
    assert sequence(project, time_limit_s=5).starts.tolist() == [0, start]


def test_lateness_follows_the_weights() -> None:
    project = assemble(["a", "b"], [[(3, [1], [])], [(3, [1], [])]], capacity=[1])
    for heavy, light in (("a", "b"), ("b", "a")):
        spec = SequenceSpec("lateness", weight={heavy: 5, light: 1}, due={"a": 3, "b": 3})
        result = sequence(project, spec, time_limit_s=5)
        assert (result.value, result.status) == (3, "optimal")
        assert result.starts[project.activity_ids.index(heavy)] == 0


def test_the_least_change_moves_only_what_must_move() -> None:
    project = assemble([*"abc"], [[(2, [1], [])] for _ in "abc"], [(0, 1, "FS", 0)], capacity=[1])
    spec = SequenceSpec("change", announced={"a": 0, "b": 2, "c": 6}, started={"a": 1}, now=2)
    result = sequence(project, spec, time_limit_s=5)
    assert (result.value, result.unchanged_share, result.starts.tolist()) == (
        2,
        0.5,
        [1, 3, 6],
    )  # a a day late already, b after it


def test_a_repair_begins_in_the_announced_modes_where_they_may_be_taken() -> None:
    # The stock is for one short mode; b's was announced. The shortest modes of both would break it.
    modes = [[(2, [], [1]), (4, [], [0])]] * 2
    project = assemble(["a", "b"], modes, stock=[1])
    announced = {"a": 2, "b": 1}
    spec = SequenceSpec(announced={"a": 0, "b": 0}, announced_modes=announced)
    assert sequence(project, spec, time_limit_s=0).modes.tolist() == [1, 2]
    assert sequence(project, time_limit_s=0).status == "unknown"
    none_left = dataclasses.replace(project, stock=np.array([0]))
    assert sequence(none_left, spec, time_limit_s=0).modes.tolist() == [1, 3]


def test_the_same_seed_and_work_give_the_same_schedule() -> None:
    project = random_project(3, n=60)
    project = dataclasses.replace(project, stock=np.array([10**6]))
    one, two = (sequence(project, time_limit_s=60, seed=5, work_limit=2) for _ in range(2))
    assert (one.starts == two.starts).all()
    assert (one.modes == two.modes).all()
    assert (one.value, one.bound, one.status) == (two.value, two.bound, two.status)


def crowded_project(n: int) -> Project:
    """Return a project whose crews, not its links, hold it back: hard to prove."""
    rng = np.random.default_rng(1)
    modes = [[(int(rng.integers(1, 9)), rng.integers(1, 5, 3).tolist(), [])] for _ in range(n)]
    links: list[tuple[int, int, LinkType, int]] = [(int(rng.integers(0, k)), k, "FS", 0) for k in range(1, n)]
    return assemble([str(k) for k in range(n)], modes, links, capacity=[7, 7, 7])


def test_stopping_keeps_the_best_so_far() -> None:
    project = crowded_project(60)
    seen: list[ScheduleProgress] = []

    def stop_soon(progress: ScheduleProgress) -> bool:
        seen.append(progress)
        return len(seen) < 3

    result = sequence(project, time_limit_s=60, on_progress=stop_soon)
    assert (result.stopped, result.status) == ("interrupt", "feasible")
    assert result.seconds < 10
    assert not breaches(project, result.starts, result.modes)
    assert [one.value for one in seen] == sorted((one.value for one in seen), reverse=True)


def test_stopping_the_solver_keeps_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencing, "STILL", 0)  # the solver takes over at once
    project = crowded_project(60)
    phases: list[str] = []

    def stop_in_proof(progress: ScheduleProgress) -> bool:
        phases.append(progress.phase)
        return phases.count("solve") < 4

    result = sequence(project, time_limit_s=60, on_progress=stop_in_proof)
    assert (result.stopped, result.status, phases.count("solve")) == ("interrupt", "feasible", 4)
    assert not breaches(project, result.starts, result.modes)


def test_more_periods_than_can_be_held_are_refused() -> None:
    with pytest.raises(
        DataError, match=r"add up to 2,000,000,001 periods, more than 5,000,000. Count in longer"
    ):
        sequence(assemble(["a"], [[(10**9, [], [])]]), time_limit_s=1)


def test_no_activity_and_milestones_alone_end_at_once() -> None:
    nothing = sequence(assemble([], []), time_limit_s=5)
    assert (nothing.status, nothing.value, nothing.starts.size) == ("optimal", 0, 0)
    one = sequence(assemble(["a"], [[(3, [], [])]]), time_limit_s=5)
    assert (one.status, one.value) == ("optimal", 3)
    milestones = assemble([*"abc"], [[(0, [9], [])]] * 3, [(0, 1, "FS", 2), (1, 2, "SS", 1)], capacity=[9])
    assert sequence(milestones, time_limit_s=5).starts.tolist() == [0, 2, 3]


def test_a_deadline_before_the_chain_ends_is_infeasible_and_the_chain_is_named() -> None:
    project = assemble(
        [*"abc"], [[(2, [], [])]] * 3, [(0, 1, "FS", 0), (1, 2, "FS", 0)], deadline=[-1, -1, 5]
    )
    result = sequence(project, time_limit_s=5)
    assert (result.status, result.gap, result.starts.size) == ("infeasible", 1, 0)
    assert "deadline 5 of c: it cannot end before 6" in result.notices[0]
    assert "a -> b -> c" in result.notices[0]


def test_deadlines_that_exclude_each_other_are_named_together_and_the_others_are_not() -> None:
    project = assemble([*"abc"], [[(3, [1], [])]] * 3, capacity=[1], deadline=[4, 4, 30])
    result = sequence(project, time_limit_s=5)
    assert result.status == "infeasible"
    assert "the deadline 4 of a; the deadline 4 of b" in result.notices[0]
    assert "of c" not in result.notices[0]


def test_activities_beyond_the_calendars_are_told() -> None:
    project = assemble(["a"], [[(5, [], [])]], calendars=np.ones((1, 3), dtype=np.bool_), calendar=[0])
    assert "the calendars in 3" in sequence(project, time_limit_s=1).notices[0]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (SequenceSpec("lateness"), "lateness needs the due date"),
        (SequenceSpec("change"), "change needs the start"),
        (SequenceSpec("lateness", due={"x": 1}), "due: 1 activities do not exist: x"),
        (SequenceSpec("lateness", due={"a": -1}), r"due: 1 values are negative or not finite: a \(-1\)"),
        (SequenceSpec(modes={"a": 2}), r"modes: 1 do not exist: a \(2 of 1\)"),
        (SequenceSpec(now=-1), "now -1"),
        (SequenceSpec("soon"), "objective 'soon'"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_asked_is_refused(spec: SequenceSpec, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        sequence(assemble(["a"], [[(1, [], [])]]), spec, time_limit_s=1)


def test_a_negative_time_limit_is_refused() -> None:
    with pytest.raises(SpecError, match="time limit -1"):
        sequence(assemble([], []), time_limit_s=-1)


def test_a_project_at_fault_is_refused() -> None:
    with pytest.raises(DataError, match="a -FS-> b -FS-> a"):
        sequence(
            assemble(["a", "b"], [[(1, [], [])]] * 2, [(0, 1, "FS", 0), (1, 0, "FS", 0)]), time_limit_s=1
        )


def test_every_choice_of_modes_is_tried_by_the_oracle() -> None:
    assert len(list(all_modes(assemble(["a", "b"], [[(1, [], [])] * 2, [(1, [], [])] * 3])))) == 6
