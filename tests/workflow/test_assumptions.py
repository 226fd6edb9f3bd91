"""Swings of assumptions, held against a full evaluation with the same figure changed in its table."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from sarhad.detection import evaluate
from sarhad.programme import Programme
from sarhad.workflow.assumptions import FinalState, ranges, swings
from sarhad.workflow.game import Levels, assemble
from sarhad.workflow.prepare import Prepared, prepare


@pytest.fixture(scope="module")
def prepared(tiny: Programme) -> Prepared:
    return prepare(tiny)


@pytest.fixture(scope="module")
def everything(prepared: Prepared) -> np.ndarray:
    return np.ones(prepared.instance.exposure.n_items, dtype=bool)


def one_year(prepared: Prepared, operating: np.ndarray, levels: Levels | None = None) -> float:
    instance = prepared.instance
    if levels is not None:
        instance = assemble(prepared.prog, prepared.network, prepared.views, levels)
    return evaluate(instance, operating[None, :], np.ones(1)).value


def test_the_parts_by_measure_add_up_to_the_evaluation(prepared: Prepared, everything: np.ndarray) -> None:
    state = FinalState(prepared, everything)
    assert state.value().sum() == pytest.approx(one_year(prepared, everything), rel=1e-12)


def test_every_swing_is_what_a_full_evaluation_with_that_figure_gives(
    prepared: Prepared, everything: np.ndarray
) -> None:
    rows = swings(prepared, everything)
    effects = rows[rows["table"] == "effect_parameter"]
    assert len(effects) >= 5
    for row in effects.to_dict("records"):
        effect, name = row["row"].split(" ")
        for level in ("low", "high"):
            changed = Levels(effects={(effect, name): row[level]})
            assert row[f"value_{level}"] == pytest.approx(one_year(prepared, everything, changed), rel=1e-9)


def test_twice_the_attempts_get_through_twice_as_often(prepared: Prepared, everything: np.ndarray) -> None:
    rows = swings(prepared, everything)
    rate = rows[(rows["table"] == "threat") & rows["name"].str.endswith("attempts a year")].iloc[0]
    through = evaluate(prepared.instance, everything[None, :], np.ones(1)).by_threat
    number = prepared.instance.threats.index(rate["row"])
    rise = rate["value_high"] - one_year(prepared, everything)
    assert rise == pytest.approx(through[number] * (rate["high"] / rate["likely"] - 1))


def test_the_widest_swing_comes_first(prepared: Prepared, everything: np.ndarray) -> None:
    rows = swings(prepared, everything)
    width = (rows["value_high"] - rows["value_low"]).abs().to_numpy()
    assert (np.diff(width) <= 0).all()


def test_the_range_holds_the_likely_value_and_unfavourable_is_worse(
    prepared: Prepared, everything: np.ndarray
) -> None:
    operating, years = np.stack([~everything, everything]), np.array([1.0, 2.0])
    found = ranges(prepared, operating, years)
    assert found["with"].likely == pytest.approx(
        evaluate(prepared.instance, operating, years).value, rel=1e-9
    )
    setting = prepared.prog["setting"].set_index("id").loc["abandonment_per_hour"]
    for effects, rates in (("low", "high"), ("high", "low")):
        scenario = prepared.prog["scenario"].sort_values("id")
        parameters = prepared.prog["effect_parameter"].set_index(["effect_id", "name"])[effects]
        levels = Levels(effects=parameters.to_dict(), coverage=effects)
        game = dataclasses.replace(
            assemble(prepared.prog, prepared.network, prepared.views, levels),
            effort=prepared.network.hours * setting[effects],
            attempts_per_year=scenario[f"attempts_{rates}"].to_numpy(dtype=float),
        )
        value = evaluate(game, operating, years).value
        worst_or_best = found["with"].high if effects == "low" else found["with"].low
        assert worst_or_best == pytest.approx(value, rel=1e-9)
        assert (value > found["with"].likely) == (effects == "low")
    assert found["before"].low < found["before"].likely < found["before"].high
    assert found["without"].low < found["without"].likely < found["without"].high


def test_a_measure_that_only_supports_matters_by_what_its_support_adds(
    prepared: Prepared, everything: np.ndarray
) -> None:
    # M4 detects nothing itself; it raises the availability of M2 and M3
    names = prepared.prog["item"].set_index("id")["measure_id"]
    own = names.loc[list(prepared.instance.exposure.item_ids)].to_numpy()
    left = {name: one_year(prepared, everything & (own != name)) for name in set(own)}
    assert left["M4"] > one_year(prepared, everything) * 1.001
    ranked = FinalState(prepared, everything).measures_that_matter()
    assert ranked == sorted(left, key=lambda name: (-left[name], name))
    assert ranked.index("M4") < len(ranked) - 1


def test_a_threat_that_is_likely_not_to_act_still_swings_to_its_high_rate(tiny: Programme) -> None:
    # a second threat like DRUGS, on foot only, at 0, 0 and 50 attempts a year
    threat, traffic = tiny["threat"], tiny["traffic"]
    more = threat[threat["id"] == "DRUGS"].assign(id="ARMS", rate_low=0.0, rate=0.0, rate_high=50.0)
    walks = (
        traffic[traffic["threat_id"] == "DRUGS"]
        .iloc[:1]
        .assign(id="ARMS-FOOT", threat_id="ARMS", mover_id="FOOT", share=1.0)
    )
    changed = {"threat": pd.concat([threat, more]), "traffic": pd.concat([traffic, walks])}
    prepared = prepare(tiny.with_changes(changed))
    final = np.ones(prepared.instance.exposure.n_items, dtype=bool)
    rows = swings(prepared, final)
    row = rows[(rows["row"] == "ARMS") & rows["name"].str.endswith("attempts a year")].iloc[0]
    likely = one_year(prepared, final)
    assert row["value_low"] == pytest.approx(likely)
    assert 0 < row["value_high"] - likely <= 50.0
    spread = ranges(prepared, final[None, :], np.ones(1))["with"]
    assert spread.low < spread.likely < spread.high


def test_the_existing_detection_names_the_sources_of_the_rows_whose_figures_it_shows(
    prepared: Prepared, everything: np.ndarray
) -> None:
    coverage = prepared.prog["coverage"].sort_values("id")
    coverage["reasoning"] = ["a count at one bridge", "judged", "judged", "judged"]
    coverage["detection"] = [0.15, 0.05, 0.05, 0.05]
    coverage["detection_low"], coverage["detection_high"] = 0.01, 0.2
    coverage["source_ids"] = [("DOC",), (), (), ()]
    changed = dataclasses.replace(prepared, prog=prepared.prog.with_changes({"coverage": coverage}))
    row = swings(changed, everything).query("table == 'coverage'").iloc[0]
    assert (row["low"], row["likely"], row["high"]) == (0.01, 0.05, 0.2)
    assert (row["reasoning"], row["source_ids"], row["is_assumption"]) == ("judged", (), True)
