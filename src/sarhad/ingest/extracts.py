"""OpenStreetMap extracts: which ones cover an area, and the files that they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import shapely
from shapely.errors import GEOSException

from sarhad.errors import DataError, StoreError
from sarhad.ingest.area import Area
from sarhad.ingest.ask import Ask, Order
from sarhad.ingest.download import Wanted
from sarhad.ingest.providers import provider
from sarhad.ingest.session import Session

INDEX = "index-v1.json"
NEEDLESS = 0.01  # share of the area below which an extract is left out


def order(ask: Ask, session: Session) -> Order:
    """Return the extracts to bring, each with the checksum that is published beside it.

    Raises
    ------
    StoreError
        If the index or a checksum does not come.
    DataError
        If no extract covers the area.
    """
    geofabrik = provider("geofabrik", ask.base)
    paths = [f"{region.strip('/')}-latest.osm.pbf" for region in ask.regions] or _covering(ask, session)
    wanted = []
    for path in paths:
        name = path.strip("/").replace("/", "_")
        sums = session.aside(geofabrik.url(f"{path}.md5"), f"{name}.md5", "text", is_fresh=True)
        words = sums.read_text(encoding="utf-8").split()
        if not words or len(words[0]) != 32:
            raise StoreError(f"{sums}: holds no MD5. Try again later.")
        wanted.append(Wanted(geofabrik.url(path), session.folder / name, "osm", md5=words[0]))
    return Order(tuple(wanted), () if ask.regions else (f"extracts by the area: {', '.join(paths)}",))


def _covering(ask: Ask, session: Session) -> list[str]:
    geofabrik = provider("geofabrik", ask.base)
    index = session.aside(geofabrik.url(INDEX), f"geofabrik_{INDEX}", "json")
    addresses = covering(ask.area, _features(index))
    if not addresses:
        raise DataError("osm: no extract covers the area. Name one with --region, such as europe/andorra.")
    return [urlsplit(address).path for address in addresses]


def _features(path: Path) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path}: is not the index of extracts ({error}). Remove it and run it again."
        ) from error
    return found


def covering(area: Area, features: Sequence[dict[str, Any]]) -> list[str]:
    """Return the addresses of the smallest extracts that together cover what is covered of an area, sorted.

    Raises
    ------
    StoreError
        If an outline cannot be read.
    """
    outlines: dict[str, tuple[shapely.Geometry, str]] = {}
    for one in features:
        address = (one.get("properties", {}).get("urls") or {}).get("pbf")
        if address and one.get("geometry"):
            try:
                outline = shapely.make_valid(shapely.from_geojson(json.dumps(one["geometry"])))
            except GEOSException as error:
                raise StoreError(
                    f"index of extracts: {address}: {error}. Name extracts with --region."
                ) from error
            if outline.intersects(area.box):
                outlines[one["properties"]["id"]] = outline, address
    chosen: list[str] = []
    open_ = area.box
    for outline, address in sorted(outlines.values(), key=lambda pair: (pair[0].area, pair[1])):
        if outline.intersection(open_).area >= NEEDLESS * area.box.area:
            chosen.append(address)
            open_ = open_.difference(outline)
    return sorted(chosen)
