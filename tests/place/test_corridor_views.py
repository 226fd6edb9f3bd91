"""Views along a line: the same bits whatever the tiles, threads and processes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from sarhad.errors import SpecError
from sarhad.place.corridor_views import corridor_views
from sarhad.place.viewshed import ViewSpec, seen_from, views

SPEC = ViewSpec(8.0, 0.9, 1.5)
SMALL = 200_000  # bytes: tiles of a few cells


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """Return hills of 160 x 230 cells with a void, and their file."""
    hills = gaussian_filter(np.random.default_rng(3).normal(size=(160, 230)), 3) * 300
    hills[70:80, 100:130] = np.nan
    path = tmp_path_factory.mktemp("ground") / "hills.npy"
    np.save(path, hills.astype(np.float32))
    return path


@pytest.fixture(scope="module")
def posts(ground):
    land = np.argwhere(~np.isnan(np.load(ground)))
    return land[np.random.default_rng(4).choice(len(land), 60, replace=False)]


def test_tiles_of_a_few_cells_and_processes_give_the_same_bits(ground, posts, tmp_path):
    heights = np.load(ground)
    whole = views(heights, 30.0, posts, SPEC, threads=1)
    with ProcessPoolExecutor(2) as pool:
        for name, how in {
            "one": {"threads": 2},
            "many": {"memory_limit_bytes": SMALL},
            "apart": {"memory_limit_bytes": 2 * SMALL, "mapper": pool.map, "workers": 2},
        }.items():
            found = corridor_views(ground, 30.0, posts, SPEC, tmp_path / name, keeps_bits=True, **how)
            assert (found.count() == whole.count).all()
            assert (found.cells == whole.cells).all()
            assert found.union_cells == np.count_nonzero(whole.count)
            assert (len(set(found.tile.tolist())) > 10) == (name != "one")
            for post, (row, col) in enumerate(posts):
                assert (found.bits(post) == seen_from(heights, 30.0, row, col, SPEC)).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["apart", "many", "one"]


def test_what_is_needed_is_said_before_the_start(ground, posts, tmp_path):
    with pytest.raises(SpecError, match=r"memory: 0\.\d\d GB are needed for a single post, 0\.00 GB allowed"):
        corridor_views(ground, 30.0, posts, ViewSpec(8.0, 30.0), tmp_path / "o", memory_limit_bytes=1000)
    found = corridor_views(ground, 30.0, posts, SPEC, tmp_path / "o", memory_limit_bytes=SMALL)
    assert 0 < found.memory_bytes <= SMALL
    with pytest.raises(SpecError, match="they were not kept"):
        found.bits(0)


def test_posts_off_the_grid_or_on_a_void_leave_nothing_behind(ground, tmp_path):
    bad = np.array([[10, 10], [-1, 5], [75, 110]])
    with pytest.raises(SpecError, match=r"1 of 3 lie outside the terrain: 1 \(row -1, column 5\)") as caught:
        corridor_views(ground, 30.0, bad, SPEC, tmp_path / "o")
    assert "1 of 3 stand where it has no elevation: 2 (row 75, column 110)" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_stop_keeps_the_posts_done_and_their_counts(ground, posts, tmp_path):
    found = corridor_views(
        ground, 30.0, posts, SPEC, tmp_path / "o", memory_limit_bytes=SMALL, on_progress=lambda n: n < 20
    )
    done = found.cells >= 0
    assert 20 <= done.sum() < len(posts)
    assert (found.count() == views(np.load(ground), 30.0, posts[done], SPEC).count).all()
