"""The worked examples of the pages on activities and delay give the figures that their text states."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DOCS = Path(__file__).parents[2] / "docs" / "models"


def run(page: str) -> dict[str, Any]:
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, Any] = {}
    exec(compile(code, page, "exec"), found)  # the page's own text
    return found


def test_a_quarter_of_delay_costs_what_the_page_says() -> None:
    found = run("delay.md")
    np.testing.assert_allclose(found["alone"], [1.590, 1.590], atol=5e-4)
    np.testing.assert_allclose(found["together"], [1.590], atol=5e-4)
    assert found["loss"].mean == pytest.approx(4.0)
    assert found["loss"].draws.tolist() == pytest.approx([2.0, 4.0, 6.0, 4.0])


def test_the_calendars_of_the_page_work_as_it_says() -> None:
    assert run("activities.md")["week"].sum() == 4
