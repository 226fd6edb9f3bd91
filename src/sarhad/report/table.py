"""A table of the report: its columns with their units, its rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import pandas as pd

from sarhad.report.language import Language


class Kind(Enum):
    """How the values of a column are written on the page."""

    TEXT = "text"
    DATA_TEXT = "data_text"  # words of a row of data: English whatever the page
    CODE = "code"
    COUNT = "count"
    FIGURE = "figure"
    KM = "km"
    USD = "usd"
    SHARE = "share"
    YEAR = "year"
    QUARTER = "quarter"
    TRUTH = "truth"
    LINK = "link"

    @property
    def is_number(self) -> bool:
        """Is it aligned as a number."""
        return self in {Kind.COUNT, Kind.FIGURE, Kind.KM, Kind.USD, Kind.SHARE, Kind.YEAR}


@dataclass(frozen=True)
class Column:
    """A column: its key in the frame, its heading, how it is written, its unit, is it on the page too."""

    key: str
    heading: str
    kind: Kind
    unit: str = ""
    on_page: bool = True


@dataclass(frozen=True)
class Table:
    """A table: id (also the sheet of the workbook), caption, columns, rows."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    frame: pd.DataFrame

    def only(self, rows: pd.DataFrame, *, caption: str | None = None, without: tuple[str, ...] = ()) -> Table:
        """Return the same table with other rows and fewer columns."""
        columns = tuple(c for c in self.columns if c.key not in without)
        return Table(self.id, caption or self.caption, columns, rows)


def named(frame: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return the frame with one column ``name`` in the language."""
    return frame.assign(name=[language.name(row) for row in frame.to_dict("records")])
