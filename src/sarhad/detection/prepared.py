"""What every evaluation of one instance shares: checked arrays, search lists, groups, weights without a plan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.sparse import csc_array

from sarhad.detection.check import checked_lists
from sarhad.detection.instance import FloatArray, Instance, IntArray
from sarhad.detection.shortest import (
    Adjacency,
    Groups,
    groups,
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
    has_infinite
        Whether a column adds infinite exposure somewhere.
    """

    instance: Instance
    into: Adjacency
    out: Adjacency
    ends: Groups
    starts: Groups
    crossing: IntArray
    has_infinite: bool

    def base(self, mover: int) -> FloatArray:
        """Return effort and existing exposure together, shape (E,)."""
        return np.asarray(self.instance.effort[mover] + self.instance.existing[mover])

    @cached_property
    def by_edge(self) -> tuple[csc_array, ...]:
        """Return what the columns add, by edge: one (C, E) array per mover."""
        return tuple(added.tocsc() for added in self.instance.exposure.by_mover)


@lru_cache(maxsize=2)
def prepare(instance: Instance) -> Prepared:
    """Return the prepared instance; the last two are kept, by identity.

    Raises
    ------
    DataError
        As `check_instance` does.
    """
    into, out = checked_lists(instance)
    return Prepared(
        instance=instance,
        into=into,
        out=out,
        ends=groups(instance),
        starts=start_groups(instance),
        crossing=np.flatnonzero(instance.graph.section >= 0).astype(np.int64),
        has_infinite=any(bool(np.isinf(added.data).any()) for added in instance.exposure.by_mover),
    )
