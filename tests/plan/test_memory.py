"""The memory of a plan: estimated before the start, refused where there is less, and near what is taken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sarhad.errors import SpecError
from sarhad.plan import PlanSpec, optimise
from sarhad.plan.memory import Memory, Sizes, estimate, require_memory, require_room_for_edges
from sarhad.programme.memory import machine_bytes
from tests.plan.games import random_game

ROOT = Path(__file__).parents[2]
MEASURE = """
import sys
sys.path.insert(0, "benchmarks")
from programme import terms_like
from synthetic import ROWS, border_like
from sarhad.plan import PlanSpec, needed, optimise

def peak():
    with open("/proc/self/status") as file:
        return [int(line.split()[1]) / 1e6 for line in file if line.startswith("VmHWM")][0]

game = border_like(60, {nodes} // ROWS, 60, 1)
terms = terms_like(game, 0.2, 1)
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
print(needed(game, terms).gigabytes)
optimise(game, terms, PlanSpec(), time_limit_s=8, seed=1)
print(peak())
"""


def sizes(edges: int, movers: int = 3) -> Sizes:
    return Sizes(edges // 4, edges, movers, entries=0, items=1, units=1, quarters=20)


def test_ten_million_edges_do_not_fit_into_one_gigabyte():
    with pytest.raises(
        SpecError, match=r"the plan would need [\d.]+ GB .* and 1 GB are allowed. Give a higher"
    ):
        require_memory(estimate(sizes(10_000_000), 0.0), 1.0)


def test_lengths_of_all_quarters_are_counted_exactly():
    # Lengths and exposures for 1,000 edges, 2 movers, 20 quarters and one more, in a small programme four times;
    # 250 nodes with labels and heap, twice.
    assert estimate(sizes(1000, 2), 0.0).search == 4 * 16 * 1000 * 2 * 21 + 2 * 60 * 250


def test_a_plan_is_refused_before_the_start():
    seen = []
    with pytest.raises(SpecError, match=r"0\.001 GB are allowed"):
        optimise(
            *random_game(0), PlanSpec(), time_limit_s=1, seed=1, memory_limit_gb=1e-3,
            on_progress=lambda progress: bool(seen.append(progress)),
        )  # fmt: skip
    assert seen == []


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(SpecError, match="not a number of GB"):
        require_memory(Memory(0, 0, 0, 0, 0), limit)


def test_without_a_limit_four_fifths_of_the_machine_count(monkeypatch):
    monkeypatch.setattr("sarhad.plan.memory.machine_bytes", lambda: 10e9)
    require_memory(Memory(7.9e9, 0, 0, 0, 0), None)
    with pytest.raises(SpecError, match="80% of this machine's memory"):
        require_memory(Memory(8.1e9, 0, 0, 0, 0), None)


@pytest.mark.skipif(machine_bytes() is None or sys.platform != "linux", reason="peaks are read from /proc")
@pytest.mark.parametrize("nodes", [3500, 12000])
def test_the_estimate_is_within_a_factor_of_two(nodes):
    text = MEASURE.format(nodes=nodes)
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True)
    stated, taken = (float(line) for line in done.stdout.split())
    assert taken / 2 < stated < 2 * taken


def test_edges_alone_are_refused_before_exposures_are_worked_out():
    with pytest.raises(SpecError, match=r"the plan would need [\d.]+ GB .* and 1 GB are allowed"):
        require_room_for_edges(10_000_000, 3, 1.0)
    require_room_for_edges(1000, 3, 4.0)
