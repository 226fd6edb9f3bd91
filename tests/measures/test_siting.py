from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from flat_strip import TOWER, Make, effect, measure, parameters

from sarhad import measures
from sarhad.errors import DataError


def sites_of(world) -> pd.DataFrame:
    return measures.sites(world.prog, world.terrain, world.network).set_index("id")


def hills(peak_row: int, peak_col: int, height_m: float) -> np.ndarray:
    rows, cols = np.indices((48, 60))
    return 1000.0 + np.maximum(0.0, height_m - 150.0 * np.hypot(rows - peak_row, cols - peak_col))


def test_line_sites_stand_in_the_middle_of_equal_stretches_next_to_the_line(make: Make):
    found = sites_of(make([measure("A", site_rule="line", site_spacing_km=7.0)], [], []))
    # 30 km at 7 km is four stretches of 7.5 km
    assert list(found.index) == ["L7-0004", "L7-0011", "L7-0019", "L7-0026"]
    assert found["chainage_from_km"].tolist() == [0.0, 7.5, 15.0, 22.5]
    assert found["section_id"].tolist() == ["W", "W", "E", "E"]
    assert found["segment_id"].tolist() == ["S0001", "S0003", "S0004", "S0006"]
    assert found["has_river"].tolist() == [True, False, False, False]


@pytest.mark.parametrize("rule", ["line", "height", "base"])
def test_sites_lie_inside_within_3_km_of_the_line_and_in_their_stretch(make: Make, rule: str):
    world = make([measure("A", site_rule=rule, site_spacing_km=6.0)], [], [])
    found = sites_of(world)
    rows, cols = world.terrain.rowcol([p.x for p in found["geometry"]], [p.y for p in found["geometry"]])
    assert len(found) == 5
    assert (world.terrain.side[rows, cols] == 1).all()
    assert (world.terrain.distance_km[rows, cols] <= 3.0).all()
    at = world.terrain.chainage_km[rows, cols]
    assert ((at >= found["chainage_from_km"]) & (at < found["chainage_to_km"])).all()


def test_high_ground_is_where_the_line_is_seen_best(make: Make):
    # A ridge parallel to the line 1 km inside hides it from everything behind; only ground in front or on top sees.
    ridge = np.full((48, 60), 1000.0)
    ridge[21, :] = 1200.0
    world = make(
        [measure("A", site_spacing_km=30.0)],
        [effect("E", "A", "line_of_sight")],
        parameters("E", **{**TOWER, "range_km": 20.0}),
        elevation_m=ridge,
    )
    row, _ = world.terrain.rowcol(*sites_of(world)["geometry"].iloc[0].coords[0])
    assert row[0] >= 21


def test_a_hill_beside_the_line_is_chosen_over_the_plain(make: Make):
    hill = hills(21, 33, 400.0)
    hill[18, 20:40] += 150.0  # a crest farther back is high but sees less of the line
    world = make(
        [measure("A")],
        [effect("E", "A", "line_of_sight")],
        parameters("E", **{**TOWER, "range_km": 15.0}),
        elevation_m=hill,
    )
    row, col = world.terrain.rowcol(*sites_of(world)["geometry"].iloc[0].coords[0])
    assert world.terrain.elevation_m[row[0], col[0]] > 1000.0


def test_bases_stand_on_low_ground_that_a_path_reaches(make: Make):
    # The pit at column 36 is lowest, but no way passes that column; the hollow at column 33 lies on the way at km 16.75.
    ground = np.full((48, 60), 1000.0)
    ground[21, 36] = 700.0
    ground[21, 33] = 800.0
    world = make([measure("A", site_rule="base")], [], [], elevation_m=ground)
    row, col = world.terrain.rowcol(*sites_of(world)["geometry"].iloc[0].coords[0])
    assert (row[0], col[0]) == (21, 33)


