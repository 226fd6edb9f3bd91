"""The questions to a plan: what it achieves, why, against what, and what is uncertain."""

from __future__ import annotations

from typing import Annotated

import typer

from sarhad.cli.options import AsJson, MemoryLimit, PlanName, ProgrammePath, Quiet, Scheduler, Seed, app
from sarhad.cli.terminal import command, emit, watching


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
