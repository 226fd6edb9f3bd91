"""The commands. Each opens nothing and computes nothing itself: it calls one function of `sarhad.workflow`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sarhad import __version__
from sarhad.cli.options import (
    AsJson,
    Engine,
    Language,
    MemoryLimit,
    PlanName,
    ProgrammePath,
    Quiet,
    Replace,
    Seed,
    TargetGap,
    app,
    plan_status,
)
from sarhad.cli.terminal import BAD_DATA, command, emit, watching


def _version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"sarhad {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


@app.command()
@command
def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")] = Path("out"),
    time_limit: Annotated[float, typer.Option(help="Seconds for the plan.")] = 40.0,
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Plan the shipped example, write programme, plan and report into a folder."""
    from sarhad.workflow.demo import run_demo

    with watching(quiet=quiet) as watch:
        done = run_demo(out, time_limit_s=time_limit, seed=seed, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)
    return plan_status(done.payload)


@app.command()
@command
def new(
    programme: ProgrammePath,
    border: Annotated[Path, typer.Option(help="GeoJSON with one LineString: the border line.")],
    terrain: Annotated[list[Path], typer.Option(help="GeoTIFF of elevations in metres; may be repeated.")],
    catalogue: Annotated[
        Path | None,
        typer.Option(help="A programme, whole or in part, to take measures, threats, partners ... from."),
    ] = None,
    inside: Annotated[
        str, typer.Option(help="Country inside (left of the line), ISO 3166-1 alpha-3.")
    ] = "AAA",
    beyond: Annotated[str, typer.Option(help="Country beyond the line.")] = "BBB",
    corridor: Annotated[
        float | None, typer.Option(help="Terrain to each side of the line, km (setting corridor_km).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start a programme from a border line, a terrain and a catalogue; say what is missing before `plan`."""
    from sarhad.workflow.creating import create

    done = create(
        programme,
        border,
        tuple(terrain),
        catalogue=catalogue,
        countries=(inside, beyond),
        corridor_km=corridor,
    )
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def check(programme: ProgrammePath, as_json: AsJson = False) -> int:
    """List every fault at once: table, row, column, value, remedy."""
    from sarhad.workflow.storing import check_programme

    done = check_programme(programme)
    emit(done.payload, as_json=as_json, lines=done.lines)
    return BAD_DATA if done.payload["errors"] else 0


@app.command()
@command
def plan(
    programme: ProgrammePath,
    name: Annotated[str, typer.Option(help="Name under which the plan is kept.")] = "draft",
    time_limit: Annotated[float, typer.Option(help="Seconds for the search, of each round.")] = 60.0,
    seed: Seed = 1,
    lock_in: Annotated[
        list[str] | None, typer.Option(help="ITEM or ITEM=QUARTER that must be built.")
    ] = None,
    lock_out: Annotated[list[str] | None, typer.Option(help="ITEM that must not be built.")] = None,
    keep: Annotated[
        str | None, typer.Option(help="PLAN (name or plan.json) to begin with; its quarters are tried first.")
    ] = None,
    max_changes: Annotated[
        int | None, typer.Option(help="With --keep: items dropped, moved or added at most, together.")
    ] = None,
    engine: Engine = "highs",
    target_gap: TargetGap = 1e-6,
    memory_limit: MemoryLimit = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="Folder for a certificate that `python -m prove` proves again, without sarhad."),
    ] = None,
    draws: Annotated[
        int, typer.Option(help="Plan over so many draws of what is uncertain; 0: at likely values.")
    ] = 0,
    fresh_draws: Annotated[
        int, typer.Option(help="With --draws: other draws that the plan is judged on.")
    ] = 100,
    rounds: Annotated[
        int,
        typer.Option(
            help="Plan and schedule in turns, so often at most, until no item is late by more than a quarter; 1: no schedule."
        ),
    ] = 1,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Save here instead of in place.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the plan of that name, and a programme at the target.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Find the best plan under each partner's money; state value, bound, gap and status."""
    from sarhad.workflow.draws import Drawing
    from sarhad.workflow.planning import method_named, plan_programme

    with watching(quiet=quiet) as watch:
        done = plan_programme(
            programme,
            out or programme,
            name=name,
            time_limit_s=time_limit,
            seed=seed,
            locks=(tuple(lock_in or ()), tuple(lock_out or ())),
            keep=(keep, max_changes),
            method=method_named(engine, target_gap, memory_limit),
            certificate=certificate,
            drawing=Drawing(draws, fresh_draws) if draws else None,
            rounds=rounds,
            is_replacing=replace,
            on_step=watch,
        )
    emit(done.payload, as_json=as_json, lines=done.lines)
    return plan_status(done.payload)


@app.command()
@command
def report(
    programme: ProgrammePath,
    plan: PlanName,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the report.")] = Path("out"),
    lang: Language = "en",
    fine: Annotated[
        bool, typer.Option("--fine", help="Also judge the final state on the fine grid; this takes long.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the report of a plan: one self-contained page, figures, a workbook."""
    from sarhad.workflow.reporting import report_plan

    with watching(quiet=quiet) as watch:
        done = report_plan(programme, plan, out, langs=(lang,), is_fine=fine, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def pack(
    folder: ProgrammePath,
    out: Annotated[Path, typer.Argument(help="A .gpkg file.")],
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Turn the text form (a folder) into the working form (one .gpkg file)."""
    from sarhad.workflow.storing import convert

    done = convert(folder, out, suffix=".gpkg", is_replacing=replace)
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def unpack(
    file: ProgrammePath,
    out: Annotated[Path, typer.Argument(help="A folder.")],
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Turn the working form (one .gpkg file) into the text form (a folder)."""
    from sarhad.workflow.storing import convert

    done = convert(file, out, suffix="", is_replacing=replace)
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def describe(programme: ProgrammePath, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Count what a programme holds; derive what it does not hold yet."""
    from sarhad.workflow.storing import describe_programme

    with watching(quiet=quiet) as watch:
        done = describe_programme(programme, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)
