"""Tiles of a corridor on the workers of a Dask scheduler."""

from __future__ import annotations

import numpy as np
import pytest

from sarhad.place.corridor_views import corridor_views
from sarhad.place.viewshed import ViewSpec
from sarhad.workflow.sweep import sweep


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_sees_the_same_bits(tmp_path):
    distributed = pytest.importorskip("distributed", reason="Dask is an optional extra and not installed")
    random = np.random.default_rng(2)
    np.save(tmp_path / "e.npy", random.uniform(0, 60, (90, 120)).astype(np.float32))
    posts = np.column_stack([random.integers(0, 90, 30), random.integers(0, 120, 30)])
    spec = ViewSpec(20.0, 0.6)
    how = {"keeps_bits": True, "memory_limit_bytes": 200_000}
    here = corridor_views(tmp_path / "e.npy", 30.0, posts, spec, tmp_path / "here", **how)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        there = corridor_views(
            tmp_path / "e.npy",
            30.0,
            posts,
            spec,
            tmp_path / "there",
            mapper=lambda look, jobs: sweep(look, (), jobs, scheduler=address),
            **how,
        )
    assert here.tile.max() == 3
    assert (here.count() == there.count()).all()
    assert all((here.bits(post) == there.bits(post)).all() for post in range(len(posts)))
