from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from tiny_games import all_paths, crossing_of, exposure_by_hand, prevented_by_hand, tiny_game

from sarhad.detection import (
    CrossingLogit,
    Evaluation,
    Informed,
    Instance,
    Mover,
    NonAdaptive,
    PartlyInformed,
    evaluate,
)
from sarhad.errors import SpecError

SEEDS = st.integers(0, 10_000)
KNOWN = np.array([True, False, True, False, True])
YEARS = np.array([0.25, 0.25, 5.0])


def plan_of(seed: int, n_items: int = 5) -> np.ndarray:
    """Return a plan of three periods that only grows."""
    first = np.random.default_rng(seed).integers(0, 5, n_items)
    return np.arange(3)[:, None] >= first[None, :]


def totals(instance: Instance, operating: np.ndarray, mover: int, paths: list[list[int]]) -> np.ndarray:
    weight = instance.effort[mover] + exposure_by_hand(instance, operating, mover)
    return np.array([weight[path].sum() for path in paths])


def shares_by_hand(
    instance: Instance, operating: np.ndarray, mover: Mover, s: int
) -> list[tuple[list[int], float]]:
    """Return the paths that a mover of scenario s uses, and in which shares."""
    m = int(instance.mover[s])
    paths = all_paths(instance, m, int(instance.origin[s]), int(instance.destination[s]))
    if isinstance(mover, NonAdaptive):
        return shares_by_hand(instance, np.zeros_like(operating), mover.without, s)
    believed = operating & mover.known if isinstance(mover, PartlyInformed) else operating
    total = totals(instance, believed, m, paths)
    if not np.isfinite(total).any():
        return []
    if not isinstance(mover, CrossingLogit):
        return [(paths[int(total.argmin())], 1.0)]
    edges = np.array([crossing_of(instance, path) for path in paths])
    best = [int(np.flatnonzero(edges == e)[total[edges == e].argmin()]) for e in np.unique(edges)]
    share = np.exp(-mover.theta * (total[best] - total.min()))
    return [(paths[k], p) for k, p in zip(best, share / share.sum(), strict=True)]


def check_by_enumeration(instance: Instance, plan: np.ndarray, mover: Mover) -> None:
    """Compare every figure of `evaluate` with sums over enumerated paths."""
    found = evaluate(instance, plan, YEARS, mover)
    value, by_section = np.zeros(3), np.zeros(3)
    by_threat, detected, flow = np.zeros(2), np.zeros((3, 2)), np.zeros((3, len(found.crossing)))
    for t, operating in enumerate(plan):
        for s, h in enumerate(instance.threat):
            m = int(instance.mover[s])
            made = instance.attempts_per_year[s] * prevented_by_hand(instance, operating, h)
            exposure = exposure_by_hand(instance, operating, m)
            used = shares_by_hand(instance, operating, mover, s)
            detected[t, h] += 0.0 if used else YEARS[t] * made
            evade = 0.0
            for path, share in used:
                passed = share * np.exp(-(instance.effort[m] + exposure)[path].sum())
                detected[t, h] += YEARS[t] * made * share * (1.0 - np.exp(-exposure[path].sum()))
                flow[t, found.crossing == crossing_of(instance, path)] += made * share
                weighted = YEARS[t] * made * instance.consequence[h] * passed
                value[t] += weighted
                by_threat[h] += weighted
                by_section[instance.graph.section[crossing_of(instance, path)]] += weighted
                evade += passed
            assert found.evade[t, s] == pytest.approx(evade, rel=1e-9)
    assert found.value == pytest.approx(value.sum(), rel=1e-9)
    np.testing.assert_allclose(found.by_period, value, rtol=1e-9)
    np.testing.assert_allclose(found.by_threat, by_threat, rtol=1e-9)
    np.testing.assert_allclose(found.by_section, by_section, rtol=1e-9)
    np.testing.assert_allclose(found.detected, detected, rtol=1e-9)
    np.testing.assert_allclose(found.flow, flow, rtol=1e-9)


MOVERS: list[Mover] = [
    Informed(),
    PartlyInformed(KNOWN),
    CrossingLogit(3.0),
    NonAdaptive(),
    NonAdaptive(CrossingLogit(2.0)),
]


