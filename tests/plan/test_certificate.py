"""Certificates: proved again by the script that is written with them; whoever changes a figure is caught."""

from __future__ import annotations

import ast
import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sarhad.detection import Instance
from sarhad.errors import SpecError, StoreError
from sarhad.plan import PlanResult, PlanSpec, Terms, optimise, require_folder, search, write_certificate
from sarhad.plan.prove.__main__ import main
from tests.plan.games import instance, limits, random_game


def plan(game: Instance, terms: Terms, spec: PlanSpec | None = None) -> PlanResult:
    return optimise(
        game, terms, spec or PlanSpec(), time_limit_s=60, seed=1, work_limit=9, keeps_evidence=True
    )


@pytest.fixture
def proved(capsys: pytest.CaptureFixture[str]) -> Callable[[Path], tuple[int, str]]:
    """Return a function that runs the script's own code here, which is quicker."""
    return lambda folder: (main(folder), capsys.readouterr().out)


def prove(folder: Path) -> tuple[int, str]:
    """Run the script of a certificate in a process of its own, from its folder."""
    done = subprocess.run(
        [sys.executable, "-m", "prove"], cwd=folder, env={}, capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate") / "c"
    write_certificate(plan(*random_game(0, n_items=8)), folder)
    return folder


def test_a_small_programme_is_proved_again(certificate):
    status, said = prove(certificate)
    head = json.loads((certificate / "certificate.json").read_text())
    assert status == 0, said
    assert said.endswith("OK\n")
    assert f"value {head['value']:.6f}  bound {head['bound_of_programme']:.6f}" in said
    assert "not re-proved and left out: 0" in said
    assert "held, in floating point, by a tree of SCIP" in said


@pytest.mark.parametrize("seed", range(1, 5))
def test_the_programme_of_epochs_is_proved_again(seed, tmp_path, monkeypatch, proved):
    # The linear programme of large programmes, made to take a small one.
    monkeypatch.setattr(search, "is_small", lambda *_: False)
    monkeypatch.setattr(search, "STARTS", 0)
    found = plan(*random_game(seed, n_items=8), spec=PlanSpec(lock_in={"I04": None}))
    assert found.status != "infeasible"
    write_certificate(found, tmp_path / "c")
    status, said = proved(tmp_path / "c")
    head = json.loads((tmp_path / "c" / "certificate.json").read_text())
    assert status == 0, said
    assert head["bound_of_programme"] == pytest.approx(found.bound, rel=1e-9)


def test_prevention_supports_and_certain_detection_are_proved_too(tmp_path, proved):
    edges = [(0, 1), (1, 4), (0, 2), (2, 4), (3, 1)]
    added = [[np.inf, 0, 0, 0, 0], [0, 0, 1.2, 0, 0], [0.5, 0, 0.5, 0, 0.2], [0, 0, 0, 0, 0]]
    game = instance(
        edges, added, [(0, 4, 10.0), (3, 4, 2.0)], supports={2: ((1, 3),)}, prevention=[0, 0, 0, 0.3, 0]
    )
    found = plan(game, limits([10, 10, 10, 10], [[15, 10]], quarters=2))
    write_certificate(found, tmp_path / "c")
    status, said = proved(tmp_path / "c")
    assert status == 0, said


def change(table: str, column: str, row: int, by: float) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        frame = pd.read_csv(folder / f"{table}.csv")
        frame.loc[row, column] += by
        frame.to_csv(folder / f"{table}.csv", index=False)

    return work


def state(figure: str, factor: float) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        path = folder / "certificate.json"
        head = json.loads(path.read_text())
        path.write_text(json.dumps(head | {figure: head[figure] * factor}))

    return work


def raise_a_cut(folder: Path) -> None:
    frame = pd.read_csv(folder / "cuts.csv")
    frame.loc[int(frame["dual"].argmax()), "level"] += 1e-3
    frame.to_csv(folder / "cuts.csv", index=False)


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (raise_a_cut, "NOT cuts"),
        (state("bound_of_programme", 1.001), "NOT bound"),
        (state("value", 0.999), "NOT plan        1 wrong: value"),
        (change("paths", "fixed", 2, 0.01), "NOT paths"),
        (change("path_added", "added", 0, 0.1), "NOT paths"),
        (change("units", "weight", 0, 0.01), "NOT units"),
        (change("scenarios", "weight", 0, 0.01), "NOT units"),
        (change("budget", "usd", 0, 1), "NOT limits"),
        (change("limit_starts", "factor", 0, -1.0), "NOT limits"),
        (change("items", "capital_usd", 0, 1), "NOT limits"),
        (change("edges", "effort_0", 0, 0.01), "NOT paths"),
        (change("exposure", "added", 0, 0.1), "NOT paths"),
        (change("units", "low", 0, 0.05), "NOT units"),
        (change("cut_slopes", "slope", 0, -0.5), "NOT cuts"),
        (change("states", "share", 0, -0.5), "NOT cuts"),
        (change("limits", "high", 0, 5), "NOT limits"),
        (change("limit_payments", "factor", 0, 0.5), "NOT limits"),
        (change("payments", "most", 0, -150), "NOT limits"),
        (change("starts", "quarter", 0, 1), "NOT limits"),
        (change("plan", "quarter", 0, -1), "NOT plan"),
    ],
)
def test_whoever_changes_a_figure_is_caught(certificate, tmp_path, tamper, says, proved):
    folder = tmp_path / "c"
    subprocess.run(["cp", "-r", str(certificate), str(folder)], check=True)
    tamper(folder)
    status, said = proved(folder)
    assert status == 1
    assert says in said
    assert said.endswith("NOT\n")


