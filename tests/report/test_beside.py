from __future__ import annotations

import numpy as np
import pytest

from sarhad.report.figures.beside import beside


@pytest.mark.parametrize(("is_inside_left", "side"), [(True, 1.0), (False, -1.0)])
def test_a_sign_on_the_line_moves_to_the_own_side(is_inside_left: bool, side: float) -> None:
    # a line from west to east: left of it is north
    line = np.column_stack([np.linspace(0, 100, 101), np.zeros(101)])
    ((x, y),) = beside(np.array([[50.0, 0.0]]), line, 5.0, is_inside_left=is_inside_left)
    assert (x, y) == pytest.approx((50.0, 5.0 * side))


def test_signs_of_one_site_hide_neither_the_line_nor_each_other() -> None:
    line = np.column_stack([np.linspace(0, 100, 401), 3 * np.sin(np.linspace(0, 12, 401))])
    places = beside(np.full((8, 2), (50.0, 0.0)), line, 4.0, is_inside_left=True)
    gaps = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    assert gaps[~np.eye(8, dtype=bool)].min() >= 3.9
    assert np.hypot(*(places[:, None] - line[None]).transpose(2, 0, 1)).min() >= 3.9