def test_section_segment_and_river_are_those_of_the_site_and_not_of_the_middle_of_its_stretch(make: Make):
    # The one stretch is 30 km long, its middle in section E without a river; the hollow is in W, at the river.
    ground = np.full((48, 60), 1000.0)
    ground[21, 17] = 800.0
    found = sites_of(make([measure("A", site_rule="base")], [], [], elevation_m=ground)).iloc[0]
    assert found[["section_id", "segment_id", "has_river"]].tolist() == ["W", "S0002", True]


@pytest.mark.parametrize("rule", ["line", "height", "base"])
def test_the_segment_of_a_site_holds_its_cell(make: Make, rule: str):
    rough = np.random.default_rng(3).uniform(500.0, 1500.0, (48, 60))
    world = make([measure("A", site_rule=rule, site_spacing_km=4.0)], [], [], elevation_m=rough)
    found = sites_of(world)
    rows, cols = world.terrain.rowcol([p.x for p in found["geometry"]], [p.y for p in found["geometry"]])
    at = world.terrain.chainage_km[rows, cols]
    segment = world.prog["segment"].set_index("id").loc[found["segment_id"]]
    assert ((at >= segment["chainage_from_km"]) & (at < segment["chainage_to_km"])).all()
    assert (segment["section_id"].to_numpy() == found["section_id"].to_numpy()).all()


def test_crossings_sections_and_the_whole_have_their_sites(make: Make):
    found = sites_of(
        make(
            [
                measure("A", site_rule="crossing", site_spacing_km=None),
                measure("B", site_rule="section", site_spacing_km=None),
                measure("C", site_rule="programme", site_spacing_km=None),
                measure("D", site_rule="none", site_spacing_km=None, is_candidate=False),
            ],
            [],
            [],
        )
    )
    assert list(found.index) == ["P", "S-E", "S-W", "X-C1"]
    assert found.loc["X-C1", "crossing_id"] == "C1"
    assert found.loc["S-E", ["chainage_from_km", "chainage_to_km"]].tolist() == [15.0, 30.0]
    assert found.loc["P", "geometry"] is None
    assert pd.isna(found.loc["P", "section_id"])


def test_measures_of_one_rule_and_spacing_share_their_sites(make: Make):
    world = make(
        [
            measure("A", site_rule="line"),
            measure("B", site_rule="line"),
            measure("C", site_rule="line", site_spacing_km=15.0),
        ],
        [],
        [],
    )
    assert list(sites_of(world).index) == ["L15-0008", "L15-0022", "L30-0015"]


def test_relief_is_that_of_5_km_around_the_site(make: Make):
    ground = np.full((48, 60), 1000.0)
    ground[23 - 10, 29] = 1300.0  # 5 km inside of the site
    ground[23 - 11, 29] = 2000.0  # 5.5 km
    found = sites_of(make([measure("A", site_rule="line")], [], [], elevation_m=ground))
    assert found.loc["L30-0015", "relief_m"] == 300.0


def test_sites_fit_the_dictionary_and_are_the_same_each_time(make: Make):
    world = make([measure("A", site_spacing_km=6.0), measure("B", site_rule="programme")], [], [])
    first, second = (measures.sites(world.prog, world.terrain, world.network) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    stored = world.prog.adopt({"site": first})["site"]
    assert stored["id"].tolist() == first["id"].tolist()


def test_a_rule_without_its_spacing_is_refused_with_all_ids(make: Make):
    world = make(
        [measure("A", site_spacing_km=None), measure("B", site_rule="base", site_spacing_km=None)], [], []
    )
    text = r"site_spacing_km, row A: is missing for the rule height(?s:.*)row B: is missing for the rule base"
    with pytest.raises(DataError, match=text):
        sites_of(world)


def test_a_spacing_finer_than_the_grid_is_refused(make: Make):
    world = make([measure("A", site_rule="line", site_spacing_km=0.2)], [], [])
    with pytest.raises(DataError, match=r"no cell inside .* between km 0.0 and km 0.2"):
        sites_of(world)
