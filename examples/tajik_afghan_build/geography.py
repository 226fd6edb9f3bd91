"""Tables of place: the line, its sections and districts, crossing points, settlements, rivers, roads, terrain."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import shapely
from pyproj import Geod

from tajik_afghan_build.tables import Row, read_features, read_rows, slug, wkt

GEOD = Geod(ellps="WGS84")
LAND_KM = 189.85  # official length of the land part at the eastern end (fact F029)
ROADS_WITHIN_KM = 60.0
SECTION_ENDS_KM = (("B1", 220.5), ("B2", 379.5), ("B3", 455.3), ("B4", 603.2), ("B5", 801.5), ("B6", 1044.1))
REGION = {"Khatlon": "TJ-KT", "GBAO": "TJ-GB"}


def line_points(data: Path) -> list[list[float]]:
    """Return the vertices of the border line, unsimplified, Tajikistan on the left."""
    points: list[list[float]] = read_features(data / "tajik-afghan" / "border_line_osm.geojson")[0][
        "geometry"
    ]["coordinates"]
    return points


def line_length_km(points: list[list[float]]) -> float:
    """Return the geodesic length of the line to the nearest metre [km]."""
    lons, lats = zip(*points, strict=True)
    return round(float(GEOD.line_length(lons, lats)) / 1000.0, 3)


def border(data: Path) -> list[Row]:
    """Return the one row of the border table."""
    points = line_points(data)
    return [
        {
            "id": "TJK-AFG",
            "name_en": "Tajik-Afghan border",
            "inside_side": "left",
            "inside_country": "TJK",
            "beyond_country": "AFG",
            "from_point": "tripoint with Uzbekistan",
            "to_point": "tripoint with China",
            "length_km": 1344.15,
            "geometry": wkt("LINESTRING", points),
            "source_ids": ["DS-BORDER", "S028"],
            "is_assumption": False,
            "reasoning": (
                f"length_km is the official figure (fact F027); the drawn line measures {line_length_km(points)} km "
                "on the ellipsoid. Not an official boundary or survey"
            ),
        }
    ]


def sections(data: Path) -> list[Row]:
    """Return the eight sections, broken at the inside districts and at the start of the land part."""
    end = line_length_km(line_points(data))
    ends = dict((*SECTION_ENDS_KM, ("B7", round(end - LAND_KM, 3)), ("B8", end)))
    rows: list[Row] = []
    start = 0.0
    for given in read_rows(data / "reference" / "sections.csv"):
        stop = ends[given["id"]]
        where = "a district boundary" if given["id"] not in ("B7", "B8") else "the start of the land part"
        rows.append(
            {
                "id": given["id"],
                **{name: given[name] for name in ("name_en", "name_ru", "name_ar", "terrain", "line_type")},
                "region": REGION[given["region"]],
                "chainage_from_km": start,
                "chainage_to_km": stop,
                "judged_length_km": float(given["length_km"]),
                "season_note": given["season_note"],
                "source_ids": [*given["source_ids"].split(";"), "DS-DISTRICTS", "DS-REFERENCE"],
                "is_assumption": True,
                "reasoning": (
                    f"Measured {stop - start:.1f} km, judged {given['length_km']} km. Broken at {where} "
                    "(Tajik districts to some 100 m). Which districts make up a section is a judgement from its name"
                ),
            }
        )
        start = stop
    return rows


def districts(data: Path) -> list[Row]:
    """Return the runs of districts along both sides of the line."""
    end = line_length_km(line_points(data))
    rows = read_rows(data / "tajik-afghan" / "border_by_district.csv")
    sides = {"TJK": "inside", "AFG": "beyond"}
    last = {side: max(float(row["km_to"]) for row in rows if row["side"] == side) for side in sides}
    return [
        {
            "id": f"{row['side']}-{slug(row['unit'])}",
            "side": sides[row["side"]],
            "name_en": row["unit"],
            "parent": row["parent"],
            "chainage_from_km": float(row["km_from"]),
            "chainage_to_km": end if float(row["km_to"]) == last[row["side"]] else float(row["km_to"]),
            "source_ids": ["DS-DISTRICTS"],
            "is_assumption": False,
        }
        for row in rows
    ]


def crossings(data: Path) -> list[Row]:
    """Return the crossing points; nothing is said about which are open."""
    return [
        {
            "id": slug(row["name_tjk"]),
            "name_en": row["name_tjk"],
            "name_beyond": row["name_afg"],
            "chainage_km": float(row["km"]),
            "accuracy_km": float(row["accuracy_km"]),
            "geometry": f"POINT ({row['lon']} {row['lat']})",
            "source_ids": ["DS-CROSSINGS", "S030"]
            if row["name_tjk"] != "Langar"
            else ["DS-CROSSINGS", "S054"],
            "is_assumption": True,
            "reasoning": f"Placed on the line: {row['position_basis']}; good to about {row['accuracy_km']} km",
        }
        for row in read_rows(data / "tajik-afghan" / "crossings.csv")
    ]


def settlements(data: Path) -> list[Row]:
    """Return the settlements; a population of 0 means that it is not known."""
    return [
        {
            "id": f"G{row['geonameid']}",
            "name_en": row["name"],
            "name_cyrillic": row["names_cyrillic"],
            "name_arabic": row["names_arabic"],
            "country": row["country"],
            "population": row["population"] if row["population"] != "0" else None,
            "geometry": f"POINT ({row['lon']} {row['lat']})",
            "source_ids": ["DS-SETTLEMENTS"],
            "is_assumption": False,
        }
        for row in read_rows(data / "tajik-afghan" / "settlements_geonames.csv")
    ]


def rivers(data: Path) -> list[Row]:
    """Return the river centre lines."""
    return [
        {
            "id": slug(feature["properties"]["name"]),
            "name_en": feature["properties"]["name"],
            "geometry": wkt("LINESTRING", feature["geometry"]["coordinates"]),
            "source_ids": ["DS-RIVERS"],
            "is_assumption": False,
        }
        for feature in read_features(data / "tajik-afghan" / "rivers_ne10m.geojson")
    ]


def roads(data: Path) -> list[Row]:
    """Return the road edges with an end near the line."""
    lons, lats = np.array(line_points(data)).T
    tree = shapely.STRtree(shapely.points(np.column_stack([lons, lats])))
    rows: list[Row] = []
    features = read_features(data / "tajik-afghan" / "roads_osm_schematic.geojson")
    features.sort(key=lambda feature: (feature["properties"]["node_a"], feature["properties"]["node_b"]))
    for feature in features:
        ends = feature["geometry"]["coordinates"]
        # nearest vertex in degrees is near enough to choose which roads to keep; the distance itself is geodesic
        near = tree.nearest(shapely.points(np.array(ends, dtype=float)))
        away_km = min(
            GEOD.inv(lon, lat, lons[i], lats[i])[2] / 1000.0 for (lon, lat), i in zip(ends, near, strict=True)
        )
        if away_km > ROADS_WITHIN_KM:
            continue
        properties = feature["properties"]
        rows.append(
            {
                "id": f"R{properties['node_a']}-{properties['node_b']}",
                "node_a": f"J{properties['node_a']}",
                "node_b": f"J{properties['node_b']}",
                "length_km": float(properties["length_km"]),
                "geometry": wkt("LINESTRING", ends),
                "source_ids": ["DS-ROADS"],
                "is_assumption": False,
                "reasoning": "Topology, not shape; stated length too short in the mountains",
            }
        )
    return rows


def rasters(data: Path, folder: Path) -> list[Row]:
    """Copy the elevation rasters unchanged and return their rows."""
    chosen = (
        ("dem_gebco", "dem_gebco2023_15s.tif", 1, "DS-GEBCO"),
        ("dem_globe", "dem_globe_30s.tif", 2, "DS-GLOBE"),
    )
    target = folder / "rasters"
    target.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for raster_id, name, priority, source in chosen:
        shutil.copyfile(data / "tajik-afghan" / name, target / name)
        rows.append(
            {
                "id": raster_id,
                "kind": "elevation",
                "file": name,
                "unit": "m",
                "priority": priority,
                "sha256": hashlib.sha256((target / name).read_bytes()).hexdigest(),
                "source_ids": [source],
                "is_assumption": False,
            }
        )
    return rows
