"""What thousands of posts along a line see, written as a folder: a raster of counts, a table of posts, their bits."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from sarhad.errors import RefusedError, SpecError
from sarhad.place.border import Line
from sarhad.place.corridor import Corridor, to_metres
from sarhad.place.corridor_elevation import CorridorElevation, corridor_elevation, placed
from sarhad.place.corridor_views import CorridorViews, corridor_views, tile_for
from sarhad.place.mosaic import Mosaic, Sea, open_rasters
from sarhad.place.projection import choose_projection
from sarhad.place.viewshed import ViewSpec
from sarhad.place.viewshed.many import require_posts
from sarhad.programme.geodesy import chainage_km
from sarhad.workflow.corridor_files import tidy, write_count, write_figures, write_posts
from sarhad.workflow.creating import read_line
from sarhad.workflow.folders import require_writable
from sarhad.workflow.line_shares import line_shares
from sarhad.workflow.outcome import Outcome
from sarhad.workflow.post_files import Post, read_lines
from sarhad.workflow.steps import OnStep, Step
from sarhad.workflow.sweep import sweep

MOST_OFF_KM = 100.0  # from the line to a post where no margin is given
GIGABYTE = 1e9


@dataclass(frozen=True)
class Along:
    """What is asked of views along a line beside how a post looks.

    Parameters
    ----------
    border
        GeoJSON of the line.
    margin_km
        Ground to each side of the line; None: what the posts can see.
    cell_m
        Width of a cell; None: that of the finest raster.
    sea
        What stands where there is no land.
    lines
        GeoJSON of lines whose share seen is told.
    keeps_bits
        Keep the cells that each post sees.
    workers
        Threads here, or with a scheduler the tiles at once; None: as many as processors.
    scheduler
        Address of a Dask scheduler.
    memory_gb
        That reading and looking may take.
    """

    border: Path
    margin_km: float | None = None
    cell_m: float | None = None
    sea: Sea = Sea.AS_GIVEN
    lines: Path | None = None
    keeps_bits: bool = False
    workers: int | None = None
    scheduler: str | None = None
    memory_gb: float = 4.0

    @property
    def tiles_at_once(self) -> int:
        """Return on how many tiles is worked at once."""
        return (self.workers or os.cpu_count() or 1) if self.scheduler else 1

    @property
    def threads(self) -> int:
        """Return the threads within a tile."""
        return 1 if self.scheduler else (self.workers or os.cpu_count() or 1)

    def require_possible(self) -> None:
        """Raise SpecError with every fault."""
        numbers = {"margin-km": self.margin_km, "cell": self.cell_m, "memory-gb": self.memory_gb}
        faults = [
            f"--{name}: {value} is no number above 0."
            for name, value in numbers.items()
            if value is not None and not (np.isfinite(value) and value > 0.0)
        ]
        if self.workers is not None and self.workers < 1:
            faults.append(f"--workers: {self.workers} is none. Give 1 or more.")
        if faults:
            raise SpecError("\n".join(faults))


def view_along(
    dems: list[Path], posts: list[Post], out: Path, spec: ViewSpec, *, asked: Along, on_step: OnStep
) -> Outcome:
    """Return what posts along a line see, and write it to a folder as a whole or not at all.

    The folder holds ``count.tif`` (how many posts see each cell), ``posts.csv`` (what each sees), ``views.json`` (the
    figures returned, with the grid) and, where asked, ``bits-NNNN.npy``.

    Raises
    ------
    SpecError
        If posts lie off the corridor or on voids, the line on no raster, or the memory is too little.
    RefusedError
        If the folder is there already.
    CrsMismatchError, DataError
        If rasters confuse degrees and metres, or a folder of them disagrees.
    StoreError
        If a file cannot be read, or the disk has no room.
    """
    asked.require_possible()
    if out.exists():
        raise RefusedError(f"-o {out}: is there already. Remove it, or choose another name.")
    require_writable(out.parent)
    lines = read_lines(asked.lines) if asked.lines else []
    course = read_line(asked.border)
    line = _line(course)
    mosaic = open_rasters(dems[0] if len(dems) == 1 else dems, sea=asked.sea)
    cell_m = asked.cell_m or max(0.1, round(mosaic.finest_m, 1))
    reach = spec.reach(cell_m)[0]
    limit = int(asked.memory_gb * GIGABYTE)
    side, needed = tile_for(reach, asked.threads, asked.tiles_at_once, limit)
    width_km, said = _width(line, posts, spec.radius_km, asked.margin_km)
    on_step(Step("plan", 0.0, f"{needed / GIGABYTE:.2f} GB for tiles of {side} cells of {cell_m:g} m"))
    row_bytes = (2 * reach + 1) * ((2 * reach + 8) // 8)
    with placed(out, asked.keeps_bits * len(posts) * row_bytes) as folder:
        folder.mkdir()
        land = _land(mosaic, line, folder / "elevation.npy", width_km, cell_m, limit, on_step)
        cells = land.rowcol([post.lon for post in posts], [post.lat for post in posts])
        require_posts(land.elevation_m(), cells, names=[post.name for post in posts])
        seen = _look(land, cells, spec, folder / "views", asked, limit, on_step)
        shares = line_shares([("border", course), *lines], land.crs.to_wkt(), land.transform, seen.count())
        heights = land.elevation_m()[cells[:, 0], cells[:, 1]]
        payload = _payload(land, seen, posts, spec, line, width_km)
        payload |= {"out": str(out), "share_of_line": shares[0]["share_seen"], "lines": shares[1:]}
        payload["notices"] = [*said, *land.notices, *_said_stop(seen)]
        write_posts(folder / "posts.csv", posts, cells, heights, seen, spec, land.cell_m, asked.keeps_bits)
        write_count(folder / "count.tif", land, seen, on_step)
        write_figures(folder / "views.json", payload)
        tidy(folder)
    return Outcome(payload, _lines)


def _line(course: shapely.LineString) -> Line:
    lon, lat = shapely.get_coordinates(course).T
    return Line(lon, lat, chainage_km(lon, lat), is_inside_left=True)


def _width(
    line: Line, posts: list[Post], radius_km: float, margin_km: float | None
) -> tuple[float, list[str]]:
    """Return the reach of the corridor, and a word on posts whose sight it cuts; raise SpecError for posts off it."""
    crs = choose_projection(line, margin_km or 2.0 * radius_km).crs
    x, y = to_metres(crs).transform([post.lon for post in posts], [post.lat for post in posts])
    off, _, _ = Corridor(line, crs, radius_km).nearest(np.asarray(x), np.asarray(y))
    most = MOST_OFF_KM if margin_km is None else margin_km
    far = np.flatnonzero(~(off <= most))
    if len(far):
        named = ", ".join(f"{posts[n].name} ({off[n]:.1f} km)" for n in far[:5])
        raise SpecError(
            f"posts: {len(far)} of {len(posts)} stand more than {most:g} km off the line: {named}. Move them, or give "
            "--margin-km."
        )
    if margin_km is None:
        return float(np.ceil(10.0 * (off.max() + radius_km)) / 10.0), []
    cut = int((off + radius_km > margin_km).sum())
    return margin_km, (
        [
            f"{cut} of {len(posts)} posts could look beyond the margin of {margin_km:g} km; their sight ends there"
        ]
        if cut
        else []
    )


def _land(
    mosaic: Mosaic, line: Line, path: Path, width_km: float, cell_m: float, limit: int, on_step: OnStep
) -> CorridorElevation:
    return corridor_elevation(
        mosaic,
        line,
        path,
        width_km=width_km,
        cell_m=cell_m,
        memory_limit_bytes=limit,
        on_progress=lambda share: on_step(Step("read", share, f"{share:.0%} of the corridor")),
    )


def _look(
    land: CorridorElevation,
    cells: npt.NDArray[np.int64],
    spec: ViewSpec,
    folder: Path,
    asked: Along,
    limit: int,
    on_step: OnStep,
) -> CorridorViews:
    """Return what the posts see, here or on the workers of a scheduler."""
    total = len(cells)
    return corridor_views(
        land.path,
        land.cell_m,
        cells,
        spec,
        folder,
        keeps_bits=asked.keeps_bits,
        threads=asked.threads,
        memory_limit_bytes=limit,
        mapper=(
            None
            if asked.scheduler is None
            else lambda look, jobs: sweep(look, (), jobs, scheduler=asked.scheduler)
        ),
        workers=asked.tiles_at_once,
        on_progress=lambda n: on_step(Step("look", n / total, f"{n} of {total} posts", keeps_answer=True)),
    )


def _payload(
    land: CorridorElevation,
    seen: CorridorViews,
    posts: list[Post],
    spec: ViewSpec,
    line: Line,
    width_km: float,
) -> dict[str, Any]:
    """Return the figures."""
    km2 = land.cell_m**2 / 1e6
    known = land.cells * (1.0 - land.share_missing)
    done = int((seen.cells >= 0).sum())
    return {
        "posts": len(posts),
        "posts_done": done,
        "stopped": None if done == len(posts) else "interrupt",
        "radius_km": spec.radius_km,
        "method": spec.method,
        "line_km": line.length_km,
        "margin_km": width_km,
        "cell_m": land.cell_m,
        "rows": land.shape[0],
        "columns": land.shape[1],
        "crs": land.crs.to_wkt(),
        "transform": list(land.transform)[:6],
        "distortion": land.distortion,
        "area_km2": seen.union_cells * km2,
        "share_of_corridor": seen.union_cells / known,
        "share_missing": land.share_missing,
        "tiles": int(seen.tile.max()) + 1,
        "memory_gb": seen.memory_bytes / GIGABYTE,
    }


def _said_stop(seen: CorridorViews) -> list[str]:
    left = int((seen.cells < 0).sum())
    return [f"stopped: {left} of {len(seen.cells)} posts were not reached and count nowhere"] if left else []


def _lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{payload['out']}: {payload['posts_done']:,} posts see {payload['area_km2']:,.1f} km2, "
        f"{payload['share_of_corridor']:.1%} of the ground within {payload['margin_km']:g} km of the line, in cells of "
        f"{payload['cell_m']:g} m"
    )
    yield f"  the line: {payload['share_of_line']:.1%} of {payload['line_km']:,.1f} km seen"
    yield from (f"  {line['id']}: {line['share_seen']:.1%} seen" for line in payload["lines"])
    yield f"  memory {payload['memory_gb']:.2f} GB, {payload['tiles']} tiles, projection off by {payload['distortion']:.2%} at most"
    yield from (f"notice: {notice}" for notice in payload["notices"])
