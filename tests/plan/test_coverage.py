from __future__ import annotations

import dataclasses
import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from sarhad.detection import Exposure, Graph, Instance, NonAdaptive, evaluate
from sarhad.errors import SpecError
from sarhad.plan import cover, covered, demand_within

PAGE = Path(__file__).parents[2] / "docs" / "models" / "coverage.md"
SEEDS = st.integers(0, 10_000)


def points(
    seed: int, n_facilities: int = 9, n_customers: int = 60
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return (
        rng.uniform(0, 10, (n_facilities, 2)),
        rng.uniform(-1, 11, (n_customers, 2)),
        rng.integers(1, 9, n_customers).astype(float),
    )


def reaches(facilities: np.ndarray, customers: np.ndarray, radius: float) -> np.ndarray:
    return ((customers[:, None, :] - facilities[None, :, :]) ** 2).sum(axis=2) <= radius * radius


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, choose=st.integers(1, 4))
def test_value_is_the_best_of_all_choices_and_the_bound_holds(seed, choose):
    facilities, customers, demand = points(seed)
    within = reaches(facilities, customers, 2.5)
    best = max(
        demand[within[:, list(chosen)].any(axis=1)].sum()
        for chosen in itertools.combinations(range(9), choose)
    )
    found = cover(demand_within(facilities, [(customers, demand)], 2.5), choose)
    assert found.status == "optimal"
    assert found.value == pytest.approx(best, rel=1e-6)
    assert found.bound >= best * (1.0 - 1e-12)
    assert found.value == demand[within[:, found.facilities].any(axis=1)].sum()


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, cut=st.integers(0, 60))
def test_classes_do_not_depend_on_pieces_and_lose_no_demand(seed, cut):
    facilities, customers, demand = points(seed, n_facilities=70)  # more than one word of a set
    whole = demand_within(facilities, [(customers, demand)], 2.0)
    pieces = [(customers[cut:], demand[cut:]), (customers[:cut], demand[:cut])]
    parts = demand_within(facilities, pieces, 2.0)
    assert (whole.covers != parts.covers).nnz == 0
    np.testing.assert_allclose(whole.weight, parts.weight)
    assert whole.weight.sum() + whole.out_of_reach == pytest.approx(demand.sum())
    within = reaches(facilities, customers, 2.0)
    for f in range(70):
        assert covered(whole, np.array([f])) == pytest.approx(demand[within[:, f]].sum())


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_the_evaluator_lets_through_what_is_not_covered(seed):
    """Each customer is a mover that keeps to its own crossing; a facility detects for certain within reach."""
    facilities, customers, demand = points(seed)
    n, within = len(customers), reaches(facilities, customers, 2.5)
    wall = csr_array(np.where(within.T, np.inf, 0.0))
    game = Instance(
        graph=Graph(
            2 * n, np.arange(n), n + np.arange(n), np.zeros(n, dtype=np.int64), tuple(map(str, range(n)))
        ),
        exposure=Exposure(
            tuple(f"F{k}" for k in range(9)), np.arange(9), ((),) * 9, (wall,), np.zeros((9, 1))
        ),
        movers=("customer",),
        threats=("demand",),
        sections=("all",),
        effort=np.zeros((1, n)),
        existing=np.zeros((1, n)),
        scenario_ids=tuple(f"C{k:03d}" for k in range(n)),
        origin=np.arange(n),
        destination=n + np.arange(n),
        mover=np.zeros(n, dtype=np.int64),
        threat=np.zeros(n, dtype=np.int64),
        attempts_per_year=demand,
        consequence=np.ones(1),
    )
    found = cover(demand_within(facilities, [(customers, demand)], 2.5), 3)
    built = np.isin(np.arange(9), found.facilities)[None, :]
    through = evaluate(game, built, np.ones(1), NonAdaptive()).value
    assert demand.sum() - through == pytest.approx(found.value, rel=1e-12)


def test_more_facilities_never_cover_less():
    facilities, customers, demand = points(3)
    grouped = demand_within(facilities, [(customers, demand)], 2.5)
    values = [cover(grouped, choose).value for choose in range(1, 10)]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(grouped.weight.sum())


def test_what_cannot_be_asked_is_refused():
    facilities, customers, demand = points(0)
    grouped = demand_within(facilities, [(customers, demand)], 2.5)
    with pytest.raises(SpecError, match=r"choose must lie in 1\.\.9, found 10"):
        cover(grouped, 10)
    with pytest.raises(SpecError, match="radius must be a positive finite number, found 0"):
        demand_within(facilities, [], 0.0)
    demand[4] = -1.0
    with pytest.raises(
        SpecError, match="piece 1: 1 of 60 have a missing place or a demand that is missing or neg"
    ):
        demand_within(facilities, [(customers, abs(demand)), (customers, demand)], 2.5)


def test_the_worked_example_of_the_page_gives_its_figures():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    found: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), found)  # the page's own text
    assert found["demand"].weight.sum() == 12.0
    assert found["demand"].out_of_reach == 1.0
    assert found["one"].facilities.tolist() == [1]
    assert found["one"].value == found["one"].bound == 8.0
    assert found["two"].facilities.tolist() == [0, 2]
    assert found["two"].value == found["two"].bound == 12.0
    assert dataclasses.asdict(found["two"])["status"] == "optimal"
