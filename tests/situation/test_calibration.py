from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from two_regions import programme, reported, threat, traffic, two_regions

from sarhad import situation
from sarhad.detection import CrossingLogit, Exposure, Graph, Instance, evaluate
from sarhad.errors import DataError
from sarhad.programme import Programme

BOTH = [traffic("T1", "foot", 0.6), traffic("T1", "hidden", 0.4)]
# hidden crosses in R2 only, so that a positive share of it in R1 could not be met
TARGET = {"R1_foot": 0.42, "R2_foot": 0.33, "R1_hidden": 0.0, "R2_hidden": 0.25}


def fitted(prog: Programme) -> situation.Calibration:
    network = two_regions()
    return situation.calibrate(prog, network, situation.scenarios(prog, network, is_calibrated=False))


def detected_shares(prog: Programme, scenarios: pd.DataFrame) -> pd.Series:
    """The oracle: flow of `evaluate` by crossing edge; here all exposure lies on the crossing edges."""
    network = two_regions()
    existing = situation.existing(prog, network)
    node = {name: i for i, name in enumerate(network.node["id"])}
    edge = network.edge
    section = np.where(edge["is_crossing"], (edge["chainage_km"] >= 20).astype(int), -1)
    found = {}
    for mover, name in enumerate(network.movers):
        own = scenarios[scenarios["mover_id"] == name]
        instance = Instance(
            graph=Graph(
                len(node),
                np.array([node[one] for one in edge["tail_id"]]),
                np.array([node[one] for one in edge["head_id"]]),
                section.astype(np.int64),
                tuple(edge["id"]),
            ),
            exposure=Exposure(
                (), np.zeros(0, dtype=np.int64), (), (csr_array((0, len(edge))),), np.zeros((0, 1))
            ),
            movers=(name,),
            threats=("T1",),
            sections=("W", "E"),
            effort=network.hours[mover : mover + 1] * prog.setting("abandonment_per_hour"),
            existing=existing[mover : mover + 1],
            scenario_ids=tuple(own["id"]),
            origin=np.array([node[one] for one in own["origin_id"]]),
            destination=np.array([node[one] for one in own["destination_id"]]),
            mover=np.zeros(len(own), dtype=np.int64),
            threat=np.zeros(len(own), dtype=np.int64),
            attempts_per_year=own["attempts"].to_numpy(),
            consequence=np.ones(1),
        )
        outcome = evaluate(
            instance, np.zeros((1, 0), dtype=bool), np.ones(1), CrossingLogit(prog.setting("choice_theta"))
        )
        caught = outcome.flow[0] * -np.expm1(-existing[mover, outcome.crossing])
        for region, code in (("R1", 0), ("R2", 1)):
            found[region, name] = caught[section[outcome.crossing] == code].sum()
    return pd.Series(found) / sum(found.values())


def test_the_detected_flow_splits_over_regions_and_movers_as_reported():
    prog = programme(traffic=BOTH, calibration=reported("T1", **TARGET))
    result = fitted(prog)
    assert result.residual["T1"] < 1e-5
    shares = detected_shares(prog, result.scenarios)
    for name, share in TARGET.items():
        assert shares[tuple(name.split("_"))] == pytest.approx(share, abs=1e-5)
    assert result.shares["fitted"].tolist() == pytest.approx(
        result.shares["detected_share"].tolist(), abs=1e-5
    )


def test_the_shares_before_the_fit_are_those_of_the_scenarios_as_they_came():
    prog = programme(traffic=BOTH, calibration=reported("T1", **TARGET))
    before = fitted(prog).shares.set_index(["region", "mover_id"])["before"]
    raw = situation.scenarios(prog, two_regions(), is_calibrated=False)
    pd.testing.assert_series_equal(
        before, detected_shares(prog, raw).reindex(before.index), check_names=False
    )


