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
    """A column of a table.

    Parameters
    ----------
    key, heading, kind, unit
        Its key in the frame, its heading, how it is written, its unit.
    on_page
        Is it on the page, not in the workbook alone.
    under
        Key of a column whose words stand small below its own on the page; these are words of the data.
    unit_of
        Key of a column whose words stand behind the number on the page.
    """

    key: str
    heading: str
    kind: Kind
    unit: str = ""
    on_page: bool = True
    under: str = ""
    unit_of: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Parameters
    ----------
    id, caption, columns, frame
        Id (also the sheet of the workbook), caption, columns, rows.
    quiet
        Key of a column that is true where a row says nothing: the workbook has it, the page only counts it.
    note
        What the page says of these rows, with a gap for their ``{number}``.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    frame: pd.DataFrame
    quiet: str = ""
    note: str = ""

    @property
    def shown(self) -> pd.DataFrame:
        """Return the rows of the page."""
        return self.frame[~self.frame[self.quiet]] if self.quiet else self.frame

    def only(self, rows: pd.DataFrame, *, caption: str | None = None, without: tuple[str, ...] = ()) -> Table:
        """Return the same table with other rows and fewer columns."""
        columns = tuple(c for c in self.columns if c.key not in without)
        return Table(self.id, caption or self.caption, columns, rows, self.quiet, self.note)


def named(frame: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return the frame with one column ``name`` in the language."""
    return frame.assign(name=[language.name(row) for row in frame.to_dict("records")])
