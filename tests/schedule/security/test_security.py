"""Security cost of late items: against `evaluate`, the pool against the exact value, the control variate in closed form."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sarhad.detection import Instance, evaluate
from sarhad.programme import Programme
from sarhad.schedule import (
    Clock,
    clock_of,
    delay_costs,
    loss_of,
    pool_of,
    pool_values,
    states_of,
    value_of_dates,
    values_of_draws,
)
from sarhad.workflow.prepare import prepare

TINY = Path(__file__).parents[2] / "data" / "tiny"


@pytest.fixture(scope="module")
def instance() -> Instance:
    return prepare(Programme.open(TINY)).instance


@pytest.fixture(scope="module")
def clock() -> Clock:
    return clock_of(date(2025, 1, 1), date(2027, 1, 1), 2.0, months=3)


@pytest.fixture(scope="module")
def draws(instance: Instance) -> np.ndarray:
    rng = np.random.default_rng(5)
    return rng.uniform(0.0, 1500.0, (instance.exposure.n_items, 40))


def test_a_clock_counts_whole_months_in_years() -> None:
    made = clock_of(date(2025, 1, 1), date(2025, 12, 1), 0.5, months=3)
    assert made.years.tolist() == [0.25] * 5 + [2 / 12]
    assert made.edges[:3].tolist() == [0, 90, 181]
    assert made.edges[-1] == (date(2026, 6, 1) - date(2025, 1, 1)).days


def test_the_value_of_dates_is_that_of_evaluate(instance: Instance, clock: Clock, draws: np.ndarray) -> None:
    number = np.arange(instance.exposure.n_items)
    for k in range(3):
        states = states_of(instance, number, draws[:, k], clock)
        found = value_of_dates(instance, number, draws[:, k], clock)
        assert found == pytest.approx(evaluate(instance, states, clock.years).value, rel=1e-12)


def test_the_pool_is_exact_on_the_states_it_knows_and_never_above(
    instance: Instance, clock: Clock, draws: np.ndarray
) -> None:
    number = np.arange(instance.exposure.n_items)
    known = np.concatenate([states_of(instance, number, draws[:, k], clock) for k in range(10)])
    pool = pool_of(instance, number, known)
    exact = values_of_draws(instance, number, draws, clock)
    near = pool_values(pool, draws, clock)
    assert near[:10] == pytest.approx(exact[:10], rel=1e-9)
    assert (near <= exact * (1 + 1e-9)).all()


def test_a_draw_in_which_all_are_later_is_never_better(
    instance: Instance, clock: Clock, draws: np.ndarray
) -> None:
    number = np.arange(instance.exposure.n_items)
    on_time = values_of_draws(instance, number, draws[:, :5], clock)
    late = values_of_draws(instance, number, draws[:, :5] + 200.0, clock)
    assert (late >= on_time - 1e-9).all()


def test_the_cost_of_a_delay_is_the_difference_of_two_evaluations(instance: Instance) -> None:
    n = instance.exposure.n_items
    operating = np.zeros((6, n), dtype=np.bool_)
    for item in range(n):
        operating[min(item % 4, 5) :, item] = True
    found = delay_costs(instance, operating, {1: [1], 2: [2, 3]}, (2, 3, 12))
    months = np.repeat(operating, 3, axis=0)
    months = np.concatenate([months, np.repeat(operating[-1:], 12, axis=0)])
    for row in found.to_dict("records"):
        late = months.copy()
        first = int(np.argmax(late[:, row["item"]]))
        lost = {1: [1], 2: [2, 3]}[row["item"]]
        late[first : first + row["months_late"], lost] = False
        years = np.full(len(months), 1 / 12)
        wanted = evaluate(instance, late, years).value - evaluate(instance, months, years).value
        assert row["expected_undetected"] == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_a_surrogate_that_is_off_by_a_constant_leaves_no_error_but_that_of_all_draws() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(100.0, 10.0, 5000)
    loss = loss_of(truth[:50], truth - 7.0, 90.0)
    assert loss.mean == pytest.approx(truth.mean() - 90.0)
    assert loss.residual_mean == pytest.approx(7.0)
    assert loss.residual_sd == pytest.approx(0.0, abs=1e-9)
    assert loss.explained == pytest.approx(1.0)
    assert loss.mean_error == pytest.approx(1.959963984540054 * truth.std() / np.sqrt(5000))
    assert loss.p80 == pytest.approx(np.quantile(truth, 0.8) - 90.0)
    assert loss.cvar80 > loss.p80 > loss.mean


def test_a_useless_surrogate_leaves_the_error_of_the_exact_draws() -> None:
    rng = np.random.default_rng(2)
    truth, noise = rng.normal(0.0, 1.0, 400), rng.normal(0.0, 1.0, 4000)
    loss = loss_of(truth, noise, 0.0)
    assert loss.explained < 0.05
    assert loss.mean_error == pytest.approx(1.96 / np.sqrt(400), rel=0.15)
