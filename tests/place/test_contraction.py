"""What the contraction of a network keeps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from sarhad import place
from sarhad.errors import DataError
from sarhad.place.contraction import SEED
from sarhad.place.nodes import ENDS
from sarhad.place.ragged import sums
from sarhad.place.segments import segments


@pytest.fixture(scope="module")
def pairs(net):
    """Every origin with every destination, for both movers."""
    ends = net.node[net.node["kind"].isin(ENDS)]
    origins, destinations = (ends.loc[ends["side"] == side, "id"] for side in ("beyond", "inside"))
    index = pd.MultiIndex.from_product([net.movers, origins, destinations])
    return index.to_frame(index=False, name=["mover_id", "origin_id", "destination_id"])


@pytest.fixture(scope="module")
def small(tiny, net, pairs):
    return place.contracted(tiny, net, pairs)


def least(network, weight, pairs):
    """Return the least weight of each pair, edges between the same two nodes one by one."""
    tail, head = (network.node_index(network.edge[end]) for end in ("tail_id", "head_id"))
    order = np.argsort(-weight, kind="stable")
    best = pd.Series(weight[order], index=[tail[order], head[order]]).groupby(level=[0, 1]).min()
    best = best[np.isfinite(best)]
    a, b = (best.index.get_level_values(k).to_numpy() for k in (0, 1))
    far = dijkstra(coo_array((best.to_numpy(), (a, b)), shape=(len(network.node),) * 2).tocsr())
    return far[network.node_index(pairs["origin_id"]), network.node_index(pairs["destination_id"])]


def costs(prog, network, rate, mover, slowness):
    paths = network.paths[mover]
    exposed = sums(paths.ptr, rate[paths.cell] * paths.hours) * slowness
    return float(prog.setting("abandonment_per_hour")) * network.hours[mover] + exposed


def test_it_is_smaller_and_every_edge_is_one_of_the_dense_network(net, small):
    assert len(small.edge) < len(net.edge) / 2
    assert set(small.edge["id"]) < set(net.edge["id"])
    rows = net.edge.reset_index().set_index("id").loc[small.edge["id"], "index"].to_numpy()
    assert np.array_equal(small.hours, net.hours[:, rows])
    assert np.array_equal(small.watched_hours, net.watched_hours[:, rows])
    for ours, theirs in zip(small.paths, net.paths, strict=True):
        for e in (0, len(rows) // 2, len(rows) - 1):
            at = slice(theirs.ptr[rows[e]], theirs.ptr[rows[e] + 1])
            assert np.array_equal(ours.cell[ours.ptr[e] : ours.ptr[e + 1]], theirs.cell[at])


def test_all_ends_roads_and_places_to_cross_stay(net, small):
    assert set(net.node.loc[net.node["kind"].isin(ENDS), "id"]) <= set(small.node["id"])
    for column in ("is_road", "is_crossing"):
        assert small.edge[column].sum() == net.edge[column].sum()


def test_least_hours_between_all_ends_stay(net, small, pairs):
    for i, mover in enumerate(net.movers):
        own = pairs[pairs["mover_id"] == mover]
        wanted = least(net, net.hours[i], own)
        assert np.isfinite(wanted).any()
        assert least(small, small.hours[i], own) == pytest.approx(wanted, rel=1e-12)


def test_least_costs_stay_under_each_field_that_shaped_it(tiny, net, small, pairs):
    slow = [float(np.median(path.hours[path.hours > 0])) for path in net.paths]
    for rate in list(place.random_fields(net.terrain, 60, SEED))[::15]:
        for i, mover in enumerate(net.movers):
            own = pairs[pairs["mover_id"] == mover]
            wanted, found = (
                least(one, costs(tiny, one, rate, i, max(slow) / slow[i]), own) for one in (net, small)
            )
            assert found == pytest.approx(wanted, rel=1e-12)


def test_alternatives_make_it_truer_under_fields_it_never_saw(tiny, net, small, pairs):
    single = place.contracted(with_fields(tiny, 0), net, pairs)
    assert len(single.edge) < len(small.edge)
    own = pairs[pairs["mover_id"] == net.movers[0]]
    excess = {"single": [], "small": []}
    for rate in place.random_fields(net.terrain, 6, SEED + 1):
        wanted = least(net, costs(tiny, net, rate, 0, 1.0), own)
        for name, one in (("single", single), ("small", small)):
            excess[name].append(np.nanmax(least(one, costs(tiny, one, rate, 0, 1.0), own) / wanted - 1.0))
    assert np.min(excess["small"]) > -1e-12
    assert np.mean(excess["small"]) < np.mean(excess["single"]) / 2.0


def test_watched_hours_through_the_strip_stay(tiny, net, small):
    outside = {}
    for name, one in (("net", net), ("small", small)):
        far = (one.node["distance_km"] >= float(tiny.setting("watch_depth_km"))).to_numpy()
        side = one.node["side"].to_numpy()
        weight = np.where(np.isfinite(one.hours[0]), one.watched_hours[0], np.inf)
        ends = [one.node["id"][far & (side == which)] for which in ("beyond", "inside")]
        reach = pd.MultiIndex.from_product(ends).to_frame(index=False, name=["origin_id", "destination_id"])
        outside[name] = least(one, weight, reach).min()
    assert outside["small"] == pytest.approx(outside["net"])


def test_the_same_input_gives_the_same_network_and_the_stored_one_comes_back(tiny, ground, net, small, pairs):
    again = place.contracted(tiny, net, pd.concat([pairs, pairs]).sample(frac=1.0, random_state=1))
    for name, frame in small.tables().items():
        assert again.tables()[name].to_csv() == frame.to_csv()
    back = place.network_from(tiny.adopt({"segment": segments(tiny, ground)}).adopt(small.tables()), ground)
    assert back.edge.equals(small.edge)
    assert np.array_equal(back.hours, small.hours)


def test_it_tells_how_far_it_is_and_can_be_broken_off(tiny, net, pairs):
    told = []
    place.contracted(with_fields(tiny, 4), net, pairs, on_field=told.append)
    assert told == [0.0, 0.25, 0.5, 0.75]

    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.contracted(tiny, net, pairs, on_field=stop)


def test_pairs_of_unknown_ends_are_named(tiny, net, pairs):
    wrong = pairs.assign(origin_id=["NOWHERE", *pairs["origin_id"][1:]])
    with pytest.raises(DataError, match="NOWHERE"):
        place.contracted(tiny, net, wrong)


def with_fields(prog, number):
    setting = prog["setting"]
    row = {"id": "network_fields", "value": str(number), "is_assumption": True, "reasoning": "Test"}
    others = setting[setting["id"] != "network_fields"]
    return prog.with_changes(
        {"setting": pd.concat([others, pd.DataFrame([row])], ignore_index=True).astype(setting.dtypes)}
    )


def test_random_fields_are_seeded_positive_and_strongest_near_the_line(ground):
    first, second = (list(place.random_fields(ground, 3, 7)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], first[1])
    assert first[0].shape == (ground.side.size,)
    assert min(rate.min() for rate in first) > 0.0
    near = ground.distance_km.ravel() < 3.0
    mean = np.mean(first, axis=0)
    assert mean[near].mean() > 1.5 * mean[~near & (ground.side.ravel() != 0)].mean()
