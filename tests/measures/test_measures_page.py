"""The worked example of docs/models/measures.md, run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "models" / "measures.md"


def example() -> dict[str, Any]:
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {"__name__": __name__}
    exec(code.group(1), names)
    return names


def test_the_figures_of_the_page_are_those_of_the_code():
    found = example()
    figures = [found[name] for name in ("as_published", "alone", "answered", "kept_up", "both")]
    assert figures == pytest.approx([0.750, 0.253, 0.582, 0.312, 0.675], abs=5e-4)
    others = [found[name] for name in ("gate", "line", "one_alarm")]
    assert others == pytest.approx([0.171, 0.338, 0.184], abs=5e-4)
