"""Swings of assumptions, held against a full evaluation with the same figure changed in its table."""

from __future__ import annotations

import numpy as np
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


def test_the_range_holds_the_likely_value(prepared: Prepared, everything: np.ndarray) -> None:
    operating, years = np.stack([~everything, everything]), np.array([1.0, 2.0])
    found = ranges(prepared, operating, years)
    assert found["with"].likely == pytest.approx(
        evaluate(prepared.instance, operating, years).value, rel=1e-9
    )
    for spread in found.values():
        assert spread.low <= spread.likely <= spread.high
