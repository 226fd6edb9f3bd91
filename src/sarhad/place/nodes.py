"""Nodes of the network: places to cross, fields, settlements, junctions, crossing points, gateways."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from sarhad.place.corridor import BEYOND, SIDE_NAMES, SideArray
from sarhad.place.crossings import Steps
from sarhad.place.segments import segment_index
from sarhad.place.terrain import IntArray, Terrain
from sarhad.programme import Programme

log = logging.getLogger(__name__)

GATEWAY_KM = (8.0, 15.0)  # distance from the line at which a district's gateway lies
THIN = 0.5  # field nodes nearer to each other than this share of their spacing are thinned out
SNAP_CELLS = 5  # how far a place may be moved to a free cell of its side


@dataclass(frozen=True)
class Place:
    """A node before it has an id.

    Parameters
    ----------
    cell
        Flat index of its cell.
    kind, name
        As in the table node.
    """

    cell: int
    kind: str
    name: str | None = None


@dataclass(frozen=True)
class Places:
    """All nodes by cell, and where each junction of the road table went.

    Parameters
    ----------
    by_cell
        One node a cell.
    junction_cell
        Cell of each junction in the corridor.
    """

    by_cell: dict[int, Place]
    junction_cell: dict[str, int]


def find_places(
    prog: Programme,
    terrain: Terrain,
    area: SideArray,
    segments: pd.DataFrame,
    crossing: tuple[list[str], Steps],
    easiest: Steps,
) -> Places:
    """Return the nodes of the network.

    Parameters
    ----------
    prog, terrain, segments
        See there.
    area
        Side of the cells that may hold a node, 0 elsewhere.
    crossing
        Names of the crossing points and the steps that they allow.
    easiest
        Steps across the line chosen along it.

    Notes
    -----
    A cell holds one node; the first claim wins: settlement, junction, crossing point, line, gateway,
    field. A settlement whose cell is taken moves to the nearest free cell of its side; junctions in one
    cell are one node.
    """
    by_cell = _settlements(prog, area, terrain)
    junction_cell = _junctions(prog, area, terrain)
    for cell, names in _grouped(junction_cell).items():
        by_cell.setdefault(cell, Place(cell, "junction", ";".join(names)))
    for name, beyond, inside in zip(crossing[0], crossing[1].beyond, crossing[1].inside, strict=True):
        for cell in (int(beyond), int(inside)):
            by_cell.setdefault(cell, Place(cell, "crossing", name))
    for cell in np.concatenate([easiest.beyond, easiest.inside]).tolist():
        by_cell.setdefault(cell, Place(cell, "line"))
    fields = _fields(prog, terrain, area)
    for cell, name in _gateways(terrain, fields, segments, by_cell.values()).items():
        by_cell.setdefault(cell, Place(cell, "gateway", name))
    for cell in fields.tolist():
        by_cell.setdefault(cell, Place(cell, "field"))
    return Places(by_cell, junction_cell)


def node_frame(terrain: Terrain, segments: pd.DataFrame, places: Iterable[Place]) -> pd.DataFrame:
    """Return the table node: ids N00001 and so on, by side, then chainage, then cell."""
    ordered = list(places)
    cell = np.array([place.cell for place in ordered], dtype=np.int64)
    side = terrain.side.ravel()[cell]
    chainage = terrain.chainage_km.ravel()[cell].astype(np.float64)
    order = np.lexsort((cell, chainage, -side))
    ordered = [ordered[i] for i in order]
    cell, side, chainage = cell[order], side[order], chainage[order]
    lon, lat = terrain.lonlat(*np.divmod(cell, terrain.shape[1]))
    return pd.DataFrame(
        {
            "id": [f"N{i + 1:05d}" for i in range(len(ordered))],
            "kind": [place.kind for place in ordered],
            "side": [SIDE_NAMES[int(s)] for s in side],
            "name": pd.array([place.name for place in ordered], dtype="str"),
            "chainage_km": np.round(chainage, 3),
            "distance_km": np.round(terrain.distance_km.ravel()[cell].astype(np.float64), 3),
            "elevation_m": np.round(terrain.elevation_m.ravel()[cell].astype(np.float64), 1),
            "region": segments["region"].to_numpy()[segment_index(segments, chainage)],
            "geometry": shapely.points(lon, lat),
        }
    )


def _settlements(prog: Programme, area: SideArray, terrain: Terrain) -> dict[int, Place]:
    found: dict[int, Place] = {}
    width = terrain.shape[1]
    for row in prog["settlement"].sort_values("id").to_dict("records"):
        cell = _cell_of(terrain, area, row["geometry"].x, row["geometry"].y)
        if cell is None:
            continue
        at_row, at_col = divmod(cell, width)
        top, left = max(at_row - SNAP_CELLS, 0), max(at_col - SNAP_CELLS, 0)
        window = area[top : at_row + SNAP_CELLS + 1, left : at_col + SNAP_CELLS + 1]
        rows, cols = np.nonzero(window == area.ravel()[cell])
        near = (rows + top) * width + cols + left
        order = np.lexsort((near, (rows + top - at_row) ** 2 + (cols + left - at_col) ** 2))
        free = [int(c) for c in near[order] if int(c) not in found]
        if not free:
            log.warning("settlement %s has no free cell near it and is left out", row["id"])
            continue
        found[free[0]] = Place(free[0], "settlement", row["name_en"])
    return found


def _cell_of(terrain: Terrain, area: SideArray, lon: float, lat: float) -> int | None:
    """Return the cell of a point; in a pocket, the nearest cell of that side's main area; None outside."""
    rows, cols = terrain.rowcol(lon, lat)
    row, col = int(rows[0]), int(cols[0])
    height, width = terrain.shape
    if not (0 <= row < height and 0 <= col < width) or terrain.side[row, col] == 0:
        return None
    if area[row, col] != 0:
        return row * width + col
    top, left = max(row - SNAP_CELLS, 0), max(col - SNAP_CELLS, 0)
    window = area[top : row + SNAP_CELLS + 1, left : col + SNAP_CELLS + 1]
    near_rows, near_cols = np.nonzero(window == terrain.side[row, col])
    if not len(near_rows):
        return None
    best = np.argmin((near_rows + top - row) ** 2 + (near_cols + left - col) ** 2)
    return int((near_rows[best] + top) * width + near_cols[best] + left)


