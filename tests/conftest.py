"""What all tests share: the tiny programme, a made-up border of 63 km that can be planned in seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from sarhad.programme import Programme

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def tiny() -> Programme:
    """Return the tiny programme; it never changes, so all tests share one."""
    return Programme.open(DATA / "tiny")
