"""The resource order of a schedule as precedence links: who hands resources over to whom."""

from __future__ import annotations

import numpy as np

from sarhad.errors import DataError
from sarhad.schedule.project import FloatArray, IntArray, Project


def flow_links(project: Project, modes: IntArray, starts: IntArray, finishes: FloatArray) -> IntArray:
    """Return pairs of activities (before, after) that keep the resource order of a schedule.

    Parameters
    ----------
    project
        Activities and resources.
    modes
        Chosen mode of each activity, index into the M modes, shape (A,).
    starts, finishes
        The schedule, shape (A,).

    Returns
    -------
    ndarray
        Pairs, shape (K, 2), sorted. With these as finish-to-start links every schedule keeps the capacities,
        whatever the durations, and the given one stays possible.

    Notes
    -----
    Units of each resource flow from activities that end to those that start. In order of starts, an activity takes
    its units first from those that already precede it, then from those that ended last: few new links.

    Raises
    ------
    DataError
        If the schedule asks for more of a resource than there is.

    References
    ----------
    Artigues, Michelon and Reusser (2003), European Journal of Operational Research 149(2), 249-267.
    """
    order = np.lexsort((finishes, starts))
    before = {a: set[int]() for a in range(project.n_activities)}
    for p, s in zip(project.link_before.tolist(), project.link_after.tolist(), strict=True):
        before[s].add(p)
    pairs: set[tuple[int, int]] = set()
    for r in range(len(project.capacity)):
        held: dict[int, int] = {-1: int(project.capacity[r])}
        for a in order.tolist():
            need = int(project.demand[modes[a], r])
            if need == 0 or finishes[a] <= starts[a]:
                continue
            for giver in _givers(held, before[a], starts[a], finishes):
                taken = min(need, held[giver])
                held[giver] -= taken
                need -= taken
                if giver >= 0:
                    pairs.add((giver, a))
                    before[a].add(giver)
                if need == 0:
                    break
            if need:
                raise DataError(_overused(project, r, a), table="resource", ids=[project.resource_ids[r]])
            held = {giver: units for giver, units in held.items() if units}
            held[a] = int(project.demand[modes[a], r])
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _overused(project: Project, r: int, a: int) -> str:
    return (
        f"schedule: resource {project.resource_ids[r]} (capacity {project.capacity[r]}) is asked for more when activity "
        f"{project.activity_ids[a]} starts. Give a schedule that keeps the capacities."
    )


def _givers(held: dict[int, int], before: set[int], start: int, finishes: FloatArray) -> list[int]:
    """Return who can give units at `start`: predecessors, then the unused stock, then those that ended last."""
    free = [g for g in held if g < 0 or finishes[g] <= start + 1e-9]
    return sorted(free, key=lambda g: (g not in before, g >= 0, -finishes[g] if g >= 0 else 0.0, g))
