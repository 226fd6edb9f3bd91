"""Closed forms, the same bits however the work is shared, correlation, and the indices."""

from __future__ import annotations

import numpy as np
import pytest

from sarhad.schedule import Draws, Driver, Risk, Stoppage, Weather, simulate
from sarhad.schedule.risk import loadings_of, one_factor, simulation
from tests.schedule.risk.small import at, chain, points, project_of, sure

MANY = 256 * 80


def test_a_chain_of_triangulars_has_the_sum_of_their_means_and_variances() -> None:
    rows = [(2.0, 3.0 + k, 12.0) for k in range(6)]
    found = simulate(
        project_of([1] * 6, chain(6)), at(0, 1, 2, 3, 4, 5), Risk(points(*rows)), draws=Draws(MANY, 1)
    )
    low, likely, high = np.array(rows).T
    mean = ((low + likely + high) / 3).sum()
    variance = ((low**2 + likely**2 + high**2 - low * likely - low * high - likely * high) / 18).sum()
    # a stratum is 1/256 wide, 80 blocks: the mean errs by 0.003; that of independent draws by 0.03
    assert found.finish.mean() == pytest.approx(mean, abs=4 * 0.003)
    assert found.finish.var() == pytest.approx(variance, rel=0.03)


def test_the_sum_of_two_uniforms_has_the_quantiles_of_a_triangle() -> None:
    risk = Risk(points((0, 5, 10), (0, 5, 10), shape="uniform"))
    found = simulate(project_of([5, 5], chain(2)), at(0, 5), risk, draws=Draws(MANY, 2))
    # P(U + V <= 10 s) = s^2 / 2 up to s = 1, so P10 = 10 sqrt(0.2); above: 1 - (2 - s)^2 / 2, so P80 = 10 (2 - sqrt(0.4))
    got = np.quantile(found.finish, [0.1, 0.5, 0.8])
    assert got == pytest.approx([10 * 0.2**0.5, 10, 10 * (2 - 0.4**0.5)], rel=0.01)


@pytest.mark.parametrize("method", ["lhs", "plain"])
def test_the_largest_of_four_uniforms_has_quantile_p_to_the_quarter(method: str) -> None:
    risk = Risk(points(*[(0, 5, 10)] * 4, shape="uniform"))
    found = simulate(project_of([5] * 4), at(0, 0, 0, 0), risk, draws=Draws(MANY, 3, method))  # type: ignore[arg-type]
    levels = np.array([0.1, 0.5, 0.8, 0.95])
    assert np.quantile(found.finish, levels) == pytest.approx(10 * levels**0.25, rel=0.01)
    assert found.activities()["criticality_index"].to_numpy() == pytest.approx([0.25] * 4, abs=0.02)


def test_one_driver_strikes_all_its_activities_by_one_factor() -> None:
    # 10 + 10 days, doubled together with chance 0.3: 20 or 40, never 30; each block of 256 has 76 or 77 of them
    driver = Driver("permits late", 0.3, (0, 1), duration=(2, 2, 2), cost=(3, 3, 3))
    risk = Risk(sure(10, 10), cost=sure(100, 50), drivers=(driver,))
    found = simulate(project_of([10, 10], chain(2)), at(0, 10), risk, draws=Draws(2560, 1))
    assert set(found.finish) == {20, 40}
    assert (found.finish == 40).mean() == pytest.approx(0.3, abs=1 / 256)
    assert set(found.cost[found.finish == 40]) == {450}
    assert set(found.cost[found.finish == 20]) == {150}


def test_money_of_time_is_added_to_money_that_does_not_depend_on_it() -> None:
    # 10 days at 3 a day + 100, and the programme 2 a day until its end: 30 + 100 + 20
    risk = Risk(sure(10), cost=sure(100), cost_per_period=np.array([3.0]), overhead_per_period=2.0)
    assert set(simulate(project_of([10]), at(0), risk, draws=Draws(300, 1)).cost) == {150}


def test_a_stoppage_holds_back_starts_and_lets_go_on_what_has_begun() -> None:
    # begins on day 5 for 20 days: the first goes on to its end on day 10, the second starts on day 25
    stop = Stoppage("partner default", 1.0, (0, 1), (5, 5), (20, 20, 20))
    found = simulate(
        project_of([10, 10], chain(2)), at(0, 10), Risk(sure(10, 10), stoppages=(stop,)), draws=Draws(256, 1)
    )
    assert set(found.activity_finish[0]) == {10}
    assert set(found.finish) == {35}


def everything(n: int = 40) -> tuple[object, ...]:
    """Return a project with seasons, and everything that can be uncertain."""
    day = np.arange(900)
    calendars = np.stack([(day % 365 > 90) & (day % 365 < 200), day % 7 < 5])
    rng = np.random.default_rng(4)
    links = [(int(rng.integers(0, k)), k, "FS", 0) for k in range(1, n)]
    project = project_of(
        [10] * n, links, calendars=calendars, calendar=[k % 3 - 1 for k in range(n)], is_splittable=[True] * n
    )  # type: ignore[arg-type]
    labels = [f"s{k % 4}" for k in range(n)]
    risk = Risk(
        points(*[(8.0, 10.0, 20.0)] * n, shape="pert"),
        cost=points(*[(80.0, 100.0, 200.0)] * n),
        cost_per_period=np.ones(n),
        drivers=(Driver("rock", 0.4, tuple(range(0, n, 2)), (1, 1.2, 2), (1, 1.1, 1.5)),),
        stoppages=(Stoppage("default", 0.2, tuple(range(0, n, 5)), (0, 200), (10, 20, 60)),),
        weather=Weather(closures=2, closure_probability=0.5),
        loadings=one_factor(labels, 0.4),
        cost_loadings=one_factor(labels, 0.4),
        groups={"section": labels},
    )
    return project, at(*[0] * n), risk


