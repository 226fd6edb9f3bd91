"""The command that fetches data from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sarhad.cli.options import AsJson, Overwrite, Quiet, app, numbers
from sarhad.cli.terminal import INTERRUPTED, command, emit, watching


@app.command()
@command
def fetch(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="terrain, osm, places or incidents.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the files.")],
    border: Annotated[Path | None, typer.Option(help="GeoJSON of the border line.")] = None,
    programme: Annotated[
        Path | None, typer.Option(help="A programme whose line says where, and that receives the rows.")
    ] = None,
    bbox: Annotated[str, typer.Option(metavar="W,S,E,N", help="The area in degrees.")] = "",
    margin_km: Annotated[float, typer.Option(help="How far beyond the line.")] = 40.0,
    country: Annotated[
        list[str] | None, typer.Option(help="ISO 3166-1 alpha-3: inside, then beyond; for places.")
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Extract of OpenStreetMap, such as europe/andorra.")
    ] = None,
    release: Annotated[str, typer.Option(help="Release of UCDP GED.")] = "",
    every_place: Annotated[
        bool, typer.Option("--every-place", help="Every populated place, not only above 500 people.")
    ] = False,
    base: Annotated[str, typer.Option("--from", metavar="URL", help="Another address of the source.")] = "",
    timeout: Annotated[float, typer.Option(min=0.1, help="Longest silence of a server, seconds.")] = 30.0,
    tries: Annotated[int, typer.Option(min=1, help="Attempts in a row that may bring nothing.")] = 5,
    trial: Annotated[bool, typer.Option("--dry-run", help="Ask for names and sizes alone.")] = False,
    replace: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int | None:
    """Fetch terrain, maps, places or incidents, with licence and credit; broken off, the next run goes on."""
    from sarhad.ingest import Manners
    from sarhad.workflow.fetching import From, Where
    from sarhad.workflow.fetching import fetch as run_fetch

    where = Where(border, programme, numbers(bbox, "--bbox") if bbox else None, margin_km)
    source = From(base, release, tuple(country or ()), tuple(region or ()), every_place)
    try:
        with watching(quiet=quiet) as watch:
            done = run_fetch(
                topic,
                out,
                where,
                source,
                manners=Manners(timeout_s=timeout, tries=tries),
                is_replacing=replace,
                is_trial=trial,
                on_step=watch,
            )
    except KeyboardInterrupt:
        typer.echo(
            f"Interrupted: what has come stays in {out}; the same command goes on from there.", err=True
        )
        return INTERRUPTED
    emit(done.payload, as_json=as_json, lines=done.lines)
    return None
