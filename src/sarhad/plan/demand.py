"""Demand by the set of facilities that cover it: millions of customers become a few thousand classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.sparse import csr_array

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.errors import SpecError

FIRST_ROOM = 1 << 12  # slots of the table of sets; it doubles when half full
WORD = 64  # facilities in one word of a set
WordArray = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Demand:
    """Demand by the set of facilities that cover it: what any coverage plan needs to know of the customers.

    Parameters
    ----------
    covers
        Which facilities cover each class, sparse (classes, facilities), every entry 1.
    weight
        Demand of each class, shape (classes,).
    out_of_reach
        Demand that no facility covers.
    """

    covers: csr_array
    weight: FloatArray
    out_of_reach: float

    @property
    def n_facilities(self) -> int:
        """Return the number of facilities."""
        return int(self.covers.shape[1])


def demand_within(
    facilities: FloatArray, customers: Iterable[tuple[FloatArray, FloatArray]], radius: float
) -> Demand:
    """Return the demand by covering set, customers being read in pieces and forgotten.

    Parameters
    ----------
    facilities
        Places ``x, y`` where something may be built, shape (F, 2).
    customers
        Pieces of places ``x, y``, shape (n, 2), and their demand >= 0, shape (n,).
    radius
        A facility covers what lies at most so far away.

    Raises
    ------
    SpecError
        Shapes that do not fit, places or demand that are missing, a radius that is not positive.
    """
    if (
        facilities.ndim != 2
        or facilities.shape[1] != 2
        or len(facilities) == 0
        or not np.isfinite(facilities).all()
    ):
        raise SpecError(f"facilities must be finite places of shape (F, 2), found shape {facilities.shape}.")
    if not 0.0 < radius < float("inf"):
        raise SpecError(f"radius must be a positive finite number, found {radius}.")
    places = np.ascontiguousarray(facilities, dtype=np.float64)
    corner, side, ptr, member = _cells(places, radius)
    room, n_words = FIRST_ROOM, -(-len(facilities) // WORD)
    sets, weight = np.zeros((room, n_words), dtype=np.uint64), np.full(room, -1.0)
    used = 0
    for number, (where, demand) in enumerate(customers):
        _refuse_piece(number, where, demand)
        done = 0
        while done < len(where):
            done, used = _add(
                where, demand, done, places, radius, corner, side, ptr, member, sets, weight, used
            )  # fmt: skip
            if 2 * used >= len(weight):
                sets, weight = _doubled(sets, weight)
    return _as_demand(sets[weight >= 0.0], weight[weight >= 0.0], len(facilities))


def _as_demand(sets: WordArray, weight: FloatArray, n_facilities: int) -> Demand:
    """Return the classes in the order of their sets, so that the order of the customers does not matter."""
    order = np.lexsort(sets.T)
    sets, weight = sets[order], weight[order]
    is_covered = sets.any(axis=1)
    octets = np.ascontiguousarray(sets[is_covered].astype("<u8")).view(np.uint8)
    row, column = np.nonzero(np.unpackbits(octets, axis=1, bitorder="little", count=n_facilities))
    covers = csr_array((np.ones(len(row)), (row, column)), shape=(int(is_covered.sum()), n_facilities))
    return Demand(covers, weight[is_covered], float(weight[~is_covered].sum()))


def _refuse_piece(number: int, where: FloatArray, demand: FloatArray) -> None:
    """Raise SpecError unless a piece of customers is sound."""
    if where.ndim != 2 or where.shape[1] != 2 or demand.shape != (len(where),):
        raise SpecError(
            f"customers, piece {number}: places of shape {where.shape} and demand of shape {demand.shape} found, "
            "(n, 2) and (n,) expected."
        )
    wrong = int((~np.isfinite(where).all(axis=1) | ~np.isfinite(demand) | (demand < 0)).sum())
    if wrong:
        raise SpecError(
            f"customers, piece {number}: {wrong} of {len(where)} have a missing place or a demand that is missing or "
            "negative. Correct or leave them out."
        )


def _cells(places: FloatArray, radius: float) -> tuple[FloatArray, IntArray, IntArray, IntArray]:
    """Return a grid of cells one radius wide over the facilities: corner, columns and rows, members of each cell."""
    corner = places.min(axis=0) - radius
    side = (np.floor((places.max(axis=0) - corner) / radius) + 2).astype(np.int64)
    at = np.floor((places - corner) / radius).astype(np.int64)
    cell = at[:, 0] * side[1] + at[:, 1]
    ptr = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=int(side.prod())))])
    return corner, side, ptr.astype(np.int64), np.argsort(cell, kind="stable").astype(np.int64)


@njit(cache=True, nogil=True)
def _add(where, demand, done, places, radius, corner, side, ptr, member, sets, weight, used):  # type: ignore[no-untyped-def]
    """Return how many customers are done and how many slots used; stops when the table is half full."""
    n_words = sets.shape[1]
    own = np.zeros(n_words, dtype=np.uint64)
    square = radius * radius
    for i in range(done, len(where)):
        if 2 * used >= len(weight):
            return i, used
        own[:] = np.uint64(0)
        x, y = where[i, 0], where[i, 1]
        column, row = np.floor((x - corner[0]) / radius), np.floor((y - corner[1]) / radius)
        for c in range(max(column - 1, 0), min(column + 2, side[0])):
            for r in range(max(row - 1, 0), min(row + 2, side[1])):
                cell = np.int64(c) * side[1] + np.int64(r)
                for k in range(ptr[cell], ptr[cell + 1]):
                    f = member[k]
                    if (x - places[f, 0]) ** 2 + (y - places[f, 1]) ** 2 <= square:
                        own[f >> 6] |= np.uint64(1) << np.uint64(f & 63)
        slot = _slot(own, sets, weight)
        if weight[slot] < 0.0:
            weight[slot] = 0.0
            sets[slot] = own
            used += 1
        weight[slot] += demand[i]
    return len(where), used


@njit(cache=True, nogil=True, inline="always")
def _slot(own, sets, weight):  # type: ignore[no-untyped-def]
    """Return the slot that holds the set, or the empty one where it belongs (weight below 0)."""
    mixed = np.uint64(1469598103934665603)
    for w in range(len(own)):
        mixed = (mixed ^ own[w]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    mask = len(weight) - 1
    slot = np.int64(mixed >> np.uint64(1)) & mask
    while weight[slot] >= 0.0:
        is_same = True
        for w in range(len(own)):
            if sets[slot, w] != own[w]:
                is_same = False
                break
        if is_same:
            break
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def _doubled(sets, weight):  # type: ignore[no-untyped-def]
    """Return the table with twice as many slots."""
    more_sets = np.zeros((2 * len(weight), sets.shape[1]), dtype=np.uint64)
    more = np.full(2 * len(weight), -1.0)
    for old in range(len(weight)):
        if weight[old] >= 0.0:
            slot = _slot(sets[old], more_sets, more)
            more_sets[slot], more[slot] = sets[old], weight[old]
    return more_sets, more