ARRAYS = (
    "finish",
    "cost",
    "windows_missed",
    "group_finish",
    "group_cost",
    "activity_finish",
    "activity_cost",
)


@pytest.mark.parametrize("method", ["lhs", "plain"])
def test_threads_and_chunks_change_no_bit(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = simulate(*everything(), draws=Draws(3000, 9, method, threads=1))  # type: ignore[arg-type]
    monkeypatch.setattr(simulation, "CHUNK", 1)
    three = simulate(*everything(), draws=Draws(3000, 9, method, threads=3))  # type: ignore[arg-type]
    for name in (*ARRAYS, "sums", "window_sums"):
        assert getattr(one, name).tobytes() == getattr(three, name).tobytes(), name
    assert len(set(one.finish.tolist())) > 1000
    assert one.windows_missed.any()


def test_more_draws_begin_with_the_same_bits_and_another_seed_gives_others() -> None:
    few, many = (simulate(*everything(), draws=Draws(n, 9)) for n in (700, 2000))  # type: ignore[arg-type]
    for name in ARRAYS:
        assert (getattr(few, name) == getattr(many, name)[..., :700]).all(), name
    assert (simulate(*everything(), draws=Draws(700, 10)).finish != few.finish).mean() > 0.99  # type: ignore[arg-type]


def test_a_correlation_matrix_is_recovered() -> None:
    # normals that correlate by r give uniforms that correlate by 6/pi asin(r/2) (Pearson 1907)
    matrix = np.array([[1, 0.8, -0.3], [0.8, 1, 0.1], [-0.3, 0.1, 1]])
    risk = Risk(points(*[(0, 5, 10)] * 3, shape="uniform"), loadings=loadings_of(matrix))
    found = simulate(project_of([5] * 3), at(0, 0, 0), risk, draws=Draws(MANY, 1))
    expected = 6 / np.pi * np.arcsin(matrix / 2)
    assert np.abs(np.corrcoef(found.activity_finish) - expected).max() < 0.01
    for row in found.activity_finish:  # the marginals stay what they were
        assert np.quantile(row, [0.1, 0.5, 0.9]) == pytest.approx([1, 5, 9], abs=0.1)


def test_one_factor_correlates_within_a_label_alone() -> None:
    loadings = one_factor(["x", "x", "y", ""], 0.5)
    assert np.allclose(
        loadings @ loadings.T, [[0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0.5, 0], [0, 0, 0, 0]]
    )


def test_indices_of_a_chain_are_the_shares_of_its_spread() -> None:
    # in a row all are critical; independent: corr(d, T) = sigma_d / sigma_T; widths 10 and 20 give 1 / sqrt(5), 2 / sqrt(5)
    risk = Risk(points((0, 5, 10), (0, 10, 20), shape="uniform"))
    found = simulate(project_of([5, 10], chain(2)), at(0, 5), risk, draws=Draws(MANY, 1)).activities()
    assert found["criticality_index"].tolist() == [1, 1]
    for name in ("schedule_sensitivity_index", "cruciality_index"):
        assert found[name].to_numpy() == pytest.approx([5**-0.5, 2 * 5**-0.5], abs=0.02), name


def test_the_chain_that_drives_goes_through_the_link_that_sets_the_start() -> None:
    # a0 ends on day 10 and a2 may not end before it (FF): it starts on day 8, though a1 let it start on day 1
    links = [(0, 2, "FF", 0), (1, 2, "FS", 0)]
    project = project_of([10, 1, 2], links)  # type: ignore[arg-type]
    found = simulate(project, at(0, 0, 8), Risk(sure(10, 1, 2)), draws=Draws(256, 1))
    assert set(found.finish) == {10}
    assert found.activities()["criticality_index"].tolist() == [1, 0, 1]
    # with a longer a1 it is the other way round
    found = simulate(project, at(0, 0, 8), Risk(sure(10, 9, 2)), draws=Draws(256, 1))
    assert set(found.finish) == {11}
    assert found.activities()["criticality_index"].tolist() == [0, 1, 1]


def test_returning_false_stops_and_keeps_the_draws_made() -> None:
    project, baseline, risk = everything()
    draws = Draws(200_000, 1, threads=1, keeps_activities=False)
    found = simulate(project, baseline, risk, draws=draws, on_progress=lambda done, of: False)  # type: ignore[arg-type]
    assert 0 < found.iterations < 200_000
    assert any("stopped after" in text for text in found.notices)
    assert (found.finish > 0).all()


@pytest.mark.parametrize("durations", [[], [0], [7]])
def test_nothing_one_milestone_and_one_activity_are_simulated(durations: list[int]) -> None:
    found = simulate(
        project_of(durations), at(*[0] * len(durations)), Risk(sure(*durations)), draws=Draws(300, 1)
    )
    assert set(found.finish) == {float(sum(durations))}
    assert len(found.activities()) == len(durations)
