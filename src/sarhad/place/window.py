"""Where a square about a cell and a grid meet."""

from __future__ import annotations

Part = tuple[slice, slice]  # rows and columns


def overlap(shape: tuple[int, ...], row: int, col: int, reach: int) -> tuple[Part, Part]:
    """Return the part of a grid within so many cells of one, and the part of the square of ``2 reach + 1`` that it is."""
    top, left = max(row - reach, 0), max(col - reach, 0)
    below, beside = min(row + reach + 1, shape[0]), min(col + reach + 1, shape[1])
    of_grid = slice(top, below), slice(left, beside)
    down, right = top - row + reach, left - col + reach
    return of_grid, (slice(down, down + below - top), slice(right, right + beside - left))
