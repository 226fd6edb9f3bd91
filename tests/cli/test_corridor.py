"""`sarhad corridor`: what it writes, on which tiles, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import rasterio
from affine import Affine
from scipy.ndimage import gaussian_filter

from sarhad.errors import RefusedError, SpecError
from sarhad.place.mosaic import Sea
from sarhad.place.viewshed import ViewSpec, seen_from
from sarhad.workflow.corridor_viewing import Along, view_along
from sarhad.workflow.post_files import Post
from sarhad.workflow.steps import Step, silent
from tests.cli.conftest import Sarhad

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "corridor.json"
SPEC = ViewSpec(10.0, 2.0, 1.5)
LINE = [[70.02, 37.95], [70.10, 37.96], [70.18, 37.95]]
POSTS = [Post(f"P{n}", 70.03 + 0.014 * n, 37.95 + 0.01 * (n % 2)) for n in range(10)]


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return two tiles of hills, side by side, with a void between km 15 and 16."""
    heights = gaussian_filter(np.random.default_rng(5).normal(size=(120, 200)), 3) * 600 + 200
    heights[45:50, 170:180] = -32768
    folder = tmp_path_factory.mktemp("tiles")
    for name, first in (("west", 0), ("east", 100)):
        place = Affine(0.001, 0, 70.0 + 0.001 * first, 0, -0.001, 38.0)
        with rasterio.open(
            *(folder / f"{name}.tif", "w"), driver="GTiff", width=100, height=120, count=1, dtype="int16",
            crs="EPSG:4326", transform=place, nodata=-32768,
        ) as file:  # fmt: skip
            file.write(heights[:, first : first + 100].astype(np.int16), 1)
    return [folder / "west.tif", folder / "east.tif"]


@pytest.fixture(scope="module")
def border(tiles: list[Path]) -> Path:
    return geojson(tiles[0].with_name("line.geojson"), LINE)


def geojson(path: Path, course: list[list[float]]) -> Path:
    """Write one line."""
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": course}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return path


def along(dems: list[Path], out: Path, border: Path, *posts: Post, **asked: Any) -> dict[str, Any]:
    """Return the figures, checked against the schema."""
    found = view_along(
        dems, list(posts) or POSTS, out, SPEC, asked=Along(border, **asked), on_step=silent
    ).payload
    jsonschema.validate(json.loads(json.dumps(found)), json.loads(SCHEMA.read_text(encoding="utf-8")))
    return found


def count(out: Path) -> np.ndarray:
    with rasterio.open(out / "count.tif") as file:
        assert file.crs.is_projected
        band: np.ndarray = file.read(1)
    return band


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "posts.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_raster_table_and_figures_tell_the_same(tiles: list[Path], border: Path, tmp_path: Path) -> None:
    found = along(tiles, tmp_path / "o", border, keeps_bits=True, lines=border)
    table, seen = rows(tmp_path / "o"), count(tmp_path / "o")
    assert json.loads((tmp_path / "o" / "views.json").read_text(encoding="utf-8")) == found
    assert sorted(p.name for p in (tmp_path / "o").iterdir()) == [
        *("bits-0000.npy", "count.tif", "posts.csv", "views.json"),
    ]
    km2 = found["cell_m"] ** 2 / 1e6
    assert (seen > 0).sum() * km2 == pytest.approx(found["area_km2"])
    assert [row["id"] for row in table] == [post.name for post in POSTS]
    assert sum(float(row["area_km2"]) for row in table) == pytest.approx(seen.sum() * km2, rel=1e-5)
    assert found["lines"][0]["share_seen"] == found["share_of_line"]
    assert 0.0 < found["share_of_line"] < 1.0
    total = np.zeros_like(seen)
    for row in table:  # the bits of the posts add up to the count
        bits = np.load(tmp_path / "o" / row["bits_file"])[int(row["bits_number"])]
        at = np.argwhere(np.unpackbits(bits, axis=1, count=len(bits), bitorder="little"))
        at += [int(row["row"]) - len(bits) // 2, int(row["column"]) - len(bits) // 2]
        np.add.at(total, tuple(at.T), 1)
        assert float(row["share_of_circle"]) == pytest.approx(len(at) / _circle(found["cell_m"]), rel=1e-5)
    assert (total == seen).all()


def _circle(cell_m: float) -> int:
    """Return the cells of a circle, as a post on a tower over a plain sees them."""
    reach, _ = SPEC.reach(cell_m)
    plain = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.float32)
    high = ViewSpec(5000.0, SPEC.radius_km)
    return int(np.unpackbits(seen_from(plain, cell_m, reach, reach, high)).sum())


