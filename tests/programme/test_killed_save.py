"""A save that is killed, at any moment, leaves the old file whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("killed")
    tiny = HERE.parent / "data" / "tiny"
    command = [sys.executable, str(HERE / "kill_saves.py"), str(folder), str(tiny)]
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **one_thread}
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_save_that_is_not_killed_ends_and_has_many_points(result: dict[str, Any]) -> None:
    status, told = result["whole"]
    assert status == 0
    assert told[0] == "begun"
    assert told[-1].startswith("ended")
    assert result["total"] >= 200
    assert result["old"] != result["new"]


def test_two_hundred_kills_inside_the_transaction_leave_the_old_programme(result: dict[str, Any]) -> None:
    killed = result["killed"]
    assert len(killed) >= 200
    for one in killed:
        assert one["signal"] == signal.SIGKILL
        assert one["told"] == ["begun", "in transaction"]
        assert one["hash"] == result["old"]
        assert one["rows"] == 1


def test_the_kills_struck_after_the_file_itself_had_been_changed_too(result: dict[str, Any]) -> None:
    touched = [one for one in result["killed"] if one["was_touched"]]
    assert len(touched) >= 50
    assert all(one["had_journal"] for one in touched)


def test_a_hot_journal_is_rolled_back_by_the_next_reader(result: dict[str, Any]) -> None:
    for one in result["killed"]:
        assert not one["is_hot"]
        assert one["hash_again"] == result["old"]


def test_a_kill_during_the_commit_leaves_the_old_or_the_new_programme(result: dict[str, Any]) -> None:
    inside = [one for one in result["committing"] if one["told"] == ["begun", "committing"]]
    assert inside
    for one in inside:
        assert one["signal"] == signal.SIGKILL
        assert one["hash"] in (result["old"], result["new"])
        assert one["hash_again"] == one["hash"]
        assert not one["is_hot"]


def test_a_folder_killed_at_any_file_operation_is_the_old_or_the_new_one(result: dict[str, Any]) -> None:
    killed = result["folder"]
    assert len(killed) >= 10
    hashes = [one["hash"] for one in killed]
    for one in killed:
        assert one["signal"] == signal.SIGKILL
        assert one["told"] == ["begun"]
    turn = hashes.index(result["new"]) if result["new"] in hashes else len(hashes)
    assert turn > 5
    assert hashes == [result["old"]] * turn + [result["new"]] * (len(hashes) - turn)