def _junctions(prog: Programme, area: SideArray, terrain: Terrain) -> dict[str, int]:
    """Return the cell of every junction of the road table that lies in the corridor."""
    at: dict[str, tuple[float, float]] = {}
    for row in prog["road"].sort_values("id").to_dict("records"):
        start, *_, end = row["geometry"].coords
        at.setdefault(row["node_a"], start[:2])
        at.setdefault(row["node_b"], end[:2])
    cells = {name: _cell_of(terrain, area, *at[name]) for name in sorted(at)}
    return {name: cell for name, cell in cells.items() if cell is not None}


def _grouped(cells: dict[str, int]) -> dict[int, list[str]]:
    groups: dict[int, list[str]] = {}
    for name in sorted(cells):
        groups.setdefault(cells[name], []).append(name)
    return groups


def _fields(prog: Programme, terrain: Terrain, area: SideArray) -> IntArray:
    """Return the lowest cell of each hexagon of each side, thinned out; sorted."""
    spacing_m = float(prog.setting("node_spacing_km")) * 1000.0
    away = terrain.distance_km.ravel() >= float(prog.setting("crossing_spacing_km"))
    flat = area.ravel()
    cells = np.flatnonzero((flat != 0) & away)
    x, y = terrain.xy(*np.divmod(cells, terrain.shape[1]))
    col, row = _hexagons(x, y, spacing_m)
    rows, cols = row - row.min(initial=0), col - col.min(initial=0)
    hexagon = (flat[cells] * (rows.max(initial=0) + 1) + rows) * (cols.max(initial=0) + 1) + cols
    full = np.sqrt(3.0) / 2.0 * spacing_m**2 / terrain.cell_m**2
    height = terrain.elevation_m.ravel()[cells]
    order = np.lexsort((cells, height, hexagon))
    hexes, first, size = np.unique(hexagon[order], return_index=True, return_counts=True)
    chosen = order[first][size >= 0.25 * full] if len(hexes) else order
    chosen = chosen[np.lexsort((cells[chosen], height[chosen]))]
    kept: list[int] = []
    for i in chosen.tolist():
        if not kept or np.hypot(x[kept] - x[i], y[kept] - y[i]).min() >= THIN * spacing_m:
            kept.append(i)
    return np.sort(cells[np.array(kept, dtype=np.int64)]).astype(np.int64)


def _hexagons(x: np.ndarray, y: np.ndarray, spacing_m: float) -> tuple[IntArray, IntArray]:
    """Return column and row of the hexagon, centres `spacing_m` apart, that holds each point."""
    tall = spacing_m * np.sqrt(3.0)
    best = np.full(len(x), np.inf)
    col, row = np.zeros((2, len(x)), dtype=np.int64)
    for shift in (0, 1):
        i = np.round(x / spacing_m - shift / 2)
        j = np.round(y / tall - shift / 2)
        off = np.hypot(x - (i + shift / 2) * spacing_m, y - (j + shift / 2) * tall)
        closer = off < best
        best = np.where(closer, off, best)
        col = np.where(closer, 2 * i + shift, col).astype(np.int64)
        row = np.where(closer, 2 * j + shift, row).astype(np.int64)
    return col, row


def _gateways(
    terrain: Terrain,
    fields: IntArray,
    segments: pd.DataFrame,
    places: Iterable[Place],
) -> dict[int, str]:
    """Return the gateway cell of each district beyond that has no settlement in the corridor."""
    flat_side, at = terrain.side.ravel(), terrain.chainage_km.ravel()
    district = segments["district_beyond"].to_numpy()
    settled = np.array([p.cell for p in places if p.kind == "settlement"], dtype=np.int64)
    settled = settled[flat_side[settled] == BEYOND]
    have = set(district[segment_index(segments, at[settled])].tolist())
    fields = fields[flat_side[fields] == BEYOND]
    distance = terrain.distance_km.ravel()[fields]
    off = np.maximum(GATEWAY_KM[0] - distance, 0) + np.maximum(distance - GATEWAY_KM[1], 0)
    of = district[segment_index(segments, at[fields])]
    found: dict[int, str] = {}
    for name in sorted(set(district.tolist()) - have):
        own = np.flatnonzero(of == name)
        if len(own) == 0:
            log.warning("district %s has no node beyond the line: no gateway", name)
            continue
        height = terrain.elevation_m.ravel()[fields[own]]
        best = own[np.lexsort((fields[own], height, off[own]))[0]]
        found[int(fields[best])] = name
    return found
