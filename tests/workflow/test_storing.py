"""`check` of a programme whose facts have changed since its tables were derived."""

from __future__ import annotations

from pathlib import Path

import pytest

from sarhad.programme import Programme
from sarhad.workflow.prepare import prepare
from sarhad.workflow.storing import check_programme


@pytest.fixture(scope="module")
def prepared(tiny: Programme) -> Programme:
    return prepare(tiny).prog


def without_mast(prog: Programme) -> Programme:
    """Take the measure M7 out of the facts; the derived tables still name it."""
    found = {name: prog[name] for name in ("measure", "effect", "alternative", "effect_parameter")}
    found["measure"] = found["measure"].query("id != 'M7'")
    found["effect"] = found["effect"].query("measure_id != 'M7'")
    found["alternative"] = found["alternative"].query("measure_id != 'M7'")
    found["effect_parameter"] = found["effect_parameter"].query("effect_id != 'M7-SEE'")
    return prog.with_changes(found)


@pytest.mark.parametrize("form", ["tiny", "tiny.gpkg"])
def test_tables_made_from_other_facts_are_a_notice_and_no_fault(
    prepared: Programme, tmp_path: Path, form: str
) -> None:
    without_mast(prepared).save(tmp_path / form)
    found = check_programme(tmp_path / form).payload
    assert found["errors"] == 0
    assert "were made from other facts than these" in found["faults"][-1]["text"]


def test_a_programme_whose_tables_are_current_is_checked_whole(prepared: Programme, tmp_path: Path) -> None:
    items = prepared["item"]
    items.loc[items["id"] == items["id"].iloc[0], "site_id"] = "NOWHERE"
    prepared.adopt({"item": items}).save(tmp_path / "tiny")
    found = check_programme(tmp_path / "tiny").payload
    assert [(fault["table"], fault["value"]) for fault in found["faults"]] == [("item", "NOWHERE")]


def test_faults_of_the_facts_are_found_beside_stale_tables(prepared: Programme, tmp_path: Path) -> None:
    without_mast(prepared).save(tmp_path / "tiny")
    measures = tmp_path / "tiny" / "measure.csv"
    measures.write_text(measures.read_text(encoding="utf-8").replace("300000", "-5", 1), encoding="utf-8")
    faults = check_programme(tmp_path / "tiny").payload["faults"]
    assert ("measure", "-5", "error") in {(f["table"], f["value"], f["severity"]) for f in faults}
