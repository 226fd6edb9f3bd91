"""Schedules of other tools: what is read, what comes back, what is refused."""

from __future__ import annotations

import dataclasses
import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from icalendar import Calendar

from sarhad.errors import DataError, SarhadError, SpecError, StoreError
from sarhad.schedule import sequence
from sarhad.schedule.exchange import (
    Assignment,
    Exchanged,
    Link,
    Resource,
    Task,
    WorkCalendar,
    read_exchanged,
    read_project,
    write_exchanged,
)
from sarhad.schedule.exchange.model import as_project, progress_of

DATA = Path(__file__).parents[2] / "data" / "exchange"
MONDAY = date(2025, 3, 3)


def random_schedule(seed: int) -> Exchanged:
    """Return a schedule with everything that MSPDI keeps."""
    rng = random.Random(seed)
    day = lambda: MONDAY + timedelta(days=rng.randrange(400))  # noqa: E731
    kinds = ("ASAP", "MSO", "SNET", "FNLT")
    tasks = []
    for k in range(12):
        kind = rng.choice(kinds)
        tasks.append(
            Task(
                uid=str(k + 1),
                name=rng.choice(["Пост Тем", "نقطة عبور", "Сарҳад & <co>", "Bridge"]),
                wbs=f"1.{k}",
                duration_days=rng.choice([0.0, 1.0, 2.5, 40.0]),
                calendar=rng.choice(["", "7"]),
                start=day(),
                finish=day(),
                baseline_start=day(),
                baseline_finish=day(),
                actual_start=rng.choice([None, day()]),
                percent_complete=float(rng.randrange(101)),
                constraint=kind,
                constraint_date=None if kind == "ASAP" else day(),
                deadline=rng.choice([None, day()]),
                total_float_days=rng.choice([None, 3.0, -2.0]),
                cost=rng.randrange(10**7) / 100,
            )
        )
    types = ("FS", "SS", "FF", "SF")
    links = [
        Link(
            str(k),
            str(k + rng.randint(1, 12 - k)),
            rng.choice(types),
            rng.choice([0.0, 2.0, -1.5]),
            rng.random() < 0.3,
        )  # type: ignore[arg-type]
        for k in range(1, 12)
    ]
    off = {day(): rng.random() < 0.3 for _ in range(5)}
    return Exchanged(
        name="Барнома ۱۴۰۴",
        begin=MONDAY,
        tasks=tuple(tasks),
        links=tuple(sorted(links, key=lambda k: int(k.after))),
        calendars=(WorkCalendar("7", "Шаш рӯз", (True,) * 6 + (False,), off),),
        resources=(Resource("1", "Бригада", 2.5), Resource("2", "Цемент", 1.0, is_work=False)),
        assignments=(Assignment("3", "1", 0.5), Assignment("4", "2", 12.0)),
        calendar="7",
        currency="TJS",
        status=MONDAY,
    )


@pytest.mark.parametrize("seed", range(8))
def test_what_is_written_as_mspdi_comes_back_the_same(seed, tmp_path):
    schedule = random_schedule(seed)
    write_exchanged(schedule, tmp_path / "s.xml")
    back = read_exchanged(tmp_path / "s.xml")
    assert back == schedule
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("seed", range(4))
def test_what_a_table_can_hold_comes_back_the_same(seed, tmp_path):
    schedule = random_schedule(seed)
    write_exchanged(schedule, tmp_path / "s.csv")
    back = read_exchanged(tmp_path / "s.csv")
    assert back.tasks == tuple(dataclasses.replace(t, calendar="") for t in schedule.tasks)
    assert back.links == tuple(
        dataclasses.replace(k, is_elapsed=k.is_elapsed and k.lag_days != 0) for k in schedule.links
    )
    assert {(a.task, a.units) for a in back.assignments} == {(a.task, a.units) for a in schedule.assignments}


def test_a_primavera_file_in_a_windows_code_page():
    found = read_exchanged(DATA / "post.xer")
    assert (found.name, found.begin, found.status, found.currency) == (
        "Пост-7",
        MONDAY,
        date(2025, 3, 10),
        "USD",
    )
    ready, built, accepted = found.tasks
    assert (ready.name, ready.wbs, ready.duration_days, ready.actual_finish) == (
        "Подготовка площадки", "ПОСТ.СТР", 5.0, date(2025, 3, 7),
    )  # fmt: skip
    assert (built.constraint, built.constraint_date, built.cost) == ("SNET", date(2025, 3, 10), 12500.0)
    assert accepted.is_milestone
    assert accepted.constraint == "FNLT"
    assert found.links == (Link("1", "2", "FS", 2.0), Link("2", "3", "FF", 0.0))
    calendar = found.calendars[0]
    assert calendar.week == (True, True, True, True, True, False, False)
    assert calendar.exceptions == {date(2025, 3, 21): False, date(2025, 3, 22): True}
    assert [r.is_work for r in found.resources] == [True, False]


