"""The engines that prove small programmes, against brute force and against each other."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.sparse import csr_array

from sarhad.detection import Instance
from sarhad.errors import SpecError
from sarhad.plan import PlanResult, PlanSpec, Terms, optimise
from sarhad.plan.engine import EngineName, require
from sarhad.plan.game import changeable
from sarhad.plan.lifting import lifted_cuts, lifted_values
from sarhad.plan.mixing import mixed_cuts
from sarhad.plan.store import starts
from tests.plan.games import best_value, every_plan, instance, is_feasible, limits, random_game, value_of

try:
    import pyscipopt
except ImportError:
    pyscipopt = None

needs_scip = pytest.mark.skipif(
    pyscipopt is None, reason="pyscipopt, the optional extra scip, is not installed"
)
ENGINES = ["highs", pytest.param("scip", marks=needs_scip)]


def plan(game: Instance, terms: Terms, engine: EngineName, spec: PlanSpec | None = None) -> PlanResult:
    return optimise(game, terms, spec or PlanSpec(), time_limit_s=60, seed=1, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(8))
def test_each_engine_proves_the_best_of_all_plans(seed, engine):
    # Three quarters, two partners and classes, supports, a prerequisite, an exclusion.
    game, terms = random_game(seed)
    found = plan(game, terms, engine)
    best = best_value(game, terms, every_plan(terms))
    start = starts(terms, found.plan_items)
    assert found.status == "optimal"
    assert found.value + found.constant == pytest.approx(best, rel=2e-6)
    assert found.bound + found.constant <= best * (1 + 1e-9)
    assert found.value + found.constant == pytest.approx(value_of(game, terms, start), rel=1e-9)
    assert is_feasible(terms, start)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(3))
def test_each_engine_keeps_locked_items(seed, engine):
    game, terms = random_game(seed)
    spec = PlanSpec(lock_in={"I03": None}, lock_out=frozenset({"I00"}))
    found = plan(game, terms, engine, spec)
    kept = [p for p in every_plan(terms) if p[3] >= 0 and p[0] < 0]
    if not kept:
        assert found.status in ("infeasible", "unknown")
        return
    assert found.value + found.constant == pytest.approx(best_value(game, terms, kept), rel=2e-6)
    assert "I03" in set(found.plan_items["item_id"])


@needs_scip
def test_an_infeasible_lock_is_named():
    game, terms = random_game(0)
    poor = dataclasses.replace(terms, budget_usd=np.zeros_like(terms.budget_usd))
    found = plan(game, poor, "scip", PlanSpec(lock_in={"I01": None}))
    assert found.status == "infeasible"
    assert "the locked items need" in found.notices[0]


@needs_scip
def test_without_time_the_former_plan_comes_back_with_a_bound():
    game, terms = random_game(1)
    best = plan(game, terms, "scip")
    warm = dict(zip(best.plan_items["item_id"], best.plan_items["start_quarter"], strict=True))
    found = optimise(game, terms, PlanSpec(warm_start=warm), time_limit_s=0, seed=1, engine="scip")
    assert found.stopped == "time"
    assert found.bound <= found.value
    assert is_feasible(terms, starts(terms, found.plan_items))


@needs_scip
@pytest.mark.parametrize("phase", ["greedy", "search", "tree"])
def test_an_interrupt_keeps_the_best_plan(phase):
    game, terms = random_game(2, n_items=8)
    found = optimise(
        game, terms, PlanSpec(), time_limit_s=60, seed=1, engine="scip",
        on_progress=lambda progress: progress.phase != phase,
    )  # fmt: skip
    whole = plan(game, terms, "scip")
    assert found.stopped == "interrupt" or found.status == "optimal"
    assert found.bound <= whole.value * (1 + 1e-9) <= found.value * (1 + 2e-9)


@needs_scip
def test_an_error_inside_the_tree_comes_out():
    game, terms = random_game(3)

    def fail(progress: object) -> bool:
        if getattr(progress, "phase", "") == "tree":
            raise RuntimeError("the screen went dark")
        return True

    with pytest.raises(RuntimeError, match="the screen went dark"):
        optimise(game, terms, PlanSpec(), time_limit_s=60, seed=1, engine="scip", on_progress=fail)


@pytest.mark.parametrize("engine", ENGINES)
def test_certain_detection_is_legal_for_each_engine(engine):
    edges = [(0, 1), (1, 3), (0, 2), (2, 3)]
    game = instance(edges, [[np.inf, 0, 0, 0], [0, 0, np.inf, 0], [0.5, 0, 0.5, 0]], [(0, 3, 10.0)])
    found = plan(game, limits([10, 10, 10], [[20]], quarters=1, tail_years=0.75), engine)
    assert list(found.plan_items["item_id"]) == ["I00", "I01"]
    assert found.value == 0.0
    assert found.status == "optimal"


@needs_scip
def test_where_scip_gives_up_the_other_engine_goes_on(monkeypatch):
    monkeypatch.setattr("sarhad.plan.branching._fault_of", lambda run: "error in LP solver")
    game, terms = random_game(3)
    found = plan(game, terms, "scip")
    assert found.status == "optimal"
    assert found.value + found.constant == pytest.approx(best_value(game, terms, every_plan(terms)), rel=2e-6)


@needs_scip
def test_the_tree_gives_the_same_bytes_twice():
    game, terms = random_game(5, n_items=8)
    one, two = (plan(game, terms, "scip") for _ in range(2))
    assert one.plan_items.to_csv() == two.plan_items.to_csv()
    assert (one.value, one.bound) == (two.value, two.bound)


def test_an_engine_that_is_missing_says_what_to_do(monkeypatch):
    monkeypatch.setattr("sarhad.plan.engine.find_spec", lambda _: None)
    with pytest.raises(
        SpecError, match=r"pyscipopt is not installed. Install it with pip install 'sarhad\[scip\]'"
    ):
        require("scip")
    with pytest.raises(SpecError, match="engine 'cplex': there are highs and scip"):
        require("cplex")


def test_a_lifted_cut_is_met_by_every_set_of_binaries():
    rng = np.random.default_rng(0)
    every = np.array([[n >> k & 1 for k in range(6)] for n in range(64)], dtype=np.float64)
    for _ in range(100):
        exposure = csr_array(rng.uniform(0.05, 3.0, (1, 6)) * (rng.random((1, 6)) < 0.8))
        fixed, state = rng.uniform(0, 1, 1), rng.random(6) * rng.integers(0, 2, 6)
        height, size = lifted_values(exposure, fixed, state)
        level, slope = lifted_cuts(exposure, fixed, state, size)
        truth = np.exp(-fixed - exposure @ every.T).ravel()
        assert (level - (slope @ every.T).ravel() <= truth + 1e-12).all()
        assert height == pytest.approx(level - slope @ state, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_a_mixed_cut_is_met_by_every_set_of_binaries(seed):
    game, _ = random_game(seed)
    known, pool = changeable(game)
    rng, n = np.random.default_rng(seed), known.over.n
    every = np.array([[k >> b & 1 for b in range(n)] for k in range(2**n)], dtype=np.float64)
    truth, found = known.paths(every)
    pool.add(found)
    for _ in range(50):
        state = rng.random(n) * rng.integers(0, 2, n)
        height, level, slope = mixed_cuts(pool, known.low, state)
        assert (level - np.asarray(slope @ every.T).T <= truth + 1e-12).all()
        assert height == pytest.approx(level - slope @ state, abs=1e-12)