@pytest.mark.filterwarnings("ignore")
def test_tiles_threads_and_a_cluster_give_the_same_bytes(
    tiles: list[Path], border: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = along(tiles, tmp_path / "whole", border, workers=1)
    assert whole["tiles"] == 1
    little = along(tiles, tmp_path / "little", border, memory_gb=0.08)
    assert little["memory_gb"] <= 0.08 < whole["memory_gb"]
    monkeypatch.setattr("sarhad.place.corridor_views.TILE", 40)
    assert along(tiles, tmp_path / "two", border, workers=2)["tiles"] > 2
    names = ["count.tif", "posts.csv"]
    assert all((tmp_path / "whole" / n).read_bytes() == (tmp_path / "two" / n).read_bytes() for n in names)
    distributed = pytest.importorskip("distributed", reason="Dask is an optional extra and not installed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        along(tiles, tmp_path / "there", border, workers=1, scheduler=cluster.scheduler_address)
    assert all((tmp_path / "whole" / n).read_bytes() == (tmp_path / "there" / n).read_bytes() for n in names)


def test_sea_is_void_or_water(tmp_path: Path) -> None:
    # a coast: the eastern half is nodata; as given it is missing, flat it is water at 0 that can be seen
    heights = np.full((60, 100), 30, dtype=np.int16)
    heights[:, 50:] = -32768
    source = tmp_path / "coast.tif"
    with rasterio.open(
        *(source, "w"), driver="GTiff", width=100, height=60, count=1, dtype="int16", crs="EPSG:4326",
        transform=Affine(0.001, 0, 70.0, 0, -0.001, 38.0), nodata=-32768,
    ) as file:  # fmt: skip
        file.write(heights, 1)
    line = geojson(tmp_path / "line.geojson", [[70.048, 37.965], [70.049, 37.975]])
    given = along([source], tmp_path / "given", line, Post("A", 70.049, 37.97))
    flat = along([source], tmp_path / "flat", line, Post("A", 70.049, 37.97), sea=Sea.FLAT)
    assert given["share_missing"] == pytest.approx(0.5, abs=0.05)
    assert flat["share_missing"] == 0.0
    assert flat["area_km2"] > 1.5 * given["area_km2"]
    assert any("have no elevation" in notice for notice in given["notices"])


def test_the_margin_cuts_sight_and_says_so(tiles: list[Path], border: Path, tmp_path: Path) -> None:
    whole = along(tiles, tmp_path / "whole", border)
    cut = along(tiles, tmp_path / "cut", border, margin_km=1.5)
    assert whole["margin_km"] >= 2.0
    assert cut["area_km2"] < whole["area_km2"]
    assert cut["notices"][0].startswith("10 of 10 posts could look beyond the margin of 1.5 km")


@pytest.mark.parametrize(
    ("posts", "asked", "said"),
    [
        ([Post("far", 72.0, 37.95)], {}, r"1 of 1 stand more than 100 km off the line: far \(160\.\d km\)"),
        ([Post("near", 70.1, 37.90)], {"margin_km": 3.0}, r"stand more than 3 km off the line: near"),
        ([Post("dry", 70.174, 37.952)], {}, r"stand where it has no elevation: dry \(row"),
        (POSTS, {"memory_gb": 1e-6}, "0.00 GB are needed for a single post, 0.00 GB allowed"),
        (POSTS, {"memory_gb": 0.001}, r"reading elevation by blocks needs 0\.\d+ GB"),
        (POSTS, {"cell_m": -1.0, "workers": 0}, "(?s)--cell: -1.0 is no.*--workers: 0 is none"),
    ],
)
def test_what_cannot_be_done_leaves_nothing(
    tiles: list[Path], border: Path, tmp_path: Path, posts: list[Post], asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecError, match=said):
        along(tiles, tmp_path / "o", border, *posts, **asked)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_refused(tiles: list[Path], border: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="is there already"):
        along(tiles, tmp_path, border)


def test_a_stop_keeps_the_posts_done(tiles: list[Path], border: Path, tmp_path: Path) -> None:
    def stop(step: Step) -> bool:
        return not (step.stage == "look" and step.done >= 0.3)

    asked = Along(border, workers=1)
    found = view_along(tiles, POSTS, tmp_path / "o", SPEC, asked=asked, on_step=stop).payload
    assert found["stopped"] == "interrupt"
    assert found["posts_done"] == 3
    assert found["notices"][-1] == "stopped: 7 of 10 posts were not reached and count nowhere"
    done = [float(row["area_km2"]) for row in rows(tmp_path / "o") if row["area_km2"]]
    assert len(done) == 3
    assert sum(done) == pytest.approx(count(tmp_path / "o").sum() * found["cell_m"] ** 2 / 1e6, rel=1e-5)


def test_a_break_while_reading_leaves_nothing(tiles: list[Path], border: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        view_along(
            tiles, POSTS, tmp_path / "o", SPEC, asked=Along(border), on_step=lambda step: step.stage != "read"
        )
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_figures(sarhad: Sarhad, tiles: list[Path], border: Path, tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text("id,lon,lat\n" + "".join(f"{p.name},{p.lon},{p.lat}\n" for p in POSTS), encoding="utf-8")
    words = "corridor", *tiles, "--border", border, "--posts", posts, "--height", 10, "--radius-km", 2
    done = sarhad(*words, "-o", tmp_path / "a", "--json", "--quiet")
    assert json.loads(done.stdout)["posts_done"] == 10
    told = sarhad(*words, "-o", tmp_path / "b", "--method", "xdraw")
    assert "10 posts see" in told.stdout
    assert "GB for tiles of" in told.stderr
    wrong = sarhad(*words, "-o", tmp_path / "c", "--sea", "deep", "--json")
    assert wrong.exit_code == 2
    assert "give as-given or flat" in json.loads(wrong.stdout)["error"]["text"]
