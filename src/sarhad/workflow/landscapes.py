"""The place as the report shows it: sight of the plan's posts, hours of travel, the network, the line's profile."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sarhad import measures
from sarhad.detection.instance import BoolArray, FloatArray
from sarhad.place.terrain import RELIEF_KM, Float32Array, Terrain
from sarhad.place.travel import movers_of
from sarhad.place.viewshed import ViewSpec, chance_seen
from sarhad.place.window import overlap
from sarhad.programme import Programme
from sarhad.report.landscape import Landscape
from sarhad.workflow.prepare import Prepared
from sarhad.workflow.ways import hours_across, hours_around, ways

DRAWS, SEED = 100, 1  # terrains drawn for the chance to be seen
STRETCH_KM = 5.0  # of the profile
CREDITED = (
    "border",
    "raster",
    "settlement",
    "crossing",
    "road",
    "river",
)  # tables that the maps of the place draw

Sight = tuple[float, float, float]  # observer height, target height, range


def landscape(prepared: Prepared, plan_items: pd.DataFrame) -> Landscape | None:
    """Return the place of a plan; None where no mover on land crosses freely: there is nothing to walk or to see."""
    prog, terrain = prepared.prog, prepared.terrain
    movers = [mover for mover in movers_of(prog) if mover.crosses_anywhere and mover.on_land]
    if not movers:
        return None
    looks = _looks(prepared, movers[0].id)
    chosen = {site: looks[site] for site in _sites(prepared, set(plan_items["item_id"])) if site in looks}
    seen, could = _count(prepared, chosen), _count(prepared, looks) > 0
    error_m = float(prog.setting("elevation_error_m"))
    chance = _chance(prepared, chosen, error_m)
    strip_km = float(prog.setting("watch_depth_km"))
    strip = (terrain.side > 0) & (terrain.distance_km <= strip_km)
    edges, nodes = ways(prepared, movers[0].id)
    names = prog["mover"].set_index("id", drop=False)
    return Landscape(
        seen=seen,
        could=could,
        chance=chance,
        posts=len(chosen),
        posts_possible=len(looks),
        strip_km=strip_km,
        share_seen=_share(seen > 0, strip),
        share_likely=_share(chance > 0.5, strip),
        share_possible=_share(could, strip),
        error_m=error_m,
        draws=DRAWS,
        hours=hours_around(prepared, movers[0]),
        movers=names.loc[[mover.id for mover in movers]].reset_index(drop=True),
        edges=edges,
        nodes=nodes,
        n_edges=len(prepared.network.edge),
        profile=_profile(terrain),
        around_km=RELIEF_KM,
        crossing=hours_across(prepared, [mover.id for mover in movers], STRETCH_KM),
        credits=_credits(prog),
    )


def _looks(prepared: Prepared, mover: str) -> dict[str, list[Sight]]:
    """Return how each site that could be built looks for a mover."""
    by_measure: dict[str, list[Sight]] = {}
    for effect in measures.effects(prepared.prog):
        p = effect.parameters
        if "observer_height_m" in p and mover in effect.movers:
            sight = (p["observer_height_m"], p["target_height_m"], p["range_km"])
            by_measure.setdefault(effect.measure_id, []).append(sight)
    found: dict[str, set[Sight]] = {}
    for measure, site in zip(prepared.items["measure_id"], prepared.items["site_id"], strict=True):
        if measure in by_measure and site in prepared.views.cells:
            found.setdefault(site, set()).update(by_measure[measure])
    return {site: sorted(found[site]) for site in sorted(found)}


def _sites(prepared: Prepared, chosen: set[str]) -> list[str]:
    """Return the sites of items, sorted."""
    items = prepared.items
    sites = items.loc[items["id"].isin(chosen), "site_id"]
    return sorted(set(sites.dropna()))


def _count(prepared: Prepared, looks: Mapping[str, list[Sight]]) -> np.ndarray:
    """Return the posts that see each cell, shape (h, w)."""
    count = np.zeros(prepared.terrain.side.size, dtype=np.uint16)
    for site, sights in looks.items():
        cells = [_seen(prepared, site, sight) for sight in sights]
        count[np.unique(np.concatenate(cells))] += 1
    return count.reshape(prepared.terrain.shape)


def _seen(prepared: Prepared, site: str, sight: Sight) -> np.ndarray:
    *heights, range_km = sight
    seen = prepared.views.sight(site, (heights[0], heights[1]), range_km)
    return seen.cell[seen.distance_km <= range_km]


def _chance(prepared: Prepared, looks: Mapping[str, list[Sight]], error_m: float) -> Float32Array:
    """Return the chance to be seen by the post that sees a cell best, shape (h, w)."""
    terrain = prepared.terrain
    best = np.zeros(terrain.shape, dtype=np.float32)
    refraction = float(prepared.prog.setting("refraction"))
    for number, (site, sights) in enumerate(looks.items()):
        row, col = prepared.views.cells[site]
        for observer_m, target_m, range_km in sights:
            share, _ = chance_seen(
                terrain.elevation_m,
                terrain.cell_m,
                row,
                col,
                ViewSpec(observer_m, range_km, target_m, refraction),
                draws=DRAWS,
                error_m=error_m,
                range_m=terrain.cell_m,
                seed=SEED + number,
            )
            _raise(best, share, row, col)
    return best


def _raise(best: Float32Array, share: Float32Array, row: int, col: int) -> None:
    """Raise the cells of a grid to a window about a cell, in place."""
    here, there = overlap(best.shape, row, col, len(share) // 2)
    np.maximum(best[here], share[there], out=best[here])


def _share(what: BoolArray, strip: BoolArray) -> float:
    return float(what[strip].mean()) if strip.any() else 0.0


def _profile(terrain: Terrain) -> pd.DataFrame:
    """Return elevations by stretch of the line: median of the line's own cells, lowest and highest around it."""
    known = (terrain.side > 0) & (terrain.distance_km <= RELIEF_KM) & np.isfinite(terrain.elevation_m)
    frame = pd.DataFrame(
        {
            "stretch": (terrain.chainage_km[known] // STRETCH_KM).astype(np.int64),
            "m": terrain.elevation_m[known].astype(np.float64),
            "is_line": terrain.distance_km[known] <= terrain.cell_m / 1000.0,
        }
    )
    around = frame.groupby("stretch")["m"].agg(low_m="min", high_m="max")
    line = frame[frame["is_line"]].groupby("stretch")["m"].median()
    found = around.assign(line_m=line).reset_index()
    start: FloatArray = found["stretch"].to_numpy(dtype=np.float64) * STRETCH_KM
    end = np.minimum(start + STRETCH_KM, float(np.nanmax(terrain.chainage_km)))
    profile: pd.DataFrame = found.assign(chainage_from_km=start, chainage_to_km=end).drop(columns="stretch")
    return profile


def _credits(prog: Programme) -> dict[str, tuple[str, ...]]:
    """Return the credits of what the maps draw, by table."""
    said = prog["source"].set_index("id")["credit"].dropna()
    found = {}
    for table in CREDITED:
        ids = {source for sources in prog[table]["source_ids"] for source in sources}
        found[table] = tuple(sorted({str(said[source]) for source in ids if source in said.index}))
    return found
