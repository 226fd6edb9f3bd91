"""The resource order of a schedule as precedence links: who hands resources over to whom."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sarhad.errors import DataError
from sarhad.schedule.project import FloatArray, IntArray, Project
from sarhad.schedule.risk.working import ENOUGH, Working


class Flow(NamedTuple):
    """Who hands a resource to whom.

    Parameters
    ----------
    ended
        Pairs (before, after): the second takes units when the first has ended, shape (K, 2), sorted.
    pausing
        Pairs (before, after): the second takes units while the first pauses, shape (Q, 2), sorted.
    """

    ended: IntArray
    pausing: IntArray


def flow_links(
    project: Project, modes: IntArray, starts: IntArray, finishes: FloatArray, work: Working
) -> Flow:
    """Return pairs of activities that keep the resource order of a schedule.

    Parameters
    ----------
    project
        Activities and resources.
    modes
        Chosen mode of each activity, index into the M modes, shape (A,).
    starts, finishes
        The schedule, shape (A,).
    work
        Prefix sums of the project's calendars.

    Returns
    -------
    Flow
        With the pairs of `ended` as finish-to-start links every schedule keeps the capacities, whatever the
        durations, and the given one stays possible; where there are pairs of `pausing`, only the order of starts is
        kept between these.

    Notes
    -----
    Units of each resource flow from activities that end to those that start. In order of starts, an activity takes
    its units first from those that already precede it, then from those that ended last (few new links), and only
    then from those that pause when it starts. Where capacity changes over time its largest value counts.

    Raises
    ------
    DataError
        If the schedule asks for more of a resource than there is.

    References
    ----------
    Artigues, Michelon and Reusser (2003), European Journal of Operational Research 149(2), 249-267.
    """
    order = np.lexsort((finishes, starts))
    demand = project.demand[modes]
    before = {a: set[int]() for a in range(project.n_activities)}
    for p, s in zip(project.link_before.tolist(), project.link_after.tolist(), strict=True):
        before[s].add(p)
    ended, pausing = set[tuple[int, int]](), set[tuple[int, int]]()
    for r, capacity in enumerate(_capacity(project).tolist()):
        held: dict[int, int] = {-1: capacity}
        for a in order[(demand[order, r] > 0) & (finishes[order] > starts[order])].tolist():
            need = int(demand[a, r])
            free, resting = _givers(project, work, held, before[a], starts[a], finishes)
            for giver in free + resting:
                taken = min(need, held[giver])
                held[giver] -= taken
                need -= taken
                if taken and giver >= 0:
                    (pausing if giver in resting else ended).add((giver, a))
                    before[a].add(giver)
            if need:
                raise DataError(
                    _overused(project, r, a, capacity), table="resource", ids=[project.resource_ids[r]]
                )
            held = {giver: units for giver, units in held.items() if units}
            held[a] = int(demand[a, r])
    return Flow(_pairs(ended), _pairs(pausing))


def _capacity(project: Project) -> IntArray:
    """Return the largest capacity of each resource over time."""
    changing = project.capacity_by_period
    if changing is None or not changing.shape[1]:
        return project.capacity
    return np.asarray(np.maximum(project.capacity, changing.max(axis=1)))


def _pairs(pairs: set[tuple[int, int]]) -> IntArray:
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _overused(project: Project, r: int, a: int, capacity: int) -> str:
    return (
        f"schedule: resource {project.resource_ids[r]} (capacity {capacity}) is asked for more when activity "
        f"{project.activity_ids[a]} starts. Give a schedule that keeps the capacities."
    )


def _givers(
    project: Project, work: Working, held: dict[int, int], before: set[int], start: int, finishes: FloatArray
) -> tuple[list[int], list[int]]:
    """Return who can give units at `start`: predecessors, the unused stock, then those that ended last; those that pause."""
    free = [g for g in held if g < 0 or finishes[g] <= start + ENOUGH]
    free.sort(key=lambda g: (g not in before, g >= 0, -finishes[g] if g >= 0 else 0.0, g))
    resting = [g for g in sorted(held) if g not in free and _rests(project, work, g, start)]
    return free, resting


def _rests(project: Project, work: Working, a: int, period: int) -> bool:
    """Return whether an activity that has begun pauses in a period."""
    c, horizon = int(project.calendar[a]), work.before.shape[1] - 1
    if c < 0 or not project.is_splittable[a] or period >= horizon:
        return False
    return bool(work.before[c, period] == work.before[c, period + 1])
