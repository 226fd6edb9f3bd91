"""What a bound rests on: the rows of the linear programme, their duals, and what each cut was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import FloatArray, IntArray

PREREQUISITE, UNKNOWN = "prerequisite", "unknown"


@dataclass(frozen=True)
class Made:
    """What a cut was made of, so that it can be made again.

    Parameters
    ----------
    kind
        tangent (of the chance to evade along one path a unit), lifted (one path a unit), mixed (several paths of
        a unit); prerequisite; or another word, which no certificate re-proves.
    path
        Number of each path in the pool, shape (P,).
    size
        How many of each path's binaries, the fullest first, count as on, shape (P,); 0 for tangents.
    state
        State of the items where the cut was made, shape (1, I).
    """

    kind: str
    path: IntArray
    size: IntArray
    state: csr_array


NOTHING = np.empty(0, dtype=np.int64)


def made_without_paths(kind: str) -> Made:
    """Return the origin of a row that no path made."""
    return Made(kind, NOTHING, NOTHING, csr_array((1, 1)))


def made_by_row(
    kind: str, row: IntArray, n_rows: int, paths: tuple[IntArray, IntArray], states: Sequence[csr_array]
) -> tuple[Made, ...]:
    """Return what made each of several rows.

    Parameters
    ----------
    kind
        Of all rows.
    row
        Row of each path, shape (P,).
    n_rows
        Number of rows.
    paths
        Number in the pool and size of each path, shapes (P,).
    states
        State of the items of each row, each of shape (1, I).
    """
    order = np.argsort(row, kind="stable")
    ends = np.searchsorted(row[order], np.arange(n_rows + 1))
    number, size = paths[0][order], paths[1][order]
    return tuple(
        Made(kind, number[ends[k] : ends[k + 1]], size[ends[k] : ends[k + 1]], states[k])
        for k in range(n_rows)
    )


@dataclass(frozen=True)
class Proof:
    """The rows of a linear programme that was solved, with the duals from which its bound follows.

    Parameters
    ----------
    bound
        Value that no plan is below.
    dual
        Dual of each row, fixed rows first, in the unit of the programme, shape (R,).
    epoch, profile, level, made
        Epoch, slopes over the items, right side and origin of each profile row.
    group
        Group whose chance to evade a row bounds, -1 for prerequisites.
    starts
        Item and quarter of the starts that were columns, shape (N, 2).
    """

    bound: float
    dual: FloatArray
    epoch: IntArray
    profile: csr_array
    level: FloatArray
    made: tuple[Made, ...]
    group: IntArray
    starts: IntArray
