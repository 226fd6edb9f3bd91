"""Why an item is in a plan, or why not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from sarhad.detection.instance import Instance, IntArray
from sarhad.errors import SpecError
from sarhad.plan.game import Changeable, changeable, exact_value
from sarhad.plan.incumbent import TRIES, Search
from sarhad.plan.limits import Terms, falls_with
from sarhad.plan.locks import Locks, read_locks
from sarhad.plan.money import outlays, purse
from sarhad.plan.pool import Pool
from sarhad.plan.result import PlanSpec
from sarhad.plan.store import starts

ROUNDING = 1e-12  # share of the value without a plan below which a gain is a rounding error
STEPS = 3  # looks at the true paths while a replacement is sought


@dataclass(frozen=True)
class Explanation:
    """What an item does in a plan.

    Parameters
    ----------
    is_in_plan, start_quarter
        Is it in the plan, and from when; for others the first quarter in which it could start were money no matter.
    value_alone
        By how much the item alone (with what it requires) lowers the value of doing nothing.
    value_in_plan
        In the plan: the value without it and what cannot do without it, minus the value with it. Left
        out: by how much it would lower the value if it cost nothing.
    goes_with
        Items that the plan would lose (in the plan) or must gain (left out) with it.
    binds
        What stands in the way, in words.
    replaced_by
        In the plan: items that the freed money would buy instead. Left out: items that would have to go.
    value_change
        Change of the plan's value by that exchange, found by one step of re-optimisation.
    """

    is_in_plan: bool
    start_quarter: str | None
    value_alone: float
    value_in_plan: float
    goes_with: tuple[str, ...]
    binds: tuple[str, ...]
    replaced_by: tuple[str, ...]
    value_change: float

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def explain(instance: Instance, terms: Terms, plan_items: pd.DataFrame, *, item: str) -> Explanation:
    """Return what an item does in a plan, what binds it, and what would replace it.

    Parameters
    ----------
    instance, terms
        The game and the limits the plan was made for.
    plan_items
        The plan: item_id and start_quarter.
    item
        Id of the item.

    Raises
    ------
    SpecError
        If there is no such item.
    DataError
        If the plan names items or quarters that no longer exist.
    """
    if item not in terms.item_ids:
        raise SpecError(f"{item}: no such item. Name one of the table item, such as {terms.item_ids[0]}.")
    return _Asked(instance, terms, starts(terms, plan_items), terms.item_ids.index(item)).answer()


class _Asked:
    """One question: the game, the plan and the item."""

    def __init__(self, instance: Instance, terms: Terms, start: IntArray, item: int) -> None:
        self.terms, self.start, self.item = terms, start, item
        self.game: Changeable
        self.pool: Pool
        self.game, self.pool = changeable(instance)
        self.out = outlays(terms)
        limited = self.out.total if terms.is_tail_paid else self.out.total[:, :, : terms.n_horizon_years]
        self.dollars = limited.sum(axis=2) / 1e6 + 1e-6
        self.search = self._search(read_locks(terms, PlanSpec()))
        self.value = self._value(start)

    def _search(self, locks: Locks) -> Search:
        """Return the moves that these decisions leave."""
        return Search(
            self.terms, self.game.over, self.out.total, self.game.weight, locks.allowed, locks.start
        )

    def _value(self, start: IntArray) -> float:
        """Return the exact value and teach the pool the paths."""
        value, _, found = exact_value(self.game, self.terms, start)
        self.pool.add(found)
        self.search.refresh(self.pool, self.game.of.n)
        return value

    def answer(self) -> Explanation:
        """Return the explanation."""
        return self._inside() if self.start[self.item] >= 0 else self._outside()

    def _names(self, items: IntArray) -> tuple[str, ...]:
        return tuple(self.terms.item_ids[i] for i in items.tolist())

    def _alone(self) -> tuple[float, IntArray]:
        """Return the value of the item with what it requires and nothing else, money no matter; and these items."""
        chosen = self._with_requirements(np.full(self.terms.n_items, -1, dtype=np.int64))
        without = float(self.game.weight.sum() * self.terms.quarter_weight.sum())
        gain = without - self._value(chosen)
        return (gain if gain > ROUNDING * without else 0.0), np.flatnonzero(chosen >= 0)

    def _with_requirements(self, start: IntArray) -> IntArray:
        """Return a plan with the item and the cheapest items it requires, started as soon as builds allow."""
        start, open_ = start.copy(), [self.item]
        while open_:
            at = open_.pop()
            if start[at] < 0:
                start[at] = self._soonest(at, 0)
            open_ += [
                min(members, key=lambda j: (self.dollars[j].min(), j))
                for members in self.terms.requires[at]
                if members and not (start[list(members)] >= 0).any()
            ]
        for _ in range(self.terms.n_items):
            late, never = start.copy(), self.terms.n_quarters
            operates = np.append(self.terms.ready, np.full((len(start), 1), never), axis=1)[
                np.arange(len(start)), start
            ]
            for i in np.flatnonzero(start >= 0).tolist():
                for members in self.terms.requires[i]:
                    ready = [operates[j] for j in members if start[j] >= 0]
                    if ready:
                        late[i] = max(late[i], self._soonest(i, min(ready)))
            if (late == start).all():
                break
            start = late
        return np.where(start < self.terms.n_quarters, start, -1)

    def _soonest(self, item: int, operates: int) -> int:
        """Return the first start from which an item operates in a quarter or later; T where there is none."""
        fits = self.terms.startable[item] & (self.terms.ready[item] >= operates)
        fits[: self.terms.first_start] = False
        return int(fits.argmax()) if fits.any() else self.terms.n_quarters

    def _inside(self) -> Explanation:
        alone = self._alone()[0]
        lost = falls_with(self.terms, self.start, self.item)
        without = self.start.copy()
        without[lost] = -1
        loss = self._value(without) - self.value
        other = self._refill(without)
        gained = np.flatnonzero((other >= 0) & (self.start < 0))
        return Explanation(
            is_in_plan=True,
            start_quarter=self.terms.quarters[self.start[self.item]],
            value_alone=alone,
            value_in_plan=loss,
            goes_with=self._names(lost[lost != self.item]),
            binds=self._binds(self.start[self.item]),
            replaced_by=self._names(gained),
            value_change=self._value(other) - self.value,
        )

    def _refill(self, without: IntArray) -> IntArray:
        """Return the plan filled up again without the item."""
        spec = PlanSpec(lock_out=frozenset({self.terms.item_ids[self.item]}))
        self.search = self._search(read_locks(self.terms, spec))
        best, best_value = without, self._value(without)
        for _ in range(STEPS):
            self.search.load(without)
            score = self.search.scores(self.dollars)
            self.search.recreate(self.dollars, score, np.ones(self.terms.n_items), 0.0, TRIES)
            found = self.search.start.copy()
            value = self._value(found)
            if value < best_value:
                best, best_value = found, value
        return best

    def _outside(self) -> Explanation:
        alone, needed = self._alone()
        free = self._with_requirements(self.start)
        first = int(free[self.item])
        gain = self.value - self._value(free)
        other = self._make_room()
        missing = needed[(self.start[needed] < 0) & (needed != self.item)]
        return Explanation(
            is_in_plan=False,
            start_quarter=self.terms.quarters[first] if first >= 0 else None,
            value_alone=alone,
            value_in_plan=gain,
            goes_with=self._names(missing),
            binds=self._binds(first),
            replaced_by=self._names(np.flatnonzero((self.start >= 0) & (other < 0))),
            value_change=self._value(other) - self.value,
        )

    def _make_room(self) -> IntArray:
        """Return the plan with the item, those gone that bring least for their money and stood in the way."""
        search = self.search
        search.load(self.start)
        for rival in sorted({j for c in self.terms.exclusive if self.item in c for j in c} - {self.item}):
            search.drop(rival)
        chosen = np.flatnonzero(search.start >= 0)
        loss = np.array([search.loss(int(i)) for i in chosen])
        order = chosen[np.argsort(loss / self.dollars[chosen].min(axis=1), kind="stable")].tolist()
        while not search.take(self.item, self.dollars):
            if not order:
                return self.start
            search.drop(order.pop(0))
        held = search.start.copy()
        return self._refill_with(held)

    def _refill_with(self, held: IntArray) -> IntArray:
        """Return the plan filled up with what the rest of the money buys."""
        self._value(held)
        self.search.load(held)
        self.search.recreate(
            self.dollars, self.search.scores(self.dollars), np.ones(self.terms.n_items), 0.0, TRIES
        )
        return self.search.start.copy()

    def _binds(self, start: int) -> tuple[str, ...]:
        """Return what stands in the way of the item, or of starting it earlier, in words."""
        terms, found = self.terms, []
        if terms.first_start > terms.latest_start[self.item]:
            closed = "" if terms.works is None else " and rests in closed seasons"
            found.append(
                f"it takes {terms.build_quarters[self.item]} quarters to build{closed}, longer than the horizon"
            )
        found += [
            f"excluded by {terms.item_ids[j]}"
            for j in sorted({j for c in terms.exclusive if self.item in c for j in c} - {self.item})
            if self.start[j] >= 0
        ]
        found += [
            f"requires one of {', '.join(terms.item_ids[j] for j in members[:5])}"
            for members in terms.requires[self.item]
            if not any(self.start[j] >= 0 for j in members)
        ]
        held = self.start.copy()
        held[self.item] = max(start, 0)
        full = terms.linear.broken(held) & ~terms.linear.broken(self.start)
        found += dict.fromkeys(
            words for words, is_full in zip(terms.linear.words, full, strict=True) if is_full
        )
        return (*found, *self._money_that_binds(max(start, 0)))

    def _money_that_binds(self, start: int) -> tuple[str, ...]:
        """Return the money that does not reach for the item in a quarter."""
        self.search.load(self.start)
        terms, search, k = self.terms, self.search, int(self.terms.item_class[self.item])
        room, source = search.room - search.used_by_rows(), purse(terms)
        words, years = [], len(terms.years)
        for mask, left in zip(search.rows.reshape(len(search.rows), -1, years), room.tolist(), strict=True):
            usd = int(search.cost[self.item, start][mask[k]].sum())
            if usd > left:
                reach = source.is_open[:, mask.ravel()].any(axis=1)
                payers = ", ".join(terms.partners[p] for p in np.unique(source.partner[reach]).tolist())
                spans = np.flatnonzero(mask.any(axis=0))
                span = f"{terms.years[spans[0]]}" + (f"-{terms.years[spans[-1]]}" if len(spans) > 1 else "")
                words.append(
                    (usd - left, f"money of {payers} in {span}: {left:,} usd are left, {usd:,} are needed")
                )
        words.sort(key=lambda w: -w[0])
        return tuple(dict.fromkeys(w for _, w in words[:3]))