@pytest.mark.parametrize("mover", MOVERS, ids=lambda m: type(m).__name__)
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_every_figure_equals_the_sum_over_all_paths(mover, seed):
    check_by_enumeration(tiny_game(seed), plan_of(seed), mover)


@pytest.mark.parametrize("mover", MOVERS, ids=lambda m: type(m).__name__)
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_infinite_exposure_is_legal(mover, seed):
    check_by_enumeration(tiny_game(seed, inf=True), plan_of(seed), mover)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_detection_in_a_section_is_that_of_the_best_path_forced_to_cross_there(seed):
    instance, operating = tiny_game(seed), plan_of(seed)[1]
    found = evaluate(instance, operating[None, :], np.ones(1)).detection[0]
    expected = np.full(found.shape, np.nan)
    least = np.full(found.shape, np.inf)
    for h, m in np.unique(np.stack([instance.threat, instance.mover]), axis=1).T.tolist():
        mine = np.flatnonzero((instance.threat == h) & (instance.mover == m))
        exposure = exposure_by_hand(instance, operating, m)
        for origin in np.unique(instance.origin[mine]).tolist():
            for destination in np.unique(instance.destination[mine]).tolist():
                for path in all_paths(instance, m, origin, destination):
                    k = instance.graph.section[crossing_of(instance, path)]
                    total = (instance.effort[m] + exposure)[path].sum()
                    if total < least[k, h, m]:
                        least[k, h, m] = total
                        expected[k, h, m] = 1.0 - np.exp(-exposure[path].sum())
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("mover", [Informed(), NonAdaptive()], ids=lambda m: type(m).__name__)
@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, item=st.integers(0, 4))
def test_one_more_item_is_never_worse(mover, seed, item):
    instance, plan = tiny_game(seed), plan_of(seed)
    more = plan.copy()
    more[:, item] = True
    assert evaluate(instance, more, YEARS, mover).value <= evaluate(instance, plan, YEARS, mover).value * (
        1 + 1e-12
    )


def test_more_can_be_worse_when_movers_know_only_half():
    # Ways A (effort 0.1) and B (0.2). Item 1 (exposure 3) stands on A and movers do not know it, so they walk into
    # it. Adding item 0 on A, which they know, sends them to B, where nothing stands: more get through.
    game = two_ways([[1.5, 0.0], [3.0, 0.0]], (0.1, 0.2))
    knows_0 = PartlyInformed(np.array([True, False]))
    only_1 = evaluate(game, np.array([[False, True]]), np.ones(1), knows_0).value
    both = evaluate(game, np.array([[True, True]]), np.ones(1), knows_0).value
    assert only_1 == pytest.approx(10 * np.exp(-3.1))
    assert both == pytest.approx(10 * np.exp(-0.2))


def two_ways(added: list[list[float]], effort: tuple[float, float]) -> Instance:
    """Return one origin, one destination and two parallel crossing edges with items on them."""
    game = tiny_game(0)
    exposure = dataclasses.replace(
        game.exposure,
        item_ids=tuple(f"I{i}" for i in range(len(added))),
        item=np.arange(len(added)),
        supports=((),) * len(added),
        by_mover=(csr_array(np.array(added)),),
        by_threat=np.zeros((len(added), 1)),
    )
    graph = dataclasses.replace(
        game.graph,
        n_nodes=2,
        tail=np.zeros(2, np.int64),
        head=np.ones(2, np.int64),
        section=np.array([0, 1]),
        edge_ids=("A", "B"),
    )
    return Instance(
        graph=graph,
        exposure=exposure,
        movers=("foot",),
        threats=("drugs",),
        sections=("west", "east"),
        effort=np.array([effort]),
        existing=np.zeros((1, 2)),
        scenario_ids=("C0",),
        origin=np.array([0]),
        destination=np.array([1]),
        mover=np.array([0]),
        threat=np.array([0]),
        attempts_per_year=np.array([10.0]),
        consequence=np.array([1.0]),
    )


def test_ties_are_split_equally():
    found = evaluate(two_ways([[1.0, 1.0]], (0.2, 0.2)), np.array([[True]]), np.ones(1))
    np.testing.assert_allclose(found.flow, [[5.0, 5.0]])
    np.testing.assert_allclose(found.by_section, [5 * np.exp(-1.2)] * 2)


