"""What every evaluation of one instance shares: checked arrays, search lists, groups, weights without a plan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import csc_array

from sarhad.detection.check import check_instance
from sarhad.detection.instance import FloatArray, Instance, IntArray
from sarhad.detection.shortest import (
    Adjacency,
    Groups,
    forward_adjacency,
    groups,
    reverse_adjacency,
    start_groups,
)


@dataclass(frozen=True, eq=False)
class Prepared:
    """An instance that passed its checks, with everything that does not depend on a plan.

    Parameters
    ----------
    instance
        The instance.
    into, out
        Search lists: edges into and out of each node.
    ends, starts
        Groups of (destination, mover) and of (origin, mover).
    crossing
        Edges that cross the line, ascending, shape (X,).
    base
        Effort and existing exposure together, shape (n_movers, E).
    by_edge
        What the columns add, by edge: one (C, E) array per mover.
    """

    instance: Instance
    into: Adjacency
    out: Adjacency
    ends: Groups
    starts: Groups
    crossing: IntArray
    base: FloatArray
    by_edge: tuple[csc_array, ...]


@lru_cache(maxsize=2)
def prepare(instance: Instance) -> Prepared:
    """Return the prepared instance; the last two are kept, by identity.

    Raises
    ------
    DataError
        As `check_instance` does.
    """
    check_instance(instance)
    return Prepared(
        instance=instance,
        into=reverse_adjacency(instance.graph),
        out=forward_adjacency(instance.graph),
        ends=groups(instance),
        starts=start_groups(instance),
        crossing=np.flatnonzero(instance.graph.section >= 0).astype(np.int64),
        base=instance.effort + instance.existing,
        by_edge=tuple(added.tocsc() for added in instance.exposure.by_mover),
    )
