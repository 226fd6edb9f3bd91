"""What to do first if the money stops: the items of a plan in an order of which every beginning can stand alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from sarhad.detection.instance import FloatArray, Instance, IntArray
from sarhad.plan.coalition import AT_ONCE, Coalitions
from sarhad.plan.game import Changeable, changeable, exact_value
from sarhad.plan.incumbent import Search
from sarhad.plan.limits import Terms, operating
from sarhad.plan.locks import read_locks
from sarhad.plan.money import demand, outlays, pay, purse
from sarhad.plan.result import PlanSpec
from sarhad.plan.store import starts
from sarhad.plan.supports import Supports

OnShare = Callable[[float], bool]

LOOK = 0.25  # share of the items that go before the paths are looked for again


def priority_list(
    instance: Instance, terms: Terms, plan_items: pd.DataFrame, *, on_progress: OnShare | None = None
) -> pd.DataFrame:
    """Return the items of a plan, the most urgent first, with value and cost of every beginning of the list.

    Parameters
    ----------
    instance, terms
        The game and the limits that the plan was made for.
    plan_items
        The plan: item_id and start_quarter.
    on_progress
        Told the share done; returning False ends the exact look at paths, the rest is ordered by the paths known.

    Returns
    -------
    DataFrame
        rank (1 first), item_id, start_quarter, cost_usd (capital and upkeep within the horizon),
        cumulative_usd, value (of this item and all before it, exact, without the constant), one row an item.

    Notes
    -----
    Made from the end: of the items that nothing else needs, the one goes last that loses least value for its money.
    So two items that only work together stay next to each other, where a list made from the front would see
    no use in either. A beginning keeps the plan's quarters; each of its items has what it requires. The order
    rests on losses over the paths known, which are looked for again whenever a quarter of the items has gone,
    in the final state without each item; it is good, not proven best. Every value is exact.
    """
    game, pool = changeable(instance)
    start = starts(terms, plan_items)
    out = outlays(terms)
    locks = read_locks(terms, PlanSpec())
    known: Search | None = None
    search = Search(terms, game.over, out.total, game.weight, locks.allowed, np.full_like(start, -1))
    cost = out.total[:, :, : terms.n_horizon_years].sum(axis=2)
    needers = _needers(terms, start)
    left, total = start.copy(), int((start >= 0).sum())
    backwards: list[int] = []
    look_at = total
    while (n := int((left >= 0).sum())) > 0:
        if n <= look_at and game.of.n:
            pool.add(exact_value(game, terms, left)[2])
            for points in _each_left_out(game, left):
                pool.add(game.paths(points)[1])
            search.refresh(pool, game.of.n)
            look_at = int(n * (1 - LOOK))
            if on_progress is not None and not on_progress(1.0 - n / total):
                look_at = 0
            known = search
        if known is not None:
            known.load(left)
        item = _least(known, left, cost, needers)
        left[item] = -1
        backwards.append(item)
    return _table(Coalitions(instance, terms, plan_items), start, cost, np.array(backwards[::-1], np.int64))


def _each_left_out(game: Changeable, start: IntArray) -> Iterator[FloatArray]:
    """Yield the final state of all binaries without each chosen item in turn, `AT_ONCE` states at a time."""
    chosen = np.flatnonzero(start >= 0)
    supports = Supports(game.over)
    for first in range(0, len(chosen), AT_ONCE):
        part = chosen[first : first + AT_ONCE]
        items = np.tile((start >= 0).astype(np.float64), (len(part), 1))
        items[np.arange(len(part)), part] = 0.0
        yield supports.states(items)


def _needers(terms: Terms, start: IntArray) -> list[list[tuple[int, tuple[int, ...]]]]:
    """Return for each item the chosen items that may need it, each with all that could serve."""
    found: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in range(terms.n_items)]
    for other in np.flatnonzero(start >= 0).tolist():
        for members in terms.requires[other]:
            for item in members:
                found[item].append((other, members))
    return found


def _least(
    search: Search | None,
    start: IntArray,
    cost: IntArray,
    needers: list[list[tuple[int, tuple[int, ...]]]],
) -> int:
    """Return the item that loses least for its money among those that nothing else needs."""
    best = (np.inf, 0.0, -1)
    for item in np.flatnonzero(start >= 0).tolist():
        if any(
            start[other] >= 0 and all(start[j] < 0 or j == item for j in members)
            for other, members in needers[item]
        ):
            continue
        usd = float(max(cost[item, start[item]], 1))
        loss = max(search.loss(item), 0.0) if search is not None else 0.0
        best = min(best, (loss / usd, -usd, item))
    assert best[2] >= 0, "prerequisites of a plan have no circle"
    return best[2]


def _table(parts: Coalitions, start: IntArray, cost: IntArray, order: IntArray) -> pd.DataFrame:
    """Return the list with the exact value of every beginning."""
    terms = parts.terms
    usd = cost[order, start[order]]
    value = parts.along(np.searchsorted(parts.chosen, order))
    frame = pd.DataFrame(
        {
            "rank": np.arange(1, len(order) + 1),
            "item_id": [terms.item_ids[i] for i in order.tolist()],
            "start_quarter": [terms.quarters[q] for q in start[order].tolist()],
            "cost_usd": usd,
            "cumulative_usd": np.cumsum(usd),
            "value": value[1:],
        }
    )
    return frame.astype({"item_id": "str", "start_quarter": "str"})


def afforded(terms: Terms, priority: pd.DataFrame) -> pd.DataFrame:
    """Return the items of a list that these terms still allow and pay for, taken in its order, each in its quarter.

    Parameters
    ----------
    terms
        The limits, which may be others than those that the list was made under.
    priority
        item_id and start_quarter, the most urgent first.

    Notes
    -----
    Left out are items that no longer exist, cannot operate in time, cannot be paid beside those before them, exclude
    one before them, or miss what they require.
    """
    source, cost = purse(terms), outlays(terms).total
    start = np.full(terms.n_items, -1, dtype=np.int64)
    place = {name: i for i, name in enumerate(terms.item_ids)}
    quarter = {label: q for q, label in enumerate(terms.quarters)}
    keep = np.zeros(len(priority), dtype=np.bool_)
    for row, (name, label) in enumerate(zip(priority["item_id"], priority["start_quarter"], strict=True)):
        item, begin = place.get(name, -1), quarter.get(label, -1)
        if item < 0 or begin < terms.first_start or not terms.startable[item, begin]:
            continue
        start[item] = begin
        on = operating(terms, start)
        has_rival = any(item in c and (start[list(c)] >= 0).sum() > 1 for c in terms.exclusive)
        lacks = any((on[:, item] > on[:, list(m)].any(axis=1)).any() for m in terms.requires[item])
        if has_rival or lacks or pay(source.supply, demand(terms, cost, start), source.is_open)[1].any():
            start[item] = -1
        keep[row] = start[item] >= 0
    return priority[keep].reset_index(drop=True)
