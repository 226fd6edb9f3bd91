"""What evaluations need of memory, said before they start; more than allowed is refused."""

from __future__ import annotations

import os

import numpy as np

from sarhad.detection.instance import Instance
from sarhad.detection.movers import CrossingLogit, Logit, Mover, NonAdaptive, PartlyInformed
from sarhad.errors import SpecError

EDGE_LISTS = 2 * (4 + 4)  # bytes an edge: neighbour and edge, in both directions
NODE_LISTS = 2 * 8  # bytes a node
SEARCH = 8 + 4 + 4 + 4 + 4  # a node: distance, edge, the ring's two links and place
TRACE = 8 + 4 + 8 + 8 + 1 + 4  # a node: the search from origins, its heap
REPAIR = 8 + 8 + 4 + 4 + 4 + 8  # a node
TREE = 8 + 4 + 8  # a node: distance, edge, bound
FILL = 120  # entries of the factors, a node
CHOICE = (
    4 * 8
)  # a scenario and crossing edge: scenario, edge, share, chance, of movers that spread over crossings
MEGABYTE = 2**20


def evaluation_bytes(instance: Instance, n_states: int = 1, mover: Mover | None = None) -> int:
    """Return about how many bytes `evaluate` takes at its peak, beside the instance itself.

    Parameters
    ----------
    instance
        Graph, exposures, scenarios.
    n_states
        Different states among the periods.
    mover
        How movers choose; `Informed` when None.

    Notes
    -----
    States are judged one after another and destinations as many at a time as there are processors, so neither adds to
    the peak but by what is reported of each state. Per edge: both lists; weight and exposure of each mover; base and
    list order of the weights of each mover in use. Per node and processor: a search and a trace. Movers that keep to what
    they believed keep its weights; those that spread over crossing edges keep all trees and what crosses where; the
    recursive logit keeps the factors of a matrix, whose size only the factorisation tells (taken as `FILL` entries a node).
    """
    n_edges, n_nodes, n_movers = instance.graph.n_edges, instance.graph.n_nodes, len(instance.movers)
    in_use = len(np.unique(instance.mover))
    per_edge = EDGE_LISTS + 8 * (2 * n_movers + 1) + 8 * max(2 * in_use + 1, in_use)
    per_node = NODE_LISTS + (os.cpu_count() or 1) * (2 * SEARCH + TRACE)
    n_crossing = int((instance.graph.section >= 0).sum())
    figures = (
        len(instance.sections) * len(instance.threats) * n_movers + n_crossing + 3 * instance.n_scenarios
    )
    more = _of_mover(instance, mover, n_crossing, n_states)
    return n_edges * per_edge + n_nodes * per_node + 8 * n_states * figures + more


def _of_mover(instance: Instance, mover: Mover | None, n_crossing: int, n_states: int) -> int:
    """Return the bytes that a kind of mover takes beyond informed ones."""
    n_nodes, weights = instance.graph.n_nodes, 8 * instance.graph.n_edges * len(instance.movers)
    spread = instance.n_scenarios * n_crossing * CHOICE * (1 + n_states)
    match mover:
        case NonAdaptive() if isinstance(mover.without, CrossingLogit):
            return 2 * weights + _trees(instance) * n_nodes * (8 + 4) + spread
        case CrossingLogit():
            return 2 * weights + _trees(instance) * n_nodes * (8 + 4) + spread
        case NonAdaptive():
            return 2 * weights
        case PartlyInformed():
            return 2 * weights
        case Logit():
            return spread + (os.cpu_count() or 1) * n_nodes * (FILL * 12 + 16 * instance.n_scenarios)
    return 0


def _trees(instance: Instance) -> int:
    """Return how many trees there are to destinations and from origins."""
    n_movers = len(instance.movers)
    return sum(
        len(np.unique(end * n_movers + instance.mover)) for end in (instance.destination, instance.origin)
    )


def standing_bytes(instance: Instance, n_states: int = 1) -> int:
    """Return the bytes that `standing` takes at its peak, beside the instance itself: trees of all states stay."""
    n_nodes, n_edges = instance.graph.n_nodes, instance.graph.n_edges
    n_trees = len(np.unique(instance.destination * len(instance.movers) + instance.mover))
    exposures = sum(12 * one.nnz + 8 * n_edges for one in instance.exposure.by_mover)
    weights = 8 * n_edges * len(instance.movers) * (n_states + 1)
    working = (os.cpu_count() or 1) * n_nodes * (SEARCH + REPAIR)
    return evaluation_bytes(instance) + exposures + weights + n_states * n_trees * n_nodes * TREE + working


def require_room(what: str, needed: int, allowed: int | None, remedy: str) -> None:
    """Raise SpecError, naming both figures and a remedy, when more memory is needed than is allowed (bytes)."""
    if allowed is not None and needed > allowed:
        raise SpecError(
            f"{what} would take about {needed / MEGABYTE:,.0f} MB of memory, {allowed / MEGABYTE:,.0f} MB are allowed. "
            f"{remedy} Or allow more."
        )
