"""`sarhad viewshed`: the raster it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import rasterio
from affine import Affine

from sarhad.errors import CrsMismatchError, DataError, RefusedError, SpecError
from sarhad.place.viewshed import ViewSpec
from sarhad.workflow.steps import silent
from sarhad.workflow.viewing import view_from
from tests.cli.conftest import Sarhad

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "viewshed.json"
DEGREES = Affine(0.001, 0, 70.0, 0, -0.001, 38.0)


def dem(path: Path, crs: str | None, *, void: bool = False) -> Path:
    """Write a plain of 100 x 100 cells in int16."""
    heights = np.zeros((100, 100), dtype=np.int16)
    if void:
        heights[40:60, 40:60] = -32768
    profile = {"driver": "GTiff", "width": 100, "height": 100, "count": 1, "dtype": "int16"}
    with rasterio.open(path, "w", **profile, crs=crs, transform=DEGREES) as file:
        file.write(heights, 1)
    return path


@pytest.mark.parametrize("draws", [0, 3])
def test_a_plain_is_seen_all_around(tmp_path: Path, draws: int) -> None:
    out = tmp_path / "out.tif"
    source = dem(tmp_path / "dem.tif", "EPSG:4326")
    spec = ViewSpec(500.0, 2.0)
    found = view_from(source, out, spec, lon=70.05, lat=37.95, draws=draws, on_step=silent).payload
    jsonschema.validate(json.loads(json.dumps(found)), json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert found["area_km2"] == pytest.approx(np.pi * 4, rel=0.03)
    with rasterio.open(out) as file:
        assert file.read(1).sum() == pytest.approx(found["cells_seen"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dem.tif", "out.tif"]


@pytest.mark.parametrize(
    ("crs", "void", "lon", "error", "text"),
    [
        (None, False, 70.05, CrsMismatchError, "names no coordinate system"),
        ("EPSG:32642", False, 70.05, CrsMismatchError, "they look like degrees"),
        ("EPSG:4326", False, 71.0, SpecError, "outside"),
        ("EPSG:4326", True, 70.05, DataError, r"no elevation at 70\.05,37\.95 \(a void\)"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_bad_rasters_are_refused(
    tmp_path: Path, crs: str | None, void: bool, lon: float, error: type[Exception], text: str
) -> None:
    source = dem(tmp_path / "dem.tif", crs, void=void)
    with pytest.raises(error, match=text):
        view_from(source, tmp_path / "o.tif", ViewSpec(5.0, 1.0), lon=lon, lat=37.95, draws=0, on_step=silent)
    assert not (tmp_path / "o.tif").exists()


def test_a_point_that_is_none_is_refused(sarhad: Sarhad, tmp_path: Path) -> None:
    where = "--height", "5", "--radius-km", "1", "-o", tmp_path / "o.tif"
    refused = sarhad("viewshed", dem(tmp_path / "dem.tif", "EPSG:4326"), "--at", "37;70", *where)
    assert refused.exit_code == 2
    assert "--at" in refused.output


def test_neither_the_elevation_nor_another_file_is_overwritten_unasked(tmp_path: Path) -> None:
    source = dem(tmp_path / "dem.tif", "EPSG:4326")
    before = source.read_bytes()
    spec, mine = ViewSpec(5.0, 1.0), tmp_path / "mine.tif"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(SpecError, match="would replace what it is made from"):
        view_from(source, source, spec, lon=70.05, lat=37.95, draws=0, is_replacing=True, on_step=silent)
    with pytest.raises(RefusedError, match="--replace"):
        view_from(source, mine, spec, lon=70.05, lat=37.95, draws=0, on_step=silent)
    assert (source.read_bytes(), mine.read_text(encoding="utf-8")) == (before, "mine")
