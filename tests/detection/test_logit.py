from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_games import all_paths, crossing_of, exposure_by_hand, tiny_game

import sarhad.detection.logit as logit_module
from sarhad.detection import CrossingLogit, Informed, Instance, Logit, evaluate, least_theta
from sarhad.errors import SpecError

SEEDS = st.integers(0, 10_000)
ONE_YEAR = np.ones(1)


def some_items(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((1, 5)) < 0.5


@pytest.mark.parametrize("theta", [0.3, 4.0, 3000.0])
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, inf=st.booleans())
def test_on_a_network_without_cycles_it_equals_the_sum_over_all_paths(theta, seed, inf):
    instance, operating = tiny_game(seed, is_acyclic=True, inf=inf), some_items(seed)
    found = evaluate(instance, operating, ONE_YEAR, Logit(theta))
    made = instance.attempts_per_year * np.exp(-prevention_by_hand(instance, operating[0]))
    flow, by_section = np.zeros(len(found.crossing)), np.zeros(3)
    for s in range(instance.n_scenarios):
        m = int(instance.mover[s])
        exposure = exposure_by_hand(instance, operating[0], m)
        paths = all_paths(instance, m, int(instance.origin[s]), int(instance.destination[s]))
        weight = np.array([(instance.effort[m] + exposure)[path].sum() for path in paths])
        if not np.isfinite(weight).any():
            assert found.evade[0, s] == 0.0
            continue
        share = np.exp(-theta * (weight - weight.min()))
        share /= share.sum()
        assert found.evade[0, s] == pytest.approx(share @ np.exp(-weight), rel=1e-9)
        for path, p, w in zip(paths, share, weight, strict=True):
            edge = crossing_of(instance, path)
            flow[found.crossing == edge] += made[s] * p
            weighted = made[s] * instance.consequence[instance.threat[s]] * p * np.exp(-w)
            by_section[instance.graph.section[edge]] += weighted
    np.testing.assert_allclose(found.flow[0], flow, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.by_section, by_section, rtol=1e-9, atol=1e-12)


def prevention_by_hand(instance: Instance, operating: np.ndarray) -> np.ndarray:
    on = operating[instance.exposure.item] & [
        all(any(operating[i] for i in one) for one in sets) for sets in instance.exposure.supports
    ]
    return (on @ instance.exposure.by_threat)[instance.threat]


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_with_cycles_it_equals_the_series_over_walks(seed):
    instance, operating = tiny_game(seed), some_items(seed)
    graph, theta = instance.graph, 40.0
    least = max(least_theta(graph, instance.effort[m] + instance.existing[m]) for m in (0, 1))
    theta = max(theta, 1.3 * least)
    found = evaluate(instance, operating, ONE_YEAR, Logit(theta))
    for s in range(instance.n_scenarios):
        m, end = int(instance.mover[s]), int(instance.destination[s])
        exposure = exposure_by_hand(instance, operating[0], m)
        weight = instance.effort[m] + exposure
        sums = [
            walk_sum(graph, cost, int(instance.origin[s]), end)
            for cost in (theta * weight, (theta + 1) * weight, theta * weight + exposure)
        ]
        assert found.evade[0, s] == pytest.approx(sums[1] / sums[0], rel=1e-8)


def walk_sum(graph, cost: np.ndarray, origin: int, end: int) -> float:
    """Return the sum of exp(-cost) over walks to the first arrival, by iterating to a fixed point."""
    z = np.zeros(graph.n_nodes)
    z[end] = 1.0
    for _ in range(3000):
        new = np.bincount(graph.tail, np.exp(-cost) * z[graph.head], graph.n_nodes)
        new[end] = 1.0
        if np.allclose(new, z, rtol=1e-14, atol=0.0):
            break
        z = new
    return float(z[origin])


def test_scaling_by_distances_changes_nothing(monkeypatch):
    instance, operating = tiny_game(5), some_items(5)
    plain = evaluate(instance, operating, ONE_YEAR, Logit(60.0))
    monkeypatch.setattr(logit_module, "UNDERFLOW", 0.0)
    scaled = evaluate(instance, operating, ONE_YEAR, Logit(60.0))
    np.testing.assert_allclose(plain.evade, scaled.evade, rtol=1e-10)
    np.testing.assert_allclose(plain.flow, scaled.flow, rtol=1e-10)
    np.testing.assert_allclose(plain.detected, scaled.detected, rtol=1e-10)


@pytest.mark.parametrize("mover", [Logit(1e5), CrossingLogit(1e5)], ids=["walks", "crossings"])
def test_a_large_theta_is_the_informed_mover(mover):
    instance, operating = tiny_game(11), some_items(11)
    found = evaluate(instance, operating, ONE_YEAR, mover)
    np.testing.assert_allclose(
        found.evade, evaluate(instance, operating, ONE_YEAR, Informed()).evade, rtol=1e-6
    )


def test_the_flow_adds_up_to_the_attempts_made():
    instance, operating = tiny_game(2), some_items(2)
    found = evaluate(instance, operating, ONE_YEAR, Logit(60.0))
    assert found.flow.sum() == pytest.approx(found.attempts.sum())
    assert found.by_section.sum() == pytest.approx(found.value)


def test_a_theta_too_small_is_refused_with_the_least_that_will_do():
    # Two nodes joined both ways, weight 0.5 each: a round trip weighs exp(-2 theta 0.5) < 1 for every theta > 0.
    # A third way round through a chain of the same side multiplies walks: the tiny game needs a theta of its own.
    instance = tiny_game(1)
    weight = instance.effort + instance.existing
    least = max(least_theta(instance.graph, weight[m]) for m in np.unique(instance.mover))
    nothing = np.zeros((1, 5), bool)
    with pytest.raises(
        SpecError, match=rf"does not converge for .*\. Use theta above {least:.4g}, or the mover"
    ):
        evaluate(instance, nothing, ONE_YEAR, Logit(0.98 * least))
    assert evaluate(instance, nothing, ONE_YEAR, Logit(1.02 * least)).value > 0


def test_no_theta_converges_on_a_cycle_that_costs_nothing():
    instance = tiny_game(1)
    assert least_theta(instance.graph, np.zeros(instance.graph.n_edges)) == float("inf")
    free = dataclasses.replace(instance, effort=0 * instance.existing, existing=0 * instance.existing)
    with pytest.raises(SpecError, match="Use theta above inf"):
        evaluate(free, np.zeros((1, 5), bool), ONE_YEAR, Logit(100.0))
