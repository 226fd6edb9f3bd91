from __future__ import annotations

import re

import numpy as np
import pytest
from tiny_games import tiny_game

from sarhad.detection import (
    CrossingLogit,
    Informed,
    Logit,
    NonAdaptive,
    PartlyInformed,
    evaluate,
    evaluation_bytes,
    standing,
    standing_bytes,
)
from sarhad.errors import SpecError

NOTHING, YEAR = np.zeros((1, 5), bool), np.ones(1)


def test_too_little_memory_is_refused_before_the_start_with_both_figures_and_a_remedy():
    game = tiny_game(0)
    needed = evaluation_bytes(game)
    with pytest.raises(SpecError, match=re.escape("evaluate would take about")) as caught:
        evaluate(game, NOTHING, YEAR, memory_limit_bytes=needed - 1)
    assert "are allowed. Evaluate fewer movers at once, or on a coarser network. Or allow more." in str(
        caught.value
    )
    assert evaluate(game, NOTHING, YEAR, memory_limit_bytes=needed).value > 0.0


def test_what_ifs_need_more_memory_for_each_state():
    game = tiny_game(0)
    plan = np.array([[True] * 5, [False] * 5])
    with pytest.raises(SpecError, match="what-ifs would take about"):
        standing(game, plan, np.ones(2), memory_limit_bytes=standing_bytes(game, 2) - 1)
    assert standing_bytes(game, 2) > standing_bytes(game, 1) > evaluation_bytes(game)


def test_periods_do_not_multiply_what_an_evaluation_needs():
    game = tiny_game(0, n_side=60)
    assert evaluation_bytes(game, 20) < 2 * evaluation_bytes(game, 1)


@pytest.mark.parametrize("mover", [PartlyInformed(NOTHING[0]), CrossingLogit(4.0), NonAdaptive(), Logit(4.0)])
def test_no_mover_needs_less_than_an_informed_one(mover):
    assert evaluation_bytes(tiny_game(0), 1, mover) >= evaluation_bytes(tiny_game(0), 1, Informed())
