"""A ring of buckets of cells, each a chain of chunks, so that cells are written and read one after another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Int32Array = npt.NDArray[np.int32]
RING = 4096  # buckets
CHUNK = 64  # cells a chunk

# cells of the chunks, the chunk before each, free chunks; chunk and fill of each bucket; chunks, free chunks
Queue = tuple[Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, int, int]


@njit(cache=True, nogil=True)
def new_queue() -> Queue:
    """Return an empty queue."""
    chunks = 2 * RING
    return (
        np.empty(chunks * CHUNK, dtype=np.int32),
        np.empty(chunks, dtype=np.int32),
        np.empty(chunks, dtype=np.int32),
        np.full(RING, -1, dtype=np.int32),
        np.zeros(RING, dtype=np.int32),
        0,
        0,
    )


@njit(cache=True, nogil=True, inline="always")
def push(queue: Queue, slot: int, cell: int) -> Queue:
    """Put a cell into a bucket."""
    cells, link, free, head, fill, used, n_free = queue
    if head[slot] < 0 or fill[slot] == CHUNK:
        if n_free > 0:
            n_free -= 1
            chunk = free[n_free]
        else:
            if used == len(link):
                cells = np.concatenate((cells, np.empty_like(cells)))
                link = np.concatenate((link, np.empty_like(link)))
                free = np.concatenate((free, np.empty_like(free)))
            chunk = np.int32(used)
            used += 1
        link[chunk] = head[slot]
        head[slot], fill[slot] = chunk, 0
    cells[head[slot] * CHUNK + fill[slot]] = cell
    fill[slot] += 1
    return cells, link, free, head, fill, used, n_free


@njit(cache=True, nogil=True, inline="always")
def take(queue: Queue, slot: int) -> tuple[int, Queue]:
    """Take a cell out of a bucket; -1 when it is empty."""
    cells, link, free, head, fill, used, n_free = queue
    chunk = head[slot]
    if chunk < 0:
        return -1, queue
    fill[slot] -= 1
    cell = cells[chunk * CHUNK + fill[slot]]
    if fill[slot] == 0:
        head[slot] = link[chunk]
        fill[slot] = CHUNK if head[slot] >= 0 else 0
        free[n_free] = chunk
        n_free += 1
    return int(cell), (cells, link, free, head, fill, used, n_free)
