"""Streams, statuses, interruption, speed of help: the promises of the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sarhad import plan as planner
from sarhad.cli.terminal import watching
from sarhad.programme import Programme
from sarhad.workflow import planning
from sarhad.workflow.steps import Step
from tests.cli.conftest import TINY, Sarhad
from tests.cli.test_json import held

SARHAD = [sys.executable, "-c", "from sarhad.cli import main; main()"]


def test_help_imports_no_heavy_library() -> None:
    code = "import sys; from sarhad.cli.app import app; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in (
        "numpy",
        "pandas",
        "numba",
        "shapely",
        "rasterio",
        "matplotlib",
        "highspy",
        "scipy",
        "sqlalchemy",
    ):
        assert f"'{heavy}'" not in loaded


def test_help_names_every_command() -> None:
    done = subprocess.run([*SARHAD, "--help"], capture_output=True, text=True, check=True)
    for name in [
        "demo",
        "new",
        "check",
        "plan",
        "evaluate",
        "explain",
        "trace",
        "report",
        "pack",
        "unpack",
        "describe",
    ]:
        assert f" {name} " in done.stdout


def test_progress_goes_to_standard_error_and_data_to_standard_output(tmp_path: Path) -> None:
    words = ["plan", str(TINY), "-o", str(tmp_path / "t.gpkg"), "--time-limit", "2", "--json"]
    done = subprocess.run([*SARHAD, *words], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["status"] in {"optimal", "feasible"}
    assert "plan" in done.stderr


def interrupted(target: Path, word: str) -> tuple[int, str, str]:
    """Return status and output of a plan that gets Ctrl-C as soon as its progress shows a word."""
    words = ["plan", str(TINY), "-o", str(target), "--time-limit", "500", "--json"]
    with subprocess.Popen(
        [*SARHAD, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stderr is not None
        seen = ""
        while word not in seen:
            seen += child.stderr.read(1)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate()
    return child.returncode, out, seen + err


def test_ctrl_c_keeps_the_best_plan_so_far(tmp_path: Path) -> None:
    target = tmp_path / "t.gpkg"
    code, out, err = interrupted(target, "gap")
    found = json.loads(out)
    if found["status"] != "optimal":  # the search may be over before the signal is
        assert found["stopped"] == "interrupt"
        assert "best answer so far is kept" in err
    assert code == 0
    assert target.is_file()


def test_ctrl_c_during_the_search_skips_what_only_adds_to_the_plan(
    sarhad: Sarhad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimise = planner.optimise

    def interrupted(*args: Any, **kwargs: Any) -> planner.PlanResult:
        kwargs["on_progress"](planner.PlanProgress(0.0, 1.0, 0.0, 1.0, "first"))
        signal.raise_signal(signal.SIGINT)
        return optimise(*args, **kwargs)

    monkeypatch.setattr(planner, "optimise", interrupted)
    monkeypatch.setattr(planning, "removal_values", lambda *_: pytest.fail("priced after an interrupt"))
    target = tmp_path / "t.gpkg"
    result = sarhad("plan", TINY, "-o", target, "--time-limit", "60", "--json", "--quiet")
    assert result.exit_code == 0, result.output
    found = held(result.stdout, "plan")
    assert found["stopped"] == "interrupt"
    assert "the marginal values of its items are blank; plan again for them" in found["notices"][-1]
    assert Programme.open(target)["plan"]["id"].tolist() == ["draft"]


def test_a_second_ctrl_c_ends_the_process_even_while_a_solver_holds_it() -> None:
    ours = signal.getsignal(signal.SIGINT)
    with watching(quiet=True) as watch:
        assert watch(Step("plan", 0.0, keeps_answer=True))
        signal.raise_signal(signal.SIGINT)
        assert not watch(Step("plan", 0.5, keeps_answer=True))
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is ours


def test_ctrl_c_after_the_search_keeps_the_plan_without_marginal_values(
    sarhad: Sarhad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "removal_values", lambda *_: signal.raise_signal(signal.SIGINT))
    target = tmp_path / "t.gpkg"
    result = sarhad("plan", TINY, "-o", target, "--time-limit", "1", "--json", "--quiet")
    assert result.exit_code == 0, result.output
    found = held(result.stdout, "plan")
    assert found["stopped"] == "interrupt"
    assert "the plan is kept, the marginal values of its items are blank" in found["notices"][-1]
    kept = Programme.open(target)
    assert set(kept["plan_item"]["item_id"]) == {item["item"] for item in found["items"]} != set()
    assert kept["plan_item"]["marginal_value"].isna().all()
    report = sarhad("evaluate", target, "--plan", "draft", "--json", "--quiet")
    assert report.exit_code == 0, report.output


def test_ctrl_c_while_saving_lets_the_save_end(
    sarhad: Sarhad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Programme.save

    def interrupted(prog: Programme, path: Path) -> None:
        signal.raise_signal(signal.SIGINT)
        save(prog, path)

    monkeypatch.setattr(Programme, "save", interrupted)
    target = tmp_path / "t.gpkg"
    result = sarhad("plan", TINY, "-o", target, "--time-limit", "1", "--json", "--quiet")
    assert result.exit_code == 0, result.output
    assert "draft" in set(Programme.open(target)["plan"]["id"])


def test_ctrl_c_before_there_is_an_answer_writes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "t.gpkg"
    code, out, _ = interrupted(target, "check")
    assert code == 130
    assert out == ""
    assert not target.exists()
