"""Good plans: greedy, rounding of the linear programme, ruin and recreate, all judged on the pool of paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import csc_array, csr_array

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.plan import fitting, kernels, position
from sarhad.plan.game import binary_since
from sarhad.plan.limits import Terms, since
from sarhad.plan.money import demand, hall_rows, pay, purse
from sarhad.plan.pool import Pool
from sarhad.plan.position import Game, Lists, State
from sarhad.plan.pricing import Binaries
from sarhad.plan.rows import TOLERANCE, StartRows

TRIES = 10  # items looked at again before one is inserted
SAMPLE = 60  # items whose loss is looked at in one ruin


def lists(of: Sequence[Sequence[int]]) -> Lists:
    """Return lists of lists as two arrays."""
    ptr = np.zeros(len(of) + 1, dtype=np.int64)
    np.cumsum([len(o) for o in of], out=ptr[1:])
    return Lists(ptr, np.array([j for o in of for j in o], dtype=np.int64))


def _sets(of: Sequence[Sequence[Sequence[int]]]) -> tuple[Lists, Lists]:
    """Return for each entry the numbers of its sets, and the members of each set."""
    flat = [s for sets in of for s in sets]
    ends = np.cumsum([0] + [len(sets) for sets in of])
    return Lists(ends.astype(np.int64), np.arange(len(flat))), lists(flat)


class Search:
    """A plan and its moves; the value is that of the paths in the pool, never above the true one."""

    def __init__(
        self,
        terms: Terms,
        over: Binaries,
        cost: IntArray,
        weight: FloatArray,
        allowed: BoolArray,
        kept: IntArray,
    ) -> None:
        self.terms, self.over = terms, over
        self.linear = terms.linear
        self._source = purse(terms)
        self.cost = cost if terms.is_tail_paid else cost.copy()
        self.cost[:, :, terms.n_horizon_years :] *= int(terms.is_tail_paid)
        self.rows = hall_rows(terms)
        self.room = self._source.cover(self.rows)
        self._weight = np.outer(weight, terms.quarter_weight)
        self.fixed_start = kept  # start that a commitment or lock sets, -1 where free
        self._static = self._static_lists(np.where(allowed, terms.ready, terms.n_quarters)) | self._side()
        self.start = np.full(terms.n_items, -1, dtype=np.int64)
        self.base = kept  # what every plan holds: commitments, then locked items too

    def _side(self) -> dict[str, object]:
        """Return the linear limits as the compiled moves read them."""
        by_start = csc_array(self.linear.factor)
        lists_of = Lists(by_start.indptr.astype(np.int64), by_start.indices.astype(np.int64))
        return {
            "side": lists_of,
            "side_factor": by_start.data.astype(np.float64),
            "side_room": self.linear.room,
        }

    def add_rows(self, rows: StartRows) -> None:
        """Watch more linear limits; the next `refresh` lets the moves keep them."""
        self.linear = self.linear.with_rows(rows)
        self._static |= self._side()

    def _static_lists(self, ready: IntArray) -> dict[str, object]:
        """Return the parts of the game that do not depend on the pool."""
        terms, over = self.terms, self.over
        served: list[set[int]] = [set() for _ in range(terms.n_items)]
        for b in range(over.n_items, over.n):
            for item in {int(over.item[b])} | {j for s in over.supports[b] for j in s}:
                served[item].add(b)
        needers: list[set[int]] = [set() for _ in range(terms.n_items)]
        for i, sets in enumerate(terms.requires):
            for j in {j for s in sets for j in s}:
                needers[j].add(i)
        rivals: list[set[int]] = [set() for _ in range(terms.n_items)]
        for clique in terms.exclusive:
            for i in clique:
                rivals[i] |= set(clique) - {i}
        packs: list[list[int]] = [[] for _ in range(terms.n_items)]
        for k, package in enumerate(terms.packages):
            for i in package.items:
                packs[i].append(k)
        prefer = np.full(terms.n_items, -1, dtype=np.int64) if terms.former is None else terms.former
        groups, members = _sets(over.supports)
        needs, need_members = _sets(terms.requires)
        return {
            "item": over.item, "sets": groups, "members": members,
            "served": lists([sorted(s) for s in served]), "needs": needs, "need_members": need_members,
            "needers": lists([sorted(s) for s in needers]), "rivals": lists([sorted(s) for s in rivals]),
            "packs": lists(packs), "pack_members": lists([p.items for p in terms.packages]),
            "pack_weight": np.array([w for p in terms.packages for w in p.weight], dtype=np.float64),
            "pack_least": np.array([p.least for p in terms.packages], dtype=np.float64),
            "ready": ready, "prefer": prefer, "item_class": terms.item_class, "cost": self.cost,
        }  # fmt: skip

    def refresh(self, pool: Pool, n_units: int) -> None:
        """Take over the paths of the pool, keeping the plan."""
        by_binary = csc_array(pool.added)
        self.game = Game(
            first=pool.first(n_units),
            unit=pool.unit,
            met=Lists(by_binary.indptr.astype(np.int64), by_binary.indices.astype(np.int64)),
            factor=np.exp(-by_binary.data),
            inverse=np.exp(by_binary.data),
            weight=self._weight,
            **self._static,  # type: ignore[arg-type]
        )
        self._fixed, self._added = pool.fixed, pool.added  # the pool may grow meanwhile
        self.load(self.start)

    def load(self, start: IntArray) -> None:
        """Set the plan and compute its state afresh."""
        terms, over, n_paths = self.terms, self.over, len(self._fixed)
        count = terms.n_quarters
        operates = since(terms, start)
        on = binary_since(over, operates, count)
        points = on[None, :] <= np.arange(count)[:, None]
        evade = np.exp(-self._fixed[:, None] - np.asarray(self._added @ points.T.astype(np.float64)))
        most = np.maximum.reduceat(evade, self.game.first[:-1], axis=0)
        self.start = start.copy()
        need = demand(terms, self.cost, start)
        self.state = State(
            since=operates,
            start=start.copy(),
            on=on,
            evade=np.ascontiguousarray(evade),
            most=most,
            used=self.rows @ need,
            side=self.linear.used(start),
            scratch=np.empty_like(evade, order="C"),
            stamp=np.zeros(n_paths, dtype=np.int64),
            touched=np.zeros(n_paths + len(most), dtype=np.int64),
        )

    @property
    def value(self) -> float:
        """Return the value of the plan over the paths of the pool."""
        return float((self._weight * self.state.most).sum())

    def _sync(self) -> None:
        """Read the starts off the state."""
        self.start = self.state.start.copy()

    def drop(self, item: int) -> None:
        """Remove an item with everything that falls with it, unless a commitment holds any of it."""
        if self.start[item] < 0:
            return
        lost = np.empty(self.terms.n_items, dtype=np.int64)
        lost = lost[: fitting.falls(self.game, self.state, item, lost)]
        if (self.fixed_start[lost] >= 0).any():
            return
        for other in lost.tolist():
            fitting.remove(self.game, self.state, self.rows, other)
        self.start[lost] = -1

    def take(self, item: int, price: FloatArray) -> bool:
        """Insert an item with what it lacks, as soon as can be; False when it does not fit."""
        before = self.start.copy()
        kernels.insert_in_order(
            self.game, self.state, self.rows, self.room, price, np.array([item], dtype=np.int64)
        )
        self._sync()
        need = demand(self.terms, self.cost, self.start)
        _, mask = pay(self._source.supply, need, self._source.is_open)
        if mask.any():
            self.rows = np.concatenate([self.rows, mask[None]])
            self.room = self._source.cover(self.rows)
            self.load(before)
        return bool(self.start[item] >= 0)

    def recreate(
        self, price: FloatArray, score: FloatArray, noise: FloatArray, least: float, tries: int
    ) -> None:
        """Insert what the limits ask for, then what is worth its money; make sure that every partner can pay."""
        while True:
            self._meet(price, noise)
            kernels.recreate(self.game, self.state, self.rows, self.room, price, score, noise, least, tries)
            self._sync()
            if not self._mend():
                return

    def _meet(self, price: FloatArray, noise: FloatArray) -> None:
        """Insert items that relieve linear limits which the plan exceeds, the cheapest relief first."""
        short = np.maximum(self.state.side - self.linear.room - TOLERANCE, 0.0)
        if not short.any():
            return
        needed = np.flatnonzero(short)
        relief = -csr_array(self.linear.factor[needed])
        relief.data = np.maximum(relief.data, 0.0)
        worth = (relief.T @ np.ones(len(needed))).reshape(price.shape)
        worth = np.where(self.game.ready < self.terms.n_quarters, worth / price, 0.0).max(axis=1) * noise
        worth[self.start >= 0] = 0.0
        for item in np.argsort(-worth, kind="stable")[: int((worth > 0).sum())].tolist():
            order = np.array([item], dtype=np.int64)
            kernels.insert_in_order(self.game, self.state, self.rows, self.room, price, order)
            if not (self.state.side[needed] > self.linear.room[needed] + TOLERANCE).any():
                break
        self._sync()

    def _mend(self) -> bool:
        """Watch the money row that the plan breaks and drop items until it is kept; tell whether one broke."""
        broke = False
        while True:
            need = demand(self.terms, self.cost, self.start)
            _, mask = pay(self._source.supply, need, self._source.is_open)
            if not mask.any():
                return broke
            broke = True
            self.rows = np.concatenate([self.rows, mask[None]])
            self.room = self._source.cover(self.rows)
            self.load(self.start)
            inside = np.asarray(mask.reshape(len(self.terms.payers), -1).any(axis=1))[self.terms.item_class]
            chosen = np.flatnonzero((self.start >= 0) & inside & (self.fixed_start < 0))
            for item in chosen[np.argsort(-self.start[chosen], kind="stable")].tolist():
                if self.state.used[-1] <= self.room[-1]:
                    break
                self.drop(item)
            else:
                if self.state.used[-1] > self.room[-1]:
                    return broke

    def is_sound(self) -> bool:
        """Tell whether the plan keeps every limit but the security floors."""
        need = demand(self.terms, self.cost, self.start)
        if pay(self._source.supply, need, self._source.is_open)[1].any():
            return False
        if self.linear.broken(self.start).any():
            return False
        operates = self.state.since
        for item in np.flatnonzero(self.start >= 0).tolist():
            if any(
                operates[list(s)].min(initial=self.terms.n_quarters) > operates[item]
                for s in self.terms.requires[item]
            ):
                return False
        return all((self.start[list(clique)] >= 0).sum() <= 1 for clique in self.terms.exclusive)

    def used_by_rows(self) -> IntArray:
        """Return the dollars that the plan uses in each row of the money, shape (R,)."""
        return self.rows @ demand(self.terms, self.cost, self.start)

    def loss(self, item: int) -> float:
        """Return by how much the value rises without an item, all else as it is."""
        return float(position.shift(self.game, self.state, item, self.terms.n_quarters, False))

    def scores(self, price: FloatArray) -> FloatArray:
        """Return the gain per priced dollar of every item left out, the state as it is."""
        chain, starts = np.empty((2, self.terms.n_items), dtype=np.int64)
        score = np.zeros(self.terms.n_items)
        for item in np.flatnonzero(self.start < 0).tolist():
            found, n = kernels.bundle_gain(
                self.game, self.state, self.rows, self.room, price, item, chain, starts
            )
            score[item] = found if n > 0 else 0.0
        return score

    def keep(self) -> State:
        """Return a copy of the state to come back to."""
        return State(*[part.copy() for part in self.state])  # type: ignore[arg-type]

    def restore(self, kept: State) -> None:
        """Come back to a state kept before, the pool unchanged since."""
        if len(kept.used) != len(self.rows):  # a money row came in since
            self.load(kept.start)
            return
        for part, old in zip(self.state, kept, strict=True):
            part[...] = old
        self._sync()

    def round_off(self, share: FloatArray, price: FloatArray, least: float) -> None:
        """Set the plan to what the linear programme starts to at least this share, in the order of its starts."""
        self.load(self.base)
        total = share.sum(axis=1)
        chosen = np.flatnonzero((total >= max(least, 1e-9)) & (self.start < 0))
        mean = (share[chosen] @ np.arange(share.shape[1])) / total[chosen]
        order = chosen[np.lexsort((-total[chosen], mean))]
        if len(order):
            kernels.insert_in_order(self.game, self.state, self.rows, self.room, price, order)
        self._sync()
        self._mend()

    def take_over(self, start: IntArray, price: FloatArray) -> None:
        """Set the plan to another's items in their own quarters; what does not fit comes later with what it lacks, or goes."""
        self.load(np.where(self.base >= 0, self.base, start))
        if self.is_sound():
            return
        self.load(self.base)
        chosen = np.flatnonzero((start >= 0) & (self.start < 0))
        order = chosen[np.argsort(self.terms.ready[chosen, start[chosen]], kind="stable")]
        theirs = self.game._replace(prefer=start)
        while kernels.insert_alone(theirs, self.state, self.rows, self.room, order):
            pass
        kernels.insert_in_order(theirs, self.state, self.rows, self.room, price, order)
        self._sync()
        for package in self.terms.packages:
            inside = [i for i in package.items if self.start[i] >= 0]
            if not package.is_enough(inside):
                self.drop(inside[0])
        self._meet(price, np.ones(self.terms.n_items))
        self._mend()

    def ruin(self, rng: np.random.Generator, price: FloatArray) -> None:
        """Remove a few items: at random, around a place, or those that bring least for their money."""
        free = np.flatnonzero((self.start >= 0) & (self.fixed_start < 0))
        if len(free) == 0:
            return
        count = int(rng.integers(1, 3 + len(free) // 12))
        kind = rng.integers(3)
        weight = rng.random(len(free))
        if kind == 1:
            place = self.terms.chainage_km[free]
            here = place[rng.integers(len(free))]
            weight = np.where(np.isnan(place - here), 1e9, np.abs(place - here)) * rng.uniform(
                0.7, 1.3, len(free)
            )
        if kind == 2:
            free = free[rng.permutation(len(free))[:SAMPLE]]
            weight = (
                np.array([self.loss(int(i)) for i in free])
                / price[free, self.start[free]]
                * rng.uniform(0.5, 1.5, len(free))
            )
            count = min(count, max(1, len(free) // 4))
        for item in free[np.argsort(weight, kind="stable")[:count]].tolist():
            self.drop(item)

    def keeps_linear(self) -> bool:
        """Tell whether the plan keeps the linear limits."""
        return not (self.state.side > self.linear.room + TOLERANCE).any()

    def ruin_and_recreate(
        self, rng: np.random.Generator, price: FloatArray, turns: int, is_over: Callable[[], bool]
    ) -> None:
        """Move on from the plan for so many turns, or until it is over; leave the best plan met there."""
        score = self.scores(price)
        best, best_value = self.keep(), self.value if self.keeps_linear() else np.inf
        current, current_value = best, best_value
        for turn in range(turns):
            if is_over():
                break
            rows = len(self.rows)
            self.ruin(rng, price)
            if turn % 10 == 9:
                score = self.scores(price)
            score = np.maximum(score, 1e-12) * 1.2
            noise = rng.uniform(0.8, 1.2, self.terms.n_items)
            self.recreate(price, score, noise, 0.0, TRIES)
            value = self.value if self.keeps_linear() else np.inf
            if len(self.rows) > rows:
                best, best_value = (self.keep(), value) if value < best_value else (best, best_value)
            if value < best_value * (1 - 1e-12):
                best, best_value = self.keep(), value
            if value < current_value * (1 - 1e-12) or value < best_value * 1.001:
                current, current_value = self.keep(), value
            else:
                self.restore(current)
        self.restore(best)
