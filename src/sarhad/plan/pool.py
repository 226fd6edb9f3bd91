"""The pool of paths found so far: what every plan's value is approximated with, always from below."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan.pricing import Found


class Pool:
    """Distinct paths, sorted by unit, with the exposure that each binary adds to them.

    A path keeps its number (`number`, in the order of the rows) and under it its edges (`edges`) for good.
    """

    def __init__(self, n_binaries: int) -> None:
        self.unit: IntArray = np.empty(0, dtype=np.int64)
        self.fixed: FloatArray = np.empty(0)
        self.added = csr_array((0, n_binaries))
        self.number: IntArray = np.empty(0, dtype=np.int64)
        self.edges: list[npt.NDArray[np.int32]] = []
        self._keys: set[bytes] = set()

    @property
    def n(self) -> int:
        """Return the number of paths."""
        return len(self.unit)

    def add(self, found: Found) -> int:
        """Add the paths that are new and return how many they are."""
        new = []
        rounded = np.round(found.added, 9)
        for p in range(len(found.unit)):
            part = slice(found.ptr[p], found.ptr[p + 1])
            total = np.round(found.fixed[p], 9)
            key = (
                found.unit[p].tobytes()
                + total.tobytes()
                + found.binary[part].tobytes()
                + rounded[part].tobytes()
            )
            if key not in self._keys and np.isfinite(found.fixed[p]):
                self._keys.add(key)
                new.append(p)
        if new:
            every = csr_array(
                (found.added, found.binary, found.ptr), shape=(len(found.unit), self.added.shape[1])
            )
            self.edges += [
                found.edge[found.edge_ptr[p] : found.edge_ptr[p + 1]].astype(np.int32) for p in new
            ]
            self._merge(found.unit[new], found.fixed[new], csr_array(every[new]))
        return len(new)

    def exposure(self, points: FloatArray) -> FloatArray:
        """Return the exposure of each path at each point (Q, B), shape (Q, P)."""
        added: FloatArray = np.asarray(self.added @ points.T).T
        return self.fixed + added

    def first(self, n_units: int) -> IntArray:
        """Return where the paths of each unit begin, shape (U + 1,)."""
        return np.searchsorted(self.unit, np.arange(n_units + 1))

    def _merge(self, unit: IntArray, fixed: FloatArray, added: csr_array) -> None:
        """Put the paths in, sorted by unit, older ones first."""
        units = np.concatenate([self.unit, unit])
        order = np.argsort(units, kind="stable")
        stacked = csr_array(
            (
                np.concatenate([self.added.data, added.data]),
                np.concatenate([self.added.indices, added.indices]),
                np.concatenate([self.added.indptr, self.added.indptr[-1] + added.indptr[1:]]),
            ),
            shape=(len(units), self.added.shape[1]),
        )
        number = np.concatenate([self.number, np.arange(self.n, len(units))])
        self.number = number[order]
        self.unit, self.fixed = units[order], np.concatenate([self.fixed, fixed])[order]
        self.added = csr_array(stacked[order])
