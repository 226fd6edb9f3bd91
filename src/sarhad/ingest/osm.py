"""OpenStreetMap: roads, rivers and border posts of an extract as rows of the programme's tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from sarhad.errors import SpecError, StoreError
from sarhad.ingest import extracts
from sarhad.ingest.area import Area
from sarhad.ingest.ask import Ask, Brought, Order
from sarhad.ingest.download import Fetched
from sarhad.ingest.ids import slug, with_own_ids
from sarhad.ingest.providers import provider
from sarhad.ingest.record import day_of, source_id, source_row
from sarhad.ingest.session import Session
from sarhad.programme.geodesy import WGS84, chainage_km, line_length_km

ROADS = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified")  # and the links of each
DIGITS = 5  # of the degrees that name a junction
POST_KM = 5.0  # from the line, within which a border post belongs to it
SAME_KM = 2.0  # along the line, within which posts are the two sides of one crossing
Given = tuple[list[str], str]  # columns of a layer, and which of its rows
LINES: Given = (["name", "highway", "waterway", "other_tags"], "highway IS NOT NULL OR waterway = 'river'")
POINTS: Given = (["name", "barrier", "other_tags"], "barrier = 'border_control'")
SOURCE = (source_id("geofabrik"),)


def order(ask: Ask, session: Session) -> Order:
    """Return the extracts to bring, once it is sure that they can be read.

    Raises
    ------
    SpecError
        If the library that reads extracts is not installed.
    StoreError, DataError
        As `extracts.order`.
    """
    try:
        import pyogrio  # noqa: F401
    except ImportError as error:
        raise SpecError(
            "osm: reading extracts needs pyogrio. Install it: pip install 'sarhad[osm]'."
        ) from error
    return extracts.order(ask, session)


def made(ask: Ask, fetched: Sequence[Fetched]) -> Brought:
    """Return the rows of `road`, `river` and, where a line is known, `crossing`.

    Raises
    ------
    StoreError
        If an extract is damaged.
    """
    paths = [one.wanted.target for one in fetched]
    lines = _joined(paths, "lines", LINES, ask.area)
    road, loops = roads(lines)
    river, unnamed = rivers(lines, ask.area)
    tables = {"road": road, "river": river}
    notices = [
        f"{len(road):,} roads between junctions, of {', '.join(ROADS)}; {loops:,} loops and longer parallels left out",
        f"{len(river):,} lines of rivers; {unnamed:,} pieces without a name left out",
    ]
    if ask.line is None:
        notices.append("no crossings: their place needs a border line")
    else:
        points = _joined(paths, "points", POINTS, ask.area)
        tables["crossing"], far = crossings(points, ask.line)
        notices.append(
            f"{len(tables['crossing']):,} crossings from border posts; {far:,} posts farther than {POST_KM:g} km from the "
            "line left out"
        )
    geofabrik = provider("geofabrik", ask.base)
    source = source_row(geofabrik, geofabrik.page, date=day_of(fetched))
    kept = {name: table for name, table in tables.items() if len(table)}
    return Brought(kept, [source], notices=tuple(notices))


def _joined(paths: Sequence[Path], layer: str, given: Given, area: Area) -> pd.DataFrame:
    """Return the features of a layer of all extracts, each once."""
    frames = [_layer(path, layer, given, area) for path in paths]
    return pd.concat(frames).drop_duplicates("osm_id").reset_index(drop=True)


def _layer(path: Path, layer: str, given: Given, area: Area) -> pd.DataFrame:
    import pyogrio

    columns, where = given
    box = (area.west, area.south, area.east, area.north)
    try:
        meta, _, geometry, data = pyogrio.raw.read(
            path, layer=layer, columns=["osm_id", *columns], where=where, bbox=box
        )
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
    ) as error:
        raise StoreError(
            f"{path}: is no extract that can be read ({error}). Fetch it again with --replace."
        ) from error
    found = pd.DataFrame(
        {name: list(column) for name, column in zip(meta["fields"], data, strict=True)}, dtype=object
    )
    return found.assign(geometry=shapely.from_wkb(geometry))


def roads(lines: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the rows of the table `road`, and how many ways between junctions were left out.

    Notes
    -----
    A junction is where three ways meet or one ends. Between two junctions the shortest way counts; its length is along
    its shape, its geometry the straight line, as the table has it.
    """
    classes = {name for one in ROADS for name in (one, f"{one}_link")}
    shapes = _parts(lines.loc[lines["highway"].isin(classes), "geometry"])
    best: dict[tuple[str, str], tuple[float, Any, Any]] = {}
    left_out = 0
    for way in _between_junctions(shapes):
        ends = sorted((_junction(way.coords[k]), way.coords[k]) for k in (0, -1))
        (a, at_a), (b, at_b) = ends
        length = line_length_km(way)
        if a == b or (a, b) in best:
            left_out += 1
        if a != b and length < best.get((a, b), (np.inf,))[0]:
            best[a, b] = length, at_a, at_b
    rows = [
        {
            "id": f"R{a[1:]}-{b[1:]}",
            "node_a": a,
            "node_b": b,
            "length_km": round(length, 3),
            "geometry": shapely.LineString([at_a, at_b]),
            "source_ids": SOURCE,
            "is_assumption": False,
            "reasoning": "length along the road; the geometry is the straight line between the junctions",
        }
        for (a, b), (length, at_a, at_b) in sorted(best.items())
    ]
    return pd.DataFrame(rows), left_out


