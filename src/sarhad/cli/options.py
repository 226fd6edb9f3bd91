"""What the commands share: the application they join, arguments and options, the exit status of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sarhad.cli.terminal import INFEASIBLE, Commands
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
Seed = Annotated[int, typer.Option(min=0, help="Seed; same input, seed and work limit give the same bytes.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]
PlanName = Annotated[str, typer.Option("--plan", help="Name of a plan in the programme, or a plan.json.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace the programme that stands there.")]
Overwrite = Annotated[bool, typer.Option("--replace", help="Replace the file that stands there.")]
Engine = Annotated[
    str,
    typer.Option(help=r"What proves a small programme: highs, or scip (pip install 'sarhad\[scip]')."),
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


def plan_status(payload: dict[str, Any]) -> int:
    """Return the exit status of a plan or a schedule: another one where there can be none."""
    return INFEASIBLE if payload["status"] == "infeasible" else 0


def numbers(text: str, option: str) -> tuple[float, ...]:
    """Return the numbers of a text such as 68.9,37.2.

    Raises
    ------
    SpecError
        If a part is no number.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise SpecError(f"{option}: {text} is no list of numbers. Separate numbers by commas.") from error
