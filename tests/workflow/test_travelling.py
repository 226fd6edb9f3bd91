import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely.geometry import Point, shape

from sarhad.errors import CrsMismatchError, DataError, SpecError, StoreError
from sarhad.workflow.post_files import Post
from sarhad.workflow.travel_asked import Asked
from sarhad.workflow.travelling import travel as run_travel

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
LON, LAT = 69.0, 37.0


def travel(dem, at, out, **asked):
    """Travel from one point."""
    return run_travel(dem, [Post("start", *at)], out, asked=Asked(**asked))


def raster(path, *, crs="EPSG:4326", void=None, origin=(68.95, 37.05), degrees=0.001):
    """Write a level raster of 100 x 100 cells about 69,37, int16 without a nodata value."""
    values = np.full((100, 100), 500, dtype=np.int16)
    if void:
        values[void] = -32768
    to_xy = Affine(degrees, 0.0, origin[0], 0.0, -degrees, origin[1])
    with rasterio.open(
        path, "w", driver="GTiff", width=100, height=100, count=1, dtype="int16", crs=crs, transform=to_xy
    ) as file:
        file.write(values, 1)
    return path


def test_on_the_level_hours_are_distance_over_speed(tmp_path):
    out = tmp_path / "hours.tif"
    dem = raster(tmp_path / "dem.tif")
    done = travel(dem, (LON, LAT), out, radius_km=2.0, isochrones_h=(0.2,))
    with rasterio.open(out) as file:
        hours, cell_m = file.read(1), file.res[0]
    middle = hours.shape[0] // 2
    # Tobler on the level: 5.0366 km/h
    assert np.isclose(hours[middle, middle + 10], 10 * cell_m / 5036.6, rtol=1e-4)
    assert done.payload["share_reached"] == 1.0
    jsonschema.validate(done.payload, json.loads((SCHEMAS / "travel.json").read_text()))
    band = shape(json.loads(out.with_suffix(".geojson").read_text())["features"][0]["geometry"])
    # 0.2 h are 1007 m, 0.00907 degrees north; 16 neighbours lose at most 2.8 %
    assert band.contains(Point(LON, LAT + 0.0085))
    assert not band.contains(Point(LON, LAT + 0.0102))


def test_faults_are_named_and_nothing_is_left(tmp_path):
    out = tmp_path / "out" / "hours.tif"
    out.parent.mkdir()
    dem = raster(tmp_path / "dem.tif")
    with pytest.raises(SpecError, match=r"68,37 lies outside .* from 68\.9500,36\.9500 to 69\.0500,37\.0500"):
        travel(dem, (68.0, LAT), out)
    with pytest.raises(SpecError, match=r"radius 0\.05 km: less than 2 cells"):
        travel(dem, (LON, LAT), out, radius_km=0.05)
    with pytest.raises(SpecError, match=r"need .* GB, more than the 0\.001 GB allowed"):
        travel(dem, (LON, LAT), out, memory_gb=0.001)
    with pytest.raises(SpecError, match="mover: horse is unknown"):
        travel(dem, (LON, LAT), out, mover="horse")
    with pytest.raises(CrsMismatchError, match="names no coordinate system"):
        travel(raster(tmp_path / "none.tif", crs=None), (LON, LAT), out)
    with pytest.raises(CrsMismatchError, match="they look like degrees"):
        travel(raster(tmp_path / "metres.tif", crs="EPSG:32642"), (LON, LAT), out)
    with pytest.raises(CrsMismatchError, match="yet it says that they are degrees"):
        travel(raster(tmp_path / "far.tif", origin=(500_000.0, 4_100_000.0), degrees=30.0), (LON, LAT), out)
    hole = raster(tmp_path / "void.tif", void=(slice(45, 55), slice(45, 55)))
    with pytest.raises(DataError, match=r"no elevation at 69,37 \(a void\)"):
        travel(hole, (LON, LAT), out, radius_km=2.0)
    with pytest.raises(StoreError, match="not a readable raster"):
        travel(tmp_path / "missing.tif", (LON, LAT), out)
    assert list(out.parent.iterdir()) == []


def test_what_lies_beyond_the_raster_or_in_a_void_is_not_reached(tmp_path):
    dem = raster(tmp_path / "dem.tif", void=(slice(10, 20), slice(10, 20)))
    done = travel(dem, (LON, LAT), tmp_path / "hours.tif", radius_km=8.0)
    assert 0.0 < done.payload["share_void"] < 1.0
    assert np.isclose(done.payload["share_void"] + done.payload["share_reached"], 1.0)
