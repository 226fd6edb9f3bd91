"""Readable ids of rows."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd


def slug(name: str) -> str:
    """Return an id of capitals, digits and hyphens for a name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", "-", plain.upper()).strip("-") or "UNNAMED"


def with_own_ids(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a number behind each id that an earlier row has already."""
    if table.empty:
        return table
    again = table.groupby("id").cumcount()
    numbered = [one if k == 0 else f"{one}-{k + 1}" for one, k in zip(table["id"], again, strict=True)]
    return table.assign(id=numbered)
