"""Where attempts start and end, and how many people stand behind each place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sarhad.errors import DataError
from sarhad.place import Network
from sarhad.programme import Programme
from sarhad.programme.geodesy import distance_km
from sarhad.situation.wayfinding import FloatArray, IntArray

MAX_DESTINATIONS = 30
KINDS = ("settlement", "junction", "gateway")
SAME_PLACE_KM = 2.0


@dataclass(frozen=True)
class Ends:
    """Nodes where attempts start or end.

    Parameters
    ----------
    node
        Index of each, ascending by id, shape (K,).
    people
        Population attached to each, shape (K,).
    """

    node: IntArray
    people: FloatArray


def origins(prog: Programme, network: Network) -> Ends:
    """Return settlements, junctions and gateways beyond that are nearest to some settlement beyond.

    Raises
    ------
    DataError
        If no settlement lies beyond within reach.
    """
    candidates = _candidates(network, "beyond")
    return _peopled(candidates, _attached(prog, network, "beyond", candidates), "beyond")


def destinations(prog: Programme, network: Network) -> Ends:
    """Return settlements, junctions and gateways inside: the best peopled one of each stretch of line.

    The line is divided into 30 stretches, so that there are at most 30 and every part of the line has one where
    people live near it. A settlement counts as being on the road net, whose file is topology only.

    Raises
    ------
    DataError
        If no settlement lies inside within reach of one.
    """
    candidates = _candidates(network, "inside")
    first = _peopled(candidates, _attached(prog, network, "inside", candidates), "inside")
    chainage = network.node["chainage_km"].to_numpy(dtype=np.float64)[first.node]
    stretch = np.floor(chainage / (chainage.max() + 1e-9) * MAX_DESTINATIONS).astype(np.int64)
    order = np.lexsort((np.arange(len(stretch)), -first.people, stretch))
    _, leader = np.unique(stretch[order], return_index=True)
    chosen = np.sort(first.node[order[leader]])
    return _peopled(chosen, _attached(prog, network, "inside", chosen), "inside")


def _candidates(network: Network, side: str) -> IntArray:
    node = network.node
    return np.flatnonzero((node["side"] == side) & node["kind"].isin(KINDS)).astype(np.int64)


def _peopled(candidates: IntArray, people: FloatArray, side: str) -> Ends:
    if not people.any():
        raise DataError(
            f"settlement: none {side} lies within hinterland_km of a place where attempts could "
            f"{'start' if side == 'beyond' else 'end'}. Add settlements or raise the setting.",
            table="settlement",
        )
    return Ends(candidates[people > 0], people[people > 0])


def _attached(prog: Programme, network: Network, side: str, candidates: IntArray) -> FloatArray:
    """Return the people of the settlements of a side whose nearest candidate each is, shape (K,)."""
    people = np.zeros(len(candidates))
    if len(candidates) == 0:
        return people
    settlement = prog["settlement"].sort_values("id")
    settlement = settlement[settlement["country"].isin(_countries(settlement, network, side))]
    known = settlement["population"].astype("Float64").fillna(float(prog.setting("unknown_population")))
    apart = distance_km(_lon_lat(settlement), _lon_lat(network.node.iloc[candidates]))
    nearest = apart.argmin(axis=1)
    is_near = apart.min(axis=1) <= float(prog.setting("hinterland_km"))
    np.add.at(people, nearest[is_near], known.to_numpy(dtype=np.float64)[is_near])
    return people


def _countries(settlement: pd.DataFrame, network: Network, side: str) -> set[str]:
    """Return the country codes of a side: those of most settlements that are nodes there."""
    node = network.node[network.node["kind"] == "settlement"]
    if node.empty or settlement.empty:
        return set()
    apart = distance_km(_lon_lat(node), _lon_lat(settlement))
    same = apart.min(axis=1) <= SAME_PLACE_KM
    code = settlement["country"].to_numpy()[apart.argmin(axis=1)]
    counted = Counter(zip(code[same], node["side"].to_numpy()[same], strict=True))
    other = {"inside": "beyond", "beyond": "inside"}[side]
    return {str(one) for one in set(code[same]) if counted[one, side] > counted[one, other]}


def _lon_lat(frame: pd.DataFrame) -> FloatArray:
    return np.array([(point.x, point.y) for point in frame["geometry"]], dtype=np.float64).reshape(-1, 2)
