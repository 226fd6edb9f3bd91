"""Sweeps: the same numbers here and on a cluster, and what is said without one."""

from __future__ import annotations

import sys

import pytest
from tests.plan.games import random_game

from sarhad.errors import SpecError
from sarhad.plan.frontier import Step, solve_step
from sarhad.workflow.sweep import sweep

STEPS = [Step(share, None, 60.0, 1, 1) for share in (0.5, 1.0)]


def test_calls_keep_the_order_of_their_parts():
    assert sweep(divmod, (17,), [5, 3], scheduler=None) == [(3, 2), (5, 2)]


def test_without_dask_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        SpecError, match=r"Dask is not installed. Install it with `pip install 'sarhad\[dask\]'`"
    ):
        sweep(divmod, (17,), [5], scheduler="tcp://127.0.0.1:1")


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_numbers():
    distributed = pytest.importorskip("distributed", reason="Dask is an optional extra and not installed")
    shared = random_game(1)
    here = sweep(solve_step, shared, STEPS, scheduler=None)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        there = sweep(solve_step, shared, STEPS, scheduler=cluster.scheduler_address)
    assert [(r.value, r.bound) for r in there] == [(r.value, r.bound) for r in here]
    assert [r.plan_items.to_csv() for r in there] == [r.plan_items.to_csv() for r in here]
