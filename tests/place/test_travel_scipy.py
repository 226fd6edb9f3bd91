"""Both searches for hours against scipy's Dijkstra on an edge list that is built here cell by cell."""

import itertools

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from sarhad.errors import SpecError
from sarhad.place.travel import FLY, WALK, step_hours
from sarhad.place.travel.field import DOWN, RIGHT, field, ground, path_back
from sarhad.place.travel.lanes import fields, matrix, path_from

WALKER = np.array([WALK, 1.0, 1.5, 1500.0, 0.1])  # slopes above 1.5 are too steep
BIRD = np.array([FLY, 1.0, np.inf, np.inf, 0.0])


def country(shape, seed, neighbours):
    """Return relief with voids, barriers, roads of two speeds, a closed river and a closed pocket about cell (2, 2)."""
    rng = np.random.default_rng(seed)
    elevation = (1500.0 + 25.0 * rng.normal(size=shape)).astype(np.float32)
    elevation[rng.random(shape) < 0.05] = np.nan
    barrier = rng.random(shape) < 0.05
    barrier[:5, :5] = True
    barrier[1:4, 1:4] = False
    kind = rng.choice(np.array([0, 1, 2, 3], dtype=np.uint8), shape, p=(0.85, 0.05, 0.05, 0.05))
    return ground(
        elevation, 30.0, neighbours=neighbours, barrier=barrier, kind=kind, kmh=(0.0, 40.0, 2.0, 0.0)
    )


def hours_of(on, p, a, b, far):
    """Return the hours of a step from cell to cell, by the speed of each half."""
    total = 0.0
    for cell in (a, b):
        kind = on.kind[cell] if on.kind.size > 1 else 0
        if kind == 0:
            total += 0.5 * step_hours(p, float(on.elevation_m[a]), float(on.elevation_m[b]), far)
        else:
            total += 0.5 * far / 1000.0 / on.kmh[kind]
    return total


def by_scipy(on, p, sources):
    """Return the hours from each source."""
    height, width = on.moves.shape
    tail, head, hours = [], [], []
    for row, col in np.argwhere(on.moves > 0):
        for k in np.flatnonzero([int(on.moves[row, col]) >> k & 1 for k in range(16)]):
            a, b = (int(row), int(col)), (int(row + DOWN[k]), int(col + RIGHT[k]))
            tail.append(a[0] * width + a[1])
            head.append(b[0] * width + b[1])
            hours.append(hours_of(on, p, a, b, on.cell_m * float(np.hypot(DOWN[k], RIGHT[k]))))
    keep = np.isfinite(hours)
    edges = (np.array(hours)[keep], (np.array(tail, dtype=int)[keep], np.array(head, dtype=int)[keep]))
    graph = coo_array(edges, shape=(height * width,) * 2).tocsr()
    return dijkstra(graph, indices=sources).reshape(-1, height, width)


@pytest.mark.parametrize("neighbours", [8, 16])
@pytest.mark.parametrize("shape", [(70, 150), (20, 21), (129, 9)])
def test_hours_over_broken_country_are_those_of_scipy(shape, neighbours):
    on = country(shape, 7, neighbours)
    width = shape[1]
    sources = np.array([2 * width + 2, 10 * width + 7, shape[0] * width - 1, 12 * width + 3])
    exact = by_scipy(on, WALKER, sources)
    many = fields(on, WALKER, sources)
    assert np.isinf(exact[1][2, 2])  # no way into the pocket
    assert np.isfinite(exact[0]).sum() <= 9
    for lane in range(4):
        one, _ = field(on, WALKER, sources[lane : lane + 1])
        assert np.allclose(one, exact[lane], rtol=1e-12, atol=0.0)
        assert np.allclose(many[lane], exact[lane], rtol=3e-6, atol=0.0)


@pytest.mark.parametrize("shape", [(1, 200), (200, 1), (1, 1), (2, 131)])
@pytest.mark.parametrize("neighbours", [8, 16])
def test_grids_one_cell_wide(shape, neighbours):
    rng = np.random.default_rng(4)
    on = ground((20.0 * rng.normal(size=shape)).astype(np.float32), 30.0, neighbours=neighbours)
    sources = np.array([0, on.moves.size - 1])
    exact = by_scipy(on, WALKER, sources)
    assert np.allclose(field(on, WALKER, sources[:1])[0], exact[0], rtol=1e-12, atol=0.0)
    assert np.allclose(fields(on, WALKER, sources), exact, rtol=3e-6, atol=0.0)


