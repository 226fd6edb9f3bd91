"""What a plan would be worth with a few items more or less: at once, and to the last digit of a full run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock

import numpy as np
from numba import njit

from sarhad.detection.bucket import settle
from sarhad.detection.evaluation import truth
from sarhad.detection.exposure import columns_on, prevention, refuse_shape
from sarhad.detection.instance import BoolArray, FloatArray, Instance, Int32Array, IntArray
from sarhad.detection.marginal import edges_of, sum_on
from sarhad.detection.memory import require_room, standing_bytes
from sarhad.detection.prepared import Prepared, prepare
from sarhad.detection.quick import threat_values
from sarhad.detection.repair import NO_BOUND, Scratch, repaired, scratch
from sarhad.detection.shortest import Adjacency, Lengths, in_threads, lengths, tree
from sarhad.errors import SpecError

FIRST_GUESS = 0.02  # of how much longer the best ways become, as a share of 1 + their length
GROWTH = 3.0  # of a guess that was too low
FARTHEST_GUESS = 10.0  # beyond it all labels are searched
ROUNDING = 1e-9  # absolute and relative: bounds on labels are higher by it


_Lists = tuple[
    Adjacency,
    Adjacency,
    tuple[IntArray, IntArray],
    FloatArray,
    tuple[IntArray, FloatArray],
    tuple[FloatArray, Int32Array],
]


@dataclass(frozen=True, eq=False)
class Changed:
    """The value of a changed plan, in all and by period (T,), and by how much it differs from that of the plan."""

    value: float
    by_period: FloatArray
    change: float


@dataclass(frozen=True, eq=False)
class _Tree:
    """The ways to one destination for one mover in one state.

    `dist`, `via` (N,) are those of the state, `bound` (N,) the labels that matter to the origins (S_g,) of its scenarios
    (S_g,). The ways of the origins visit `step` nodes, of which each but the first leads by edge `over` to the one at
    place `onto` before it; origin k stands at place `at[k]`.
    """

    mover: int
    dist: FloatArray
    via: Int32Array
    bound: FloatArray
    scenario: IntArray
    origin: IntArray
    over: IntArray
    onto: IntArray
    at: IntArray


@dataclass(frozen=True, eq=False)
class _State:
    """What operates in some periods, and all that a change of it starts from."""

    operating: BoolArray
    on: BoolArray
    weight: FloatArray
    trees: list[_Tree]
    least: FloatArray
    a_year: float


class Standing:
    """A plan whose shortest-path trees stand ready, so that what-ifs repair them; made by `standing`."""

    def __init__(
        self, prepared: Prepared, states: list[_State], of_period: IntArray, years: FloatArray
    ) -> None:
        self._prepared, self._states, self._of_period, self._years = prepared, states, of_period, years
        self._number = {item: k for k, item in enumerate(prepared.instance.exposure.item_ids)}
        graph = prepared.instance.graph
        self._marked = np.zeros(graph.n_edges, dtype=np.bool_)
        self._rooms: SimpleQueue[Scratch] = SimpleQueue()
        self._lock = Lock()

    @property
    def by_period(self) -> FloatArray:
        """Return the value of each period as the plan stands, shape (T,)."""
        return np.asarray(self._years * np.array([one.a_year for one in self._states])[self._of_period])

    @property
    def value(self) -> float:
        """Return the value as the plan stands."""
        return float(self.by_period.sum())

    def what_if(self, *, add: Iterable[str] = (), remove: Iterable[str] = (), since: int = 0) -> Changed:
        """Return the value if some items operated, and others did not, from a period on; the plan stays as it is.

        Parameters
        ----------
        add, remove
            Ids of items; what operates already, or does not operate, makes no difference.
        since
            First period of the change.

        Raises
        ------
        SpecError
            An id that is no item, an item in both sets, a period outside the plan.
        """
        added, removed = self._numbers(add), self._numbers(remove)
        both = sorted(self._prepared.instance.exposure.item_ids[k] for k in {*added} & {*removed})
        if both:
            raise SpecError(f"what_if: {', '.join(both)} cannot be added and removed at once. Choose one.")
        if not 0 <= since <= len(self._years):
            raise SpecError(f"what_if: since must lie in 0..{len(self._years)}, found {since}.")
        a_year = np.array([one.a_year for one in self._states])
        changed = a_year.copy()
        with self._lock:  # weights are changed in place and set back
            for u in np.unique(self._of_period[since:]).tolist():
                changed[u] = self._changed(self._states[u], added, removed)
        late = np.arange(len(self._years)) >= since
        by_period = self._years * np.where(late, changed[self._of_period], a_year[self._of_period])
        value = float(by_period.sum())
        return Changed(value, by_period, value - self.value)

    def _numbers(self, ids: Iterable[str]) -> list[int]:
        named = [ids] if isinstance(ids, str) else list(ids)
        unknown = sorted(item for item in named if item not in self._number)
        if unknown:
            raise SpecError(
                f"what_if: {len(unknown)} of {len(named)} are no items: {', '.join(unknown[:5])}."
            )
        return [self._number[item] for item in named]

    def _changed(self, state: _State, added: list[int], removed: list[int]) -> float:
        """Return the value a year of a state after a change."""
        instance, exposure = self._prepared.instance, self._prepared.instance.exposure
        operating = state.operating.copy()
        operating[added], operating[removed] = True, False
        on = columns_on(exposure, operating)
        flipped = np.flatnonzero(on != state.on)
        if len(flipped) == 0:
            return state.a_year
        prevented = prevention(exposure, on)
        changes = {m: self._change(state, m, flipped, on) for m in {one.mover for one in state.trees}}
        try:
            for m, (edge, _, fresh) in changes.items():
                state.weight[m, edge] = fresh
            least = state.least.copy()
            found = in_threads(lambda k: self._least(state, state.trees[k], changes), range(len(state.trees)))
            for one, labels in zip(state.trees, found, strict=True):
                least[one.scenario] = labels
        finally:
            for m, (edge, former, _) in changes.items():
                state.weight[m, edge] = former
        return float(threat_values(instance, least, prevented).sum())

    def _change(
        self, state: _State, mover: int, flipped: IntArray, on: BoolArray
    ) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return the edges whose weight changes, their weights before and after."""
        added, by_edge = self._prepared.instance.exposure.by_mover[mover], self._prepared.by_edge[mover]
        edge = edges_of(added.indptr, added.indices, flipped, self._marked)
        base = self._prepared.instance.effort[mover][edge] + self._prepared.instance.existing[mover][edge]
        fresh = sum_on(by_edge.indptr, by_edge.indices, by_edge.data, on, edge, base)
        former = state.weight[mover, edge]
        differs = fresh != former
        return edge[differs], former[differs], fresh[differs]

    def _least(
        self, state: _State, one: _Tree, changes: dict[int, tuple[IntArray, FloatArray, FloatArray]]
    ) -> FloatArray:
        """Return the least total of each scenario of a tree after the change of the weights."""
        edge, former, fresh = changes[one.mover]
        weight, is_falling = state.weight[one.mover], bool((fresh < former).any())
        before = one.dist[one.origin]
        longer = _along(weight, one.over, one.onto)[one.at]  # the former ways at the new weights
        is_rising = longer > before
        if not is_falling and not is_rising.any():
            return before
        watched = np.unique(one.origin if is_falling else one.origin[is_rising])
        found = self._repaired(
            one, weight, (edge, former), watched, (is_falling, bool((fresh > former).any()))
        )
        after = before.copy()
        place = np.minimum(np.searchsorted(watched, one.origin), len(watched) - 1)
        is_watched = watched[place] == one.origin
        after[is_watched] = found[place[is_watched]]
        return after

    def _repaired(
        self,
        one: _Tree,
        weight: FloatArray,
        change: tuple[IntArray, FloatArray],
        watched: IntArray,
        ways: tuple[bool, bool],
    ) -> FloatArray:
        """Return the new distances of the watched nodes; `ways`: whether weights fall, and whether they rise."""
        prepared, graph = self._prepared, self._prepared.instance.graph
        room = scratch(len(one.dist)) if self._rooms.empty() else self._rooms.get()
        lists = (prepared.into, prepared.out, (graph.tail, graph.head), weight, change, (one.dist, one.via))
        if ways[0]:
            highest = float(one.dist[graph.tail[change[0]]].max())
            bound = (NO_BOUND, 0.0, 0.0) if ways[1] else (one.bound, 0.0, highest)
            found = repaired(*lists, bound, watched, room)
        else:
            found = _raised(lists, one, watched, room)
        self._rooms.put(room)
        return found


