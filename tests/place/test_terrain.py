"""The terrain grid: side, chainage, distance, rasters."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import shapely
from affine import Affine
from rasterio.io import MemoryFile

from sarhad import place
from sarhad.errors import CrsMismatchError, DataError, SpecError, StoreError
from sarhad.place.raster import rasters_of
from sarhad.programme import Programme


def tiff(values, west, north, cell, crs="EPSG:4326", nodata=None):
    values = np.asarray(values, dtype=np.float32)
    with MemoryFile() as memory:
        profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "nodata": nodata, "crs": crs}
        with memory.open(
            **profile,
            height=values.shape[0],
            width=values.shape[1],
            transform=Affine(cell, 0.0, west, 0.0, -cell, north),
        ) as file:
            file.write(values, 1)
        return memory.read()


def test_every_cell_lies_on_the_side_that_the_line_leaves_it(tiny, ground):
    # the tiny line runs from west to east and never turns back: inside, its left, is north of it
    line = place.line_of(tiny)
    rows, cols = np.nonzero(ground.side)
    lon, lat = ground.lonlat(rows, cols)
    beside = (lon >= 10.0) & (lon <= 10.7)
    north = lat > np.interp(lon, line.lon, line.lat)
    assert ((ground.side[rows, cols] == 1) == north)[beside].all()
    assert beside.mean() > 0.95


def test_cells_past_an_end_of_the_line_are_outside(ground):
    # 3 km west of the start and 3 km east of the end, within reach of both
    rows, cols = ground.rowcol([9.97, 10.73], [39.99, 39.99])
    assert (ground.side[rows, cols] == 0).all()


def test_turning_the_line_round_swaps_nothing_when_the_inside_turns_too(tiny, ground):
    border = tiny["border"]
    border["geometry"] = [shapely.reverse(border["geometry"].iloc[0])]
    border["inside_side"] = "right"
    turned = place.terrain(tiny.with_changes({"border": border}))
    assert (turned.side == ground.side).mean() > 0.999


def test_chainage_and_distance_are_those_of_the_nearest_point(tiny, ground):
    corridor = ground.side > 0
    rows, cols = np.nonzero(corridor)
    pick = np.random.default_rng(1).choice(len(rows), 200, replace=False)
    lon, lat = ground.lonlat(rows[pick], cols[pick])
    line = place.line_of(tiny)
    at = np.linspace(0, line.length_km, 20001)
    line_lon, line_lat = line.point_at(at)
    east = (lon[:, None] - line_lon) * 111.32 * np.cos(np.radians(40.0))
    apart = np.hypot(east, (lat[:, None] - line_lat) * 111.05)
    near = apart.argmin(axis=1)
    assert ground.distance_km[rows[pick], cols[pick]] == pytest.approx(apart.min(axis=1), abs=0.03)
    assert ground.chainage_km[rows[pick], cols[pick]] == pytest.approx(at[near], abs=0.3)
    assert ground.distance_km[corridor].max() <= tiny.setting("corridor_km")


def test_lonlat_finds_every_cell_again(ground):
    rows, cols = np.indices(ground.shape)
    back = ground.rowcol(*ground.lonlat(rows.ravel(), cols.ravel()))
    assert (back[0] == rows.ravel()).all()
    assert (back[1] == cols.ravel()).all()


def test_voids_are_filled_by_the_next_raster_and_counted(tiny):
    whole = tiff(np.full((68, 226), 100.0), 9.88, 40.14, 1 / 240)
    hole = np.full((68, 226), 900.0)
    hole[:, :113] = -1.0
    first = tiff(hole, 9.88, 40.14, 1 / 240, nodata=-1.0)
    found = place.terrain(_with_rasters(tiny, first, whole))
    assert found.share_filled["first"] == pytest.approx(0.5, abs=0.02)
    assert sum(found.share_filled.values()) == pytest.approx(1.0)
    assert found.share_missing == 0.0
    # both lie on one lattice, so they are joined before cells are interpolated: one column between them is in between
    between = (found.elevation_m > 100.0) & (found.elevation_m < 900.0) & (found.side > 0)
    assert between.any(axis=0).sum() <= 2
    assert set(np.unique(found.elevation_m[(found.side > 0) & ~between])) == {100.0, 900.0}


def test_a_raster_that_does_not_cover_the_corridor_is_refused(tiny):
    west = tiff(np.full((68, 113), 100.0), 9.88, 40.14, 1 / 240)
    text = r"raster: leaves 5\d\.\d % of the corridor of 6 km to each side without elevations, between km 2\d and km 6[23]"
    with pytest.raises(DataError, match=text):
        place.terrain(_with_rasters(tiny, west, west))


def heights(missing_share, end, at_rest=np.nan):
    """Return elevations from lon 10 - end to 10.7 + end, the easternmost share of them void."""
    values = np.full((68, round((0.7 + 2 * end) * 240)), 100.0)
    values[:, round(values.shape[1] * (1 - missing_share)) :] = at_rest
    return tiff(values, 10.0 - end, 40.14, 1 / 240)


@pytest.mark.parametrize(
    ("raster", "severities"),
    [
        (heights(0.0, 0.12), []),
        (heights(0.0, 0.03), []),  # nothing past the ends, where the corridor ends too
        (heights(0.04, 0.03), ["notice"]),
        (heights(0.08, 0.03), ["error"]),
        (heights(1.0, 0.12), ["error"]),
    ],
)
def test_the_check_of_the_corridor_and_the_terrain_decide_alike(tiny, raster, severities):
    frames = {name: tiny[name] for name in tiny.tables}
    prog = Programme.of(tiny.meta, frames, {"hills.tif": raster})
    faults = [fault for fault in prog.check() if "corridor" in fault.text]
    assert [fault.severity for fault in faults] == severities
    if severities == ["error"]:
        with pytest.raises(DataError) as caught:
            place.terrain(prog)
        assert str(caught.value) == str(faults[0])
    else:
        share = place.terrain(prog).share_missing
        assert (share > 0) == (severities == ["notice"])
        assert share < 0.011


def test_a_raster_without_coordinate_system_is_refused(ground):
    bare = tiff(np.ones((4, 4)), 0, 4, 1, crs=None)
    with pytest.raises(CrsMismatchError, match="raster dem: the file names no coordinate system"):
        rasters_of({"raster dem": bare})


def test_too_little_memory_is_said_before_the_start(tiny):
    with pytest.raises(
        SpecError, match=r"memory: \d+ x \d+ cells of terrain need 0\.00 GB, 0\.00 GB are allowed"
    ):
        place.terrain(tiny, memory_limit_bytes=1000)


def test_memory_of_the_rasters_counts_and_is_seen_to_before_they_are_read(tiny, monkeypatch):
    module = sys.modules["sarhad.place.terrain"]
    monkeypatch.setattr(
        module.Mosaic, "onto", lambda *_, **__: pytest.fail("read before the memory was seen to")
    )
    monkeypatch.setattr(module, "spare_bytes", lambda: 100_000.0)
    with pytest.raises(SpecError, match=r"cells of terrain need 0\.00 GB, 0\.00 GB are allowed"):
        place.terrain(tiny)  # no limit given: that of the machine
    monkeypatch.setattr(module.Mosaic, "reading_bytes", lambda *_, **__: 7_000_000_000)
    with pytest.raises(SpecError, match=r"cells of terrain need 7\.00 GB, 4\.00 GB are allowed"):
        place.terrain(tiny, memory_limit_bytes=4e9)


def test_strips_of_rows_hold_what_one_reading_of_all_gives(tiny, ground, monkeypatch):
    monkeypatch.setattr(sys.modules["sarhad.place.terrain"], "CELLS_AT_ONCE", 500)
    again = place.terrain(tiny)
    assert np.array_equal(again.chainage_km, ground.chainage_km, equal_nan=True)
    assert np.array_equal(again.side, ground.side)


def test_a_broken_raster_is_refused(ground):
    with pytest.raises(StoreError, match="raster dem: not a readable raster"):
        rasters_of({"raster dem": b"not a raster"})


class _with_rasters:  # noqa: N801 - stands for a programme with two made-up rasters
    def __init__(self, prog, first, second):
        self._prog, self._rasters = prog, {"first": first, "second": second}

    def __getitem__(self, name):
        frame = self._prog[name]
        if name == "raster":
            frame = frame.loc[[0, 0]].assign(id=["first", "second"], priority=[1, 2])
        return frame

    def setting(self, name):
        return self._prog.setting(name)

    def raster(self, name):
        return self._rasters[name]

    @property
    def raster_files(self):
        return tuple(self["raster"]["file"])
