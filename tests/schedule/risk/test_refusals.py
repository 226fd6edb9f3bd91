"""Bad figures: every fault at once, with where and what to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sarhad.errors import DataError, SarhadError, SpecError
from sarhad.schedule import Baseline, Draws, Driver, Risk, Stoppage, Weather, simulate
from sarhad.schedule.risk import Seasons, loadings_of, one_factor
from tests.schedule.risk.small import at, chain, points, project_of, sure

GOOD = Risk(sure(5, 5))
PROJECT = project_of([5, 5], chain(2))
NONE = np.empty(0, dtype=np.int64)


def refused(risk: Risk, match: str) -> None:
    with pytest.raises(DataError, match=match):
        simulate(PROJECT, at(0, 5), risk, draws=Draws(10, 1))


@pytest.mark.parametrize(
    ("risk", "match"),
    [
        (Risk(points((3, 2, 4), (1, 2, np.nan))), r"risk\.duration: 2 of 2 activities: a0 \(3/2/4\), a1 \(1/2/nan\)"),
        (Risk(sure(-1, 5)), r"1 of 2 activities: a0 \(-1/-1/-1\)\. Give low <= likely <= high"),
        (Risk(sure(5)), "1/1/1 values for 2 activities"),
        (replace(GOOD, cost=sure(5)), r"risk\.cost: 1/1/1 values for 2 activities"),
        (replace(GOOD, cost_per_period=np.array([1.0])), "cost_per_period: 1 rows for 2 activities"),
        (replace(GOOD, cost_per_period=np.array([1.0, np.nan])), "a rate or the overhead is negative or missing"),
        (replace(GOOD, overhead_per_period=-1), "a rate or the overhead is negative"),
        (replace(GOOD, groups={"section": ["a"]}), r"groups\.section: 1 labels for 2 activities"),
        (replace(GOOD, loadings=np.array([[0.9, 0.9], [0, 0]])), "loadings: a row is longer than 1"),
        (replace(GOOD, cost_loadings=np.array([[np.nan], [0]])), "cost_loadings: a row is longer than 1 or missing"),
        (replace(GOOD, drivers=(Driver("rock", 30, (0,)),)), r"risk rock: probability 30 is not in 0\.\.1\. Percent\?"),
        (replace(GOOD, drivers=(Driver("", 0.3, (7,)),)), r"risk number 1: strikes activities that do not exist: \[7\]"),
        (replace(GOOD, drivers=(Driver("x", 0.3, (0,), (2, 1, 3)),)), r"risk x: \(2, 1, 3\)\. Give low"),
        (replace(GOOD, stoppages=(Stoppage("x", 0.3, (0,), (9, 2), (1, 1, 1)),)), r"onset \(9, 2\)"),
        (replace(GOOD, weather=Weather(opening=(3, 2, 1))), r"weather\.opening: \(3, 2, 1\)"),
        (replace(GOOD, weather=Weather(closure_probability=2)), r"closure_probability 2 is not in 0\.\.1"),
        (replace(GOOD, weather=Weather(closures=-1)), "weather.closures -1 is negative"),
        (replace(GOOD, weather=Weather(spread=np.ones(3))), "3 factors for 0 calendars"),
        (replace(GOOD, seasons=Seasons(np.ones((1, 9), dtype=bool), NONE, NONE, NONE, NONE)), r"shape \(1, 9\)"),
    ],
)  # fmt: skip
def test_figures_that_cannot_be_are_refused(risk: Risk, match: str) -> None:
    refused(risk, match)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(DataError) as caught:
        simulate(PROJECT, at(0, 5), Risk(sure(-1, 5), drivers=(Driver("x", 2, (0,)),)), draws=Draws(10, 1))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("baseline", "match"),
    [
        (Baseline(NONE, NONE), "0 modes and 0 starts for 2 activities.*infeasible"),
        (at(-1, 5), "1 of 2 activities start before period 0 or in a mode of another: a0"),
        (Baseline(np.array([0, 0]), np.array([0, 5])), "in a mode of another: a1"),
        (Baseline(np.array([0, 9]), np.array([0, 5])), "in a mode of another: a1"),
    ],
)
def test_a_baseline_of_another_project_is_refused(baseline: Baseline, match: str) -> None:
    with pytest.raises(DataError, match=match):
        simulate(PROJECT, baseline, GOOD, draws=Draws(10, 1))


def test_a_cycle_is_named_in_full() -> None:
    project = project_of([1, 1, 1], [(0, 1, "FS", 0), (1, 2, "FS", 0), (2, 0, "FS", 0)])
    with pytest.raises(DataError, match="3 activities wait for each other: a1 -> a2 -> a0 -> a1"):
        simulate(project, at(0, 1, 2), Risk(sure(1, 1, 1)), draws=Draws(10, 1))


def test_a_calendar_without_work_and_an_activity_that_fits_nowhere_are_refused() -> None:
    works = np.zeros((2, 20), dtype=bool)
    works[1, 3:8] = True
    project = project_of([1, 9], calendars=works, calendar=[0, 1])
    with pytest.raises(
        DataError, match=r"calendar 0: has no working period(.|\n)*activity a1: needs 9 periods"
    ) as caught:
        simulate(project, at(0, 3), Risk(sure(1, 9)), draws=Draws(10, 1))
    assert caught.value.ids == ("a1",)


@pytest.mark.parametrize(
    ("draws", "without", "match"),
    [
        (Draws(0, 1), (), "iterations 0: give 1 or more"),
        (Draws(10, -1), (), "seed -1: give 0 or more"),
        (Draws(10, 1), ("rain",), "without: no such risks: rain"),
    ],
)
def test_draws_that_cannot_be_are_refused(draws: Draws, without: tuple[str, ...], match: str) -> None:
    with pytest.raises(SpecError, match=match):
        simulate(PROJECT, at(0, 5), GOOD, draws=draws, without=frozenset(without))


def test_names_given_twice_are_refused() -> None:
    twins = (Driver("x", 0.1, (0,)), Driver("x", 0.1, (1,)))
    with pytest.raises(SpecError, match="names given twice, or taken: x"):
        simulate(PROJECT, at(0, 5), replace(GOOD, drivers=twins), draws=Draws(10, 1))


@pytest.mark.parametrize(
    ("matrix", "match"),
    [
        ([[1, 0.5], [0.4, 1]], "not symmetric"),
        ([[2, 0.5], [0.5, 1]], "diagonal is not 1"),
        ([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "smallest eigenvalue"),
    ],
)
def test_matrices_that_are_no_correlations_are_refused(matrix: list[list[float]], match: str) -> None:
    with pytest.raises(DataError, match=match):
        loadings_of(np.array(matrix, dtype=float))


def test_one_factor_refuses_a_negative_correlation() -> None:
    with pytest.raises(SarhadError, match=r"correlation -0\.1 is not in 0\.\.1"):
        one_factor(["a"], -0.1)
