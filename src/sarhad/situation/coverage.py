"""The coverage that exists: detection without the programme, as exposure on the edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from sarhad.errors import SpecError
from sarhad.place import Network
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.threats import missing_coverage
from sarhad.situation.wayfinding import FloatArray, IntArray, Ways, edge_sections, ways

LEVELS = {"low": "detection_low", "likely": "detection", "high": "detection_high"}


def existing(prog: Programme, network: Network, *, level: str = "likely") -> FloatArray:
    """Return the exposure ``a0`` of the coverage that exists, shape (M, E).

    It stands on the edges that cross the line, so that every crossing in a section is detected without the
    programme with the probability of the table coverage, whatever way leads there.

    Parameters
    ----------
    prog
        The programme; its table segment must be filled.
    network
        Edges and hours.
    level
        Which detection of the table coverage: low, likely or high.

    Raises
    ------
    DataError
        If a section has no row in coverage for a mover that a threat uses.
    SpecError
        If there is no such level.
    """
    crosses, section = _crossings(prog, network, ways(network))
    return np.where(crosses, _exposures(prog, network, level).T[:, section], 0.0)


def existing_rate(prog: Programme, network: Network, *, level: str = "likely") -> FloatArray:
    """Return the exposure per hour of the coverage that exists, on the edges that cross the line, shape (M, E).

    That of `existing` over the hours of the quickest way through the watched strip in the section: what an hour
    more at the line is worth. Zero where there is no such way.

    Raises
    ------
    DataError, SpecError
        As `existing`.
    """
    found = ways(network)
    crosses, section = _crossings(prog, network, found)
    wanted = _exposures(prog, network, level)
    rate = np.zeros(wanted.shape)
    for mover in range(len(network.movers)):
        hours = _quickest(prog, network, found, mover, section)
        timed = np.isfinite(hours) & (hours > 0.0)
        rate[:, mover] = np.divide(wanted[:, mover], hours, out=np.zeros(len(hours)), where=timed)
    return np.where(crosses, rate.T[:, section], 0.0)


def quickest_hours(prog: Programme, network: Network) -> pd.DataFrame:
    """Return the watched hours of the quickest way over the line in each section: section_id, mover_id, hours."""
    found = ways(network)
    section = edge_sections(prog, network, found)
    ids = list(prog["section"].sort_values("chainage_from_km")["id"])
    rows = [
        {"section_id": ids[k], "mover_id": name, "hours": float(hours)}
        for mover, name in enumerate(network.movers)
        for k, hours in enumerate(_quickest(prog, network, found, mover, section))
    ]
    return pd.DataFrame(rows)


def _quickest(prog: Programme, network: Network, found: Ways, mover: int, section: IntArray) -> FloatArray:
    """Return the watched hours of the quickest way through the strip in each section, shape (sections,)."""
    weight = np.where(np.isfinite(network.hours[mover]), network.watched_hours[mover], np.inf)
    crosses = network.edge["is_crossing"].to_numpy(dtype=np.bool_)
    outside = network.node["distance_km"].to_numpy(dtype=np.float64) >= float(prog.setting("watch_depth_km"))
    is_inside = (network.node["side"] == "inside").to_numpy(dtype=np.bool_)
    before = np.where(crosses, np.inf, weight)
    far = found.reach(before, np.flatnonzero(outside & ~is_inside), is_reverse=False)
    near = found.reach(before, np.flatnonzero(outside & is_inside), is_reverse=True)
    edges = np.flatnonzero(crosses)
    total = far[found.tail[edges]] + weight[edges] + near[found.head[edges]]
    hours = np.full(len(prog["section"]), np.inf)
    np.minimum.at(hours, section[edges], total)
    return hours


def _crossings(prog: Programme, network: Network, found: Ways) -> tuple[npt.NDArray[np.bool_], IntArray]:
    """Return which movers cross the line on which edges (M, E), and the section of each edge (E,)."""
    crosses = network.edge["is_crossing"].to_numpy(dtype=np.bool_) & np.isfinite(network.hours)
    return crosses, edge_sections(prog, network, found)


def _exposures(prog: Programme, network: Network, level: str) -> FloatArray:
    """Return ``-ln(1-p)`` of the table coverage, shape (sections, M), sections along the line."""
    if level not in LEVELS:
        raise SpecError(f"coverage level {level!r} is not one of {', '.join(LEVELS)}.")
    require_none(missing_coverage(prog))
    rows = prog["coverage"].set_index(["section_id", "mover_id"])[LEVELS[level]]
    sections = list(prog["section"].sort_values("chainage_from_km")["id"])
    pairs = pd.MultiIndex.from_product([sections, network.movers])
    p = rows.reindex(pairs, fill_value=0.0).to_numpy(
        dtype=np.float64
    )  # no scenario uses a mover without traffic
    return np.asarray(-np.log1p(-p).reshape(len(sections), len(network.movers)))
