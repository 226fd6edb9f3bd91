"""Nodes of the network: settlements, junctions, crossing points, places to cross, gateways, fields."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from sarhad.place.corridor import BEYOND, SIDE_NAMES, SideArray
from sarhad.place.crossings import Steps
from sarhad.place.lattice import field_cells
from sarhad.place.segments import segment_index
from sarhad.place.terrain import Terrain
from sarhad.programme import Programme

log = logging.getLogger(__name__)

ENDS = ("settlement", "junction", "gateway")  # kinds of nodes where attempts start and end
GATEWAY_KM = (8.0, 15.0)  # distance from the line at which a district's gateway lies
SNAP_CELLS = 5  # how far a place may be moved to a free cell of its side


@dataclass(frozen=True)
class Place:
    """A node before it has an id.

    Parameters
    ----------
    cell
        Flat index of its cell.
    kind, id, name
        As in the table node. The id says what the node is, so that it stays when other data change.
    """

    cell: int
    kind: str
    id: str
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
    easiest: tuple[list[str], Steps],
) -> Places:
    """Return the nodes of the network.

    Parameters
    ----------
    prog, terrain, segments
        See there.
    area
        Side of the cells that may hold a node, 0 elsewhere.
    crossing
        Ids of the crossing points and the steps that they allow.
    easiest
        Names of the places to cross and the steps across the line chosen there.

    Notes
    -----
    A cell holds one node; the first claim wins: settlement, junction, crossing point, line, gateway,
    field. A settlement whose cell is taken moves to the nearest free cell of its side; junctions in one
    cell are one node.
    """
    by_cell = _settlements(prog, area, terrain)
    junction_cell = _junctions(prog, area, terrain)
    for cell, names in _grouped(junction_cell).items():
        by_cell.setdefault(cell, Place(cell, "junction", f"J-{names[0]}", ";".join(names)))
    for kind, letter, (names, steps) in (("crossing", "X", crossing), ("line", "L", easiest)):
        for name, beyond, inside in zip(names, steps.beyond, steps.inside, strict=True):
            called = name if kind == "crossing" else None
            for cell, side in ((int(beyond), "beyond"), (int(inside), "inside")):
                by_cell.setdefault(cell, Place(cell, kind, f"{letter}-{name}-{side}", called))
    for cell, name in _gateways(terrain, area, segments, by_cell.values()).items():
        by_cell.setdefault(cell, Place(cell, "gateway", f"G-{name}", name))
    ends = np.array([place.cell for place in by_cell.values() if place.kind in ENDS], dtype=np.int64)
    spacing_km = float(prog.setting("node_spacing_km"))
    fields = field_cells(
        terrain, area, spacing_km, float(prog.setting("crossing_spacing_km")), ends, easiest[1]
    )
    for name, cell in fields.items():
        by_cell.setdefault(cell, Place(cell, "field", f"F-{name}"))
    return Places(by_cell, junction_cell)


def node_frame(terrain: Terrain, segments: pd.DataFrame, places: Iterable[Place]) -> pd.DataFrame:
    """Return the table node, sorted by id."""
    ordered = sorted(places, key=lambda place: place.id)
    cell = np.array([place.cell for place in ordered], dtype=np.int64)
    side = terrain.side.ravel()[cell]
    chainage = terrain.chainage_km.ravel()[cell].astype(np.float64)
    lon, lat = terrain.lonlat(*np.divmod(cell, terrain.shape[1]))
    return pd.DataFrame(
        {
            "id": [place.id for place in ordered],
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
        found[free[0]] = Place(free[0], "settlement", f"S-{row['id']}", row["name_en"])
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


def _gateways(
    terrain: Terrain, area: SideArray, segments: pd.DataFrame, places: Iterable[Place]
) -> dict[int, str]:
    """Return the gateway of each district beyond without a settlement in the corridor: its lowest cell far enough."""
    at = terrain.chainage_km.ravel().astype(np.float64)
    district = segments["district_beyond"].to_numpy()
    settled = np.array([p.cell for p in places if p.kind == "settlement"], dtype=np.int64)
    settled = settled[terrain.side.ravel()[settled] == BEYOND]
    have = set(district[segment_index(segments, at[settled])].tolist())
    cells = np.flatnonzero(area.ravel() == BEYOND)
    distance = terrain.distance_km.ravel()[cells]
    off = np.maximum(GATEWAY_KM[0] - distance, 0) + np.maximum(distance - GATEWAY_KM[1], 0)
    of = district[segment_index(segments, at[cells])]
    found: dict[int, str] = {}
    for name in sorted(set(district.tolist()) - have):
        own = np.flatnonzero(of == name)
        if len(own) == 0:
            log.warning("district %s has no cell beyond the line: no gateway", name)
            continue
        height = terrain.elevation_m.ravel()[cells[own]]
        best = own[np.lexsort((cells[own], height, off[own]))[0]]
        found[int(cells[best])] = name
    return found
