"""Plan and schedule in rounds, on the tiny programme: a case worked by hand, and what every run keeps to."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.conftest import DATA

from sarhad.detection import evaluate
from sarhad.errors import DataError, SpecError
from sarhad.plan import PlanSpec
from sarhad.plan import terms as read_terms
from sarhad.programme import Programme
from sarhad.workflow.planning import Planned, plan_programme, timeline
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.rounds import EMPTY, plan_in_rounds, value_as_scheduled
from sarhad.workflow.sequencing import Scheduled, find_schedule, stored_schedule
from sarhad.workflow.steps import Step

TOWER = "M7-H10-0016"


@pytest.fixture(scope="module")
def prepared(tiny: Programme) -> Prepared:
    return prepare(tiny)


def alone(prepared: Prepared, *items: str) -> PlanSpec:
    return PlanSpec(lock_out=frozenset(prepared.items["id"]) - set(items))


@pytest.fixture(scope="module")
def slow(tiny: Programme) -> Prepared:
    """Return the programme with towers paid by P2 alone, whose agreement takes 130 working days."""
    template, eligible = tiny["activity_template"], tiny["eligibility"]
    days = ["duration_low", "duration_likely", "duration_high"]
    template.loc[template["id"] == "G-LIST", days] = 130.0
    is_other = (eligible["partner_id"] == "P1") & (eligible["category"] == "surveillance")
    return prepare(tiny.with_changes({"activity_template": template, "eligibility": eligible[~is_other]}))


@pytest.fixture(scope="module")
def agreed(slow: Prepared) -> Planned:
    return plan_in_rounds(slow, "x", 3, spec=alone(slow, TOWER), time_limit_s=5, seed=1)


def test_the_second_round_knows_the_agreement_that_the_first_did_not(slow: Prepared, agreed: Planned) -> None:
    # Five months are two quarters: the first plan starts the tower in 2025Q1 and has it operate from 1 July. The agreement
    # takes the office's 130 days until 3 July (22 + 20 + 21 + 22 + 21 + 21 in six months without 1 January and 1 May, then
    # 3), the payer's approval 10 until 17 July, the award 11 (a tenth of five months, 5 days a week) until 1 August. Building
    # takes 65 days (half of five months, 6 days a week) from 2 August to 16 October, acceptance 11 until 31 October: it
    # operates on 1 November, four months late, and so, by the middle of the quarter, from 2025Q4.
    table = pd.DataFrame(agreed.rounds["table"]).set_index("round")
    assert table["items"].tolist() == [1, 1]
    assert table["items_late_beyond"].tolist() == [1, 0]
    assert table["months_late"][1] == pytest.approx((304 - 181) / (365.25 / 12))  # 1 November against 1 July
    assert table["months_late"][2] == pytest.approx((304 - 273) / (365.25 / 12))  # and against 1 October
    assert agreed.result.plan_items["operating_quarter"].tolist() == ["2025Q4"]
    instance, number = slow.instance, slow.instance.exposure.item_ids.index(TOWER)
    states = np.zeros((2, instance.exposure.n_items), dtype=np.bool_)
    states[1, number] = True
    without, with_it = (evaluate(instance, state[None], np.ones(1)).value for state in states)
    first, second = (
        (q * without + (8 - q) * with_it) / 4 + 2 * with_it for q in (2, 3)
    )  # and two years of tail
    constant = agreed.result.constant
    assert (table["value"] + constant).tolist() == pytest.approx([first, second])
    assert (table["value_scheduled"] + constant).tolist() == pytest.approx([second, second])
    assert table["is_kept"].tolist() == [False, True]


def test_the_bound_holds_for_the_plan_of_the_first_round_too(slow: Prepared, agreed: Planned) -> None:
    plain = plan_in_rounds(slow, "x", 1, spec=alone(slow, TOWER), time_limit_s=5, seed=1)
    assert agreed.result.bound <= plain.result.value * (1 + 1e-9) < agreed.result.value


def test_the_evaluation_and_the_stored_schedule_confirm_the_plan(agreed: Planned) -> None:
    prog = agreed.prepared.prog
    assert prog.check() == []
    rows = prog["plan_item"]
    found = evaluate(agreed.prepared.instance, *timeline(read_terms(prog, agreed.prepared.items), rows))
    assert found.value == pytest.approx(agreed.result.value + agreed.result.constant, rel=1e-12)
    scheduled = stored_schedule(agreed.prepared, "x")
    assert scheduled is not None
    assert value_as_scheduled(scheduled) - agreed.result.constant == agreed.rounds["value_scheduled"]
    assert prog["plan_round"]["plan_id"].tolist() == ["x", "x"]
    assert prog["run"]["verb"].tolist().count("plan") == 1


def test_the_second_round_knows_that_one_builder_cannot_build_two_towers_at_once(slow: Prepared) -> None:
    # With one builder the second tower of the first plan waits for him from 2 August until 17 October, is stopped by the
    # winter after 50 days, and ends its 65 days on 18 February and its acceptance on 5 March 2026. In the second plan two
    # towers that start before July would ask 2 x 51 = 102 days of him in 2025Q3, who has 79. One that starts in July is awarded
    # on 29 August (33 days of bidding and 11), asks 27 of 2025Q3, which makes 78, and 38 of 2025Q4, and would operate on 29
    # November: after the middle of the quarter, from 2026Q1. It waits for the builder all the same, until 6 March, two months.
    resource = slow.prog["resource"]
    resource.loc[resource["id"] == "BUILDERS", "capacity"] = 1
    one = prepare(slow.prog.with_changes({"resource": resource}))
    found = plan_in_rounds(one, "x", 3, spec=alone(one, TOWER, "M7-H10-0026"), time_limit_s=5, seed=1)
    table = pd.DataFrame(found.rounds["table"])
    assert table["items_late_beyond"].tolist() == [2, 0]
    assert table["months_late"][0] == pytest.approx(((304 - 181) + (429 - 181)) / 2 / (365.25 / 12))
    assert table["months_late"][1] == pytest.approx(((304 - 273) + (429 - 365)) / 2 / (365.25 / 12))
    rows = found.result.plan_items.sort_values("operating_quarter")
    assert rows["operating_quarter"].tolist() == ["2025Q4", "2026Q1"]
    assert rows["start_quarter"].iloc[0] < "2025Q3" <= rows["start_quarter"].iloc[1]


def test_no_plan_does_better_as_scheduled_than_as_planned_and_the_least_loss_is_kept(
    prepared: Prepared,
) -> None:
    found = plan_in_rounds(prepared, "x", 3, spec=PlanSpec(), time_limit_s=2, seed=1)
    table = pd.DataFrame(found.rounds["table"])
    assert table["items_late_beyond"][0] > 0  # six towers at once, and two builders
    assert (table["value_scheduled"] >= table["value"] * (1 - 1e-12)).all()
    kept = table[table["is_kept"]]
    assert len(kept) == 1
    assert kept["value_scheduled"].iloc[0] == pytest.approx(table["value_scheduled"].min(), rel=1e-9)
    assert kept["value"].iloc[0] == found.result.value >= found.result.bound
    assert len(table) == 3 or table["items_late_beyond"].iloc[-1] == 0


def test_nothing_to_build_needs_no_schedule_and_says_so(prepared: Prepared) -> None:
    found = plan_in_rounds(prepared, "x", 3, spec=alone(prepared), time_limit_s=1, seed=1)
    assert found.rounds == {}
    assert EMPTY in found.result.notices


def test_a_lock_that_no_schedule_keeps_leaves_the_first_round_and_says_why(slow: Prepared) -> None:
    # with 510 days the agreement is reached in December 2026, when the horizon ends
    template = slow.prog["activity_template"]
    template.loc[template["id"] == "G-LIST", ["duration_low", "duration_likely", "duration_high"]] = 510.0
    budget = slow.prog["budget"].assign(carries_over=True)  # so that money is there whenever the work is
    slower = prepare(slow.prog.with_changes({"activity_template": template, "budget": budget}))
    spec = PlanSpec({TOWER: None}, alone(slow, TOWER).lock_out)
    found = plan_in_rounds(slower, "x", 3, spec=spec, time_limit_s=2, seed=1)
    assert [row["round"] for row in found.rounds["table"]] == [1]
    assert any(
        notice.startswith("round 2: no plan keeps") and TOWER in notice for notice in found.result.notices
    )


@pytest.mark.parametrize("n_failing", [1, 2])
def test_a_round_without_a_schedule_is_told_and_the_next_one_tried(
    slow: Prepared, monkeypatch: pytest.MonkeyPatch, n_failing: int
) -> None:
    made = []

    def failing(*given: Any, **options: Any) -> Scheduled:
        found = find_schedule(*given, **options)
        made.append(found)
        if len(made) > n_failing:
            return found
        none = np.zeros(0, dtype=np.int64)
        lost = dataclasses.replace(
            found.result,
            starts=none,
            ends=none,
            modes=none,
            status="infeasible",
            notices=("P2 has no money",),
        )
        return dataclasses.replace(found, result=lost)

    monkeypatch.setattr("sarhad.workflow.rounds.find_schedule", failing)
    found = plan_in_rounds(slow, "x", 2, spec=alone(slow, TOWER), time_limit_s=2, seed=1)
    told = [notice for notice in found.result.notices if "no schedule" in notice]
    assert told == [
        f"round {n}: no schedule carries out the plan: P2 has no money" for n in range(1, n_failing + 1)
    ]
    assert found.result.plan_items["item_id"].tolist() == [TOWER]
    assert [row["round"] for row in found.rounds.get("table", ())] == [2][: 2 - n_failing]


def test_a_programme_without_activities_is_refused_before_any_search(prepared: Prepared) -> None:
    templates = prepared.prog["activity_template"].iloc[:0]
    bare = dataclasses.replace(prepared, prog=prepared.prog.with_changes({"activity_template": templates}))
    with pytest.raises(DataError, match="activity_template: has no rows"):
        plan_in_rounds(bare, "x", 2, spec=PlanSpec(), time_limit_s=60, seed=1, on_step=pytest.fail)


def test_an_interrupt_after_a_round_keeps_it(slow: Prepared) -> None:
    found = plan_in_rounds(
        slow, "x", 3, spec=alone(slow, TOWER), time_limit_s=5, seed=1, on_step=lambda step: step.stage != "rounds"
    )  # fmt: skip
    assert [row["round"] for row in found.rounds["table"]] == [1]
    assert not found.rounds["is_on_time"]
    assert len(found.prepared.prog["activity"]) > 0


def test_an_interrupted_search_in_a_later_round_leaves_the_former_one(slow: Prepared) -> None:
    began = []

    def stop(step: Step) -> bool:
        began.append(step.stage)
        return not (step.stage == "plan" and "rounds" in began)

    found = plan_in_rounds(slow, "x", 3, spec=alone(slow, TOWER), time_limit_s=5, seed=1, on_step=stop)
    assert [row["round"] for row in found.rounds["table"]] == [1]


@pytest.mark.parametrize(
    ("rounds", "certificate", "words"),
    [
        (0, None, r"--rounds 0: give 1 \(the plan alone\) to 5"),
        (6, None, r"--rounds 6: give 1"),
        (2, Path("proof"), r"--certificate with --rounds"),
    ],
)
def test_rounds_that_cannot_be_are_refused(
    tmp_path: Path, rounds: int, certificate: Path | None, words: str
) -> None:
    with pytest.raises(SpecError, match=words):
        plan_programme(
            DATA / "tiny", tmp_path / "x.gpkg", name="x", time_limit_s=1, seed=1, rounds=rounds, certificate=certificate
        )  # fmt: skip
