"""Segments of the line."""

from __future__ import annotations

import numpy as np
import pytest

from sarhad import place
from sarhad.errors import DataError
from sarhad.programme import summarise


@pytest.fixture(scope="module")
def frame(tiny, ground):
    return place.segments(tiny, ground)


def test_segments_cover_the_line_without_gap(frame, tiny):
    length = place.line_of(tiny).length_km
    assert frame["chainage_from_km"].iloc[0] == 0.0
    assert frame["chainage_to_km"].iloc[-1] == length
    assert (frame["chainage_to_km"].to_numpy()[:-1] == frame["chainage_from_km"].to_numpy()[1:]).all()
    assert frame["length_km"].sum() == pytest.approx(length)


def test_no_segment_lies_in_two_sections(frame):
    # section A1 ends at km 31: 31 / 5 rounds to 6 segments
    assert (frame["section_id"] == "A1").sum() == 6
    assert 31.0 in set(frame["chainage_to_km"])


def test_districts_are_those_at_the_middle(frame):
    # the district beyond changes at km 35; the segments after km 31 are 5.3 km long: middles 33.7, 38.9
    beyond = frame.set_index("chainage_from_km")["district_beyond"]
    assert beyond[31.0] == "Far west"
    assert beyond[31.0:].iloc[1] == "Far east"


def test_the_river_ends_where_the_table_ends_it(frame, tiny):
    river = tiny["river"]["geometry"].iloc[0]
    end_lon = max(x for x, _ in river.coords)
    middle = [geometry.interpolate(0.5, normalized=True).x for geometry in frame["geometry"]]
    assert (frame["has_river"] == [x < end_lon + 0.059 for x in middle]).all()  # 0.059 degrees are 5 km


def test_relief_is_that_of_cells_within_five_km(frame, ground, tiny):
    span = frame.iloc[3]
    lon, lat = place.line_of(tiny).point_at(np.linspace(span["chainage_from_km"], span["chainage_to_km"], 60))
    rows, cols = ground.rowcol(lon, lat)
    down, right = np.indices(ground.shape)
    apart = np.min([np.hypot(down - r, right - c) for r, c in zip(rows, cols, strict=True)], axis=0)
    near = ground.elevation_m[apart * ground.cell_m <= 5000.0]
    assert span["relief_m"] == pytest.approx(np.nanmax(near) - np.nanmin(near), abs=60)


def put(table: str, row: str, column: str, value: float):
    def change(prog):
        frame = prog[table]
        frame.loc[frame["id"] == row, column] = value
        return prog.with_changes({table: frame})

    return change


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            put("section", "A2", "chainage_from_km", 33.0),
            r"section\.chainage_from_km, row A2: 33 leaves a gap after A1",
        ),
        (
            put("district", "IN-E", "chainage_from_km", 40.0),
            r"district\.chainage_from_km, row IN-E: 40 leaves a gap",
        ),
        (lambda prog: prog.with_changes({"section": prog["section"][:0]}), "section: has no rows"),
        (
            lambda prog: prog.with_changes({"district": prog["district"].query("side == 'inside'")}),
            r"district\.side: has no rows for the side beyond\. Say which districts adjoin the line",
        ),
    ],
)
def test_runs_that_leave_out_a_part_of_the_line_are_refused_as_by_the_check(tiny, ground, change, text):
    prog = change(tiny)
    with pytest.raises(DataError, match=text) as caught:
        place.segments(prog, ground)
    assert str(caught.value) in summarise(prog.check())
