"""Two regions of 20 km: four ways across the line, one of them a crossing point, and ways along both sides.

inside   I05 -- I15 -- I25 -- I35        I05, I35 settlements, 8 km from the line
          |      |      G      |         crossing edges; G is the crossing point
beyond   B05 -- B15 -- B25 -- B35        B05, B35 settlements

region        R1     |     R2            section W 0-20 km, section E 20-40 km
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
from affine import Affine
from pyproj import CRS, Transformer
from shapely import LineString, Point

from sarhad.place import Network, Paths, Terrain
from sarhad.programme import Programme

JUDGED = {"is_assumption": True, "reasoning": "test"}
AT = (5, 15, 25, 35)
FOOT = {5: (4.0, 2.5), 15: (6.0, 3.0), 25: (np.inf, 0.0), 35: (5.0, 3.0)}
TO_LON_LAT = Transformer.from_crs("EPSG:32642", "EPSG:4326", always_xy=True)


def lon_lat(chainage_km: float, offset_km: float) -> Point:
    """Return the point at a chainage, so far inside (north) of the line."""
    return Point(TO_LON_LAT.transform(500_000 + chainage_km * 1000, 4_100_000 + offset_km * 1000))


def two_regions() -> Network:
    """Return the network of the picture above; movers foot and hidden."""
    rows, hours, watched = [], [], []
    for km in AT:
        is_gate = km == 25
        rows.append(
            (f"X{km:02d}", f"B{km:02d}", f"I{km:02d}", True, "G" if is_gate else None, f"S{km // 10 + 1}", km)
        )
        hours.append((FOOT[km][0], 0.5 if is_gate else np.inf))
        watched.append((FOOT[km][1], 0.3 if is_gate else 0.0))
    for letter in "BI":
        for a, b in itertools.pairwise(AT):
            for tail, head in ((a, b), (b, a)):
                rows.append(
                    (
                        f"{letter}{tail:02d}{head:02d}",
                        f"{letter}{tail:02d}",
                        f"{letter}{head:02d}",
                        False,
                        None,
                        None,
                        np.nan,
                    )
                )
                hours.append((3.0, 0.3))
                watched.append((0.0, 0.0))
    columns = ["id", "tail_id", "head_id", "is_crossing", "crossing_id", "segment_id", "chainage_km"]
    edge = pd.DataFrame(rows, columns=columns).assign(is_road=False)
    order = np.argsort(edge["id"].to_numpy(dtype=str))
    empty = Paths(np.zeros(len(edge) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    return Network(
        node=_nodes(),
        edge=edge.iloc[order].reset_index(drop=True),
        movers=("foot", "hidden"),
        hours=np.array(hours).T[:, order],
        watched_hours=np.array(watched).T[:, order],
        paths=(empty, empty),
        terrain=_no_terrain(),
    )


def _nodes() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "id": f"{letter}{km:02d}",
                "kind": "settlement" if km in (5, 35) else "field",
                "side": "beyond" if letter == "B" else "inside",
                "name": f"{letter}{km:02d}",
                "chainage_km": float(km),
                "distance_km": 8.0,
                "elevation_m": 0.0,
                "region": "R1" if km < 20 else "R2",
                "geometry": lon_lat(km, -8.0 if letter == "B" else 8.0),
            }
            for letter in "BI"
            for km in AT
        ]
    )


def _no_terrain() -> Terrain:
    nothing = np.zeros((1, 1), dtype=np.float32)
    side = np.zeros((1, 1), dtype=np.int8)
    return Terrain(CRS.from_epsg(32642), Affine.identity(), nothing, side, nothing, nothing, 0.0)


def programme(**tables: list[dict[str, Any]]) -> Programme:
    """Return a programme over the two regions; tables given replace the rows of the default."""
    mover = {"locomotion": "walk", "speed_factor": 1.0, "off_path_factor": 1.0, **JUDGED}
    section = {"terrain": "flat", "line_type": "land", **JUDGED}
    rows: dict[str, list[dict[str, Any]]] = {
        "mover": [
            {"id": "foot", "name_en": "On foot", "crosses": "anywhere", **mover},
            {"id": "hidden", "name_en": "Hidden", "crosses": "crossing_points", **mover},
        ],
        "section": [
            {
                "id": "W",
                "name_en": "W",
                "region": "R1",
                "chainage_from_km": 0.0,
                "chainage_to_km": 20.0,
                **section,
            },
            {
                "id": "E",
                "name_en": "E",
                "region": "R2",
                "chainage_from_km": 20.0,
                "chainage_to_km": 40.0,
                **section,
            },
        ],
        "coverage": [
            {
                "id": f"{place}-{name}",
                "section_id": place,
                "mover_id": name,
                "detection_low": 0.01,
                "detection": p,
                "detection_high": 0.3,
                **JUDGED,
            }
            for place, name, p in (
                ("W", "foot", 0.05),
                ("E", "foot", 0.1),
                ("W", "hidden", 0.1),
                ("E", "hidden", 0.2),
            )
        ],
        "settlement": [
            settlement("b1", "BB", 5, -8, 1000),
            settlement("b2", "BB", 35, -8, 3000),
            settlement("i1", "AA", 5, 8, 2000),
            settlement("i2", "AA", 35, 8, 2000),
        ],
        "threat": [threat("T1")],
        "traffic": [traffic("T1", "foot", 1.0)],
    }
    frames = {name: pd.DataFrame(given) for name, given in (rows | tables).items() if given}
    return Programme.of({"name": "two", "title_en": "Two regions"}, frames).adopt({"segment": _segments()})


def settlement(
    name: str, country: str, km: float, offset_km: float, population: int | None
) -> dict[str, Any]:
    """Return a row of the table settlement."""
    where = {"geometry": lon_lat(km, offset_km), "country": country, "population": population}
    return {"id": name, "name_en": name, **where, **JUDGED}


def threat(name: str, **changes: Any) -> dict[str, Any]:
    """Return a row of the table threat, by default one that enters the value 100 times a year."""
    row = {"id": name, "name_en": name, "is_spatial": "yes", "is_adaptive": "yes", "is_adversarial": "yes"}
    row |= {"enters_value": True, "enters_value_reason": "test", "consequence": 1.0}
    return row | {"rate_low": 50.0, "rate": 100.0, "rate_high": 300.0, **JUDGED} | changes


def traffic(threat_id: str, mover_id: str, share: float) -> dict[str, Any]:
    """Return a row of the table traffic."""
    return {
        "id": f"{threat_id}-{mover_id}",
        "threat_id": threat_id,
        "mover_id": mover_id,
        "share": share,
        **JUDGED,
    }


def reported(threat_id: str, **share: float) -> list[dict[str, Any]]:
    """Return rows of the table calibration; names of shares are region_mover."""
    return [
        {
            "id": f"{threat_id}-{name}",
            "threat_id": threat_id,
            "region": name.split("_")[0],
            "mover_id": name.split("_")[1],
            "detected_share_low": value,
            "detected_share": value,
            "detected_share_high": value,
            **JUDGED,
        }
        for name, value in share.items()
    ]


def _segments() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "id": f"S{i + 1}",
                "section_id": "W" if i < 2 else "E",
                "region": "R1" if i < 2 else "R2",
                "district_inside": "D",
                "district_beyond": "D",
                "chainage_from_km": 10.0 * i,
                "chainage_to_km": 10.0 * (i + 1),
                "length_km": 10.0,
                "elevation_m": 0.0,
                "relief_m": 0.0,
                "has_river": False,
                "geometry": LineString([lon_lat(10.0 * i, 0.0), lon_lat(10.0 * (i + 1), 0.0)]),
            }
            for i in range(4)
        ]
    )
