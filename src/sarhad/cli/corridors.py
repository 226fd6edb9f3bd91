"""The command for thousands of posts along a line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sarhad.cli.options import AsJson, Quiet, Scheduler, app
from sarhad.cli.terminal import command, emit, watching
from sarhad.errors import SpecError


@app.command()
@command
def corridor(
    dem: Annotated[
        list[Path],
        typer.Argument(
            metavar="DEM...", help="Elevations in metres: GeoTIFFs in order of trust, or a folder."
        ),
    ],
    border: Annotated[Path, typer.Option(help="GeoJSON with one LineString: the line.")],
    posts: Annotated[
        Path, typer.Option(help="Posts: CSV with columns lon, lat (and id), GeoPackage or GeoJSON of points.")
    ],
    height: Annotated[float, typer.Option(help="Metres of the eye above the ground.")],
    radius_km: Annotated[float, typer.Option(help="How far it looks.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write.")],
    target_height: Annotated[float, typer.Option(help="Metres of the target above its ground.")] = 0.0,
    refraction: Annotated[float, typer.Option(help="Coefficient of refraction.")] = 0.13,
    method: Annotated[str, typer.Option(help="exact or xdraw.")] = "exact",
    margin_km: Annotated[
        float | None, typer.Option(help="Ground to each side of the line; none: all that the posts can see.")
    ] = None,
    cell: Annotated[float | None, typer.Option(help="Metres of a cell; none: as the finest raster.")] = None,
    sea: Annotated[
        str, typer.Option(help="as-given, or flat: void within a raster and all below 0 is water at 0.")
    ] = "as-given",
    lines: Annotated[Path | None, typer.Option(help="GeoJSON of lines whose share seen is told.")] = None,
    bits: Annotated[bool, typer.Option("--bits", help="Keep which cells each post sees.")] = False,
    workers: Annotated[
        int | None, typer.Option(help="Threads, or with --scheduler tiles at once; none: all processors.")
    ] = None,
    scheduler: Scheduler = None,
    memory_gb: Annotated[float, typer.Option(help="Memory that may be taken; tiles are made to fit.")] = 4.0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write what thousands of posts along a line see, tile after tile: a raster of counts and a table of posts."""
    from sarhad.place.mosaic import Sea
    from sarhad.place.viewshed import ViewSpec
    from sarhad.workflow.corridor_viewing import Along, view_along
    from sarhad.workflow.post_files import read_posts

    if sea not in {one.value for one in Sea}:
        raise SpecError(f"--sea {sea}: give {' or '.join(one.value for one in Sea)}.")
    spec = ViewSpec(height, radius_km, target_height, refraction, method=method)
    asked = Along(border, margin_km, cell, Sea(sea), lines, bits, workers, scheduler, memory_gb)
    with watching(quiet=quiet) as watch:
        done = view_along(dem, read_posts(posts), out, spec, asked=asked, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)
