"""The words and numbers of a report in one language: gettext catalogues and Babel, digits always 0-9."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pandas as pd
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from sarhad.errors import SpecError

SOURCE = "en"
LOCALES: Mapping[str, str] = {"en": "en_GB"}
RIGHT_TO_LEFT = frozenset({"ar", "fa", "prs"})
SELF_NAMES: Mapping[str, str] = {
    "en": "English",
    "ar": "العربية",
    "ru": "Русский",
    "tg": "Тоҷикӣ",
    "fa": "دری",
}
QUARTER = re.compile(r"(\d{4})Q([1-4])")
MILLION = 1e6


def mark(text: str) -> str:
    """Return the text unchanged; marks it for the catalogues where it is only said later."""
    return text


@dataclass(frozen=True)
class Language:
    """How to say things in one language.

    Parameters
    ----------
    code
        Language code, ``en`` or the name of a catalogue.
    words
        Translation of each English text.
    """

    code: str
    words: Mapping[str, str]

    @property
    def is_rtl(self) -> bool:
        """Is it written from right to left."""
        return self.code in RIGHT_TO_LEFT

    @property
    def direction(self) -> str:
        """Return ``rtl`` or ``ltr``."""
        return "rtl" if self.is_rtl else "ltr"

    @property
    def locale(self) -> str:
        """Return the locale whose separators and dates are used."""
        return LOCALES.get(self.code, self.code)

    @property
    def suffix(self) -> str:
        """Return what file names of this language bear before their ending."""
        return "" if self.code == SOURCE else f".{self.code}"

    @property
    def self_name(self) -> str:
        """Return what the language calls itself."""
        return SELF_NAMES.get(self.code, self.code)

    def say(self, text: str, **values: object) -> str:
        """Return the text in this language, its ``{named}`` gaps filled."""
        said = self.words.get(text, text)
        return said.format(**values) if values else said

    def number(self, x: float | None, digits: int = 0) -> str:
        """Return a number with this locale's separators, a dash where it is missing."""
        if x is None or pd.isna(x):
            return "–"
        rounded = round(float(x), digits) + 0.0  # no minus zero
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return _decimal(rounded, pattern, self.locale)

    def figure(self, x: float | None) -> str:
        """Return a number with as many digits as its size deserves: three significant, whole above 100."""
        if x is None or pd.isna(x):
            return "–"
        size = abs(float(x))
        digits = 0 if size >= 100 or size == 0 else min(6, 2 - math.floor(math.log10(size)))
        rounded = round(float(x), digits) + 0.0  # no minus zero
        return _decimal(rounded, "#,##0." + "#" * digits, self.locale)

    def percent(self, share: float | None, digits: int | None = None) -> str:
        """Return a share [0..1] as a percentage; one digit below 10 % unless told otherwise."""
        if share is None or pd.isna(share):
            return "–"
        if digits is None:
            digits = 1 if abs(share) < 0.0995 else 0
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
        said = str(format_percent(round(float(share), digits + 2) + 0.0, format=pattern, locale=self.locale))
        return re.sub("[\u200e\u200f\u061c]", "", said)

    def millions(self, usd: float | None, digits: int = 2) -> str:
        """Return dollars as millions, without the unit."""
        return "–" if usd is None or pd.isna(usd) else self.number(float(usd) / MILLION, digits)

    def money(self, usd: float | None, digits: int = 1) -> str:
        """Return dollars as millions, with the unit."""
        return self.say("M USD {number}", number=self.millions(usd, digits))

    def quarter(self, name: object) -> str:
        """Return ``2025Q1`` as this language writes it, a dash where it is missing."""
        if not isinstance(name, str):
            return "–"
        found = QUARTER.fullmatch(name)
        if not found:
            return name
        return self.say("Q{quarter} {year}", quarter=found[2], year=found[1])

    def date(self, day: date) -> str:
        """Return a day in words."""
        return str(format_date(day, format="long", locale=self.locale))

    def count_name(self, code: str) -> str:
        """Return what a size of the model counts."""
        return self.say(COUNTS.get(code, code.replace("_", " ")))

    def listed(self, words: Iterable[str]) -> str:
        """Return words in a row, with the comma of this language between them."""
        return self.say(", ").join(words)

    def name(self, row: Mapping[Any, Any]) -> str:
        """Return the name of a row in this language, its English name where there is none."""
        said = row.get(f"name_{self.code}")
        return said if isinstance(said, str) and said else str(row["name_en"])

    def names(self, frame: pd.DataFrame, key: str) -> dict[str, str]:
        """Return the name of every row by its key."""
        return {str(row[key]): self.name(row) for row in frame.to_dict("records")}

    def category(self, code: str) -> str:
        """Return a category of measures in words."""
        return self.say(CATEGORIES.get(code, code.replace("_", " ").capitalize()))

    def status(self, code: str) -> str:
        """Return the status of a plan in words."""
        return self.say(STATUSES.get(code, code))


@lru_cache(maxsize=8192)
def _decimal(x: float, pattern: str, locale: str) -> str:
    """Return a number in a pattern of CLDR; axes ask for the same ones again and again."""
    return str(format_decimal(x, format=pattern, locale=locale))


CATEGORIES: Mapping[str, str] = {
    "infrastructure": mark("Infrastructure"),
    "crossing_point": mark("Crossing points"),
    "coordination": mark("Coordination"),
    "surveillance": mark("Surveillance"),
    "barrier": mark("Barriers"),
    "enabling": mark("Enabling works"),
    "mobility": mark("Mobility"),
    "communications": mark("Communications"),
    "capacity": mark("Training"),
    "cyber": mark("Cyber security"),
    "community": mark("Communities"),
    "sustainment": mark("Upkeep and supply"),
}
COUNTS: Mapping[str, str] = {
    "sections": mark("sections"),
    "segments": mark("segments"),
    "nodes": mark("nodes"),
    "edges": mark("edges"),
    "items": mark("candidate items"),
    "scenarios": mark("scenarios"),
    "threats": mark("threats"),
    "movers": mark("movers"),
    "partners": mark("partners"),
    "quarters": mark("quarters"),
}
STATUSES: Mapping[str, str] = {
    "optimal": mark("proved best within the stated gap"),
    "feasible": mark("feasible; a better plan may exist within the gap"),
    "infeasible": mark("no plan keeps all the limits"),
    "unknown": mark("no plan found in the time given"),
}


def languages() -> tuple[str, ...]:
    """Return the codes of the languages a report can be written in."""
    catalogues = (files("sarhad.report") / "locale").iterdir()
    return (SOURCE, *sorted(c.name.removesuffix(".po") for c in catalogues if c.name.endswith(".po")))


@lru_cache(maxsize=8)
def language(code: str) -> Language:
    """Return a language by its code.

    Raises
    ------
    SpecError
        If there is no catalogue for it.
    """
    if code not in languages():
        raise SpecError(f"language {code!r}: no catalogue. Choose one of {', '.join(languages())}.")
    if code == SOURCE:
        return Language(code, {})
    with (files("sarhad.report") / "locale" / f"{code}.po").open("rb") as catalogue:
        messages = read_po(catalogue, locale=code)
    return Language(code, {str(m.id): str(m.string) for m in messages if m.id and m.string})
