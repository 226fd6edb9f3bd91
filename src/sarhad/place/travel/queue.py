"""A ring of buckets of cells, each a chain of chunks, so that cells are written and read one after another.

The parts of a queue are separate arrays, for passing one object around costs more than the search itself.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Int32Array = npt.NDArray[np.int32]
RING = 4096  # buckets
CHUNK = 64  # cells a chunk
USED, FREE = 0, 1  # places of the numbers of chunks in use or once used, and of those free again
ROOM = 17  # chunks that the pushes of one cell may take


@njit(cache=True, nogil=True)
def new_queue() -> tuple[Int32Array, Int32Array, Int32Array, Int32Array, Int32Array]:
    """Return cells and links of the chunks, chunk and fill of each bucket, and the numbers of chunks."""
    chunks = 2 * RING
    return (
        np.empty(chunks * CHUNK, dtype=np.int32),
        np.empty(2 * chunks, dtype=np.int32),
        np.full(RING, -1, dtype=np.int32),
        np.zeros(RING, dtype=np.int32),
        np.zeros(2, dtype=np.int32),
    )


@njit(cache=True, nogil=True)
def grown(cells: Int32Array, link: Int32Array) -> tuple[Int32Array, Int32Array]:
    """Return the arrays with room for twice the chunks; `link` holds links, then free chunks."""
    half = len(link) // 2
    more = np.empty(2 * len(link), dtype=np.int32)
    more[:half] = link[:half]
    more[2 * half : 3 * half] = link[half:]
    return np.concatenate((cells, np.empty_like(cells))), more


@njit(cache=True, nogil=True, inline="always")
def push(
    cells: Int32Array,
    link: Int32Array,
    head: Int32Array,
    fill: Int32Array,
    count: Int32Array,
    slot: int,
    cell: int,
) -> None:
    """Put a cell into a bucket."""
    chunk = head[slot]
    at = fill[slot]
    if chunk < 0 or at == CHUNK:
        before = chunk
        if count[FREE] > 0:
            count[FREE] -= 1
            chunk = link[len(link) // 2 + count[FREE]]
        else:
            chunk = count[USED]
            count[USED] += 1
        link[chunk] = before
        head[slot] = chunk
        at = 0
    cells[chunk * CHUNK + at] = cell
    fill[slot] = at + 1


@njit(cache=True, nogil=True, inline="always")
def take(
    cells: Int32Array, link: Int32Array, head: Int32Array, fill: Int32Array, count: Int32Array, slot: int
) -> int:
    """Take a cell out of a bucket; -1 when it is empty."""
    chunk = head[slot]
    if chunk < 0:
        return -1
    at = fill[slot] - 1
    cell = cells[chunk * CHUNK + at]
    if at == 0:
        head[slot] = link[chunk]
        at = CHUNK
        link[len(link) // 2 + count[FREE]] = chunk
        count[FREE] += 1
    fill[slot] = at
    return int(cell)
