"""Two-letter codes of countries by the numbers and names that conflict data give them, a row each in countries.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel import Locale


def country_code(number: object, name: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country; None where neither number nor name is known.

    Parameters
    ----------
    number
        In the list of Gleditsch and Ward: what counts where it is known.
    name
        In English, as there or as CLDR has it: "Ivory Coast", "Russia (Soviet Union)", "Eswatini".

    Notes
    -----
    A state that is gone has the code of the one that goes on in its list: Yemen for both Yemens. Kosovo has XK, which
    ISO leaves to users.

    References
    ----------
    Gleditsch and Ward (1999), A revised list of independent states since the Congress of Vienna, International
    Interactions 25(4), and its updates.
    """
    by_number, by_name = _known()
    text = str(number).split(".")[0]
    return by_number.get(text) or next((by_name[one] for one in _names(name) if one in by_name), None)


@cache
def _known() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the codes by number and by name."""
    text = (files("sarhad.ingest") / "countries.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    territories = Locale("en").territories.items()
    by_name = {str(name): str(code) for code, name in territories if len(code) == 2 and code.isalpha()}
    by_name |= {name: row["code"] for row in rows for name in _names(row["name"])}
    return {row["number"]: row["code"] for row in rows}, by_name


def _names(name: str) -> tuple[str, ...]:
    """Return a name, and what stands before and in its brackets: the name of today and one of before."""
    today, _, before = name.partition(" (")
    return tuple(dict.fromkeys(one for one in (name, today, before.rstrip(")")) if one))
