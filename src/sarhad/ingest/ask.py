"""What is asked of a source, and what it brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import shapely

from sarhad.ingest.area import Area
from sarhad.ingest.download import Wanted


@dataclass(frozen=True)
class Ask:
    """What to fetch.

    Parameters
    ----------
    area
        The box.
    line
        The border line, lon lat; None where only a box is given.
    countries
        ISO 3166-1 alpha-3 codes; of a line the country inside, then the one beyond.
    base
        Address in place of the provider's own, "" for that.
    release
        Of a source that publishes releases.
    regions
        Names of extracts, such as europe/andorra; none: found by the area.
    has_every_place
        All populated places of the countries, not only those above 500 people and seats.
    """

    area: Area
    line: shapely.LineString | None = None
    countries: tuple[str, ...] = ()
    base: str = ""
    release: str = ""
    regions: tuple[str, ...] = ()
    has_every_place: bool = False


@dataclass(frozen=True)
class Brought:
    """What became of the files that came.

    Parameters
    ----------
    tables
        Rows for tables of the programme.
    sources
        Rows for the table `source`.
    files
        Other files that were made of them, by name.
    notices
        What was left out and why, for people.
    """

    tables: Mapping[str, pd.DataFrame]
    sources: Sequence[Mapping[str, str | None]]
    files: Mapping[Path, bytes] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """The files that a source wants brought, and what is said about them beforehand."""

    wanted: tuple[Wanted, ...]
    notices: tuple[str, ...] = ()
