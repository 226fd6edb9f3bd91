"""What is written as MSPDI is read without loss by MPXJ, and what MPXJ writes is read here.

MPXJ (mpxj.org) reads and writes the files of most scheduling tools; here it is an oracle for the tests alone. They run
where `java` is and SARHAD_MPXJ names a folder that holds its jars, such as a virtual environment with `pip install mpxj`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sarhad.cli.app import app
from sarhad.schedule.exchange import (
    Assignment,
    Exchanged,
    Link,
    Resource,
    Task,
    WorkCalendar,
    read_exchanged,
    write_exchanged,
)
from sarhad.schedule.exchange.model import CONSTRAINTS
from tests.schedule.exchange.test_exchange import MONDAY, random_schedule

TINY = Path(__file__).parents[2] / "data" / "tiny"
DAY_S = 8 * 3600
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NAMES = (
    "AS_SOON_AS_POSSIBLE", "AS_LATE_AS_POSSIBLE", "MUST_START_ON", "MUST_FINISH_ON", "START_NO_EARLIER_THAN",
    "START_NO_LATER_THAN", "FINISH_NO_EARLIER_THAN", "FINISH_NO_LATER_THAN",
)  # fmt: skip
Convert = Callable[[Path, Path], Path]


@pytest.fixture(scope="session")
def convert() -> Convert:
    """Return what has MPXJ read one file and write another, in the form of its ending."""
    java, place = shutil.which("java"), os.environ.get("SARHAD_MPXJ", "")
    if java is None:
        pytest.skip("no java on this machine")
    jars = sorted(Path(place).rglob("mpxj.jar")) if place else []
    if not jars:
        pytest.skip(
            "SARHAD_MPXJ names no folder with mpxj.jar (pip install mpxj in an environment of its own)"
        )

    def run(source: Path, target: Path) -> Path:
        words = [java, "-Dfile.encoding=UTF-8", "-cp", f"{jars[0].parent}/*", "org.mpxj.sample.MpxjConvert"]
        done = subprocess.run([*words, str(source), str(target)], capture_output=True, text=True, check=False)
        assert target.exists(), done.stdout + done.stderr
        return target

    return run


def seen(found: dict[str, Any]) -> Exchanged:
    """Return a schedule as MPXJ tells it in JSON, which leaves out what is zero."""
    head = found["property_values"]
    links = [link for task in found["tasks"] for link in task.get("predecessors", [])]
    ids = {task["unique_id"]: _id(task) for task in found["tasks"]}
    return Exchanged(
        name=head["project_title"],
        begin=_day(head["start_date"]) or date.min,
        tasks=tuple(_task(task) for task in found["tasks"]),
        links=tuple(
            Link(
                ids[link["predecessor_task_unique_id"]],
                ids[link["successor_task_unique_id"]],
                link["type"],
                link.get("lag", 0) / (86400 if link.get("lag_units") == "ed" else DAY_S),
                link.get("lag_units") == "ed",
            )
            for link in links
        ),
        calendars=tuple(_calendar(calendar) for calendar in found["calendars"]),
        resources=tuple(
            Resource(str(one["unique_id"]), one["name"], one["max_units"] / 100, one["type"] == "WORK")
            for one in found["resources"]
        ),
        assignments=tuple(
            Assignment(ids[a["task_unique_id"]], str(a["resource_unique_id"]), a["assignment_units"] / 100)
            for a in found.get("assignments", [])
        ),
        calendar=str(head.get("default_calendar_unique_id", "")),
        currency=head.get("currency_code", ""),
        status=_day(head.get("status_date")),
    )


def _id(task: dict[str, Any]) -> str:
    return str(task.get("text1", "")).removeprefix("id ") or str(task["unique_id"])


def _task(task: dict[str, Any]) -> Task:
    slack = task.get("total_slack")
    return Task(
        uid=_id(task),
        name=task["name"],
        wbs=task.get("wbs", ""),
        duration_days=task.get("duration", 0) / DAY_S,
        calendar=str(task.get("calendar_unique_id", "")),
        start=_day(task.get("start")),
        finish=_day(task.get("finish")),
        baseline_start=_day(task.get("baseline_start")),
        baseline_finish=_day(task.get("baseline_finish")),
        actual_start=_day(task.get("actual_start")),
        actual_finish=_day(task.get("actual_finish")),
        percent_complete=task.get("percent_complete", 0.0),
        constraint=CONSTRAINTS[NAMES.index(task["constraint_type"])],
        constraint_date=_day(task.get("constraint_date")),
        deadline=_day(task.get("deadline")),
        total_float_days=None if slack is None else slack / DAY_S,
        cost=task.get("cost", 0.0),
    )


def _calendar(found: dict[str, Any]) -> WorkCalendar:
    off: dict[date, bool] = {}
    for one in found.get("exceptions", []):
        first, last = date.fromisoformat(one["from"]), date.fromisoformat(one["to"])
        off |= {first + timedelta(days=k): one["type"] == "working" for k in range((last - first).days + 1)}
    week = tuple(found[day]["type"] == "working" for day in DAYS)
    return WorkCalendar(str(found["unique_id"]), found["name"], week, off)


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value[:10])


def plain(schedule: Exchanged) -> Exchanged:
    """Return a schedule with its links in order; a lag of nothing is in no unit."""
    links = [replace(k, is_elapsed=k.is_elapsed and k.lag_days != 0) for k in schedule.links]
    return replace(schedule, links=tuple(sorted(links, key=lambda k: (k.before, k.after, k.type))))


def project(*, is_ascii: bool = False) -> Exchanged:
    """Return a schedule in which every kind of everything occurs, its dates in a sensible order."""
    names = (
        ("Site", "Bridge", "Post", "Road") if is_ascii else ("Пост Тем", "نقطة عبور", "Сарҳад & <co>", "Пул")
    )
    tasks = []
    for k in range(16):
        start = MONDAY + timedelta(weeks=k)
        done = {0: 100.0, 1: 100.0, 2: 25.0}.get(k, 0.0)
        constraint = CONSTRAINTS[k % 8] if k > 3 else "ASAP"
        finish = start if k % 5 == 4 else start + timedelta(days=4)
        tasks.append(
            Task(
                uid=str(k + 1),
                name=f"{names[k % 4]} {k}",
                wbs=f"1.{k}",
                duration_days=0.0 if k % 5 == 4 else 5.0 if k % 2 else 4.5,
                calendar=("", "2")[k % 2],
                start=start,
                finish=finish,
                baseline_start=start - timedelta(days=7),
                baseline_finish=finish - timedelta(days=7),
                actual_start=start if done else None,
                actual_finish=finish if done == 100.0 else None,
                percent_complete=done,
                constraint=constraint,
                constraint_date=None if constraint in ("ASAP", "ALAP") else start,
                deadline=finish + timedelta(days=30) if k % 3 == 0 else None,
                cost=1000.25 * k,
            )
        )
    kinds = ("FS", "SS", "FF", "SF")
    lags = (0.0, 2.0, -1.5, 7.0)
    links = tuple(Link(str(k), str(k + 1), kinds[k % 4], lags[k // 4], k % 7 == 6) for k in range(1, 16))  # type: ignore[arg-type]
    holidays = {date(2025, 3, 21): False, date(2025, 3, 22): False, date(2025, 3, 29): True}
    return Exchanged(
        name="Works" if is_ascii else "Барнома ۱۴۰۴",
        begin=MONDAY,
        tasks=tuple(tasks),
        links=links,
        calendars=(
            WorkCalendar("1", "Five days", (True,) * 5 + (False,) * 2, holidays),
            WorkCalendar("2", "Six days", (True,) * 6 + (False,), {}),
        ),
        resources=(
            Resource("1", "Crew" if is_ascii else "Бригада", 2.5),
            Resource("2", "Cement", is_work=False),
        ),
        assignments=(Assignment("3", "1", 0.5), Assignment("4", "1", 2.0), Assignment("4", "2", 12.0)),
        calendar="1",
        currency="USD",
        status=date(2025, 3, 18),
    )


@pytest.mark.parametrize("schedule", [project(), *map(random_schedule, range(3))], ids=["all", "0", "1", "2"])
def test_mpxj_reads_every_figure_of_what_is_written(
    convert: Convert, tmp_path: Path, schedule: Exchanged
) -> None:
    write_exchanged(schedule, tmp_path / "ours.xml")
    found = json.loads(convert(tmp_path / "ours.xml", tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert plain(seen(found)) == plain(schedule)


def test_mpxj_sees_start_constraints_in_the_morning_and_finish_constraints_in_the_evening(
    convert: Convert, tmp_path: Path
) -> None:
    write_exchanged(project(), tmp_path / "ours.xml")
    found = json.loads(convert(tmp_path / "ours.xml", tmp_path / "seen.json").read_text(encoding="utf-8"))
    hour = {
        t["constraint_type"]: t["constraint_date"][11:16] for t in found["tasks"] if "constraint_date" in t
    }
    assert {name: "17:00" if "FINISH" in name else "08:00" for name in NAMES[2:]} == hour


def test_mpxj_sees_what_is_left_of_begun_work(convert: Convert, tmp_path: Path) -> None:
    write_exchanged(project(), tmp_path / "ours.xml")
    found = json.loads(convert(tmp_path / "ours.xml", tmp_path / "seen.json").read_text(encoding="utf-8"))
    left = [task.get("remaining_duration", 0) / DAY_S for task in found["tasks"][:4]]
    assert left == [0.0, 0.0, 4.5 * 0.75, 5.0]


def test_mpxj_reads_the_schedule_of_a_plan(convert: Convert, tmp_path: Path) -> None:
    file, out = tmp_path / "tiny.gpkg", tmp_path / "plan.xml"
    for words in (
        ("plan", TINY, "-o", file, "--time-limit", "3", "-q"),
        ("schedule", file, "--plan", "draft", "--simulate", "0", "-q"),
        ("export", file, "--plan", "draft", "-o", out),
    ):
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == 0, done.output
    found = json.loads(convert(out, tmp_path / "seen.json").read_text(encoding="utf-8"))
    ours = read_exchanged(out)
    assert len(ours.tasks) > 20
    theirs = seen(found)
    blank = {task.uid for task in ours.tasks if not task.wbs}  # to these MPXJ gives running numbers
    tasks = tuple(replace(task, wbs="" if task.uid in blank else task.wbs) for task in theirs.tasks)
    assert plain(replace(theirs, tasks=tasks)) == plain(ours)


def test_the_mspdi_that_mpxj_writes_is_read_without_loss(convert: Convert, tmp_path: Path) -> None:
    write_exchanged(project(), tmp_path / "ours.xml")
    assert plain(read_exchanged(convert(tmp_path / "ours.xml", tmp_path / "theirs.mspdi.xml"))) == plain(
        project()
    )


@pytest.mark.parametrize("ending", ["xer", "pmxml"])
def test_what_primavera_keeps_comes_back_through_mpxj(convert: Convert, tmp_path: Path, ending: str) -> None:
    """Of what MSPDI holds, MPXJ gives Primavera no deadline, cost or WBS without summary rows; XER gets no dates."""
    schedule = project(is_ascii=True)
    write_exchanged(schedule, tmp_path / "ours.xml")
    theirs = convert(tmp_path / "ours.xml", tmp_path / f"theirs.{ending}")
    back = read_exchanged(theirs if ending == "xer" else theirs.rename(tmp_path / "theirs.xml"))
    for ours, found in zip(schedule.tasks, back.tasks, strict=True):
        kept = replace(ours, wbs="", deadline=None, cost=0.0, baseline_start=None, baseline_finish=None)
        kept = replace(
            kept, calendar=ours.calendar or schedule.calendar, total_float_days=found.total_float_days
        )
        if ending == "xer":
            kept = replace(kept, start=None, finish=None)
        assert replace(found, calendar=found.calendar or back.calendar) == kept
    # Primavera has no elapsed lags: theirs are working hours of eight to the day
    lags = {(k.before, k.after, k.type): k.lag_days * (3 if k.is_elapsed else 1) for k in schedule.links}
    assert {(k.before, k.after, k.type): k.lag_days for k in back.links} == lags
    assert back.calendars == schedule.calendars
    assert (back.begin, back.status, back.calendar) == (schedule.begin, schedule.status, schedule.calendar)
    assert sorted(map(repr, back.assignments)) == sorted(map(repr, schedule.assignments))
    assert [(r.name, r.is_work) for r in back.resources] == [(r.name, r.is_work) for r in schedule.resources]
    if ending == "xer":
        assert [r.units for r in back.resources] == [r.units for r in schedule.resources]
