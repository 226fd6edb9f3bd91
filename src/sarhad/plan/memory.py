"""Memory: what a plan will need, stated before it starts, and refused where there is less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sarhad.detection.instance import Instance
from sarhad.errors import SpecError
from sarhad.plan.limits import Terms
from sarhad.plan.pricing import LENGTHS
from sarhad.programme.memory import SHARE, held_bytes, machine_bytes

CODE = 1e8  # bytes of compiled searches and of the solver
ENTRY = 40  # bytes of an exposure: as given, capped, by edge, by binary
EDGE, EDGE_MOVER = 120, 60  # bytes of an edge: search lists; effort, coverage and their sums for each mover
HEADS = 2  # threads that search, each with labels and a heap for all nodes
NODE = 60
PATHS_A_UNIT = 60  # paths of the pool for each scenario
PATH, MET = 2500, 100  # bytes of a path and of a binary on it
MET_SHARE = 0.065  # of the binaries that lie on a path
ROWS_A_QUARTER = 700  # cuts that live at once
ROW_ENTRY = 150  # bytes of an entry in the programme's many forms
MOST_EPOCHS = 20
TURNS = 4  # times the quarters that a small programme looks for paths at once, in halves
GIGABYTE = 1e9


@dataclass(frozen=True)
class Memory:
    """What a plan needs, in bytes.

    Parameters
    ----------
    held
        What the process holds when the plan starts, the game included.
    game, search, pool, programme
        What the plan adds: exposures and search lists; edge lengths of all quarters, as the evaluation holds them;
        paths; linear programme.
    """

    held: float
    game: float
    search: float
    pool: float
    programme: float

    @property
    def gigabytes(self) -> float:
        """Return all together, in GB."""
        return (self.held + self.game + self.search + self.pool + self.programme) / GIGABYTE

    @property
    def added_gb(self) -> float:
        """Return what the plan adds to what the process holds, in GB: the same on every machine."""
        return self.gigabytes - self.held / GIGABYTE

    def __str__(self) -> str:
        parts = "game", "search", "pool", "programme"
        each = ", ".join(f"{name} {getattr(self, name) / GIGABYTE:.2g}" for name in parts)
        return f"{self.gigabytes:.2g} GB (held {self.held / GIGABYTE:.2g}, {each})"


@dataclass(frozen=True)
class Sizes:
    """What the memory of a plan grows with: counts of each."""

    nodes: int
    edges: int
    movers: int
    entries: int
    items: int
    units: int
    quarters: int


def sizes(instance: Instance, terms: Terms) -> Sizes:
    """Return the sizes of a game; a unit is a threat and mover with origin and destination."""
    places = np.stack([instance.origin, instance.destination, instance.mover, instance.threat])
    return Sizes(
        nodes=instance.graph.n_nodes,
        edges=instance.graph.n_edges,
        movers=len(instance.movers),
        entries=sum(matrix.nnz for matrix in instance.exposure.by_mover),
        items=instance.exposure.n_items,
        units=np.unique(places, axis=1).shape[1],
        quarters=terms.n_quarters,
    )


def estimate(of: Sizes, held: float) -> Memory:
    """Return what planning a game of these sizes needs, beside the bytes that are `held` already."""
    on_path = max(4.0, MET_SHARE * of.items)
    judged = 16.0 * of.edges * of.movers * (of.quarters + 1)  # lengths and exposures in every quarter
    searched = min(LENGTHS, TURNS * judged)
    return Memory(
        held=held,
        game=CODE + ENTRY * of.entries + of.edges * (EDGE + EDGE_MOVER * of.movers),
        search=max(searched, judged) + HEADS * NODE * of.nodes,
        pool=PATHS_A_UNIT * of.units * (PATH + MET * on_path),
        programme=ROWS_A_QUARTER * min(of.quarters, MOST_EPOCHS) * ROW_ENTRY * on_path,
    )


def needed(instance: Instance, terms: Terms) -> Memory:
    """Return what planning this game needs."""
    return estimate(sizes(instance, terms), held_bytes())


def require_memory(memory: Memory, limit_gb: float | None) -> None:
    """Refuse a plan that needs more memory than is allowed.

    Raises
    ------
    SpecError
        As `require_gigabytes`.
    """
    remedy = "a coarser network (setting of the grid), fewer items, quarters or draws"
    require_gigabytes("the plan", memory.gigabytes, limit_gb, remedy, str(memory))


def require_room_for_edges(n_edges: int, n_movers: int, limit_gb: float | None) -> None:
    """Refuse a network whose edges alone need too much, before exposures are worked out.

    Raises
    ------
    SpecError
        As `require_gigabytes`.
    """
    alone = Sizes(0, n_edges, n_movers, entries=0, items=0, units=0, quarters=1)
    require_memory(estimate(alone, held_bytes()), limit_gb)


def require_gigabytes(
    what: str, needed_gb: float, limit_gb: float | None, remedy: str, told: str = ""
) -> None:
    """Refuse what needs more memory than is allowed.

    Parameters
    ----------
    what
        What needs it.
    needed_gb, told
        How much, what the process holds already included, and how that is said.
    limit_gb
        What is allowed; None: four fifths of the machine, where it tells its memory.
    remedy
        What can be given instead of a higher limit.

    Raises
    ------
    SpecError
        If the limit is no number of GB, or less than is needed.
    """
    if limit_gb is not None and not 0.0 < limit_gb < float("inf"):
        raise SpecError(f"memory limit {limit_gb:g}: not a number of GB. Give 8 for eight.")
    there = machine_bytes()
    limit = limit_gb if limit_gb is not None else None if there is None else SHARE * there / GIGABYTE
    if limit is not None and needed_gb > limit:
        given = "allowed" if limit_gb is not None else f"allowed, {SHARE:.0%} of this machine's memory"
        raise SpecError(
            f"{what} would need {told or f'{needed_gb:.2g} GB'}, and {limit:.2g} GB are {given}. Give a higher "
            f"--memory-limit, or {remedy}."
        )
