"""Seasons: two humps by hand, windows found in calendars, weather and closures."""

from __future__ import annotations

import numpy as np
import pytest

from sarhad.schedule import Draws, Risk, Weather, simulate
from sarhad.schedule.risk import find_seasons
from tests.schedule.risk.small import at, chain, points, project_of, sure

DAY = np.arange(1000)
OPEN = ((DAY % 365 >= 100) & (DAY % 365 < 200))[None]  # day 100 to 200 of every year of 365


def test_windows_are_found_between_long_closures() -> None:
    found = find_seasons(project_of([1], calendars=OPEN, calendar=[0]))
    assert list(zip(found.opens, found.closes, strict=True)) == [(100, 200), (465, 565), (830, 930)]
    assert found.year.tolist() == [0, 1, 2]
    assert found.base.all()  # with no week in it, days out of season work like those in season


def test_an_early_opening_keeps_the_days_of_the_week() -> None:
    week = OPEN & (DAY % 7 < 5)
    found = find_seasons(project_of([1], calendars=week, calendar=[0]))
    assert (found.base[0] == (DAY % 7 < 5)).all()


@pytest.fixture(scope="module")
def two_humps():  # type: ignore[no-untyped-def]
    """Return draws of design (uniform on 150..180), then 30 days in season without a pause.

    By hand: design done by day 170 (chance 2/3) fits before day 200 and ends uniformly on 180..200, mean 190; later
    ones wait for day 465 and end on day 495. So P(miss) = 1/3, P50 = 195 (design on day 165), P80 = 495,
    and a missed window costs 495 - 190 = 305 days.
    """
    project = project_of([160, 30], chain(2), calendars=OPEN, calendar=[-1, 0])
    risk = Risk(points((150, 160, 180), (30, 30, 30), shape="uniform"), overhead_per_period=2.0)
    return simulate(project, at(0, 160), risk, draws=Draws(256 * 40, 1))


def test_delay_has_two_humps(two_humps) -> None:  # type: ignore[no-untyped-def]
    finish = two_humps.finish
    assert ((finish <= 200) | (finish == 495)).all()
    assert np.quantile(finish, [0.5, 0.8, 0.95]) == pytest.approx([195, 495, 495], abs=0.2)


def test_a_missed_window_has_its_chance_and_price(two_humps) -> None:  # type: ignore[no-untyped-def]
    row = two_humps.missed_windows().iloc[0]
    assert (row["opens"], row["closes"]) == (100, 200)
    assert row["p_miss"] == pytest.approx(1 / 3, abs=1 / 256)
    assert row["p_low"] < 1 / 3 < row["p_high"]
    assert row["finish_kept"] == pytest.approx(190, abs=0.1)
    assert row["finish_missed"] == pytest.approx(495)
    assert row["delay"] == pytest.approx(305, abs=0.1)
    assert row["money"] == pytest.approx(610, abs=0.2)
    assert two_humps.missed_by()["p_miss"].tolist() == [0, row["p_miss"]]
    later = two_humps.missed_windows().iloc[1]
    assert later["p_miss"] == 0
    assert np.isnan(later["delay"])


def test_work_that_may_pause_goes_on_in_the_next_season() -> None:
    # 50 days from day 160: 40 until day 200, 10 from day 465: ends on day 475
    project = project_of([160, 50], chain(2), calendars=OPEN, calendar=[-1, 0], is_splittable=[False, True])
    found = simulate(project, at(0, 160), Risk(sure(160, 50)), draws=Draws(256, 1))
    assert set(found.finish) == {475}


def test_an_opening_moves_with_the_weather_of_its_year() -> None:
    # starts when the season opens, on day 100 + triangular(-20, 0, 20): mean 130, P10 = 130 - 20 (1 - sqrt(0.2))
    project = project_of([30], calendars=OPEN, calendar=[0])
    risk = Risk(sure(30), weather=Weather((-20, 0, 20), (0, 0, 0)))
    found = simulate(project, at(100), risk, draws=Draws(256 * 20, 1))
    assert found.finish.mean() == pytest.approx(130, abs=0.05)
    assert np.quantile(found.finish, 0.1) == pytest.approx(130 - 20 * (1 - 0.2**0.5), abs=0.2)
    assert set(
        simulate(project, at(100), risk, draws=Draws(256, 1), without=frozenset({"weather"})).finish
    ) == {130}


def test_one_weather_opens_all_calendars_by_their_spread() -> None:
    project = project_of([30, 30], calendars=np.repeat(OPEN, 2, axis=0), calendar=[0, 1])
    risk = Risk(sure(30, 30), weather=Weather((-20, 0, 20), (0, 0, 0), spread=np.array([1.0, 0.5])))
    one, two = simulate(project, at(100, 100), risk, draws=Draws(512, 1)).activity_finish
    assert one.std() > 5
    assert np.allclose(two - 130, (one - 130) / 2, atol=1e-4)


def test_a_closure_delays_by_its_length_what_it_strikes() -> None:
    # one sure closure of 10 days that begins anywhere in days 100..200; 50 days of work from day 100 on meet it if it
    # begins before day 150: chance 1/2, end on day 160 instead of 150
    project = project_of([50], calendars=OPEN, calendar=[0], is_splittable=[True])
    weather = Weather((0, 0, 0), (0, 0, 0), closures=1, closure_probability=1.0, closure_length=(10, 10, 10))
    found = simulate(project, at(100), Risk(sure(50), weather=weather), draws=Draws(256 * 8, 1))
    assert set(found.finish.round(6)) == {150, 160}
    assert (found.finish > 155).mean() == pytest.approx(0.5, abs=0.01)


def test_draws_beyond_the_calendars_are_told() -> None:
    project = project_of([100], calendars=OPEN[:, :150], calendar=[0], is_splittable=[True])
    found = simulate(project, at(100), Risk(sure(100)), draws=Draws(256, 1))
    assert "256 of 256 draws end after the calendars' end (period 150)" in found.notices[0]
