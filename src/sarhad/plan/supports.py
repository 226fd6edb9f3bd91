"""Supports in the linear programme: a supported binary is at most its item and at most the sum of each set."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, vstack

from sarhad.detection.instance import FloatArray
from sarhad.plan.pricing import Binaries

TIE = 1e-9


class Supports:
    """The limits of each supported binary as sums of items, to take it out of cuts.

    Notes
    -----
    A cut ``eta + ... + slope * w >= level`` stays valid when ``w`` gives way to any limit ``w <= sum of items``.
    With the least limit at the point of separation nothing is lost there, so the programme needs neither
    columns nor rows for the supported binaries.
    """

    def __init__(self, over: Binaries) -> None:
        self.n_items = over.n_items
        rows: list[tuple[int, ...]] = []
        first = []
        for b in range(over.n_items, over.n):
            first.append(len(rows))
            rows += [(int(over.item[b]),), *over.supports[b]]
        self._first = np.array(first, dtype=np.int64)
        place = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
        items = np.array([j for r in rows for j in r], dtype=np.int64)
        self._limits = csr_array((np.ones(len(items)), (place, items)), shape=(len(rows), over.n_items))
        self._binary = np.repeat(np.arange(len(first)), np.diff([*first, len(rows)]))

    def states(self, items: FloatArray) -> FloatArray:
        """Return the best state of all binaries for states (N, I) of the items, shape (N, B)."""
        if len(self._first) == 0:
            return items
        values = np.asarray((self._limits @ items.T).T)
        return np.concatenate([items, np.minimum.reduceat(values, self._first, axis=1)], axis=1)

    def least(self, items: FloatArray) -> csr_array:
        """Return the least limit of each binary at a state (I,) as sums of items, (B, I); ties are shared."""
        own = csr_array((np.ones(self.n_items), (np.arange(self.n_items),) * 2))
        if len(self._first) == 0:
            return own
        values = np.asarray(self._limits @ items)
        chosen = values <= np.minimum.reduceat(values, self._first)[self._binary] + TIE
        count = np.bincount(self._binary, chosen)
        weight = chosen / count[self._binary]
        mix = csr_array(
            (weight, (self._binary, np.arange(len(weight)))), shape=(len(self._first), len(weight))
        )
        return csr_array(vstack([own, mix @ self._limits]))
