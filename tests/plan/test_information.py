"""The value of knowing a parameter: games with a known answer, and an estimate that does not promise too much."""

from __future__ import annotations

import numpy as np
import pytest

from sarhad.errors import SpecError
from sarhad.plan.information import information, mean_of, whole_information


def two_plans(n: int, seed: int, n_idle: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return values and quantiles: the first plan costs 0.5, the other the first parameter, noise on both."""
    rng = np.random.default_rng(seed)
    quantiles = rng.random((n, 1 + n_idle))
    noise = rng.normal(0.0, 0.3, n)
    return np.stack([0.5 + noise, quantiles[:, 0] + noise], axis=1), quantiles


def test_what_decides_between_two_plans_is_worth_an_eighth():
    # E min(0.5, u) = 1/8 + 1/4; without knowing u both plans have 1/2: the parameter is worth 1/8, and nothing else is.
    found = information(*two_plans(4000, 1, n_idle=1))
    assert found[0].mean == pytest.approx(0.125, abs=0.01)
    assert found[0].low < 0.125 < found[0].high
    assert found[1].mean < 0.01


def test_to_know_all_is_worth_as_much_as_to_know_the_only_parameter():
    values, _ = two_plans(4000, 2)
    assert whole_information(values).mean == pytest.approx(0.125, abs=0.01)


def test_parameters_share_what_is_decided_by_their_sum():
    # The other plan costs u + w - 1/2. Given u it costs u on average: u alone is worth 1/8, both are worth
    # E max(0, 1 - u - w) = 1/6.
    rng = np.random.default_rng(3)
    quantiles = rng.random((8000, 2))
    values = np.stack([np.full(8000, 0.5), quantiles.sum(axis=1) - 0.5], axis=1)
    found = information(values, quantiles)
    assert [one.mean for one in found] == pytest.approx([0.125, 0.125], abs=0.015)
    assert whole_information(values).mean == pytest.approx(1 / 6, abs=0.015)


def test_in_expectation_the_estimate_is_not_above_the_truth():
    found = np.array([[one.mean for one in information(*two_plans(60, seed, 1))] for seed in range(300)])
    error = found.std(axis=0) / np.sqrt(len(found))
    assert found.mean(axis=0)[0] < 0.125 + 2 * error[0]
    assert found.mean(axis=0)[1] < 0.0 + 2 * error[1]
    assert found.mean(axis=0)[0] > 0.08


def test_where_one_plan_is_always_best_nothing_is_worth_knowing():
    _, quantiles = two_plans(50, 1)
    values = np.stack([quantiles[:, 0], quantiles[:, 0] + 1.0], axis=1)
    assert information(values, quantiles)[0].mean == 0.0
    assert whole_information(values).mean == 0.0


def test_the_interval_of_a_mean_holds_it_in_95_of_100_cases():
    rng = np.random.default_rng(5)
    held = [found.low < 2.0 < found.high for found in map(mean_of, rng.normal(2.0, 3.0, (2000, 100)))]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_too_few_draws_are_refused():
    with pytest.raises(SpecError, match=r"39 draws: too few to learn from\. Give 40 or more"):
        information(*two_plans(39, 1))
