"""README's "Your own border", followed to the letter: from a line and a terrain to a report."""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from tests.cli.conftest import TINY, Sarhad

ROOT = Path(__file__).parents[2]
TO_FILL = ("budget", "coverage", "crossing", "district", "section", "settlement")
LENGTH_KM = 59.78  # of the line below, geodesic


def block(heading: str) -> list[list[str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"## {heading}\n")[2]
    lines = re.findall(r"^\$ (.*)$", text[: text.index("\n## ")], flags=re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def ground(path: Path) -> None:
    """Hills to both sides of a valley along the line, 25 km deep."""
    west, north, cell = 9.6, 40.3, 1 / 200
    lon, lat = west + cell * np.arange(300), north - cell * np.arange(120)
    height = 600 + 900 * np.abs(lat[:, None] - 40.0) + 80 * np.sin(lon[None, :] * 30)
    place = {"crs": "EPSG:4326", "transform": Affine(cell, 0, west, 0, -cell, north)}
    with rasterio.open(
        path, "w", driver="GTiff", height=120, width=300, count=1, dtype="int16", **place
    ) as raster:
        raster.write(np.round(height).astype(np.int16), 1)


def fill(path: Path, rows: list[Mapping[str, object]]) -> None:
    """Write rows under the header that stands in the file."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *given = list(csv.reader(file))
    assert not given
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows({"is_assumption": "true", "reasoning": "made up", **row} for row in rows)


def fill_all(folder: Path) -> None:
    run = {"chainage_from_km": 0, "chainage_to_km": LENGTH_KM}
    movers = ("foot", "pack", "concealed", "uav")
    levels = {"detection_low": 0.01, "detection": 0.05, "detection_high": 0.2}
    places = {"U": ("TJ", "10.2 40.05"), "V": ("AF", "10.2 39.95"), "W": ("AF", "10.5 39.94")}
    rows: dict[str, list[Mapping[str, object]]] = {
        "section": [{"id": "S", "name_en": "All", "region": "XX", "terrain": "hills", "line_type": "land", **run}],
        "district": [
            {"id": side, "side": side, "name_en": side, "parent": "XX", **run} for side in ("inside", "beyond")
        ],
        "settlement": [
            {"id": name, "name_en": name, "country": country, "population": 5000, "geometry": f"POINT ({at})"}
            for name, (country, at) in places.items()
        ],
        "coverage": [{"id": mover, "section_id": "S", "mover_id": mover, **levels} for mover in movers],
        "crossing": [
            {"id": "B", "name_en": "Bridge", "chainage_km": 17.08, "accuracy_km": 1, "geometry": "POINT (10.2 40)"}
        ],
        "budget": [
            {"id": f"P01-{year}", "partner_id": "P01", "year": year, "amount_usd": 2_000_000, "carries_over": "true"}
            for year in range(2025, 2030)
        ],
    }  # fmt: skip
    for table, content in rows.items():
        fill(folder / f"{table}.csv", content)


def test_the_block_of_the_readme_leads_from_a_line_to_a_report(
    sarhad: Sarhad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "line.geojson").write_text(
        '{"type": "LineString", "coordinates": [[10.0, 40.0], [10.7, 40.0]]}'
    )
    ground(tmp_path / "dem.tif")
    outputs = []
    for program, *words in block("Your own border"):
        if program == "$EDITOR":
            assert sorted(Path(word).stem for word in words) == sorted(TO_FILL)
            fill_all(tmp_path / "my")
            continue
        assert program == ".venv/bin/sarhad"
        result = sarhad(*("1" if word == "60" else word for word in words))
        outputs.append(result.output)
        assert result.exit_code == 0, (words, result.output)
    for table in TO_FILL:
        assert f"missing before `plan`: table {table}: " in outputs[0]
    assert f"to be filled, with a header only: {', '.join(f'{name}.csv' for name in TO_FILL)}" in outputs[1]
    assert "0 fault(s)" in outputs[3]
    assert not re.search(r"^0 items", outputs[4], flags=re.MULTILINE)
    assert (tmp_path / "pages" / "report.html").is_file()


def test_a_programme_started_as_a_folder_holds_the_headers_to_fill(sarhad: Sarhad, tmp_path: Path) -> None:
    line = tmp_path / "line.geojson"
    line.write_text('{"type": "LineString", "coordinates": [[10.0, 40.0], [10.7, 40.0]]}')
    words = ("--border", line, "--terrain", TINY / "rasters" / "hills.tif", "--catalogue", TINY)
    assert sarhad("new", tmp_path / "my", *words).exit_code == 0
    for table in TO_FILL:
        text = (tmp_path / "my" / f"{table}.csv").read_text(encoding="utf-8")
        assert text == (TINY / f"{table}.csv").read_text(encoding="utf-8").partition("\n")[0] + "\n"


def test_the_corridor_can_be_as_wide_as_the_terrain(sarhad: Sarhad, tmp_path: Path) -> None:
    line = tmp_path / "line.geojson"
    line.write_text('{"type": "LineString", "coordinates": [[10.0, 40.0], [10.7, 40.0]]}')
    words = ("--border", line, "--terrain", TINY / "rasters" / "hills.tif")
    refused = sarhad("new", tmp_path / "my", *words)
    assert refused.exit_code == 1
    assert "of the corridor of 20 km to each side without elevations" in refused.output
    assert [one.name for one in tmp_path.iterdir()] == ["line.geojson"]
    assert sarhad("new", tmp_path / "my", *words, "--corridor", "6").exit_code == 0
