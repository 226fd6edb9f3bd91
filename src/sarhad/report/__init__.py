"""The report: one page in a language, its figures and its tables as files."""

from __future__ import annotations

from sarhad.report.content import COLUMNS, Content, FinalYear, Ground, Headline, Identity, Relief, Spread
from sarhad.report.landscape import Landscape
from sarhad.report.language import language, languages
from sarhad.report.output import Written, write
from sarhad.report.timetable import Timetable

__all__ = [
    "COLUMNS",
    "Content",
    "FinalYear",
    "Ground",
    "Headline",
    "Identity",
    "Landscape",
    "Relief",
    "Spread",
    "Timetable",
    "Written",
    "language",
    "languages",
    "write",
]
