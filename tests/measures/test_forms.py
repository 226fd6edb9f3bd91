from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sarhad import measures
from sarhad.measures import forms
from sarhad.measures.check import SyntheticView
from sarhad.plugins import Samples

TOWER = {"p": 0.75, "range_km": 10.0, "observer_height_m": 30.0, "target_height_m": 1.7}
TOWER |= {"availability": 1.0, "assessment": 1.0}


@dataclass(frozen=True)
class Across(SyntheticView):
    """The reference walker: straight through the whole coverage, unmasked, 3 km/h, one edge."""

    n_edges: int = 1

    def visible(self, observer_height_m: float, target_height_m: float, range_km: float) -> Samples:
        at = (np.arange(4000) + 0.5) / 4000 * 2 * range_km - range_km
        hours = np.full(len(at), 2 * range_km / self.reference_speed_kmh / len(at))
        return Samples(np.zeros(len(at), dtype=np.int64), np.abs(at), hours)


def test_the_reference_walker_is_detected_with_the_published_probability():
    # docs/models/measures.md, example 1: -ln(1 - 0.75) = 1.386
    found = forms.LineOfSight().exposure(TOWER, Across())
    assert found == pytest.approx([-math.log(0.25)], rel=1e-6)


@given(st.floats(0, 0.99), st.floats(0.5, 30), st.floats(0, 1), st.floats(0, 1))
def test_availability_and_assessment_scale_exposure_evenly(p, range_km, availability, assessment):
    full = forms.LineOfSight().exposure({**TOWER, "p": p, "range_km": range_km}, Across())
    part = {**TOWER, "p": p, "range_km": range_km, "availability": availability, "assessment": assessment}
    assert forms.LineOfSight().exposure(part, Across()) == pytest.approx(full * availability * assessment)


def test_decay_is_even_to_half_the_range_and_zero_at_its_end():
    found = forms.decay(np.array([0.0, 4.0, 5.0, 7.5, 10.0, 12.0]), 10.0)
    assert found == pytest.approx([4 / 3, 4 / 3, 4 / 3, 2 / 3, 0.0, 0.0])


def test_certain_detection_is_infinite_where_it_sees_and_zero_elsewhere():
    found = forms.LineOfSight().exposure({**TOWER, "p": 1.0, "range_km": 3.0}, SyntheticView())
    assert np.isinf(found[[0, 1, 4]]).all()
    assert (found[[2, 3, 5]] == 0).all()


def test_nothing_works_where_nothing_is_available_even_when_certain():
    assert not forms.LineOfSight().exposure({**TOWER, "p": 1.0, "availability": 0.0}, SyntheticView()).any()


def test_patrol_is_random_search_of_the_ground_within_reach():
    # sweep 1.2 km × 8 km/h × 0.8 × 0.7 = 5.376 km2/h over pi 9/2 = 14.14 km2; edges 0, 1 and 4 have 0.5, 0.5, 0.25 h
    values = {"sweep_width_km": 1.2, "speed_kmh": 8.0, "duty": 0.8, "reach_km": 3.0, "availability": 0.7}
    rate = 5.376 / (math.pi * 4.5)
    expected = [0.5 * rate, 0.5 * rate, 0.0, 0.0, 0.25 * rate, 0.0]
    assert forms.Patrol().exposure(values, SyntheticView()) == pytest.approx(expected)


def test_a_patrol_without_ground_finds_nobody():
    class Nowhere(SyntheticView):
        def ground(self, reach_km: float) -> tuple[float, Samples]:
            none = np.zeros(0)
            return 0.0, Samples(none.astype(np.int64), none, none)

    values = {"sweep_width_km": 1.2, "speed_kmh": 8.0, "duty": 0.8, "reach_km": 3.0, "availability": 0.7}
    assert not forms.Patrol().exposure(values, Nowhere()).any()


def test_barrier_detects_on_crossing_edges_and_its_delay_counts_at_the_existing_rate():
    # -ln(1 - 0.8) × 0.7 × 0.3 = 0.33798; delay 0.5 h × 0.7 × 0.02/h = 0.007
    values = {"p": 0.8, "added_hours": 0.5, "availability": 0.7, "assessment": 0.3}
    expected = -math.log(0.2) * 0.21 + 0.007
    assert forms.Barrier().exposure(values, SyntheticView()) == pytest.approx(
        [0, expected, expected, 0, 0, 0]
    )


def test_gate_checks_its_share_at_the_crossing_point():
    found = forms.Gate().exposure({"p": 0.75, "share_checked": 0.3, "availability": 0.7}, SyntheticView())
    assert found == pytest.approx([0, 0, 0, -math.log(1 - 0.1575), 0, 0])


@given(st.floats(0, 0.95), st.floats(0, 1))
def test_outages_thin_the_chances_at_a_line_and_the_passages_at_a_gate(p, availability):
    line = {"p": p, "added_hours": 0.0, "availability": availability, "assessment": 1.0}
    gate = {"p": p, "share_checked": 1.0, "availability": availability}
    many = forms.Barrier().exposure(line, SyntheticView())[1]
    once = forms.Gate().exposure(gate, SyntheticView())[3]
    assert once <= many + 1e-12
    if p < 0.1:
        assert many - once <= p**2 / 4
    if availability == 1.0:
        assert once == pytest.approx(many)


@pytest.mark.parametrize(
    "form", [forms.LineOfSight, forms.Patrol, forms.Barrier, forms.Gate, forms.Support, forms.Prevention]
)
def test_the_built_in_forms_keep_the_contract(form):
    assert measures.check_effect(form) == []


class Edge:
    kind: ClassVar[str] = "edge"
    parameters: ClassVar[Mapping[str, str]] = {"p": "1", "availability": "1", "assessment": "1"}
    calls = 0

    def exposure(self, parameters: Mapping[str, float], view: Any) -> Any:
        raise NotImplementedError


def of(function: Any) -> Any:
    return type("Own", (Edge,), {"exposure": lambda _, parameters, view: function(parameters, view)})


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (lambda q, view: [0.0], "exposure must be an array of 6 float64"),
        (lambda q, view: np.zeros(5), "exposure must be an array of 6 float64"),
        (lambda q, view: np.full(6, np.nan), "exposure is not a number somewhere"),
        (lambda q, view: np.full(6, -q["p"]), "exposure is below zero somewhere"),
        (
            lambda q, view: np.random.default_rng().random(6) * q["availability"],
            "exposure differs from one call",
        ),
        (lambda q, view: np.full(6, (1.5 - q["p"]) * q["availability"]), "exposure falls when p rises"),
        (lambda q, view: np.full(6, q["p"]), "exposure is not zero when availability is 0"),
        (
            lambda q, view: np.full(
                6, np.sign(q["availability"]) * min(1.0, q["availability"] + q["assessment"])
            ),
            "gains",
        ),
        (lambda q, view: q["q"], "exposure raises KeyError: 'q'"),
        (lambda q, view: q.update(p=1), "exposure raises AttributeError"),
    ],
)
def test_each_breach_of_the_contract_is_found(function, fault):
    assert any(fault in one for one in measures.check_effect(of(function)))


def test_several_breaches_are_listed_together():
    found = measures.check_effect(of(lambda q, view: np.array([np.nan, -1.0, 0, 0, 0, 0])))
    assert found == ["exposure is not a number somewhere", "exposure is below zero somewhere"]
