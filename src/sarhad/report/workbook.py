"""The tables of a report as XLSX: one sheet each, heading, unit and key above the rows."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import xlsxwriter

from sarhad.report.content import Content
from sarhad.report.language import Language, mark
from sarhad.report.table import Column, Kind, Table

CREATED = datetime(2025, 1, 1)  # noqa: DTZ001 the file format knows no time zones; fixed: same content, same bytes
HEADER_ROWS = 3
ENDS: Mapping[str, str] = {"time": mark("the clock"), "interrupt": mark("a person")}
FORMATS: Mapping[Kind, str] = {
    Kind.USD: "#,##0",
    Kind.SHARE: "0.0%",
    Kind.KM: "#,##0.0",
    Kind.FIGURE: "#,##0.###",
    Kind.COUNT: "#,##0",
    Kind.YEAR: "0",
}


def workbook(content: Content, made: Mapping[str, Table], language: Language) -> bytes:
    """Return the workbook: a sheet that says what it is, then a sheet for each table."""
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"title": language.say("Tables of the report"), "created": CREATED})
        _about(book, content, made, language)
        for table in made.values():
            _sheet(book, table, language)
    return sink.getvalue()


def _about(book: Any, content: Content, made: Mapping[str, Table], language: Language) -> None:
    say, identity = language.say, content.identity
    sheet = book.add_worksheet("about")
    _turn(sheet, language)
    bold = book.add_format({"bold": True})
    rows = [
        (say("Plan"), identity.plan_id),
        (say("Version of sarhad"), identity.version),
        (say("Hash of the facts"), identity.data_hash),
        (say("Seed"), identity.seed),
        (say("Search ended by"), say(ENDS.get(identity.stopped or "", "–"))),
        (say("Seconds of the search"), round(identity.seconds) or "–"),
        (say("Dollars of the year"), identity.price_year),
        *((table.id, table.caption) for table in made.values()),
    ]
    for at, (name, value) in enumerate(rows):
        sheet.write(at, 0, name, bold)
        sheet.write(at, 1, value)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)


def _sheet(book: Any, table: Table, language: Language) -> None:
    sheet = book.add_worksheet(table.id)
    _turn(sheet, language)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    small = book.add_format({"font_color": "#56616e"})
    for at, column in enumerate(table.columns):
        sheet.write(0, at, column.heading, bold)
        sheet.write(1, at, column.unit or "–", small)
        sheet.write(2, at, column.key, small)
        style = book.add_format({"num_format": FORMATS[column.kind]}) if column.kind in FORMATS else None
        for row, value in enumerate(table.frame[column.key], start=HEADER_ROWS):
            _cell(sheet, row, at, value, style)
        sheet.set_column(at, at, _width(column))
    sheet.freeze_panes(HEADER_ROWS, 0)
    sheet.autofilter(HEADER_ROWS - 1, 0, HEADER_ROWS - 1 + max(1, len(table.frame)), len(table.columns) - 1)


def _cell(sheet: Any, row: int, at: int, value: Any, style: Any) -> None:
    """Write a value as it is; a missing one stays an empty cell."""
    if pd.isna(value):
        sheet.write_blank(row, at, None, style)
    elif isinstance(value, (bool, str)):
        sheet.write(row, at, value, style)
    else:
        sheet.write_number(row, at, value.item() if hasattr(value, "item") else value, style)


def _turn(sheet: Any, language: Language) -> None:
    if language.is_rtl:
        sheet.right_to_left()


def _width(column: Column) -> int:
    return {Kind.TEXT: 36, Kind.DATA_TEXT: 48, Kind.LINK: 48}.get(column.kind, 15)
