"""What a schedule can keep up with as limits of a plan; and plans that say when their items operate."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from sarhad.detection import evaluate
from sarhad.errors import DataError, SpecError
from sarhad.plan import Pace, PlanSpec, Terms, dated, operating, optimise, since
from sarhad.plan import terms as read_terms
from sarhad.plan.limits import under_construction
from sarhad.plan.money import outlays
from sarhad.programme import Programme
from sarhad.workflow.prepare import prepare
from tests.plan.games import instance, limits
from tests.plan.rich import rich_game, span


@pytest.mark.parametrize("seed", range(6))
def test_an_item_operates_when_it_is_built_and_the_schedule_lets_it(seed: int) -> None:
    _, terms = rich_game(seed)
    for item in range(terms.n_items):
        for begin in range(terms.n_quarters):
            found = span(terms, item, begin)
            assert terms.ready[item, begin] == (terms.n_quarters if found is None else found[1])


def slow_terms() -> Terms:
    """Return three items of 10, built in a quarter; the first one waits a quarter more when it starts in the first."""
    terms = limits([10, 10, 10], [[100]], quarters=4, build=[1, 1, 1], annual=[4, 4, 4])
    soonest = np.zeros((3, 4), dtype=np.int64)
    soonest[0, 0] = 2
    return dataclasses.replace(terms, soonest=soonest)


def test_waiting_delays_operation_and_upkeep_but_neither_capital_nor_crews() -> None:
    slow = slow_terms()
    plain = dataclasses.replace(slow, soonest=None)
    assert slow.ready[0].tolist() == [2, 2, 3, 4]
    assert since(slow, np.array([0, 0, -1])).tolist() == [2, 1, 4]
    assert outlays(slow).capital[0, 0].tolist() == outlays(plain).capital[0, 0].tolist()
    assert (outlays(plain).upkeep - outlays(slow).upkeep)[0, 0].tolist()[0] == 1  # a quarter of 4
    assert [bool(under_construction(slow, q)[0, 0]) for q in range(4)] == [True, False, False, False]


def test_the_plan_waits_for_what_the_schedule_offers_and_the_limits_name_it(tiny: Programme) -> None:
    # two towers may ask 100 unit-days a quarter, each asks 80 in the quarter it starts in
    prepared = prepare(tiny)
    count = int(tiny.setting("horizon_quarters"))
    towers = np.isin(prepared.items["id"], ["M7-H10-0016", "M7-H10-0026"])
    soonest = np.zeros((len(towers), count), dtype=np.int64)
    rows = tuple(
        (f"work of B in quarter {q}: 100 unit-days", np.outer(towers, np.arange(count) == q) * 80.0, 100.0)
        for q in range(count)
    )
    pace = Pace(soonest, rows)
    terms = read_terms(prepared.prog, prepared.items, pace)
    both = {"M7-H10-0016": "2025Q1", "M7-H10-0026": "2025Q1"}
    rest = frozenset(prepared.items["id"][~towers])
    found = optimise(prepared.instance, terms, PlanSpec(dict.fromkeys(both), rest), time_limit_s=5, seed=1)
    assert sorted(found.plan_items["start_quarter"]) == ["2025Q1", "2025Q2"]
    none = optimise(prepared.instance, terms, PlanSpec(both, rest), time_limit_s=5, seed=1)
    assert none.status == "infeasible"
    assert any("work of B in quarter 0" in notice for notice in none.notices)


def test_no_certificate_is_written_of_dates_that_the_script_does_not_work_out() -> None:
    game = instance([(0, 1)], [[0.5], [0.4], [0.3]], [(0, 1, 10.0)])
    with pytest.raises(SpecError, match=r"not the limits of a schedule \(--rounds\)"):
        optimise(game, slow_terms(), PlanSpec(), time_limit_s=1, seed=1, keeps_evidence=True)


def rows_of(terms: Terms, *rows: tuple[int, int, str]) -> pd.DataFrame:
    given = [(terms.item_ids[i], terms.quarters[s], label) for i, s, label in rows]
    return pd.DataFrame(given, columns=["item_id", "start_quarter", "operating_quarter"])


def test_a_plan_is_judged_by_the_quarters_it_states_but_never_before_its_builds_are_over() -> None:
    terms = dataclasses.replace(slow_terms(), soonest=None)
    last, second = terms.quarters[3], terms.quarters[1]
    own = dated(terms, rows_of(terms, (0, 0, last), (1, 1, second)))
    start = np.array([0, 1, -1])
    assert since(own, start).tolist() == [3, 2, 4]
    assert own.ready[0].tolist() == [3, *terms.ready[0, 1:].tolist()]
    game = instance([(0, 1)], [[0.5], [0.4], [0.3]], [(0, 1, 10.0)])
    late, early = (
        evaluate(game, operating(t, start), terms.quarter_weight).value for t in (own, terms)
    )  # the stronger item comes two quarters later
    assert late > early
    assert dated(terms, rows_of(terms, (0, 0, second))) is terms


def test_a_plan_that_operates_outside_the_horizon_is_refused_by_name() -> None:
    terms = slow_terms()
    with pytest.raises(
        DataError, match=r"1 of 2 items operate in a quarter that is not in the horizon: I01 in 2099Q1"
    ):
        dated(terms, rows_of(terms, (0, 0, terms.quarters[3]), (1, 0, "2099Q1")))
