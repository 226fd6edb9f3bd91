"""GeoNames: settlements of an area, with their names in other scripts."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from babel.core import get_global

from sarhad.errors import DataError, SpecError, StoreError
from sarhad.ingest.area import Area
from sarhad.ingest.ask import Ask
from sarhad.ingest.download import Fetched, Wanted
from sarhad.ingest.providers import provider
from sarhad.ingest.record import day_of, source_id, source_row
from sarhad.ingest.session import Session

COLUMNS = 19
GONE = (
    "PPLH",
    "PPLQ",
    "PPLW",
    "PPLX",
    "PPLCH",
)  # historical, abandoned, destroyed, part of a place, old capital
SETTLEMENT = (
    "id",
    "name_en",
    "name_cyrillic",
    "name_arabic",
    "country",
    "population",
    "geometry",
    "source_ids",
)


def alpha2(country: str) -> str:
    """Return the two-letter code of a country.

    Raises
    ------
    SpecError
        If no country has that three-letter code.
    """
    found = get_global("territory_aliases").get(country.upper(), ())
    if len(country) != 3 or len(found) != 1:
        raise SpecError(
            f"--country {country}: no country has that code. Give ISO 3166-1 alpha-3, such as FRA."
        )
    return str(found[0])


def wanted(ask: Ask, session: Session) -> list[Wanted]:
    """Return the files to bring: places above 500 people and seats the world over, or all places of the countries.

    Raises
    ------
    SpecError
        If all places are asked for and no country is named.
    """
    geonames = provider("geonames", ask.base)
    if ask.has_every_place and not ask.countries:
        raise SpecError("--every-place: GeoNames keeps them by country. Name countries with --country.")
    names = [alpha2(one) for one in ask.countries] if ask.has_every_place else ["cities500"]
    return [
        Wanted(geonames.url(f"{name}.zip"), session.folder / f"geonames_{name}.zip", "zip") for name in names
    ]


def settlements(area: Area, fetched: Sequence[Fetched]) -> pd.DataFrame:
    """Return the rows of the table `settlement` within an area.

    Raises
    ------
    StoreError
        If a file is damaged or of another form.
    DataError
        If no settlement lies in the area.
    """
    rows = [row for one in fetched for row in _places(one.wanted.target, area)]
    if not rows:
        raise DataError("settlement: GeoNames has none in the area. Check the box.", table="settlement")
    return pd.DataFrame(rows).drop_duplicates("id").sort_values("id", ignore_index=True)


def source(ask: Ask, fetched: Sequence[Fetched]) -> dict[str, str | None]:
    """Return the row of the table `source`."""
    geonames = provider("geonames", ask.base)
    return source_row(geonames, geonames.page, date=day_of(fetched))


def _places(path: Path, area: Area) -> Iterator[dict[str, object]]:
    for cells in _lines(path):
        lat, lon = float(cells[4]), float(cells[5])
        if cells[6] != "P" or cells[7] in GONE or not area.holds(lon, lat):
            continue
        others = [name for name in cells[3].split(",") if name]
        people = int(cells[14] or 0)
        yield {
            "id": f"G{cells[0]}",
            "name_en": cells[1],
            "name_cyrillic": _in_script(others, "CYRILLIC"),
            "name_arabic": _in_script(others, "ARABIC"),
            "country": cells[8],
            "population": people or None,  # GeoNames writes 0 where it does not know
            "geometry": f"POINT ({lon} {lat})",
            "source_ids": (source_id("geonames"),),
            "is_assumption": False,
            "reasoning": None,
        }


def _in_script(names: Sequence[str], script: str) -> str | None:
    """Return the names whose letters are all of a script, joined by a bar."""
    chosen = [name for name in names if _script(name) == {script}]
    return "|".join(sorted(set(chosen))) or None


def _script(name: str) -> set[str]:
    return {
        unicodedata.name(letter, "?").split()[0]
        for letter in name
        if letter.isalpha() and letter.isprintable()
    }


def _lines(path: Path) -> Iterator[list[str]]:
    """Yield the cells of the lines of the gazetteer in an archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            inner = [
                name for name in archive.namelist() if name.endswith(".txt") and "readme" not in name.lower()
            ]
            if len(inner) != 1:
                raise StoreError(
                    f"{path}: holds {', '.join(inner) or 'no text'}, not one gazetteer. Fetch it anew."
                )
            with archive.open(inner[0]) as file:
                text = io.TextIOWrapper(file, encoding="utf-8", newline="")
                for number, cells in enumerate(
                    csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE), start=1
                ):
                    if len(cells) != COLUMNS:
                        raise StoreError(
                            f"{path}: line {number} has {len(cells)} cells, not {COLUMNS}. Has GeoNames changed its form?"
                        )
                    yield cells
    except (zipfile.BadZipFile, UnicodeDecodeError, ValueError) as error:
        raise StoreError(
            f"{path}: is damaged ({error}). Remove it and run the same command again."
        ) from error
