"""One table as CSV: the canonical bytes that are saved and hashed, and the reader that explains what it refuses."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pandas as pd

from sarhad.programme.dictionary import Table
from sarhad.programme.faults import Fault
from sarhad.programme.frames import parsed_frame, rendered_columns

csv.field_size_limit(2**31 - 1)
_SPECIAL = re.compile(r'[,"\r\n]')


class UnreadableError(ValueError):
    """A CSV file that is not what sarhad reads: what is wrong, and what to do."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.text = text
        self.remedy = remedy


def canonical_csv(table: Table, frame: pd.DataFrame) -> bytes:
    """Return the canonical CSV of a typed frame.

    Notes
    -----
    UTF-8, LF, comma; every declared column in order; rows sorted by key; floats as their shortest text
    that reads back the same; blank is missing. Same frame, same bytes.
    """
    rows = [tuple(table.by_name), *zip(*rendered_columns(table, frame), strict=True)]
    return "".join(",".join(map(_quoted, row)) + "\n" for row in rows).encode("utf-8")


def read_csv(table: Table, data: bytes) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the typed frame of a CSV file, and what is wrong with its columns and cells.

    Raises
    ------
    UnreadableError
        If the bytes are not UTF-8 CSV with commas at all.
    """
    rows = _rows(_decoded(data))
    header = [name.strip() for name in rows[0]] if rows else []
    _check_header(header)
    faults = [
        _ragged(table, header, line, row) for line, row in rows_numbered(rows) if len(row) != len(header)
    ]
    body = [row for row in rows[1:] if len(row) == len(header)]
    columns: dict[str, list[Any]] = {name: [row[i] for row in body] for i, name in enumerate(header)}
    frame, wrong = parsed_frame(table, columns, len(body))
    return frame, faults + wrong


def rows_numbered(rows: list[list[str]]) -> list[tuple[int, list[str]]]:
    """Return the data rows with their numbers as a spreadsheet shows them (the header is row 1)."""
    return [(i + 2, row) for i, row in enumerate(rows[1:])]


def _quoted(cell: str) -> str:
    """Return the cell, in quotes where it needs them; not the csv module, which forgets a lone CR before Python 3.13."""
    if _SPECIAL.search(cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _rows(text: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise UnreadableError(
            f"is not proper CSV ({error})", "Close every quote; save it as CSV again."
        ) from None


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableError("is UTF-16", "Save it as UTF-8.")
    if data.startswith(b"\xef\xbb\xbf"):
        remedy = 'Save it as UTF-8 without BOM (plain "UTF-8", not "UTF-8 with signature").'
        raise UnreadableError("starts with a byte order mark (BOM)", remedy)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"is not UTF-8 (byte 0x{data[error.start]:02x} on line {line}); it looks like {_likely(data)}"
        raise UnreadableError(found, "Save it as UTF-8.") from None


def _likely(data: bytes) -> str:
    high = [byte for byte in data if byte >= 0x80]
    is_cyrillic = sum(byte >= 0xC0 for byte in high) > 0.7 * len(high)
    return "cp1251 (Windows Cyrillic)" if is_cyrillic else "a Windows or DOS code page"


def _check_header(header: list[str]) -> None:
    if not any(header):
        raise UnreadableError("has no header row", "Give the names of its columns in the first line.")
    if len(header) == 1:
        for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if delimiter in header[0]:
                raise UnreadableError(f"has {name} between its columns", "Save it with commas.")
    double = sorted({name for name in header if header.count(name) > 1})
    if double:
        raise UnreadableError(f"has a column twice: {', '.join(double)}", "Keep one of them.")


def _ragged(table: Table, header: list[str], line: int, row: list[str]) -> Fault:
    remedy = "Quote cells that hold a comma; give every row as many cells as the header."
    text = f"has {len(row)} cells where the header has {len(header)}"
    return Fault(table.name, f"line {line}", "", "", text, remedy)
