"""Two plans side by side."""

from __future__ import annotations

import pandas as pd
import pytest

from sarhad.errors import DataError
from sarhad.plan import compare
from tests.plan.games import limits

# Items 0-3 of 40, two partners with 100 a quarter and year; the first pays all it can.
TERMS = limits([40, 40, 40, 40], [[100, 100], [100, 100]], quarters=2, carries=False, tail_years=1.0)


def plan(**starts: str) -> pd.DataFrame:
    return pd.DataFrame({"item_id": list(starts), "start_quarter": list(starts.values())}, dtype="str")


def test_items_are_alone_moved_or_the_same():
    found = compare(
        TERMS,
        plan(I00="2025Q1", I01="2025Q1", I02="2025Q1"),
        plan(I00="2025Q1", I02="2026Q1", I03="2026Q1"),
    )
    assert found.only_a.to_dict("list") == {"item_id": ["I01"], "start_quarter": ["2025Q1"]}
    assert found.only_b.to_dict("list") == {"item_id": ["I03"], "start_quarter": ["2026Q1"]}
    assert found.moved.to_dict("list") == {
        "item_id": ["I02"], "start_a": ["2025Q1"], "start_b": ["2026Q1"], "quarters_later": [1],
    }  # fmt: skip
    assert found.n_same == 1
    rows = [tuple(row) for row in found.money.itertuples(index=False)]
    assert rows == [("P0", 2025, 100, 40), ("P0", 2026, 0, 80), ("P1", 2025, 20, 0)]
    assert found.is_paid_a
    assert found.is_paid_b


def test_a_plan_that_cannot_be_paid_says_so():
    poor = limits([40, 40, 40, 40], [[70]], quarters=1)
    found = compare(poor, plan(I00="2025Q1"), plan(I00="2025Q1", I01="2025Q1"))
    assert found.is_paid_a
    assert not found.is_paid_b


def test_two_empty_plans_do_not_differ():
    found = compare(TERMS, plan(), plan())
    assert found.only_a.empty
    assert found.money.empty


def test_a_plan_of_other_items_is_refused():
    with pytest.raises(DataError, match=r"1 of 1 rows name an item or quarter that no longer exists"):
        compare(TERMS, plan(I99="2025Q1"), plan())
