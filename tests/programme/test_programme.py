"""The programme itself: frozen, typed, described, hashed; and its folder, dictionary and quarters."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from sarhad.errors import DataError, SpecError
from sarhad.programme import Programme, Quarter, declared, first_open, horizon, inspect
from sarhad.programme.describe import assumed_share, numbers_in_use
from sarhad.programme.values import parse

ROOT = Path(__file__).parents[2]


def test_nothing_about_a_programme_can_be_changed(tiny: Programme) -> None:
    frame = tiny["measure"]
    frame["name_en"] = "changed"
    assert (tiny["measure"]["name_en"] != "changed").all()
    with pytest.raises(AttributeError, match="never changes"):
        tiny.data = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        tiny.meta["name"] = "other"  # type: ignore[index]


def test_frames_have_the_declared_types(tiny: Programme) -> None:
    measures = tiny["measure"]
    assert measures["id"].dtype == "str"
    assert measures["annual_cost_usd"].dtype == "float64"
    assert measures["price_year"].dtype == "int64"
    assert measures["is_candidate"].dtype == "bool"
    assert measures["needs_river"].dtype == "bool"
    assert measures["threat_ids"].tolist()[5] == ("DRUGS", "NET")
    assert measures["threat_ids"].tolist()[3] == ()
    assert tiny["settlement"]["population"].dtype == "Int64"


def test_settings_are_typed_and_fall_back_on_the_declared_default(tiny: Programme) -> None:
    assert tiny.setting("status_date") == date(2025, 1, 1)
    assert tiny.setting("cell_m") == 500.0
    assert tiny.setting("horizon_quarters") == 8
    assert tiny.setting("refraction") == 0.13
    with pytest.raises(SpecError, match=r"there is no setting 'cell'. Settings: .*cell_m"):
        tiny.setting("cell")


def test_unknown_tables_and_rasters_are_named(tiny: Programme) -> None:
    with pytest.raises(SpecError, match="there is no table 'sites'"):
        tiny["sites"]
    with pytest.raises(DataError, match="raster: 'dem' is not there"):
        tiny.raster("dem")
    assert tiny.raster("HILLS")[:2] == b"II"


def test_the_hash_follows_facts_and_rasters_only(tiny: Programme) -> None:
    run = pd.DataFrame(
        [
            {
                "id": "R1",
                "verb": "plan",
                "data_hash": "x",
                "version": "0",
                "at_utc": "2025-01-01T00:00:00+00:00",
            }
        ]
    )
    assert tiny.adopt({"run": run}).data_hash == tiny.data_hash
    facts = tiny["fact"].assign(value="other")
    assert tiny.with_changes({"fact": facts}).data_hash != tiny.data_hash
    frames = {name: tiny[name] for name in tiny.tables}
    assert Programme.of(tiny.meta, frames, {"hills.tif": b"x"}).data_hash != tiny.data_hash


def test_describe_counts_and_measures(tiny: Programme) -> None:
    found = tiny.describe()
    counts = {
        name: found[name] for name in ("sections", "threats", "movers", "partners", "quarters", "segments")
    }
    assert counts == {"sections": 2, "threats": 3, "movers": 2, "partners": 2, "quarters": 8, "segments": 0}
    assert found["border_length_km"] == 62.9
    assert found["official_length_km"] == 62.9


def test_assumed_share_counts_numbers_in_use() -> None:
    # one candidate: 3 capital numbers sourced, 1 annual assumed, 3 durations mixed -> 4 of 7 assumed;
    # the other measure is no candidate and does not count; one setting of a choice, not assumed -> 4 of 8
    table = declared().table("measure")
    blank = dict.fromkeys(table.by_name)
    money = {
        "capital_low_usd": 1.0,
        "capital_likely_usd": 2.0,
        "capital_high_usd": 3.0,
        "annual_cost_usd": 1.0,
    }
    months = {"duration_low_months": 1.0, "duration_likely_months": 2.0, "duration_high_months": 3.0}
    bases = {"capital_basis": "sourced", "annual_basis": "assumed", "duration_basis": "mixed"}
    row = {
        **blank,
        **money,
        **months,
        **bases,
        "id": "M1",
        "is_candidate": True,
        "is_assumption": True,
        "price_year": 2025,
    }
    measures = pd.DataFrame([row, {**row, "id": "M2", "is_candidate": False}])
    setting = pd.DataFrame([{"id": "cell_m", "value": "500", "is_assumption": False}])
    assert assumed_share(Programme.of({"name": "x"}, {"measure": measures, "setting": setting})) == 0.5


@pytest.mark.parametrize(
    ("table", "column", "value", "counts"),
    [
        ("measure", "detection_prob_low", None, False),  # of the catalogue, shown for comparison only
        ("measure", "detection_range_km", None, False),
        ("measure", "units_per_site", None, True),
        ("measure", "site_spacing_km", None, True),
        ("prerequisite", "reach_km", None, True),
        ("prerequisite", "is_enforced", False, True),  # its reach is no longer in use
        ("settlement", "population", None, True),
        ("threat", "enters_value", False, True),
        ("border", "length_km", None, False),
        ("budget", "year", 2027, False),
    ],
)
def test_a_number_counts_as_in_use_where_a_model_reads_it(
    tiny: Programme, table: str, column: str, value: object, counts: bool
) -> None:
    frame = tiny[table]
    frame[column] = pd.Series([value] * len(frame), dtype=object)
    changed = tiny.with_changes({table: frame})
    assert (numbers_in_use(changed) != numbers_in_use(tiny)) == counts


def test_populations_from_a_source_lower_the_assumed_share(tiny: Programme) -> None:
    sourced = tiny["settlement"].assign(is_assumption=False, source_ids=[("S",)] * len(tiny["settlement"]))
    assert assumed_share(tiny.with_changes({"settlement": sourced})) < assumed_share(tiny)


def test_given_numbers_that_no_model_reads_are_these() -> None:
    idle = {
        f"{table.name}.{column.name}"
        for table in declared().tables.values()
        for column in table.columns
        if table.is_given and column.type in ("number", "integer") and not column.assumed_by
    }
    shown_beside = {"border.length_km", "section.judged_length_km", "partner.contribution_usd"}
    say_which_row = {"budget.year", "price_index.year", "measure.price_year", "raster.priority"}
    say_which_row |= {f"pledge.{name}" for name in ("year", "usable_from_year", "usable_to_year")}
    compared = {f"measure.detection_{name}" for name in ("range_km", "prob_low", "prob_likely", "prob_high")}
    only_tried = {"what_if.amount"}  # no plan rests on it
    assert idle == shown_beside | say_which_row | compared | only_tried


def test_line_asks_for_exactly_one(tiny: Programme) -> None:
    assert tiny.line().coords[0] == (10.0, 40.0)
    with pytest.raises(DataError, match="border: 0 lines"):
        tiny.with_changes({"border": tiny["border"].iloc[:0]}).line()


def test_a_folder_keeps_files_that_are_not_ours_and_drops_tables_that_are_gone(
    tiny: Programme, tmp_path: Path
) -> None:
    tiny.save(tmp_path / "p")
    (tmp_path / "p" / "LICENSES.md").write_text("CC0")
    (tmp_path / "p" / "notes").mkdir()
    (tmp_path / "p" / "notes" / "a.txt").write_text("note")
    tiny.with_changes({"fact": tiny["fact"].iloc[:0]}).save(tmp_path / "p")
    assert (tmp_path / "p" / "LICENSES.md").read_text() == "CC0"
    assert (tmp_path / "p" / "notes" / "a.txt").read_text() == "note"
    assert not (tmp_path / "p" / "fact.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_unpacking_leaves_csv_files_alone_that_are_no_table(tiny: Programme, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    tiny.save(folder)
    (folder / "mynotes.csv").write_text("who,what\nme,call\n")
    tiny.save(folder)
    assert (folder / "mynotes.csv").read_text() == "who,what\nme,call\n"
    assert Programme.open(folder).data_hash == tiny.data_hash
    notices = [fault for fault in inspect(folder) if fault.severity == "notice"]
    assert [str(fault) for fault in notices] == [
        "mynotes.csv: is not a table of a programme. It is not read; saving here leaves it alone."
    ]


@pytest.mark.parametrize("name", ["real", "real.gpkg"])
def test_a_save_through_a_link_writes_what_the_link_names(tiny: Programme, tmp_path: Path, name: str) -> None:
    (tmp_path / "disk").mkdir()
    real, link = tmp_path / "disk" / name, tmp_path / f"link{Path(name).suffix}"
    if real.suffix:
        real.touch()
    else:
        real.mkdir()
    link.symlink_to(real)
    for _ in range(2):  # into the empty target, then over the programme
        tiny.save(link)
        assert link.is_symlink()
        assert Programme.open(real).data_hash == tiny.data_hash
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", link.name]


def test_a_folder_is_replaced_where_the_system_cannot_exchange_two(
    tiny: Programme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sarhad.programme.folder._exchange", lambda one, other: False)
    tiny.save(tmp_path / "p")
    changed = tiny.with_changes({"fact": tiny["fact"].assign(value="1")})
    changed.save(tmp_path / "p")
    assert Programme.open(tmp_path / "p").data_hash == changed.data_hash
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_a_folder_that_cannot_be_completed_stays_as_it_was(
    tiny: Programme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.save(tmp_path / "p")
    before = {path.name: path.read_bytes() for path in (tmp_path / "p").glob("*.*")}

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sarhad.programme.folder._write", full)
    from sarhad.errors import StoreError

    with pytest.raises(StoreError, match="No space left on device"):
        tiny.save(tmp_path / "p")
    assert {path.name: path.read_bytes() for path in (tmp_path / "p").glob("*.*")} == before
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_every_reference_default_and_writer_of_the_dictionary_holds() -> None:
    tables = declared().tables
    for table in tables.values():
        assert table.keys, table.name
        assert len({column.writer for column in table.columns}) == 1, table.name
        for column in table.columns:
            assert column.description
            if column.references:
                assert column.references[1] in tables[column.references[0]].by_name
            if column.default:
                parse(column.type, column.default)
            if column.assumed_by:
                told = table.by_name[column.assumed_by]
                assert told.type == "boolean" or "mixed" in told.choices, column.name
        if table.is_given and table.name != "source":
            assert table.has_provenance, table.name
    for setting in declared().settings.values():
        parse(setting.type, setting.default)


def test_the_page_of_the_dictionary_is_current() -> None:
    from sarhad.programme.page import dictionary_page

    page = ROOT / "docs" / "data_dictionary.md"
    assert page.read_text("utf-8") == dictionary_page(), "write it again: python -m sarhad.programme.page"


def test_the_page_of_the_programme_names_every_check() -> None:
    from sarhad.programme.checks.run import CHECKS

    text = (ROOT / "docs" / "programme.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", text))
    assert {check.__name__.strip("_") for check in CHECKS} <= named


def test_quarters_follow_each_other(tiny: Programme) -> None:
    assert [str(quarter) for quarter in horizon(tiny)] == [
        f"{y}Q{q}" for y in (2025, 2026) for q in (1, 2, 3, 4)
    ]
    assert Quarter.of(date(2025, 8, 15)) == Quarter.parse("2025Q3")
    assert Quarter(2025, 4).plus(1) == Quarter(2026, 1)
    assert Quarter(2025, 1).plus(-1) == Quarter(2024, 4)
    with pytest.raises(SpecError, match=r"is not a quarter. Write it as 2025Q1"):
        Quarter.parse("2025-1")


@pytest.mark.parametrize(
    ("status", "index"), [("2025-01-01", 0), ("2025-01-02", 1), ("2026-11-01", 8), ("2024-06-01", 0)]
)
def test_work_starts_in_the_first_quarter_after_the_status_date(
    tiny: Programme, status: str, index: int
) -> None:
    settings = tiny["setting"]
    settings.loc[settings["id"] == "status_date", "value"] = status
    assert first_open(tiny.with_changes({"setting": settings})) == index
