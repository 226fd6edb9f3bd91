"""Linear limits over starts: crews, floors, changes, packages, each row named in the user's words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from sarhad.detection.instance import BoolArray, FloatArray, IntArray

TOLERANCE = 1e-7  # by which a row whose largest factor is 1 may be exceeded


@dataclass(frozen=True, eq=False)
class StartRows:
    """Rows ``sum of factor[i, s] over the starts of a plan <= room``, the largest factor of each being 1 or -1.

    Parameters
    ----------
    words
        What each row is about; rows of the same words are one limit, shape (R,).
    factor
        Over items and quarters of start, flattened, shape (R, I * T).
    room
        Shape (R,).
    """

    words: tuple[str, ...]
    factor: csr_array
    room: FloatArray

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return len(self.room)

    def used(self, start: IntArray) -> FloatArray:
        """Return the left sides for starts (I,), -1 for items left out."""
        chosen = np.flatnonzero(start >= 0)
        on = np.zeros(self.factor.shape[1])
        on[chosen * (len(on) // max(len(start), 1)) + start[chosen]] = 1.0
        return np.asarray(self.factor @ on)

    def broken(self, start: IntArray) -> BoolArray:
        """Return which rows the starts (I,) exceed."""
        result: BoolArray = self.used(start) > self.room + TOLERANCE
        return result

    def with_rows(self, other: StartRows) -> StartRows:
        """Return these rows and others below them."""
        factor = csr_array(vstack([self.factor, other.factor]))
        return StartRows(self.words + other.words, factor, np.concatenate([self.room, other.room]))

    def only(self, keep: BoolArray) -> StartRows:
        """Return some of the rows."""
        at = np.flatnonzero(keep)
        return StartRows(tuple(self.words[k] for k in at), csr_array(self.factor[at]), self.room[at])


def start_rows(shape: tuple[int, int], rows: Sequence[tuple[str, FloatArray, float]]) -> StartRows:
    """Return rows from words, factors (I, T) and room; rows without factors stay as they are.

    Parameters
    ----------
    shape
        Items and quarters (I, T).
    rows
        Words, factors and room of each row.
    """
    size = [max(float(np.abs(factor).max(initial=0.0)), 1e-300) for _, factor, _ in rows]
    size = [s if s > 1e-300 else 1.0 for s in size]
    flat = [csr_array(f.reshape(1, -1) / s) for (_, f, _), s in zip(rows, size, strict=True)]
    factor = csr_array(vstack(flat)) if flat else csr_array((0, shape[0] * shape[1]))
    room = np.array([r / s for (_, _, r), s in zip(rows, size, strict=True)], dtype=np.float64)
    return StartRows(tuple(words for words, _, _ in rows), factor, room)


@dataclass(frozen=True)
class Package:
    """Items of which a plan holds none, or at least so much.

    Parameters
    ----------
    words
        The package as a person would say it.
    items
        Ascending.
    weight
        What each item counts: 1 where items are counted, dollars where money is.
    least
        What the chosen items must count together, once any of them is chosen.
    """

    words: str
    items: tuple[int, ...]
    weight: tuple[float, ...]
    least: float

    def is_enough(self, chosen: Collection[int]) -> bool:
        """Tell whether these of the items are none or enough."""
        total = sum(w for i, w in zip(self.items, self.weight, strict=True) if i in chosen)
        return len(chosen) == 0 or total >= self.least * (1 - 1e-9)


def package_rows(shape: tuple[int, int], packages: Sequence[Package]) -> StartRows:
    """Return the rows of packages: an item is chosen at most as far as its package is filled.

    Parameters
    ----------
    shape
        Items and quarters (I, T).
    packages
        The packages.
    """
    rows = [row for package in packages for row in _rows_of(shape, package)]
    return start_rows(shape, rows)


def _rows_of(shape: tuple[int, int], package: Package) -> list[tuple[str, FloatArray, float]]:
    """Return a row an item: of whole packages its share is that of the next item, else what all bring."""
    result = []
    is_whole = package.least >= sum(package.weight) * (1 - 1e-9)
    for k, item in enumerate(package.items):
        factor = np.zeros(shape)
        if is_whole:
            factor[package.items[(k + 1) % len(package.items)]] = -1.0
        else:
            for other, weight in zip(package.items, package.weight, strict=True):
                factor[other] -= min(weight, package.least) / package.least
        factor[item] += 1.0
        if len(package.items) > 1 or not is_whole:
            result.append((package.words, factor, 0.0))
    return result


def change_row(shape: tuple[int, int], former: IntArray, most: int, words: str) -> StartRows:
    """Return the row of changes against a former plan: items dropped, added or moved count one each.

    Parameters
    ----------
    shape
        Items and quarters (I, T).
    former
        Start in the former plan, -1 for items not in it, shape (I,).
    most
        Changes allowed.
    words
        The limit in words.
    """
    factor = np.zeros(shape)
    factor[former < 0] = 1.0
    kept = np.flatnonzero(former >= 0)
    factor[kept, former[kept]] = -1.0
    return start_rows(shape, [(words, factor, float(most - len(kept)))])
