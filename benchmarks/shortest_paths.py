"""Time the exact evaluation of a plan on made-up strips, what-ifs on it, and scipy's shortest paths beside it.

    python benchmarks/shortest_paths.py [--nodes 1e5 1e6] [--destinations 12] [--items 60] [--scenarios 300]
        [--what-ifs 30] [--seed 1] [--json]

One mover, one state in which two fifths of the items operate. Columns of the table: `prepare_s` checks and lists, once for
an instance; `evaluate_s` the whole of `detection.evaluate` (value, flows, sections); `value_s` the value alone; `searches_s`
the reverse searches alone; `scipy_s` the same searches by scipy.sparse.csgraph.dijkstra; `estimated_mb` is
said before the start, `grown_mb` what the process then grew by (of one size a run only); what-ifs in milliseconds, each item
flipped alone, the value compared with that of a full run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from synthetic import ROWS, border_like

from sarhad.detection import evaluate, evaluation_bytes, standing, value_by_period
from sarhad.detection.evaluation import truth
from sarhad.detection.instance import Instance
from sarhad.detection.prepared import Prepared, prepare
from sarhad.detection.shortest import in_threads, labels, lengths

T = TypeVar("T")
LONG = 290 / ROWS  # columns to a row: the strip is 24 times as long as wide
YEAR = np.ones(1)
PEER_RUNS = 3  # searches of scipy that are timed; more would only repeat them


def strip(nodes: int, destinations: int, items: int, scenarios: int, seed: int) -> Instance:
    """Return a strip of about this many nodes, one mover."""
    n_rows = max(ROWS, 2 * round(np.sqrt(nodes / LONG) / 2))
    return border_like(
        items, round(nodes / n_rows), scenarios, seed, n_rows=n_rows, n_movers=1, n_destinations=destinations
    )


def peak_mb() -> int:
    """Return the largest memory of the process so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def timed(work: Callable[[], T], repeats: int = 1) -> tuple[float, T]:
    """Return the least seconds of several runs, and the last result."""
    least = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        result = work()
        least = min(least, time.perf_counter() - began)
    return least, result


def by_scipy(prepared: Prepared, weight: np.ndarray) -> tuple[float, float]:
    """Return seconds a search of scipy, scaled to all groups, and the largest relative difference of its distances."""
    instance, ends = prepared.instance, prepared.ends
    graph = instance.graph
    matrix = csr_array((weight, (graph.head, graph.tail)), shape=(graph.n_nodes, graph.n_nodes))
    of = lengths(prepared.into, weight)
    seconds, off = 0.0, 0.0
    for node in ends.node[:PEER_RUNS].tolist():
        took, found = timed(lambda node=node: dijkstra(matrix, indices=node))
        own = labels(prepared.into, of, np.array([node]))[0]
        seconds += took
        off = max(off, float(np.abs(found - own)[np.isfinite(own)].max() / own[np.isfinite(own)].max()))
    return seconds / min(PEER_RUNS, ends.n_groups) * ends.n_groups, off


def what_ifs(instance: Instance, plan: np.ndarray, count: int) -> dict[str, Any]:
    """Return milliseconds of flips of single items, and how far they are from full runs."""
    opened, stands = timed(lambda: standing(instance, plan, YEAR))
    took, off = [], 0.0
    for k, item in enumerate(instance.exposure.item_ids[:count]):
        flip = {"remove": [item]} if plan[0, k] else {"add": [item]}
        seconds, found = timed(lambda flip=flip: stands.what_if(**flip))
        took.append(1000.0 * seconds)
        if k % 5 == 0:
            other = plan.copy()
            other[0, k] ^= True
            off = max(off, abs(found.value / value_by_period(instance, other, YEAR).sum() - 1.0))
    return {
        "standing_s": round(opened, 2),
        "what_if_median_ms": round(float(np.median(took)), 1),
        "what_if_mean_ms": round(float(np.mean(took)), 1),
        "what_if_max_ms": round(max(took), 1),
        "what_if_off": off,
    }


def row(nodes: int, options: argparse.Namespace) -> dict[str, Any]:
    """Evaluate one strip and return sizes and figures."""
    instance = strip(nodes, options.destinations, options.items, options.scenarios, options.seed)
    plan = np.random.default_rng(options.seed).random((1, options.items)) < 0.4
    needed = evaluation_bytes(instance)
    before = peak_mb()
    opened, prepared = timed(lambda: prepare(instance))
    whole, found = timed(lambda: evaluate(instance, plan, YEAR), 2)
    grown = peak_mb() - before
    alone, value = timed(lambda: value_by_period(instance, plan, YEAR).sum(), 2)
    weight = truth(prepared, plan[0]).weight[0]
    of, ends = lengths(prepared.into, weight), prepared.ends
    searches, _ = timed(
        lambda: in_threads(
            lambda g: labels(prepared.into, of, ends.node[g : g + 1])[0][0], range(ends.n_groups)
        ),
        2,
    )
    scipy_s, scipy_off = by_scipy(prepared, weight)
    return {
        "nodes": instance.graph.n_nodes,
        "edges": instance.graph.n_edges,
        "destinations": ends.n_groups,
        "prepare_s": round(opened, 3),
        "evaluate_s": round(whole, 3),
        "value_s": round(alone, 3),
        "searches_s": round(searches, 3),
        "scipy_s": round(scipy_s, 3),
        "scipy_off": scipy_off,
        "value_off": abs(value / found.value - 1.0),
        **what_ifs(instance, plan, options.what_ifs),
        "estimated_mb": round(needed / 2**20),
        "grown_mb": grown,
        "peak_mb": peak_mb(),
        "load": os.getloadavg()[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=float, nargs="+", default=[1e5, 1e6])
    parser.add_argument("--destinations", type=int, default=12)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--scenarios", type=int, default=300)
    parser.add_argument("--what-ifs", type=int, default=30, help="items that are flipped, each alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    row(500, argparse.Namespace(**{**vars(options), "items": 20, "what_ifs": 20}))  # compiles the kernels
    rows = [row(int(nodes), options) for nodes in options.nodes]
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    for name in rows[0]:
        print(f"{name:<18}" + "".join(f"{one[name]:>16.6g}" for one in rows))


if __name__ == "__main__":
    main()
