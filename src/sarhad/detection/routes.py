"""Where movers go and what happens to them there, for every mover that chooses among best paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.detection.prepared import Prepared
from sarhad.detection.shortest import Groups, carry, in_threads, search

TIE = 1e-9  # totals within this, absolute and relative, are one total


@dataclass(frozen=True, eq=False)
class Truth:
    """What acts on the edges while one set of items operates, each of shape (n_movers, E).

    Parameters
    ----------
    weight
        Effort, existing and added exposure.
    exposure
        Existing and added exposure.
    """

    weight: FloatArray
    exposure: FloatArray


@dataclass(frozen=True, eq=False)
class Outcome:
    """What becomes of the attempts of each scenario while one set of items operates.

    Parameters
    ----------
    evade
        Probability that an attempt gets through: neither detected nor given up, shape (S,).
    undetected
        Probability that it is not detected, effort left out, shape (S,).
    share
        Share of the attempts that crosses at each crossing edge, sparse (S, X).
    through
        Probability that an attempt crosses there and gets through, sparse (S, X).
    """

    evade: FloatArray
    undetected: FloatArray
    share: csr_array
    through: csr_array


@dataclass(frozen=True, eq=False)
class _Legs:
    """One side's best ways: distance believed, and weight and exposure under each truth.

    `ahead` and the others hold the values at the crossing edges, (G, X) or (truth, G, X); `at_origin` those of
    whole ways at each scenario's origin (reverse search only), (S,) or (truth, S).
    """

    believed: FloatArray
    weight: FloatArray
    exposure: FloatArray
    believed_at_origin: FloatArray
    weight_at_origin: FloatArray
    exposure_at_origin: FloatArray


def best_paths(
    prepared: Prepared, belief: FloatArray, truths: list[Truth], theta: float | None = None
) -> list[Outcome]:
    """Return what happens to movers that choose by `belief`, under each truth.

    Parameters
    ----------
    prepared
        Instance.
    belief
        Weight that movers ascribe to each edge, shape (n_movers, E).
    truths
        What really acts; a truth whose weight is `belief` itself costs one pass less.
    theta
        None: the best crossing edges, in equal shares where they tie. Else shares by exp(-theta x total).

    Returns
    -------
    list
        An `Outcome` for each truth.

    Notes
    -----
    The path through a crossing edge is the best way to its tail on the far side, the edge, and the best way from
    its head. Where no crossing edge lies on a best path (a graph without a line), the best way from the origin
    counts and no crossing edge gets a share. A mover to whom every way seems certain detection makes the attempt
    and is detected; it is counted at no crossing edge.
    """
    instance = prepared.instance
    before = belief.copy()
    before[:, prepared.crossing] = np.inf  # the forward search stays on the far side
    near = _legs(prepared, prepared.ends, belief, belief, truths, is_forward=False)
    far = _legs(prepared, prepared.starts, before, belief, truths, is_forward=True)
    s, x, share, unrouted = _choice(prepared, belief, near, far, theta)
    start, end = prepared.starts.of_scenario[s], prepared.ends.of_scenario[s]
    mover, edge = instance.mover[s], prepared.crossing[x]
    shape = (instance.n_scenarios, len(prepared.crossing))
    shares = csr_array((share, (s, x)), shape)
    outcomes = []
    for u, truth in enumerate(truths):
        weight = far.weight[u, start, x] + truth.weight[mover, edge] + near.weight[u, end, x]
        seen = far.exposure[u, start, x] + truth.exposure[mover, edge] + near.exposure[u, end, x]
        if truth.weight is belief and theta is None:
            weight = near.believed_at_origin[s]  # ties differ in the last digits only: one value for all
        passed = share * np.exp(-weight)
        evade = _sums(s, passed, instance.n_scenarios)
        undetected = _sums(s, share * np.exp(-seen), instance.n_scenarios)
        evade[unrouted] = np.exp(-near.weight_at_origin[u, unrouted])
        undetected[unrouted] = np.exp(-near.exposure_at_origin[u, unrouted])
        outcomes.append(Outcome(evade, undetected, shares, csr_array((passed, (s, x)), shape)))
    return outcomes


def _sums(index: IntArray, values: FloatArray, n: int) -> FloatArray:
    """Return the sum of the values of each index below n."""
    return np.bincount(index, values, n).astype(np.float64)


def _legs(
    prepared: Prepared,
    groups: Groups,
    search_weight: FloatArray,
    belief: FloatArray,
    truths: list[Truth],
    *,
    is_forward: bool,
) -> _Legs:
    """Return the best ways of one side, a search per group, summed at the crossing edges and origins."""
    instance, graph = prepared.instance, prepared.instance.graph
    lists = prepared.out if is_forward else prepared.into
    towards = graph.tail if is_forward else graph.head
    at = (graph.tail if is_forward else graph.head)[prepared.crossing]
    n_x, n_s, n_u = len(at), instance.n_scenarios, len(truths)
    legs = _Legs(
        np.empty((groups.n_groups, n_x)),
        np.empty((n_u, groups.n_groups, n_x)),
        np.empty((n_u, groups.n_groups, n_x)),
        np.empty(n_s),
        np.empty((n_u, n_s)),
        np.empty((n_u, n_s)),
    )
    members = _members(groups)

    def work(g: int) -> None:
        mover, s = groups.mover[g], members[g]
        origin = instance.origin[s]
        dist, via, order = search(lists, search_weight[mover], groups.node[g : g + 1])
        legs.believed[g], legs.believed_at_origin[s] = dist[at], dist[origin]
        for u, truth in enumerate(truths):
            weight = dist if truth.weight is belief else carry(order, via, towards, truth.weight[mover])
            exposure = carry(order, via, towards, truth.exposure[mover])
            legs.weight[u, g], legs.weight_at_origin[u, s] = weight[at], weight[origin]
            legs.exposure[u, g], legs.exposure_at_origin[u, s] = exposure[at], exposure[origin]

    in_threads(work, range(groups.n_groups))
    return legs


def _members(groups: Groups) -> list[IntArray]:
    order = np.argsort(groups.of_scenario, kind="stable")
    return np.split(order, np.cumsum(np.bincount(groups.of_scenario, minlength=groups.n_groups))[:-1])


def _choice(
    prepared: Prepared, belief: FloatArray, near: _Legs, far: _Legs, theta: float | None
) -> tuple[IntArray, IntArray, FloatArray, BoolArray]:
    """Return scenario, crossing edge (index into `crossing`) and share of each choice, and who chose none."""
    instance = prepared.instance
    unrouted = np.ones(instance.n_scenarios, dtype=np.bool_)
    found: list[tuple[IntArray, IntArray, FloatArray]] = []
    for s in range(instance.n_scenarios):
        total = far.believed[prepared.starts.of_scenario[s]] + belief[instance.mover[s], prepared.crossing]
        total += near.believed[prepared.ends.of_scenario[s]]
        best = near.believed_at_origin[s]
        is_taken = total <= best + TIE * (1.0 + abs(best)) if theta is None else np.isfinite(total)
        taken = np.flatnonzero(is_taken & np.isfinite(total))
        if len(taken) == 0:
            continue
        unrouted[s] = False
        share = np.ones(len(taken)) if theta is None else np.exp(-theta * (total[taken] - total[taken].min()))
        keep = share > 0.0
        taken, share = taken[keep], share[keep]
        found.append((np.full(len(taken), s), taken, share / share.sum()))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), unrouted
    s_all, x_all, share_all = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return s_all, x_all, share_all, unrouted
