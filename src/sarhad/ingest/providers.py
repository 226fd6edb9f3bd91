"""Where data come from: address, licence and the credit that it asks for, a row a source in providers.csv."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sarhad.errors import SpecError

TOPICS = ("terrain", "osm", "places", "incidents")


@dataclass(frozen=True)
class Provider:
    """A publisher of data.

    Parameters
    ----------
    id, topic
        Its name here, and one of `TOPICS`.
    title, publisher, licence, credit, page, date
        As a row of the table `source` states them.
    base
        The address below which its files lie.
    """

    id: str
    topic: str
    title: str
    publisher: str
    base: str
    licence: str
    credit: str
    page: str
    date: str

    def url(self, path: str) -> str:
        """Return the address of a file."""
        return f"{self.base.rstrip('/')}/{path.lstrip('/')}"


@cache
def _declared() -> dict[str, Provider]:
    text = (files("sarhad.ingest") / "providers.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text))
    return {row["id"]: Provider(**row) for row in rows}


def provider(name: str, base: str = "", environment: Mapping[str, str] | None = None) -> Provider:
    """Return a provider, its address as asked, else as in SARHAD_FROM_<NAME> of the environment, else its own.

    Raises
    ------
    SpecError
        If the address is none of the web.
    """
    known = _declared()[name]
    named = os.environ if environment is None else environment
    chosen = base or named.get(f"SARHAD_FROM_{name.upper()}", "") or known.base
    if not chosen.startswith(("http://", "https://")):
        raise SpecError(f"--from {chosen}: not an address that begins with http:// or https://. Correct it.")
    return Provider(**{**vars(known), "base": chosen})


def providers() -> tuple[Provider, ...]:
    """Return all providers with their own addresses."""
    return tuple(_declared().values())