def test_certain_detection_on_every_way_lets_nobody_through():
    found = evaluate(two_ways([[np.inf, np.inf]], (0.2, 0.3)), np.array([[True]]), np.ones(1))
    assert found.value == 0.0
    assert found.detected_share.tolist() == [1.0]
    np.testing.assert_allclose(found.detection_by_section, [[1.0, 1.0]])
    assert found.flow.sum() == 0.0


def fields(found: Evaluation) -> list[np.ndarray]:
    return [np.asarray(getattr(found, f.name)) for f in dataclasses.fields(found)]


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_scenarios_in_another_order_give_the_same_evaluation(seed):
    instance, plan = tiny_game(seed), plan_of(seed)
    order = np.random.default_rng(seed).permutation(instance.n_scenarios)
    names = ("origin", "destination", "mover", "threat", "attempts_per_year")
    shuffled = dataclasses.replace(instance, **{name: getattr(instance, name)[order] for name in names})
    one, other = evaluate(instance, plan, YEARS), evaluate(shuffled, plan, YEARS)
    np.testing.assert_array_equal(one.evade[:, order], other.evade)
    np.testing.assert_allclose(one.flow, other.flow, rtol=1e-12)
    assert one.value == pytest.approx(other.value, rel=1e-13)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_edges_and_items_in_another_order_give_the_same_evaluation(seed):
    instance, plan = tiny_game(seed), plan_of(seed)
    rng = np.random.default_rng(seed)
    edges, items = rng.permutation(instance.graph.n_edges), rng.permutation(5)
    rank = np.argsort(items)
    graph, exposure = instance.graph, instance.exposure
    shuffled = dataclasses.replace(
        instance,
        graph=dataclasses.replace(
            graph, tail=graph.tail[edges], head=graph.head[edges], section=graph.section[edges]
        ),
        effort=instance.effort[:, edges],
        existing=instance.existing[:, edges],
        exposure=dataclasses.replace(
            exposure,
            item=rank[exposure.item],
            supports=tuple(
                tuple(tuple(int(rank[i]) for i in members) for members in sets) for sets in exposure.supports
            ),
            by_mover=tuple(csr_array(added.toarray()[:, edges]) for added in exposure.by_mover),
        ),
    )
    one, other = evaluate(instance, plan, YEARS), evaluate(shuffled, plan[:, items], YEARS)
    np.testing.assert_allclose(one.evade, other.evade, rtol=1e-12)
    np.testing.assert_allclose(one.by_section, other.by_section, rtol=1e-12)
    np.testing.assert_allclose(one.detection, other.detection, rtol=1e-9)


@pytest.mark.parametrize("mover", [Informed(), NonAdaptive()], ids=lambda m: type(m).__name__)
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, item=st.integers(0, 4))
def test_an_earlier_start_is_never_worse(mover, seed, item):
    instance, late = tiny_game(seed), plan_of(seed)
    early = late.copy()
    early[:-1, item] |= late[1:, item]
    assert evaluate(instance, early, YEARS, mover).value <= evaluate(instance, late, YEARS, mover).value * (
        1 + 1e-12
    )


def test_the_same_call_gives_the_same_bytes_and_equal_periods_are_alike():
    instance, plan = tiny_game(3), plan_of(3)
    twice = np.concatenate([plan, plan])
    years = np.concatenate([YEARS, YEARS])
    one, again = evaluate(instance, twice, years), evaluate(dataclasses.replace(instance), twice, years)
    for a, b in zip(fields(one), fields(again), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.by_period[:3], one.by_period[3:])


def test_shapes_that_do_not_fit_are_refused():
    instance = tiny_game(0)
    with pytest.raises(
        SpecError, match=r"operating must be boolean of shape \(3, 5\), found bool of shape \(3, 4\)"
    ):
        evaluate(instance, np.zeros((3, 4), bool), YEARS)
    with pytest.raises(SpecError, match="years must be 3 finite numbers >= 0"):
        evaluate(instance, np.zeros((3, 5), bool), np.array([1.0, -1.0, 1.0]))
    with pytest.raises(SpecError, match="theta must be a positive finite number, found 0"):
        CrossingLogit(0.0)
