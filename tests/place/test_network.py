"""The network across the line."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from test_least_cost import fine_hours

from sarhad import place
from sarhad.errors import DataError
from sarhad.place.crossings import crossing_steps, main_area, steps_across
from sarhad.place.segments import segments
from sarhad.place.travel import movers_of, parameters_of


def rows_of(net, end):
    return net.node_index(net.edge[f"{end}_id"])


def cells_of(net):
    points = net.node["geometry"]
    rows, cols = net.terrain.rowcol([p.x for p in points], [p.y for p in points])
    return rows * net.terrain.shape[1] + cols


def test_each_path_leads_from_tail_to_head_and_takes_the_hours_of_its_edge(net):
    cell, tail, head = cells_of(net), rows_of(net, "tail"), rows_of(net, "head")
    for hours, paths in zip(net.hours, net.paths, strict=True):
        usable = np.isfinite(hours)
        assert (np.diff(paths.ptr)[~usable] == 0).all()
        first, last = paths.ptr[:-1][usable], paths.ptr[1:][usable] - 1
        assert (paths.cell[first] == cell[tail][usable]).all()
        assert (paths.cell[last] == cell[head][usable]).all()
        assert np.add.reduceat(paths.hours, first) == pytest.approx(hours[usable], rel=1e-12)
        assert (paths.hours >= 0).all()


def test_only_crossing_edges_change_sides_and_only_inwards(net):
    side = (net.node["side"] == "inside").to_numpy()
    crosses = net.edge["is_crossing"].to_numpy()
    tail, head = side[rows_of(net, "tail")], side[rows_of(net, "head")]
    assert (tail[~crosses] == head[~crosses]).all()
    assert not tail[crosses].any()
    assert head[crosses].all()
    for paths in net.paths:
        sides = net.terrain.side.ravel()[paths.cell]
        for e in np.flatnonzero(~crosses):
            assert len(set(sides[paths.ptr[e] : paths.ptr[e + 1]].tolist())) <= 1


def test_there_is_about_one_place_to_cross_each_spacing(net, tiny):
    # 62.9 km / 1.5 km: 42 bins
    at = net.edge.loc[net.edge["is_crossing"] & net.edge["crossing_id"].isna(), "chainage_km"]
    assert len(at) == 42
    assert np.diff(np.sort(at)).max() <= 3.0


def test_movers_cross_where_their_row_says(net):
    foot, truck = net.hours
    crosses = net.edge["is_crossing"].to_numpy()
    at_point = net.edge["crossing_id"].notna().to_numpy()
    assert np.isfinite(foot[crosses]).tolist() == (~at_point[crosses]).tolist()
    assert np.isfinite(truck[crosses]).tolist() == at_point[crosses].tolist()
    assert net.edge.loc[at_point, ["crossing_id", "chainage_km"]].to_numpy().tolist() == [["BRIDGE", 20.0]]


def test_water_hours_are_added_where_the_line_follows_a_river(net, tiny, ground):
    dry = tiny["mover"].assign(water_hours=0.0)
    without = place.network(tiny.with_changes({"mover": dry}), ground)
    anywhere = net.edge["is_crossing"].to_numpy() & net.edge["crossing_id"].isna().to_numpy()
    wet = segments(tiny, ground).set_index("id")["has_river"]
    added = net.hours[0][anywhere] - without.hours[0][anywhere]
    assert added == pytest.approx(np.where(wet[net.edge["segment_id"][anywhere]], 0.5, 0.0), abs=1e-12)


def test_blank_water_hours_mean_it_cannot_pass_the_river(tiny, ground):
    mover = tiny["mover"]
    mover["water_hours"] = np.nan
    dry = place.network(tiny.with_changes({"mover": mover}), ground)
    wet = segments(tiny, ground).set_index("id")["has_river"]
    used = dry.edge[dry.edge["is_crossing"] & dry.edge["crossing_id"].isna()]
    assert 0 < len(used) < 42
    assert not wet[used["segment_id"]].any()


def test_roads_take_their_stated_length_over_the_speed_on_roads(net):
    # R2: 25.67 km at 40 km/h; on foot no road
    roads = net.edge["is_road"].to_numpy()
    assert 25.67 / 40 in net.hours[1][roads].tolist()
    assert np.isinf(net.hours[0][roads]).all()
    index = np.flatnonzero(roads)[0]
    assert np.diff(net.paths[1].ptr)[index] > 2  # its shape is a path over the terrain


def test_network_hours_are_never_less_than_those_on_the_fine_grid(net, tiny):
    cell, tail, head = cells_of(net), rows_of(net, "tail"), rows_of(net, "head")
    plain = ~net.edge["is_crossing"].to_numpy() & ~net.edge["is_road"].to_numpy()
    for i, mover in enumerate(movers_of(tiny)):
        use = plain & np.isfinite(net.hours[i])
        coarse = coo_array((net.hours[i][use], (tail[use], head[use])), shape=(len(cell),) * 2).tocsr()
        start = np.arange(0, len(cell), 10)
        over = dijkstra(coarse, indices=start)
        fine = dijkstra(fine_hours(net.terrain, parameters_of(mover)), indices=cell[start])[:, cell]
        reached = np.isfinite(fine) & (fine > 0)
        excess = over[reached] / fine[reached] - 1
        assert excess.min() > -1e-9
        assert 0 < excess.mean() < 0.12


def test_watched_hours_count_the_points_near_the_line(net, tiny):
    near = net.terrain.distance_km.ravel() <= tiny.setting("watch_depth_km")
    for hours, watched, paths in zip(net.hours, net.watched_hours, net.paths, strict=True):
        owner = np.repeat(np.arange(len(hours)), np.diff(paths.ptr))
        wanted = np.bincount(owner, paths.hours * near[paths.cell], minlength=len(hours))
        assert watched == pytest.approx(wanted)
        assert (watched[np.isfinite(hours)] <= hours[np.isfinite(hours)] + 1e-12).all()


def test_a_path_that_only_climbs_takes_longer_than_the_way_back(net):
    paths, height = net.paths[0], net.terrain.elevation_m.ravel()
    tail, head = rows_of(net, "tail"), rows_of(net, "head")
    walked = np.flatnonzero(np.isfinite(net.hours[0]))
    hours = dict(zip(zip(tail[walked], head[walked], strict=True), net.hours[0][walked], strict=True))
    climbs = []
    for e in walked:
        rise = np.diff(height[paths.cell[paths.ptr[e] : paths.ptr[e + 1]]])
        if (rise >= 0).all() and rise.sum() > 50 and (head[e], tail[e]) in hours:
            climbs.append((tail[e], head[e]))
    assert len(climbs) > 10
    assert all(hours[pair] > hours[pair[::-1]] for pair in climbs)


def test_nodes_have_every_kind_and_no_end_is_cut_off(net):
    kinds = set(net.node["kind"])
    assert {"line", "field", "settlement", "crossing"} <= kinds
    names = net.node.loc[net.node["kind"] == "settlement", "name"].tolist()
    assert sorted(names) == [
        "Lower Bridge",
        "Lower East",
        "Lower West",
        "Upper Bridge",
        "Upper East",
        "Upper West",
    ]
    assert place.isolated(net, net.movers).empty


def test_a_district_without_settlement_gets_a_gateway(tiny, ground):
    towns = tiny["settlement"]
    towns = towns[towns["id"] != "V3"]  # the only one in the Far east
    found = place.network(tiny.with_changes({"settlement": towns}), ground)
    gateway = found.node[found.node["kind"] == "gateway"]
    assert gateway["name"].tolist() == ["Far east"]
    assert gateway["side"].tolist() == ["beyond"]
    assert gateway["chainage_km"].iloc[0] > 35.0


def test_the_stored_network_comes_back_equal(net, tiny, ground):
    back = place.network_from(tiny.adopt({"segment": segments(tiny, ground)}).adopt(net.tables()), ground)
    assert back.movers == net.movers
    assert back.edge.equals(net.edge)
    assert back.node.drop(columns="geometry").equals(net.node.drop(columns="geometry"))
    assert np.array_equal(back.hours, net.hours)
    assert np.array_equal(back.watched_hours, net.watched_hours)
    for ours, theirs in zip(net.paths, back.paths, strict=True):
        assert np.array_equal(ours.ptr, theirs.ptr)
        assert np.array_equal(ours.cell, theirs.cell)
        assert np.array_equal(ours.hours, theirs.hours)


def test_without_a_stored_network_there_is_none_to_read(tiny, ground):
    with pytest.raises(DataError, match="no network is stored"):
        place.network_from(tiny, ground)


def test_the_same_programme_gives_the_same_bytes_twice(net, tiny, ground):
    again = place.network(tiny, ground)
    for name, frame in net.tables().items():
        assert again.tables()[name].to_csv() == frame.to_csv()


def test_ids_say_what_a_node_is_and_edges_are_called_by_their_ends(net, tiny):
    node = net.node.set_index("id")
    assert node["kind"].groupby(node.index.str[0]).unique().map(list).to_dict() == {
        "F": ["field"],
        "J": ["junction"],
        "L": ["line"],
        "S": ["settlement"],
        "X": ["crossing"],
    }
    towns = node[node["kind"] == "settlement"]
    wanted = "S-" + tiny["settlement"].set_index("name_en")["id"][towns["name"]]
    assert towns.index.tolist() == wanted.tolist()
    assert {"X-BRIDGE-beyond", "X-BRIDGE-inside"} <= set(node.index)
    places = node[(node["kind"] == "line") & (node["side"] == "inside")]
    middle = places.index.str.extract(r"^L-(\d{4}\.\d)-inside$")[0].astype(float)
    assert places["chainage_km"].to_numpy() == pytest.approx(middle.to_numpy(), abs=1.5)
    assert net.edge["id"].is_monotonic_increasing
    ends = net.edge["tail_id"] + ">" + net.edge["head_id"]
    kind = np.where(net.edge["is_road"], ":road", (":" + net.edge["crossing_id"]).fillna(""))
    assert net.edge["id"].tolist() == (ends + kind).tolist()


def test_ids_stay_when_the_elevation_changes_a_little(net, tiny, ground):
    rng = np.random.default_rng(4)
    noise = rng.normal(0.0, 3.0, ground.shape).astype(np.float32)
    shaken = place.network(tiny, dataclasses.replace(ground, elevation_m=ground.elevation_m + noise))
    before, after = set(net.node["id"]), set(shaken.node["id"])
    assert len(before & after) / len(before | after) > 0.95
    both = net.node.merge(shaken.node, on="id")
    moved = shapely.distance(both["geometry_x"].to_numpy(), both["geometry_y"].to_numpy()) * 111.0
    assert 0.0 < moved.max() < tiny.setting("node_spacing_km") * 1.2  # one hexagon


def test_a_crossing_point_far_from_the_line_is_named(tiny, ground):
    crossing = tiny["crossing"]
    crossing["geometry"] = [type(crossing["geometry"].iloc[0])(10.22, 40.03)]
    with pytest.raises(DataError, match=r"1 of 1 crossing points lie farther .*: BRIDGE \(4\.\d km\)"):
        place.network(tiny.with_changes({"crossing": crossing}), ground)


def test_a_crossing_point_that_check_lets_lie_off_the_line_finds_its_step(tiny):
    crossing, setting = tiny["crossing"], tiny["setting"]
    crossing["geometry"] = [shapely.Point(10.22123, 39.98527 + 0.008)]  # 0.9 km north
    crossing["accuracy_km"] = 0.01
    setting.loc[setting["id"] == "cell_m", "value"] = "250"
    prog = tiny.with_changes({"crossing": crossing, "setting": setting})
    assert [fault for fault in prog.check() if fault.table == "crossing"] == []
    fine = place.terrain(prog)
    steps = steps_across(fine, place.line_of(prog), main_area(fine))
    found = crossing_steps(fine, steps, crossing)
    assert steps.chainage_km[found[0]] == pytest.approx(20.0, abs=0.5)


@pytest.mark.parametrize("table", ["crossing", "road", "settlement", "river"])
def test_a_network_needs_neither_points_nor_roads_nor_settlements_nor_rivers(tiny, ground, table):
    bare = place.network(tiny.with_changes({table: tiny[table].iloc[:0]}), ground)
    assert np.isfinite(bare.hours[0]).sum() > 100
    assert bare.edge["is_crossing"].sum() >= 42


def test_without_movers_there_is_no_network(tiny, ground):
    with pytest.raises(DataError, match="mover: the table is empty"):
        place.network(tiny.with_changes({"mover": tiny["mover"].iloc[:0]}), ground)


def test_cells_too_large_to_face_each_other_are_refused(tiny, ground):
    far = dataclasses.replace(ground, side=np.where(ground.distance_km > 2.0, ground.side, 0).astype(np.int8))
    with pytest.raises(DataError, match="no two cells of the terrain face each other across the line"):
        place.network(tiny, far)


def test_a_mover_that_slopes_shut_in_is_listed_as_cut_off(tiny, ground):
    mover = tiny["mover"]
    mover["max_slope"] = 0.02
    found = place.network(tiny.with_changes({"mover": mover}), ground)
    assert len(place.isolated(found, ("FOOT",))) > 0
