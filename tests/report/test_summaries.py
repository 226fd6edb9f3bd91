from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from sarhad.report import Content, summaries
from sarhad.report.language import language


def test_the_most_influential_assumption_has_the_widest_swing() -> None:
    # swings 10, 30, 30: the two widest first, their tie broken by the row
    frame = pd.DataFrame(
        {
            "table": "setting", "row": ["a", "c", "b"], "value_low": [100.0, 120.0, 90.0],
            "value_high": [110.0, 90.0, 120.0],
        }
    )  # fmt: skip
    assert list(summaries.most_influential(frame, 2)["row"]) == ["b", "c"]


def test_flow_is_split_by_length_where_a_stretch_crosses_a_section_border(sample_content: Content) -> None:
    # one stretch of 10 km from km 185 to 195, section B1 ends at km 190: half each
    flow = pd.DataFrame(
        {
            "threat_id": ["T03"],
            "chainage_from_km": [185.0],
            "chainage_to_km": [195.0],
            "before": [8.0],
            "after": [2.0],
        }
    )
    split = summaries.flow_by_section(dataclasses.replace(sample_content, flow=flow)).set_index("section_id")
    assert split.loc["B1", "before"] == pytest.approx(4.0)
    assert split.loc["B2", "after"] == pytest.approx(1.0)
    assert split["before"].sum() == pytest.approx(8.0)


def test_flow_by_section_keeps_every_attempt(sample_content: Content) -> None:
    split = summaries.flow_by_section(sample_content).groupby("threat_id")[["before", "after"]].sum()
    whole = sample_content.flow.groupby("threat_id")[["before", "after"]].sum()
    assert np.allclose(split, whole)


def test_money_after_the_horizon_is_not_asked_within_it(sample_content: Content) -> None:
    late = sample_content.funding.head(1).assign(year=2031)
    later = dataclasses.replace(sample_content, funding=pd.concat([sample_content.funding, late]))
    assert summaries.money_by_year(later).equals(summaries.money_by_year(sample_content))


def test_what_is_left_of_a_year_goes_over_where_the_budget_allows_it(sample_content: Content) -> None:
    # 10 offered a year; 4 asked in 2025, 13 in 2026: 6 go over, 3 are left, which 2026 does not hand on
    paid = pd.DataFrame(
        {"item_id": "I0", "partner_id": "P01", "year": [2025, 2026], "kind": "capital", "usd": [4, 13]}
    )
    budget = pd.DataFrame({"partner_id": "P01", "year": [2025, 2026, 2027], "amount_usd": 10.0})
    budget["carries_over"] = [True, False, False]
    money = summaries.money_by_year(dataclasses.replace(sample_content, funding=paid, budget=budget))
    assert list(money["carried_usd"]) == [0.0, 6.0, 0.0]
    assert list(money["left_usd"]) == [6.0, 3.0, 10.0]


def test_every_attempt_is_detected_given_up_or_gets_through(sample_content: Content) -> None:
    threats = summaries.threats_of_a_year(sample_content)
    for when, attempts in (("before", "attempts"), ("after", "attempts_after")):
        detected = threats[attempts] * threats[f"detected_{when}"]
        ends = detected + threats[f"given_up_{when}"] + threats[f"through_{when}"]
        assert np.allclose(ends, threats[attempts])


def test_the_total_of_the_money_matrix_is_the_sum_of_the_partners(sample_content: Content) -> None:
    matrix = summaries.money_matrix(sample_content)
    for year, (asked, offered) in matrix["total"].items():
        rows = [cells[year] for partner, cells in matrix.items() if partner != "total"]
        assert asked == pytest.approx(sum(a for a, _ in rows))
        assert offered == pytest.approx(sum(o for _, o in rows))


def test_the_comparison_runs_from_worst_to_best_and_leaves_out_what_is_unknown(
    sample_content: Content,
) -> None:
    headline = dataclasses.replace(sample_content.headline, even_value=None, value_everything=math.nan)
    rows = summaries.comparison(dataclasses.replace(sample_content, headline=headline), language("en"))
    assert list(rows["kind"]) == ["nothing", "greedy", "plan", "bound"]
    assert rows["value"].is_monotonic_decreasing
