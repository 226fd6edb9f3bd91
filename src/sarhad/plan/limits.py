"""Everything a plan must keep beside the game itself: quarters, money, prerequisites, exclusions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sarhad.detection.instance import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Terms:
    """The limits of a plan as arrays; items in the order of their sorted ids.

    Parameters
    ----------
    item_ids
        Ids of the I items, sorted; the same items as those of the instance.
    quarters, quarter_year
        Labels of the T quarters (``2025Q1``) and the calendar year of each.
    first_start
        Index of the first quarter in which anything may start (the status date decides).
    tail_years
        Years in the final state after the horizon.
    capital_usd, annual_usd, build_quarters
        Whole dollars, whole dollars a year in operation, quarters to build; each of shape (I,).
    category, section_id, chainage_km
        Category, section ("" programme-wide) and middle of the stretch (NaN without a place) of each item.
    item_class, payers
        Funding class of each item: categories paid by the same partners are one class; who pays for
        each class, shape (K, P).
    partners, years
        Partners that hold money, and the calendar years of the horizon, then of the tail.
    budget_usd, carries_over
        Whole dollars and whether the rest may be spent in the next year, shape (P, Y). The last year of
        the horizon and the tail carry nothing over.
    is_tail_paid
        Do the years of the tail have money of their own that their upkeep must keep to?
    requires
        For each item a tuple of sets; at least one item of every set must operate when it operates.
    exclusive
        Sets of items of which at most one may be chosen.
    notices
        What a person should know about these terms.
    """

    item_ids: tuple[str, ...]
    quarters: tuple[str, ...]
    quarter_year: IntArray
    first_start: int
    tail_years: float
    capital_usd: IntArray
    annual_usd: IntArray
    build_quarters: IntArray
    category: tuple[str, ...]
    section_id: tuple[str, ...]
    chainage_km: FloatArray
    item_class: IntArray
    payers: BoolArray
    partners: tuple[str, ...]
    years: tuple[int, ...]
    budget_usd: IntArray
    carries_over: BoolArray
    is_tail_paid: bool
    requires: tuple[tuple[tuple[int, ...], ...], ...]
    exclusive: tuple[tuple[int, ...], ...]
    notices: tuple[str, ...] = ()

    @property
    def n_items(self) -> int:
        """Return the number of items I."""
        return len(self.item_ids)

    @property
    def n_quarters(self) -> int:
        """Return the number of quarters T of the horizon."""
        return len(self.quarters)

    @property
    def n_horizon_years(self) -> int:
        """Return how many of the years belong to the horizon."""
        return int(self.quarter_year[-1] - self.quarter_year[0]) + 1

    @property
    def quarter_weight(self) -> FloatArray:
        """Return the years that each quarter counts: a quarter, and the last one the tail too, shape (T,)."""
        weight = np.full(self.n_quarters, 0.25)
        weight[-1] += self.tail_years
        return weight

    @property
    def latest_start(self) -> IntArray:
        """Return the last quarter in which each item can start and still operate, shape (I,)."""
        return self.n_quarters - 1 - self.build_quarters


def operating(terms: Terms, start: IntArray) -> BoolArray:
    """Return which items operate in which quarter, shape (T, I).

    Parameters
    ----------
    terms
        The limits.
    start
        Quarter in which each item starts, -1 for items left out, shape (I,).
    """
    quarter = np.arange(terms.n_quarters)[:, None]
    result: BoolArray = (start >= 0) & (quarter >= start + terms.build_quarters)
    return result


def falls_with(terms: Terms, start: IntArray, item: int) -> IntArray:
    """Return the items a plan loses with an item: itself, and what then lacks a prerequisite in operation.

    Parameters
    ----------
    terms
        The limits.
    start
        Quarter in which each item starts, -1 for items left out, shape (I,).
    item
        Index of an item of the plan.
    """
    since = np.where(start >= 0, start + terms.build_quarters, terms.n_quarters)
    lost, open_ = {item}, [item]
    while open_:
        gone = open_.pop()
        for other in np.flatnonzero(start >= 0).tolist():
            if other not in lost and any(
                gone in members and not any(j not in lost and since[j] <= since[other] for j in members)
                for members in terms.requires[other]
            ):
                lost.add(other)
                open_.append(other)
    return np.array(sorted(lost), dtype=np.int64)
