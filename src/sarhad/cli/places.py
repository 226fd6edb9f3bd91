"""The commands that need no programme, only an elevation model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sarhad.cli.options import AsJson, Overwrite, Quiet, Seed, app, numbers
from sarhad.cli.terminal import command, emit, watching
from sarhad.errors import SpecError


@app.command()
@command
def viewshed(
    dem: Annotated[Path, typer.Argument(metavar="DEM", help="GeoTIFF, VRT or COG of elevations in metres.")],
    height: Annotated[float, typer.Option(help="Metres of the eye above the ground.")],
    radius_km: Annotated[float, typer.Option(help="How far it looks.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="GeoTIFF to write.")],
    at: Annotated[
        list[str] | None, typer.Option(metavar="LON,LAT", help="A post, in degrees; may be repeated.")
    ] = None,
    posts: Annotated[
        Path | None, typer.Option(help="Posts: CSV with columns lon, lat (and id), or GeoPackage of points.")
    ] = None,
    target_height: Annotated[float, typer.Option(help="Metres of the target above its ground.")] = 0.0,
    refraction: Annotated[float, typer.Option(help="Coefficient of refraction.")] = 0.13,
    azimuth: Annotated[
        str, typer.Option(metavar="FROM,TO", help="Degrees clockwise from grid north.")
    ] = "0,360",
    elevation: Annotated[
        str, typer.Option(metavar="FROM,TO", help="Lowest and highest angle to a target, degrees.")
    ] = "-90,90",
    method: Annotated[
        str | None, typer.Option(help="exact or xdraw; by default exact, with draws xdraw.")
    ] = None,
    draws: Annotated[int, typer.Option(min=0, help="Terrains drawn for the chance to be seen; 0: none.")] = 0,
    more_height: Annotated[float, typer.Option(help="Metres of a higher mast to try at each post.")] = 0.0,
    lines: Annotated[Path | None, typer.Option(help="GeoJSON of lines whose share seen is told.")] = None,
    memory_gb: Annotated[float, typer.Option(help="Memory that may be taken.")] = 4.0,
    seed: Seed = 1,
    replace: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write what posts see over an elevation model: of one post where, of several how many see a cell."""
    from sarhad.place.viewshed import ViewSpec
    from sarhad.workflow.post_files import Post, read_posts
    from sarhad.workflow.viewing import Viewing, view_from

    named = [Post(text, *_point(text, "--at")) for text in at or ()] + (read_posts(posts) if posts else [])
    if not named:
        raise SpecError("no post: give --at LON,LAT, or --posts FILE.")
    spec = ViewSpec(
        height,
        radius_km,
        target_height,
        refraction,
        _pair(azimuth, "--azimuth"),
        _pair(elevation, "--elevation"),
        method or ("xdraw" if draws else "exact"),
    )
    asked = Viewing(draws, seed=seed, more_height_m=more_height, lines=lines, memory_gb=memory_gb)
    with watching(quiet=quiet) as watch:
        done = view_from(dem, named, out, spec, asked=asked, is_replacing=replace, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def travel(
    dem: Annotated[Path, typer.Argument(metavar="DEM", help="Elevations in metres: GeoTIFF, COG or VRT.")],
    start: Annotated[str, typer.Option("--from", metavar="LON,LAT", help="Where the way begins.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="GeoTIFF of hours.")],
    mover: Annotated[
        str, typer.Option(help="tobler, irmischer-on, irmischer-off, campbell-05 or campbell-50.")
    ] = "tobler",
    neighbours: Annotated[int, typer.Option(help="8 or 16.")] = 16,
    radius_km: Annotated[float, typer.Option(help="Half the width of the square that is searched.")] = 20.0,
    isochrones: Annotated[
        str, typer.Option(metavar="H,H,..", help="Hours whose areas are written as GeoJSON beside OUT.")
    ] = "",
    memory_gb: Annotated[float, typer.Option(help="Memory that may be taken.")] = 4.0,
    replace: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compute the hours on foot from a point to every cell of an elevation model."""
    from sarhad.workflow.travelling import travel as run_travel

    with watching(quiet=quiet) as watch:
        done = run_travel(
            dem,
            _point(start, "--from"),
            out,
            mover=mover,
            neighbours=neighbours,
            radius_km=radius_km,
            isochrones_h=numbers(isochrones, "--isochrones") if isochrones else (),
            memory_gb=memory_gb,
            is_replacing=replace,
            on_step=watch,
        )
    emit(done.payload, as_json=as_json, lines=done.lines)


def _pair(text: str, option: str) -> tuple[float, float]:
    """Return the two numbers of ``FROM,TO``."""
    found = numbers(text, option)
    if len(found) != 2:
        raise SpecError(f"{option} {text}: give two numbers of degrees, such as 350,10.")
    return found[0], found[1]


def _point(text: str, option: str) -> tuple[float, float]:
    """Return lon and lat of ``LON,LAT``."""
    found = numbers(text, option)
    if len(found) != 2 or not (abs(found[0]) <= 180.0 and abs(found[1]) <= 90.0):
        raise SpecError(f"{option} {text}: not a longitude and a latitude. Give degrees, such as 68.9,37.2.")
    return found[0], found[1]
