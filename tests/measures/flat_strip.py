"""A flat strip: a straight line of 30 km, ways straight across it every km, one mover on foot, one in a vehicle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from affine import Affine
from pyproj import CRS, Transformer
from shapely import LineString, Point

from sarhad.place import Network, Paths, Terrain
from sarhad.programme import Programme

CELL_KM = 0.5
LENGTH_KM = 30.0
DEPTH_KM = 12.0
WEST_M, SOUTH_M = 500_000.0, 4_100_000.0
SPEED_KMH = 3.0
TO_LON_LAT = Transformer.from_crs("EPSG:32642", "EPSG:4326", always_xy=True)


def lon_lat(chainage_km: float, offset_km: float) -> Point:
    """Return the point at a chainage, so far inside (north) of the line."""
    return Point(TO_LON_LAT.transform(WEST_M + chainage_km * 1000, SOUTH_M + (DEPTH_KM + offset_km) * 1000))


def strip_terrain(elevation_m: np.ndarray | None = None) -> Terrain:
    """Return the terrain: line along the middle row boundary, inside to the north."""
    height, width = int(2 * DEPTH_KM / CELL_KM), int(LENGTH_KM / CELL_KM)
    offset = DEPTH_KM - (np.arange(height) + 0.5) * CELL_KM
    chainage = (np.arange(width) + 0.5) * CELL_KM
    side = np.where(offset > 0, 1, 2).astype(np.int8)[:, None].repeat(width, axis=1)
    flat = np.full((height, width), 1000.0, dtype=np.float32)
    return Terrain(
        crs=CRS.from_epsg(32642),
        transform=Affine(CELL_KM * 1000, 0, WEST_M, 0, -CELL_KM * 1000, SOUTH_M + 2 * DEPTH_KM * 1000),
        elevation_m=flat if elevation_m is None else elevation_m.astype(np.float32),
        side=side,
        chainage_km=np.broadcast_to(chainage, (height, width)).astype(np.float32),
        distance_km=np.broadcast_to(np.abs(offset)[:, None], (height, width)).astype(np.float32),
        distortion=0.0004,
    )


def strip_network(terrain: Terrain) -> Network:
    """Return straight ways across the line at km 0.75, 1.75 and so on; the vehicle only at km 14.75."""
    at = np.arange(0.75, LENGTH_KM, 1.0)
    node = pd.concat([_nodes("B", "beyond", at), _nodes("I", "inside", at)], ignore_index=True)
    gate = np.isclose(at, 14.75)
    edge = pd.DataFrame(
        {
            "id": [f"E{km:05.2f}" for km in at],
            "tail_id": [f"B{km:05.2f}" for km in at],
            "head_id": [f"I{km:05.2f}" for km in at],
            "is_crossing": True,
            "is_road": gate,
            "crossing_id": ["C1" if one else None for one in gate],
            "segment_id": [f"S{int(km // 5) + 1:04d}" for km in at],
            "chainage_km": at,
        }
    )
    height = int(2 * DEPTH_KM / CELL_KM)
    width = int(LENGTH_KM / CELL_KM)
    rows = np.arange(height)[::-1]
    cell = np.concatenate([rows * width + int(km / CELL_KM) for km in at])
    walk = Paths(np.arange(len(at) + 1) * height, cell, np.full(len(cell), CELL_KM / SPEED_KMH))
    used = np.repeat(gate, height)
    drive = Paths(
        np.concatenate([[0], np.cumsum(np.where(gate, height, 0))]),
        cell[used],
        np.full(height, CELL_KM / 30.0),
    )
    hours = np.stack([np.full(len(at), 24 / SPEED_KMH), np.where(gate, 24 / 30.0, np.inf)])
    watched = np.stack([np.full(len(at), 10 / SPEED_KMH), np.where(gate, 10 / 30.0, np.inf)])
    return Network(
        node=node,
        edge=edge,
        movers=("foot", "hidden"),
        hours=hours,
        watched_hours=watched,
        paths=(walk, drive),
        terrain=terrain,
    )


def _nodes(letter: str, side: str, at: np.ndarray) -> pd.DataFrame:
    offset = DEPTH_KM if side == "inside" else -DEPTH_KM
    return pd.DataFrame(
        {
            "id": [f"{letter}{km:05.2f}" for km in at],
            "kind": "field",
            "side": side,
            "name": None,
            "chainage_km": at,
            "distance_km": DEPTH_KM,
            "elevation_m": 1000.0,
            "region": "R1",
            "geometry": [lon_lat(km, offset) for km in at],
        }
    )


def measure(name: str, **changes: object) -> dict[str, object]:
    """Return a row of the table measure."""
    return {
        "id": name,
        "name_en": name,
        "category": "surveillance",
        "unit": "unit",
        "spatial_mode": "point",
        "capital_low_usd": 50.0,
        "capital_likely_usd": 100.0,
        "capital_high_usd": 200.0,
        "annual_cost_usd": 10.0,
        "duration_low_months": 3.0,
        "duration_likely_months": 7.0,
        "duration_high_months": 12.0,
        "price_year": 2025,
        **{
            f"{group}_basis": "assumed" for group in ("capital", "annual", "duration", "range", "probability")
        },
        "is_candidate": True,
        "candidate_reason": "test",
        "site_rule": "height",
        "site_spacing_km": 30.0,
        "units_per_site": 1.0,
        "is_assumption": True,
        "reasoning": "test",
    } | changes


def effect(name: str, measure_id: str, form: str, **changes: object) -> dict[str, object]:
    """Return a row of the table effect."""
    row = {"id": name, "measure_id": measure_id, "form": form, "is_assumption": True, "reasoning": "test"}
    return row | changes


UNITS = {"range_km": "km", "reach_km": "km", "sweep_width_km": "km", "speed_kmh": "km/h", "added_hours": "h"}
UNITS |= {"observer_height_m": "m", "target_height_m": "m"}


def parameters(effect_id: str, **values: float) -> list[dict[str, object]]:
    """Return rows of the table effect_parameter, equal at low, likely and high."""
    return [
        {
            "effect_id": effect_id,
            "name": name,
            "low": value,
            "likely": value,
            "high": value,
            "unit": UNITS.get(name, "1"),
            "is_assumption": True,
            "reasoning": "test",
        }
        for name, value in values.items()
    ]


@dataclass(frozen=True)
class World:
    """A programme with its place."""

    prog: Programme
    terrain: Terrain
    network: Network


TOWER = {"p": 0.75, "range_km": 6.0, "observer_height_m": 30.0, "target_height_m": 1.7}
TOWER |= {"availability": 1.0, "assessment": 1.0}

Make = Callable[..., World]


def world(
    measures: list[dict[str, object]],
    effects: list[dict[str, object]],
    values: list[dict[str, object]],
    prerequisites: list[dict[str, object]] | None = None,
    elevation_m: np.ndarray | None = None,
) -> World:
    """Return a world from rows of measure, effect, effect_parameter and prerequisite."""
    terrain = strip_terrain(elevation_m)
    return World(_programme(measures, effects, values, prerequisites), terrain, strip_network(terrain))


def _programme(
    measures: list[dict[str, object]],
    effects: list[dict[str, object]],
    values: list[dict[str, object]],
    prerequisites: list[dict[str, object]] | None,
) -> Programme:
    judged = {"is_assumption": True, "reasoning": "test"}
    mover = {"locomotion": "walk", "speed_factor": 1.0, "off_path_factor": 1.0, **judged}
    threat = {
        "is_spatial": "yes",
        "is_adaptive": "yes",
        "is_adversarial": "yes",
        "enters_value_reason": "test",
        **judged,
    }
    section = {"region": "R1", "terrain": "flat", "line_type": "land", **judged}
    frames = {
        "measure": pd.DataFrame(measures),
        "effect": pd.DataFrame(effects),
        "effect_parameter": pd.DataFrame(values),
        "mover": pd.DataFrame(
            [
                {"id": "foot", "name_en": "On foot", "crosses": "anywhere", **mover},
                {
                    "id": "hidden",
                    "name_en": "Hidden",
                    "crosses": "crossing_points",
                    **mover,
                    "locomotion": "drive",
                },
            ]
        ),
        "threat": pd.DataFrame(
            [
                {"id": "T1", "name_en": "One", "enters_value": True, **threat},
                {"id": "T2", "name_en": "Two", "enters_value": False, **threat},
            ]
        ),
        "section": pd.DataFrame(
            [
                {"id": "W", "name_en": "West", "chainage_from_km": 0.0, "chainage_to_km": 15.0, **section},
                {"id": "E", "name_en": "East", "chainage_from_km": 15.0, "chainage_to_km": 30.0, **section},
            ]
        ),
        "crossing": pd.DataFrame(
            [
                {
                    "id": "C1",
                    "name_en": "Bridge",
                    "chainage_km": 14.75,
                    "accuracy_km": 0.1,
                    "geometry": lon_lat(14.75, 0.25),
                    **judged,
                }
            ]
        ),
        "price_index": pd.DataFrame(
            [{"year": 2025, "index": 1.0, **judged}, {"year": 2010, "index": 0.8, **judged}]
        ),
    }
    frames = {name: frame for name, frame in frames.items() if len(frame)}
    if prerequisites:
        frames["prerequisite"] = pd.DataFrame(prerequisites)
    return Programme.of({"name": "strip", "title_en": "Strip"}, frames).adopt({"segment": _segments()})


def _segments() -> pd.DataFrame:
    starts = np.arange(0.0, LENGTH_KM, 5.0)
    return pd.DataFrame(
        {
            "id": [f"S{i + 1:04d}" for i in range(len(starts))],
            "section_id": ["W" if start < 15 else "E" for start in starts],
            "region": "R1",
            "district_inside": "D",
            "district_beyond": "D",
            "chainage_from_km": starts,
            "chainage_to_km": starts + 5,
            "length_km": 5.0,
            "elevation_m": 1000.0,
            "relief_m": 0.0,
            "has_river": starts < 10,
            "geometry": [LineString([lon_lat(start, 0.0), lon_lat(start + 5, 0.0)]) for start in starts],
        }
    )
