"""Where movers go and what happens to them there, for every mover that chooses among best paths."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import BoolArray, FloatArray, Int32Array, IntArray
from sarhad.detection.prepared import Prepared
from sarhad.detection.shortest import Groups, in_threads, labels, lengths
from sarhad.detection.walk import walk, walks


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


class Chosen(Protocol):
    """Where movers go by what they believe; what happens to them there is decided by a truth."""

    def outcome(self, truth: Truth) -> Outcome:
        """Return what happens under a truth."""
        ...


def best_paths(
    prepared: Prepared, belief: FloatArray, truths: Iterable[Truth], theta: float | None = None
) -> list[Outcome]:
    """Return what happens to movers that choose by `belief`, under each truth; arguments as in `choose`."""
    chosen = choose(prepared, belief, theta)
    return [chosen.outcome(truth) for truth in truths]


def choose(prepared: Prepared, belief: FloatArray, theta: float | None = None) -> Chosen:
    """Return where movers go that choose by `belief`.

    Parameters
    ----------
    prepared
        Instance.
    belief
        Weight that movers ascribe to each edge, shape (n_movers, E).
    theta
        None: the best crossing edges, in equal shares where they tie. Else shares by exp(-theta x total).

    Notes
    -----
    The path through a crossing edge is the best way to its tail on the far side, the edge, and the best way from
    its head. Where no crossing edge lies on a best path (a graph without a line), the best way from the origin
    counts and no crossing edge gets a share. A mover to whom every way seems certain detection makes the attempt
    and is detected; it is counted at no crossing edge.
    """
    return _paths(prepared, belief) if theta is None else _crossings(prepared, belief, theta)


@dataclass(frozen=True, eq=False)
class _Paths:
    """Paths of movers that take the best one: path of each choice, its scenario, crossing edge (-1: none), share.

    The edges of path p are ``edge[ptr[p]:ptr[p + 1]]``; `believed` (S,) is the least total.
    """

    prepared: Prepared
    belief: weakref.ref[FloatArray]
    believed: FloatArray
    mover: IntArray
    ptr: IntArray
    edge: IntArray
    path: IntArray
    scenario: IntArray
    crossing: IntArray
    share: FloatArray

    def outcome(self, truth: Truth) -> Outcome:
        """Return what happens under a truth."""
        n = self.prepared.instance.n_scenarios
        if truth.weight is self.belief():
            weight = self.believed[self.scenario]  # ties differ in the last digits only: one value for all
        else:
            weight = self._sums(truth.weight)[self.path]
        passed = self.share * np.exp(-weight)
        undetected = _sums(self.scenario, self.share * np.exp(-self._sums(truth.exposure)[self.path]), n)
        over = self.crossing >= 0
        where = (self.scenario[over], self.crossing[over])
        shape = (n, len(self.prepared.crossing))
        shares, through = csr_array((self.share[over], where), shape), csr_array((passed[over], where), shape)
        return Outcome(_sums(self.scenario, passed, n), undetected, shares, through)

    def _sums(self, values: FloatArray) -> FloatArray:
        """Return the sum of the values (n_movers, E) along each path."""
        if len(self.mover) == 0:
            return np.empty(0)
        along = values[np.repeat(self.mover, np.diff(self.ptr)), self.edge]
        return np.asarray(np.add.reduceat(along, self.ptr[:-1]))


def _paths(prepared: Prepared, belief: FloatArray) -> _Paths:
    """Return the best paths of every scenario, a reverse search per destination and mover."""
    instance, ends = prepared.instance, prepared.ends
    members = _members(ends)
    believed = np.empty(instance.n_scenarios)
    used = {m: lengths(prepared.into, belief[m]) for m in np.unique(ends.mover).tolist()}

    def work(g: int) -> tuple[IntArray, ...]:
        mover, s = int(ends.mover[g]), members[g]
        near = labels(prepared.into, used[mover], ends.node[g : g + 1])
        origins, of_scenario = np.unique(instance.origin[s], return_inverse=True)
        believed[s] = near[0][instance.origin[s]]
        origin, crossing, ptr, edge = walks(prepared, belief[mover], near, origins)
        count = np.bincount(origin, minlength=len(origins))
        first = np.concatenate([[0], np.cumsum(count)])[of_scenario]
        n_ways = count[of_scenario]
        path = np.repeat(first - np.concatenate([[0], np.cumsum(n_ways)[:-1]]), n_ways) + np.arange(
            n_ways.sum()
        )
        return np.full(len(crossing), mover), crossing, np.diff(ptr), edge, path, np.repeat(s, n_ways)

    found = in_threads(work, range(ends.n_groups))
    mover, crossing, size, edge, _, scenario = (np.concatenate(part) for part in zip(*found, strict=True))
    before = np.cumsum([0, *(len(one[0]) for one in found)])
    path = np.concatenate([one[4] + start for one, start in zip(found, before, strict=False)])
    over = np.where(crossing >= 0, np.searchsorted(prepared.crossing, crossing), -1)[path]
    share = 1.0 / np.bincount(scenario)[scenario]
    ptr = np.concatenate([[0], np.cumsum(size)])
    return _Paths(prepared, weakref.ref(belief), believed, mover, ptr, edge, path, scenario, over, share)


def _sums(index: IntArray, values: FloatArray, n: int) -> FloatArray:
    """Return the sum of the values of each index below n."""
    return np.bincount(index, values, n).astype(np.float64)


def _members(groups: Groups) -> list[IntArray]:
    order = np.argsort(groups.of_scenario, kind="stable")
    return np.split(order, np.cumsum(np.bincount(groups.of_scenario, minlength=groups.n_groups))[:-1])


@dataclass(frozen=True, eq=False)
class _Side:
    """One side's best ways by the belief, a tree per group: from the crossing edges on, or up to them."""

    prepared: Prepared
    groups: Groups
    search_weight: FloatArray
    trees: list[tuple[FloatArray, Int32Array]]
    is_forward: bool

    def at(self, nodes: list[IntArray], values: FloatArray | None) -> list[FloatArray]:
        """Return the sums of the values (n_movers, E) along the ways of the nodes of each group; None: distances."""

        def work(g: int) -> FloatArray:
            mover = self.groups.mover[g]
            if values is None:
                return self.trees[g][0][nodes[g]]
            return walk(
                self.prepared, self.search_weight[mover], self.trees[g], nodes[g], values[mover],
                is_forward=self.is_forward,
            )  # fmt: skip

        return in_threads(work, range(self.groups.n_groups))

    def at_crossings(self, values: FloatArray | None) -> FloatArray:
        """Return the sums along the ways at this side's end of each crossing edge, (G, X)."""
        graph = self.prepared.instance.graph
        nodes = (graph.tail if self.is_forward else graph.head)[self.prepared.crossing]
        return np.stack(self.at([nodes] * self.groups.n_groups, values))

    def at_origins(self, values: FloatArray | None) -> FloatArray:
        """Return the sums along whole ways at the origin of each scenario, (S,); of a reverse search only."""
        members, origin = _members(self.groups), self.prepared.instance.origin
        sums = np.empty(len(origin))
        for s, found in zip(members, self.at([origin[s] for s in members], values), strict=True):
            sums[s] = found
        return sums


