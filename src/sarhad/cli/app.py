"""The commands. Each opens nothing and computes nothing itself: it calls one function of `sarhad.workflow`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sarhad import __version__
from sarhad.cli.terminal import BAD_DATA, INFEASIBLE, Commands, command, emit, watching
from sarhad.errors import SpecError

app = typer.Typer(
    name="sarhad",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Plan a border programme and see what each measure, dollar and month does to security.",
)

ProgrammePath = Annotated[Path, typer.Argument(metavar="PROGRAMME", help="A folder or a .gpkg file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Seed = Annotated[int, typer.Option(help="Seed; same input, seed and work limit give the same bytes.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]
PlanName = Annotated[str, typer.Option("--plan", help="Name of a plan in the programme, or a plan.json.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace the programme that stands there.")]
Engine = Annotated[
    str,
    typer.Option(help="What proves a small programme: highs, or scip (pip install 'sarhad[scip]')."),
]
TargetGap = Annotated[float, typer.Option(help="Gap at which the search stops, such as 0.05.")]
MemoryLimit = Annotated[
    float | None, typer.Option(help="GB that the process may take; none: 80 % of the machine's.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(help="Address of a Dask scheduler, such as tcp://host:8786, whose workers search."),
]
Language = Annotated[str, typer.Option(help="Language of the report, such as en or ar.")]


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
    return _plan_status(done.payload)


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
    time_limit: Annotated[float, typer.Option(help="Seconds for the search.")] = 60.0,
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
            is_replacing=replace,
            on_step=watch,
        )
    emit(done.payload, as_json=as_json, lines=done.lines)
    return _plan_status(done.payload)


@app.command()
@command
def evaluate(
    programme: ProgrammePath,
    plan: PlanName,
    mover: Annotated[
        str,
        typer.Option(help="informed, logit, fixed (keeps its old paths), partly (knows some items only)."),
    ] = "informed",
    known: Annotated[
        str | None,
        typer.Option(help="What `partly` knows: ITEM,ITEM or a file with ids; else every other item."),
    ] = None,
    fine: Annotated[
        bool, typer.Option("--fine", help="Also judge the final state on the fine grid.")
    ] = False,
    memory_limit: MemoryLimit = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Evaluate a plan, independently of any solver."""
    from sarhad.workflow.evaluating import evaluate_plan

    with watching(quiet=quiet) as watch:
        done = evaluate_plan(
            programme,
            plan,
            mover=mover,
            known=known,
            is_fine=fine,
            memory_limit_gb=memory_limit,
            on_step=watch,
        )
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def explain(
    programme: ProgrammePath,
    plan: PlanName,
    item: Annotated[
        str | None, typer.Argument(help="Id of an item, such as those `plan` lists; none: the whole plan.")
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option(help="Seconds to plan again without the item (with it, where left out), or each lock."),
    ] = 0.0,
    pairs: Annotated[
        int, typer.Option(help="Whole plan: pairs of random orders for the items' shares; 0 leaves them out.")
    ] = 4,
    lock_in: Annotated[
        list[str] | None, typer.Option(help="Whole plan: ITEM or ITEM=QUARTER whose lock is to be costed.")
    ] = None,
    lock_out: Annotated[
        list[str] | None, typer.Option(help="Whole plan: ITEM whose exclusion is to be costed.")
    ] = None,
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Explain an item (worth, what binds, "why not"), or a plan (shares, displacement, prices, what first, locks)."""
    from sarhad.workflow.explaining import explain_item
    from sarhad.workflow.explaining_plan import explain_plan

    with watching(quiet=quiet) as watch:
        if item is not None:
            done = explain_item(programme, item, plan, time_limit_s=time_limit, seed=seed, on_step=watch)
        else:
            done = explain_plan(
                programme,
                plan,
                pairs=pairs,
                time_limit_s=time_limit,
                seed=seed,
                locks=(tuple(lock_in or ()), tuple(lock_out or ())),
                on_step=watch,
            )
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def compare(
    programme: ProgrammePath,
    a: Annotated[str, typer.Argument(metavar="A", help="Name of a plan in the programme, or a plan.json.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The plan to compare it with.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare two plans: items, value, cost, money by partner and year, detection and flow by section."""
    from sarhad.workflow.comparing import compare_plans

    with watching(quiet=quiet) as watch:
        done = compare_plans(programme, a, b, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def frontier(
    programme: ProgrammePath,
    steps: Annotated[int, typer.Option(help="Number of equal steps of all partners' budgets.")] = 5,
    most: Annotated[float, typer.Option(help="Largest share of the budgets.")] = 1.0,
    time_limit: Annotated[float, typer.Option(help="Seconds for the search of each step.")] = 30.0,
    plan: Annotated[
        str | None, typer.Option("--plan", help="A plan whose first items are shown beside each step.")
    ] = None,
    scheduler: Scheduler = None,
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Draw security against money: value, bound and gap at each share of all partners' budgets."""
    from sarhad.workflow.frontiers import draw_frontier

    with watching(quiet=quiet) as watch:
        done = draw_frontier(
            programme,
            steps=steps,
            most=most,
            time_limit_s=time_limit,
            seed=seed,
            plan=plan,
            scheduler=scheduler,
            on_step=watch,
        )
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def regret(
    programme: ProgrammePath,
    plan: PlanName,
    what_if: Annotated[
        list[str] | None, typer.Option("--what-if", help="A name of the table what_if; none: all.")
    ] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds for the best plan of each what-if.")] = 30.0,
    scheduler: Scheduler = None,
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Try a plan in each named what-if: its value, the best plan's, the regret."""
    from sarhad.workflow.regret import regret_of

    with watching(quiet=quiet) as watch:
        done = regret_of(
            programme,
            plan,
            names=tuple(what_if or ()),
            time_limit_s=time_limit,
            seed=seed,
            scheduler=scheduler,
            on_step=watch,
        )
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def survey(
    programme: ProgrammePath,
    plan: PlanName,
    draws: Annotated[int, typer.Option(help="Draws in which each plan is judged.")] = 200,
    candidates: Annotated[
        int, typer.Option(help="Plans to choose from: this one, one for means, others for a draw each.")
    ] = 6,
    time_limit: Annotated[float, typer.Option(help="Seconds for the search of each other plan.")] = 10.0,
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say what is worth a survey: each uncertain figure by the value of knowing it before the plan is chosen."""
    from sarhad.workflow.survey import survey_plan

    with watching(quiet=quiet) as watch:
        done = survey_plan(
            programme,
            plan,
            draws=draws,
            candidates=candidates,
            time_limit_s=time_limit,
            seed=seed,
            on_step=watch,
        )
    emit(done.payload, as_json=as_json, lines=done.lines)


@app.command()
@command
def trace(
    programme: ProgrammePath,
    figure: Annotated[
        str, typer.Argument(help="A figure, such as value, cost:ITEM or detection:SECTION.")
    ] = "list",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Follow a figure of the report to its value, formula, rows and sources. `list` names the figures."""
    from sarhad.workflow.tracing import trace_figure

    with watching(quiet=quiet) as watch:
        done = trace_figure(programme, figure, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)


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
    workers: Annotated[
        int, typer.Option(help="Of a project: threads of the solver; at least 8 are used.")
    ] = 8,
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Schedule a plan with its risk and what each month of delay costs; or put a project in sequence."""
    from sarhad.workflow.schedules import schedule_plan
    from sarhad.workflow.scheduling import is_project, schedule_file

    with watching(quiet=quiet) as watch:
        if plan is None or is_project(file):
            done = schedule_file(file, time_limit_s=time_limit, seed=seed, workers=workers, on_step=watch)
        else:
            done = schedule_plan(file, plan, iterations=simulate, seed=seed, exact=exact, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)
    return _plan_status(done.payload)


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
    replace: Annotated[bool, typer.Option("--replace", help="Replace what is at the target.")] = False,
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
    plan: PlanName,
    out: Annotated[Path, typer.Option("-o", "--out", help="File: .xml (MSPDI), .csv, or .ics (milestones).")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace what is at the target.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the schedule of a plan for Microsoft Project, a table, or its milestones for a calendar."""
    from sarhad.workflow.exchanging import export_schedule

    done = export_schedule(programme, plan, out, is_replacing=replace)
    emit(done.payload, as_json=as_json, lines=done.lines)


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


@app.command()
@command
def viewshed(
    dem: Annotated[Path, typer.Argument(metavar="DEM", help="GeoTIFF, VRT or COG of elevations in metres.")],
    at: Annotated[str, typer.Option(help="LON,LAT of the post in degrees.")],
    height: Annotated[float, typer.Option(help="Metres of the eye above the ground.")],
    radius_km: Annotated[float, typer.Option(help="How far it looks.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="GeoTIFF to write.")],
    target_height: Annotated[float, typer.Option(help="Metres of the target above its ground.")] = 0.0,
    refraction: Annotated[float, typer.Option(help="Coefficient of refraction.")] = 0.13,
    method: Annotated[str, typer.Option(help="exact or xdraw.")] = "exact",
    draws: Annotated[int, typer.Option(min=0, help="Terrains drawn for the chance to be seen; 0: none.")] = 0,
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write what a post sees over an elevation model."""
    from sarhad.workflow.viewing import parse_point, view_from, view_spec

    lon, lat = parse_point(at)
    spec = view_spec(height, radius_km, target_height, refraction, method)
    with watching(quiet=quiet) as watch:
        done = view_from(dem, out, spec, lon=lon, lat=lat, draws=draws, seed=seed, on_step=watch)
    emit(done.payload, as_json=as_json, lines=done.lines)


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
            isochrones_h=_numbers(isochrones, "--isochrones") if isochrones else (),
            memory_gb=memory_gb,
            on_step=watch,
        )
    emit(done.payload, as_json=as_json, lines=done.lines)


def _numbers(text: str, option: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise SpecError(f"{option}: {text} is no list of numbers. Separate numbers by commas.") from error


def _point(text: str, option: str) -> tuple[float, float]:
    numbers = _numbers(text, option)
    if len(numbers) != 2:
        raise SpecError(f"{option}: {text} is no point. Give LON,LAT in degrees.")
    return numbers[0], numbers[1]


def _plan_status(payload: dict[str, Any]) -> int:
    return INFEASIBLE if payload["status"] == "infeasible" else 0
