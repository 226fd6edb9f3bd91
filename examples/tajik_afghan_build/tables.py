"""Reading the data folder and writing the text form: CSV, UTF-8, LF, rows in the order of their keys."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]
DICTIONARY = Path(__file__).resolve().parents[2] / "src" / "sarhad" / "programme" / "tables"
JUDGEMENTS = Path(__file__).resolve().parent / "judgements"


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file as text."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def read_judgements(name: str) -> list[dict[str, str]]:
    """Return the hand-made rows kept beside this script."""
    return read_rows(JUDGEMENTS / f"{name}.csv")


def read_features(path: Path) -> list[Row]:
    """Return the features of a GeoJSON file."""
    features: list[Row] = json.loads(path.read_text(encoding="utf-8"))["features"]
    return features


def declared(table: str) -> list[dict[str, str]]:
    """Return the columns that the data dictionary declares for a table."""
    return read_rows(DICTIONARY / f"{table}.csv")


def cell(value: object) -> str:
    """Return a value as the text form writes it; missing is blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, (list, tuple)):
        return ";".join(str(part) for part in value)
    return str(value)


def write_table(folder: Path, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write one table, every declared column, sorted by key; return the number of rows.

    Raises
    ------
    ValueError
        If a row has a column that the dictionary does not declare, or lacks one that it requires.
    """
    columns = declared(table)
    names = [column["column"] for column in columns]
    keys = [column["column"] for column in columns if column["required"] == "key"]
    needed = [column["column"] for column in columns if column["required"] in ("key", "yes")]
    texts = []
    for row in rows:
        unknown = sorted(set(row) - set(names))
        text = {name: cell(row.get(name)) for name in names}
        missing = [name for name in needed if not text[name]]
        if unknown or missing:
            raise ValueError(
                f"{table} {text[keys[0]]}: undeclared columns {unknown}, empty columns {missing}"
            )
        texts.append(text)
    texts.sort(key=lambda text: tuple(text[key] for key in keys))
    found = [tuple(text[key] for key in keys) for text in texts]
    if len(set(found)) != len(found):
        raise ValueError(
            f"{table}: keys occur twice: {sorted({key for key in found if found.count(key) > 1})}"
        )
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(texts)
    return len(texts)


def wkt(kind: str, points: Sequence[Sequence[float]]) -> str:
    """Return well-known text with every digit of the source."""
    inner = ", ".join(f"{float(lon)!r} {float(lat)!r}" for lon, lat in points)
    return f"{kind} ({inner})"


def slug(name: str) -> str:
    """Return a readable id made of a name: capitals, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", "-", plain.upper()).strip("-")