def test_the_total_of_attempts_stays_at_all_three_levels_and_factors_are_not_negative():
    prog = programme(traffic=BOTH, calibration=reported("T1", **TARGET))
    result = fitted(prog)
    assert result.scenarios[["attempts_low", "attempts", "attempts_high"]].sum().tolist() == pytest.approx(
        [50, 100, 300]
    )
    assert (result.factors["factor"] >= 0).all()
    assert result.factors["attempts_after"].sum() == pytest.approx(100)


def test_scenarios_come_calibrated():
    prog = programme(traffic=BOTH, calibration=reported("T1", **TARGET))
    pd.testing.assert_frame_equal(situation.scenarios(prog, two_regions()), fitted(prog).scenarios)


def test_what_cannot_be_met_is_shown_as_a_residual():
    # Nobody hidden can be detected in R1: the nearest fit misses that share.
    share = {"R1_foot": 0.4, "R2_foot": 0.2, "R1_hidden": 0.2, "R2_hidden": 0.2}
    result = fitted(programme(traffic=BOTH, calibration=reported("T1", **share)))
    assert result.residual["T1"] > 0.1
    assert result.shares.set_index(["region", "mover_id"]).loc[("R1", "hidden"), "fitted"] == 0.0


def test_where_reports_cannot_tell_regions_apart_their_factors_stay_equal():
    # Whoever hides crosses at the one crossing point in R2, wherever he starts.
    factor = fitted(programme(traffic=BOTH, calibration=reported("T1", **TARGET))).factors
    hidden = factor.loc[factor["mover_id"] == "hidden", "factor"].tolist()
    assert hidden[0] == pytest.approx(hidden[1], rel=1e-3)


def test_threats_without_reports_keep_their_attempts():
    prog = programme(traffic=BOTH)
    result = fitted(prog)
    assert result.factors.empty
    pd.testing.assert_frame_equal(
        result.scenarios, situation.scenarios(prog, two_regions(), is_calibrated=False)
    )


def test_reports_must_cover_each_region_and_mover_that_can_be_detected():
    prog = programme(traffic=BOTH, calibration=reported("T1", R1_foot=0.8, R2_foot=0.2))
    with pytest.raises(DataError, match=r"threat T1 has no row for R2 hidden\. Give"):
        fitted(prog)


def test_a_threat_that_nobody_attempts_keeps_its_scenarios_and_is_not_fitted():
    none = {"rate_low": 0.0, "rate": 0.0, "rate_high": 0.0}
    prog = programme(threat=[threat("T1", **none)], traffic=BOTH, calibration=reported("T1", **TARGET))
    result = fitted(prog)
    assert len(result.scenarios) > 0
    assert not result.scenarios["attempts_high"].any()
    assert result.residual == {}


def test_a_threat_whose_likely_rate_is_zero_is_fitted_by_its_high_one():
    usual = fitted(programme(traffic=BOTH, calibration=reported("T1", **TARGET)))
    rare = programme(
        threat=[threat("T1", rate_low=0.0, rate=0.0)], traffic=BOTH, calibration=reported("T1", **TARGET)
    )
    found = fitted(rare)
    assert found.factors["factor"].tolist() == pytest.approx(usual.factors["factor"].tolist())
    assert found.factors["attempts_after"].tolist() == [0.0] * len(found.factors)
    assert found.scenarios["attempts_high"].sum() == pytest.approx(300)
    assert found.residual["T1"] < 1e-5


def test_detections_that_no_mover_can_give_rise_to_are_refused():
    # Hidden can be detected in the west only, where there is no crossing point to hide in.
    rows = programme()["coverage"].to_dict("records")
    blind = [
        row | ({} if row["id"] == "W-hidden" else {"detection_low": 0.0, "detection": 0.0}) for row in rows
    ]
    prog = programme(
        coverage=blind, traffic=[traffic("T1", "hidden", 1.0)], calibration=reported("T1", R2_hidden=1.0)
    )
    with pytest.raises(
        DataError, match=r"calibration\.detected_share, row T1: reports detections where coverage leaves"
    ):
        fitted(prog)
