"""`sarhad schedule FILE`: a project of another tool, its certificate, its bad input."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Sarhad
from tests.cli.test_bad_input import assert_clear
from tests.cli.test_json import held

DATA = Path(__file__).parents[1] / "data" / "schedule"


@pytest.mark.parametrize("kind", ["sm", "rcp"])
def test_two_activities_that_share_a_crew_follow_each_other(sarhad: Sarhad, kind: str) -> None:
    result = sarhad("schedule", DATA / f"four.{kind}", "--time-limit", "5", "--json", "--quiet")
    found = held(result.stdout, "schedule")
    assert (found["status"], found["value"], found["bound"], found["gap"]) == ("optimal", 5, 5, 0)
    assert found["ends"]["2"] <= found["starts"]["3"] or found["ends"]["3"] <= found["starts"]["2"]
    assert set(found["modes"].values()) == {1}


def test_a_short_stock_makes_one_activity_take_its_thrifty_mode(sarhad: Sarhad) -> None:
    # Stock 4: modes (1, 2) use 4 and take 3 + 4 one after another; (2, 1) use 4 and take 5 side by side.
    result = sarhad("schedule", DATA / "four.mm", "--time-limit", "5", "--json", "--quiet")
    found = held(result.stdout, "schedule")
    assert (found["status"], found["value"]) == ("optimal", 5)
    assert (found["modes"]["2"], found["modes"]["3"]) == (2, 1)


def test_counted_work_gives_the_same_schedule_twice(sarhad: Sarhad, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    jobs = [f"0 0 0 0 60 {' '.join(str(k) for k in range(2, 62))}"]
    jobs += [f"{d} {a} {b} {c} 1 62" for d, a, b, c in rng.integers(2, 9, (60, 4)).tolist()]
    (tmp_path / "wide.rcp").write_text("62 3\n10 10 10\n" + "\n".join([*jobs, "0 0 0 0 0"]) + "\n")
    asked = (
        "schedule",
        tmp_path / "wide.rcp",
        "--work-limit",
        "1",
        "--time-limit",
        "300",
        "--json",
        "--quiet",
    )
    one, two = (held(sarhad(*asked).stdout, "schedule") for _ in range(2))
    assert one["stopped"] == "work"
    assert {key: one[key] for key in one if key != "seconds"} == {
        key: two[key] for key in two if key != "seconds"
    }


def test_the_lines_for_people_go_by_start(sarhad: Sarhad) -> None:
    shown = sarhad("schedule", DATA / "four.rcp", "--time-limit", "5", "--quiet").stdout.splitlines()
    assert shown[0].startswith("optimal: value 5, bound 5")
    starts = [int(line.split()[1]) for line in shown[2:]]
    assert starts == sorted(starts)
    assert len(starts) == 4


def test_too_small_a_stock_is_infeasible_and_named(sarhad: Sarhad, tmp_path: Path) -> None:
    text = (DATA / "four.mm").read_text()
    (tmp_path / "short.mm").write_text(text.replace("\n    2    4\n", "\n    2    0\n"))
    result = sarhad("schedule", tmp_path / "short.mm", "--time-limit", "5", "--json", "--quiet")
    found = held(result.stdout, "schedule")
    assert result.exit_code == 3
    assert (found["status"], found["value"], found["starts"]) == ("infeasible", None, {})
    assert "2: every mode that is allowed needs more than the stock" in found["notices"][0]


@pytest.mark.parametrize(
    ("name", "text", "status", "told"),
    [
        ("a.doc", "", 2, r"no schedule can be read from a file of the kind '\.doc'"),
        ("a.sm", "jobs\n", 1, "no line begins with|a colon and a count"),
        ("a.rcp", "4 1\n2\n0 0 2 2 3\n3 2 1", 1, "found the end of the file, expected 1 successors of job 2"),
        ("a.rcp", "2 1\n2\n-1 0 1 2\n0 0 0\n", 1, "line 3: found '-1', expected job 1"),
        ("a.rcp", "2 1\n2\n1 0 1 2\n1 0 1 1\n", 1, "2 activities wait for each other: 1 -FS-> 2 -FS-> 1"),
        ("a.rcp", "1 1\n2\n3 5 0\n", 1, r"1 \(needs 5 of R1, which has 2\)"),
        ("a.rcp", "1 1\n2\n3 1 1 7\n", 1, "found successor 7 of job 1, expected a job between 1 and 1"),
    ],
)
def test_bad_files_are_told_apart(
    sarhad: Sarhad, tmp_path: Path, name: str, text: str, status: int, told: str
) -> None:
    (tmp_path / name).write_text(text)
    result = sarhad("schedule", tmp_path / name, "--json", "--quiet")
    assert_clear(result, status)
    assert re.search(told, result.stderr)


def test_a_file_in_another_encoding_is_refused(sarhad: Sarhad, tmp_path: Path) -> None:
    (tmp_path / "a.sm").write_bytes("jobs".encode("utf-16"))
    result = sarhad("schedule", tmp_path / "a.sm", "--quiet")
    assert_clear(result, 1)
    assert "cannot be read as text" in result.stderr


def test_a_cut_file_never_gives_a_schedule(sarhad: Sarhad, tmp_path: Path) -> None:
    text = (DATA / "four.sm").read_text()
    last = text.rindex("2")
    for cut in range(0, last, 41):
        (tmp_path / "cut.sm").write_text(text[:cut])
        assert_clear(sarhad("schedule", tmp_path / "cut.sm", "--quiet"), 1)
