"""The commands about schedules: of plans, and those of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sarhad.cli.options import AsJson, Overwrite, PlanName, ProgrammePath, Quiet, Seed, app, plan_status
from sarhad.cli.terminal import command, emit, watching
from sarhad.errors import SpecError


@app.command()
@command
def schedule(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="PROGRAMME",
            help="A programme; or a project: .sm, .mm, .rcp, .xml (MSPDI, PMXML), .xer or .csv.",
        ),
    ],
    plan: Annotated[
        str | None, typer.Option("--plan", help="Of a programme: the plan, by its name or a plan.json.")
    ] = None,
    simulate: Annotated[
        int, typer.Option(help="Of a plan: draws of durations, costs, risks and weather; 0: none.")
    ] = 2000,
    exact: Annotated[
        int, typer.Option(help="Of a plan: draws whose loss of security is evaluated exactly.")
    ] = 500,
    time_limit: Annotated[float, typer.Option(help="Of a project: seconds for the search.")] = 60.0,
    work_limit: Annotated[
        int | None,
        typer.Option(min=1, help="Of a project: rounds of counted work, the same answer on every machine."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Of a project: threads of the solver; at least 8 are used.")
    ] = 8,
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Schedule a plan with its risk and what each month of delay costs; or put a project in sequence."""
    from sarhad.workflow.schedules import schedule_plan
    from sarhad.workflow.scheduling import is_project, schedule_file

    if plan is not None and is_project(file):
        raise SpecError(f"--plan {plan}: a project has no plans; only a programme has. Leave it out.")
    with watching(quiet=quiet) as watch:
        if plan is None or is_project(file):
            done = schedule_file(
                file,
                time_limit_s=time_limit,
                work_limit=work_limit,
                seed=seed,
                workers=workers,
                on_step=watch,
            )
        else:
            done = schedule_plan(file, plan, iterations=simulate, seed=seed, exact=exact, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)
    return plan_status(done.payload)


@app.command()
@command
def delay(
    programme: ProgrammePath,
    plan: PlanName,
    item: Annotated[str, typer.Option(help="Id of an item of the plan.")],
    months: Annotated[int, typer.Option(help="Months by which it operates late.")] = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say what it costs in security when an item of a plan is late, the others on time."""
    from sarhad.workflow.schedules import delay_of

    with watching(quiet=quiet) as watch:
        done = delay_of(programme, plan, item, months, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command("import")
@command
def import_(
    file: Annotated[Path, typer.Argument(help="MSPDI or PMXML (.xml), XER or CSV.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Convert it: .xml (MSPDI), .csv, or .ics.")
    ] = None,
    replace: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Read a schedule of another tool and judge it by the 14 points of the field."""
    from sarhad.workflow.exchanging import import_schedule

    done = import_schedule(file, out, is_replacing=replace)
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def export(
    programme: ProgrammePath,
    plan: Annotated[
        str, typer.Option("--plan", help="Name of a plan that the programme holds a schedule of.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="File: .xml (MSPDI), .csv, or .ics (milestones).")],
    replace: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write the schedule of a plan for Microsoft Project, a table, or its milestones for a calendar."""
    from sarhad.workflow.exchanging import export_schedule

    done = export_schedule(programme, plan, out, is_replacing=replace)
    emit(done.payload, as_json=as_json, lines=done.lines)
