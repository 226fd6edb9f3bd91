"""`sarhad fetch`: its JSON, exit statuses, and what it adds to a programme."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from sarhad.programme import Programme
from tests.cli.conftest import TINY, Sarhad
from tests.ingest import published
from tests.ingest.server import Server, serving, slow, whole

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "fetch.json"
BOX = "--bbox", "10.9,40.2,11.1,40.8"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:  # type: ignore[misc]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as one:
        yield one  # type: ignore[misc]


def test_the_json_keeps_its_schema(sarhad: Sarhad, server: Server, tmp_path: Path) -> None:
    server.put("/ged261-csv.zip", whole(published.zipped("x.csv", published.EVENTS)))
    asked = ("fetch", "incidents", "-o", tmp_path / "got", *BOX, "--from", server.base, "--json", "--quiet")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for extra in ("--dry-run",), ():
        result = sarhad(*asked, *extra)
        assert result.exit_code == 0, result.output
        found = json.loads(result.stdout)
        jsonschema.validate(found, schema)
    assert found["tables"] == {"incident": 2, "source": 1}
    words = sarhad(*[word for word in asked if word != "--json"]).stdout
    assert "was there" in words
    assert "2 incident" in words


def test_the_rows_go_into_a_programme_with_their_sources(
    sarhad: Sarhad, server: Server, tmp_path: Path
) -> None:
    near = published.place(7, "Upper", 10.2, 40.1, people=700)
    published.put_places(server, [near])
    shutil.copytree(TINY, tmp_path / "mine")
    before = Programme.open(tmp_path / "mine")
    asked = (
        "fetch",
        "places",
        "-o",
        tmp_path / "got",
        "--programme",
        tmp_path / "mine",
        "--from",
        server.base,
    )
    for country in before["border"].loc[0, ["inside_country", "beyond_country"]]:
        published.put_units(server, country, "ADM1", [published.square("all", 9.0, 39.0, 12.0, 41.0)])
        published.put_units(server, country, "ADM2", [published.square("half", 9.0, 39.0, 12.0, 41.0)])
    result = sarhad(*asked, "--quiet")
    assert result.exit_code == 0, result.output
    after = Programme.open(tmp_path / "mine")
    assert set(after["settlement"]["id"]) == {*before["settlement"]["id"], "G7"}
    assert "DS-GEONAMES" in set(after["source"]["id"])
    assert after["district"]["id"].tolist() == before["district"]["id"].tolist()
    assert "--replace puts the 2 fetched ones in their place" in result.stdout
    assert [fault for fault in after.check() if fault.table in ("settlement", "source", "district")] == []
    again = sarhad(*asked, "--quiet")
    assert again.exit_code == 0, again.output
    assert Programme.open(tmp_path / "mine").data_hash == after.data_hash
    replaced = sarhad(*asked, "--quiet", "--replace")
    assert replaced.exit_code == 0, replaced.output
    assert Programme.open(tmp_path / "mine")["district"]["id"].tolist() == ["AAA-HALF", "BBB-HALF"]


def test_fetched_terrain_starts_a_programme_and_a_journey(
    sarhad: Sarhad, server: Server, tmp_path: Path
) -> None:
    published.put_terrain(
        server, {(40, 10): published.tile(40, 10, 100.0), (40, 11): published.tile(40, 11, 200.0)}
    )
    line, got = published.border(tmp_path / "line.geojson"), tmp_path / "got"
    asked = (
        "fetch",
        "terrain",
        "-o",
        got,
        "--border",
        line,
        "--margin-km",
        "20",
        "--from",
        server.base,
        "-q",
    )
    assert sarhad(*asked).exit_code == 0
    tiles = [word for tile in sorted(got.glob("*.tif")) for word in ("--terrain", tile)]
    made = sarhad("new", tmp_path / "mine", "--border", line, *tiles, "--corridor", "10")
    assert made.exit_code == 0, made.output
    assert len(Programme.open(tmp_path / "mine")["raster"]) == 2
    asked = ("travel", got / "terrain.vrt", "--from", "10.99,40.5", "--radius-km", "8", "-q", "--json")
    hours = sarhad(*asked, "-o", tmp_path / "hours.tif")
    assert hours.exit_code == 0, hours.output


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (("weather", "-o", "x", *BOX), 2, "Give one of terrain, osm, places, incidents"),
        (("terrain", "-o", "x"), 2, "where? Give --border"),
        (("terrain", "-o", "x", "--bbox", "1,2,3"), 2, "give four numbers"),
        (("terrain", "-o", "x", "--bbox", "a,b,c,d"), 2, "no list of numbers"),
        (("terrain", "-o", "x", *BOX, "--from", "here"), 2, "not an address"),
        (("terrain", "-o", "x", *BOX, "--from", "http://127.0.0.1:9"), 1, "seems to be offline"),
        (("terrain", "-o", str(TINY), *BOX), 2, "is a programme"),
    ],
)
def test_what_cannot_be_fetched_is_said(
    sarhad: Sarhad,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    status: int,
    text: str,
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.chdir(tmp_path)
    result = sarhad("fetch", *words, "--quiet")
    assert (result.exit_code, text in result.output) == (status, True), result.output


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent as POSIX does")
def test_ctrl_c_keeps_what_has_come(server: Server, tmp_path: Path) -> None:
    body = published.zipped("x.csv", published.EVENTS)
    server.put("/ged261-csv.zip", slow(body, 30.0), whole(body, etag='"slow"'))
    words = ["fetch", "incidents", "-o", str(tmp_path), *BOX, "--from", server.base]
    code = "from sarhad.cli import main; main()"
    ran = subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True)
    part = tmp_path / "ucdp_ged261.zip.part"
    until = time.monotonic() + 60.0
    while not (part.exists() and part.stat().st_size) and time.monotonic() < until:
        time.sleep(0.05)
    ran.send_signal(signal.SIGINT)
    _, told = ran.communicate(timeout=20)
    assert ran.returncode == 130
    assert "the same command goes on from there" in told
    assert part.stat().st_size == len(body) // 2
    assert not (tmp_path / "ucdp_ged261.zip").exists()
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert server.gets("/ged261-csv.zip")[1]["Range"] == f"bytes={len(body) // 2}-"
