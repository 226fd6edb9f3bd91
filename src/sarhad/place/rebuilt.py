"""The network read back from the tables of a programme."""

from __future__ import annotations

import numpy as np

from sarhad.errors import DataError
from sarhad.place.network import Network, timed_paths, watched_hours
from sarhad.place.stored import stored_runs
from sarhad.place.terrain import Terrain
from sarhad.place.travel import movers_of
from sarhad.programme import Programme


def network_from(prog: Programme, terrain: Terrain) -> Network:
    """Return the network stored in a programme, equal to the one that was stored.

    Raises
    ------
    DataError
        If no network is stored.
    """
    node, edge = (prog[name].sort_values("id").reset_index(drop=True) for name in ("node", "edge"))
    if node.empty or edge.empty:
        raise DataError("node: no network is stored. Compute it first.", table="node")
    movers = movers_of(prog)
    ids = tuple(mover.id for mover in movers)
    hours, runs = stored_runs(prog["edge_hours"], edge["id"], ids, terrain)
    level = edge["is_road"].to_numpy(dtype=np.bool_) | edge["is_crossing"].to_numpy(dtype=np.bool_)
    paths = tuple(timed_paths(terrain, mover, *runs[i], hours[i], level) for i, mover in enumerate(movers))
    depth = float(prog.setting("watch_depth_km"))
    watched = np.array([watched_hours(terrain, path, depth) for path in paths])
    return Network(node, edge, ids, hours, watched, paths, terrain)
