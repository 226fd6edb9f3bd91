"""The worked example of the schedule's page runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "models" / "schedule.md"


def test_the_worked_example_of_the_page_holds() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    assert "assert " in blocks[0]
    exec(compile(blocks[0], "schedule.md", "exec"), {})  # the claim is that it runs
