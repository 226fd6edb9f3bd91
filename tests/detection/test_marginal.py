from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_games import tiny_game

from sarhad.detection import evaluate
from sarhad.detection.marginal import addition_values, nested_values, removal_values
from sarhad.errors import SpecError

SEEDS = st.integers(0, 10_000)
YEARS = np.array([0.25, 0.25, 0.25, 5.0])


def plan_of(seed: int, n_items: int) -> np.ndarray:
    first = np.random.default_rng(seed).integers(0, 6, n_items)
    return np.arange(4)[:, None] >= first[None, :]


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, inf=st.booleans())
def test_removal_values_are_the_difference_of_two_evaluations(seed, inf):
    instance, plan = tiny_game(seed, n_side=7, n_items=8, inf=inf), plan_of(seed, 8)
    found = removal_values(instance, plan, YEARS, np.arange(8))
    value = evaluate(instance, plan, YEARS).value
    for item in range(8):
        without = plan.copy()
        without[:, item] = False
        expected = evaluate(instance, without, YEARS).value - value
        assert found[item] == pytest.approx(expected, rel=1e-9, abs=1e-11 * value)


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS)
def test_a_set_is_removed_as_a_whole_whatever_its_members_operate(seed):
    instance, plan = tiny_game(seed, n_side=7, n_items=8), plan_of(seed, 8)
    sets = [np.array([0, 3]), np.array([1, 2, 7]), np.array([5])]
    found = removal_values(instance, plan, YEARS, sets)
    value = evaluate(instance, plan, YEARS).value
    for k, members in enumerate(sets):
        without = plan.copy()
        without[:, members] = False
        expected = evaluate(instance, without, YEARS).value - value
        assert found[k] == pytest.approx(expected, rel=1e-9, abs=1e-11 * value)


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, inf=st.booleans())
def test_addition_values_are_the_difference_of_two_evaluations(seed, inf):
    instance, plan = tiny_game(seed, n_side=7, n_items=8, inf=inf), plan_of(seed, 8)
    first = np.random.default_rng(seed + 1).integers(0, 5, 8)
    found = addition_values(instance, plan, YEARS, np.arange(8), first)
    value = evaluate(instance, plan, YEARS).value
    for item in range(8):
        more = plan.copy()
        more[first[item] :, item] = True
        expected = value - evaluate(instance, more, YEARS).value
        assert found[item] == pytest.approx(expected, rel=1e-9, abs=1e-11 * value)


def test_an_item_that_never_operates_is_worth_nothing():
    instance = tiny_game(0)
    assert removal_values(instance, np.zeros((4, 5), bool), YEARS, np.arange(5)).tolist() == [0.0] * 5
    never = np.full(5, 4)
    assert addition_values(instance, np.zeros((4, 5), bool), YEARS, np.arange(5), never).tolist() == [0.0] * 5
    assert removal_values(instance, np.ones((4, 5), bool), YEARS, np.empty(0, np.int64)).tolist() == []


def test_shapes_that_do_not_fit_are_refused():
    instance = tiny_game(0)
    with pytest.raises(SpecError, match=r"years must have shape \(4,\), found \(3,\)"):
        removal_values(instance, np.zeros((4, 5), bool), YEARS[:3], np.arange(5))
    with pytest.raises(SpecError, match=r"first_period must have shape \(5,\), found \(1,\)"):
        addition_values(instance, np.zeros((4, 5), bool), YEARS, np.arange(5), np.zeros(1, np.int64))


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, inf=st.booleans())
def test_nested_values_are_those_of_the_evaluation(seed, inf):
    instance = tiny_game(seed, n_side=7, n_items=8, inf=inf)
    order = np.random.default_rng(seed).permutation(8)
    states = np.array([np.isin(np.arange(8), order[:k]) for k in range(9)])
    expected = [evaluate(instance, state[None], np.ones(1)).value for state in states]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sarhad.detection.marginal.NESTED", 3)
        assert nested_values(instance, states) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_states_that_are_not_nested_are_refused():
    instance = tiny_game(1)
    with pytest.raises(SpecError, match=r"the states are not nested"):
        nested_values(instance, np.eye(5, dtype=bool))
