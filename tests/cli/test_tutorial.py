"""The tutorial is a test: every command in it runs on the tiny programme."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sarhad.cli.app import app

ROOT = Path(__file__).parents[2]


def commands(page: str) -> list[list[str]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [shlex.split(line) for line in lines]


def test_every_command_of_the_tutorial_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    ran = commands("tutorial.md")
    assert len(ran) >= 10
    for words in ran:
        assert words[0] == "sarhad"
        result = CliRunner().invoke(app, words[1:])
        assert result.exit_code == 0, f"{shlex.join(words)}\n{result.output}"
    assert (tmp_path / "pages" / "report.html").is_file()
    assert (tmp_path / "pages" / "report.ar.html").is_file()
    assert (tmp_path / "tiny-text" / "programme.toml").is_file()
