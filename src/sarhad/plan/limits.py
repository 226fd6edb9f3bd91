"""Everything a plan must keep beside the game itself: quarters, money, crews, seasons, rules between items."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.plan.rows import Package, StartRows, package_rows, start_rows


@dataclass(frozen=True, eq=False)
class Tied:
    """Money with a string attached, each entry on its own: earmarks, gifts in kind, pledges that expire, advances.

    Parameters
    ----------
    partner, year
        Index of the partner that gives it and of the year it is given for, shape (G,).
    first, last
        Indices of the first and last year in which it may be spent, shape (G,).
    usd
        Whole dollars, shape (G,).
    is_in_kind
        Is it given as measures, not as money, shape (G,).
    pays
        Funding classes that each entry may pay for, shape (K, G).
    """

    partner: IntArray
    year: IntArray
    first: IntArray
    last: IntArray
    usd: IntArray
    is_in_kind: BoolArray
    pays: BoolArray


@dataclass(frozen=True)
class SecurityFloor:
    """A least security in the last quarter.

    Parameters
    ----------
    words
        The floor as a person would say it.
    threat
        Threat whose attempts are counted.
    section
        Section in which they are forced to cross; "" for all attempts, wherever they cross.
    most_share
        Without a section: attempts that get through, as a share of those that would with nothing built. With one: the chance
        to evade on the best path forced to cross there, as a share of that chance with nothing built.
    """

    words: str
    threat: str
    section: str
    most_share: float


@dataclass(frozen=True, eq=False)
class Pace:
    """What a schedule can keep up with.

    Parameters
    ----------
    soonest
        Quarter from which each item operates at the earliest by its start, T where not within the horizon, shape (I, T).
    crews
        Limits of work in words, what each start asks for (I, T), and what there is.
    """

    soonest: IntArray
    crews: tuple[tuple[str, FloatArray, float], ...] = ()


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
    tied
        Money that is not simply a partner's for a year.
    works
        Quarters in which work on an item may proceed, shape (I, T); all where not given.
    may_pause
        May the build of an item pause over quarters without work, shape (I,); none where not given.
    packages
        Items that only make sense together: all of them, or at least so much of them.
    rows
        Linear limits over starts: crews, floors, changes against a former plan.
    floors
        Least security in the last quarter.
    former
        Start in the plan that is to be kept as far as can be, -1 for items not in it, shape (I,).
    soonest
        Quarter from which an item operates at the earliest by its start, whatever its build takes, shape (I, T); none
        where not given.
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
    tied: Tied | None = None
    works: BoolArray | None = None
    may_pause: BoolArray | None = None
    packages: tuple[Package, ...] = ()
    rows: StartRows | None = None
    floors: tuple[SecurityFloor, ...] = ()
    former: IntArray | None = None
    soonest: IntArray | None = None

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

    @cached_property
    def worked(self) -> IntArray:
        """Return the quarters open to work on each item before each quarter, shape (I, T + 1)."""
        result = np.zeros((self.n_items, self.n_quarters + 1), dtype=np.int64)
        if self.works is None:
            result[:] = np.arange(self.n_quarters + 1)
        else:
            np.cumsum(self.works, axis=1, out=result[:, 1:])
        return result

    @cached_property
    def ready(self) -> IntArray:
        """Return the quarter from which an item operates by its start, T where it cannot, shape (I, T)."""
        return self.built if self.soonest is None else np.maximum(self.built, self.soonest)

    @cached_property
    def built(self) -> IntArray:
        """Return the quarter in which the build of an item is over by its start, T where it cannot be, shape (I, T)."""
        count, quarter = self.n_quarters, np.arange(self.n_quarters)
        build, lasts = self.build_quarters, np.maximum(self.build_quarters, 1)
        end = np.minimum(quarter + lasts[:, None], count)
        done = np.take_along_axis(self.worked, end, axis=1) - self.worked[:, :-1]
        straight = quarter + build[:, None]
        result = np.where(done == lasts[:, None], straight, count)
        if self.may_pause is not None and self.works is not None:
            for i in np.flatnonzero(self.may_pause).tolist():
                reached = np.searchsorted(self.worked[i], self.worked[i, :-1] + build[i])
                result[i] = np.where(self.works[i], np.maximum(reached, quarter), count)
        return np.minimum(result, count)

    @property
    def startable(self) -> BoolArray:
        """Return the starts from which an item operates within the horizon, shape (I, T)."""
        result: BoolArray = self.ready < self.n_quarters
        return result

    @property
    def latest_start(self) -> IntArray:
        """Return the last quarter in which each item can start and still operate, -1 if there is none, shape (I,)."""
        last = self.n_quarters - 1 - self.startable[:, ::-1].argmax(axis=1)
        return np.where(self.startable.any(axis=1), last, -1)

    @cached_property
    def linear(self) -> StartRows:
        """Return all linear limits over starts, those of the packages last."""
        shape = self.n_items, self.n_quarters
        own = start_rows(shape, []) if self.rows is None else self.rows
        return own.with_rows(package_rows(shape, self.packages)) if self.packages else own


def under_construction(terms: Terms, quarter: int) -> BoolArray:
    """Return the starts for which work on an item goes on in a quarter, shape (I, T); builds that pause do not."""
    begin = np.arange(terms.n_quarters)
    goes_on = (begin <= quarter) & (quarter < np.maximum(terms.built, begin + 1)) & terms.startable
    result: BoolArray = goes_on if terms.works is None else goes_on & terms.works[:, [quarter]]
    return result


def since(terms: Terms, start: IntArray) -> IntArray:
    """Return the quarter from which each item operates, T for items left out, shape (I,)."""
    own = np.maximum(start, 0)[:, None]
    ready = np.take_along_axis(terms.ready, own, axis=1)[:, 0]
    return np.where(start >= 0, ready, terms.n_quarters)


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
    result: BoolArray = quarter >= since(terms, start)
    return result


def falls_with(terms: Terms, start: IntArray, item: int) -> IntArray:
    """Return the items a plan loses with an item: itself, what then lacks a prerequisite, packages cut short.

    Parameters
    ----------
    terms
        The limits.
    start
        Quarter in which each item starts, -1 for items left out, shape (I,).
    item
        Index of an item of the plan.
    """
    operates = since(terms, start)
    lost, open_ = {item}, [item]
    while open_:
        gone = open_.pop()
        fallen = [
            other
            for other in np.flatnonzero(start >= 0).tolist()
            if any(
                gone in members and not any(j not in lost and operates[j] <= operates[other] for j in members)
                for members in terms.requires[other]
            )
        ]
        for package in terms.packages:
            left = [j for j in package.items if start[j] >= 0 and j not in lost]
            if gone in package.items and not package.is_enough(left):
                fallen += left
        new = sorted(set(fallen) - lost)
        lost.update(new)
        open_ += new
    return np.array(sorted(lost), dtype=np.int64)
