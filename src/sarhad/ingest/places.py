"""Places: settlements of GeoNames and, where a line and its two countries are known, districts of geoBoundaries."""

from __future__ import annotations

from collections.abc import Sequence

from sarhad.ingest import boundaries, gazetteer
from sarhad.ingest.ask import Ask, Brought, Order
from sarhad.ingest.download import Fetched
from sarhad.ingest.session import Session


def order(ask: Ask, session: Session) -> Order:
    """Return the files to bring."""
    notices = () if ask.countries else ("no districts: name the countries with --country",)
    return Order((*gazetteer.wanted(ask, session), *boundaries.wanted(ask, session)), notices)


def made(ask: Ask, fetched: Sequence[Fetched]) -> Brought:
    """Return the rows of `settlement` and `district`.

    Raises
    ------
    StoreError, DataError
        If a file is damaged, or no settlement lies in the area.
    """
    named = [one for one in fetched if one.wanted.kind == "zip"]
    drawn = [one for one in fetched if one.wanted.kind == "json"]
    settlement, district = gazetteer.settlements(ask.area, named), boundaries.districts(ask, drawn)
    tables = {"settlement": settlement} | ({} if district.empty else {"district": district})
    notices = [
        f"{len(settlement):,} settlements, {int(settlement['population'].isna().sum()):,} of unknown population"
    ]
    if drawn and district.empty:
        notices.append(
            "outlines of districts came, but no rows: these need a border line and its two countries"
        )
    bare = boundaries.unlicensed(drawn)
    if bare:
        notices.append(
            f"geoBoundaries states no licence of {', '.join(bare)}: ask there before you pass them on"
        )
    return Brought(
        tables, [gazetteer.source(ask, named), *boundaries.sources(ask, drawn)], notices=tuple(notices)
    )
