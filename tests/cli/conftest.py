"""The tiny programme, planned once for all tests of the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sarhad.cli.app import app

TINY = Path(__file__).parents[1] / "data" / "tiny"
Sarhad = Callable[..., Result]


@pytest.fixture(scope="session")
def sarhad() -> Sarhad:
    """Return a function that runs a command in this process."""
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory, sarhad: Sarhad) -> Path:
    """Return a .gpkg file of the tiny programme with a plan named `draft`."""
    path = tmp_path_factory.mktemp("planned") / "tiny.gpkg"
    result = sarhad("plan", TINY, "-o", path, "--time-limit", "3", "--json", "--quiet")
    assert result.exit_code == 0, result.output
    (path.parent / "plan.json").write_text(result.stdout, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def plan(planned: Path) -> dict[str, Any]:
    """Return the plan as `sarhad plan --json` printed it."""
    found: dict[str, Any] = json.loads((planned.parent / "plan.json").read_text(encoding="utf-8"))
    return found
