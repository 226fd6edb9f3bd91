"""Segments: short stretches of the line with section, districts, elevation, relief and river."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sarhad.place.border import FloatArray, Line, line_of
from sarhad.place.corridor import to_metres
from sarhad.place.terrain import Terrain, terrain
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.line import wrong_runs

RIVER_KM = 5.0  # Natural Earth's centre lines lie up to 4.6 km off the line where it follows the river
STEP_KM = 0.2  # spacing of the points of the line at which elevation and river are judged


def segments(prog: Programme, ground: Terrain | None = None) -> pd.DataFrame:
    """Return the segments of the line (table segment), in the order of the line.

    Parameters
    ----------
    prog
        The programme: border, section, district, river, rasters and setting segment_length_km.
    ground
        Its terrain, when it is at hand; computed otherwise.

    Raises
    ------
    DataError
        If sections or districts leave a part of the line out.

    Notes
    -----
    Each section is cut into equal parts as near to segment_length_km as its length allows, so no
    segment lies in two sections. Districts are those at the middle of the segment.
    """
    require_none(wrong_runs(prog))
    ground = terrain(prog) if ground is None else ground
    line = line_of(prog)
    frame = _cut(prog, line)
    middle = ((frame["chainage_from_km"] + frame["chainage_to_km"]) / 2).to_numpy()
    for side in ("inside", "beyond"):
        frame[f"district_{side}"] = _districts(prog["district"], side, middle)
    strip = _Strip(prog, line, ground)
    spans = list(zip(frame["chainage_from_km"], frame["chainage_to_km"], strict=True))
    frame["elevation_m"] = [round(strip.elevation(*span), 1) for span in spans]
    frame["relief_m"] = [round(strip.relief(*span), 1) for span in spans]
    frame["has_river"] = [strip.follows_river(*span) for span in spans]
    frame["geometry"] = [line.part(*span) for span in spans]
    order = ["id", "section_id", "region", "district_inside", "district_beyond", "chainage_from_km"]
    order += ["chainage_to_km", "length_km", "elevation_m", "relief_m", "has_river", "geometry"]
    return frame[order]


def segment_index(frame: pd.DataFrame, chainage_km: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the row of the segment at each chainage."""
    starts = frame["chainage_from_km"].to_numpy(dtype=np.float64)
    found = np.searchsorted(starts, np.asarray(chainage_km, dtype=np.float64), side="right") - 1
    return np.clip(found, 0, len(starts) - 1).astype(np.int64)


def _cut(prog: Programme, line: Line) -> pd.DataFrame:
    """Return section, region and chainages of the segments."""
    length = float(prog.setting("segment_length_km"))
    rows: list[dict[str, object]] = []
    for section_id, region, start, end in _sections(prog, line):
        ends = np.linspace(start, end, max(1, round((end - start) / length)) + 1)
        ends[1:-1] = np.round(ends[1:-1], 3)
        for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            rows.append(
                {
                    "id": f"S{len(rows) + 1:04d}",
                    "section_id": section_id,
                    "region": region,
                    "chainage_from_km": a,
                    "chainage_to_km": b,
                    "length_km": b - a,
                }
            )
    return pd.DataFrame(rows)


def _sections(prog: Programme, line: Line) -> list[tuple[str, str, float, float]]:
    """Return id, region, start and end of the sections, which cover the line without gap or overlap."""
    table = prog["section"].sort_values("chainage_from_km")
    ends = table["chainage_to_km"].to_numpy(dtype=np.float64)
    breaks = [0.0, *ends[:-1].tolist(), line.length_km]
    names = zip(table["id"].tolist(), table["region"].tolist(), strict=True)
    return [(name, region, breaks[i], breaks[i + 1]) for i, (name, region) in enumerate(names)]


def _districts(table: pd.DataFrame, side: str, middle: FloatArray) -> list[str]:
    """Return the district of a side at each chainage."""
    runs = table[table["side"] == side].sort_values(["chainage_from_km", "id"])
    starts = runs["chainage_from_km"].to_numpy(dtype=np.float64)
    at = np.clip(np.searchsorted(starts, middle, side="right") - 1, 0, len(starts) - 1)
    names = runs["name_en"].to_numpy()
    return [str(name) for name in names[at]]


class _Strip:
    """The terrain along the line, asked by stretch."""

    def __init__(self, prog: Programme, line: Line, ground: Terrain) -> None:
        self._ground = ground
        self._at = np.linspace(0.0, line.length_km, max(2, int(line.length_km / STEP_KM) + 1))
        lon, lat = line.point_at(self._at)
        self._row, self._col = ground.rowcol(lon, lat)
        metres = to_metres(ground.crs)
        x, y = metres.transform(lon, lat)
        self._points = shapely.points(x, y)
        self._rivers = [
            shapely.linestrings(np.column_stack(metres.transform(*shapely.get_coordinates(river).T)))
            for river in prog["river"]["geometry"]
        ]

    @cached_property
    def _by_river(self) -> npt.NDArray[np.bool_]:
        if not self._rivers:
            return np.zeros(len(self._at), dtype=np.bool_)
        rivers = shapely.union_all(self._rivers)
        shapely.prepare(rivers)
        return np.asarray(shapely.dwithin(rivers, self._points, RIVER_KM * 1000.0))

    def _within(self, from_km: float, to_km: float) -> slice:
        start, stop = np.searchsorted(self._at, (from_km, to_km))
        return slice(int(start), max(int(stop), int(start) + 1))

    def elevation(self, from_km: float, to_km: float) -> float:
        """Return the median elevation of the cells that the stretch passes."""
        part = self._within(from_km, to_km)
        return float(np.nanmedian(self._ground.elevation_m[self._row[part], self._col[part]]))

    def relief(self, from_km: float, to_km: float) -> float:
        """Return the highest minus the lowest cell within 5 km of the stretch."""
        part = self._within(from_km, to_km)
        return self._ground.relief_m(self._row[part], self._col[part])

    def follows_river(self, from_km: float, to_km: float) -> bool:
        """Return whether a river centre line lies within 5 km of most of the stretch."""
        return bool(self._by_river[self._within(from_km, to_km)].mean() > 0.5)
