"""What the tests of place share: terrain and network of the tiny programme, computed once."""

from __future__ import annotations

import pytest

from sarhad import place
from sarhad.programme import Programme


@pytest.fixture(scope="session")
def ground(tiny: Programme) -> place.Terrain:
    """Return the terrain of the tiny programme."""
    return place.terrain(tiny)


@pytest.fixture(scope="session")
def net(tiny: Programme, ground: place.Terrain) -> place.Network:
    """Return the network of the tiny programme."""
    return place.network(tiny, ground)
