"""Rasters read as one: seams, sea, voids, resolutions, and tiles that disagree."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS, Transformer
from scipy.ndimage import gaussian_filter

from sarhad.errors import CrsMismatchError, DataError, SpecError, StoreError
from sarhad.place.agreement import disagreements, settle
from sarhad.place.elevation import elevation_around, grid_about, read_onto
from sarhad.place.mosaic import Sea, open_rasters

WEST, NORTH, DEGREES = 70.0, 38.0, 1 / 3600
AT = WEST + 0.0275, NORTH - 0.0275  # the middle of 198 x 198 cells


def hills(side=198):
    return (2000.0 + gaussian_filter(np.random.default_rng(5).normal(size=(side, side)), 4) * 3000).astype(
        np.float32
    )


def write(path: Path, heights, *, row=0, col=0, cell=DEGREES, crs="EPSG:4326", nodata=None, dtype="float32"):
    """Write a raster whose corner lies some cells from the corner of all."""
    heights = np.asarray(heights).astype(dtype)
    to_xy = Affine(cell, 0.0, WEST + col * cell, 0.0, -cell, NORTH - row * cell)
    shape = {"height": heights.shape[-2], "width": heights.shape[-1]}
    count = heights.shape[0] if heights.ndim == 3 else 1
    profile = {"driver": "GTiff", "count": count, "dtype": dtype, "crs": crs, "nodata": nodata}
    with rasterio.open(path, "w", **profile, **shape, transform=to_xy) as file:
        file.write(heights if heights.ndim == 3 else heights[None])
    return path


def around(path, radius_km=2.0, **more):
    return elevation_around(path, AT, radius_km, **more)


def test_tiles_give_the_same_as_the_whole_to_the_last_bit(tmp_path):
    whole = hills()
    folder = tmp_path / "tiles"
    folder.mkdir()
    for row in (0, 99):
        for col in (0, 90):
            tile = whole[row : row + 99, col : col + (90 if col == 0 else 108)]
            write(folder / f"{row}-{col}.tif", tile, row=row, col=col)
    one, many = around(write(tmp_path / "whole.tif", whole)), around(folder)
    assert np.isfinite(one.elevation_m).all()
    assert np.array_equal(one.elevation_m, many.elevation_m)


def test_a_vrt_is_read_like_its_file(tmp_path):
    source = write(tmp_path / "whole.tif", hills())
    vrt = tmp_path / "whole.vrt"
    vrt.write_text(
        '<VRTDataset rasterXSize="198" rasterYSize="198"><SRS>EPSG:4326</SRS>'
        f"<GeoTransform>{WEST}, {DEGREES}, 0, {NORTH}, 0, {-DEGREES}</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><SimpleSource><SourceFilename relativeToVRT="1">whole.tif'
        "</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    assert np.array_equal(around(vrt).elevation_m, around(source).elevation_m)


def test_two_tiles_that_disagree_are_named_with_places_and_numbers(tmp_path):
    low, high = hills(), hills()
    high[100:110, 100:110] += 500.0
    folder = tmp_path / "tiles"
    folder.mkdir()
    first, second = write(folder / "a.tif", low), write(folder / "b.tif", high)
    text = r"a\.tif and .*b\.tif: 1?\d\d of \d\d,\d\d\d places .* most at 70\.0\d+,37\.97\d+: \d+ m and \d+ m"
    with pytest.raises(DataError, match=text):
        around(folder)
    (said,) = settle(open_rasters([first, second]))
    assert "the first of each pair is used" in said
    (found,) = disagreements(open_rasters([first, second]))
    assert found.second_m - found.first_m == pytest.approx(500.0, abs=1.0)
    assert disagreements(open_rasters([first, second]), tolerance_m=600.0) == []
    # 3.6 km away from it
    assert disagreements(open_rasters([first, second]), within=(70.0, 37.99, 70.01, 38.0)) == []


def test_voids_are_filled_by_the_next_and_nothing_is_averaged(tmp_path):
    first, second = np.full((198, 198), 100), np.full((198, 198), 110)
    first[:, 150:] = -32768
    files = [
        write(tmp_path / "a.tif", first, dtype="int16"),
        write(tmp_path / "b.tif", second, cell=DEGREES * 1.01, dtype="int16"),
    ]
    mosaic = open_rasters(files)
    found, origin = mosaic.onto(CRS.from_epsg(32642), Affine(30, 0, 588_100, 0, -30, 4_205_900), (180, 140))
    assert set(np.unique(found)) == {100.0, 110.0}
    assert ((found == 110.0) == (origin == 1)).all()


def test_the_sea_is_what_is_asked_for(tmp_path):
    coast = np.full((198, 198), 20.0)
    coast[:, :60] = -9999.0  # nothing
    coast[:, 60:80] = -50.0  # the floor
    path = write(tmp_path / "coast.tif", coast, nodata=-9999.0)
    given, flat = around(path), around(path, sea=Sea.FLAT)
    assert given.share_void > 0.2
    assert any("below sea level, down to -50 m" in notice for notice in given.notices)
    assert flat.share_void == 0.0
    assert (flat.elevation_m.min(), flat.notices) == (0.0, ())
    assert np.isnan(around(path, 5.0, sea=Sea.FLAT).elevation_m[0, 0])  # no raster: no sea either


def test_resampling_is_said(tmp_path):
    coarse = write(tmp_path / "z.tif", hills(60), cell=DEGREES * 6)
    fine = write(tmp_path / "a.tif", hills(198)[60:140, 60:140], row=60, col=60)
    found = elevation_around(coarse, AT, 2.0)
    assert (found.cell_m, found.notices) == (pytest.approx(146, abs=2), ())
    # the given order is the order of trust: the fine one gives the cell and its own part, the coarse one the rest
    mosaic = open_rasters([fine, coarse])
    assert mosaic.notices(24.4) == [
        f"{coarse}: cells of 164.6 m, interpolated to 24.4 m; no detail is gained"
    ]
    assert mosaic.notices(400.0)[0] == f"{fine}: cells of 27.43 m, smoothed to 400 m; summits are cut"


def test_a_folder_is_read_finest_first(tmp_path):
    write(tmp_path / "a.tif", hills(60), cell=DEGREES * 6)
    fine = write(tmp_path / "z.tif", hills(198))
    assert open_rasters(tmp_path).names[0] == str(fine)


def test_metres_are_taken_as_they_are_unless_they_are_stretched(tmp_path):
    flat = np.arange(200 * 200, dtype=np.float32).reshape(200, 200) / 100
    for crs, corner, is_kept in (
        ("EPSG:32642", (587_500, 4_206_000), True),
        ("EPSG:3857", (7_792_500, 4_579_000), False),
    ):
        path = tmp_path / f"{crs[5:]}.tif"
        to_xy = Affine(30.0, 0.0, corner[0], 0.0, -30.0, corner[1])
        profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "height": 200, "width": 200}
        with rasterio.open(path, "w", **profile, crs=crs, transform=to_xy) as file:
            file.write(flat, 1)
            lon, lat = rasterio.warp.transform(crs, "EPSG:4326", [corner[0] + 3015], [corner[1] - 3015])
        found = elevation_around(path, (lon[0], lat[0]), 1.0)
        is_same = found.cell_m == 30.0 and np.array_equal(found.elevation_m, flat[66:135, 66:135])
        assert is_same == is_kept
    assert found.cell_m == pytest.approx(
        30.0 * np.cos(np.radians(lat[0])), abs=0.2
    )  # Mercator stretches by 1 / cos


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_every_fault_of_a_folder_is_named(tmp_path):
    write(tmp_path / "a.tif", hills(), crs=None)
    write(tmp_path / "b.tif", hills(), crs="EPSG:32642")
    (tmp_path / "c.tif").write_bytes(b"no raster")
    with pytest.raises(CrsMismatchError) as caught:
        open_rasters(tmp_path)
    for text in (
        "a.tif: the file names no",
        "b.tif: it says that its coordinates are metres",
        "c.tif: not a",
    ):
        assert text in str(caught.value)


def test_bands_units_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(StoreError, match=r"holds no raster \(\.tif"):
        open_rasters(tmp_path)
    with pytest.raises(SpecError, match="holds 3 bands"):
        open_rasters(write(tmp_path / "rgb.tif", np.stack([hills()] * 3)))
    feet = write(tmp_path / "feet.tif", hills())
    with rasterio.open(feet, "r+") as file:
        file.units = ("ft",)
    with pytest.raises(SpecError, match=r"is in ft\. Convert it to metres"):
        open_rasters(feet)


def sparse(path, side, cell):
    """Write a raster of ones about a corner and nothing else, most of it not on disk."""
    to_xy = Affine(cell, 0.0, WEST - 0.5, 0.0, -cell, NORTH + 0.5)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "height": side, "width": side}
    with rasterio.open(
        path, "w", **profile, tiled=True, crs="EPSG:4326", transform=to_xy, SPARSE_OK=True
    ) as file:
        file.write(np.ones((4, 4), dtype=np.float32), 1, window=rasterio.windows.Window(0, 0, 4, 4))
    return path


def peak_bytes(compute):
    tracemalloc.start()
    try:
        compute()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_grid_of_a_programme_is_read_by_blocks_where_the_rasters_are_large(tmp_path):
    # 2.15 GB of float32 and 20 x 20 km of cells of 100 m: warped whole, it took 7 GB
    mosaic = open_rasters(sparse(tmp_path / "big.tif", 23_200, DEGREES / 4))
    grid = CRS.from_epsg(32642), Affine(100, 0, 580_000, 0, -100, 4_210_000), (200, 200)
    assert (
        peak_bytes(lambda: mosaic.onto(*grid, is_whole=True))
        < mosaic.reading_bytes(100.0, (200, 200), is_whole=True)
        < 500e6
    )


def test_a_fine_patch_beside_a_wide_coarse_window_takes_no_more_memory(tmp_path):
    # in cells of the patch, 0.7 m, the grid of 14 x 14 km would be 20,000 x 20,000: 400 million
    coarse = write(tmp_path / "coarse.tif", hills(200), cell=DEGREES * 4)
    fine = write(tmp_path / "fine.tif", np.full((500, 500), 7.0), cell=DEGREES / 40, row=9000, col=9000)
    grid = CRS.from_epsg(32642), Affine(35, 0, 589_000, 0, -35, 4_205_000), (400, 400)
    mosaic = open_rasters([fine, coarse])
    assert peak_bytes(lambda: mosaic.onto(*grid)) < 50e6
    assert mosaic.reading_bytes(35.0, (400, 400)) < 50e6
    elevation, origin = mosaic.onto(*grid)
    assert np.isfinite(elevation).all()
    assert (elevation[origin == 0] == 7.0).all()
    assert (origin == 0).sum() == pytest.approx((500 * 27.43 / 40 / 35) ** 2, rel=0.3)


def test_cells_far_wider_than_those_of_the_raster_are_read_one_by_one(tmp_path, monkeypatch):
    # 100 cells of the raster under one of the grid: 200 x 200 for its average, a cell at a time
    monkeypatch.setattr("sarhad.place.mosaic.MOST_READ", 64)
    mosaic = open_rasters(sparse(tmp_path / "big.tif", 4000, DEGREES))
    grid = CRS.from_epsg(32642), Affine(2744, 0, 560_000, 0, -2744, 4_240_000), (20, 20)
    assert peak_bytes(lambda: mosaic.onto(*grid)) < mosaic.reading_bytes(2744.0, (20, 20)) < 1.2e6


@pytest.mark.parametrize("is_whole", [False, True])
def test_blocks_of_any_size_give_the_same_to_the_last_bit(tmp_path, monkeypatch, is_whole):
    first, second = hills(), hills(60)
    first[40:60, 90:] = np.nan
    files = [write(tmp_path / "a.tif", first), write(tmp_path / "b.tif", second, cell=DEGREES * 6)]
    grid = CRS.from_epsg(32642), Affine(45, 0, 587_100, 0, -45, 4_206_900), (230, 250)
    whole = open_rasters(files).onto(*grid)
    for most in (17, 130):
        monkeypatch.setattr("sarhad.place.mosaic.MOST_READ", most)
        found = open_rasters(files).onto(*grid, is_whole=is_whole and most == 17)
        assert np.array_equal(found[0], whole[0], equal_nan=True)
        assert np.array_equal(found[1], whole[1])


def test_a_raster_of_2_gb_is_read_with_little_memory(tmp_path):
    path = sparse(tmp_path / "big.tif", 23_200, DEGREES / 4)
    assert around(path, memory_gb=1.0).share_void == 0.0
    with pytest.raises(SpecError, match=r"cells of 6\.\d m need \d\d\.\d GB, more than the 1 GB allowed"):
        around(path, 100.0, memory_gb=1.0)


def test_grids_about_points_hold_them_as_far_as_asked(tmp_path):
    points = np.array([AT, (AT[0] + 0.01, AT[1] - 0.004), (AT[0] - 0.002, AT[1] + 0.006)])
    mosaic = open_rasters(write(tmp_path / "a.tif", np.tile(np.arange(198.0), (198, 1))))
    grid = grid_about(None, points, 30.0, 20)
    assert (grid.cells.min(axis=0) == 20).all()
    assert (grid.cells.max(axis=0) + 21 == grid.shape).all()
    x, y = Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True).transform(*points.T)
    col, row = ~grid.transform @ np.array([x, y])
    assert np.array_equal(np.floor([row, col]).T.astype(int), grid.cells)
    # the raster rises by 1 m a column, and the cells of the grid are about as wide
    many, _ = read_onto(mosaic, grid)
    assert many[tuple(grid.cells.T)] == pytest.approx((points[:, 0] - WEST) / DEGREES - 0.5, abs=1.0)
    with pytest.raises(SpecError, match=r"they lie \d{3} km apart from west to east, more than 600"):
        grid_about(None, np.array([[60.0, 38.0], [70.0, 38.0]]), 30.0, 20)
