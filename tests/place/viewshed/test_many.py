"""Many posts, and many draws of the terrain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from sarhad.errors import SpecError
from sarhad.place.viewshed import ViewSpec, best_height, chance_seen, seen_from, share_seen, unpack, views

HILLS = (gaussian_filter(np.random.default_rng(2).standard_normal((90, 70)), 4) * 400).astype(np.float32)
SPEC = ViewSpec(10.0, 0.9, 2.0)
POSTS = np.array([[45, 35], [3, 3], [89, 69], [45, 36]])


@pytest.mark.parametrize("threads", [1, 3])
def test_the_count_is_the_sum_of_the_posts(tmp_path, threads):
    found = views(HILLS, 30.0, POSTS, SPEC, threads=threads, bits_file=tmp_path / "bits.npy")
    total = np.zeros((90 + 60, 70 + 60), dtype=int)
    for number, (row, col) in enumerate(POSTS):
        bits = seen_from(HILLS, 30.0, row, col, SPEC)
        seen = unpack(bits)
        total[row : row + 61, col : col + 61] += seen
        assert found.cells[number] == seen.sum()
        assert np.array_equal(np.load(tmp_path / "bits.npy")[number], bits)
    assert np.array_equal(found.count, total[30:-30, 30:-30])


def test_a_stop_keeps_the_posts_done():
    found = views(HILLS, 30.0, POSTS, SPEC, threads=1, on_progress=lambda done: done < 2)
    assert (found.cells >= 0).sum() == 2
    assert found.count.sum() == found.cells[found.cells >= 0].sum()


def test_every_misplaced_post_is_named_and_memory_is_checked_before():
    void = HILLS.copy()
    void[45, 35] = np.nan
    text = r"(?s)1 of 2 lie outside the terrain: 1 \(row 90, column 0\).*1 of 2 stand where .*: 0 \(row 45"
    with pytest.raises(SpecError, match=text):
        views(void, 30.0, np.array([[45, 35], [90, 0]]), SPEC)
    with pytest.raises(SpecError, match=r"GB are needed, 0\.00 GB allowed"):
        views(HILLS, 30.0, POSTS, SPEC, memory_limit_bytes=1000)


def test_ten_metres_more_mast_look_over_a_wall():
    # the eye at 5 m sees the wall of 10 m at 300 m; at 15 m also the plain behind: from 900 m on
    wall = np.zeros((1, 101), dtype=np.float32)
    wall[0, 10] = 10.0
    spec = ViewSpec(5.0, 2.4, 0.0, 1.0)
    now, more = best_height(wall, 30.0, np.array([[0, 0]]), spec, more_m=10.0)
    assert now.tolist() == [11]
    assert more.tolist() == [len(range(30, 81))]


def test_without_error_the_chance_is_that_of_the_exact_view():
    chance, made = chance_seen(HILLS, 30.0, 45, 35, SPEC, draws=3, error_m=0.0, range_m=90.0, seed=1)
    assert made == 3
    assert np.array_equal(chance == 1.0, unpack(seen_from(HILLS, 30.0, 45, 35, SPEC)))
    assert set(np.unique(chance)) == {0.0, 1.0}


def test_draws_follow_the_seed_and_blur_the_edge():
    one, two, other = (
        chance_seen(HILLS, 30.0, 45, 35, SPEC, draws=20, error_m=4.0, range_m=90.0, seed=s)[0]
        for s in (1, 1, 2)
    )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)
    assert ((one > 0) & (one < 1)).any()


@pytest.mark.parametrize("side", [512, 513])
def test_the_error_field_has_the_deviation_and_correlation_that_were_asked(side):
    from sarhad.place.viewshed.chance import _field

    field = _field(np.random.Generator(np.random.Philox(3)), side, 3.0, 4.0)
    assert field.dtype == np.float32
    assert field.shape == (side, side)
    assert field.std() == pytest.approx(4.0, rel=0.03)
    for step in (1, 3, 6):
        for beside in (field * np.roll(field, step, axis=axis) for axis in (0, 1)):
            assert beside.mean() / field.var() == pytest.approx(np.exp(-(step**2) / 18.0), abs=0.03)
    across = (field * np.roll(field, (2, 2), axis=(0, 1))).mean() / field.var()
    assert across == pytest.approx(np.exp(-8.0 / 18.0), abs=0.03)


def test_every_place_of_the_error_field_has_the_same_spread():
    # the mirrored columns of the spectrum, made up for: no row or column varies less over many fields
    from sarhad.place.viewshed.chance import _field

    random = np.random.Generator(np.random.Philox(5))
    many = np.array([_field(random, 24, 2.0, 4.0) for _ in range(3000)])
    assert many.std(axis=0) == pytest.approx(np.full((24, 24), 4.0), rel=0.08)
    mean = many.mean(axis=(1, 2))  # of the lowest frequency alone
    amount = np.exp(-(np.pi**2) * np.fft.fftfreq(24) ** 2 * 4.0) ** 2
    assert mean.std() == pytest.approx(4.0 / amount.sum(), rel=0.05)


def test_draws_lie_apart():
    from sarhad.place.viewshed.chance import _shifts

    shifts = _shifts(np.random.Generator(np.random.Philox(1)), 100, 1080)
    assert shifts.shape == (100, 2)
    assert ((shifts >= 0) & (shifts < 1080)).all()
    assert len({tuple(square) for square in (shifts // 108).tolist()}) == 100


@pytest.mark.parametrize("post", [(45, 35), (0, 69)])
def test_quick_draws_are_the_drawn_views_of_xdraw(post):
    # limits that leave everything out of the quick way: the same draws, one by one
    kind = {"draws": 7, "error_m": 4.0, "range_m": 90.0, "seed": 4}
    voids = HILLS.copy()
    voids[20:25, 30:40] = np.nan
    look = ViewSpec(10.0, 0.9, 2.0, method="xdraw")
    slow = replace(look, elevation_deg=(-89.99, 90.0))
    quick, one_by_one = (chance_seen(voids, 30.0, *post, s, **kind)[0] for s in (look, slow))
    assert np.array_equal(quick, one_by_one)
    assert 0.02 < quick.mean() < 0.9


def test_quick_draws_out_of_a_valley_are_the_drawn_views_of_xdraw():
    # walls to three sides: most halves of quarters are given up early, some in a few draws alone
    down, right = np.mgrid[:201, :201] - 100
    valley = (0.2 * np.abs(right) + 200.0 * (np.hypot(down, right) > 20) * (down < 15)).astype(np.float32)
    kind = {"draws": 9, "error_m": 4.0, "range_m": 90.0, "seed": 4}
    look = ViewSpec(30.0, 3.0, 0.0, method="xdraw")
    slow = replace(look, elevation_deg=(-89.99, 90.0))
    quick, one_by_one = (chance_seen(valley, 30.0, 100, 100, s, **kind)[0] for s in (look, slow))
    assert (quick != one_by_one).mean() < 1e-4  # a tie may fall to either side
    assert quick[:50].max() == 0.0
    assert quick[150:].mean() > 0.1


def test_the_share_of_an_edge_follows_its_points_and_their_weight():
    # edge 0: cells 0, 1, 1, 2 of which 1 is seen: a half; edge 1 has no points; edge 2 is half off the grid
    count = np.array([[0, 3, 0]], dtype=np.uint16)
    ptr, cell = np.array([0, 4, 4, 6]), np.array([0, 1, 1, 2, 1, -1])
    assert np.array_equal(share_seen(count, ptr, cell), [0.5, np.nan, 0.5], equal_nan=True)
    hours = np.array([1.0, 1.0, 0.0, 2.0, 3.0, 1.0])
    assert np.array_equal(share_seen(count, ptr, cell, hours), [0.25, np.nan, 0.75], equal_nan=True)
    chance = np.array([[0.0, 0.4, 0.2]], dtype=np.float32)
    assert share_seen(chance, ptr, cell)[0] == pytest.approx(0.25)


def test_more_draws_than_can_be_counted_are_refused():
    with pytest.raises(SpecError, match=r"draws 70000, .*give 1 to 65535 draws"):
        chance_seen(HILLS, 30.0, 45, 35, SPEC, draws=70_000, error_m=4.0, range_m=90.0, seed=1)
