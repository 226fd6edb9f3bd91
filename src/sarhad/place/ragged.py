"""Paths of edges as flat arrays: cells and hours of all points, one run of points an edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sarhad.place.border import FloatArray
from sarhad.place.terrain import IntArray


@dataclass(frozen=True)
class Paths:
    """The paths of one mover over all edges.

    Parameters
    ----------
    ptr
        Points of edge `e` are ``ptr[e]:ptr[e + 1]``, shape (E + 1,); none where the mover cannot go.
    cell
        Flat index into the terrain grid, shape (K,).
    hours
        Hours spent at each point, shape (K,); they sum to the edge's hours.
    """

    ptr: IntArray
    cell: IntArray
    hours: FloatArray


def take_runs(ptr: IntArray, values: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return pointer and values of some runs, in the order of `rows`."""
    count = np.diff(ptr)[rows]
    new = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    at = np.repeat(ptr[:-1][rows] - new[:-1], count) + np.arange(new[-1])
    return new, values[at]


def join_runs(parts: list[tuple[IntArray, IntArray]]) -> tuple[IntArray, IntArray]:
    """Return pointer and values of runs put one after another."""
    count = np.concatenate([np.diff(ptr) for ptr, _ in parts])
    new = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return new, np.concatenate([values for _, values in parts]).astype(np.int64)


def sums(ptr: IntArray, values: FloatArray) -> FloatArray:
    """Return the sum of each run's values; zero for an empty run."""
    total = np.zeros(len(ptr) - 1)
    full = np.flatnonzero(ptr[1:] > ptr[:-1])
    if len(full):
        total[full] = np.add.reduceat(values, ptr[full])
    return total


def spread(total: FloatArray, ptr: IntArray, weights: FloatArray) -> FloatArray:
    """Return totals shared out over the points of their runs in proportion to weights."""
    count = np.diff(ptr)
    of_weights = np.repeat(sums(ptr, weights), count)
    totals = np.repeat(total, count)
    return np.where(totals == of_weights, weights, totals * (weights / of_weights))