def standing(
    instance: Instance, operating: BoolArray, years: FloatArray, *, memory_limit_bytes: int | None = None
) -> Standing:
    """Return a plan ready for what-ifs, informed movers.

    Parameters
    ----------
    instance
        Graph, exposures, scenarios.
    operating
        Which items operate in each period, shape (T, I). Equal periods are kept once.
    years
        Length of each period, shape (T,).
    memory_limit_bytes
        Refuse to start when the trees would take more; None: no limit.

    Raises
    ------
    DataError
        As `check_instance` does.
    SpecError
        Shapes that do not fit, or too little memory allowed.

    Notes
    -----
    Memory: see `standing_bytes`; a tree for each state, destination and mover stays.
    """
    refuse_shape(operating, (len(operating), instance.exposure.n_items))
    if years.shape != (len(operating),):
        raise SpecError(f"years must have shape {(len(operating),)}, found {years.shape}.")
    states, of_period = np.unique(operating, axis=0, return_inverse=True)
    require_room("what-ifs", standing_bytes(instance, len(states)), memory_limit_bytes, "Give fewer states.")
    prepared = prepare(instance)
    return Standing(prepared, [_state(prepared, one) for one in states], of_period.reshape(-1), years)


def _state(prepared: Prepared, operating: BoolArray) -> _State:
    """Return a state with its trees."""
    instance, ends = prepared.instance, prepared.ends
    weight = truth(prepared, operating).weight
    movers = np.unique(ends.mover).tolist()
    used = {m: lengths(prepared.into, weight[m]) for m in movers}
    ahead = {m: lengths(prepared.out, weight[m]) for m in movers}
    least = np.empty(instance.n_scenarios)

    def work(g: int) -> _Tree:
        mover, s = int(ends.mover[g]), np.flatnonzero(ends.of_scenario == g)
        dist, via = tree(prepared.into, used[mover], ends.node[g : g + 1])
        origin = instance.origin[s]
        least[s] = dist[origin]
        bound = _bound(prepared, ahead[mover], dist, np.unique(origin))
        over, onto, at = _union(via, instance.graph.head, origin)
        return _Tree(mover, dist, via, bound, s, origin, over, onto, at)

    trees = in_threads(work, range(ends.n_groups))
    on = columns_on(instance.exposure, operating)
    a_year = float(threat_values(instance, least, prevention(instance.exposure, on)).sum())
    return _State(operating, on, weight, trees, least, a_year)


