"""The commands that need no programme, only an elevation model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sarhad.cli.options import AsJson, Overwrite, Quiet, Seed, app, numbers
from sarhad.cli.terminal import command, emit, watching
from sarhad.errors import SpecError

if TYPE_CHECKING:
    from sarhad.workflow.post_files import Post

POINT_FILES = (".csv", ".gpkg", ".geojson", ".json")


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
        Path | None,
        typer.Option(help="Posts: CSV with columns lon, lat (and id), GeoPackage or GeoJSON of points."),
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
    out: Annotated[
        Path, typer.Option("-o", "--out", help="GeoTIFF of hours; with the ending .csv the table of pairs.")
    ],
    start: Annotated[
        list[str] | None,
        typer.Option(
            "--from", metavar="LON,LAT|FILE", help="Where ways begin; of several the nearest counts."
        ),
    ] = None,
    towards: Annotated[
        list[str] | None,
        typer.Option(metavar="LON,LAT|FILE", help="Where ways end, in place of --from: hours to it."),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(metavar="LON,LAT|FILE", help="Hours from each --from to each of these, as a table."),
    ] = None,
    mover: Annotated[
        str,
        typer.Option(
            help="tobler, irmischer-on, irmischer-off, campbell-05 or campbell-50; car, 4x4, truck or motorcycle; with "
            "--programme one of its movers."
        ),
    ] = "tobler",
    programme: Annotated[Path | None, typer.Option(help="Programme whose mover is meant.")] = None,
    neighbours: Annotated[int, typer.Option(help="8 or 16.")] = 16,
    radius_km: Annotated[float, typer.Option(help="How far the ground reaches beyond the points.")] = 20.0,
    isochrones: Annotated[
        str, typer.Option(metavar="H,H,..", help="Hours whose areas are written as GeoJSON beside OUT.")
    ] = "",
    paths: Annotated[Path | None, typer.Option(help="GeoJSON for the best way of each pair.")] = None,
    altitude: Annotated[
        str, typer.Option(metavar="M,SHARE", help="Speed lost a km above an altitude, such as 1500,0.1.")
    ] = "",
    roads: Annotated[Path | None, typer.Option(help="Roads: GeoJSON or GeoPackage of lines.")] = None,
    road_class: Annotated[str, typer.Option(help="Column of the roads with their class.")] = "highway",
    rivers: Annotated[Path | None, typer.Option(help="Rivers: lines with a column width_m.")] = None,
    water: Annotated[
        str, typer.Option(help="How rivers are crossed: swim, raft or boat. Else by fords and bridges alone.")
    ] = "",
    barriers: Annotated[Path | None, typer.Option(help="Lines and areas that no way leads over.")] = None,
    month: Annotated[
        int | None, typer.Option(metavar="1..12", help="Season: snow, high water, closed_months.")
    ] = None,
    snow_line: Annotated[float | None, typer.Option(help="Metres above which snow lies.")] = None,
    numbers_file: Annotated[
        Path | None, typer.Option("--numbers", help="CSV that replaces rows of the table of numbers.")
    ] = None,
    memory_gb: Annotated[float, typer.Option(help="Memory that may be taken.")] = 4.0,
    replace: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compute hours over an elevation model: from or to points as a raster, of pairs as a table with paths."""
    from sarhad.workflow.travel_asked import Asked
    from sarhad.workflow.travelling import travel as run_travel

    if start and towards:
        raise SpecError("--towards: goes without --from. Give the one or the other.")
    asked = Asked(
        mover=mover,
        neighbours=neighbours,
        radius_km=radius_km,
        is_towards=bool(towards),
        isochrones_h=numbers(isochrones, "--isochrones") if isochrones else (),
        paths=paths,
        altitude=_pair(altitude, "--altitude", "metres and a share, such as 1500,0.1") if altitude else None,
        month=month,
        snow_line_m=snow_line,
        water=water or None,
        roads=roads,
        road_class=road_class,
        rivers=rivers,
        barriers=barriers,
        numbers=numbers_file,
        programme=programme,
        points_from=tuple(
            Path(text) for text in [*(start or ()), *(towards or ()), *(to or ())] if _is_file(text)
        ),
        memory_gb=memory_gb,
    )
    begin = _points(towards, "--towards") if towards else _points(start, "--from")
    with watching(quiet=quiet) as watch:
        done = run_travel(
            dem, begin, out, to=_points(to, "--to"), asked=asked, is_replacing=replace, on_step=watch
        )
    emit(done.payload, as_json=as_json, lines=done.lines)


def _is_file(text: str) -> bool:
    """Return whether points are given by a file."""
    return Path(text).suffix.lower() in POINT_FILES


def _points(texts: list[str] | None, option: str) -> list[Post]:
    """Return the points of options that each are LON,LAT or a file."""
    from sarhad.workflow.post_files import Post, read_posts

    found: list[Post] = []
    for text in texts or ():
        if _is_file(text):
            found += read_posts(Path(text))
        elif Path(text).suffix[1:].isalpha():
            raise SpecError(
                f"{option} {text}: neither LON,LAT nor a file that ends in {', '.join(POINT_FILES)}. Give one of them."
            )
        else:
            found.append(Post(text, *_point(text, option)))
    return found


def _pair(
    text: str, option: str, wanted: str = "two numbers of degrees, such as 350,10"
) -> tuple[float, float]:
    """Return the two numbers of ``FROM,TO``."""
    found = numbers(text, option)
    if len(found) != 2:
        raise SpecError(f"{option} {text}: give {wanted}.")
    return found[0], found[1]


def _point(text: str, option: str) -> tuple[float, float]:
    """Return lon and lat of ``LON,LAT``."""
    found = numbers(text, option)
    if len(found) != 2 or not (abs(found[0]) <= 180.0 and abs(found[1]) <= 90.0):
        raise SpecError(f"{option} {text}: not a longitude and a latitude. Give degrees, such as 68.9,37.2.")
    return found[0], found[1]