def _parts(shapes: pd.Series[Any]) -> list[shapely.LineString]:
    parts = shapely.get_parts(shapely.force_2d(np.array(shapes.tolist(), dtype=object)))
    return [one for one in parts if isinstance(one, shapely.LineString) and one.length > 0]


def _between_junctions(shapes: Sequence[shapely.LineString]) -> list[shapely.LineString]:
    """Return the ways cut where they share a vertex, and joined again where only two meet."""
    shared = Counter(point for way in shapes for point in set(way.coords))
    pieces = []
    for way in shapes:
        points = list(way.coords)
        cuts = [k for k, point in enumerate(points) if k in (0, len(points) - 1) or shared[point] > 1]
        pieces += [shapely.LineString(points[a : b + 1]) for a, b in pairwise(cuts)]
    if not pieces:
        return []
    merged = shapely.line_merge(shapely.MultiLineString(pieces))
    return [one for one in shapely.get_parts(merged) if one.length > 0]


def _junction(at: tuple[float, ...]) -> str:
    return f"J{at[0]:.{DIGITS}f}_{at[1]:.{DIGITS}f}"


def rivers(lines: pd.DataFrame, area: Area) -> tuple[pd.DataFrame, int]:
    """Return the rows of the table `river`: a row a connected line of one name; and how many nameless pieces there are."""
    of_river = lines[lines["waterway"] == "river"]
    names = [_english(row) for row in of_river.to_dict("records")]
    rows: list[dict[str, object]] = []
    for name in sorted({name for name in names if name}):
        own = of_river["geometry"][[one == name for one in names]]
        merged = shapely.line_merge(shapely.MultiLineString(_parts(own)))
        inside = shapely.get_parts(shapely.line_merge(shapely.intersection(merged, area.box)))
        kept = [one for one in inside if isinstance(one, shapely.LineString) and one.length > 0]
        kept.sort(key=lambda one: (-one.length, one.wkt))
        rows += [
            {
                "id": slug(name),
                "name_en": name,
                "geometry": one,
                "source_ids": SOURCE,
                "is_assumption": False,
                "reasoning": None,
            }
            for one in kept
        ]
    return with_own_ids(pd.DataFrame(rows)), names.count("")


def _english(row: dict[Any, Any]) -> str:
    """Return the English name of a feature, else its name, "" for none."""
    tags = dict(re.findall(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"', str(row.get("other_tags") or "")))
    return str(tags.get("name:en") or row.get("name") or "").strip()


def crossings(points: pd.DataFrame, line: shapely.LineString) -> tuple[pd.DataFrame, int]:
    """Return the rows of the table `crossing` from border posts, and how many posts lie too far from the line."""
    posts = list(_posts(points[points["barrier"] == "border_control"], line))
    near = sorted(
        (one for one in posts if one["off_km"] <= POST_KM), key=lambda one: (one["km"], one["name"])
    )
    groups: list[list[dict[str, Any]]] = []
    for one in near:
        if groups and one["km"] - groups[-1][-1]["km"] <= SAME_KM:
            groups[-1].append(one)
        else:
            groups.append([one])
    rows = [_crossing(group) for group in groups]
    return with_own_ids(pd.DataFrame(rows)), len(posts) - len(near)


def _posts(points: pd.DataFrame, line: shapely.LineString) -> Iterator[dict[str, Any]]:
    lon, lat = shapely.get_coordinates(line).T
    along = chainage_km(lon, lat)
    narrow = np.cos(np.radians(np.mean(lat)))
    plain = shapely.LineString(np.column_stack([lon * narrow, lat]))
    flat = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(lon * narrow), np.diff(lat)))])
    for row in points.to_dict("records"):
        at = row["geometry"]
        place = plain.project(shapely.Point(at.x * narrow, at.y))
        on = plain.interpolate(place)
        _, _, off_m = WGS84.inv(at.x, at.y, on.x / narrow, on.y)
        yield {
            "km": float(np.interp(place, flat, along)),
            "off_km": off_m / 1000.0,
            "name": _english(row),
            "on": shapely.Point(on.x / narrow, on.y),
        }


def _crossing(posts: Sequence[dict[str, Any]]) -> dict[str, object]:
    """Return the row of the posts of one crossing, placed on the line."""
    best = min(posts, key=lambda one: (not one["name"], one["off_km"]))
    others = sorted({one["name"] for one in posts} - {best["name"], ""})
    name = best["name"] or f"Border post at km {best['km']:.1f}"
    return {
        "id": slug(name),
        "name_en": name,
        "name_beyond": others[0] if others else None,
        "chainage_km": round(best["km"], 3),
        "accuracy_km": round(max(best["off_km"], 0.1), 1),
        "geometry": best["on"],
        "source_ids": SOURCE,
        "is_assumption": True,
        "reasoning": (
            f"nearest point of the line to {len(posts)} border post(s) of OpenStreetMap, {best['off_km']:.1f} km away; "
            "whether it is open, and which name belongs to which side, is not known"
        ),
    }
