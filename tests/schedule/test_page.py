"""The worked examples of the schedule's pages run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "models"


@pytest.mark.parametrize("page", ["schedule.md", "schedule_risk.md"])
def test_the_worked_example_of_the_page_holds(page: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    assert "assert " in blocks[0]
    exec(compile(blocks[0], page, "exec"), {})  # the claim is that it runs
