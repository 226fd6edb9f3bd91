"""The shipped example: what its page and the docs say of its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sarhad import place
from sarhad.programme import Programme

EXAMPLE = Path(__file__).parents[2] / "examples" / "tajik-afghan"


@pytest.fixture(scope="module")
def real():
    prog = Programme.open(EXAMPLE)
    terrain = place.terrain(prog)
    return prog, terrain, place.network(prog, terrain)


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
def test_the_network_is_large_enough_and_whole(real):
    prog, _, network = real
    assert len(network.node) >= 2000
    assert place.isolated(network, network.movers).empty
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
