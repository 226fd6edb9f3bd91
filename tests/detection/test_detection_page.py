from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

PAGE = Path(__file__).parents[2] / "docs" / "models" / "detection.md"


def test_the_worked_example_of_the_page_gives_the_figures_of_its_table():
    text = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    found: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), found)  # the page's own text
    np.testing.assert_allclose(found["informed"], [8.187, 8.187, 8.187, 1.827], atol=5e-4)
    np.testing.assert_allclose(found["fixed"], [8.187, 5.007, 5.007, 1.827], atol=5e-4)
    np.testing.assert_allclose(found["added_alone"], [0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(found["removed"], [6.360, 6.360], atol=6e-4)
    np.testing.assert_allclose(found["deterred"].attempts.sum(), 4.724, atol=5e-4)
    np.testing.assert_allclose(found["deterred"].value, 0.863, atol=5e-4)
    np.testing.assert_allclose(found["without_tower"].value, 8.187, atol=5e-4)
