"""Fixtures of the tests of measures."""

from __future__ import annotations

import flat_strip
import pytest


@pytest.fixture
def make() -> flat_strip.Make:
    """Return how to make a small world, see `flat_strip.world`."""
    return flat_strip.world