def test_a_plan_that_costs_too_much_is_caught(certificate, tmp_path, proved):
    folder = tmp_path / "c"
    subprocess.run(["cp", "-r", str(certificate), str(folder)], check=True)
    rows = [(item, quarter) for item in range(8) for quarter in (0,)]
    chosen = pd.DataFrame(rows, columns=["item", "quarter"]).assign(id="", start_quarter="")
    chosen.to_csv(folder / "plan.csv", index=False)
    status, said = proved(folder)
    assert status == 1
    assert "limits that no payments keep" in said


def test_a_cut_of_a_kind_that_the_script_does_not_know_is_left_out_and_named(certificate, tmp_path, proved):
    folder = tmp_path / "c"
    subprocess.run(["cp", "-r", str(certificate), str(folder)], check=True)
    frame = pd.read_csv(folder / "cuts.csv")
    frame.loc[frame["kind"] == "lifted", "kind"] = "woven"
    frame.to_csv(folder / "cuts.csv", index=False)
    status, said = proved(folder)
    count = int((frame["kind"] == "woven").sum())
    assert f"not re-proved and left out: {count}" in said
    assert status == 1  # the bound rests on these cuts
    assert "NOT bound" in said


def test_the_script_shares_no_code_with_sarhad():
    folder = Path(search.__file__).parent / "prove"
    names = {
        alias.name if isinstance(node, ast.Import) else (node.module or "")
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not [name for name in names if name.startswith(("sarhad", "highspy"))]


def test_without_evidence_there_is_no_certificate(tmp_path):
    game, terms = random_game(0)
    found = optimise(game, terms, PlanSpec(), time_limit_s=0, seed=1)
    with pytest.raises(SpecError, match="no evidence for a certificate"):
        write_certificate(found, tmp_path / "c")


def test_a_plan_found_without_time_has_a_certificate_too(tmp_path, proved):
    game, terms = random_game(0)
    found = optimise(game, terms, PlanSpec(), time_limit_s=0, seed=1, keeps_evidence=True)
    write_certificate(found, tmp_path / "c")
    status, said = proved(tmp_path / "c")
    assert status == 0, said
    assert f"bound {found.bound:.6f}" in said


def test_a_folder_with_something_else_is_refused(tmp_path, certificate):
    (tmp_path / "letter.txt").write_text("dear")
    for is_replacing in (False, True):
        with pytest.raises(StoreError, match="something stands there"):
            require_folder(tmp_path, is_replacing=is_replacing)
    with pytest.raises(StoreError, match="give --replace"):
        require_folder(certificate, is_replacing=False)
    require_folder(certificate, is_replacing=True)
    require_folder(tmp_path / "new", is_replacing=False)


def test_limits_that_the_script_does_not_know_are_refused_before_the_search():
    game, terms = random_game(0)
    closed = np.ones((terms.n_items, terms.n_quarters), dtype=np.bool_)
    closed[:, 0] = False
    with pytest.raises(SpecError, match="the limits of season"):
        plan(game, dataclasses.replace(terms, works=closed))
