"""Bad input: one clear message with a remedy, the right exit status, no traceback, nothing half-written."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import rasterio
from affine import Affine
from typer.testing import CliRunner, Result

from sarhad.cli.app import app
from sarhad.programme import Programme
from sarhad.workflow import planning

TINY = Path(__file__).parents[1] / "data" / "tiny"
Spoil = Callable[[Path], object]


def edit(table: str, change: Callable[[list[dict[str, str]]], object]) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        change(rows)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    return spoil


@pytest.fixture
def line_file(tmp_path: Path) -> Path:
    path = tmp_path / "line.geojson"
    path.write_text('{"type": "LineString", "coordinates": [[10.0, 40.0], [10.35, 40.0], [10.7, 40.0]]}')
    return path


def put(table: str, column: str, value: str, row: int = 0) -> Spoil:
    return edit(table, lambda rows: rows[row].update({column: value}))


def each(table: str, column: str, value: str) -> Spoil:
    return edit(table, lambda rows: [row.update({column: value}) for row in rows])


def rewrite(name: str, change: Callable[[str], str], encoding: str = "utf-8") -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / name
        path.write_bytes(change(path.read_text(encoding="utf-8")).encode(encoding))

    return spoil


def line(points: str) -> Spoil:
    return put("border", "geometry", f"LINESTRING ({points})")


def reverse(folder: Path) -> None:
    def turn(rows: list[dict[str, str]]) -> None:
        inner = rows[0]["geometry"].removeprefix("LINESTRING (").removesuffix(")")
        rows[0]["geometry"] = f"LINESTRING ({', '.join(reversed(inner.split(', ')))})"

    edit("border", turn)(folder)


def raster(
    *, crs: str | None, west: float, side: float, height: tuple[float, float] = (500.0, 500.0)
) -> Spoil:
    """Put another raster in place of the first, its checksum in order."""

    def spoil(folder: Path) -> None:
        with (folder / "raster.csv").open(encoding="utf-8", newline="") as file:
            name = next(csv.DictReader(file))["file"]
        path = folder / "rasters" / name
        with rasterio.open(
            path, "w", driver="GTiff", height=50, width=50, count=1, dtype="float32", crs=crs,
            transform=Affine(side, 0, west, 0, -side, 40.4),
        ) as target:  # fmt: skip
            target.write(np.linspace(*height, 2500, dtype="float32").reshape(50, 50), 1)
        each("raster", "sha256", hashlib.sha256(path.read_bytes()).hexdigest())(folder)

    return spoil


def cycle(rows: list[dict[str, str]]) -> None:
    rows.append(dict(rows[0], id="LOOP1", measure_id="M1", requires_measure_ids="M2", is_enforced="true"))
    rows.append(dict(rows[0], id="LOOP2", measure_id="M2", requires_measure_ids="M1", is_enforced="true"))


def empty(*tables: str) -> Spoil:
    def spoil(folder: Path) -> None:
        for table in tables:
            (folder / f"{table}.csv").unlink()

    return spoil


class Bad(NamedTuple):
    name: str
    spoil: Spoil
    says: str


DATA = [
    Bad("unknown column", rewrite("measure.csv", lambda text: text.replace("name_en", "nom", 1)), r"measure.*nom"),
    Bad("percent for share", put("traffic", "share", "70"), r"traffic\.share.*70.*(percent|100)"),
    Bad("metres for kilometres", put("section", "chainage_to_km", "31000"), r"section.*(31000|km)"),
    Bad("not a number", put("measure", "capital_likely_usd", "nan"), r"measure\.capital_likely_usd"),
    Bad("duplicate id", edit("partner", lambda rows: rows.append(dict(rows[0]))), r"partner.*P1"),
    Bad("dangling reference", put("traffic", "mover_id", "CAMEL"), r"traffic\.mover_id.*CAMEL"),
    Bad("line crosses itself", line("10 40, 10.4 40.02, 10.4 39.98, 10.2 40.05, 10.7 40"), r"border.*cross"),
    Bad("reversed line", reverse, r"border.*revers|revers.*border"),
    Bad("terrain too small", raster(crs="EPSG:4326", west=9.9, side=0.005), r"cover"),
    Bad("raster without CRS", raster(crs=None, west=9.8, side=0.02), r"(?i)crs|coordinate system"),
    Bad("raster in km", raster(crs="EPSG:4326", west=9.8, side=0.02, height=(0.4, 7.1)), r"elevations of 0\.4\.\.7\.1 only"),
    Bad("line in metres", line("500000 4400000, 560000 4400000"), r"border\.geometry.*(degree|lon)"),
    Bad("negative cost", put("measure", "capital_low_usd", "-5"), r"measure\.capital_low_usd.*-5"),
    Bad("prerequisite cycle", edit("prerequisite", cycle), r"prerequisite.*ring: M1 needs M2 needs M1"),
    Bad("schema newer", rewrite("programme.toml", lambda t: t.replace("schema_version = 1", "schema_version = 99")), r"newer"),
    Bad("cp1251", rewrite("traffic.csv", lambda t: t.replace("made up", "выдумано"), "cp1251"), r"traffic\.csv.*UTF-8"),
    Bad("no crossings", empty("crossing"), r"crossing: has no rows, and TRUCK can cross nowhere else. Add the crossing points"),
    Bad("no districts", empty("district"), r"district.*has no rows for the side inside.*side beyond|district.*inside.*district.*beyond"),
    Bad("no settlements", empty("settlement"), r"settlement: has no place inside within 6 km of the line. Add places"),
    Bad("no sections", empty("section", "coverage"), r"section: has no rows. Divide the line into sections"),
    Bad("no movers", empty("mover", "traffic", "coverage", "calibration"), r"mover: has no rows. Say by which means"),
    Bad("semicolons", rewrite("section.csv", lambda t: t.replace(",", ";")), r"section\.csv.*(;|comma)"),
]  # fmt: skip


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def assert_clear(result: Result, status: int) -> None:
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("bad", DATA, ids=[bad.name for bad in DATA])
def test_bad_data_is_named_with_its_remedy_and_nothing_is_written(bad: Bad, tmp_path: Path) -> None:
    folder = tmp_path / "spoiled"
    shutil.copytree(TINY, folder)
    bad.spoil(folder)
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    checked = run("check", str(folder))
    assert_clear(checked, 1)
    assert re.search(bad.says, checked.output.replace("\n", " ")), checked.output
    planned = run("plan", str(folder), "-o", str(tmp_path / "plan.gpkg"), "--time-limit", "1", "--quiet")
    assert_clear(planned, 1)
    assert re.search(bad.says, planned.output.replace("\n", " ")), planned.output
    assert {path: path.read_bytes() for path in before} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spoiled"]


UNREADABLE = [
    ("cp1251", rewrite("mover.csv", lambda t: re.sub("[\u0600-\u06ff]", "", t).replace("made up", "выдумано"), "cp1251"), "mover.csv: is not UTF-8"),
    ("semicolons", rewrite("section.csv", lambda t: t.replace(",", ";")), "section.csv: has semicolons"),
    ("ragged", rewrite("partner.csv", lambda t: t.replace("P1,", "P1,,,", 1)), "partner, row line 2: has "),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil", "says"), UNREADABLE, ids=[name for name, *_ in UNREADABLE])
def test_a_table_that_cannot_be_read_is_one_fault_without_echoes(
    name: str, spoil: Spoil, says: str, tmp_path: Path
) -> None:
    folder = tmp_path / name
    shutil.copytree(TINY, folder)
    spoil(folder)
    put("measure", "capital_low_usd", "-5")(folder)
    result = run("check", str(folder))
    assert_clear(result, 1)
    errors = [line for line in result.output.splitlines() if line.startswith("error")]
    assert len(errors) == 2, result.output
    assert says in errors[0]
    assert "-5" in errors[1]
    assert "could not be read whole, so what names it or depends on it was not checked" in result.output


def test_two_faults_are_both_named_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "spoiled"
    shutil.copytree(TINY, folder)
    put("measure", "capital_low_usd", "-5")(folder)
    put("traffic", "mover_id", "CAMEL")(folder)
    output = run("check", str(folder)).output
    assert "-5" in output
    assert "CAMEL" in output


def test_a_budget_below_every_item_means_do_nothing_with_a_notice(tmp_path: Path) -> None:
    folder = tmp_path / "poor"
    shutil.copytree(TINY, folder)
    each("budget", "amount_usd", "10")(folder)
    result = run("plan", str(folder), "-o", str(tmp_path / "poor.gpkg"), "--time-limit", "2", "--quiet")
    assert_clear(result, 0)
    assert "notice" in result.output
    assert "0 items" in result.output


OF_SCHEDULE = "activity_template", "activity_mode", "calendar", "resource", "risk"  # which name partners


@pytest.mark.parametrize("tables", [("budget",), ("budget", "partner", "eligibility", *OF_SCHEDULE)])
def test_no_money_at_all_is_a_notice(tables: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "poor"
    shutil.copytree(TINY, folder)
    empty(*tables)(folder)
    checked = run("check", str(folder))
    assert_clear(checked, 0)
    assert "notice: budget: has no rows: there is no money, so no plan builds anything" in checked.output
    planned = run("plan", str(folder), "-o", str(tmp_path / "p.gpkg"), "--time-limit", "5", "--quiet")
    assert_clear(planned, 0)
    assert "nothing is built: no partner has money that may pay for any of the items" in planned.output


def test_time_limit_zero_gives_a_valid_answer(tmp_path: Path) -> None:
    result = run("plan", str(TINY), "-o", str(tmp_path / "now.gpkg"), "--time-limit", "0", "--quiet")
    assert_clear(result, 0)
    assert "bound" in result.output


def test_a_negative_time_limit_is_bad_usage(tmp_path: Path) -> None:
    assert_clear(run("plan", str(TINY), "-o", str(tmp_path / "x.gpkg"), "--time-limit", "-1", "--quiet"), 2)


def test_an_output_that_cannot_be_written_is_status_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for words in (
        ("plan", str(TINY), "-o", str(tmp_path / "file" / "x.gpkg"), "--time-limit", "1", "--quiet"),
        ("pack", str(TINY), str(tmp_path / "file" / "x.gpkg")),
        ("demo", "-o", str(tmp_path / "file" / "out"), "--quiet"),
    ):
        assert_clear(run(*words), 2)


TARGETS = [
    ("notes.txt", lambda path: path.write_text("mine"), r"notes\.txt exists and is not a folder"),
    ("junk.gpkg", lambda path: path.write_text("mine"), r"will not write over it: .*junk\.gpkg is not a GeoPackage"),
    ("dir.gpkg", lambda path: path.mkdir(), r"dir\.gpkg exists and is not a file"),
    ("dir", lambda path: ((path / "sub").mkdir(parents=True)), r"will not write over it: .*it has no programme\.toml"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "says"), TARGETS, ids=[name for name, *_ in TARGETS])
def test_a_target_that_is_something_else_is_refused_before_anything_is_computed(
    name: str, make: Spoil, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / name)
    monkeypatch.setattr(planning, "prepare", lambda *_, **__: pytest.fail("computed first"))
    result = run("plan", str(TINY), "-o", str(tmp_path / name), "--quiet")
    assert_clear(result, 2)
    assert re.search(says, result.output.replace("\n", " ")), result.output


def test_a_programme_at_fault_leaves_no_folders_behind(tmp_path: Path) -> None:
    folder = tmp_path / "spoiled"
    shutil.copytree(TINY, folder)
    put("traffic", "mover_id", "CAMEL")(folder)
    assert_clear(run("plan", str(folder), "-o", str(tmp_path / "new" / "deep" / "x.gpkg"), "--quiet"), 1)
    assert [path.name for path in tmp_path.iterdir()] == ["spoiled"]


def test_a_corrupt_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gpkg"
    broken.write_bytes(b"SQLite format 3\x00" + b"\x07" * 5000)
    result = run("check", str(broken))
    assert_clear(result, 1)
    assert "broken.gpkg" in result.output


def test_a_missing_programme_is_named(tmp_path: Path) -> None:
    result = run("describe", str(tmp_path / "nowhere.gpkg"), "--quiet")
    assert_clear(result, 1)
    assert "nowhere.gpkg" in result.output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "is not a plan.json: it lacks a list items, each with item, start_quarter, operating_quarter"),
        ('{"items": [{"item": "X"}]}', "is not a plan.json: it lacks a list items"),
        ("{", "is not a plan.json: it is not JSON. Use the file that"),
    ],
)
def test_a_file_that_is_no_plan_is_named_in_plain_words(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(text)
    result = run("evaluate", str(TINY), "--plan", str(tmp_path / "plan.json"), "--quiet")
    assert_clear(result, 1)
    assert says in result.output
    assert "Error(" not in result.output


def test_an_unknown_plan_is_bad_usage_that_lists_the_plans() -> None:
    result = run("evaluate", str(TINY), "--plan", "nobody", "--quiet")
    assert_clear(result, 2)
    assert "nobody" in result.output


DEM = str(TINY / "rasters" / "hills.tif")
LINES = [
    ("one point", "[[10.0, 40.0]]"),
    ("no point", "[]"),
    ("one place", "[[10.0, 40.0], [10.0, 40.0]]"),
]


@pytest.mark.parametrize("points", [points for _, points in LINES], ids=[name for name, _ in LINES])
def test_a_border_without_length_starts_no_programme(points: str, tmp_path: Path) -> None:
    path = tmp_path / "line.geojson"
    path.write_text(f'{{"type": "LineString", "coordinates": {points}}}', encoding="utf-8")
    result = run("new", str(tmp_path / "my.gpkg"), "--border", str(path), "--terrain", DEM)
    assert_clear(result, 1)
    assert "the line of line.geojson has no length. Give it two different points or more" in result.output
    assert [one.name for one in tmp_path.iterdir()] == ["line.geojson"]


def test_two_rasters_of_one_name_are_refused(line_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "east" / "hills.tif"
    other.parent.mkdir()
    shutil.copy(DEM, other)
    words = ("--border", str(line_file), "--terrain", DEM, "--terrain", str(other))
    result = run("new", str(tmp_path / "my.gpkg"), *words)
    assert_clear(result, 2)
    assert "several files are named hills.tif" in result.output
    assert not (tmp_path / "my.gpkg").exists()


def test_rasters_larger_than_the_memory_are_refused_before_they_are_read(
    line_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = tmp_path / "big.tif"
    with big.open("wb") as file:
        file.truncate(3_000_000_000)  # a hole: nothing on disk
    monkeypatch.setattr("sarhad.workflow.creating.spare_bytes", lambda: 8e9)
    words = ("--border", str(line_file), "--terrain", DEM, "--terrain", str(big))
    result = run("new", str(tmp_path / "my.gpkg"), *words)
    assert_clear(result, 2)
    text = "2 rasters of 3.00 GB need 9.00 GB while they are written, this machine can spare 8.00 GB"
    assert text in result.output
    assert not (tmp_path / "my.gpkg").exists()


def test_a_catalogue_is_a_programme_of_a_few_tables(line_file: Path, tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    tables.mkdir()
    shutil.copy(TINY / "threat.csv", tables)
    words = ("--border", str(line_file), "--terrain", DEM, "--catalogue", str(tables), "--corridor", "6")
    bare = run("new", str(tmp_path / "bare.gpkg"), *words)
    assert_clear(bare, 1)
    assert "it has no programme.toml" in bare.output
    (tables / "programme.toml").write_text('[programme]\nname = "catalogue"\nschema_version = 1\n')
    assert_clear(run("new", str(tmp_path / "my.gpkg"), *words), 0)
    assert len(Programme.open(tmp_path / "my.gpkg")["threat"]) == len(Programme.open(TINY)["threat"])


def edited_copy(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    shutil.copytree(TINY, folder)
    put("budget", "amount_usd", "123456")(folder)
    return folder


def test_a_plan_of_the_same_name_is_refused_by_a_rule_unless_it_may_be_replaced(tmp_path: Path) -> None:
    target = tmp_path / "t.gpkg"
    assert_clear(run("plan", str(TINY), "-o", str(target), "--name", "first", "--time-limit", "0", "-q"), 0)
    before = target.read_bytes()
    again = ("plan", str(target), "--name", "first", "--time-limit", "0", "--seed", "2", "-q")
    refused = run(*again)
    assert_clear(refused, 4)
    assert "a re-plan is a new plan. Choose another name, or give --replace" in refused.output
    assert target.read_bytes() == before
    assert_clear(run(*again, "--replace"), 0)
    assert Programme.open(target)["plan"]["seed"].tolist() == [2]


def test_a_programme_that_stands_at_the_target_is_refused_unless_it_may_be_replaced(tmp_path: Path) -> None:
    folder, file = edited_copy(tmp_path), tmp_path / "t.gpkg"
    assert_clear(run("pack", str(folder), str(file)), 0)
    for words in (
        ("pack", str(TINY), str(file)),
        ("plan", str(TINY), "-o", str(file), "--time-limit", "0", "--quiet"),
        ("unpack", str(file), str(folder)),
    ):
        before = file.read_bytes(), (folder / "budget.csv").read_bytes()
        refused = run(*words)
        assert_clear(refused, 2)
        assert "its plans and edits would be lost. Choose another name, or give --replace" in refused.output
        assert (file.read_bytes(), (folder / "budget.csv").read_bytes()) == before
    assert_clear(run("pack", str(TINY), str(file), "--replace"), 0)
    assert_clear(run("unpack", str(file), str(folder), "--replace"), 0)
    assert Programme.open(folder).data_hash == Programme.open(TINY).data_hash


@pytest.mark.parametrize("limit", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("command", ["plan", "demo"])
def test_a_time_limit_that_is_no_number_of_seconds_is_bad_usage(
    command: str, limit: str, tmp_path: Path
) -> None:
    out = ("-o", str(tmp_path / "x"), f"--time-limit={limit}", "--quiet")
    result = run(command, *((str(TINY),) if command == "plan" else ()), *out)
    assert_clear(result, 2)
    assert "not a number of seconds. Give 0 or more" in result.output


def dem(path: Path, *, crs: str | None = "EPSG:4326", west: float = 9.8, scale: float = 1.0) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", height=50, width=60, count=1, dtype="float32", crs=crs,
        transform=Affine(0.02, 0, west, 0, -0.02, 40.5),
    ) as target:  # fmt: skip
        target.write(scale * np.linspace(400.0, 7100.0, 3000, dtype="float32").reshape(50, 60), 1)


def border(path: Path, points: str = "[10.0, 40.0], [10.35, 40.0], [10.7, 40.0]", crs: str = "") -> None:
    declared = f', "crs": {{"type": "name", "properties": {{"name": "{crs}"}}}}' if crs else ""
    path.write_text(f'{{"type": "LineString", "coordinates": [{points}]{declared}}}', encoding="utf-8")


def truncated(folder: Path) -> None:
    dem(folder / "dem.tif")
    data = (folder / "dem.tif").read_bytes()
    (folder / "dem.tif").write_bytes(data[: len(data) // 2])


NEW = [
    Bad("self-crossing", lambda f: border(f / "line.geojson", "[10.0, 40.0], [10.7, 40.0], [10.7, 40.1], [10.3, 39.9]"),
        r"border\.geometry.*crosses or touches itself.*Draw the line without loops"),
    Bad("another CRS", lambda f: border(f / "line.geojson", crs="urn:ogc:def:crs:EPSG::3857"),
        r"line\.geojson declares the coordinate system urn:ogc:def:crs:EPSG::3857. Reproject"),
    Bad("no GeoJSON", lambda f: (f / "line.geojson").write_text("<kml/>"),
        r"line\.geojson: not readable as GeoJSON \(Expecting value, line 1\). Export"),
    Bad("JSON only", lambda f: (f / "line.geojson").write_text("[1]"), r"line\.geojson is JSON, but not GeoJSON. Export"),
    Bad("no line", lambda f: (f / "line.geojson").unlink(),
        r"line\.geojson: cannot be read \(No such file or directory\). Name the GeoJSON file"),
    Bad("no terrain", lambda f: (f / "dem.tif").unlink(),
        r"dem\.tif: cannot be read \(No such file or directory\). Name a GeoTIFF"),
    Bad("terrain without CRS", lambda f: dem(f / "dem.tif", crs=None), r"has no coordinate system \(CRS\). Assign"),
    Bad("truncated terrain", truncated, r"dem\.tif is not a raster that can be read. Give a GeoTIFF"),
    Bad("half the terrain", lambda f: dem(f / "dem.tif", west=10.35), r"leaves [45]\d[.\d]* % of the corridor .* without elevations"),
    Bad("terrain in km", lambda f: dem(f / "dem.tif", scale=0.001),
        r"has elevations of 0\.4\.\.7\.1 only. Kilometres\? Multiply by 1000"),
]  # fmt: skip


@pytest.mark.parametrize("bad", NEW, ids=[bad.name for bad in NEW])
def test_new_writes_nothing_from_a_line_or_terrain_at_fault(bad: Bad, tmp_path: Path) -> None:
    border(tmp_path / "line.geojson")
    dem(tmp_path / "dem.tif")
    bad.spoil(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    words = ("--border", str(tmp_path / "line.geojson"), "--terrain", str(tmp_path / "dem.tif"))
    result = run("new", str(tmp_path / "deep" / "my.gpkg"), *words)
    assert_clear(result, 1)
    assert re.search(bad.says, result.output.replace("\n", " ")), result.output
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("crs", ["", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"])
def test_new_takes_a_line_in_longitude_and_latitude_and_says_which_side_is_inside(
    crs: str, tmp_path: Path
) -> None:
    border(tmp_path / "line.geojson", crs=crs)
    dem(tmp_path / "dem.tif")
    words = ("--border", str(tmp_path / "line.geojson"), "--terrain", str(tmp_path / "dem.tif"))
    result = run("new", str(tmp_path / "my.gpkg"), *words, "--inside", "AAA")
    assert_clear(result, 0)
    assert "from 10.000 40.000 to 10.700 40.000 (lon lat), so AAA lies to its left" in result.output
    assert "fault:" not in result.output