def _side(prepared: Prepared, groups: Groups, weight: FloatArray, *, is_forward: bool) -> _Side:
    """Return the trees of one side."""
    lists = prepared.out if is_forward else prepared.into
    used = {m: lengths(lists, weight[m]) for m in np.unique(groups.mover).tolist()}
    trees = in_threads(
        lambda g: labels(lists, used[int(groups.mover[g])], groups.node[g : g + 1]), range(groups.n_groups)
    )
    return _Side(prepared, groups, weight, trees, is_forward)


@dataclass(frozen=True, eq=False)
class _Crossings:
    """Choices of movers that spread over crossing edges: scenario, crossing edge (index), share; who chose none."""

    prepared: Prepared
    near: _Side
    far: _Side
    scenario: IntArray
    crossing: IntArray
    share: FloatArray
    unrouted: BoolArray

    def outcome(self, truth: Truth) -> Outcome:
        """Return what happens under a truth."""
        n, shape = self.prepared.instance.n_scenarios, (len(self.unrouted), len(self.prepared.crossing))
        passed = self.share * np.exp(-self._along(truth.weight))
        evade = _sums(self.scenario, passed, n)
        undetected = _sums(self.scenario, self.share * np.exp(-self._along(truth.exposure)), n)
        if self.unrouted.any():
            for values, chance in ((truth.weight, evade), (truth.exposure, undetected)):
                chance[self.unrouted] = np.exp(-self.near.at_origins(values)[self.unrouted])
        where = (self.scenario, self.crossing)
        return Outcome(
            evade, undetected, csr_array((self.share, where), shape), csr_array((passed, where), shape)
        )

    def _along(self, values: FloatArray) -> FloatArray:
        """Return the sum of the values (n_movers, E) along the path of each choice."""
        s, x, prepared = self.scenario, self.crossing, self.prepared
        edge = values[prepared.instance.mover[s], prepared.crossing[x]]
        far, near = self.far.at_crossings(values), self.near.at_crossings(values)
        return np.asarray(
            far[prepared.starts.of_scenario[s], x] + edge + near[prepared.ends.of_scenario[s], x]
        )


def _crossings(prepared: Prepared, belief: FloatArray, theta: float) -> _Crossings:
    """Return the shares of every scenario, by one search per origin and mover and per destination and mover."""
    before = belief.copy()
    before[:, prepared.crossing] = np.inf  # the forward search stays on the far side
    near = _side(prepared, prepared.ends, belief, is_forward=False)
    far = _side(prepared, prepared.starts, before, is_forward=True)
    ahead, behind = far.at_crossings(None), near.at_crossings(None)
    unrouted = np.ones(prepared.instance.n_scenarios, dtype=np.bool_)
    found: list[tuple[IntArray, IntArray, FloatArray]] = []
    for s in range(prepared.instance.n_scenarios):
        total = ahead[prepared.starts.of_scenario[s]] + belief[prepared.instance.mover[s], prepared.crossing]
        total += behind[prepared.ends.of_scenario[s]]
        taken = np.flatnonzero(np.isfinite(total))
        if len(taken) == 0:
            continue
        unrouted[s] = False
        share = np.exp(-theta * (total[taken] - total[taken].min()))
        keep = share > 0.0
        taken, share = taken[keep], share[keep]
        found.append((np.full(len(taken), s), taken, share / share.sum()))
    none = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    scenario, crossing, shares = (np.concatenate(parts) for parts in zip(none, *found, strict=True))
    return _Crossings(prepared, near, far, scenario, crossing, shares, unrouted)
