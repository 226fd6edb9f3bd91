from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
from openpyxl import load_workbook

from sarhad.report import Content, Written
from sarhad.report.language import language
from sarhad.report.tables import tables
from sarhad.report.workbook import HEADER_ROWS


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_every_sheet_equals_its_frame(
    written: Mapping[str, Written], sample_content: Content, lang: str
) -> None:
    book = load_workbook(written[lang].workbook)
    made = tables(sample_content, language(lang))
    assert book.sheetnames == ["about", *made]
    for name, table in made.items():
        rows = list(book[name].iter_rows(values_only=True))
        assert [*rows[0]] == [c.heading for c in table.columns]
        assert [*rows[1]] == [c.unit or "–" for c in table.columns]
        assert [*rows[2]] == [c.key for c in table.columns]
        read = pd.DataFrame(rows[HEADER_ROWS:], columns=list(rows[2]))
        assert len(read) == len(table.frame), name
        for column in table.columns:
            for found, meant in zip(read[column.key], table.frame[column.key], strict=True):
                if pd.isna(meant) or meant == "":
                    assert found is None or pd.isna(found)
                else:
                    assert found == pytest.approx(meant), (name, column.key)


def test_sheets_turn_with_the_language(written: Mapping[str, Written]) -> None:
    assert load_workbook(written["ar"].workbook)["items"].sheet_view.rightToLeft
    assert not load_workbook(written["en"].workbook)["items"].sheet_view.rightToLeft


def test_money_of_the_workbook_adds_up_to_the_funding(
    written: Mapping[str, Written], sample_content: Content
) -> None:
    sheet = load_workbook(written["en"].workbook)["money"]
    keys = [cell.value for cell in sheet[HEADER_ROWS]]
    asked = [
        row[keys.index("asked_usd")] for row in sheet.iter_rows(min_row=HEADER_ROWS + 1, values_only=True)
    ]
    assert sum(float(str(usd)) for usd in asked) == sample_content.funding["usd"].sum()