def _bound(prepared: Prepared, of: Lengths, dist: FloatArray, origins: IntArray) -> FloatArray:
    """Return the label below which each node would shorten the way of an origin that meets it, (N,).

    It is the most, over the origins, of their distance less the way from them to the node. When weights fall, the way
    up to the first change is as long as before: labels at or above the bound matter only where a change lies before.
    """
    if of.n_buckets == 0 or np.isinf(dist[origins]).any():
        return NO_BOUND
    farthest, ahead = dist[origins].max(), np.empty(len(dist))
    out, start = prepared.out, farthest - dist[origins]
    if not settle(out.ptr, out.neighbour, of.along, origins, start, of.width, of.n_buckets, ahead):
        return NO_BOUND
    bound: FloatArray = np.subtract(farthest + ROUNDING * (1.0 + farthest), ahead, out=ahead)
    return bound


def _raised(lists: _Lists, one: _Tree, watched: IntArray, room: Scratch) -> FloatArray:
    """Return the new distances of the watched nodes after weights rose.

    Of all labels only those matter that lie on ways not longer than the new ones. How much longer these are is guessed
    and the guess doubled until it holds: labels found within it are exact.
    """
    before = one.dist[watched]
    slack = FIRST_GUESS * (1.0 + before.max(initial=0.0, where=np.isfinite(before)))
    while len(one.bound) > 0 and slack < FARTHEST_GUESS:
        found = repaired(*lists, (one.bound, slack, 0.0), watched, room)
        if (found - before).max() <= slack:
            return found
        slack *= GROWTH
    return repaired(*lists, (NO_BOUND, 0.0, 0.0), watched, room)


@njit(cache=True, nogil=True)
def _union(via, head, origin):  # type: ignore[no-untyped-def]
    """Return the edges of the ways of all origins, each once and after its successor; successors; origins' places."""
    place = np.full(len(via), -1, dtype=np.int64)
    node_at, stack = np.empty(len(via), dtype=np.int32), np.empty(len(via), dtype=np.int32)
    count, at = 0, np.empty(len(origin), dtype=np.int64)
    for i in range(len(origin)):
        node, size = origin[i], 0
        while place[node] < 0:
            place[node] = 0  # found; its place follows
            stack[size] = node
            size += 1
            if via[node] >= 0:
                node = head[via[node]]
        while size > 0:
            size -= 1
            place[stack[size]], node_at[count] = count, stack[size]
            count += 1
        at[i] = place[origin[i]]
    over, onto = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    for k in range(count):
        over[k] = via[node_at[k]]
        onto[k] = place[head[over[k]]] if over[k] >= 0 else -1
    return over, onto, at


@njit(cache=True, nogil=True)
def _along(weight, over, onto):  # type: ignore[no-untyped-def]
    """Return the sum of the weights from each place of a union of ways to its end."""
    total = np.zeros(len(over))
    for k in range(len(over)):
        if over[k] >= 0:
            total[k] = total[onto[k]] + weight[over[k]]
    return total
