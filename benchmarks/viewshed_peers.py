"""What other programs need for the views that `viewshed.py` times: each runs in a process of its own.

    python benchmarks/viewshed_peers.py gdal TASK.json      with TASK["library"], a libgdal
    PYTHON benchmarks/viewshed_peers.py xrspatial TASK.json with xarray-spatial installed in that Python
    grass --tmp-location XY --exec python3 benchmarks/viewshed_peers.py grass TASK.json

Heights come in and views go out as numpy files; the times, on standard output as JSON, are those of the views alone:
GDAL reads and writes memory (MEM) through its C interface; of GRASS the same command with a radius of two cells is taken
off, so that starting, reading the region and writing it do not count; xarray-spatial is given the window and has
compiled before.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

SEEN, HIDDEN, OUTSIDE = 255, 0, 7
EARTH_M, SEMI_MAJOR_M = (
    6_371_008.8,
    6_378_137.0,
)  # GDAL bends over the second: the coefficient makes up for it


def gdal(task):
    """Return the times and version of a libgdal; edges between the two nearer cells, as XDraw."""
    library = ctypes.CDLL(task["library"])
    pointer, number, text = ctypes.c_void_p, ctypes.c_double, ctypes.c_char_p
    for name in ("GDALGetDriverByName", "GDALCreate", "GDALGetRasterBand", "GDALViewshedGenerate"):
        getattr(library, name).restype = pointer
    library.GDALVersionInfo.restype = text
    library.GDALAllRegister()
    heights = np.load(task["heights"])
    rows, cols = heights.shape
    cell = task["cell_m"]
    driver = pointer(library.GDALGetDriverByName(b"MEM"))
    ground = pointer(library.GDALCreate(driver, b"", cols, rows, 1, 6, None))
    library.GDALSetProjection(ground, task["wkt"].encode())
    library.GDALSetGeoTransform(ground, (number * 6)(0.0, cell, 0.0, rows * cell, 0.0, -cell))
    band = pointer(library.GDALGetRasterBand(ground, 1))
    line = heights.ctypes.data_as(pointer)
    library.GDALRasterIO(band, 1, 0, 0, cols, rows, line, cols, rows, 6, 0, 0)

    def view(row, col):
        return pointer(
            library.GDALViewshedGenerate(
                *(band, text(b"MEM"), text(b""), None, number((col + 0.5) * cell)),
                *(number((rows - row - 0.5) * cell), number(task["height_m"]), number(task["target_m"])),
                *(number(SEEN), number(HIDDEN), number(OUTSIDE), number(-1.0)),
                *(number((1.0 - task["refraction"]) * SEMI_MAJOR_M / EARTH_M), 2, number(task["radius_m"])),
                *(None, None, 1, None),
            )
        )

    def window(found):
        place = (number * 6)()
        library.GDALGetGeoTransform(found, place)
        size = library.GDALGetRasterXSize(found), library.GDALGetRasterYSize(found)
        seen = np.empty(size[::-1], dtype=np.uint8)
        library.GDALRasterIO(
            pointer(library.GDALGetRasterBand(found, 1)),
            *(0, 0, 0, *size, seen.ctypes.data_as(pointer), *size, 1, 0, 0),
        )
        whole = np.full(heights.shape, OUTSIDE, dtype=np.uint8)
        top, left = rows - round(place[3] / cell), round(place[0] / cell)
        whole[top : top + size[1], left : left + size[0]] = seen
        library.GDALClose(found)
        return whole

    window(view(*task["posts"][0]))
    cpu, wall, found = timed(view, task)
    return cpu, wall, library.GDALVersionInfo(b"RELEASE_NAME").decode(), [window(f) for f in found]


def xrspatial(task):
    """Return the times and version of xarray-spatial, which knows no curve."""
    import xarray
    import xrspatial

    heights = np.load(task["heights"]).astype(np.float64)
    reach, cell = int(task["radius_m"] / task["cell_m"]), task["cell_m"]

    def view(row, col, n=reach):
        around = heights[row - n : row + n + 1, col - n : col + n + 1]
        at = np.arange(2 * n + 1) * cell
        raster = xarray.DataArray(around.copy(), coords={"y": at[::-1], "x": at}, dims=("y", "x"))
        return xrspatial.viewshed(raster, n * cell, n * cell, task["height_m"], task["target_m"]).data

    row, col = task["posts"][0]
    view(row, col, 20)
    cpu, wall, found = timed(view, task)
    views = []
    for (row, col), seen in zip(task["posts"], found, strict=True):
        whole = np.full(heights.shape, OUTSIDE, dtype=np.uint8)
        place = np.where(seen >= 0, SEEN, HIDDEN)
        whole[row - reach : row + reach + 1, col - reach : col + reach + 1] = place
        views.append(whole)
    return cpu, wall, xrspatial.__version__, views


def grass(task):
    """Return the times and version of r.viewshed, called within a GRASS session."""
    heights = np.load(task["heights"])
    rows, cols = heights.shape
    cell = task["cell_m"]
    folder = Path(task["heights"]).parent
    (folder / "heights.bin").write_bytes(heights.astype("<f4").tobytes())
    run = lambda *args: subprocess.run(args, check=True, capture_output=True, text=True).stdout  # noqa: E731
    run(
        *(
            "r.in.bin",
            "-f",
            f"input={folder / 'heights.bin'}",
            "output=ground",
            f"rows={rows}",
            f"cols={cols}",
        ),
        *(f"north={rows * cell}", "south=0", f"east={cols * cell}", "west=0", "--overwrite"),
    )

    def view(row, col, radius):
        run(
            *("r.viewshed", "-b", "-c", "-r", f"refraction_coeff={task['refraction']}", "input=ground"),
            *(
                "output=seen",
                f"observer_elevation={task['height_m']}",
                f"target_elevation={task['target_m']}",
            ),
            *(f"coordinates={(col + 0.5) * cell},{(rows - row - 0.5) * cell}", f"max_distance={radius}"),
            *("memory=4000", "--overwrite"),
        )

    cpu = wall = 0.0
    views = []
    for row, col in task["posts"]:
        edge = (int(task["radius_m"] / cell) + 0.5) * cell
        run(
            *("g.region", f"n={(rows - row - 0.5) * cell + edge}", f"s={(rows - row - 0.5) * cell - edge}"),
            *(f"w={(col + 0.5) * cell - edge}", f"e={(col + 0.5) * cell + edge}", f"res={cell}"),
        )
        for radius, sign in ((task["radius_m"], 1.0), (2 * cell, -1.0)):
            before, began = os.times(), time.perf_counter()
            view(row, col, radius)
            after = os.times()
            wall += sign * (time.perf_counter() - began)
            cpu += sign * sum(after[2:4]) - sign * sum(before[2:4])
            if sign > 0.0:
                run("g.region", "raster=ground")
                run(
                    "r.out.bin",
                    "-i",
                    "input=seen",
                    f"output={folder / 'seen.bin'}",
                    "bytes=1",
                    "null=7",
                    "--o",
                )
                seen = np.fromfile(folder / "seen.bin", dtype=np.uint8).reshape(rows, cols)
                views.append(np.where(seen == 1, SEEN, seen))
                run(
                    *("g.region", f"n={(rows - row - 0.5) * cell + edge}", f"res={cell}"),
                    *(f"s={(rows - row - 0.5) * cell - edge}", f"w={(col + 0.5) * cell - edge}"),
                    f"e={(col + 0.5) * cell + edge}",
                )
    return cpu, wall, run("g.version").split()[1], views


def timed(view, task):
    """Return CPU seconds, wall seconds and what was found, the best of the rounds."""
    best = (np.inf, np.inf, [])
    for _ in range(task["rounds"]):
        cpu, began = time.process_time(), time.perf_counter()
        found = [view(row, col) for row, col in task["posts"]]
        spent = time.process_time() - cpu
        if spent < best[0]:
            best = (spent, time.perf_counter() - began, found)
    return best


if __name__ == "__main__":
    the_task = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    cpu_s, wall_s, version, seen_by_all = globals()[sys.argv[1]](the_task)
    np.save(the_task["out"], np.array(seen_by_all))
    print(json.dumps({"version": version, "cpu_s": cpu_s, "wall_s": wall_s}))
