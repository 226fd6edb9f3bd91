"""The files of views along a line: a table of posts, a raster of counts, figures, bits."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import Window

from sarhad.place.corridor_elevation import CorridorElevation
from sarhad.place.corridor_views import CorridorViews
from sarhad.place.viewshed import ViewSpec
from sarhad.workflow.outcome import plain
from sarhad.workflow.post_files import Post
from sarhad.workflow.steps import OnStep, Step

BLOCK = 512  # cells of a side of the raster's tiles
STRIP = 2 * BLOCK  # rows written together
POST_COLUMNS = ("id", "lon", "lat", "elevation_m", "area_km2", "share_of_circle", "row", "column")
BITS_COLUMNS = ("bits_file", "bits_number")


def write_posts(
    path: Path,
    posts: list[Post],
    cells: npt.NDArray[np.int64],
    heights: npt.NDArray[np.float32],
    seen: CorridorViews,
    spec: ViewSpec,
    cell_m: float,
    keeps_bits: bool,
) -> None:
    """Write a row for each post; what it sees stays empty where it was not reached."""
    reach, square = spec.reach(cell_m)
    across = np.arange(-reach, reach + 1)
    circle = int((2 * np.floor(np.sqrt(square - across**2)) + 1).sum())
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(POST_COLUMNS + (BITS_COLUMNS if keeps_bits else ()))
        for n, post in enumerate(posts):
            count = int(seen.cells[n])
            found = [f"{count * cell_m**2 / 1e6:.6g}", f"{count / circle:.6g}"] if count >= 0 else ["", ""]
            bits = [seen.bits_name(n), int(seen.place[n])] if keeps_bits and count >= 0 else []
            rows.writerow(
                [post.name, post.lon, post.lat, f"{heights[n]:.6g}", *found, *cells[n].tolist(), *bits]
            )


def write_count(path: Path, land: CorridorElevation, seen: CorridorViews, on_step: OnStep) -> None:
    """Write the counts as a GeoTIFF, strip after strip."""
    height, width = land.shape
    how = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "compress": "deflate", "sparse_ok": True}
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype="uint16", bigtiff="if_safer",
        crs=land.crs.to_wkt(), transform=land.transform, **how,
    ) as file:  # fmt: skip
        for top in range(0, height, STRIP):
            part = seen.count()[
                top : top + STRIP
            ]  # opened anew, so that no more than a strip stays in memory
            if part.any():
                file.write(np.array(part), 1, window=Window(0, top, width, len(part)))
            on_step(Step("write", min((top + STRIP) / height, 1.0), path.name, keeps_answer=True))


def write_figures(path: Path, payload: Mapping[str, Any]) -> None:
    """Write the figures as JSON."""
    path.write_text(json.dumps(plain(payload), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def tidy(folder: Path) -> None:
    """Leave what the folder is for."""
    views = folder / "views"
    for bits in sorted(views.glob("bits-*.npy")):
        bits.replace(folder / bits.name)
    (views / "count.npy").unlink()
    views.rmdir()
    (folder / "elevation.npy").unlink()
