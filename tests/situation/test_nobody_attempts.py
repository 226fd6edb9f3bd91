"""A threat whose rate is 0 is nobody's attempt: it neither breaks the fit nor the game that a plan is found for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sarhad.plan.cuts import grouping
from sarhad.plan.game import changeable
from sarhad.programme import Programme
from sarhad.workflow.prepare import prepare


@pytest.mark.parametrize("has_other", [False, True])
def test_a_calibrated_threat_with_rate_zero_leaves_the_game_finite(tiny: Programme, has_other: bool) -> None:
    threat, traffic = tiny["threat"], tiny["traffic"]
    none = threat["id"] == "DRUGS"
    threat.loc[none, ["rate_low", "rate", "rate_high"]] = 0.0
    if has_other:
        other = threat[none].assign(id="ARMS", rate_low=10.0, rate=20.0, rate_high=40.0)
        threat = pd.concat([threat, other])
        traffic = pd.concat([traffic, traffic[:1].assign(id="ARMS", threat_id="ARMS", share=1.0)])
    prepared = prepare(tiny.with_changes({"threat": threat, "traffic": traffic}))
    game, _ = changeable(prepared.instance)
    assert (game.weight > 0).all()
    assert (len(game.weight) > 0) == has_other
    assert np.isfinite(grouping(game).low).all()
