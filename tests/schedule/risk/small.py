"""Small uncertain projects of the tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sarhad.schedule import Baseline, Project, ThreePoint, assemble
from sarhad.schedule.project import LinkType

Link = tuple[int, int, LinkType, int]


def project_of(durations: Sequence[int], links: Sequence[Link] = (), **given: Any) -> Project:
    """Return a project of activities a0, a1, ... with one mode each and no resources."""
    names = [f"a{k}" for k in range(len(durations))]
    return assemble(names, [[(d, [], [])] for d in durations], links, **given)


def chain(n: int) -> list[Link]:
    """Return links that put n activities in a row."""
    return [(k, k + 1, "FS", 0) for k in range(n - 1)]


def at(*starts: int) -> Baseline:
    """Return the baseline of activities with one mode each."""
    return Baseline(np.arange(len(starts)), np.array(starts, dtype=np.int64))


def points(*rows: tuple[float, float, float], shape: Any = "triangular") -> ThreePoint:
    """Return three points by activity."""
    low, likely, high = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return ThreePoint(low, likely, high, shape)


def sure(*values: float) -> ThreePoint:
    """Return figures that are certain."""
    return points(*((v, v, v) for v in values))
