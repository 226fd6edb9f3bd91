from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from tiny_games import tiny_game

from sarhad.detection import distances, groups, path_edges
from sarhad.detection.repair import distances_after
from sarhad.detection.shortest import forward_adjacency, reverse_adjacency, search

SEEDS = st.integers(0, 10_000)


def by_scipy(graph, weight: np.ndarray, destination: int) -> np.ndarray:
    """Return distances to the destination; scipy keeps explicit zeros out, so parallel edges are reduced first."""
    dense = np.full((graph.n_nodes, graph.n_nodes), np.inf)
    np.minimum.at(dense, (graph.tail, graph.head), weight)
    tail, head = np.nonzero(np.isfinite(dense))
    reverse = coo_array((dense[tail, head], (head, tail)), dense.shape).tocsr()
    return dijkstra(reverse, indices=destination)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_distances_equal_those_of_scipy(seed):
    instance = tiny_game(seed, n_side=9)
    weight = instance.effort + instance.existing
    dist, _ = distances(instance, weight)
    for g, (node, mover) in enumerate(zip(groups(instance).node, groups(instance).mover, strict=True)):
        np.testing.assert_allclose(dist[g], by_scipy(instance.graph, weight[mover], int(node)), rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_paths_lead_from_origin_to_destination_and_weigh_the_distance(seed):
    instance = tiny_game(seed, n_side=9)
    weight = instance.effort + instance.existing
    dist, via = distances(instance, weight)
    ptr, edges = path_edges(instance, via)
    of_scenario = groups(instance).of_scenario
    for s in range(instance.n_scenarios):
        path = edges[ptr[s] : ptr[s + 1]]
        assert instance.graph.tail[path[0]] == instance.origin[s]
        assert instance.graph.head[path[-1]] == instance.destination[s]
        np.testing.assert_array_equal(instance.graph.head[path[:-1]], instance.graph.tail[path[1:]])
        total = weight[instance.mover[s]][path].sum()
        np.testing.assert_allclose(total, dist[of_scenario[s], instance.origin[s]], rtol=1e-12)


def test_equal_ways_take_the_lowest_edge_and_free_cycles_do_no_harm():
    instance = tiny_game(4)
    weight = np.zeros_like(instance.effort)
    dist, via = distances(instance, weight)
    again, via_again = distances(instance, weight)
    assert (dist[np.isfinite(dist)] == 0.0).all()
    np.testing.assert_array_equal(via, via_again)
    np.testing.assert_array_equal(dist, again)
    ptr, edges = path_edges(instance, via)
    assert all(len(set(path.tolist())) == len(path) for path in np.split(edges, ptr[1:-1]))


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_repair_after_mixed_changes_equals_a_new_search(seed):
    rng = np.random.default_rng(seed)
    instance = tiny_game(seed, n_side=9)
    graph, into, out = instance.graph, reverse_adjacency(instance.graph), forward_adjacency(instance.graph)
    weight = instance.effort[0] + instance.existing[0]
    dist, via = search(into, weight, instance.destination[:1])
    picks = [np.sort(rng.choice(graph.n_edges, int(rng.integers(1, 8)), replace=False)) for _ in range(6)]
    fresh = [weight[pick] * rng.choice([0.0, 0.1, 0.9, 1.0, 3.0, np.inf], len(pick)) for pick in picks]
    ptr = np.cumsum([0, *map(len, picks)])
    every = np.arange(graph.n_nodes)
    watched = (np.arange(len(picks) + 1) * graph.n_nodes, np.tile(every, len(picks)))
    found = distances_after(
        into, out, weight, dist, via, (ptr, np.concatenate(picks), np.concatenate(fresh)), watched
    )
    for row, pick, new in zip(found.reshape(len(picks), -1), picks, fresh, strict=True):
        changed = weight.copy()
        changed[pick] = new
        np.testing.assert_allclose(row, search(into, changed, instance.destination[:1])[0], rtol=1e-12)
