from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from sarhad.errors import SpecError
from sarhad.report.language import Language, language, languages

PACKAGE = Path(str(files("sarhad.report")))
METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext:babel_extract")]
GAP = re.compile(r"\{\w+\}")


def words_in_use() -> set[str]:
    found = extract_from_dir(
        PACKAGE, METHODS, options_map={"**.j2": {"silent": "false"}}, keywords={"say": None, "mark": None}
    )
    return {str(message) for _, _, message, _, _ in found}


@pytest.mark.parametrize("code", [code for code in languages() if code != "en"])
def test_a_catalogue_says_every_word_in_use_and_no_other(code: str) -> None:
    with (PACKAGE / "locale" / f"{code}.po").open("rb") as catalogue:
        messages = {str(m.id): m for m in read_po(catalogue) if m.id}
    assert set(messages) == words_in_use()
    assert not [m.id for m in messages.values() if not m.string or m.fuzzy]


@pytest.mark.parametrize("code", [code for code in languages() if code != "en"])
def test_a_translation_keeps_the_gaps(code: str) -> None:
    for english, said in language(code).words.items():
        assert sorted(GAP.findall(english)) == sorted(GAP.findall(said)), english


def test_english_and_arabic_are_there_and_others_are_refused() -> None:
    assert {"en", "ar"} <= set(languages())
    with pytest.raises(SpecError, match=r"language 'tlh': no catalogue"):
        language("tlh")


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (0, "0"),
        (1234567, "1,234,567"),
        (82.74, "82.7"),
        (0.05, "0.05"),
        (0.00123, "0.00123"),
        (-8, "-8"),
        (None, "–"),
    ],
)
def test_figures_have_three_digits_that_matter(x: float | None, said: str) -> None:
    assert language("en").figure(x) == said
    assert language("ar").figure(x).replace("\u200e", "") == said


@pytest.mark.parametrize(
    ("share", "said"), [(0.0449, "4.5%"), (0.309, "31%"), (0.0996, "10%"), (1.0, "100%"), (float("nan"), "–")]
)
def test_percent_has_a_digit_more_when_small(share: float, said: str) -> None:
    assert language("en").percent(share) == said
    assert language("ar").percent(share) == said


def test_money_quarters_and_days_are_said_in_the_language() -> None:
    english, arabic = language("en"), language("ar")
    assert english.money(12_345_678) == "M USD 12.3"
    assert arabic.money(12_345_678) == "12.3 مليون دولار"
    assert english.quarter("2025Q3") == "Q3 2025"
    assert arabic.quarter("2025Q3") == "الربع 3 من 2025"
    assert english.quarter(None) == "–"


def test_a_row_without_a_name_in_the_language_keeps_its_english_one() -> None:
    row = {"name_en": "Camera line", "name_ar": None}
    assert language("ar").name(row) == "Camera line"
    assert Language("tg", {}).name(row) == "Camera line"
