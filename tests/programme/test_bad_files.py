"""Files that cannot be read: each gives one clear message with a remedy, in the folder and in the .gpkg."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from sarhad.errors import DataError, StoreError
from sarhad.programme import Programme, inspect

TINY = Path(__file__).parents[1] / "data" / "tiny"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


@pytest.fixture
def packed(tiny: Programme, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gpkg"
    tiny.save(path)
    return path


def edited(table: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / table
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return edit


def recoded(table: str, encoding: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / table
        path.write_bytes(path.read_text("utf-8").replace("Upper West", "Верхний Запад").encode(encoding))

    return edit


def semicolons(folder: Path) -> None:
    path = folder / "traffic.csv"
    path.write_text(path.read_text("utf-8").replace(",", ";"), "utf-8")


def doubled(folder: Path) -> None:
    path = folder / "traffic.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", "utf-8")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (recoded("partner.csv", "utf-8-sig"), r"partner\.csv: starts with a byte order mark.*without BOM"),
        (recoded("settlement.csv", "utf-16"), r"settlement\.csv: is UTF-16.*UTF-8"),
        (semicolons, r"traffic\.csv: has semicolons between its columns\. Save it with commas"),
        (
            edited("traffic.csv", "share", "part"),
            r"traffic\.part: is not a column.*\n?.*traffic\.share: is missing",
        ),
        (
            edited("traffic.csv", "0.7", "70%"),
            r"traffic\.share, row DRUGS-FOOT: 70% is not a number.*80% is 0\.8",
        ),
        (edited("traffic.csv", "0.7", "NaN"), r"traffic\.share, row DRUGS-FOOT: NaN is not a number.*blank"),
        (doubled, r"traffic\.id, row DRUGS-FOOT: DRUGS-FOOT is given more than once.*unique"),
        (edited("traffic.csv", "0.7,", "0.7,,"), r"traffic, row line 2: has 8 cells where the header has 7"),
        (edited("section.csv", "Valley", '"Valley'), r"section\.csv: is not proper CSV.*Close every quote"),
        (edited("crossing.csv", "POINT", "LINESTRING"), r"crossing\.geometry, row BRIDGE: LINESTRING"),
        (
            lambda f: (f / "trafic.csv").write_text("id\n"),
            r"trafic\.csv: is not a table of a programme.*traffic",
        ),
        (
            edited("programme.toml", "cell_m", "cel_m"),
            r"setting\.id, row cel_m: cel_m is not a declared setting.*cell_m",
        ),
        (
            edited("programme.toml", "value = 500.0", "value = 0.5"),
            r"cell_m: 0\.5 is not in 10\.\.2000.*Kilometres\? Multiply by 1000",
        ),
        (edited("programme.toml", "value = 500.0", 'value = "x"'), r"cell_m: x is not a number"),
        (
            edited("programme.toml", "title_en", "title-en"),
            r"title-en: Tiny border is not a field of \[programme\]",
        ),
    ],
)
def test_a_folder_with_a_fault_is_refused(folder: Path, edit: Callable[[Path], None], message: str) -> None:
    edit(folder)
    with pytest.raises(DataError, match=f"(?s){message}"):
        Programme.open(folder)


def test_a_cyrillic_windows_file_is_named_with_line_and_code_page(folder: Path) -> None:
    path = folder / "settlement.csv"
    path.write_bytes(path.read_text("utf-8").replace("Upper West", "Верхний Запад").encode("cp1251"))
    with pytest.raises(
        DataError, match=r"settlement\.csv: is not UTF-8 \(byte 0xc2 on line 2\).*cp1251.*UTF-8\."
    ):
        Programme.open(folder)


def test_all_faults_are_named_at_once(folder: Path) -> None:
    for edit in (
        semicolons,
        edited("crossing.csv", "POINT", "LINESTRING"),
        edited("programme.toml", "cell_m", "x"),
    ):
        edit(folder)
    with pytest.raises(DataError) as caught:
        Programme.open(folder)
    for place in ("traffic.csv", "crossing.geometry", "setting.id"):
        assert place in str(caught.value)
    assert caught.value.table


def test_inspect_names_faults_of_reading_and_of_content_together(folder: Path) -> None:
    edited("crossing.csv", "POINT", "LINESTRING")(folder)
    edited("coverage.csv", "0.08", "8")(folder)
    places = {fault.place for fault in inspect(folder)}
    assert {"crossing.geometry", "coverage.detection"} <= places


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema_version = 1", "newer sarhad.*Update sarhad"),
        ("[programme]", "not proper TOML"),
    ],
)
def test_a_head_that_cannot_be_read_is_a_store_error(folder: Path, text: str, message: str) -> None:
    edited("programme.toml", text, {"schema_version = 1": "schema_version = 9"}.get(text, "[programme"))(
        folder
    )
    with pytest.raises(StoreError, match=message):
        Programme.open(folder)


def test_a_path_without_a_programme_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"does not exist. Name a programme folder"):
        Programme.open(tmp_path / "none")
    with pytest.raises(StoreError, match=r"has no programme\.toml"):
        Programme.open(tmp_path)
    (tmp_path / "text.gpkg").write_text("hello")
    with pytest.raises(StoreError, match="is not a GeoPackage"):
        Programme.open(tmp_path / "text.gpkg")
    sqlite3.connect(tmp_path / "other.gpkg").execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(StoreError, match="without a programme"):
        Programme.open(tmp_path / "other.gpkg")


def test_a_newer_file_is_refused_for_reading_and_for_writing(tiny: Programme, packed: Path) -> None:
    change(packed, "UPDATE programme_meta SET value = '2' WHERE field = 'schema_version'")
    with pytest.raises(StoreError, match=r"newer sarhad \(schema version 2; this one reads up to 1\)"):
        Programme.open(packed)
    before = packed.read_bytes()
    with pytest.raises(StoreError, match=r"will not write over this file.*newer sarhad") as caught:
        tiny.save(packed)
    assert caught.value.is_output
    assert packed.read_bytes() == before


@pytest.mark.parametrize("start", [100, 20_000, 100_000, 300_000])
def test_a_damaged_file_is_refused(packed: Path, start: int) -> None:
    data = bytearray(packed.read_bytes())
    data[start : start + 20_000] = b"\xa5" * 20_000
    packed.write_bytes(data)
    with pytest.raises(StoreError, match=r"(damaged|cannot be read).*(copy|wrote)"):
        Programme.open(packed)


def test_a_truncated_file_is_refused(packed: Path) -> None:
    packed.write_bytes(packed.read_bytes()[:200_000])
    with pytest.raises(StoreError, match=r"restore|Restore"):
        Programme.open(packed)


def test_an_altered_raster_in_the_file_is_refused(packed: Path) -> None:
    change(packed, "UPDATE raster_file SET content = x'00'")
    with pytest.raises(DataError, match="is not the raster that was packed"):
        Programme.open(packed)


@pytest.mark.parametrize("name", ["x.gpkg", "x"])
def test_output_that_cannot_be_written_is_a_usage_error_and_leaves_nothing(
    tiny: Programme, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot write") as caught:
        tiny.save(tmp_path / "file" / name)
    assert caught.value.is_output
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["photo.gpkg", "photos"])
def test_other_content_is_never_written_over(tiny: Programme, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix:
        path.write_text("not ours")
    else:
        path.mkdir()
        (path / "cat.jpg").write_text("not ours")
    with pytest.raises(StoreError, match="is not a") as caught:
        tiny.save(path)
    assert caught.value.is_output
    assert "not ours" in (path if path.is_file() else path / "cat.jpg").read_text()


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()
