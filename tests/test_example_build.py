"""The shipped example: whole, consistent, documented, licensed, and built again byte by byte where the data are."""

import hashlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

from sarhad import plugins
from sarhad.programme import Programme

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "examples" / "tajik-afghan"
NEVER = {"T09", "T11", "T12", "T13", "T14"}


@pytest.fixture(scope="module")
def prog() -> Programme:
    return Programme.open(FOLDER)


@pytest.fixture
def build(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    from build_tajik_afghan import build

    return build


def needs_data() -> Path:
    data = os.environ.get("SARHAD_DATA")
    if not data:
        pytest.skip(
            "SARHAD_DATA does not name a copy of the data folder; the shipped example is tested without it"
        )
    return Path(data)


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_building_again_gives_the_shipped_bytes(build, tmp_path):
    data = needs_data()
    build(data, tmp_path)
    shipped = files_in(FOLDER)
    del shipped["LICENSES.md"]
    built = files_in(tmp_path)
    assert sorted(built) == sorted(shipped)
    assert [name for name in built if built[name] != shipped[name]] == []


def test_a_table_with_an_undeclared_column_or_a_twin_is_refused(build, tmp_path):
    from tajik_afghan_build.tables import write_table

    row = {"group": "A", "measure_id": "M01", "is_assumption": True}
    with pytest.raises(
        ValueError, match=r"alternative A: undeclared columns \['colour'\], empty columns \[\]"
    ):
        write_table(tmp_path, "alternative", [row | {"colour": "red"}])
    with pytest.raises(ValueError, match=r"undeclared columns \[\], empty columns \['measure_id'\]"):
        write_table(tmp_path, "alternative", [row | {"measure_id": None}])
    with pytest.raises(ValueError, match="keys occur twice"):
        write_table(tmp_path, "alternative", [row, row])
    assert list(tmp_path.iterdir()) == []


def test_the_example_has_no_fault(prog):
    faults = prog.check()
    assert [fault for fault in faults if fault.severity != "notice"] == []
    assert [fault.column for fault in faults] == ["length_km"]  # official length beside the measured


def test_the_sections_cover_the_measured_line_without_a_gap(prog):
    line = prog["border"]["geometry"].iloc[0]
    assert len(line.coords) == 7351
    length_km = Geod(ellps="WGS84").geometry_length(line) / 1000
    assert length_km == pytest.approx(1343.956, abs=5e-4)
    sections = prog["section"].sort_values("chainage_from_km")
    assert sections["chainage_from_km"].iloc[0] == 0
    assert list(sections["chainage_from_km"][1:]) == list(sections["chainage_to_km"][:-1])
    assert sections["chainage_to_km"].iloc[-1] == pytest.approx(length_km, abs=5e-4)
    assert sections["judged_length_km"].sum() == pytest.approx(1344.15)


def test_sections_break_at_inside_districts(prog):
    districts = prog["district"].query("side == 'inside'")
    breaks = set(prog["section"]["chainage_to_km"]) - {1154.106}  # the land part begins within a district
    assert breaks <= set(districts["chainage_to_km"])


@pytest.mark.parametrize("side", ["inside", "beyond"])
def test_districts_of_a_side_cover_the_line(prog, side):
    districts = prog["district"]
    districts = districts[districts["side"] == side].sort_values("chainage_from_km")
    assert list(districts["chainage_from_km"][1:]) == list(districts["chainage_to_km"][:-1])
    assert (districts["chainage_from_km"].iloc[0], districts["chainage_to_km"].iloc[-1]) == (0, 1343.956)


def test_every_measure_is_a_candidate_or_says_why_not_also_in_the_docs(prog):
    measures = prog["measure"]
    page = (ROOT / "docs" / "example.md").read_text(encoding="utf-8")
    assert len(measures) == 44
    for row in measures.to_dict("records"):
        is_placed = row["site_rule"] != "none"
        assert is_placed == row["is_candidate"]
        word = "yes" if row["is_candidate"] else "no"
        assert f"| {row['id']} | {row['name_en']} | {word} | {row['candidate_reason']} |" in page


def test_every_candidate_does_something_or_is_needed(prog):
    candidates = set(prog["measure"].query("is_candidate")["id"])
    needed = {
        one
        for several in prog["prerequisite"].query("is_enforced")["requires_measure_ids"]
        for one in several
    }
    assert candidates == (set(prog["effect"]["measure_id"]) | needed)


def test_prerequisite_rows_hold_every_word_of_the_catalogue(prog):
    prerequisites = prog["prerequisite"]
    for row in prog["measure"].dropna(subset=["prerequisite_text"]).to_dict("records"):
        rest = row["prerequisite_text"]
        own = prerequisites[prerequisites["measure_id"] == row["id"]]
        for text in sorted(own["catalogue_text"], key=len, reverse=True):
            assert text in rest
            rest = rest.replace(text, "", 1)
        assert rest.strip(" ;") == "", row["id"]


def test_enforced_prerequisites_have_no_cycle(prog):
    needs = {}
    for row in prog["prerequisite"].query("is_enforced").to_dict("records"):
        needs.setdefault(row["measure_id"], set()).update(row["requires_measure_ids"])
    while needs:
        ready = [measure for measure in needs if not needs[measure] & set(needs)]
        assert ready, f"a cycle among {sorted(needs)}"
        for measure in ready:
            del needs[measure]


def test_every_effect_has_the_parameters_of_its_form(prog):
    forms = plugins.forms()
    parameters = prog["effect_parameter"]
    for effect in prog["effect"].to_dict("records"):
        own = parameters[parameters["effect_id"] == effect["id"]]
        assert dict(zip(own["name"], own["unit"], strict=True)) == dict(forms[effect["form"]].parameters)
    assert (parameters["low"] <= parameters["likely"]).all()
    assert (parameters["likely"] <= parameters["high"]).all()


@pytest.mark.parametrize("effect", ["M01-PATROL", "M02-PATROL"])
def test_random_search_of_the_watched_strip_gives_the_probability_of_the_catalogue(prog, effect):
    parameters = prog["effect_parameter"]
    own = parameters[parameters["effect_id"] == effect].set_index("name")
    measure = prog["measure"].set_index("id").loc[effect[:3]]
    strip_km = prog.setting("watch_depth_km")
    reach_km = own.loc["reach_km", "likely"]
    hours = strip_km / prog.setting("reference_speed_kmh")
    for level in ("low", "likely", "high"):
        swept = own.loc["sweep_width_km", level] * own.loc["speed_kmh", level] * own.loc["duty", level]
        p = 1 - np.exp(-swept * hours / (2 * reach_km * strip_km))
        assert p == pytest.approx(measure[f"detection_prob_{level}"], abs=0.01)


@pytest.mark.parametrize(
    "effect", ["M10-GATE", "M14-SIGHT", "M15-SIGHT", "M16-LINE", "M17-SIGHT", "M19-LINE", "M26-DRONE"]
)
def test_sensors_keep_the_probability_of_the_catalogue(prog, effect):
    own = prog["effect_parameter"].set_index(["effect_id", "name"]).loc[(effect, "p")]
    measure = prog["measure"].set_index("id").loc[effect[:3]]
    for level in ("low", "likely", "high"):
        assert own[level] == measure[f"detection_prob_{level}"]


def test_a_support_raises_what_it_supports_at_low_likely_and_high(prog):
    effects, parameters = prog["effect"], prog["effect_parameter"].set_index(["effect_id", "name"])
    for support in effects.query("form == 'support'").to_dict("records"):
        served = effects[effects["measure_id"].isin(support["supports_measure_ids"])]
        for effect in served.query("form not in ('support', 'prevention')").to_dict("records"):
            base = parameters.loc[(effect["id"], support["raises"])]
            level = parameters.loc[(support["id"], "level")]
            for name in ("low", "likely", "high"):
                assert base[name] < level[name]
            assert base["high"] < level["likely"]  # one at a time
            assert base["likely"] < level["low"]


def test_ordinary_life_and_people_seeking_safety_never_enter_the_value(prog):
    threats = prog["threat"].set_index("id")
    assert not threats.loc[sorted(NEVER), "enters_value"].any()
    assert threats.loc[sorted(NEVER), "rate"].isna().all()
    assert not set(prog["traffic"]["threat_id"]) & NEVER
    acted_on = {one for several in prog["effect"]["threat_ids"] for one in several}
    assert not acted_on & NEVER


def test_shares_add_up_to_one(prog):
    assert np.allclose(prog["traffic"].groupby("threat_id")["share"].sum(), 1.0)
    assert np.allclose(
        prog["calibration"].groupby("threat_id")["detected_share"].sum(), 1.0, rtol=0, atol=1e-9
    )
    placed = set(prog["threat"].query("enters_value")["id"])
    assert set(prog["traffic"]["threat_id"]) == placed


def test_the_money_is_the_illustrative_budget_of_payers_one_to_six(prog):
    budget = prog["budget"]
    within = budget.query("year <= 2029")
    assert within["amount_usd"].sum() == 200e6
    assert set(budget["partner_id"]) == {"P01", "P02", "P03", "P04", "P05", "P06"}
    by_partner = within.groupby("partner_id")["amount_usd"].sum() / 200e6
    assert by_partner.to_dict() == {"P01": 0.2, "P02": 0.5, "P03": 0.15, "P04": 0.1, "P05": 0.05, "P06": 0}
    assert within.groupby("year")["amount_usd"].sum().nunique() == 1
    assert budget["is_assumption"].all()


def test_every_candidate_category_has_payers_with_money_all_but_cyber_two(prog):
    rich = set(prog["budget"].query("amount_usd > 0")["partner_id"])
    pays = prog["eligibility"]
    payers = pays[pays["partner_id"].isin(rich)].groupby("category")["partner_id"].nunique()
    categories = set(prog["measure"].query("is_candidate")["category"])
    assert categories <= set(payers.index)
    assert set(payers[payers < 2].index) <= {"cyber"}


def test_price_years_are_in_the_index(prog):
    index = prog["price_index"].set_index("year")["index"]
    assert index[prog.setting("price_year")] == 1
    assert set(prog["measure"]["price_year"]) <= set(index.index)


def test_assumptions_are_reasoned_and_facts_are_sourced(prog):
    for name in prog.tables:
        frame = prog[name]
        if "is_assumption" in frame and not frame.empty:
            assert frame.loc[frame["is_assumption"], "reasoning"].notna().all(), name
            assert frame.loc[~frame["is_assumption"], "source_ids"].map(len).gt(0).all(), name


def test_rasters_are_unchanged(prog):
    for row in prog["raster"].to_dict("records"):
        assert hashlib.sha256(prog.raster(row["id"])).hexdigest() == row["sha256"]


def test_the_licence_of_every_open_data_file_is_named_with_its_credit(prog):
    page = (FOLDER / "LICENSES.md").read_text(encoding="utf-8")
    for name in ("border", "district", "section", "crossing", "road", "settlement", "river"):
        assert f"`{name}.csv`" in page
    for row in prog["source"].dropna(subset=["credit"]).to_dict("records"):
        assert row["licence"] in page
    odbl = set(prog["source"].query("licence == 'ODbL 1.0'")["id"])
    for name in ("border", "district", "section", "crossing", "road"):
        assert prog[name]["source_ids"].map(lambda ids: bool(odbl & set(ids))).all()
    for name in ("settlement", "river", "raster"):
        assert not prog[name]["source_ids"].map(lambda ids: bool(odbl & set(ids))).any()
