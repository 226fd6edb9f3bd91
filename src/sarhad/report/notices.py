"""What a search tells a person, said in the language of the page where its form is known."""

from __future__ import annotations

import re
from functools import lru_cache

from sarhad.report.language import Language, mark

GAP = re.compile(r"\\{(\w+)\\}")

FORMS = (
    mark("{number} items can never meet prerequisite {row}: no candidate {what} is in reach ({items})"),
    mark("no item touches any path: nothing can change the value"),
    mark("no plan was found that holds all locked items and keeps every limit"),
    mark("nothing is built: no item fits the money and the limits (the cheapest costs {usd} usd)"),
    mark("interrupted: the plan is kept, the marginal values of its items are blank; plan again for them"),
    mark(
        "plan {plan} was dropped: the facts have changed and {number} of the items and partners it names no longer "
        "exist: {items}"
    ),
)  # fmt: skip


def said(language: Language, notice: str) -> tuple[str, bool]:
    """Return a notice in the language, and whether it still is the English of the search."""
    for form in FORMS:
        found = _pattern(form).fullmatch(notice)
        if found:
            text = language.say(form, **found.groupdict()) if found.groupdict() else language.say(form)
            return text[:1].upper() + text[1:], False
    return notice, True


@lru_cache(maxsize=len(FORMS))
def _pattern(form: str) -> re.Pattern[str]:
    """Return what finds the gaps of a form."""
    return re.compile(GAP.sub(r"(?P<\1>.+?)", re.escape(form)))
