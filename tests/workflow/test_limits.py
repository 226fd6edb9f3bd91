"""The tables of limits on the tiny programme: what each of them makes of the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sarhad.errors import SpecError
from sarhad.plan import PlanSpec, Terms, operating, optimise, starts
from sarhad.plan import terms as read_terms
from sarhad.plan.limits import under_construction
from sarhad.plan.result import PlanResult
from sarhad.programme import Programme
from sarhad.workflow.planning import plan_programme
from sarhad.workflow.prepare import Prepared, prepare

SAID = {"is_assumption": True, "reasoning": "made up"}


@pytest.fixture(scope="module")
def prepared(tiny: Programme) -> Prepared:
    return prepare(tiny)


def given(prepared: Prepared, table: str, *rows: dict[str, Any]) -> Programme:
    frame = prepared.prog[table]
    new = pd.DataFrame([dict.fromkeys(frame.columns) | SAID | row for row in rows])[list(frame.columns)]
    for column in new.columns:
        if column.endswith("_ids") or column in ("regions", "closed_quarters"):
            new[column] = [value or () for value in new[column]]
    return prepared.prog.with_changes({table: new.astype(frame.dtypes.to_dict())})


def plan(
    prepared: Prepared, prog: Programme, spec: PlanSpec | None = None
) -> tuple[Terms, PlanResult, np.ndarray]:
    terms = read_terms(prog, prepared.items)
    found = optimise(prepared.instance, terms, spec or PlanSpec(), time_limit_s=3, seed=1)
    return terms, found, starts(terms, found.plan_items)


def test_a_pledge_pays_only_what_it_names_and_is_shown_apart_in_kind(prepared: Prepared) -> None:
    pledge = {
        "id": "G1", "partner_id": "P2", "year": 2025, "amount_usd": 400000.0, "usable_to_year": 2026,
        "measure_ids": ("M2",), "regions": ("AA",), "is_in_kind": True,
    }  # fmt: skip
    terms, found, _ = plan(prepared, given(prepared, "pledge", pledge))
    measure = prepared.items.set_index("id")["measure_id"]
    paid = found.funding[found.funding["kind"].str.endswith("_in_kind")]
    assert 0 < paid["usd"].sum() <= 400000
    assert set(measure[paid["item_id"]]) == {"M2"}
    assert set(paid["year"]) <= {2025, 2026}
    assert terms.tied is not None


def test_crews_are_never_asked_for_more_than_there_is(prepared: Prepared) -> None:
    prog = given(
        prepared, "resource_need", *({"measure_id": m, "kind": "crew", "units": 1.0} for m in ("M1", "M2"))
    )
    changed = Prepared(prog, prepared.network, prepared.instance, prepared.terrain, prepared.notices)
    frame = given(changed, "resource", {"id": "C", "name_en": "crew", "kind": "crew", "capacity": 1})
    terms, _, start = plan(prepared, frame)
    of = prepared.items.sort_values("id")["measure_id"].isin(["M1", "M2"]).to_numpy()
    chosen = np.flatnonzero((start >= 0) & of)
    assert len(chosen) > 0
    for q in range(terms.n_quarters):
        assert under_construction(terms, q)[chosen, start[chosen]].sum() <= 1


def test_work_rests_in_closed_quarters(prepared: Prepared) -> None:
    season = {"id": "winter", "closed_quarters": ("Q1", "Q4"), "may_pause": True}
    terms, found, start = plan(prepared, given(prepared, "season", season))
    assert len(found.plan_items) > 0
    assert set(found.plan_items["start_quarter"].str[-2:]) <= {"Q2", "Q3"}
    for item in np.flatnonzero(start >= 0):
        open_quarters = [
            q for q in range(start[item], terms.n_quarters) if terms.quarters[q][-2:] in ("Q2", "Q3")
        ]
        needed = terms.build_quarters[item]
        assert (
            operating(terms, start)[:, item].argmax() == open_quarters[needed - 1] + 1
            if needed
            else start[item]
        )


def test_a_package_is_built_whole_or_not_at_all(prepared: Prepared) -> None:
    package = {
        "id": "B", "measure_ids": ("M1", "M2"), "scope": "section", "unit": "items", "least": 3.0, "is_required": False,
    }  # fmt: skip
    terms, _, start = plan(prepared, given(prepared, "package", package))
    assert terms.packages
    for pack in terms.packages:
        assert (start[list(pack.items)] >= 0).sum() == 0 or (start[list(pack.items)] >= 0).sum() >= 3


def test_floors_on_items_and_money_are_kept(prepared: Prepared) -> None:
    items = {"id": "F1", "kind": "items", "measure_ids": ("M3",), "section_ids": ("A2",), "least": 1.0}
    usd = {"id": "F2", "kind": "usd", "section_ids": ("A1",), "least": 500000.0}
    terms, found, start = plan(prepared, given(prepared, "floor", items, usd))
    rows = prepared.items.sort_values("id").reset_index(drop=True)[start >= 0]
    assert found.status in ("optimal", "feasible")
    assert ((rows["measure_id"] == "M3") & (rows["section_id"] == "A2")).sum() >= 1
    assert rows.loc[rows["section_id"] == "A1", "capital_usd"].sum() >= 500000
    assert terms.linear.n == 2


def test_a_floor_beyond_all_money_is_named(prepared: Prepared) -> None:
    floor = {"id": "F", "kind": "usd", "section_ids": ("A1",), "least": 9e8}
    _, found, _ = plan(prepared, given(prepared, "floor", floor))
    assert found.status == "infeasible"
    assert found.notices[-1] == "these limits conflict: floor F: at least 900,000,000 usd in A1"


def test_no_more_changes_than_allowed(prepared: Prepared) -> None:
    terms, former, before = plan(prepared, prepared.prog)
    dated = dict(zip(former.plan_items["item_id"], former.plan_items["start_quarter"], strict=True))
    first = terms.item_ids[int(np.flatnonzero(before >= 0)[0])]
    spec = PlanSpec(lock_out=frozenset({first}), keep=dated, max_changes=2)
    _, found, after = plan(prepared, prepared.prog, spec)
    assert 1 <= (before != after).sum() <= 2
    assert f"{(before != after).sum()} changes against the kept plan" in found.notices
    _, none, _ = plan(
        prepared, prepared.prog, PlanSpec(lock_out=frozenset({first}), keep=dated, max_changes=0)
    )
    assert none.status == "infeasible"
    assert "at most 0 changes against the kept plan" in none.notices[-1]
    assert f"{first} is locked out" in none.notices[-1]


def test_items_that_cannot_be_ready_are_noticed(prepared: Prepared) -> None:
    frame = prepared.prog["setting"]
    short = frame.assign(value=frame["value"].where(frame["id"] != "horizon_quarters", "1"))
    told = read_terms(prepared.prog.with_changes({"setting": short}), prepared.items).notices
    assert any("items cannot be ready by 2025Q1: " in notice for notice in told)


def test_a_programme_is_planned_again_with_few_changes(tmp_path: Path, tiny: Programme) -> None:
    source = tmp_path / "tiny"
    tiny.save(source)
    first = plan_programme(source, source, name="a", time_limit_s=1, seed=1).payload
    again = plan_programme(source, source, name="b", time_limit_s=1, seed=1, keep=("a", 2)).payload
    before, after = ({i["item"]: i["start_quarter"] for i in found["items"]} for found in (first, again))
    changed = sum(before.get(item) != after.get(item) for item in {*before, *after})
    assert changed <= 2
    assert f"{changed} changes against the kept plan" in again["notices"]
    with pytest.raises(
        SpecError, match=r"--max-changes 2: no plan is named that is to be kept\. Add --keep PLAN"
    ):
        plan_programme(source, source, name="c", time_limit_s=1, seed=1, keep=(None, 2))
    with pytest.raises(SpecError, match="--keep z: neither a plan of the programme"):
        plan_programme(source, source, name="c", time_limit_s=1, seed=1, keep=("z", None))
