"""Two simple plans to compare with: greedy on the logit value with one swap pass, and an even spread."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sarhad.detection.instance import FloatArray, Instance, IntArray
from sarhad.plan.game import Changeable, changeable, exact_value
from sarhad.plan.incumbent import Search
from sarhad.plan.limits import Terms
from sarhad.plan.locks import read_locks
from sarhad.plan.money import outlays
from sarhad.plan.pool import Pool
from sarhad.plan.result import PlanSpec
from sarhad.plan.store import items_table

THETA = 4.0  # how sharply the logit mover of the greedy prefers the better path
SAMPLES = (0.02, 0.1, 0.3)  # uniform states whose best paths the logit mover knows beside the extremes


def greedy(instance: Instance, terms: Terms) -> pd.DataFrame:
    """Return the items that a fair simple planner would take, as a plan's table of items.

    Notes
    -----
    The logit (soft-min) value counts every known path of a scenario by ``exp(-theta * exposure)``, so items on
    parallel paths count before the last of them closes. Items are taken by gain per dollar, each started as soon
    as money and prerequisites allow; then each is exchanged once for the best other where the true value
    falls. It knows no bound and looks only one step ahead.
    """
    game, pool = changeable(instance)
    search = _search(terms, game)
    dollars = _dollars(terms)
    if game.of.n == 0:
        return items_table(terms, outlays(terms), search.start)
    for sample in SAMPLES:
        pool.add(game.paths(np.full((1, game.over.n), sample))[1])
    search.refresh(pool, game.of.n)
    while True:
        gain = _logit_gains(game, pool, search.start) / dollars.min(axis=1)
        gain[search.start >= 0] = -1.0
        if not _take_best(search, dollars, gain):
            break
    _swap(search, game, pool, dollars)
    return items_table(terms, outlays(terms), search.start)


def even_spread(instance: Instance, terms: Terms) -> pd.DataFrame:
    """Return what the same money buys when it is spread along the line, section after section in turn.

    In each round every section takes the item next to the middle of its widest gap that is still affordable,
    the cheapest of equals; effects are not looked at. Items without a section come last.
    """
    game, pool = changeable(instance)
    search, dollars = _search(terms, game), _dollars(terms)
    if game.of.n == 0:
        return items_table(terms, outlays(terms), search.start)
    search.refresh(pool, game.of.n)
    sections = sorted(set(terms.section_id) - {""})
    open_items = {s: [i for i in range(terms.n_items) if terms.section_id[i] == s] for s in [*sections, ""]}
    while any(open_items.values()):
        for section in [*sections, ""]:
            while open_items[section]:
                item = _most_apart(terms, open_items[section], search.start, dollars)
                open_items[section].remove(item)
                if search.start[item] < 0 and search.take(item, dollars):
                    break
    return items_table(terms, outlays(terms), search.start)


def _search(terms: Terms, game: Changeable) -> Search:
    """Return an empty plan with its moves."""
    locks = read_locks(terms, PlanSpec())
    return Search(terms, game.over, outlays(terms).total, game.weight, locks.allowed, locks.start)


def _dollars(terms: Terms) -> FloatArray:
    """Return what each item and start costs where money is limited, in millions, shape (I, T)."""
    total = outlays(terms).total
    limited = total if terms.is_tail_paid else total[:, :, : terms.n_horizon_years]
    return np.asarray(limited.sum(axis=2) / 1e6 + 1e-6)


def _logit_gains(game: Changeable, pool: Pool, start: IntArray) -> FloatArray:
    """Return by how much each item would lower the final logit value, to first order, shape (I,)."""
    over, chosen = game.over, start >= 0
    ready = np.array(
        [all(any(chosen[j] for j in s) for s in over.supports[b]) for b in range(over.n_items, over.n)],
        dtype=np.bool_,
    )
    on = np.concatenate([chosen, chosen[over.item[over.n_items :]] & ready]).astype(np.float64)
    exposure = pool.exposure(on[None])[0]
    share = np.exp(-THETA * exposure)
    share /= np.bincount(pool.unit, share, minlength=game.of.n)[pool.unit]
    gain: FloatArray = np.asarray((share * np.exp(-exposure) * game.weight[pool.unit]) @ pool.added)
    result = gain[: over.n_items].copy()
    np.add.at(result, over.item[over.n_items :][ready], gain[over.n_items :][ready])
    return result


def _take_best(search: Search, dollars: FloatArray, gain: FloatArray) -> bool:
    """Take the first item by gain that fits, with what it lacks; False when none does."""
    for item in np.argsort(-gain, kind="stable").tolist():
        if gain[item] <= 0:
            return False
        if search.take(item, dollars):
            return True
        gain[item] = -1.0
    return False


def _swap(search: Search, game: Changeable, pool: Pool, dollars: FloatArray) -> None:
    """Exchange each item once for what serves better, judged by the true value."""
    best, by_quarter, found = exact_value(game, search.terms, search.start)
    del by_quarter
    pool.add(found)
    search.refresh(pool, game.of.n)
    score = search.scores(dollars)
    for item in np.flatnonzero(search.start >= 0).tolist():
        before = search.start.copy()
        kept, value = search.keep(), search.value
        search.drop(item)
        allowed = score.copy()
        allowed[item] = -1.0
        search.recreate(dollars, np.maximum(allowed, -1.0), np.ones(len(score)), 0.0, 5)
        if search.value < value * (1 - 1e-9):
            true = exact_value(game, search.terms, search.start)[0]
            if true < best:
                best = true
                continue
        search.restore(kept)
        search.start = before


def _most_apart(terms: Terms, items: list[int], start: IntArray, dollars: FloatArray) -> int:
    """Return the item farthest from those taken, the cheapest of equals."""
    taken = terms.chainage_km[(start >= 0) & ~np.isnan(terms.chainage_km)]
    place = terms.chainage_km[items]
    apart = np.abs(place[:, None] - taken[None, :]).min(axis=1) if len(taken) else np.zeros(len(items))
    order = np.lexsort((dollars[items].min(axis=1), -np.round(np.nan_to_num(apart), 1)))
    return items[int(order[0])]
