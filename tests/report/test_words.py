from __future__ import annotations

import pytest

from sarhad.measures.forms import Barrier, Gate, LineOfSight, Patrol, Prevention, Support
from sarhad.programme import declared
from sarhad.report import words
from sarhad.report.language import language
from sarhad.workflow.varied import WHY

FORMS = (Barrier, Gate, LineOfSight, Patrol, Prevention, Support)


def test_every_setting_table_and_parameter_has_a_word() -> None:
    assert set(words.SETTINGS) == set(declared().settings)
    assert set(WHY) <= set(words.TABLES)
    assert {name for form in FORMS for name in form.parameters} <= set(words.ASSUMED)
    units = {unit for form in FORMS for unit in form.parameters.values()}
    assert units | {setting.unit for setting in declared().settings.values()} - {""} <= set(words.UNITS)


@pytest.mark.parametrize(
    ("row", "english", "arabic"),
    [
        (
            {"what": "p", "subject_id": "M17", "name_en": "Radar", "name_ar": "رادار"},
            "M17 Radar: chance of detection",
            "رادار (M17): احتمال الكشف",
        ),
        (
            {"what": "refraction", "subject_id": None, "name_en": None, "name_ar": None, "name": "x"},
            "Refraction in the line of sight",
            "الانكسار في خط النظر",
        ),
    ],
)
def test_an_assumption_is_named_in_the_language(row: dict[str, str], english: str, arabic: str) -> None:
    assert words.assumption(language("en"), row) == english
    assert words.assumption(language("ar"), row) == arabic


def test_countries_and_regions_have_names_and_unknown_ones_keep_their_code() -> None:
    assert words.country(language("en"), "TJK") == "Tajikistan"
    assert words.country(language("ar"), "AFG") == "أفغانستان"
    assert words.country(language("en"), "???") == ""
    assert words.region(language("en"), "TJ-KT") == "Khatlon"
    assert words.region(language("en"), "R1") == "R1"
    assert words.unit(language("en"), "1", "duty") == "share of 1"
    assert words.unit(language("en"), "") == "–"
