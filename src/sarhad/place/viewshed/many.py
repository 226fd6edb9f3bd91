"""What many posts see: a count for each cell, a number for each post, and all the bits if asked."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.errors import SpecError
from sarhad.place.viewshed.ring import BitArray, Float32Array
from sarhad.place.viewshed.spec import ViewSpec, seen_from

IntArray = npt.NDArray[np.int64]
CountArray = npt.NDArray[np.uint16]
MOST_POSTS = 65_535  # what a count can hold


@dataclass(frozen=True)
class Views:
    """What posts see.

    Parameters
    ----------
    count
        Posts that see each cell, shape (h, w).
    cells
        Cells that each post sees, shape (n,); -1 for a post not reached before a stop.
    bits
        Window of each post as of `seen_from`, shape (n, 2 k + 1, ceil((2 k + 1) / 8)); None if not kept.
    """

    count: CountArray
    cells: IntArray
    bits: BitArray | None


def memory_bytes(shape: tuple[int, int], reach: int, threads: int) -> int:
    """Return what a run needs beyond bits kept in a file: heights, counts and a window for each thread."""
    side = 2 * reach + 1
    return shape[0] * shape[1] * (4 + 2) + threads * (2 * side * side + 4 * side * (reach // 16 + 24))


def views(
    elevation: Float32Array,
    cell_m: float,
    posts: IntArray,
    spec: ViewSpec,
    *,
    threads: int | None = None,
    memory_limit_bytes: int | None = None,
    bits_file: Path | None = None,
    on_progress: Callable[[int], bool | None] | None = None,
) -> Views:
    """Return what posts see; the same whatever the number of threads.

    Parameters
    ----------
    elevation
        Metres, nan where missing, shape (h, w); may be a memory map.
    cell_m
        Width of a cell.
    posts
        Row and column of each, shape (n, 2).
    spec
        How every post looks.
    threads
        None: as many as processors.
    memory_limit_bytes
        Refuse before the start what needs more; None: no limit.
    bits_file
        Where the bits of every post go, memory-mapped (``.npy``); None: not kept.
    on_progress
        Called with the posts done; False stops, and the posts done so far count.

    Raises
    ------
    SpecError
        If posts lie off the grid or on cells without elevation, or there is too little memory.
    """
    require_posts(elevation, posts)
    threads = threads or os.cpu_count() or 1
    reach, _ = spec.reach(cell_m)
    needed = memory_bytes((elevation.shape[0], elevation.shape[1]), reach, threads)
    if memory_limit_bytes is not None and needed > memory_limit_bytes:
        raise SpecError(
            f"memory: {needed / 1e9:.2f} GB are needed, {memory_limit_bytes / 1e9:.2f} GB allowed. "
            "Give fewer threads, a smaller radius, or a part of the terrain."
        )
    side = 2 * reach + 1
    shape = (len(posts), side, (side + 7) // 8)
    bits = None
    if bits_file is not None:
        bits = np.lib.format.open_memmap(bits_file, mode="w+", dtype=np.uint8, shape=shape)
    found = Views(np.zeros(elevation.shape, dtype=np.uint16), np.full(len(posts), -1, dtype=np.int64), bits)
    lock, stop = threading.Lock(), threading.Event()
    done = 0

    def look(number: int) -> None:
        nonlocal done
        if stop.is_set():
            return
        row, col = int(posts[number, 0]), int(posts[number, 1])
        seen = seen_from(elevation, cell_m, row, col, spec)
        if found.bits is not None:
            found.bits[number] = seen
        with lock:
            found.cells[number] = add_bits(found.count, seen, row, col)
            done += 1
            if on_progress is not None and on_progress(done) is False:
                stop.set()

    with ThreadPoolExecutor(threads) as pool:
        try:
            list(pool.map(look, range(len(posts))))
        except BaseException:
            stop.set()
            raise
    return found


def require_posts(elevation: Float32Array, posts: IntArray, *, names: Sequence[str] | None = None) -> None:
    """Raise SpecError naming every post off the grid or on a cell without elevation, by number where no name is given."""
    if len(posts) > MOST_POSTS:
        raise SpecError(
            f"posts: {len(posts)} are more than a count can hold ({MOST_POSTS}). Give them in parts."
        )
    height, width = elevation.shape
    inside = (posts >= 0).all(axis=1) & (posts[:, 0] < height) & (posts[:, 1] < width)
    void = inside.copy()
    void[inside] = np.isnan(elevation[posts[inside, 0], posts[inside, 1]])
    faults = []
    for what, at in (("lie outside the terrain", ~inside), ("stand where it has no elevation", void)):
        if at.any():
            named = ", ".join(
                f"{n if names is None else names[n]} (row {posts[n, 0]}, column {posts[n, 1]})"
                for n in np.flatnonzero(at)[:5]
            )
            faults.append(
                f"posts: {at.sum()} of {len(posts)} {what}: {named}. Move them or give more terrain."
            )
    if faults:
        raise SpecError("\n".join(faults))


def best_height(
    elevation: Float32Array, cell_m: float, posts: IntArray, spec: ViewSpec, *, more_m: float
) -> tuple[IntArray, IntArray]:
    """Return the cells each post sees, and those it sees more with a mast higher by `more_m`."""
    now = views(elevation, cell_m, posts, spec).cells
    higher = replace(spec, observer_height_m=spec.observer_height_m + more_m)
    return now, views(elevation, cell_m, posts, higher).cells - now


@njit(cache=True, nogil=True)
def add_bits(count: CountArray, bits: BitArray, row: int, col: int) -> int:
    """Add a window to the count of the cells it covers; return its cells."""
    reach = bits.shape[0] // 2
    cells = 0
    for r in range(bits.shape[0]):
        for q in range(bits.shape[1]):
            byte = bits[r, q]
            if byte == 0:
                continue
            for k in range(8):
                if (byte >> k) & 1:
                    count[row + r - reach, col + 8 * q + k - reach] += 1
                    cells += 1
    return cells
