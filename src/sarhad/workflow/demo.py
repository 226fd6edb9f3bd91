"""`demo`: the shipped example from its facts to a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from sarhad import plan as planner
from sarhad.programme import Programme
from sarhad.workflow import planning
from sarhad.workflow.folders import require_writable
from sarhad.workflow.outcome import Outcome
from sarhad.workflow.prepare import prepare
from sarhad.workflow.reporting import gather, write_reports
from sarhad.workflow.steps import OnStep, Step, silent

LANGUAGES = ("en", "ar")


def example_path() -> Path:
    """Return the folder of the example programme that is shipped: in an installed package, or beside `src`."""
    package = Path(str(resources.files("sarhad")))
    homes = (package / "examples", package.parents[1] / "examples")
    examples = next(home for home in homes if home.is_dir())
    return min(folder for folder in examples.iterdir() if folder.is_dir())


def run_demo(out: Path, *, time_limit_s: float, seed: int, on_step: OnStep = silent) -> Outcome:
    """Write programme.gpkg, plan.json, the report and its figures into a folder, and return the plan."""
    require_writable(out)
    prepared = prepare(Programme.open(example_path()), on_step=on_step)
    planned = planning.find_plan(
        prepared, "demo", spec=planner.PlanSpec(), time_limit_s=time_limit_s, seed=seed, on_step=on_step
    )
    found = planning.payload(planned)
    on_step(Step("save", 0.0))
    planned.prepared.prog.save(out / "programme.gpkg")
    (out / "plan.json").write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    on_step(Step("report", 0.0))
    pages = write_reports(gather(planned, "demo"), out, LANGUAGES)
    return Outcome({**found, "out": str(out), "pages": [str(page) for page in pages]}, _lines)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield from planning.lines(found)
    for page in found["pages"]:
        yield f"report: {page}"
