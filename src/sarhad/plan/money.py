"""Money by partner and year: what a start costs when, what can be paid, and who pays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit

from sarhad.detection.instance import BoolArray, IntArray
from sarhad.plan.limits import Terms

FEW = 40  # kinds of money up to which unions of two are watched from the start


@dataclass(frozen=True)
class Outlays:
    """Whole dollars by item, quarter of start and year, each of shape (I, T, Y).

    Notes
    -----
    Capital is spread evenly over the quarters of work from the start on (all of it in the quarter of the
    start when the build takes no time; none while a build pauses), a quarter of the annual upkeep falls in every quarter of operation.
    Sums are rounded as they grow, so that the years of an item add up to its cost exactly. Years of
    the tail hold a year of upkeep each, the last one the part of a year that remains.
    """

    capital: IntArray
    upkeep: IntArray

    @property
    def total(self) -> IntArray:
        """Return capital and upkeep together."""
        return self.capital + self.upkeep


def outlays(terms: Terms) -> Outlays:
    """Return what each item costs in which year for each quarter of start."""
    count, years = terms.n_quarters, len(terms.years)
    at_year = terms.quarter_year - terms.years[0]
    build = np.maximum(terms.build_quarters, 1)[:, None, None]
    done = np.clip(terms.worked[:, None, :] - terms.worked[:, :-1, None], 0, build)
    paid = _rounded(terms.capital_usd[:, None, None] * done / build)
    running = np.clip(np.arange(count + 1) - terms.ready[:, :, None], 0, None)
    kept = _rounded(terms.annual_usd[:, None, None] * running / 4)
    capital = np.zeros((terms.n_items, count, years), dtype=np.int64)
    upkeep = np.zeros_like(capital)
    for q in range(count):
        capital[:, :, at_year[q]] += paid[:, :, q + 1] - paid[:, :, q]
        upkeep[:, :, at_year[q]] += kept[:, :, q + 1] - kept[:, :, q]
    for n, year in enumerate(range(terms.n_horizon_years, years)):
        share = min(1.0, terms.tail_years - n)
        upkeep[:, :, year] = _rounded(terms.annual_usd * share)[:, None]
    return Outlays(capital, upkeep)


def _rounded(usd: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> IntArray:
    """Return whole dollars, halves up."""
    whole: IntArray = np.floor(usd + 0.5).astype(np.int64)
    return whole


@dataclass(frozen=True)
class Purse:
    """Who can pay what: supplies (partner, year), then tied money; needs (class, year), flattened.

    Parameters
    ----------
    supply
        Whole dollars of each partner and year, then of each entry of tied money, shape (P * Y + G,).
    is_open
        May this supply pay for this need, shape (P * Y + G, K * Y).
    partner, year, is_in_kind
        Index of the partner and of the year of each supply, and whether it is given in kind.
    """

    supply: IntArray
    is_open: BoolArray
    partner: IntArray
    year: IntArray
    is_in_kind: BoolArray

    @property
    def total(self) -> int:
        """Return all dollars together."""
        return int(self.supply.sum())

    def fails(self, need: IntArray) -> BoolArray:
        """Return needs that together cannot be paid; none of them where all are paid."""
        return pay(self.supply, need, self.is_open)[1]

    def cover(self, mask: BoolArray) -> IntArray:
        """Return the money that all needs of each row of the mask together can reach, shape (R,)."""
        reach = (mask.astype(np.int64) @ self.is_open.T.astype(np.int64)) > 0
        return reach @ self.supply


def purse(terms: Terms) -> Purse:
    """Return the supplies, and the needs they may pay for, with carry-over between years."""
    partners, years = terms.budget_usd.shape
    can = np.zeros((partners, years, len(terms.payers), years), dtype=np.bool_)
    for partner in range(partners):
        for year in range(years):
            if year >= terms.n_horizon_years and not terms.is_tail_paid:
                continue
            until = year
            while terms.carries_over[partner, until]:
                until += 1
            can[partner, year, :, year : until + 1] = terms.payers[:, partner][:, None]
    supply, is_open = terms.budget_usd.ravel(), can.reshape(partners * years, len(terms.payers) * years)
    giver, year_of = np.divmod(np.arange(partners * years), max(years, 1))
    is_in_kind = np.zeros(len(supply), dtype=np.bool_)
    if terms.tied is None:
        return Purse(supply, is_open, giver, year_of, is_in_kind)
    tied, when = terms.tied, np.arange(years)
    during = (tied.first[:, None] <= when) & (when <= tied.last[:, None])
    if not terms.is_tail_paid:
        during[:, terms.n_horizon_years :] = False
    extra = (tied.pays.T[:, :, None] & during[:, None, :]).reshape(len(tied.usd), is_open.shape[1])
    return Purse(
        np.concatenate([supply, tied.usd]),
        np.concatenate([is_open, extra]),
        np.concatenate([giver, tied.partner]),
        np.concatenate([year_of, tied.year]),
        np.concatenate([is_in_kind, tied.is_in_kind]),
    )


def demand(terms: Terms, cost: IntArray, start: IntArray) -> IntArray:
    """Return the dollars that a plan needs by class and year, flattened to (K * Y,).

    Parameters
    ----------
    terms
        The limits.
    cost
        Dollars by item, start and year, shape (I, T, Y).
    start
        Quarter of start, -1 for items left out, shape (I,).
    """
    need = np.zeros((len(terms.payers), len(terms.years)), dtype=np.int64)
    chosen = np.flatnonzero(start >= 0)
    np.add.at(need, terms.item_class[chosen], cost[chosen, start[chosen]])
    if not terms.is_tail_paid:
        need[:, terms.n_horizon_years :] = 0
    return need.ravel()


@njit(cache=True, nogil=True)
def _reach(flow, left, is_open, j, seen, by_need, by_supply):  # type: ignore[no-untyped-def]
    """Return a supply with money left that need `j` reaches over payments that may be swapped, -1 if none.

    `by_need` is the need from which each supply was reached, `by_supply` the supply from which each need was.
    """
    n, m = is_open.shape
    seen[:] = False
    by_need[:] = -1
    by_supply[:] = -1
    queue = np.empty(m, dtype=np.int64)
    queue[0], first, last = j, 0, 1
    seen[j] = True
    while first < last:
        at = queue[first]
        first += 1
        for i in range(n):
            if not is_open[i, at] or by_need[i] >= 0:
                continue
            by_need[i] = at
            if left[i] > 0:
                return i
            for k in range(m):
                if flow[i, k] > 0 and not seen[k]:
                    seen[k] = True
                    by_supply[k] = i
                    queue[last] = k
                    last += 1
    return -1


@njit(cache=True, nogil=True)
def pay(supply: IntArray, need: IntArray, is_open: BoolArray) -> tuple[IntArray, BoolArray]:
    """Return a flow that pays the needs, and a set of needs that together cannot be paid (empty: all paid).

    Augmenting paths (Ford and Fulkerson); the set is Hall's: what its needs ask for exceeds every supply
    that may pay for any of them.
    """
    n, m = is_open.shape
    flow = np.zeros((n, m), dtype=np.int64)
    left, lacking = supply.copy(), need.copy()
    for j in range(m):
        for i in range(n):
            if lacking[j] > 0 and is_open[i, j]:
                given = min(left[i], lacking[j])
                flow[i, j] += given
                left[i] -= given
                lacking[j] -= given
    seen = np.zeros(m, dtype=np.bool_)
    by_need, by_supply = np.empty(n, dtype=np.int64), np.empty(m, dtype=np.int64)
    for j in range(m):
        while lacking[j] > 0:
            end = _reach(flow, left, is_open, j, seen, by_need, by_supply)
            if end < 0:
                return flow, seen
            given, i = min(left[end], lacking[j]), end
            while by_need[i] != j:
                k = by_need[i]
                i = by_supply[k]
                given = min(given, flow[i, k])
            left[end] -= given
            lacking[j] -= given
            i = end
            while True:
                k = by_need[i]
                flow[i, k] += given
                if k == j:
                    break
                i = by_supply[k]
                flow[i, k] -= given
    seen[:] = False
    return flow, seen


def hall_rows(terms: Terms) -> BoolArray:
    """Return the first sets of needs to watch: per set of partners, up to each year and in each year.

    Every set is a valid row (its needs may not exceed the supplies they reach); those missing are found
    by `pay` when a plan breaks them.
    """
    years, reach = len(terms.years), _sources(terms)
    classes, masks = len(reach), {}
    groups = {tuple(row.tolist()) for row in reach} | {(True,) * reach.shape[1]}
    if len(groups) <= FEW:
        groups |= {
            tuple(a or b for a, b in zip(g, h, strict=True)) for g in list(groups) for h in list(groups)
        }
    for group in sorted(groups):
        inside = ~(reach & ~np.array(group, dtype=np.bool_)).any(axis=1)
        for year in range(years):
            for first in {0 if year < terms.n_horizon_years else year, year}:
                mask = np.zeros((classes, years), dtype=np.bool_)
                mask[inside, first : year + 1] = True
                if mask.any():
                    masks[mask.tobytes()] = mask.ravel()
    return np.array([masks[key] for key in sorted(masks)], dtype=np.bool_).reshape(
        len(masks), classes * years
    )


def _sources(terms: Terms) -> BoolArray:
    """Return which partners, and which strings on tied money, reach each class, shape (K, N)."""
    if terms.tied is None:
        return terms.payers
    strings = np.unique(np.concatenate([terms.tied.partner[None], terms.tied.pays]), axis=1)
    return np.concatenate([terms.payers, strings[1:].astype(np.bool_)], axis=1)


def payments(terms: Terms, need: IntArray) -> IntArray:
    """Return what each supply pays for each need, money with a string attached first, (P * Y + G, K * Y)."""
    source, free = purse(terms), terms.budget_usd.size
    order = np.roll(np.arange(len(source.supply)), -free)
    flow = np.empty_like(source.is_open, dtype=np.int64)
    flow[order], _ = pay(source.supply[order], need, source.is_open[order])
    return flow


def funding(terms: Terms, start: IntArray) -> pd.DataFrame:
    """Return who pays what: item_id, partner_id, year, kind, usd, in whole dollars that add up exactly.

    Parameters
    ----------
    terms
        The limits.
    start
        Quarter of start of a plan that can be paid, -1 for items left out, shape (I,).

    Notes
    -----
    The years of the tail appear only where the budgets cover them. What is given in kind has a kind of its own.
    """
    out = outlays(terms)
    source = purse(terms)
    flow = payments(terms, demand(terms, out.total, start))
    years, classes = len(terms.years), len(terms.payers)
    givers, of = np.unique(
        np.stack([source.is_in_kind.astype(np.int64), source.partner]), axis=1, return_inverse=True
    )
    given_by = np.zeros((givers.shape[1], flow.shape[1]), dtype=np.int64)
    np.add.at(given_by, of.ravel(), flow)
    left = given_by.reshape(-1, classes, years)
    rows = []
    counted = years if terms.is_tail_paid else terms.n_horizon_years
    for item in np.flatnonzero(start >= 0).tolist():
        for year in range(counted):
            purses = left[:, terms.item_class[item], year]
            for kind, table in (("capital", out.capital), ("upkeep", out.upkeep)):
                due = int(table[item, start[item], year])
                for giver, (in_kind, partner) in enumerate(givers.T.tolist()):
                    given = min(due, int(purses[giver]))
                    if given > 0:
                        said = f"{kind}_in_kind" if in_kind else kind
                        row = terms.item_ids[item], terms.partners[partner], terms.years[year], said, given
                        rows.append(row)
                        purses[giver] -= given
                        due -= given
    frame = pd.DataFrame(rows, columns=["item_id", "partner_id", "year", "kind", "usd"])
    return frame.astype(
        {"item_id": "str", "partner_id": "str", "year": "int64", "kind": "str", "usd": "int64"}
    )


def tail_upkeep(terms: Terms, plan_items: pd.DataFrame) -> dict[str, float]:
    """Return the upkeep of the final state over the whole tail by the partner that pays it, in dollars.

    Where the budgets do not reach beyond the horizon nobody is named and the mapping is empty.
    """
    if not terms.is_tail_paid:
        return {}
    item = {name: i for i, name in enumerate(terms.item_ids)}
    quarter = {label: q for q, label in enumerate(terms.quarters)}
    start = np.full(terms.n_items, -1, dtype=np.int64)
    for name, label in zip(plan_items["item_id"], plan_items["start_quarter"], strict=True):
        start[item[name]] = quarter[label]
    rows = funding(terms, start)
    rows = rows[rows["year"] > int(terms.quarter_year[-1])]
    return {str(partner): float(usd) for partner, usd in rows.groupby("partner_id")["usd"].sum().items()}
