"""Chains of candidates without waiting, on the tables of the tiny programme: dates and work counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from sarhad.programme import Programme
from sarhad.schedule import Chains, chains, expand, waits
from sarhad.schedule.result import SequenceSpec
from sarhad.schedule.sequencing import sequence

ITEMS = pd.DataFrame(
    {
        "id": ["M7-A", "M7-B", "M8-A"], "measure_id": ["M7", "M7", "M8"], "site_id": ["A", "B", "A"],
        "section_id": ["A1", "A2", "A1"], "category": ["surveillance", "surveillance", "infrastructure"],
        "units": 1.0, "cost_factor": 1.0, "capital_low_usd": [80.0, 80.0, 0.0], "capital_usd": [100.0, 100.0, 0.0],
        "capital_high_usd": [150.0, 150.0, 0.0], "annual_usd": 1.0, "build_quarters_low": 1, "build_quarters": 2,
        "build_quarters_high": 3,
    }
)  # fmt: skip
SITES = pd.DataFrame(
    {"id": ["A", "B"], "rule": "height", "section_id": ["A1", "A2"], "elevation_m": [500.0, 3000.0]}
)
LEADS = {"M7-A": ("P1", "P2"), "M7-B": ("P1", "P2"), "M8-A": ()}
BUILDERS, ALL = frozenset({"BUILDERS"}), frozenset({"BUILDERS", "CREWS"})


@pytest.fixture(scope="module")
def prog(tiny: Programme) -> Programme:
    columns = list(tiny["site"].columns)
    return tiny.adopt({"site": SITES.reindex(columns=columns), "item": ITEMS})


@pytest.fixture(scope="module")
def found(prog: Programme) -> Chains:
    return chains(prog, ITEMS, LEADS)


def test_items_of_one_measure_differ_by_place_and_payer(found: Chains) -> None:
    assert len(set(found.kind.values())) == 3
    assert {lead for _, lead in found.of} == {"P1", "P2", ""}


def test_an_item_operates_after_its_approvals_its_award_and_its_season(found: Chains) -> None:
    # Start in July 2025, five months of work. Bidding 33 office days (3/10 of 5 months, 5 of 7 days), 1 July to 14 August; award
    # 11, to 29 August; P2's approvals are long over. Building 65 days of six a week from 30 August to 13 November, 27 of them
    # until the end of September; acceptance 11, to 28 November: day 332 from 1 January. Its own crew would take half as long
    # again (98 days, two units), the contractor asks least.
    chain = found.of[found.kind["M7-A"], "P2"]
    assert chain.ready[2] == 332
    assert set(chain.work) == {BUILDERS}
    assert chain.work[BUILDERS][2].tolist() == pytest.approx([0, 0, 27, 38, 0, 0, 0, 0])
    own = found.of[found.kind["M7-A"], "P1"]
    assert set(own.work) == {ALL}
    assert own.work[ALL][2].sum() == pytest.approx(65)
    # in the mountains the season ends on 31 October: 54 days are done, 11 wait for April
    high = found.of[found.kind["M7-B"], "P2"]
    assert high.work[BUILDERS][2].tolist() == pytest.approx([0, 0, 27, 27, 0, 11, 0, 0])
    assert high.ready[2] > 365 + 90


def test_what_costs_nothing_waits_for_nobodys_approval(found: Chains) -> None:
    chain = found.of[found.kind["M8-A"], ""]
    assert chain.ready[0] < found.of[found.kind["M7-A"], "P2"].ready[0]


def test_a_pool_offers_its_units_on_days_when_its_work_may_go_on(found: Chains) -> None:
    # Low sites open on 1 February, high ones in April: 24 days of six a week in February, 26 in March; two contractors, and two
    # crews. The fourth quarter ends on 14 December: 27 + 25 + 12.
    assert found.offered[BUILDERS][[0, 3]].tolist() == [2 * 50, 2 * 64]
    assert found.offered[ALL][0] == 4 * 50
    assert found.around(BUILDERS) == {BUILDERS, ALL}
    assert found.around(ALL) == {ALL}
    assert found.around(frozenset({"DESK"})) == set()


def test_quarters_that_change_a_resource_change_what_it_offers(prog: Programme) -> None:
    row = {
        "resource_id": "BUILDERS",
        "quarter": "2025Q1",
        "capacity": 5.0,
        "source_ids": (),
        "is_assumption": True,
    }
    changed = prog.with_changes({"resource_quarter": pd.DataFrame([row | {"reasoning": "made up"}])})
    found = chains(changed, ITEMS, LEADS)
    assert found.offered[BUILDERS][[0, 3]].tolist() == [5 * 50, 2 * 64]


@pytest.mark.parametrize("lead", ["P1", "P2"])
def test_no_schedule_of_a_plan_is_before_the_chains_and_waiting_is_seen(
    prog: Programme, found: Chains, lead: str
) -> None:
    starts = ["2025Q1", "2025Q3"]
    plan = pd.DataFrame({"item_id": ["M7-A", "M7-B"], "start_quarter": starts, "operating_quarter": "2026Q1"})
    paid = pd.DataFrame(
        {"item_id": ["M7-A", "M7-B"], "partner_id": lead, "year": 2025, "kind": "capital", "usd": 100}
    )
    needs = pd.DataFrame({"item_id": [], "needs_item_id": []})
    expanded = expand(prog, plan, paid, needs, pd.Series({"P1": 1000, "P2": 1000}))
    spec = SequenceSpec(objective="lateness", due=expanded.due)
    result = sequence(expanded.project, spec, time_limit_s=10, seed=1, work_limit=3)
    free, waited = waits(expanded, result)
    for name, quarter in (("M7-A", 0), ("M7-B", 2)):
        soonest = int(found.of[found.kind[name], lead].ready[quarter])
        assert soonest == free[expanded.ready[name]] <= result.ends[expanded.ready[name]]
    assert waited == {}  # two contractors, two items


def test_one_contractor_lets_the_second_item_wait_for_him(prog: Programme) -> None:
    resource = prog["resource"]
    resource.loc[resource["id"] == "BUILDERS", "capacity"] = 1
    narrow = prog.with_changes({"resource": resource})
    plan = pd.DataFrame(
        {"item_id": ["M7-A", "M7-B"], "start_quarter": "2025Q1", "operating_quarter": "2025Q3"}
    )
    paid = pd.DataFrame(
        {"item_id": ["M7-A", "M7-B"], "partner_id": "P2", "year": 2025, "kind": "capital", "usd": 100}
    )
    needs = pd.DataFrame({"item_id": [], "needs_item_id": []})
    expanded = expand(narrow, plan, paid, needs, pd.Series({"P1": 1000, "P2": 1000}))
    spec = SequenceSpec(objective="lateness", due=expanded.due)
    result = sequence(expanded.project, spec, time_limit_s=10, seed=1, work_limit=3)
    free, waited = waits(expanded, result)
    late = {w.id: int(result.ends[k] - free[k]) for w in expanded.works for k in [expanded.ready[w.id]]}
    assert min(late.values()) == 0
    assert {item: set(pools) for item, pools in waited.items()} == {
        max(late, key=lambda i: late[i]): {BUILDERS}
    }
