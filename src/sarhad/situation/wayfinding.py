"""The network as arrays: indices of nodes, searches over hours, the section of each edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sarhad.detection.shortest import adjacency, search
from sarhad.place import Network
from sarhad.programme import Programme

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Ways:
    """The ends of every edge, ready to be searched.

    Parameters
    ----------
    node_ids
        Ids of the N nodes.
    tail, head
        Node index of each edge, shape (E,).
    """

    node_ids: tuple[str, ...]
    tail: IntArray
    head: IntArray

    def reach(self, weight: FloatArray, sources: IntArray, *, is_reverse: bool) -> FloatArray:
        """Return the least weight from the nearest source to each node, or to it when reverse, shape (N,)."""
        at, other = (self.head, self.tail) if is_reverse else (self.tail, self.head)
        return search(adjacency(len(self.node_ids), at, other), weight, sources)[0]


def ways(network: Network) -> Ways:
    """Return the ends of every edge of a network."""
    tail, head = (network.node_index(network.edge[end]) for end in ("tail_id", "head_id"))
    return Ways(tuple(network.node["id"]), tail, head)


def edge_sections(prog: Programme, network: Network, found: Ways) -> IntArray:
    """Return for each edge the position of its section along the line, shape (E,).

    Of an edge that crosses it is the section where it crosses; of another the section nearest to its middle.
    """
    starts = prog["section"].sort_values("chainage_from_km")["chainage_from_km"].to_numpy(dtype=np.float64)
    at_node = network.node["chainage_km"].to_numpy(dtype=np.float64)
    middle = (at_node[found.tail] + at_node[found.head]) / 2
    crosses = network.edge["is_crossing"].to_numpy(dtype=np.bool_)
    at = np.where(crosses, network.edge["chainage_km"].to_numpy(dtype=np.float64), middle)
    position = np.clip(np.searchsorted(starts, at, side="right") - 1, 0, len(starts) - 1).astype(np.int64)
    return _by_segment(prog, network.edge, crosses, position)


def _by_segment(prog: Programme, edge: pd.DataFrame, crosses: BoolArray, position: IntArray) -> IntArray:
    """Return the positions, those of crossing edges by their segment where one is named."""
    order = {name: i for i, name in enumerate(prog["section"].sort_values("chainage_from_km")["id"])}
    section_of = dict(zip(prog["segment"]["id"], prog["segment"]["section_id"], strict=True))
    found = position.copy()
    for i in np.flatnonzero(crosses).tolist():
        segment = edge["segment_id"].iloc[i]
        if segment in section_of:
            found[i] = order[section_of[segment]]
    return found
