"""The arrays that detection and plan share: a graph, what items add to it, and who wants to cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

IntArray = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Graph:
    """A directed graph; every edge that crosses the line leads from beyond to inside.

    Parameters
    ----------
    n_nodes
        Number of nodes N.
    tail, head
        Node index of each edge, shape (E,).
    section
        Index of the section where the edge crosses the line, -1 where it crosses nothing, shape (E,).
    edge_ids
        Text id of each edge, length E.
    """

    n_nodes: int
    tail: IntArray
    head: IntArray
    section: IntArray
    edge_ids: Sequence[str]

    def __post_init__(self) -> None:
        for name in ("tail", "head", "section"):  # one memory layout, so that one compiled kernel serves all
            object.__setattr__(self, name, np.require(getattr(self, name), np.int64, ["C", "W"]))

    @property
    def n_edges(self) -> int:
        """Return the number of edges E."""
        return len(self.tail)


@dataclass(frozen=True, eq=False)
class Exposure:
    """What the items add: one row ("column" of the plan) per item and level of its effect.

    A column is *on* when its item operates and, for every set in its supports, at least one item
    of the set operates. The first column of an item has no supports.

    Parameters
    ----------
    item_ids
        Ids of the I items, sorted.
    item
        Item index of each column, shape (C,).
    supports
        For each column a tuple of sets (tuples of item indices); empty for a base column.
    by_mover
        For each mover a sparse array (C, E) of added exposure >= 0 (dimensionless, ``-ln(1-p)``; may be inf).
    by_threat
        Prevention: exposure common to all paths of a threat, shape (C, n_threats).
    """

    item_ids: tuple[str, ...]
    item: IntArray
    supports: tuple[tuple[tuple[int, ...], ...], ...]
    by_mover: tuple[csr_array, ...]
    by_threat: FloatArray

    @property
    def n_items(self) -> int:
        """Return the number of items I."""
        return len(self.item_ids)

    @property
    def n_columns(self) -> int:
        """Return the number of columns C."""
        return len(self.item)


@dataclass(frozen=True, eq=False)
class Instance:
    """A whole game: graph, exposures, scenarios.

    Parameters
    ----------
    graph, exposure
        See there.
    movers, threats, sections
        Ids; everything else refers to them by index.
    effort
        Abandonment exposure of each edge, shape (n_movers, E); inf where the mover cannot go.
    existing
        Exposure ``a0`` of the coverage that exists, shape (n_movers, E).
    scenario_ids
        Ids of the S scenarios, sorted.
    origin, destination, mover, threat
        Indices, shape (S,).
    attempts_per_year
        Shape (S,).
    consequence
        Weight of one attempt that gets through, per threat, shape (n_threats,).
    """

    graph: Graph
    exposure: Exposure
    movers: tuple[str, ...]
    threats: tuple[str, ...]
    sections: tuple[str, ...]
    effort: FloatArray
    existing: FloatArray
    scenario_ids: tuple[str, ...]
    origin: IntArray
    destination: IntArray
    mover: IntArray
    threat: IntArray
    attempts_per_year: FloatArray
    consequence: FloatArray

    @property
    def n_scenarios(self) -> int:
        """Return the number of scenarios S."""
        return len(self.scenario_ids)
