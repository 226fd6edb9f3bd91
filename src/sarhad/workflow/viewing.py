"""What posts see over any elevation model, written as a raster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine

from sarhad.errors import SpecError
from sarhad.place.viewshed import ViewSpec, best_height, chance_seen, draws_bytes, views
from sarhad.place.viewshed.many import require_posts
from sarhad.programme.written import write_whole
from sarhad.workflow.folders import require_free
from sarhad.workflow.line_shares import line_shares
from sarhad.workflow.outcome import Outcome
from sarhad.workflow.post_files import Post, read_lines
from sarhad.workflow.steps import OnStep, Step
from sarhad.workflow.surroundings import Surroundings, surroundings

ERROR_M, RANGE_M = 4.0, 90.0  # of the elevation model where draws are asked


@dataclass(frozen=True)
class Viewing:
    """What is asked beside how a post looks.

    Parameters
    ----------
    draws
        Terrains drawn for the chance to be seen, of one post; 0 for none.
    error_m, range_m
        Standard deviation and length of correlation of the elevation error.
    seed
        Of the draws.
    more_height_m
        Of a higher mast that is tried at each post; 0 for none.
    lines
        GeoJSON of lines whose share seen is told.
    memory_gb
        That reading and looking may take.
    """

    draws: int = 0
    error_m: float = ERROR_M
    range_m: float = RANGE_M
    seed: int = 1
    more_height_m: float = 0.0
    lines: Path | None = None
    memory_gb: float = 4.0

    def require_possible(self, posts: int) -> None:
        """Raise SpecError with every fault."""
        faults = []
        if self.draws and posts > 1:
            faults.append(
                f"--draws: {posts} posts are given. Ask for the chance to be seen by one post at a time."
            )
        if not (np.isfinite(self.more_height_m) and self.more_height_m >= 0.0):
            faults.append(f"--more-height: {self.more_height_m} is not a height in metres, 0 or more.")
        if not self.memory_gb > 0.0:
            faults.append(f"--memory-gb: {self.memory_gb} is not above 0.")
        if faults:
            raise SpecError("\n".join(faults))


def view_from(
    dem: Path,
    posts: list[Post],
    out: Path,
    spec: ViewSpec,
    *,
    asked: Viewing,
    is_replacing: bool = False,
    on_step: OnStep,
) -> Outcome:
    """Return what posts see and write it as a GeoTIFF.

    Of one post 1 seen, 0 hidden, or with draws the chance, about it as far as it looks; of several the number
    that see each cell.

    Raises
    ------
    CrsMismatchError
        If the raster has no coordinate system, or degrees under the name of metres.
    SpecError
        If a post lies outside or on a void, or the memory is too little.
    StoreError
        If a file cannot be read or the result not be written.
    """
    asked.require_possible(len(posts))
    require_free(out, dem, is_replacing=is_replacing)
    lines = read_lines(asked.lines) if asked.lines else []
    ground = surroundings(dem, posts, spec, memory_limit_bytes=asked.memory_gb * 1e9)
    require_posts(ground.elevation, ground.cells, names=[post.name for post in posts])
    cover, cells, made = _look(ground, spec, asked, on_step)
    payload = _payload(ground, posts, spec, cover, cells, made)
    payload["out"] = str(out)
    if asked.more_height_m > 0.0:
        _, more = best_height(ground.elevation, ground.cell_m, ground.cells, spec, more_m=asked.more_height_m)
        for row, extra in zip(payload["posts"], more, strict=True):
            row["more_height_m"], row["more_area_km2"] = (
                asked.more_height_m,
                float(extra) * ground.cell_m**2 / 1e6,
            )
    if lines:
        payload["lines"] = line_shares(lines, ground.wkt, ground.transform, cover)
    shown = _shown(ground, spec, cover)
    write_whole(out, lambda path: _write(path, *shown, ground.wkt))
    return Outcome(payload, _lines)


def _look(
    ground: Surroundings, spec: ViewSpec, asked: Viewing, on_step: OnStep
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64], int]:
    """Return what is seen on the grid (count, or chance), the cells each post sees, and the draws made."""
    if not asked.draws:
        total = len(ground.cells)
        found = views(
            ground.elevation,
            ground.cell_m,
            ground.cells,
            spec,
            on_progress=lambda n: on_step(Step("look", n / total, f"{n} of {total} posts")),
        )
        if (found.cells < 0).any():
            raise KeyboardInterrupt
        return found.count, found.cells, 0
    needed = draws_bytes(spec.reach(ground.cell_m)[0], ground.cell_m, asked.range_m)
    if needed > asked.memory_gb * 1e9:
        raise SpecError(
            f"memory: the draws need {needed / 1e9:.2f} GB, {asked.memory_gb:g} GB allowed. "
            "Give a smaller radius, or more with --memory-gb."
        )
    row, col = (int(at) for at in ground.cells[0])
    share, made = chance_seen(
        ground.elevation,
        ground.cell_m,
        row,
        col,
        spec,
        draws=asked.draws,
        error_m=asked.error_m,
        range_m=asked.range_m,
        seed=asked.seed,
        on_progress=lambda n: on_step(
            Step("look", n / asked.draws, f"{n} of {asked.draws} draws", keeps_answer=True)
        ),
    )
    cover = ground.laid(share, row, col)
    return cover, np.array([-1]), made


def _payload(
    ground: Surroundings,
    posts: list[Post],
    spec: ViewSpec,
    cover: npt.NDArray[Any],
    cells: npt.NDArray[np.int64],
    made: int,
) -> dict[str, Any]:
    """Return the figures."""
    is_chance = made > 0
    seen = float(cover.sum(dtype=np.float64)) if is_chance else float((cover > 0).sum())
    km2 = ground.cell_m**2 / 1e6
    heights = ground.elevation[ground.cells[:, 0], ground.cells[:, 1]]
    return {
        "lon": posts[0].lon,
        "lat": posts[0].lat,
        "elevation_m": float(heights[0]),
        "cell_m": ground.cell_m,
        "radius_km": spec.radius_km,
        "method": spec.method,
        "draws": made,
        "cells_seen": seen,
        "area_km2": seen * km2,
        "cells_without_elevation": int(np.isnan(ground.elevation).sum()),
        "notices": list(ground.notices),
        "posts": [
            {
                "id": post.name,
                "lon": post.lon,
                "lat": post.lat,
                "elevation_m": float(height),
                "area_km2": (seen if is_chance else float(count)) * km2,
            }
            for post, height, count in zip(posts, heights, cells, strict=True)
        ],
    }


def _shown(ground: Surroundings, spec: ViewSpec, cover: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Affine]:
    """Return what is written and its place: of one post the square about it, of several all ground read."""
    if len(ground.cells) > 1:
        return cover, ground.transform
    reach = spec.reach(ground.cell_m)[0]
    row, col = (int(at) for at in ground.cells[0])
    window = ground.square(cover, row, col, reach)
    return window, ground.transform @ Affine.translation(col - reach, row - reach)


def _lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield f"{payload['out']}: {payload['area_km2']:.2f} km2 seen in cells of {payload['cell_m']:.1f} m"
    for post in payload["posts"]:
        more = (
            f", {post['more_height_m']:g} m more {post['more_area_km2']:.2f} km2 more"
            if "more_height_m" in post
            else ""
        )
        if more or len(payload["posts"]) > 1:
            yield f"  {post['id']}: {post['area_km2']:.2f} km2{more}"
    for line in payload.get("lines", ()):
        yield f"  {line['id']}: {line['share_seen']:.1%} seen"
    yield from (f"notice: {notice}" for notice in payload["notices"])


def _write(path: Path, cover: npt.NDArray[Any], transform: Affine, wkt: str) -> None:
    profile = {"driver": "GTiff", "width": cover.shape[1], "height": cover.shape[0], "count": 1}
    with rasterio.open(
        path, "w", **profile, dtype=cover.dtype, crs=wkt, transform=transform, compress="deflate"
    ) as file:
        file.write(cover, 1)
