"""geoBoundaries: districts of the adjoining countries as runs along the line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.errors import GEOSException

from sarhad.errors import StoreError
from sarhad.ingest.ask import Ask
from sarhad.ingest.download import Fetched, Wanted
from sarhad.ingest.ids import slug, with_own_ids
from sarhad.ingest.providers import provider
from sarhad.ingest.record import source_id, source_row
from sarhad.ingest.session import Session
from sarhad.programme.geodesy import chainage_km

UNSTATED = ("", "nan", "none", "n/a", "unknown", "metadata error")  # as descriptions have it
LEVELS = ("ADM1", "ADM2")
STEP_KM = 0.1  # between the points of the line whose nearest district is looked up
SHORTEST_KM = 1.0  # of a run; a shorter one belongs to the run before


@dataclass(frozen=True)
class Units:
    """The units of one level of a country: names and outlines, lon lat."""

    names: tuple[str, ...]
    outlines: tuple[shapely.Geometry, ...]


def wanted(ask: Ask, session: Session) -> list[Wanted]:
    """Return the outlines of both levels of each country.

    Raises
    ------
    StoreError
        If the description of a level does not come or names no file.
    """
    found = []
    for country in ask.countries:
        for level in LEVELS:
            meta = _description(ask, session, country, level)
            url = str(meta.get("gjDownloadURL", ""))
            if not url:
                raise StoreError(
                    f"geoBoundaries names no file of {country} {level}. Leave out --country {country}."
                )
            found.append(Wanted(url, session.folder / f"geoboundaries_{country}_{level}.geojson", "json"))
    return found


def _description(ask: Ask, session: Session, country: str, level: str) -> dict[str, Any]:
    url = provider("geoboundaries", ask.base).url(f"{country}/{level}/")
    return _described(session.aside(url, f"geoboundaries_{country}_{level}.meta.json", "json"))


def _described(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StoreError(
            f"{path}: is not JSON ({error}). Remove it and run the same command again."
        ) from error
    return found if isinstance(found, dict) else {}


def sources(ask: Ask, fetched: Sequence[Fetched]) -> list[dict[str, str | None]]:
    """Return a row of the table `source` for each level of each country, licence and origin as it states them."""
    one = provider("geoboundaries", ask.base)
    rows = []
    for file in fetched:
        country, level = _of(file.wanted.target)
        meta = _meta(file.wanted.target)
        origin, licence = _stated(meta, "boundarySource"), _licence(meta) or one.licence
        rows.append(
            source_row(
                one,
                file.wanted.url,
                part=f"{country}-{level}",
                title=f"{one.title} {country} {level}",
                date=_stated(meta, "buildDate") or _stated(meta, "boundaryYearRepresented"),
                licence=licence,
                credit="; ".join(filter(None, (origin, licence, one.credit))),
            )
        )
    return rows


def unlicensed(fetched: Sequence[Fetched]) -> list[str]:
    """Return the levels of countries of which no licence is stated."""
    targets = [one.wanted.target for one in fetched]
    return [" ".join(_of(path)) for path in targets if not _licence(_meta(path))]


def _meta(path: Path) -> dict[str, Any]:
    """Return the description that came with the outlines of a level."""
    return _described(path.with_name(f"{path.stem}.meta.json"))


def _licence(meta: Mapping[str, Any]) -> str:
    """Return the licence that a level states, with what it adds to it; "" where it states none."""
    licence, more = _stated(meta, "boundaryLicense"), _stated(meta, "licenseDetail")
    return f"{licence} ({more})" if licence and more else licence


def _stated(meta: Mapping[str, Any], name: str) -> str:
    """Return what a description says, "" where it says nothing or that it does not know."""
    found = str(meta.get(name) or "").strip()
    return "" if found.lower() in UNSTATED else found


def _of(path: Path) -> tuple[str, str]:
    _, country, level = path.stem.split("_")
    return country, level


def districts(ask: Ask, fetched: Sequence[Fetched]) -> pd.DataFrame:
    """Return the rows of the table `district`: which one is nearest along each side of the line.

    Raises
    ------
    StoreError
        If a file is damaged.
    """
    if ask.line is None or len(ask.countries) < 2:
        return pd.DataFrame()
    by = {_of(one.wanted.target): _units(one.wanted.target) for one in fetched}
    rows: list[dict[str, object]] = []
    for side, country in zip(("inside", "beyond"), ask.countries[:2], strict=True):
        units, parents = by[country, "ADM2"], by[country, "ADM1"]
        rows += _runs(ask.line, country, side, units, parents)
    return with_own_ids(pd.DataFrame(rows))


def _units(path: Path) -> Units:
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        names = tuple(str(one["properties"]["shapeName"]) for one in features)
        outlines = shapely.from_geojson([json.dumps(one["geometry"]) for one in features])
    except (ValueError, KeyError, TypeError, GEOSException) as error:
        raise StoreError(
            f"{path}: is not GeoJSON of geoBoundaries ({error}). Remove it and run the same command again."
        ) from error
    return Units(names, tuple(shapely.make_valid(outlines)))


def _runs(
    line: shapely.LineString, country: str, side: str, units: Units, parents: Units
) -> Iterator[dict[str, object]]:
    at_km, chosen = _nearest(line, units)
    for unit, first, last in _merged(at_km, chosen):
        name = units.names[unit]
        yield {
            "id": f"{country}-{slug(name)}",
            "side": side,
            "name_en": name,
            "parent": _parent(units.outlines[unit], parents),
            "chainage_from_km": round(first, 3),
            "chainage_to_km": round(last, 3),
            "source_ids": tuple(source_id("geoboundaries", f"{country}-{level}") for level in LEVELS),
            "is_assumption": False,
            "reasoning": f"nearest unit every {STEP_KM * 1000:g} m; runs under {SHORTEST_KM:g} km joined to the one before",
        }


def _nearest(line: shapely.LineString, units: Units) -> tuple[np.ndarray, np.ndarray]:
    """Return chainages along the line, shape (N,), and the unit nearest to each."""
    lon, lat = shapely.get_coordinates(line).T
    along = chainage_km(lon, lat)
    at_km = np.linspace(0.0, along[-1], max(int(along[-1] / STEP_KM), 1) + 1)
    wide = math.cos(
        math.radians(float(np.mean(lat)))
    )  # degrees of longitude are narrower than those of latitude
    tree = shapely.STRtree([shapely.transform(one, lambda xy: xy * [wide, 1.0]) for one in units.outlines])
    points = shapely.points(np.interp(at_km, along, lon) * wide, np.interp(at_km, along, lat))
    return at_km, tree.nearest(points)


def _merged(at_km: np.ndarray, chosen: np.ndarray) -> list[tuple[int, float, float]]:
    """Return runs of one unit with their begin and end, short ones joined to the run before."""
    runs: list[tuple[int, float, float]] = []
    for unit, group in groupby(range(len(at_km)), key=lambda k: int(chosen[k])):
        places = list(group)
        first = runs[-1][2] if runs else float(at_km[0])
        last = float(at_km[min(places[-1] + 1, len(at_km) - 1)])
        if runs and (last - first < SHORTEST_KM or runs[-1][0] == unit):
            runs[-1] = (runs[-1][0], runs[-1][1], last)
        else:
            runs.append((unit, first, last))
    return runs


def _parent(outline: shapely.Geometry, parents: Units) -> str:
    """Return the first-level unit that covers most of a district."""
    shared = [shapely.intersection(outline, one).area for one in parents.outlines]
    return parents.names[int(np.argmax(shared))]
