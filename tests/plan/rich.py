"""Small programmes with every kind of limit on, and a check of plans straight from the definitions."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from scipy.optimize import linprog

from sarhad.detection import Instance, evaluate
from sarhad.detection.instance import IntArray
from sarhad.plan import Terms, operating
from sarhad.plan.limits import SecurityFloor, Tied, under_construction
from sarhad.plan.rows import Package, change_row, start_rows
from tests.plan.games import random_game

CREWS, LEAST_USD, CHANGES = 3.0, 40.0, 5


def rich_game(seed: int) -> tuple[Instance, Terms]:
    """Return a random game whose limits are all on: tied money, crews, seasons, dates of a schedule, packages, floors, a former plan."""
    game, terms = random_game(seed)
    rng = np.random.default_rng(1000 + seed)
    n, count = terms.n_items, terms.n_quarters
    tied = Tied(
        partner=np.array([0, 1, 0]),
        year=np.array([0, 1, 1]),
        first=np.array([0, 1, 0]),
        last=np.array([1, 1, 2]),  # a pledge that expires, a gift in kind of its year, an advance
        usd=rng.integers(30, 80, 3),
        is_in_kind=np.array([False, True, False]),
        pays=np.array([[True, False, True], [False, True, False]]),
    )
    works = rng.random((n, count)) < 0.9
    terms = dataclasses.replace(
        terms,
        build_quarters=rng.integers(0, 2, n) + (rng.random(n) < 0.2),
        tied=tied,
        works=works,
        may_pause=rng.random(n) < 0.5,
        packages=(
            Package("items 0 and 4 belong together", (0, 4), (1.0, 1.0), 2.0),
            Package("two of items 1, 2 and 3, if any", (1, 2, 3), (1.0, 1.0, 1.0), 2.0),
        ),
        former=np.where(rng.random(n) < 0.5, 0, -1),
    )
    shape = n, count
    rows = start_rows(
        shape,
        [
            *(
                (f"crews in {terms.quarters[q]}", crew(terms, q), CREWS)
                for q in range(count)
            ),
            ("at least 40 usd", -np.tile(terms.capital_usd[:, None].astype(float), (1, count)), -LEAST_USD),
        ],
    )  # fmt: skip
    changes = change_row(shape, terms.former, CHANGES, "at most 5 changes")
    floor = SecurityFloor("goods: at most 90 %", "goods", "", 0.9)
    late = rng.integers(0, count + 1, shape) * (rng.random(shape) < 0.3)  # what a schedule cannot do sooner
    terms = dataclasses.replace(terms, soonest=late)
    return game, dataclasses.replace(terms, rows=rows.with_rows(changes), floors=(floor,))


def crew(terms: Terms, quarter: int) -> np.ndarray:
    """Return the crews that each start holds in a quarter: one an item, two for odd items."""
    return under_construction(terms, quarter) * (1.0 + np.arange(terms.n_items) % 2)[:, None]


def span(terms: Terms, item: int, begin: int) -> tuple[list[int], int] | None:
    """Return the quarters of work and the quarter of operation, walked through quarter by quarter."""
    build, at, worked = int(terms.build_quarters[item]), begin, []
    while len(worked) < max(build, 1) and at < terms.n_quarters:
        if terms.works[item, at]:
            worked.append(at)
        elif not terms.may_pause[item] or at == begin:
            return None
        at += 1
    if len(worked) < max(build, 1):
        return None
    operates = max(begin if build == 0 else at, int(terms.soonest[item, begin]))
    return (worked, operates) if operates < terms.n_quarters else None


def keeps_all(game: Instance, terms: Terms, start: IntArray) -> bool:
    """Tell whether a plan keeps every limit, none of the planner's own code asked."""
    chosen = np.flatnonzero(start >= 0).tolist()
    spans = {i: span(terms, i, int(start[i])) for i in chosen}
    if any(s is None for s in spans.values()):
        return False
    since = {i: s[1] for i, s in spans.items()}
    for i in chosen:
        for members in terms.requires[i]:
            if not any(j in since and since[j] <= since[i] for j in members):
                return False
    if any(len(set(clique) & set(chosen)) > 1 for clique in terms.exclusive):
        return False
    if len({0, 4} & set(chosen)) == 1 or len({1, 2, 3} & set(chosen)) == 1:
        return False
    if sum(terms.capital_usd[chosen]) < LEAST_USD:
        return False
    for quarter in range(terms.n_quarters):
        if (
            sum(1 + i % 2 for i in chosen if quarter in spans[i][0] and terms.build_quarters[i] > 0)
            + sum(1 + i % 2 for i in chosen if terms.build_quarters[i] == 0 and start[i] == quarter)
            > CREWS
        ):
            return False
    if (start != terms.former).sum() > CHANGES:
        return False
    return is_paid(terms, start, spans) and is_secure(game, terms, start)


def is_paid(terms: Terms, start: IntArray, spans: dict[int, tuple[list[int], int]]) -> bool:
    """Tell whether every dollar has a payer: a linear programme of payments from supplies to needs."""
    years = terms.n_horizon_years
    need = np.zeros((len(terms.payers), years))
    for i, (worked, operates) in spans.items():
        capital, upkeep = np.zeros(years), np.zeros(years)
        total = terms.capital_usd[i]
        for k, q in enumerate(worked, 1):
            before, after = (int(np.floor(total * m / len(worked) + 0.5)) for m in (k - 1, k))
            capital[terms.quarter_year[q] - terms.years[0]] += after - before
        for k, q in enumerate(range(operates, terms.n_quarters), 1):
            before, after = (int(np.floor(terms.annual_usd[i] * m / 4 + 0.5)) for m in (k - 1, k))
            upkeep[terms.quarter_year[q] - terms.years[0]] += after - before
        need[terms.item_class[i]] += capital + upkeep
    supplies = []
    for p, y in itertools.product(range(len(terms.partners)), range(years)):
        last = y
        while terms.carries_over[p, last]:
            last += 1
        supplies.append((terms.budget_usd[p, y], set(range(y, last + 1)), terms.payers[:, p]))
    t = terms.tied
    windows = [set(range(a, b + 1)) for a, b in zip(t.first, t.last, strict=True)]
    supplies += [(t.usd[g], windows[g], t.pays[:, g]) for g in range(len(t.usd))]
    pairs = [
        (s, k, y)
        for s, (_, when, pays) in enumerate(supplies)
        for k in range(len(need))
        for y in range(years)
        if pays[k] and y in when
    ]
    limit = np.zeros((len(supplies), len(pairs)))
    fills = np.zeros((need.size, len(pairs)))
    for n, (s, k, y) in enumerate(pairs):
        limit[s, n], fills[k * years + y, n] = 1.0, 1.0
    answer = linprog(
        np.zeros(len(pairs)), limit, [s[0] for s in supplies], fills, need.ravel(), method="highs"
    )
    return bool(answer.status == 0)


def is_secure(game: Instance, terms: Terms, start: IntArray) -> bool:
    """Tell whether at most 90 % of the attempts get through in the last quarter, by the evaluation."""
    last = operating(terms, start)[-1:]
    through = evaluate(game, last, np.ones(1)).value / evaluate(game, np.zeros_like(last), np.ones(1)).value
    return bool(through <= 0.9 * (1 + 1e-9))


def every_rich_plan(game: Instance, terms: Terms) -> list[IntArray]:
    """Return every plan within all limits."""
    choices = [[-1, *range(terms.n_quarters)] for _ in range(terms.n_items)]
    plans = (np.array(p, dtype=np.int64) for p in itertools.product(*choices))
    return [p for p in plans if keeps_all(game, terms, p)]