@pytest.mark.parametrize("neighbours", [8, 16])
def test_equal_ways_on_level_ground(neighbours):
    # at 1 km/h over cells of 1 km hours are lengths, so most cells have many best ways; with 8 neighbours that to the
    # corner makes 69 steps aslant and 11 along the row
    on = ground(np.zeros((70, 81), dtype=np.float32), 1000.0, neighbours=neighbours)
    exact = by_scipy(on, BIRD, np.array([0]))[0]
    hours, step = field(on, BIRD, np.array([0]))
    assert np.allclose(hours, exact, rtol=1e-12, atol=0.0)
    if neighbours == 8:
        assert np.isclose(hours[69, 80], 69 * np.sqrt(2) + 11)
    for cells in (path_back(step, 70 * 81 - 1), path_from(on, BIRD, hours, 70 * 81 - 1)):
        rows, cols = np.divmod(cells, 81)
        assert (cells[0], cells[-1]) == (0, 70 * 81 - 1)
        assert np.isclose(np.hypot(np.diff(rows), np.diff(cols)).sum(), hours[69, 80])


def test_several_sources_together_give_the_nearest():
    on = country((70, 150), 8, 8)
    sources = np.array([1500, 9000, 9001])
    hours, step = field(on, WALKER, sources)
    assert np.allclose(hours, by_scipy(on, WALKER, sources).min(axis=0), rtol=1e-12, atol=0.0)
    assert (step.ravel()[sources] == 255).all()
    assert ((step == 255) == (np.isinf(hours) | (hours == 0.0))).all()


@pytest.mark.parametrize("neighbours", [8, 16])
def test_ways_back_take_the_hours_of_their_ends(neighbours):
    on = country((70, 150), 9, neighbours)
    sources = np.array([1507, 9000])
    many, one = fields(on, WALKER, sources), field(on, WALKER, sources[1:])[0]
    ends = np.flatnonzero(np.isfinite(one.ravel()))[::501]
    assert len(ends) > 10
    for hours, rtol in ((many[1], 3e-6), (one, 1e-12)):
        for end in ends:
            cells = path_from(on, WALKER, hours, int(end))
            at = [divmod(int(cell), 150) for cell in cells]
            total = sum(
                hours_of(on, WALKER, a, b, 30.0 * float(np.hypot(a[0] - b[0], a[1] - b[1])))
                for a, b in itertools.pairwise(at)
            )
            assert (cells[0], cells[-1]) == (9000, end)
            assert np.isclose(total, hours.flat[end], rtol=rtol, atol=0.0)


def test_no_way_back_from_where_none_leads_nor_by_other_hours():
    on = country((70, 150), 7, 8)
    hours = fields(on, WALKER, np.array([9000]))[0]
    assert len(path_from(on, WALKER, hours, 302)) == 0
    end = int(np.flatnonzero(np.isfinite(hours) & (hours > 0.0))[0])
    with pytest.raises(SpecError, match=r"no step leads to the .* h of cell \d+"):
        path_from(on, WALKER, hours * np.float32(1.01), end)


def test_threads_and_the_order_of_sources_do_not_change_a_bit():
    on = country((140, 150), 10, 8)
    sources = np.random.default_rng(1).integers(0, on.moves.size, 40)
    alone = fields(on, WALKER, sources, threads=1)
    turned = np.random.default_rng(2).permutation(40)
    assert np.array_equal(alone, fields(on, WALKER, sources, threads=3))
    assert np.array_equal(alone[turned], fields(on, WALKER, sources[turned], threads=2))
    ends = np.array([0, 9000, 20999])
    assert np.array_equal(matrix(on, WALKER, sources, ends), alone.reshape(40, -1)[:, ends])


def test_a_stop_keeps_the_fields_that_are_done():
    on = country((20, 21), 7, 8)
    told = []
    hours = fields(
        on, WALKER, np.arange(40), threads=1, on_progress=lambda done: told.append(done) or done < 32
    )
    assert told == [16, 32]
    is_missing = np.isnan(hours)
    assert is_missing.all(axis=(1, 2)).sum() == 8
    assert is_missing.any(axis=(1, 2)).sum() == 8


def test_too_little_memory_is_said_before_the_start():
    # 4 bytes a cell for 8 steps, 16 labels on one thread and 5 fields: 4 * 420 * 29 = 48,720 bytes
    on = country((20, 21), 7, 8)
    assert fields(on, WALKER, np.arange(5), threads=1, memory_limit_bytes=48_720).shape == (5, 20, 21)
    with pytest.raises(SpecError, match=r"memory: 0.00 GB are needed, 0.00 GB allowed\. Give fewer threads"):
        fields(on, WALKER, np.arange(5), threads=1, memory_limit_bytes=48_719)
    with pytest.raises(SpecError, match=r"(?s)destinations: 1 of 1 lie outside.*memory"):
        matrix(on, WALKER, np.arange(5), np.array([420]), memory_limit_bytes=1)


def test_a_source_outside_is_refused_by_the_single_search():
    with pytest.raises(SpecError, match=r"sources: 1 of 2 lie outside 0\.\.419: 420"):
        field(country((20, 21), 7, 8), WALKER, np.array([3, 420]))
