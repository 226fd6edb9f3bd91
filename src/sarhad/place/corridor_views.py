"""What many posts along a line see, tile after tile, in whatever memory there is: the same bits for any tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sarhad.errors import SpecError
from sarhad.place.corridor_elevation import placed
from sarhad.place.viewshed import ViewSpec, memory_bytes, views
from sarhad.place.viewshed.many import require_posts

IntArray = npt.NDArray[np.int64]
CountArray = npt.NDArray[np.uint16]
BitArray = npt.NDArray[np.uint8]

TILE = 4096  # most cells of a side
AT_ONCE = 4  # tiles handed to a mapper for each of its workers, so that no more results wait
STRIP = 1024  # rows of a count looked at together
GIGABYTE = 1e9


@dataclass(frozen=True)
class Job:
    """The posts of a tile, as a worker needs them.

    Parameters
    ----------
    tile
        Its number.
    elevation
        The ``.npy`` file of heights.
    top, left, bottom, right
        Window that holds all that these posts can see.
    cell_m, spec
        Width of a cell; how posts look.
    posts
        Row and column on the whole grid, shape (n, 2).
    bits
        Where their bits go; None: not kept.
    threads
        That look at once.
    """

    tile: int
    elevation: Path
    top: int
    left: int
    bottom: int
    right: int
    cell_m: float
    spec: ViewSpec
    posts: IntArray
    bits: Path | None
    threads: int


@dataclass(frozen=True)
class Seen:
    """What the posts of a tile see: posts that see each cell of its window, cells that each sees (-1: stopped before)."""

    count: CountArray
    cells: IntArray


Mapper = Callable[[Callable[[Job], Seen], Sequence[Job]], Iterable[Seen]]


@dataclass(frozen=True)
class CorridorViews:
    """What posts see along a line.

    Parameters
    ----------
    folder
        Holds ``count.npy`` and, where bits are kept, ``bits-NNNN.npy`` for each tile.
    cells
        Cells that each post sees, shape (n,); -1 for a post not reached before a stop.
    tile, place
        Tile of each post and its number among the posts of that tile, shape (n,).
    tile_cells
        Side of a tile.
    memory_bytes
        Stated before the start.
    union_cells
        Cells that any post sees.
    """

    folder: Path
    cells: IntArray
    tile: IntArray
    place: IntArray
    tile_cells: int
    memory_bytes: int
    union_cells: int

    def count(self) -> CountArray:
        """Return how many posts see each cell, a memory map of the shape of the grid that cannot be written."""
        found: CountArray = np.load(self.folder / "count.npy", mmap_mode="r")
        return found

    def bits_name(self, post: int) -> str:
        """Return the name of the file with the bits of a post, where they were kept."""
        return _bits_file(self.folder, int(self.tile[post])).name

    def bits(self, post: int) -> BitArray:
        """Return what a post sees as of `viewshed.seen_from`; its window is centred on it.

        Raises
        ------
        SpecError
            If bits were not kept.
        """
        path = _bits_file(self.folder, int(self.tile[post]))
        if not path.exists():
            raise SpecError(f"bits of post {post}: they were not kept. Ask for them before the start.")
        return np.array(np.load(path, mmap_mode="r")[self.place[post]])


def corridor_views(
    elevation: Path,
    cell_m: float,
    posts: IntArray,
    spec: ViewSpec,
    out: Path,
    *,
    keeps_bits: bool = False,
    threads: int = 1,
    memory_limit_bytes: int | None = None,
    mapper: Mapper | None = None,
    workers: int = 1,
    on_progress: Callable[[int], bool | None] | None = None,
) -> CorridorViews:
    """Return what posts see over a grid in a file, written to a folder as a whole or not at all.

    Parameters
    ----------
    elevation
        ``.npy`` file of float32 [m], nan where missing, as `corridor_elevation` writes it.
    cell_m
        Width of a cell.
    posts
        Row and column of each, shape (n, 2).
    spec
        How every post looks.
    out
        The folder.
    keeps_bits
        Keep the cells that each post sees.
    threads
        Within a tile.
    memory_limit_bytes
        Tiles are made so small that this suffices; None: of 4096 cells. The files are on disk and not counted.
    mapper
        What applies a function to jobs and gives the results in their order: ``ProcessPoolExecutor.map``, or for Dask
        ``lambda look, jobs: client.gather(client.map(look, jobs))``, whose workers must reach the files under the same
        names. None: one tile after another, here.
    workers
        Tiles that the mapper works on at once; memory is needed for each.
    on_progress
        Called with the posts done; False stops, and the posts done so far count.

    Raises
    ------
    SpecError
        If posts lie off the grid or on cells without elevation, or one post needs more memory than there is.
    StoreError
        If the disk has no room, or the folder cannot be written.

    Notes
    -----
    A tile is read with a margin of the radius, so each post sees what it would over the whole grid, and counts are whole
    numbers whose sum knows no order: the result is the same for any tiles, threads, processes and machines.
    """
    grid = np.load(elevation, mmap_mode="r")
    shape = grid.shape
    require_posts(grid, posts)
    del grid
    reach, _ = spec.reach(cell_m)
    side, needed = tile_for(reach, threads, workers, memory_limit_bytes)
    tile, place, order = _tiles(posts, side)
    row_bytes = (2 * reach + 1) * ((2 * reach + 8) // 8)
    cells = np.full(len(posts), -1, dtype=np.int64)
    with placed(out, 2 * shape[0] * shape[1] + keeps_bits * len(posts) * row_bytes) as folder:
        folder.mkdir()
        np.lib.format.open_memmap(folder / "count.npy", mode="w+", dtype=np.uint16, shape=shape)
        jobs = [
            _job(
                number,
                elevation,
                shape,
                cell_m,
                spec,
                posts[of],
                reach,
                folder if keeps_bits else None,
                threads,
            )
            for number, of in enumerate(order)
        ]
        for job, seen in _looked(jobs, mapper, workers, on_progress):
            cells[order[job.tile]] = seen.cells
            _add(folder / "count.npy", job, seen.count)
        union = _union(folder / "count.npy")
    return CorridorViews(out, cells, tile, place, side, needed, union)


def look(job: Job) -> Seen:
    """Return what the posts of a tile see; runs wherever the files can be reached."""
    return _look(job, None)


def _look(job: Job, on_progress: Callable[[int], bool | None] | None) -> Seen:
    grid = np.load(job.elevation, mmap_mode="r")
    ground = np.array(grid[job.top : job.bottom, job.left : job.right])
    del grid
    found = views(
        ground,
        job.cell_m,
        job.posts - np.array([job.top, job.left]),
        job.spec,
        threads=job.threads,
        bits_file=job.bits,
        on_progress=on_progress,
    )
    return Seen(found.count, found.cells)


def _looked(
    jobs: Sequence[Job],
    mapper: Mapper | None,
    workers: int,
    on_progress: Callable[[int], bool | None] | None,
) -> Iterator[tuple[Job, Seen]]:
    """Yield every job and what was seen, until `on_progress` says stop."""
    done, is_stopped = 0, False

    def tell(more: int) -> bool | None:
        nonlocal is_stopped
        is_stopped = on_progress is not None and on_progress(done + more) is False
        return not is_stopped

    each = 1 if mapper is None else AT_ONCE * workers
    for first in range(0, len(jobs), each):
        some = jobs[first : first + each]
        found = [_look(some[0], tell)] if mapper is None else mapper(look, some)
        for job, seen in zip(some, found, strict=True):
            yield job, seen
            done += len(job.posts)
            if mapper is not None:
                tell(0)
        if is_stopped:
            return


def tile_for(reach: int, threads: int, workers: int, limit: int | None) -> tuple[int, int]:
    """Return the side of a tile for which the memory suffices, and the memory.

    Raises
    ------
    SpecError
        If not even a single post fits.
    """
    side = TILE
    while True:
        window = side + 2 * reach
        needed = workers * (memory_bytes((window, window), reach, threads) + 2 * window * window)
        if limit is None or needed <= limit:
            return side, needed
        if side == 1:
            raise SpecError(
                f"memory: {needed / GIGABYTE:.2f} GB are needed for a single post, {limit / GIGABYTE:.2f} GB allowed. Give "
                "fewer threads or workers, a smaller radius, or allow more."
            )
        side //= 2


def _tiles(posts: IntArray, side: int) -> tuple[IntArray, IntArray, list[IntArray]]:
    """Return tile of each post, its number among the posts of that, and the posts of each tile."""
    _, tile = np.unique(posts // side, axis=0, return_inverse=True)
    order = np.argsort(tile, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(tile[order])) + 1) if len(posts) else []
    place = np.empty(len(posts), dtype=np.int64)
    for group in groups:
        place[group] = np.arange(len(group))
    return tile.astype(np.int64), place, groups


def _job(
    number: int,
    elevation: Path,
    shape: tuple[int, int],
    cell_m: float,
    spec: ViewSpec,
    posts: IntArray,
    reach: int,
    folder: Path | None,
    threads: int,
) -> Job:
    (top, left), (bottom, right) = posts.min(axis=0) - reach, posts.max(axis=0) + reach + 1
    return Job(
        number,
        elevation.resolve(),
        max(int(top), 0),
        max(int(left), 0),
        min(int(bottom), shape[0]),
        min(int(right), shape[1]),
        cell_m,
        spec,
        posts,
        None if folder is None else _bits_file(folder.resolve(), number),
        threads,
    )


def _bits_file(folder: Path, tile: int) -> Path:
    return folder / f"bits-{tile:04d}.npy"


def _add(path: Path, job: Job, count: CountArray) -> None:
    """Add the counts of a tile to those in the file, which is opened anew so that it does not stay in memory."""
    whole = np.load(path, mmap_mode="r+")
    whole[job.top : job.bottom, job.left : job.right] += count


def _union(path: Path) -> int:
    """Return how many cells any post sees."""
    count = np.load(path, mmap_mode="r")
    return sum(int(np.count_nonzero(count[top : top + STRIP])) for top in range(0, len(count), STRIP))
