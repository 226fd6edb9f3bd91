"""When each partner's capital comes in and expires: carry-over, pledges, days, upkeep."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from tests.workflow.test_limits import given

from sarhad.plan import terms
from sarhad.programme import Programme
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.receipts import receipts

NOTHING = pd.DataFrame(columns=["item_id", "partner_id", "year", "kind", "usd"]).astype({"kind": "str"})


@pytest.fixture(scope="module")
def prepared(tiny: Programme) -> Prepared:
    return prepare(tiny)


def sums(prepared: Prepared, prog: Programme, paid: pd.DataFrame = NOTHING) -> list[tuple[Any, ...]]:
    found = receipts(prog, terms(prog, prepared.items), paid)
    return [(r.partner_id, r.usd, r.opens, r.closes) for r in found.itertuples()]


def item_of(prepared: Prepared, measure: str) -> str:
    items = prepared.items
    return str(items.loc[items["measure_id"] == measure, "id"].iloc[0])


def with_budget(prepared: Prepared, **columns: Any) -> Programme:
    rows = prepared.prog["budget"]
    rows = rows[rows["id"].isin(["P1-2025", "P1-2026"])]
    for column, values in columns.items():
        rows[column] = pd.Series(values, index=rows.index, dtype=rows[column].dtype)
    return prepared.prog.with_changes({"budget": rows})


def test_money_that_carries_over_stays_and_after_the_horizon_does_not_expire(prepared: Prepared) -> None:
    found = sums(prepared, with_budget(prepared, carries_over=[True, True]))
    assert found == [("P1", 700000, date(2025, 1, 1), None), ("P1", 700000, date(2026, 1, 1), None)]


def test_money_that_does_not_carry_over_is_lost_at_the_end_of_its_year(prepared: Prepared) -> None:
    found = sums(prepared, with_budget(prepared, carries_over=[False, False]))
    assert [row[3] for row in found] == [date(2025, 12, 31), date(2026, 12, 31)]
    chain = sums(prepared, with_budget(prepared, carries_over=[True, False]))
    assert [row[3] for row in chain] == [date(2026, 12, 31), date(2026, 12, 31)]


def test_days_of_opening_and_closing_narrow_the_years(prepared: Prepared) -> None:
    days = {"opens_on": [date(2025, 7, 1), None], "closes_on": [date(2026, 3, 31), None]}
    found = sums(prepared, with_budget(prepared, carries_over=[True, True], **days))
    assert found[0] == ("P1", 700000, date(2025, 7, 1), date(2026, 3, 31))
    assert found[1][2:] == (date(2026, 1, 1), None)


def test_upkeep_comes_off_the_money_that_opens_last(prepared: Prepared) -> None:
    item = item_of(prepared, "M1")
    paid = pd.DataFrame(
        [(item, "P1", 2026, "upkeep", 800000), (item, "P1", 2025, "capital", 5)], columns=NOTHING.columns
    )
    found = sums(prepared, with_budget(prepared, carries_over=[True, True]), paid)
    assert found == [("P1", 600000, date(2025, 1, 1), None)]


def test_a_pledge_pays_what_it_names_over_its_years(prepared: Prepared) -> None:
    pledge = {
        "id": "G1", "partner_id": "P2", "year": 2026, "amount_usd": 90000.0, "usable_from_year": 2025,
        "measure_ids": ("M2",), "closes_on": date(2026, 6, 30),
    }  # fmt: skip
    prog = given(prepared, "pledge", pledge)
    found = receipts(prog, terms(prog, prepared.items), NOTHING)
    own = found[found["usd"] == 90000].iloc[0]
    assert (own["partner_id"], own["opens"], own["closes"]) == ("P2", date(2025, 1, 1), date(2026, 6, 30))
    measure = prepared.items.set_index("id")["measure_id"]
    assert {measure[name] for name in own["item_ids"]} == {"M2"}
    free = found[(found["partner_id"] == "P1")].iloc[0]
    assert {measure[name] for name in free["item_ids"]} >= {"M1", "M4"}


@pytest.mark.parametrize("in_kind", [False, True])
@pytest.mark.parametrize("measure", ["M1", "M2"])
def test_upkeep_takes_no_sum_that_may_not_pay_for_it(prepared: Prepared, measure: str, in_kind: bool) -> None:
    # the pledge opens last, but pays for M2 alone; a gift in kind pays no upkeep in money
    pledge = {
        "id": "G1", "partner_id": "P1", "year": 2026, "amount_usd": 90000.0, "measure_ids": ("M2",), "is_in_kind": in_kind,
    }  # fmt: skip
    prog = given(prepared, "pledge", pledge)
    limits = terms(prog, prepared.items)
    paid = pd.DataFrame([(item_of(prepared, measure), "P1", 2026, "upkeep", 90000)], columns=NOTHING.columns)
    before, after = receipts(prog, limits, NOTHING), receipts(prog, limits, paid)
    tied = sum(after.loc[after["item_ids"].map(len) == before["item_ids"].map(len).min(), "usd"])
    assert before["usd"].sum() - after["usd"].sum() == 90000
    assert tied == (0 if measure == "M2" and not in_kind else 90000)