def test_a_primavera_xml_file():
    found = read_exchanged(DATA / "crossing.xml")
    design, accepted = found.tasks
    assert (design.duration_days, design.percent_complete, design.wbs) == (3.0, 50.0, "G")
    assert (accepted.constraint, accepted.constraint_date) == ("FNLT", date(2025, 6, 30))
    assert found.links == (Link("11", "12", "FS", 2.0),)
    assert found.calendars[0].week == (True, True, False, False, False, False, False)
    assert found.assignments == (Assignment("11", "7", 1.5),)


def test_a_read_schedule_keeps_calendars_lags_and_dates_when_sequenced():
    # Done from Monday 3 to Friday 7 March, two working days of lag, so building begins on Wednesday 12 March; Friday
    # 21 is a holiday and Saturday 22 works instead, so ten working days end with Tuesday 25.
    project, spec = read_project(DATA / "post.xer")
    found = sequence(project, spec, time_limit_s=5, seed=1)
    day = {
        name: MONDAY + timedelta(days=int(s))
        for name, s in zip(project.activity_ids, found.starts, strict=True)
    }
    end = {
        name: MONDAY + timedelta(days=int(e))
        for name, e in zip(project.activity_ids, found.ends, strict=True)
    }
    assert found.status == "optimal"
    assert day["2"] == date(2025, 3, 12)
    assert end["2"] == date(2025, 3, 26)


def test_constraints_become_releases_and_deadlines():
    tasks = tuple(
        Task(str(k), kind, duration_days=5, constraint=kind, constraint_date=date(2025, 3, 13))
        for k, kind in enumerate(("MSO", "MFO", "SNET", "SNLT", "FNET", "FNLT"))
    )
    project = as_project(Exchanged("x", MONDAY, tasks))
    assert project.release.tolist() == [10, 6, 10, 0, 6, 0]
    assert project.deadline.tolist() == [15, 11, -1, 15, -1, 11]
    assert np.all(project.calendar == -1)


def test_milestones_and_deadlines_as_a_calendar_file(tmp_path):
    schedule = Exchanged(
        "Plan", MONDAY,
        (Task("1", "Санҷиш", finish=date(2025, 5, 1)), Task("2", "Council", duration_days=3, deadline=date(2025, 6, 30))),
    )  # fmt: skip
    write_exchanged(schedule, tmp_path / "a.ics")
    write_exchanged(schedule, tmp_path / "b.ics")
    assert (tmp_path / "a.ics").read_bytes() == (tmp_path / "b.ics").read_bytes()
    events = Calendar.from_ical((tmp_path / "a.ics").read_bytes()).walk("VEVENT")
    assert [(str(e["summary"]), e["dtstart"].dt) for e in events] == [
        ("Санҷиш", date(2025, 5, 1)), ("Deadline: Council", date(2025, 6, 30)),
    ]  # fmt: skip
    assert len(events[1].walk("VALARM")) == 1


BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><Project><Tasks>&b;</Tasks></Project>'
WHOLE = "<Project><StartDate>2025-03-03T08:00:00</StartDate><Tasks>{}</Tasks></Project>"
TASK = "<Task><UID>{}</UID><Name>{}</Name><Duration>{}</Duration>{}</Task>"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xml", WHOLE.format(TASK.format(1, "A", "PT8H0M0S", ""))[:-20], "cut off"),
        ("a.xml", BOMB, "declares entities"),
        ("a.xml", "<Other/>", "neither Project with Tasks"),
        ("a.xml", WHOLE.format(""), "holds no task"),
        ("a.xml", WHOLE.format(TASK.format(1, "A", "8 hours", "")), "Task 1: duration '8 hours'"),
        ("a.xml", WHOLE.format(TASK.format(1, "A", "-PT8H0M0S", "")), "duration -1 days. Give 0 or more"),
        (
            "a.xml",
            WHOLE.format(TASK.format(1, "A", "PT8H0M0S", "<PredecessorLink><PredecessorUID>9</PredecessorUID></PredecessorLink>")),
            "link 9 -> 1: task 9 does not exist",
        ),
        ("a.xer", "ERMHDR\t19\r\n%T\tPROJECT\r\n%F\tproj_id\r\n%R\t1\r\n", "does not end in %E"),
        ("a.xer", "PK\x03\x04", "does not begin with ERMHDR"),
        ("a.xer", "ERMHDR\t19\r\n%T\tPROJECT\r\n%F\tproj_id\tx\r\n%R\t1\r\n%E\r\n", "a.xer:4: 1 values for 2 fields"),
        ("a.csv", "id,name\n1,A\n", "lacks the columns duration_days"),
        ("a.csv", "id,name,duration_days,start\n1,A,,2025-03-03\n2,B,x,3 March\n", "a.csv:2: duration_days is blank"),
        ("a.mpp", "", "kind '.mpp' is not read"),
        ("a.xml", WHOLE.format(TASK.format(1, "A", "PT8H0M0S", "")).replace("2025-03-03", "03.03.2025"), "Invalid isoformat"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_words(name, content, says, tmp_path):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(SarhadError) as caught:
        read_exchanged(tmp_path / name)
    assert says in str(caught.value)
    assert isinstance(caught.value, StoreError | DataError | SpecError)


def test_all_faults_of_a_table_are_named_at_once(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,name,duration_days,start\n1,A,,2025-03-03\n2,B,x,3 March\n", encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        read_exchanged(path)
    assert all(
        part in str(caught.value)
        for part in (":2: duration_days is blank", ":3: duration_days 'x'", ":3: start '3 March'")
    )


def test_what_is_done_later_than_planned_holds_back_what_follows(tmp_path):
    # Begun on Monday 3 and done on Thursday 20 March: the next begins on Friday 21, or on the status date if later.
    head = "id,name,duration_days,predecessors,start,actual_start,actual_finish\n"
    rows = "1,A,5,,2025-03-03,2025-03-03,2025-03-20\n2,B,2,1,,,\n"
    (tmp_path / "a.csv").write_text(head + rows, encoding="utf-8")
    project, spec = read_project(tmp_path / "a.csv")
    assert sequence(project, spec, time_limit_s=5, seed=1).starts.tolist() == [0, 18]
    late = dataclasses.replace(read_exchanged(tmp_path / "a.csv"), status=date(2025, 4, 1))
    found = sequence(as_project(late), progress_of(late), time_limit_s=5, seed=1)
    assert found.starts.tolist() == [0, 29]


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("A-1", Link("A-1", "B")),
        ("A-1 SS -2.5d", Link("A-1", "B", "SS", -2.5)),
        ("A FS+1", Link("A", "B", "FS", 1.0)),
        ("A +2", Link("A", "B", "FS", 2.0)),
        ("C FS +7ed", Link("C", "B", "FS", 7.0, is_elapsed=True)),
    ],
)
def test_ids_with_a_dash_are_told_from_lags(written, link, tmp_path):
    rows = "".join(f"{uid},x,1,,2025-03-03\n" for uid in ("A", "A-1", "C"))
    text = f"id,name,duration_days,predecessors,start\n{rows}B,x,1,{written},\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read_exchanged(tmp_path / "a.csv").links == (link,)


def test_ids_that_are_no_numbers_come_back_though_the_form_wants_numbers(tmp_path):
    tasks = (Task("ACCEPT/M1", "A", duration_days=1, start=MONDAY), Task("B-2", "B", duration_days=1))
    schedule = Exchanged("x", MONDAY, tasks, (Link("ACCEPT/M1", "B-2"),))
    write_exchanged(schedule, tmp_path / "a.xml")
    assert "<UID>ACCEPT" not in (tmp_path / "a.xml").read_text(encoding="utf-8")
    assert read_exchanged(tmp_path / "a.xml") == schedule


def test_lags_are_in_days_of_the_project(tmp_path):
    link = "<PredecessorLink><PredecessorUID>1</PredecessorUID><LinkLag>30000</LinkLag></PredecessorLink>"
    text = WHOLE.format(TASK.format(1, "A", "PT10H0M0S", "") + TASK.format(2, "B", "PT10H0M0S", link))
    (tmp_path / "a.xml").write_text(
        text.replace("<Tasks>", "<MinutesPerDay>600</MinutesPerDay><Tasks>"), encoding="utf-8"
    )
    found = read_exchanged(tmp_path / "a.xml")
    assert (found.links[0].lag_days, found.tasks[0].duration_days) == (5.0, 1.0)


