"""The network at cell level."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from sarhad import place
from sarhad.place.crossings import main_area
from sarhad.place.segments import segments


@pytest.fixture(scope="module")
def grid(tiny, ground, net):
    return place.grid_network(tiny.adopt({"segment": segments(tiny, ground)}).adopt(net.tables()), ground)


def distances(network, mover, start, end):
    tail, head = (network.node_index(network.edge[name]) for name in ("tail_id", "head_id"))
    use = np.isfinite(network.hours[mover])
    least = coo_array((network.hours[mover][use], (tail[use], head[use])), shape=(len(network.node),) * 2)
    least = least.tocsr()
    starts, ends = (
        network.node_index(network.node["id"][network.node["name"] == name]) for name in (start, end)
    )
    return float(dijkstra(least, indices=starts)[0, ends[0]])


def test_every_cell_is_a_node_and_the_nodes_of_the_network_keep_their_ids(grid, net, ground):
    assert len(grid.node) == np.count_nonzero(main_area(ground))
    assert set(net.node["id"]) <= set(grid.node["id"])
    both = net.node.merge(grid.node, on="id", suffixes=("", "_grid"))
    for column in ("kind", "side", "chainage_km", "elevation_m"):
        assert (both[column] == both[f"{column}_grid"]).all()


def test_the_fine_grid_is_never_slower_than_the_network(grid, net):
    # foot has no roads; the network only has some of its steps
    fine = distances(grid, 0, "Lower West", "Upper East")
    coarse = distances(net, 0, "Lower West", "Upper East")
    assert fine <= coarse <= 1.15 * fine


def test_vehicles_reach_the_inside_through_the_crossing_point(grid, net):
    fine = distances(grid, 1, "Lower West", "Upper East")
    assert fine * (1.0 - 1e-12) <= distances(net, 1, "Lower West", "Upper East") < np.inf


def test_points_sum_to_the_hours_of_their_edges(grid):
    for hours, watched, paths in zip(grid.hours, grid.watched_hours, grid.paths, strict=True):
        usable = np.isfinite(hours)
        owner = np.repeat(np.arange(len(hours)), np.diff(paths.ptr))
        assert np.bincount(owner, paths.hours, len(hours))[usable] == pytest.approx(hours[usable])
        assert (watched[usable] <= hours[usable] * (1 + 1e-9)).all()


def test_ids_are_unique_and_ends_exist(grid):
    assert grid.edge["id"].is_unique
    assert grid.node["id"].is_unique
    assert set(grid.edge["tail_id"]) | set(grid.edge["head_id"]) <= set(grid.node["id"])


def test_it_needs_no_stored_network(tiny, ground, grid):
    assert place.grid_network(tiny, ground).hours.shape == grid.hours.shape
