"""Elevation along the whole line: blocks, margins, what is missing, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from scipy.ndimage import gaussian_filter

from sarhad import place
from sarhad.errors import DataError, SpecError, StoreError
from sarhad.place import mosaic as module
from sarhad.place.border import Line
from sarhad.place.corridor_elevation import corridor_elevation
from sarhad.place.mosaic import Mosaic, open_rasters
from sarhad.place.raster import rasters_of
from sarhad.programme import Programme
from sarhad.programme.geodesy import chainage_km

DEGREES = 0.002
EXAMPLE = Path(__file__).parents[2] / "examples" / "tajik-afghan"


def line(lon=(70.0, 70.5), lat=(38.0, 38.1)):
    lons, lats = np.linspace(*lon, 20), np.linspace(*lat, 20)
    return Line(lons, lats, chainage_km(lons, lats), is_inside_left=True)


def raster(path: Path, *, east=71.0, lift=0.0) -> Path:
    """Write hills from lon 69.5 on."""
    heights = gaussian_filter(np.random.default_rng(1).normal(size=(500, 750)), 3) * 900 + 1000 + lift
    heights = heights[:, : round((east - 69.5) / DEGREES)].astype(np.float32)
    to_xy = Affine(DEGREES, 0.0, 69.5, 0.0, -DEGREES, 38.55)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:4326", "transform": to_xy}
    with rasterio.open(path, "w", **profile, height=heights.shape[0], width=heights.shape[1]) as file:
        file.write(heights, 1)
    return path


@pytest.fixture
def hills(tmp_path):
    return open_rasters(raster(tmp_path / "dem.tif"))


@pytest.mark.parametrize("block", [48, 256])
@pytest.mark.parametrize("cell_m", [150.0, 700.0])
def test_blocks_hold_what_one_reading_of_all_gives(hills, tmp_path, monkeypatch, block, cell_m):
    monkeypatch.setattr(module, "BLOCK", block)
    found = corridor_elevation(hills, line(), tmp_path / "e.npy", width_km=8.0, cell_m=cell_m)
    heights = found.elevation_m()
    whole, _ = hills.onto(found.crs, found.transform, found.shape)
    inside = ~np.isnan(heights)
    assert inside.sum() == found.cells > 1000
    assert np.abs(heights[inside] - whole[inside]).max() < 1e-3
    assert (found.share_missing, found.missing_km) == (0.0, ())


def test_the_corridor_is_as_wide_as_asked_and_true_to_scale(hills, tmp_path):
    found = corridor_elevation(hills, line(), tmp_path / "e.npy", width_km=8.0, cell_m=100.0)
    # a stadium: 2 w L + pi w^2
    length = line().length_km
    assert found.cells * 0.01 == pytest.approx(16.0 * length + np.pi * 64.0, rel=0.05)
    assert found.distortion < 1e-4
    (cell,) = found.rowcol(70.25, 38.05)
    assert np.isfinite(found.elevation_m()[tuple(cell)])


def test_where_the_data_end_sooner_is_masked_counted_and_said(tmp_path):
    short = open_rasters(raster(tmp_path / "dem.tif", east=70.4))
    found = corridor_elevation(short, line(), tmp_path / "e.npy", width_km=8.0, cell_m=100.0)
    missing = int(np.isnan(found.elevation_m()).sum()) - (found.shape[0] * found.shape[1] - found.cells)
    assert found.share_missing == pytest.approx(missing / found.cells)
    # lon 70.4 meets the line at km 35.9 of 44.9 at right angles but for 14 degrees: 2 km more or less at 8 km
    ((start, stop),) = found.missing_km
    assert start == pytest.approx(35.9 - 2.0, abs=1.1)
    assert stop == pytest.approx(line().length_km, abs=1.0)
    assert any("have no elevation, beside km 3" in notice for notice in found.notices)


def test_the_margin_of_the_real_border_ends_where_its_data_end(tmp_path):
    prog = Programme.open(EXAMPLE)
    mosaic = Mosaic(rasters_of({"dem_gebco": prog.raster("dem_gebco")}))
    found = corridor_elevation(mosaic, place.line_of(prog), tmp_path / "e.npy", width_km=40.0, cell_m=800.0)
    assert found.distortion == pytest.approx(0.00012, abs=1e-5)
    # GEBCO ends at 36.32 degrees north, 39 km south of the line's southernmost bend from km 887 to 901
    assert 0.0 < found.share_missing < 0.01
    assert found.missing_km
    assert all(885.0 <= start < stop <= 903.0 for start, stop in found.missing_km)


def test_a_line_off_the_rasters_is_refused(hills, tmp_path):
    text = r"lies on none of 1 rasters, which reach from 69\.50,37\.55 to 71\.00,38\.55"
    with pytest.raises(SpecError, match=text):
        corridor_elevation(hills, line(lon=(38.0, 38.1), lat=(70.0, 70.5)), tmp_path / "e.npy", width_km=8.0)
    assert [path.name for path in tmp_path.iterdir()] == ["dem.tif"]


def test_too_little_memory_or_disk_is_said_before_the_start(hills, tmp_path, monkeypatch):
    with pytest.raises(SpecError, match=r"by blocks needs 0\.\d+ GB, 0\.001 GB are allowed"):
        corridor_elevation(hills, line(), tmp_path / "e.npy", width_km=8.0, memory_limit_bytes=10**6)
    with pytest.raises(SpecError, match="width: nan is no length above 0"):
        corridor_elevation(hills, line(), tmp_path / "e.npy", width_km=float("nan"))
    with pytest.raises(StoreError, match=r"\d+ GB are to be written, the disk has"):
        corridor_elevation(hills, line(), tmp_path / "e.npy", width_km=8.0, cell_m=0.02)
    assert [path.name for path in tmp_path.iterdir()] == ["dem.tif"]


def test_a_stop_leaves_nothing(hills, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        corridor_elevation(hills, line(), tmp_path / "e.npy", width_km=8.0, on_progress=lambda _: False)
    assert [path.name for path in tmp_path.iterdir()] == ["dem.tif"]


def test_tiles_that_disagree_beside_the_line_are_refused(tmp_path):
    folder = tmp_path / "tiles"
    folder.mkdir()
    first, second = raster(folder / "a.tif"), raster(folder / "b.tif", lift=80.0)
    with pytest.raises(DataError, match=r"nothing says which to trust:\n.*a\.tif and .*b\.tif"):
        corridor_elevation(open_rasters(folder), line(), tmp_path / "e.npy", width_km=8.0)
    found = corridor_elevation(open_rasters([first, second]), line(), tmp_path / "e.npy", width_km=8.0)
    assert "the first of each pair is used" in found.notices[0]
