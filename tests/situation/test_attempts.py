from __future__ import annotations

import math

import pandas as pd
import pytest
from two_regions import JUDGED, programme, reported, settlement, threat, traffic, two_regions

from sarhad import situation
from sarhad.errors import DataError


def unseen() -> list[dict[str, object]]:
    """Return coverage in which nothing detects whoever walks."""
    rows = programme()["coverage"].to_dict("records")
    return [row | {"detection_low": 0.0, "detection": 0.0} for row in rows]


def settings(**values: float) -> list[dict[str, object]]:
    return [{"id": name, "value": str(value), **JUDGED} for name, value in values.items()]


def shares(**tables: list[dict[str, object]]) -> dict[tuple[str, str], float]:
    found = situation.scenarios(programme(**tables), two_regions())
    found = found[found["threat_id"] == "T1"]
    return dict(
        zip(
            zip(found["origin_id"], found["destination_id"], strict=True),
            found["attempts"] / 100,
            strict=True,
        )
    )


def test_gravity_is_people_at_both_ends_and_falls_with_the_hours():
    # On foot B05-I05 4 h, B05-I35 9+4=13 h or 9+5=14 h: 13; B35-I35 5 h, B35-I05 13 h; people 1:3 and 2:2, e-fold 12 h.
    weight = {
        ("B05", "I05"): 1 * math.exp(-4 / 12),
        ("B05", "I35"): 1 * math.exp(-13 / 12),
        ("B35", "I05"): 3 * math.exp(-13 / 12),
        ("B35", "I35"): 3 * math.exp(-5 / 12),
    }
    total = sum(weight.values())
    assert shares() == pytest.approx({pair: value / total for pair, value in weight.items()})


def test_each_origin_uses_its_best_destinations_only():
    assert set(shares(setting=settings(destinations_per_origin=1))) == {("B05", "I05"), ("B35", "I35")}


def test_an_unknown_population_counts_as_the_setting_says():
    rows = [settlement("b1", "BB", 5, -8, None), settlement("b2", "BB", 35, -8, 1000)]
    rows += [settlement("i1", "AA", 5, 8, 2000), settlement("i2", "AA", 35, 8, 2000)]
    known = shares(settlement=rows, setting=settings(unknown_population=500))
    origin = pd.Series(known).groupby(level=0).sum()
    assert origin["B05"] < origin["B35"]
    equal = (
        pd.Series(shares(settlement=rows, setting=settings(unknown_population=1000))).groupby(level=0).sum()
    )
    assert origin["B05"] / origin["B35"] == pytest.approx(0.5 * equal["B05"] / equal["B35"])


def test_people_of_the_hinterland_weigh_on_the_nearest_origin_and_those_farther_do_not():
    base = [settlement("b1", "BB", 5, -8, 1000), settlement("b2", "BB", 35, -8, 1000)]
    base += [settlement("i1", "AA", 5, 8, 2000), settlement("i2", "AA", 35, 8, 2000)]
    near = shares(settlement=[*base, settlement("b3", "BB", 5, -60, 1000)])
    far = shares(settlement=[*base, settlement("b3", "BB", 5, -160, 1000)])
    without = shares(settlement=base)
    assert far == pytest.approx(without)
    ratio = near["B05", "I05"] / near["B35", "I35"]
    assert ratio == pytest.approx(2 * without["B05", "I05"] / without["B35", "I35"])


def test_settlements_of_other_countries_weigh_on_nothing():
    base = programme()["settlement"].to_dict("records")
    assert shares(settlement=[*base, settlement("z", "ZZ", 5, -9, 10**6)]) == pytest.approx(shares())


def test_the_total_of_each_threat_and_mover_is_exact():
    prog = programme(
        threat=[threat("T1"), threat("T2", rate=7.0)],
        traffic=[traffic("T1", "foot", 0.7), traffic("T1", "hidden", 0.3), traffic("T2", "foot", 1.0)],
    )
    found = situation.scenarios(prog, two_regions())
    by = found.groupby(["threat_id", "mover_id"])[["attempts_low", "attempts", "attempts_high"]].sum()
    assert by.loc[("T1", "foot")].tolist() == pytest.approx([35, 70, 210])
    assert by.loc[("T1", "hidden")].tolist() == pytest.approx([15, 30, 90])
    assert by.loc[("T2", "foot"), "attempts"] == pytest.approx(7)


def test_negligible_pairs_are_left_out_and_the_total_stays():
    rows = [settlement("b1", "BB", 5, -8, 1), settlement("b2", "BB", 35, -8, 10**6)]
    rows += [settlement("i1", "AA", 5, 8, 2000), settlement("i2", "AA", 35, 8, 2000)]
    found = situation.scenarios(programme(settlement=rows), two_regions())
    assert set(found["origin_id"]) == {"B35"}
    assert found["attempts"].sum() == pytest.approx(100)


