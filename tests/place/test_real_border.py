"""The shipped example: what its page and the docs say of its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sarhad import place, situation
from sarhad.detection.shortest import adjacency, search
from sarhad.programme import Programme

EXAMPLE = Path(__file__).parents[2] / "examples" / "tajik-afghan"


@pytest.fixture(scope="module")
def real():
    prog = Programme.open(EXAMPLE)
    terrain = place.terrain(prog)
    prog = prog.adopt({"segment": place.segments(prog, terrain)})
    dense = place.network(prog, terrain)
    pairs = situation.scenarios(prog, dense, is_calibrated=False)
    network = place.contracted(prog, dense, pairs)
    assert place.isolated(dense, dense.movers).empty
    return prog.adopt(network.tables()).adopt({"scenario": pairs}), terrain, network


def hours_between(network, pairs, mover):
    """Return the least hours of each pair of a mover."""
    tail, head = (network.node_index(network.edge[end]) for end in ("tail_id", "head_id"))
    lists, hours = adjacency(len(network.node), head, tail), network.hours[network.movers.index(mover)]
    far = {
        name: search(lists, hours, network.node_index(np.array([name])))[0]
        for name in pairs["destination_id"].unique()
    }
    origin = network.node_index(pairs["origin_id"])
    return np.array([far[name][o] for name, o in zip(pairs["destination_id"], origin, strict=True)])


@pytest.mark.slow
def test_the_hours_of_all_scenario_pairs_are_within_six_percent_of_those_on_the_fine_grid(real):
    prog, terrain, network = real
    grid = place.grid_network(prog, terrain)
    pairs = prog["scenario"].drop_duplicates(["mover_id", "origin_id", "destination_id"])
    for mover, own in pairs.groupby("mover_id"):
        excess = hours_between(network, own, mover) / hours_between(grid, own, mover) - 1.0
        assert excess.min() > -1e-9
        assert excess.max() < 0.06
        assert np.median(excess) < 0.015


@pytest.mark.slow
def test_the_line_measures_1343_96_km(real):
    prog, terrain, _ = real
    assert place.line_of(prog).length_km == pytest.approx(1343.96, abs=0.01)
    assert place.segments(prog, terrain)["length_km"].sum() == pytest.approx(1343.96, abs=0.01)


@pytest.mark.slow
def test_the_projection_distorts_by_less_than_one_in_ten_thousand(real):
    _, terrain, _ = real
    assert terrain.distortion < 1e-4
    assert terrain.distortion == min(terrain.candidates.values())


@pytest.mark.slow
def test_elevation_agrees_with_known_places(real):
    # Khorugh 2,080 m, Zorkul 4,126 m, Panj 363 m; valley cells of 400 m are lifted by their walls
    _, terrain, _ = real
    rows, cols = terrain.rowcol([71.55, 73.70, 69.10], [37.49, 37.43, 37.24])
    assert terrain.elevation_m[rows, cols] == pytest.approx([2080, 4126, 363], abs=250)


@pytest.mark.slow
def test_the_network_is_large_enough(real):
    prog, _, network = real
    assert len(network.node) >= 2000
    crossings = network.edge.loc[network.edge["crossing_id"].notna(), "crossing_id"]
    assert sorted(crossings) == sorted(prog["crossing"]["id"])
    at = np.sort(network.edge.loc[network.edge["is_crossing"], "chainage_km"])
    assert np.diff(at).max() < 3.5


@pytest.mark.slow
def test_settlements_lie_on_their_country_s_side(real):
    prog, _, network = real
    country = prog["settlement"].drop_duplicates("name_en").set_index("name_en")["country"]
    node = network.node[network.node["kind"] == "settlement"]
    assert (node["name"].map(country).map({"TJ": "inside", "AF": "beyond"}) == node["side"]).all()
