"""Dives, and the bounds of large programmes, on games small enough to try every plan."""

from __future__ import annotations

import numpy as np
import pytest

from sarhad.plan import PlanSpec, optimise, search
from sarhad.plan.bounding import Bounding
from sarhad.plan.diving import dive
from sarhad.plan.game import changeable
from sarhad.plan.locks import read_locks
from sarhad.plan.money import outlays
from sarhad.plan.store import starts
from tests.plan.games import best_value, every_plan, is_feasible, random_game, value_of
from tests.plan.rich import every_rich_plan, keeps_all, rich_game

SEEDS = range(3)


def bounding(seed):
    game, terms = random_game(seed, n_items=8)
    inside, pool = changeable(game)
    locks = read_locks(terms, PlanSpec())
    found = Bounding(inside, terms, pool, outlays(terms).total, locks.allowed, locks.forced)
    half = np.full((terms.n_quarters, terms.n_items), 0.5)
    found.begin(np.zeros(1, dtype=np.int64), [half], locks.allowed)
    while found.round(60.0) and (found.short > 1e-6 or found.news):
        pass
    return game, terms, found


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dive_fixes_allowed_starts_and_gives_the_linear_programme_back(seed):
    _, terms, found = bounding(seed)
    before = found.master.solve(60.0).bound
    fixed = dive(found, np.full(terms.n_items, -1), lambda: 60.0)
    chosen = np.flatnonzero(fixed >= 0)
    assert found.allowed[chosen, fixed[chosen]].all()
    assert found.master.solve(60.0).bound >= before - 1e-9 * abs(before)
    assert found.bound <= found.game.weight.sum() * terms.quarter_weight.sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dive_without_time_fixes_nothing(seed):
    _, terms, found = bounding(seed)
    assert (dive(found, np.full(terms.n_items, -1), lambda: 0.0) == -1).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_cuts_of_coarse_epochs_hold_in_finer_ones(seed):
    game, terms, found = bounding(seed)
    coarse = found.bound
    found.begin(np.arange(terms.n_quarters), [found.quarter_states()], found.answer.start > 0)
    fine = found.master.solve(60.0).bound
    best = best_value(game, terms, every_plan(terms)) - found.game.constant * terms.quarter_weight.sum()
    assert fine >= coarse * (1 - 1e-7)
    assert fine <= best * (1 + 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_route_of_large_programmes_brackets_the_best_plan(seed, monkeypatch):
    monkeypatch.setattr(search, "is_small", lambda *_: False)
    monkeypatch.setattr(search, "STARTS", 0)
    game, terms = random_game(seed, n_items=8)
    found = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=seed, work_limit=4)
    best = best_value(game, terms, every_plan(terms))
    start = starts(terms, found.plan_items)
    assert is_feasible(terms, start)
    assert value_of(game, terms, start) == pytest.approx(found.value + found.constant, rel=1e-9)
    assert found.bound + found.constant <= best * (1 + 1e-9)
    assert found.value + found.constant <= best * 1.25


def test_a_dive_whose_starts_break_a_prerequisite_leaves_them_free_again(monkeypatch):
    # the row of the prerequisite comes in with an answer after the starts that break it were fixed: nothing was left then
    monkeypatch.setattr("sarhad.plan.search.is_small", lambda *_: False)
    game, terms = rich_game(19)
    best = best_value(game, terms, every_rich_plan(game, terms))
    found = optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1, work_limit=4)
    assert keeps_all(game, terms, starts(terms, found.plan_items))
    assert found.bound + found.constant <= best * (1 + 1e-9) <= (found.value + found.constant) * (1 + 2e-9)
