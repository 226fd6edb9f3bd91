"""The recursive logit mover: probabilities of walks from one sparse factorisation per mover and state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, eye_array
from scipy.sparse.linalg import SuperLU, splu

from sarhad.detection.instance import FloatArray, Graph, IntArray
from sarhad.detection.prepared import Prepared
from sarhad.detection.routes import Outcome, Truth
from sarhad.detection.shortest import in_threads, search
from sarhad.errors import SpecError

HALVINGS = 30  # of the interval that holds the least theta
UNDERFLOW = 600.0  # exponents beyond this leave the range of floating point with a margin


def logit_outcome(prepared: Prepared, one: Truth, theta: float) -> Outcome:
    """Return what happens to recursive-logit movers under a truth, which they know.

    Parameters
    ----------
    prepared
        Instance.
    one
        What acts on the edges.
    theta
        Precision per unit of exposure.

    Raises
    ------
    SpecError
        If the sum over walks does not converge at this theta in some state.

    Notes
    -----
    With w the weight of an edge, the sum over all walks from n that end at destination d of ``exp(-theta w)`` is
    ``z_n = G[n, d] / G[d, d]``, ``G = inv(I - M)``, ``M[n, m] = sum of exp(-theta w)`` over edges from n to m; a
    walk is taken with probability ``exp(-theta w) / z_n``. The sums with ``exp(-(theta + 1) w)`` and
    ``exp(-theta w - exposure)`` over z give the probabilities to get through and to go undetected. The sums exist
    exactly when the spectral radius of M is below 1.

    References
    ----------
    Fosgerau, Frejinger and Karlstrom (2013), A link based network route choice model with unrestricted choice
    set, Transportation Research Part B 56.
    """
    instance = prepared.instance
    shape = (instance.n_scenarios, len(prepared.crossing))
    evade, undetected = np.zeros(instance.n_scenarios), np.zeros(instance.n_scenarios)
    share, through = np.zeros(shape), np.zeros(shape)
    _refuse_divergence(prepared, one, theta)
    batches = _batches(prepared, one, theta)

    def work(task: int) -> None:
        s, potential = batches[task]
        mover = instance.mover[s[0]]
        weight, exposure = one.weight[mover], one.exposure[mover]
        towards = int(instance.destination[s[0]]) if potential else None
        chosen = _walks(prepared, theta * weight, s, towards)
        lived = _walks(prepared, (theta + 1.0) * weight, s, towards)
        unseen = _walks(prepared, theta * weight + exposure, s, towards)
        lived_scale, unseen_scale = (np.exp(chosen.offset - other.offset) for other in (lived, unseen))
        evade[s] = lived.total / chosen.total * lived_scale
        undetected[s] = unseen.total / chosen.total * unseen_scale
        share[s] = chosen.over / chosen.total[:, None]
        through[s] = lived.over / chosen.total[:, None] * lived_scale[:, None]

    in_threads(work, range(len(batches)))
    return Outcome(evade, undetected, csr_array(share), csr_array(through))


def least_theta(graph: Graph, weight: FloatArray) -> float:
    """Return, to a part in a million, the least theta at which the sum over walks converges (upper end).

    Parameters
    ----------
    graph
        Graph.
    weight
        Weight of each edge for one mover, shape (E,). Where a cycle costs nothing no theta converges: inf.
    """
    low, high = 0.0, 1.0
    while not _converges(graph, high * weight):
        low, high = high, 4.0 * high
        if high > 1e9:
            return float("inf")
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _converges(graph, middle * weight) else (middle, high)
    return high


def _refuse_divergence(prepared: Prepared, one: Truth, theta: float) -> None:
    """Raise SpecError, with the least theta that would do, unless the walks of every mover in use converge."""
    instance = prepared.instance
    failed = [
        m for m in np.unique(instance.mover).tolist() if not _converges(instance.graph, theta * one.weight[m])
    ]
    if failed:
        names = ", ".join(instance.movers[m] for m in failed)
        least = max(least_theta(instance.graph, one.weight[m]) for m in failed)
        raise SpecError(
            f"theta = {theta:g} is too small: the sum over all walks does not converge for {names}. "
            f"Use theta above {least:.4g}, or the mover CrossingLogit, which takes any theta."
        )


def _batches(prepared: Prepared, one: Truth, theta: float) -> list[tuple[IntArray, bool]]:
    """Return scenarios that are solved together, and whether their sums need scaling by a potential.

    Sums of exp(-cost) below the floating-point range are scaled by the distances to the destination; such a
    batch holds one destination. All other scenarios of a mover share a batch. Those without a way are in none.
    """
    instance, ends = prepared.instance, prepared.ends
    dist = np.empty(instance.n_scenarios)

    def work(g: int) -> None:
        s = np.flatnonzero(ends.of_scenario == g)
        found, _ = search(prepared.into, one.weight[ends.mover[g]], ends.node[g : g + 1])
        dist[s] = found[instance.origin[s]]

    in_threads(work, range(ends.n_groups))
    is_near = (theta + 1.0) * dist <= UNDERFLOW
    is_far = np.isfinite(dist) & ~is_near
    near = [(np.flatnonzero(is_near & (instance.mover == m)), False) for m in range(len(instance.movers))]
    far = [(np.flatnonzero(is_far & (ends.of_scenario == g)), True) for g in range(ends.n_groups)]
    return [(s, needs) for s, needs in near + far if len(s)]


@dataclass(frozen=True, eq=False)
class _Walks:
    """Sums of exp(offset - cost) over all walks of the scenarios of a batch.

    `total` (n,) over all walks, `over` (n, X) over those through each crossing edge, `offset` (n,).
    """

    total: FloatArray
    over: FloatArray
    offset: FloatArray


def _walks(prepared: Prepared, cost: FloatArray, s: IntArray, towards: int | None) -> _Walks:
    """Return the sums for scenarios `s`, scaled by the distances to the node `towards` unless it is None."""
    instance, graph, crossing = prepared.instance, prepared.instance.graph, prepared.crossing
    offset = np.zeros(len(s))
    if towards is not None:
        potential, _ = search(prepared.into, cost, np.array([towards]))
        offset = potential[instance.origin[s]]
        open_edges = np.isfinite(potential[graph.tail]) & np.isfinite(potential[graph.head])
        reduced = np.full(graph.n_edges, np.inf)
        np.subtract(potential[graph.head], potential[graph.tail], out=reduced, where=open_edges)
        cost = np.where(open_edges, np.maximum(cost + reduced, 0.0), np.inf)
    factors = _factors(graph, cost)
    assert factors is not None  # the divergence check came before
    origins, row = np.unique(instance.origin[s], return_inverse=True)
    ends, column = np.unique(instance.destination[s], return_inverse=True)
    to = factors.solve(_units(graph.n_nodes, ends))
    to /= to[ends, np.arange(len(ends))]
    out = factors.solve(_units(graph.n_nodes, origins), "T")  # type: ignore[call-overload]  # scipy has it, its stubs do not
    over = (
        out[graph.tail[crossing]][:, row]
        * np.exp(-cost[crossing])[:, None]
        * to[graph.head[crossing]][:, column]
    )
    return _Walks(to[instance.origin[s], column], over.T, offset)


def _units(n: int, at: IntArray) -> FloatArray:
    """Return unit vectors as columns (n, len(at))."""
    units = np.zeros((n, len(at)))
    units[at, np.arange(len(at))] = 1.0
    return units


def _factors(graph: Graph, cost: FloatArray) -> SuperLU | None:
    """Return the factors of I - M, None when it is singular."""
    walk = coo_array((np.exp(-cost), (graph.tail, graph.head)), (graph.n_nodes, graph.n_nodes))
    try:
        return splu(csc_array(eye_array(graph.n_nodes) - walk), permc_spec="MMD_AT_PLUS_A")
    except RuntimeError:
        return None


def _converges(graph: Graph, cost: FloatArray) -> bool:
    """Return whether the spectral radius of M is below 1.

    It is exactly when ``(I - M) x = 1`` has a positive solution (then ``x >= 1``).
    """
    factors = _factors(graph, cost)
    if factors is None:
        return False
    solution = factors.solve(np.ones(graph.n_nodes))
    return bool(np.isfinite(solution).all() and (solution > 0.5).all())
