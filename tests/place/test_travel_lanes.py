import numpy as np
import pytest

from sarhad.errors import SpecError
from sarhad.place.travel import DRIVE, FLY, FUNCTIONS
from sarhad.place.travel.field import field, ground
from sarhad.place.travel.lanes import fields, matrix

WALKER = np.array([0, 1.0, np.inf, np.inf, 0.0])


def land(seed, kind=None, kmh=(0.0,)):
    """Return steep ground of several tiles, with a wall of voids that has one gate."""
    rng = np.random.default_rng(seed)
    elevation = (1500.0 + 60.0 * rng.normal(size=(150, 201))).astype(np.float32)
    elevation[90, 1:] = np.nan
    return ground(elevation, 30.0, kind=kind, kmh=kmh)


@pytest.mark.parametrize("locomotion", sorted({DRIVE, FLY, *(one.number for one in FUNCTIONS.values())}))
def test_each_lane_has_the_hours_of_its_own_search(locomotion):
    on, p = land(1), np.array([locomotion, 1.0, 3.0, 1500.0, 0.1])
    sources = np.random.default_rng(2).integers(0, on.moves.size, 19)
    hours = fields(on, p, sources)
    near = 2e-5 if locomotion in {DRIVE, FLY} else 3e-6  # equal steps are rounded the same way each time
    for lane in range(19):
        assert np.allclose(hours[lane], field(on, p, sources[lane : lane + 1])[0], rtol=near, atol=0.0)


def test_roads_and_closed_cells_hold_in_lanes():
    kind = np.zeros((150, 201), dtype=np.uint8)
    kind[20:140, 100] = 1
    kind[50, :150] = 2
    on, p = land(3, kind, (0.0, 40.0, 0.0)), np.array([0, 1.0, np.inf, np.inf, 0.0])
    sources = np.array([0, 3100, 29000])
    hours = fields(on, p, sources)
    for lane in range(3):
        assert np.allclose(hours[lane], field(on, p, sources[lane : lane + 1])[0], rtol=3e-6, atol=0.0)
    assert np.array_equal(matrix(on, p, sources, sources), hours.reshape(3, -1)[:, sources])


def test_sources_outside_are_refused():
    flat = np.zeros((9, 9), dtype=np.float32)
    with pytest.raises(SpecError, match=r"2 of 3 lie outside 0\.\.80: -1"):
        fields(ground(flat, 30.0), WALKER, np.array([-1, 3, 81]))
