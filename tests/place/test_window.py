"""Squares about cells that reach over the edge of a grid."""

from __future__ import annotations

import numpy as np
import pytest

from sarhad.place.window import overlap


@pytest.mark.parametrize("cell", [(0, 0), (4, 6), (2, 3), (0, 6), (4, 0)])
@pytest.mark.parametrize("reach", [0, 1, 3, 20])
def test_the_parts_hold_the_same_cells(cell: tuple[int, int], reach: int) -> None:
    # every cell of the square is named by its place on the grid, so both parts must read alike
    rows, cols = np.indices((5, 7))
    side = np.arange(-reach, reach + 1)
    here, there = overlap(rows.shape, *cell, reach)
    square = np.broadcast_to(cell[0] + side[:, None], (len(side), len(side)))
    assert np.array_equal(rows[here], square[there])
    square = np.broadcast_to(cell[1] + side, (len(side), len(side)))
    assert np.array_equal(cols[here], square[there])
    near = (abs(rows - cell[0]) <= reach) & (abs(cols - cell[1]) <= reach)
    assert rows[here].size == near.sum()
