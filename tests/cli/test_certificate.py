"""`plan --certificate`: written, proved again from its folder, never over something else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import TINY, Sarhad
from tests.cli.test_json import held


def test_the_certificate_of_a_plan_is_proved_from_its_folder(sarhad: Sarhad, tmp_path: Path) -> None:
    folder = tmp_path / "certificate"
    words = ("plan", TINY, "-o", tmp_path / "t.gpkg", "--time-limit", "3", "--certificate", folder)
    found = held(sarhad(*words, "--json", "-q").stdout, "plan")
    done = subprocess.run(
        [sys.executable, "-m", "prove"], cwd=folder, env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"value {found['value']:.6f}" in done.stdout
    again = sarhad("plan", TINY, "-o", tmp_path / "u.gpkg", "--certificate", folder, "-q")
    assert again.exit_code == 2
    assert "something stands there" in again.output
