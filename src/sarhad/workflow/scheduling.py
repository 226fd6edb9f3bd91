"""`schedule`: a project from a file of any known kind, put in sequence, with its certificate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sarhad.errors import SpecError
from sarhad.schedule import exchange
from sarhad.schedule.project import IntArray, Project
from sarhad.schedule.psplib import SUFFIXES, read_psplib
from sarhad.schedule.result import ScheduleProgress, ScheduleResult, SequenceSpec
from sarhad.schedule.sequencing import sequence, warm_up
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.planning import require_seconds
from sarhad.workflow.steps import OnStep, Step, silent

Reader = Callable[[Path], tuple[Project, SequenceSpec]]


def _untouched(path: Path) -> tuple[Project, SequenceSpec]:
    """Return a project of which nothing has begun."""
    return read_psplib(path), SequenceSpec()


READERS: Mapping[str, Reader] = dict.fromkeys(SUFFIXES, _untouched) | dict.fromkeys(
    exchange.SUFFIXES, exchange.read_project
)


def schedule_file(
    path: Path,
    *,
    time_limit_s: float,
    work_limit: int | None = None,
    seed: int,
    workers: int,
    on_step: OnStep = silent,
) -> Outcome:
    """Return the schedule of a project that a file of another tool describes.

    Parameters
    ----------
    time_limit_s, work_limit
        Seconds, and rounds of counted work with which the answer is the same on every machine.

    Raises
    ------
    SpecError
        If the kind of file is not known.
    StoreError
        If the file is not of its form.
    DataError
        If no schedule could be made of the project.
    """
    require_seconds(time_limit_s)
    project, spec = _reader_of(path)(path)
    on_step(Step("compile", 0.0))
    warm_up()

    def tell(progress: ScheduleProgress) -> bool:
        done = min(1.0, progress.seconds / time_limit_s) if time_limit_s > 0 else 1.0
        has_value = math.isfinite(progress.value)
        text = (
            f"value {progress.value:,g}  bound {progress.bound:,g}  gap {progress.gap:.1%}"
            if has_value
            else ""
        )
        return on_step(Step("schedule", done, text, keeps_answer=has_value))

    result = sequence(
        project,
        spec,
        time_limit_s=time_limit_s,
        work_limit=work_limit,
        seed=seed,
        workers=workers,
        on_progress=tell,
    )
    return Outcome(payload(project, result), lines)


def is_project(path: Path) -> bool:
    """Return whether a file is a project of another tool by its ending."""
    return path.suffix.lower() in READERS


def _reader_of(path: Path) -> Reader:
    known = READERS.get(path.suffix.lower())
    if known is None:
        raise SpecError(
            f"{path}: no schedule can be read from a file of the kind {path.suffix!r}. Give one that ends in "
            f"{', '.join(READERS)}; or give a programme, and with --plan one of its plans."
        )
    return known


def payload(project: Project, result: ScheduleResult) -> dict[str, Any]:
    """Return the JSON-ready object of a schedule."""
    ids = project.activity_ids
    has_schedule = math.isfinite(result.value)
    first = np.searchsorted(project.mode_activity, np.arange(len(ids)))

    def by_id(values: IntArray) -> dict[str, int]:
        return {name: int(value) for name, value in zip(ids, values, strict=True)} if has_schedule else {}

    answer = {
        "status": result.status,
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap if has_schedule else None,
        "seconds": round(result.seconds, 3),
        "stopped": result.stopped,
        "seed": result.seed,
        "starts": by_id(result.starts),
        "ends": by_id(result.ends),
        "modes": by_id(result.modes + 1 - first) if has_schedule else {},
        "notices": result.notices,
    }
    return dict(plain(answer))


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield a schedule for people, by start."""
    if found["value"] is None:
        yield f"{found['status']}: no schedule"
    else:
        figures = f"value {found['value']:,g}, bound {found['bound']:,g}, gap {found['gap']:.2%}"
        yield f"{found['status']}: {figures}, {found['seconds']:.1f} s"
        yield f"{'activity':<20} {'start':>7} {'end':>7} {'mode':>5}"
        for name in sorted(found["starts"], key=lambda one: found["starts"][one]):
            yield f"{name:<20} {found['starts'][name]:>7} {found['ends'][name]:>7} {found['modes'][name]:>5}"
    for notice in found["notices"]:
        yield f"note: {notice}"