def test_a_cycle_is_named_in_full(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "id,name,duration_days,predecessors,start\n1,A,2,3,2025-03-03\n2,B,2,1,\n3,C,2,2,\n", encoding="utf-8"
    )
    with pytest.raises(DataError, match=r"1.*2.*3"):
        read_project(path)


def test_times_of_day_and_zones_leave_the_date_of_the_site(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,name,duration_days,start\n1,A,1,2025-03-03T23:30:00+05:00\n", encoding="utf-8")
    assert read_exchanged(path).begin == MONDAY


def test_progress_of_primavera_is_by_duration_units_or_judgement(tmp_path):
    text = (DATA / "post.xer").read_text(encoding="cp1251")
    fields = next(line for line in text.splitlines() if line.startswith("%F\ttask_id")).split("\t")
    more = ["complete_pct_type", "remain_drtn_hr_cnt", "act_work_qty", "remain_work_qty", "act_end_date"]
    names = [name for name in fields if name not in more] + more

    def row(number, kind, *values):
        known = {"task_id": str(number), "proj_id": "1", "clndr_id": "1", "task_type": "TT_Task", "status_code": "x",
                 "task_code": f"T{number}", "task_name": "x", "target_drtn_hr_cnt": "40", "phys_complete_pct": "15"}  # fmt: skip
        return "\t".join(
            ["%R", *[(known | dict(zip(more, (kind, *values), strict=True))).get(n, "") for n in names[1:]]]
        )

    rows = [
        row(1, "CP_Phys", "40", "0", "8", ""),
        row(2, "CP_Drtn", "30", "0", "8", ""),
        row(3, "CP_Units", "40", "6", "2", ""),
        row(4, "CP_Drtn", "40", "0", "0", "2025-03-07 17:00"),
        row(5, "CP_Units", "40", "0", "0", ""),
    ]
    table = "\n".join(["ERMHDR\t19.12", "%T\tPROJECT", "%F\tproj_id\tplan_start_date", "%R\t1\t2025-03-03 08:00",
                       "%T\tCALENDAR", "%F\tclndr_id\tday_hr_cnt\tclndr_data", "%R\t1\t8\t",
                       "%T\tTASK", "\t".join(names), *rows, "%E"])  # fmt: skip
    (tmp_path / "p.xer").write_text(table, encoding="utf-8")
    assert [t.percent_complete for t in read_exchanged(tmp_path / "p.xer").tasks] == [
        15.0,
        25.0,
        75.0,
        100.0,
        0.0,
    ]


def test_a_primavera_calendar_without_exceptions_is_read(tmp_path):
    days = "".join(f"(0||{n}()({'(0||0(s|08:00|f|17:00)())' if n < 7 else ''}))" for n in range(1, 8))
    table = "\n".join(["ERMHDR\t19.12", "%T\tPROJECT", "%F\tproj_id\tplan_start_date", "%R\t1\t2025-03-03 08:00",
                       "%T\tCALENDAR", "%F\tclndr_id\tday_hr_cnt\tclndr_data",
                       f"%R\t1\t8\t(0||CalendarData()((0||DaysOfWeek()({days}))))",
                       "%T\tTASK", "%F\ttask_id\tproj_id\tclndr_id\ttask_code\ttarget_drtn_hr_cnt", "%R\t1\t1\t1\tA\t8",
                       "%E"])  # fmt: skip
    (tmp_path / "c.xer").write_text(table, encoding="utf-8")
    (calendar,) = read_exchanged(tmp_path / "c.xer").calendars
    assert calendar.week == (True,) * 5 + (False, True)  # day 1 is Sunday, day 7 Saturday
    assert calendar.exceptions == {}


def test_the_units_of_a_primavera_resource_are_those_of_its_latest_rate(tmp_path):
    text = (DATA / "crossing.xml").read_text(encoding="utf-8")
    rate = "<ResourceRate><EffectiveDate>{}</EffectiveDate><MaxUnitsPerTime>{}</MaxUnitsPerTime><ResourceObjectId>7</ResourceObjectId></ResourceRate>"
    rates = rate.format("2026-01-01T00:00:00", "5") + rate.format("2025-01-01T00:00:00", "3")
    (tmp_path / "r.xml").write_text(text.replace("  <Project>", f"  {rates}<Project>"), encoding="utf-8")
    assert [r.units for r in read_exchanged(DATA / "crossing.xml").resources] == [2.0]
    assert [r.units for r in read_exchanged(tmp_path / "r.xml").resources] == [5.0]
