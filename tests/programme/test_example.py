"""The shipped example opens, is sound, and survives packing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sarhad.programme import Programme, summarise

EXAMPLE = Path(__file__).parents[2] / "examples" / "tajik-afghan"


@pytest.fixture(scope="module")
def example() -> Programme:
    return Programme.open(EXAMPLE)


def test_the_example_has_no_error(example: Programme) -> None:
    assert summarise([fault for fault in example.check() if fault.severity == "error"]) == ""


def test_the_example_counts_as_its_data_say(example: Programme) -> None:
    found = example.describe()
    assert found["border_length_km"] == 1343.96  # its README: 1,343.96 km on the ellipsoid
    assert found["official_length_km"] == 1344.15
    assert found["sections"] == 8
    assert found["quarters"] == 20
    assert 0.5 < found["assumed_share"] < 1.0


def test_the_example_survives_packing_and_unpacking(example: Programme, tmp_path: Path) -> None:
    example.save(tmp_path / "example.gpkg")
    packed = Programme.open(tmp_path / "example.gpkg")
    assert packed.data_hash == example.data_hash
    packed.save(tmp_path / "folder")
    folder = Programme.open(tmp_path / "folder")
    assert folder.data_hash == example.data_hash
    assert folder.tables == example.tables
    assert dict(folder.meta) == dict(example.meta)
    for file in example.raster_files:
        assert folder.raster_file(file) == (EXAMPLE / "rasters" / file).read_bytes()
