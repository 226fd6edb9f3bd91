from __future__ import annotations

import pytest

from sarhad.report.language import language
from sarhad.report.notices import said
from sarhad.workflow.planning import UNPRICED

KNOWN = (
    "3 items can never meet prerequisite M02-ROAD: no candidate M06 or M07 is in reach (I1, I2, I3)",
    "no item touches any path: nothing can change the value",
    "nothing is built: no item fits the money and the limits (the cheapest costs 12,000 usd)",
    "plan draft was dropped: the facts have changed and 2 of the items and partners it names no longer exist: I1, P09",
    UNPRICED,
)


@pytest.mark.parametrize("notice", KNOWN)
def test_a_notice_of_a_known_form_is_said_in_the_language(notice: str) -> None:
    english, is_english = said(language("en"), notice)
    assert english.casefold() == notice.casefold()
    arabic, is_still_english = said(language("ar"), notice)
    assert (is_english, is_still_english) == (False, False)
    assert arabic != english
    assert any("\u0600" <= letter <= "\u06ff" for letter in arabic)


def test_a_notice_of_another_form_stays_as_it_is_and_is_marked() -> None:
    assert said(language("ar"), "The moon is full.") == ("The moon is full.", True)
