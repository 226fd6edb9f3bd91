import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from sarhad.errors import SpecError
from sarhad.place.travel import FLY, FUNCTIONS, WALK, step_hours
from sarhad.place.travel.field import DOWN, RIGHT, field, ground, path_back
from sarhad.place.travel.mover import backwards
from sarhad.place.travel.speeds import FASTEST, slope_kmh

WALKER = np.array([WALK, 1.0, np.inf, 1500.0, 0.1])
BIRD = np.array([FLY, 1.0, np.inf, np.inf, 0.0])


def rough(height, width, seed):
    """Return steep made-up ground, with a void."""
    rng = np.random.default_rng(seed)
    elevation = (1500.0 + 60.0 * rng.normal(size=(height, width))).astype(np.float32)
    elevation[height // 2, : width // 2] = np.nan
    return elevation


def by_scipy(on, p, source):
    """Return the hours by scipy on the edge list of the ground, all surfaces open."""
    height, width = on.moves.shape
    tail, head, hours = [], [], []
    for row, col in np.ndindex(height, width):
        for k in np.flatnonzero([int(on.moves[row, col]) >> k & 1 for k in range(16)]):
            to = row + DOWN[k], col + RIGHT[k]
            distance = on.cell_m * float(np.hypot(DOWN[k], RIGHT[k]))
            hours.append(step_hours(p, float(on.elevation_m[row, col]), float(on.elevation_m[to]), distance))
            tail.append(row * width + col)
            head.append(to[0] * width + to[1])
    graph = coo_array((hours, (tail, head)), shape=(height * width,) * 2).tocsr()
    return dijkstra(graph, indices=source).reshape(height, width)


@pytest.mark.parametrize("neighbours", [8, 16])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", sorted({one.number for one in FUNCTIONS.values()}))
def test_hours_are_those_of_scipy(neighbours, seed, kind):
    on = ground(rough(23, 31, seed), 30.0, neighbours=neighbours)
    p = WALKER.copy()
    p[0] = kind
    hours, _ = field(on, p, np.array([40]))
    assert np.allclose(hours, by_scipy(on, p, 40), rtol=1e-12)


def test_cliffs_far_beyond_the_ring_of_buckets_are_still_exact():
    # diagonally up, 120 m over 42.4 m: 6 exp(-3.5 * 2.88) km/h, 168 h; the 4096 buckets of 0.005 h reach 20 h
    elevation = np.zeros((3, 40), dtype=np.float32)
    elevation[:, 20:] = 120.0
    on = ground(elevation, 30.0)
    hours, _ = field(on, WALKER, np.array([0]))
    assert np.allclose(hours, by_scipy(on, WALKER, 0), rtol=1e-12)
    assert hours[0, 20] > 100.0


def test_a_path_back_takes_the_hours_of_its_end():
    elevation = rough(20, 20, 5)
    on = ground(elevation, 30.0, neighbours=16)
    hours, step = field(on, WALKER, np.array([0]))
    cells = path_back(step, 399)
    at = [divmod(int(cell), 20) for cell in cells]
    total = sum(
        step_hours(
            WALKER, float(elevation[a]), float(elevation[b]), 30.0 * np.hypot(a[0] - b[0], a[1] - b[1])
        )
        for a, b in itertools.pairwise(at)
    )
    assert cells[0] == 0
    assert cells[-1] == 399
    assert np.isclose(total, hours[19, 19], rtol=1e-12)


@pytest.mark.parametrize("neighbours", [8, 16])
def test_a_barrier_one_cell_wide_holds_also_aslant(neighbours):
    barrier = np.eye(12, dtype=np.bool_)
    hours, _ = field(
        ground(np.zeros((12, 12), np.float32), 30.0, neighbours=neighbours, barrier=barrier),
        BIRD,
        np.array([11]),
    )
    upper = np.triu(np.ones((12, 12), dtype=np.bool_), 1)
    assert np.isfinite(hours[upper]).all()
    assert np.isinf(hours[~upper]).all()


def test_a_pass_closed_for_the_season_opens_again():
    kind = np.zeros((5, 9), dtype=np.uint8)
    kind[:, 4] = 1
    flat = np.zeros((5, 9), np.float32)
    closed, _ = field(ground(flat, 1000.0, kind=kind, kmh=(0.0, 0.0)), BIRD, np.array([18]))
    # at 1 km/h flown; half a cell at 0.5 km/h on each side of the middle of the pass: 3 + 0.5 + 1 + 1 + 0.5 + 3 h
    is_open, _ = field(ground(flat, 1000.0, kind=kind, kmh=(0.0, 0.5)), BIRD, np.array([18]))
    assert np.isinf(closed[2, 5:]).all()
    assert np.isclose(is_open[2, 8], 9.0)


def test_more_neighbours_are_never_slower_and_a_limit_only_cuts():
    elevation = rough(25, 25, 8)
    eight, _ = field(ground(elevation, 30.0), WALKER, np.array([0]))
    sixteen, _ = field(ground(elevation, 30.0, neighbours=16), WALKER, np.array([0]))
    limited, _ = field(ground(elevation, 30.0), WALKER, np.array([0]), limit_h=0.2)
    assert (sixteen <= eight * (1 + 1e-12))[np.isfinite(eight)].all()
    assert np.array_equal(limited, np.where(eight <= 0.2, eight, np.inf))


def test_no_slope_is_faster_than_its_bound():
    slopes = np.linspace(-3.0, 3.0, 60_001)
    for one in FUNCTIONS.values():
        speeds = np.array([slope_kmh(one.number, slope) for slope in slopes])
        assert 0.9 * FASTEST[one.number] < speeds.max() <= FASTEST[one.number]


def test_published_speeds_on_the_level():
    # 0.11 + exp(-25/1800) = 1.0962 m/s; 0.11 + 0.67 exp(-4/1800) = 0.7785 m/s
    assert np.isclose(slope_kmh(FUNCTIONS["irmischer-on"].number, 0.0), 3.946, atol=1e-3)
    assert np.isclose(slope_kmh(FUNCTIONS["irmischer-off"].number, 0.0), 2.803, atol=1e-3)
    assert np.isclose(slope_kmh(FUNCTIONS["tobler"].number, 0.0), 5.037, atol=1e-3)


def test_four_neighbours_and_kinds_without_a_speed_are_refused():
    with pytest.raises(SpecError, match=r"neighbours: 4 is not possible\. Give 8 or 16"):
        ground(np.zeros((2, 2), np.float32), 30.0, neighbours=4)
    with pytest.raises(SpecError, match="1 speeds for kinds 0 to 2"):
        ground(np.zeros((2, 2), np.float32), 30.0, kind=np.full((2, 2), 2, np.uint8))


@pytest.mark.parametrize("neighbours", [8, 16])
def test_a_kind_may_be_a_factor_of_the_movers_own_speed(neighbours):
    # half the speed everywhere: twice the hours, up and down
    elevation = rough(20, 20, 9)
    kind = np.ones((20, 20), dtype=np.uint8)
    own, _ = field(ground(elevation, 30.0, neighbours=neighbours), WALKER, np.array([0]))
    half, _ = field(
        ground(elevation, 30.0, neighbours=neighbours, kind=kind, kmh=(0.0, -0.5)), WALKER, np.array([0])
    )
    assert np.allclose(half, 2.0 * own, rtol=1e-12)


@given(st.integers(0, 399), st.integers(0, 399), st.integers(1, 50))
def test_a_search_backwards_gives_the_hours_of_the_way_there(start, end, seed):
    rng = np.random.default_rng(seed)
    elevation = (1500.0 + 60.0 * rng.normal(size=(20, 20))).astype(np.float32)
    kind = rng.integers(0, 3, size=(20, 20)).astype(np.uint8)
    on = ground(elevation, 30.0, neighbours=16, kind=kind, kmh=(0.0, -1.4, 3.0))
    there, _ = field(on, WALKER, np.array([start]))
    back, _ = field(on, backwards(WALKER), np.array([end]))
    assert np.isclose(there.ravel()[end], back.ravel()[start], rtol=1e-12)
