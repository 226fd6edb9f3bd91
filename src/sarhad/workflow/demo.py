"""`demo`: the shipped example from its facts to a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from sarhad import plan as planner
from sarhad.errors import RefusedError, StoreError
from sarhad.programme import Programme
from sarhad.programme.written import write_whole
from sarhad.report import Timetable
from sarhad.workflow import plan_payload, planning, schedule_payload
from sarhad.workflow.assessing import assess
from sarhad.workflow.folders import require_target, require_writable
from sarhad.workflow.outcome import Outcome
from sarhad.workflow.prepare import prepare
from sarhad.workflow.reporting import gather, write_reports
from sarhad.workflow.schedules import keep
from sarhad.workflow.sequencing import find_schedule
from sarhad.workflow.steps import OnStep, Step, silent
from sarhad.workflow.timetables import timetable

LANGUAGES = ("en", "ar")
NAME = "demo"
DRAWS, EXACT = 2000, 60  # of the schedule's risk: few exact ones, for the demo is to be short


def example_path() -> Path:
    """Return the folder of the example programme that is shipped: in an installed package, or beside `src`.

    Raises
    ------
    StoreError
        If it is missing: sarhad was not installed whole.
    """
    package = Path(str(resources.files("sarhad")))
    homes = (package / "examples", package.parents[1] / "examples")
    found = [head.parent for home in homes for head in sorted(home.glob("*/programme.toml"))]
    if not found:
        raise StoreError(f"no example programme in {homes[0]} or {homes[1]}. Install sarhad again.")
    return found[0]


def run_demo(out: Path, *, time_limit_s: float, seed: int, on_step: OnStep = silent) -> Outcome:
    """Write programme.gpkg, plan.json, schedule.json, the report and its figures, and return the plan.

    Interrupted once there is a plan, it keeps what is written and says what is missing.
    """
    planning.require_seconds(time_limit_s)
    source, target = example_path(), out / "programme.gpkg"
    require_writable(out)
    require_target(target, source, is_replacing=True)
    _require_own(target)
    prepared = prepare(Programme.open(source), on_step=on_step)
    planned = planning.find_plan(
        prepared, NAME, spec=planner.PlanSpec(), time_limit_s=time_limit_s, seed=seed, on_step=on_step
    )
    found = plan_payload.payload(planned)
    on_step(Step("save", 0.0, keeps_answer=True))
    planned.prepared.prog.save(target)
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    write_whole(out / "plan.json", lambda path: path.write_text(text, encoding="utf-8"))
    pages = None if found["stopped"] == "interrupt" else _schedule_and_report(planned, out, seed, on_step)
    if pages is None:
        missing = (
            f"interrupted: {target} and plan.json are written, the report is not; "
            f"`sarhad schedule {target} --plan {NAME}` and `sarhad report {target} --plan {NAME} -o {out}` write what is missing"
        )
        found |= {"stopped": "interrupt", "notices": [*found["notices"], missing]}
    return Outcome({**found, "out": str(out), "pages": [str(page) for page in pages or ()]}, _lines)


def _require_own(target: Path) -> None:
    """Refuse to replace what holds other plans than an earlier demo left."""
    is_held = target.exists() and target.stat().st_size > 0
    others = sorted(set(Programme.open(target)["plan"]["id"]) - {NAME}) if is_held else []
    if others:
        raise RefusedError(
            f"{target} holds plans of your own: {', '.join(others)}. Choose another folder with -o, or move it away."
        )


def _schedule_and_report(
    planned: planning.Planned, out: Path, seed: int, on_step: OnStep
) -> list[Path] | None:
    """Schedule the plan, write the report in every language and return its pages; None when interrupted."""
    try:
        times = _schedule(planned, out, seed, on_step)
        goes_on = on_step(Step("report", 0.0))
        return write_reports(gather(planned, NAME, times=times), out, LANGUAGES) if goes_on else None
    except KeyboardInterrupt:
        return None


def _schedule(planned: planning.Planned, out: Path, seed: int, on_step: OnStep) -> Timetable | None:
    """Keep the plan's schedule, write schedule.json, and return what the report shows; None without one."""
    if planned.result.plan_items.empty:
        return None
    scheduled = find_schedule(planned.prepared, NAME, seed=seed, on_step=on_step)
    if not scheduled.result.starts.size:
        if scheduled.result.stopped == "interrupt":
            raise KeyboardInterrupt
        return None
    assessed = assess(scheduled, iterations=DRAWS, seed=seed, exact=EXACT, on_step=on_step)
    on_step(Step("save", 0.0, keeps_answer=True))
    keep(scheduled, assessed, seed).save(out / "programme.gpkg")
    found = schedule_payload.payload(scheduled, assessed, seed)
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    write_whole(out / "schedule.json", lambda path: path.write_text(text, encoding="utf-8"))
    return timetable(scheduled, assessed)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield from plan_payload.lines(found)
    for page in found["pages"]:
        yield f"report: {page}"
