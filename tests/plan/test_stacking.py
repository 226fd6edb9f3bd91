"""Several games as one: the value of every plan is its mean value, and the best plan hedges."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.sparse import csr_array

from sarhad.detection import Instance, evaluate
from sarhad.plan import PlanSpec, operating, optimise, stacked, starts
from tests.plan.games import best_value, every_plan, instance, limits, random_game

SEEDS = range(4)


def varied(game: Instance, seed: int, n: int) -> list[Instance]:
    """Return games over the same network with other attempts, exposures and coverage."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        by_mover = tuple(csr_array(one * float(rng.uniform(0.2, 2.0))) for one in game.exposure.by_mover)
        found.append(
            dataclasses.replace(
                game,
                exposure=dataclasses.replace(
                    game.exposure,
                    by_mover=by_mover,
                    by_threat=game.exposure.by_threat * rng.uniform(0.5, 2.0),
                ),
                existing=game.existing * rng.uniform(0.5, 2.0),
                attempts_per_year=game.attempts_per_year * rng.uniform(0.2, 3.0, len(game.scenario_ids)),
            )
        )
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_the_value_is_the_mean_of_the_values(seed):
    game, terms = random_game(seed)
    games = varied(game, seed, 3)
    whole = stacked(games)
    for start in list(every_plan(terms))[::7]:
        on = operating(terms, start)
        mean = np.mean([evaluate(one, on, terms.quarter_weight).value for one in games])
        assert evaluate(whole, on, terms.quarter_weight).value == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_is_as_good_as_the_best_of_all_plans(seed):
    game, terms = random_game(seed)
    whole = stacked(varied(game, seed, 3))
    found = optimise(whole, terms, PlanSpec(), time_limit_s=60, seed=1)
    assert found.status == "optimal"
    assert found.value + found.constant == pytest.approx(
        best_value(whole, terms, every_plan(terms)), rel=2e-6
    )


def test_what_is_sure_is_preferred_to_what_is_better_on_average():
    # One way with exposure 0.05 + 0.05. A adds 1 for sure, B adds 0 or 2.4, which is 1.2 on average; money for one.
    # At means B is better: exp(-1.3) < exp(-1.1). Over both draws A is: exp(-1.1) = 0.3329 against
    # exp(-0.1) (1 + exp(-2.4)) / 2 = 0.4935.
    terms = limits([50, 50], [[50]], quarters=1, tail_years=0.75)

    def chosen(*added: float) -> tuple[str, ...]:
        games = [instance([(0, 1)], [[1.0], [one]], [(0, 1, 100.0)]) for one in added]
        return tuple(
            optimise(stacked(games), terms, PlanSpec(), time_limit_s=9, seed=1).plan_items["item_id"]
        )

    assert chosen(1.2) == ("I01",)
    assert chosen(0.0, 2.4) == ("I00",)


def test_a_column_that_a_game_lacks_adds_nothing_there():
    supports = {1: ((0,),)}
    edges, scenarios = [(0, 1)], [(0, 1, 10.0)]
    rich, poor = (instance(edges, [[1.0], [0.5]], scenarios, supports=one) for one in (supports, None))
    on = np.array([[True, True]])
    mean = np.mean([evaluate(one, on, np.ones(1)).value for one in (rich, poor)])
    assert evaluate(stacked([poor, rich]), on, np.ones(1)).value == pytest.approx(mean, rel=1e-12)
    assert stacked([poor, rich]).exposure.item.tolist() == [0, 1, 1]


def test_one_game_stays_what_it_is():
    game, terms = random_game(1)
    one, same = (
        optimise(each, terms, PlanSpec(), time_limit_s=60, seed=1) for each in (game, stacked([game]))
    )
    assert one.value == pytest.approx(same.value, rel=1e-12)
    assert (starts(terms, one.plan_items) == starts(terms, same.plan_items)).all()