def test_people_seeking_safety_and_ordinary_life_never_become_scenarios():
    never = {"enters_value": False, "is_adversarial": "no"}
    prog = programme(
        threat=[threat("T1"), threat("SAFETY", **never), threat("GRAZING", **never)],
        traffic=[traffic(name, "foot", 1.0) for name in ("T1", "SAFETY", "GRAZING")],
    )
    assert set(situation.scenarios(prog, two_regions())["threat_id"]) == {"T1"}
    assert situation.programme_rates(prog).empty


def test_regions_are_those_of_the_origin_and_the_table_fits_the_dictionary():
    prog = programme()
    found = situation.scenarios(prog, two_regions())
    assert set(zip(found["origin_id"], found["region"], strict=True)) == {("B05", "R1"), ("B35", "R2")}
    assert prog.adopt({"scenario": found})["scenario"]["id"].tolist() == sorted(found["id"])


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        (
            {"traffic": [traffic("T1", "foot", 0.9)]},
            (
                "traffic.share, row T1: adds up to 0.9 for threat T1, not to 1. Correct the shares; divide each by their "
                "sum where they are only rounded."
            ),
        ),
        (
            {"calibration": reported("T1", R1_foot=0.5, R2_foot=0.495)},
            (
                "calibration.detected_share, row T1: adds up to 0.995 for threat T1, not to 1. Correct the shares; divide "
                "each by their sum where they are only rounded."
            ),
        ),
        (
            {"traffic": []},
            "threat.is_spatial, row T1: yes has a place and enters the value, but no movers. Add its rows to traffic.",
        ),
        (
            {"threat": [threat("T1"), threat("T2", is_spatial="partly")]},
            "threat.is_spatial, row T2: partly has a place and enters the value, but no movers. Add its rows to traffic.",
        ),
        (
            {"threat": [threat("T1", rate=None)]},
            "threat.rate, row T1: is missing for a threat that enters the value. Give it, or keep the threat out.",
        ),
        (
            {"threat": [threat("T1", rate_low=None)]},
            "threat.rate_low, row T1: is missing for a threat that enters the value. Give it, or keep the threat out.",
        ),
        (
            {"threat": [threat("T1", is_adversarial="no")]},
            (
                "threat.enters_value, row T1: true lets into the value what has no adversary (is_adversarial is no). Set "
                "enters_value to false: people seeking safety and ordinary life are never minimised; an adversary among "
                "them is a threat of its own."
            ),
        ),
        (
            {"threat": [threat("T1", is_adversarial="partly")]},
            (
                "threat.enters_value, row T1: true lets into the value what has no adversary (is_adversarial is partly). "
                "Set enters_value to false: people seeking safety and ordinary life are never minimised; an adversary "
                "among them is a threat of its own."
            ),
        ),
        (
            {"coverage": unseen(), "calibration": reported("T1", R1_foot=0.5, R2_foot=0.5)},
            (
                "calibration.detected_share, row T1: reports detections where coverage leaves the threat's movers no chance "
                "to be detected. Give coverage.detection above 0 where they were detected, or remove the threat's rows "
                "from calibration."
            ),
        ),
    ],
)
def test_what_no_scenario_can_be_made_of_is_refused_as_the_check_says_it(tables, fault):
    prog = programme(**tables)
    with pytest.raises(DataError) as caught:
        situation.scenarios(prog, two_regions())
    assert str(caught.value) == fault
    assert fault in [str(one) for one in prog.check() if one.severity == "error"]


def test_a_mover_without_any_way_is_refused():
    network = two_regions()
    network.hours[1] = math.inf
    with pytest.raises(DataError, match=r"traffic.mover_id: hidden find no way from any origin"):
        situation.scenarios(programme(traffic=[traffic("T1", "hidden", 1.0)]), network)


def test_no_settlement_beyond_is_refused_with_the_setting():
    rows = [settlement("i1", "AA", 5, 8, 2000)]
    with pytest.raises(DataError, match="settlement: none beyond lies within hinterland_km"):
        situation.scenarios(programme(settlement=rows), two_regions())


def test_threats_without_a_place_are_listed_apart_with_the_reason():
    prog = programme(
        threat=[
            threat("T1"),
            threat("WEB", enters_value=False, is_spatial="no", enters_value_reason="no place"),
        ]
    )
    found = situation.programme_rates(prog)
    assert found.to_dict("records") == [
        {
            "threat_id": "WEB",
            "name_en": "WEB",
            "rate_low": 50.0,
            "rate": 100.0,
            "rate_high": 300.0,
            "reason": "no place",
        }
    ]


def test_a_threat_without_a_place_never_becomes_a_scenario_even_if_it_counts():
    prog = programme(threat=[threat("T1"), threat("WEB", is_spatial="no")])
    assert set(situation.scenarios(prog, two_regions())["threat_id"]) == {"T1"}
    assert situation.programme_rates(prog)["threat_id"].tolist() == ["WEB"]
