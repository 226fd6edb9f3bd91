"""Quantiles with intervals, joint confidence, groups, operating periods, ranking by removal, the summary."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from sarhad.errors import SpecError
from sarhad.schedule import Draws, Driver, Risk, Simulation, Stoppage, Weather, rank_drivers, simulate
from sarhad.schedule.risk.result import quantile_rows, wilson
from tests.schedule.risk.small import at, chain, points, project_of, sure


def uniform(*, keeps: bool = True, n: int = 2560) -> Simulation:
    risk = Risk(
        points((0, 5, 10), (0, 5, 10), shape="uniform"),
        cost=sure(7, 9),
        cost_per_period=np.array([1.0, 0.0]),
        groups={"section": ["north", "south"], "partner": ["", "bank"]},
    )
    return simulate(project_of([5, 5]), at(0, 0), risk, draws=Draws(n, 1, keeps_activities=keeps))


def test_groups_have_the_dates_and_money_of_their_activities() -> None:
    frame = uniform().groups().set_index(["grouping", "label"])
    assert list(frame.index) == [("partner", "bank"), ("section", "north"), ("section", "south")]
    assert frame.loc[("section", "north"), "finish_p80"] == pytest.approx(8, abs=0.05)
    assert frame.loc[("section", "north"), "cost_p80"] == pytest.approx(7 + 8, abs=0.05)
    assert frame.loc[("partner", "bank"), "cost_p95"] == 9


def test_joint_confidence_of_two_independent_figures_is_the_product() -> None:
    # finish and cost from different activities: P(both at P80) = 0.64; to hold both with 0.8 each stands at sqrt(0.8)
    risk = Risk(points((0, 5, 10), shape="uniform"), cost=points((0, 5, 10), shape="uniform"))
    found = simulate(project_of([5]), at(0), risk, draws=Draws(25600, 1))
    row = found.joint([0.8]).iloc[0]
    assert row["joint"] == pytest.approx(0.64, abs=0.01)
    assert row["at"] == pytest.approx(0.8**0.5, abs=0.01)
    assert found.kept(row["finish"], row["cost"]) == pytest.approx(0.8, abs=0.001)
    assert found.kept(5, 10) == pytest.approx(0.5, abs=0.01)


def test_joint_refuses_a_level_that_is_none() -> None:
    with pytest.raises(SpecError, match="level 80 is not between 0 and 1"):
        uniform().joint([80])


def test_operating_periods_are_whole_and_not_before_the_end() -> None:
    found = uniform(n=300)
    periods = found.operating_periods(["a1", "a0"])
    assert periods.shape == (300, 2)
    assert periods.dtype == np.int64
    late = periods[:, ::-1].T - found.activity_finish
    assert (late > -1e-4).all()
    assert (late < 1).all()
    exact = simulate(project_of([10]), at(0), Risk(sure(10)), draws=Draws(5, 1))
    assert exact.operating_periods(["a0"]).tolist() == [[10]] * 5


def test_operating_periods_refuse_what_is_not_there() -> None:
    with pytest.raises(SpecError, match="there is no b7"):
        uniform().operating_periods(["b7"])
    with pytest.raises(SpecError, match="keeps_activities=True"):
        uniform(keeps=False).operating_periods(["a0"])


def test_intervals_of_quantiles_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    held = []
    for _ in range(400):
        rows = quantile_rows(rng.random(500), [0.1, 0.8])
        held += [row["low"] <= truth <= row["high"] for row, truth in zip(rows, (0.5, 0.1, 0.8), strict=True)]  # type: ignore[operator]
    assert 0.93 < np.mean(held) < 0.985


@pytest.mark.parametrize("count", [0, 3, 100])
def test_the_interval_of_a_share_is_that_of_wilson(count: int) -> None:
    exact = stats.binomtest(count, 100).proportion_ci(method="wilson")
    low, high = wilson(count, 100)
    assert (float(low), float(high)) == pytest.approx((exact.low, exact.high), abs=1e-9)


def many_risks() -> Risk:
    # a0 (10 days) then a1 (10 days); a2 (1 day) beside them never matters
    return Risk(
        sure(10, 10, 1),
        cost=sure(100, 100, 100),
        drivers=(
            Driver("small", 0.5, (1,), duration=(1.1, 1.1, 1.1)),
            Driver("large", 0.5, (0,), duration=(2, 2, 2)),
            Driver("beside", 0.5, (2,), duration=(3, 3, 3), cost=(2, 2, 2)),
        ),
        stoppages=(Stoppage("default", 0.9, (1,), (0, 0), (14, 14, 14)),),
        weather=Weather(),
    )


def test_drivers_are_ranked_by_what_their_removal_gains() -> None:
    # P80 with all: 21 + 10 (two halves: P(31) = 1/4, so P80 = 31). Without "large" the default holds a1 until day 14:
    # 25 in half of its draws, so 25: gain 6. Without "small": 30, gain 1. Without the default: 31 still. "beside": none.
    project = project_of([10, 10, 1], chain(2))
    frame = rank_drivers(project, at(0, 10, 0), many_risks(), draws=Draws(25600, 1)).set_index("driver")
    assert list(frame.index) == ["large", "small", "beside", "default", "weather"]
    assert frame["finish"].tolist() == pytest.approx([6, 1, 0, 0, 0], abs=1e-9)
    assert frame.loc["beside", "mean_cost"] == pytest.approx(50, abs=0.5)
    assert frame.loc["beside", "cost"] == pytest.approx(100)
    assert frame.loc["default", "mean_finish"] > 1  # it costs 4 days where "large" stays away


def test_a_risk_that_is_switched_off_moves_no_other_number() -> None:
    project = project_of([10, 10, 1], chain(2))
    whole, less = (
        simulate(project, at(0, 10, 0), many_risks(), draws=Draws(512, 1), without=frozenset(names))
        for names in ((), ("small",))
    )
    assert (whole.activity_finish[0] == less.activity_finish[0]).all()
    assert (whole.finish >= less.finish).all()


def test_the_summary_is_json_with_the_names_of_the_command_line() -> None:
    day = np.arange(400)
    calendars = ((day >= 100) & (day < 200))[None]
    project = project_of([10], calendars=calendars, calendar=[0])
    risk = Risk(sure(10), cost=sure(5), drivers=(Driver("rock", 0.5, (0,), (1, 2, 3)),))
    found = simulate(project, at(100), risk, draws=Draws(300, 4))
    summary = found.summary(rank_drivers(project, at(100), risk, draws=Draws(300, 4)))
    text = json.dumps(summary, allow_nan=False)
    back = json.loads(text)
    assert list(back["finish"]) == list(back["cost_usd"]) == ["p10", "p50", "p80", "p95"]
    assert back["finish"]["p80"] == float(np.quantile(found.finish, 0.8))
    assert back["windows_missed"] == 0
    assert back["windows"][0]["delay"] is None
    assert [row["driver"] for row in back["drivers"]] == ["rock"]
    assert (back["iterations"], back["seed"]) == (300, 4)
    assert json.dumps(found.summary(), allow_nan=False) == json.dumps(found.summary(), allow_nan=False)


def test_frames_hold_all_tables() -> None:
    frames = uniform().frames
    assert set(frames) == {"programme", "groups", "activities", "joint", "missed_windows", "missed_by"}
    assert frames["activities"]["finish_p50"].to_numpy() == pytest.approx([5, 5], abs=0.05)
    assert "finish_p50" not in uniform(keeps=False).activities()
