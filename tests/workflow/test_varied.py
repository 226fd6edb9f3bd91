"""One setting at another value, held against a programme that is prepared with that value from the start."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sarhad.detection import evaluate
from sarhad.errors import SpecError
from sarhad.programme import Programme
from sarhad.workflow.assumptions import SETTINGS, swings
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.varied import TOUCHES, WHY, not_varied, value_with_setting, varied_settings

RANGES = {
    "reference_speed_kmh": (3.0, 2.0, 4.0),
    "refraction": (0.13, 0.0, 0.25),
    "choice_theta": (4.0, 1.0, 10.0),
    "deterrence_elasticity": (0.0, 0.0, 1.0),
}


def with_ranges(prog: Programme) -> Programme:
    """The tiny programme with a range for each setting that can be varied."""
    frame = prog["setting"]
    is_depth = frame["id"] == "watch_depth_km"
    frame.loc[is_depth, ["low", "high"]] = [2.5, 4.0]
    frame.loc[is_depth, ["is_assumption", "reasoning"]] = [True, "made up"]
    more = [
        {
            "id": name,
            "value": str(likely),
            "low": low,
            "high": high,
            "is_assumption": True,
            "reasoning": "made up",
        }
        for name, (likely, low, high) in RANGES.items()
    ]
    return prog.with_changes({"setting": pd.concat([frame, pd.DataFrame(more)], ignore_index=True)})


@pytest.fixture(scope="module")
def prepared(tiny: Programme) -> Prepared:
    return prepare(with_ranges(tiny))


@pytest.fixture(scope="module")
def everything(prepared: Prepared) -> np.ndarray:
    return np.ones(prepared.instance.exposure.n_items, dtype=bool)


@pytest.mark.parametrize("name", ["reference_speed_kmh", "choice_theta", "gravity_hours"])
def test_a_setting_that_moves_no_site_gives_what_a_whole_preparation_gives(
    prepared: Prepared, everything: np.ndarray, name: str
) -> None:
    frame = prepared.prog["setting"]
    row = frame.set_index("id").loc[name]
    frame.loc[frame["id"] == name, "value"] = str(row["high"])
    whole = prepare(prepared.prog.with_changes({"setting": frame}))
    assert list(whole.items["id"]) == list(prepared.items["id"])
    expected = evaluate(whole.instance, everything[None, :], np.ones(1)).value
    found = value_with_setting(prepared, everything, name, float(row["high"]))
    # under another gravity other pairs would have shaped the network; the stored one is kept
    assert found == pytest.approx(expected, rel=1e-3 if name == "gravity_hours" else 1e-9)


def test_attempts_react_to_detection_only_in_the_swing_of_deterrence(
    prepared: Prepared, everything: np.ndarray
) -> None:
    game, one = prepared.instance, np.ones(1)
    through = {on: evaluate(game, everything[None, :] & on, one).evade[0] for on in (False, True)}
    least = np.minimum(1.0, through[True] / through[False])
    attempts = game.attempts_per_year * game.consequence[game.threat]
    prevented = evaluate(game, everything[None, :], one).value / (attempts @ through[True])
    found = value_with_setting(prepared, everything, "deterrence_elasticity", 1.0)
    assert found == pytest.approx(prevented * (attempts * least) @ through[True], rel=1e-9)
    assert found < evaluate(game, everything[None, :], one).value


def test_at_its_likely_value_a_setting_changes_nothing(prepared: Prepared, everything: np.ndarray) -> None:
    expected = evaluate(prepared.instance, everything[None, :], np.ones(1)).value
    for name, likely in varied_settings(prepared.prog).set_index("id")["value"].items():
        assert value_with_setting(prepared, everything, str(name), float(likely)) == pytest.approx(
            expected, rel=1e-9
        )


def test_every_setting_with_a_range_is_swung_and_has_a_name(
    prepared: Prepared, everything: np.ndarray
) -> None:
    rows = swings(prepared, everything)
    assert set(rows.loc[rows["table"] == "setting", "row"]) == set(TOUCHES) == set(SETTINGS)


def test_a_setting_that_the_programme_does_not_give_is_refused(tiny: Programme) -> None:
    plain = prepare(tiny)
    final = np.ones(plain.instance.exposure.n_items, dtype=bool)
    with pytest.raises(SpecError, match="setting refraction: the programme does not give it"):
        value_with_setting(plain, final, "refraction", 0.2)


def test_swung_and_not_varied_rows_of_effects_add_up_to_all_of_them(
    prepared: Prepared, everything: np.ndarray
) -> None:
    rows = swings(prepared, everything)
    rest = not_varied(prepared.prog, rows)
    effects = rest[rest["table"] == "effect_parameter"]["rows"].sum()
    swung = (rows["table"] == "effect_parameter").sum()
    assert effects + swung == prepared.prog["effect_parameter"]["is_assumption"].sum()
    assert set(WHY) >= set(rest["table"]) - {"effect_parameter", "threat", "setting"}
    assert (rest["rows"] > 0).all()
