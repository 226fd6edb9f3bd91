"""Candidate sites: where measures could be built, found by the rule of each measure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from shapely import Point

from sarhad import place
from sarhad.measures.catalogue import Effect, effects
from sarhad.measures.lookout import Watch, heights
from sarhad.measures.strip import Ground, ground, stretches
from sarhad.place import Network, Terrain
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.catalogue import BY_SPACING, candidates, incomplete_candidates

LETTERS = {"line": "L", "height": "H", "base": "B", "crossing": "X", "section": "S", "programme": "P"}
COLUMNS = (
    "id",
    "rule",
    "section_id",
    "segment_id",
    "crossing_id",
    "chainage_from_km",
    "chainage_to_km",
    "elevation_m",
    "relief_m",
    "has_river",
    "geometry",
)


def sites(prog: Programme, terrain: Terrain, network: Network) -> pd.DataFrame:
    """Return the candidate sites of all candidate measures (table site), sorted by id.

    Measures of one rule and spacing share their sites. The id tells rule, spacing and chainage:
    `H5-0123` is high ground, one site each 5 km, at km 123.

    Raises
    ------
    DataError
        If a candidate lacks rule, spacing or units, or the grid is too coarse for the spacing.
    """
    require_none(incomplete_candidates(prog))
    measure = candidates(prog)
    maker = _Maker(prog, terrain, network)
    factor = float(prog.setting("site_spacing_factor"))
    rows: list[dict[str, Any]] = []
    spaced = measure[measure["site_rule"].isin(BY_SPACING)]
    for rule, spacing in sorted(set(zip(spaced["site_rule"], spaced["site_spacing_km"], strict=True))):
        is_member = (spaced["site_rule"] == rule) & (spaced["site_spacing_km"] == spacing)
        rows += maker.along(rule, spacing * factor, frozenset(spaced.loc[is_member, "id"]))
    rules = set(measure["site_rule"])
    rows += maker.crossings() if "crossing" in rules else []
    rows += maker.sections() if "section" in rules else []
    rows += [maker.whole()] if "programme" in rules else []
    return maker.placed(rows)


def spacing_label(spacing_km: float) -> str:
    """Return how a spacing stands in the ids of its sites."""
    return f"{spacing_km:.4g}"


class _Maker:
    """Makes rows of the table site on one terrain."""

    def __init__(self, prog: Programme, terrain: Terrain, network: Network) -> None:
        self.prog = prog
        self.terrain = terrain
        segments = prog["segment"]
        if segments.empty:
            segments = place.segments(prog, terrain)
        self.segments = segments.sort_values("chainage_from_km", ignore_index=True)
        self.length_km = float(self.segments["chainage_to_km"].max())
        locomotion = dict(zip(prog["mover"]["id"], prog["mover"]["locomotion"], strict=True))
        on_land = tuple(i for i, mover in enumerate(network.movers) if locomotion[mover] != "fly")
        self.ground: Ground = ground(terrain, network, on_land)
        self.effects = effects(prog)

    def along(self, rule: str, spacing_km: float, measures: frozenset[str]) -> list[dict[str, Any]]:
        """Return one site a stretch."""
        parts = stretches(self.length_km, spacing_km)
        if rule == "line":
            chosen = [self.ground.nearest(*part) for part in parts]
        elif rule == "base":
            chosen = [self.ground.lowest(*part) for part in parts]
        else:
            watch = self._watch(measures, spacing_km)
            chosen = heights(self.terrain, self.ground, parts, watch)
        fine = parts[0][1] - parts[0][0] < 2.0
        rows = []
        for part, index in zip(parts, chosen, strict=True):
            mid = sum(part) / 2
            number = f"{round(mid * 10):05d}" if fine else f"{round(mid):04d}"
            name = f"{LETTERS[rule]}{spacing_label(spacing_km)}-{number}"
            rows.append(
                self._row(name, rule, part, int(self.ground.cell[index]), self.ground.chainage_km[index])
            )
        return rows

    def crossings(self) -> list[dict[str, Any]]:
        """Return one site a crossing point."""
        rows = []
        for crossing in self.prog["crossing"].sort_values("id").to_dict("records"):
            at = float(crossing["chainage_km"])
            row, col = self.terrain.rowcol(crossing["geometry"].x, crossing["geometry"].y)
            cell = int(row[0]) * self.terrain.side.shape[1] + int(col[0])
            found = self._row(f"X-{crossing['id']}", "crossing", (at, at), cell, at)
            rows.append(found | {"crossing_id": crossing["id"], "geometry": crossing["geometry"]})
        return rows

    def sections(self) -> list[dict[str, Any]]:
        """Return one site a section, in its middle."""
        rows = []
        for section in self.prog["section"].sort_values("id").to_dict("records"):
            part = (float(section["chainage_from_km"]), float(section["chainage_to_km"]))
            mid = sum(part) / 2
            near = (max(part[0], mid - 2.5), min(part[1], mid + 2.5))
            index = self.ground.nearest(*near)
            cell, at = int(self.ground.cell[index]), self.ground.chainage_km[index]
            found = self._row(f"S-{section['id']}", "section", part, cell, at)
            rows.append(found | {"section_id": section["id"], "segment_id": None})
        return rows

    def whole(self) -> dict[str, Any]:
        """Return the one site of measures that have no place."""
        nothing = dict.fromkeys(COLUMNS, None)
        where = {"chainage_from_km": 0.0, "chainage_to_km": self.length_km}
        blank = {"elevation_m": float("nan"), "relief_m": float("nan"), "has_river": False}
        return nothing | {"id": "P", "rule": "programme"} | where | blank

    def _row(
        self, name: str, rule: str, part: tuple[float, float], cell: int, at_km: float
    ) -> dict[str, Any]:
        """Return a row; section, segment and river are those of the line where the site itself stands."""
        segment = self.segments.iloc[int(place.segment_index(self.segments, at_km))]
        row, col = divmod(cell, self.terrain.elevation_m.shape[1])
        return {
            "id": name,
            "rule": rule,
            "section_id": segment["section_id"],
            "segment_id": segment["id"],
            "crossing_id": None,
            "chainage_from_km": part[0],
            "chainage_to_km": part[1],
            "elevation_m": float(self.terrain.elevation_m[row, col]),
            "relief_m": self.terrain.relief_m(np.array([row]), np.array([col])),
            "has_river": bool(segment["has_river"]),
            "geometry": None,
            "cell": cell,
        }

    def placed(self, rows: list[dict[str, Any]]) -> pd.DataFrame:
        """Return the table site: rows sorted by id, each at the centre of its cell unless it has its own point."""
        bare = [row for row in rows if row["geometry"] is None and "cell" in row]
        down, right = np.divmod([row["cell"] for row in bare], self.terrain.side.shape[1])
        lon, lat = self.terrain.lonlat(down, right)
        points = {row["id"]: Point(*at) for row, at in zip(bare, zip(lon, lat, strict=True), strict=True)}
        placed = [{**row, "geometry": points.get(row["id"], row["geometry"])} for row in rows]
        return pd.DataFrame(placed, columns=list(COLUMNS)).sort_values("id", ignore_index=True)

    def _watch(self, measures: frozenset[str], spacing_km: float) -> Watch:
        seeing = [one.parameters for one in _seeing(self.effects, measures)]
        return Watch(
            observer_height_m=min((one["observer_height_m"] for one in seeing), default=10.0),
            target_height_m=min((one["target_height_m"] for one in seeing), default=1.7),
            range_km=max((one["range_km"] for one in seeing), default=spacing_km),
            refraction=float(self.prog.setting("refraction")),
        )


def _seeing(found: tuple[Effect, ...], measures: frozenset[str]) -> Iterator[Effect]:
    return (
        one
        for one in found
        if one.measure_id in measures and {"observer_height_m", "range_km"} <= set(one.parameters)
    )
