"""Draws of what is uncertain: distributions, streams, and games held against those at the ends of all ranges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import triang

from sarhad.detection import evaluate
from sarhad.programme import Programme
from sarhad.workflow.draws import Uncertain, parameters, three_point
from sarhad.workflow.game import Levels, assemble
from sarhad.workflow.prepare import Prepared, prepare


@pytest.fixture(scope="module")
def prepared(tiny: Programme) -> Prepared:
    return prepare(tiny)


@pytest.fixture(scope="module")
def unsure(prepared: Prepared) -> Uncertain:
    return Uncertain(prepared)


@pytest.mark.parametrize("levels", [(1.0, 2.0, 5.0), (0.0, 0.0, 1.0), (-1.0, 3.0, 3.0)])
def test_quantiles_are_those_of_the_triangular_distribution(levels):
    low, likely, high = levels
    shape = (likely - low) / (high - low)
    at = np.linspace(0.0, 1.0, 21)
    expected = triang.ppf(at, shape, low, high - low)
    found = three_point(at, *(np.array(level) for level in levels))
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_range_without_width_stays_at_its_value():
    assert three_point(0.3, np.array(2.0), np.array(2.0), np.array(2.0)) == 2.0


def test_more_draws_continue_the_former_ones_and_other_purposes_differ(unsure):
    few, many = unsure.quantiles(5, 7, "plan"), unsure.quantiles(9, 7, "plan")
    assert (many[:5] == few).all()
    for seed, stream in ((8, "plan"), (7, "fresh")):
        assert not (unsure.quantiles(5, seed, stream) == few).any()


def test_another_parameter_does_not_move_the_draws_of_the_others(prepared, unsure):
    fewer = prepared.prog["effect_parameter"].iloc[1:]
    one = Uncertain(prepared)
    one.parameters = parameters(prepared.prog.with_changes({"effect_parameter": fewer}))
    kept = [k for k, each in enumerate(unsure.parameters) if each in one.parameters]
    assert len(kept) == len(one.parameters) < len(unsure.parameters)
    assert (unsure.quantiles(4, 1, "plan")[:, kept] == one.quantiles(4, 1, "plan")).all()


@pytest.mark.parametrize(("quantile", "level"), [(0.0, "low"), (1.0, "high")])
def test_at_the_ends_of_all_ranges_the_game_is_that_of_the_level(prepared, unsure, quantile, level):
    effects = prepared.prog["effect_parameter"].to_dict("records")
    levels = Levels({(row["effect_id"], row["name"]): row[level] for row in effects}, level, level)
    expected = assemble(prepared.prog, prepared.network, prepared.views, levels)
    found = unsure.game(np.full(len(unsure.parameters), quantile))
    every = np.ones((1, found.exposure.n_items), dtype=bool)
    for state in (every, ~every):
        values = [evaluate(game, state, np.ones(1)).value for game in (found, expected)]
        assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_the_means_of_attempts_are_those_of_many_draws(unsure):
    mean = unsure.game(None, only=()).attempts_per_year
    drawn = [unsure.game(one, only=()).attempts_per_year for one in unsure.quantiles(60, 1, "plan")]
    assert np.mean(drawn, axis=0) == pytest.approx(mean, rel=0.15)


def test_every_range_with_width_is_a_parameter(prepared, unsure):
    frame = prepared.prog["effect_parameter"]
    wide = frame[frame["low"] < frame["high"]]
    found = {one.row for one in unsure.parameters if one.table == "effect_parameter"}
    assert found == set(wide["effect_id"] + " " + wide["name"])
    assert {one.row for one in unsure.parameters if one.table == "threat"} == {"DRUGS", "NET"}
