"""UCDP GED: events of organised violence, counted by quarter, district and kind."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sarhad.errors import DataError, SpecError, StoreError
from sarhad.ingest.ask import Ask, Brought, Order
from sarhad.ingest.countries import country_code
from sarhad.ingest.download import Fetched, Wanted
from sarhad.ingest.ids import slug, with_own_ids
from sarhad.ingest.providers import provider
from sarhad.ingest.record import source_id, source_row
from sarhad.ingest.session import Session
from sarhad.programme import Quarter

RELEASE = "26.1"  # of June 2026, 1989-2025
KINDS = {1: "state-based", 2: "non-state", 3: "one-sided"}  # type_of_violence of the codebook
VAGUE = 4  # where_prec: from here on the place is a province, a region or a country at best
COLUMNS = (
    "date_start",
    "latitude",
    "longitude",
    "country",
    "adm_1",
    "adm_2",
    "where_prec",
    "type_of_violence",
)
NUMBER = "country_id"  # of the country, in the list of Gleditsch and Ward; not in every release
DEATHS = {"low": "deaths_low", "best": "deaths", "high": "deaths_high"}
MOST_TOLD = 5
GROUP = ("quarter", "country_name", "district", "kind")


def order(ask: Ask, session: Session) -> Order:
    """Return the archive of a release.

    Raises
    ------
    SpecError
        If the release is none.
    """
    release = (ask.release or RELEASE).replace(".", "")
    if not release.isdecimal():
        raise SpecError(f"--release {ask.release}: not a release of UCDP GED. Give one such as {RELEASE}.")
    url = provider("ucdp", ask.base).url(f"ged{release}-csv.zip")
    return Order((Wanted(url, session.folder / f"ucdp_ged{release}.zip", "zip"),))


def made(ask: Ask, fetched: Sequence[Fetched]) -> Brought:
    """Return the rows of `incident` within the area.

    Raises
    ------
    StoreError
        If the archive is damaged or of another form.
    DataError
        If no event lies in the area.
    """
    (file,) = fetched
    events = _events(file.wanted.target)
    box = ask.area
    near = events[
        events["longitude"].between(box.west, box.east) & events["latitude"].between(box.south, box.north)
    ]
    placed = near[near["where_prec"] < VAGUE]
    if placed.empty:
        raise DataError("incident: UCDP GED has no event in the area. Check the box.", table="incident")
    ucdp = provider("ucdp", ask.base)
    table = incidents(placed)
    release = ask.release or RELEASE
    notices = (
        f"{len(placed):,} events in {len(table):,} rows of quarter, district and kind",
        f"{len(near) - len(placed):,} events left out whose place is no better known than a province",
        *_without_code(table),
    )
    return Brought(
        {"incident": table},
        [source_row(ucdp, file.wanted.url, title=f"{ucdp.title} {release}")],
        notices=notices,
    )


def _events(path: Path) -> pd.DataFrame:
    try:
        with zipfile.ZipFile(path) as archive:
            inner = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(inner) != 1:
                raise StoreError(f"{path}: holds {len(inner)} CSV files, not one. Fetch it anew.")
            with archive.open(inner[0]) as file:
                return _required(pd.read_csv(file, usecols=_is_used, encoding="utf-8", low_memory=False))
    except (zipfile.BadZipFile, ValueError) as error:
        raise StoreError(
            f"{path}: is damaged or of another form ({error}). Remove it and run the same command again."
        ) from error


def _is_used(column: str) -> bool:
    return column in (*COLUMNS, *DEATHS, NUMBER)


def _required(events: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in (*COLUMNS, *DEATHS) if name not in events]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}")
    return events if NUMBER in events else events.assign(**{NUMBER: ""})


def incidents(events: pd.DataFrame) -> pd.DataFrame:
    """Return events as rows of the table `incident`: counts and deaths by quarter, district and kind.

    Notes
    -----
    The place of a row is the mean of its events' places, to a hundredth of a degree; actors, sources and texts are
    left out. A district is adm_2, else adm_1, else the country.
    """
    when = pd.to_datetime(events["date_start"])
    given = events.assign(
        quarter=[str(Quarter.of(day.date())) for day in when],
        country_name=events["country"],
        district=events["adm_2"].fillna(events["adm_1"]).fillna(events["country"]),
        kind=events["type_of_violence"].map(KINDS),
    )
    summed = given.groupby(list(GROUP), sort=True).agg(
        number=(NUMBER, "first"), count=("kind", "size"), lon=("longitude", "mean"), lat=("latitude", "mean"),
        **{mine: (theirs, "sum") for theirs, mine in DEATHS.items()},
    ).reset_index()  # fmt: skip
    rows = [
        {
            "id": "-".join(
                (row["quarter"], slug(row["country_name"]), slug(row["district"]), row["kind"].upper())
            ),
            "quarter": row["quarter"],
            "kind": row["kind"],
            "country": country_code(row["number"], row["country_name"]),
            "district": row["district"],
            "count": int(row["count"]),
            **{name: int(row[name]) for name in DEATHS.values()},
            "geometry": f"POINT ({row['lon']:.2f} {row['lat']:.2f})",
            "source_ids": (source_id("ucdp"),),
            "is_assumption": False,
            "reasoning": "place: mean of the events, to a hundredth of a degree",
        }
        for row in summed.to_dict("records")
    ]
    return with_own_ids(pd.DataFrame(rows))


def _without_code(table: pd.DataFrame) -> tuple[str, ...]:
    """Return a word on rows whose country has no code, naming some of them."""
    ids = table.loc[table["country"].isna(), "id"].tolist()
    if not ids:
        return ()
    more = f" and {len(ids) - MOST_TOLD} more" if len(ids) > MOST_TOLD else ""
    named = ", ".join(ids[:MOST_TOLD])
    return (f"{len(ids):,} rows without a country code, whose number and name are not known: {named}{more}",)
