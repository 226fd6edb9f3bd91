"""Measure what a network costs its movers beside the full grid, over all scenario pairs, under random exposure.

    python benchmarks/network_fields.py [--programme DIR] [--fields 50] [--seed 1] [--json]

A mover's cost of an edge is effort (abandonment_per_hour times hours) plus the exposure of the field at the points
of its path, as in detection; a fast mover is as exposed on a km as the slowest. Both networks get the same fields;
the truth is `place.grid_network`. Missed is the share of those who get through that the network does not count.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sarhad import place, situation
from sarhad.detection.shortest import adjacency, search
from sarhad.place.ragged import sums
from sarhad.programme import Programme
from sarhad.workflow.demo import example_path

MEASURES = ("excess_median", "excess_p95", "excess_worst", "missed_mean", "missed_worst")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programme", type=Path, default=example_path())
    parser.add_argument("--fields", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spacing-km", type=float, help="another node_spacing_km than the programme's")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dense", action="store_true", help="the network before its contraction")
    options = parser.parse_args()
    prog = Programme.open(options.programme)
    if options.spacing_km is not None:
        prog = with_spacing(prog, options.spacing_km)
    terrain = place.terrain(prog)
    prog = prog.adopt({"segment": place.segments(prog, terrain)})
    network = place.network(prog, terrain)
    pairs = situation.scenarios(prog, network, is_calibrated=False)
    if not options.dense:
        network = place.contracted(prog, network, pairs)
    prog = prog.adopt(network.tables()).adopt({"scenario": pairs})
    began = time.perf_counter()
    rows = pd.DataFrame(measured(prog, network, options.fields, options.seed))
    found = {
        "nodes_over_cells": len(network.node) / int(np.count_nonzero(terrain.side)),
        "nodes": len(network.node),
        "edges": len(network.edge),
        "seconds": round(time.perf_counter() - began, 1),
        "without_field": summary(rows[rows["field"] == 0]),
        "with_fields": summary(rows[rows["field"] > 0]),
    }
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        for line in value if isinstance(value, list) else [value]:
            print(f"{name:<17} {line}")


def with_spacing(prog: Programme, spacing_km: float) -> Programme:
    """Return the programme with another node_spacing_km, for comparison only."""
    setting = prog["setting"]
    row = {"id": "node_spacing_km", "value": str(spacing_km), "is_assumption": True, "reasoning": "Compared"}
    others = setting[setting["id"] != "node_spacing_km"]
    setting = pd.concat([others, pd.DataFrame([row])], ignore_index=True).astype(setting.dtypes)
    return prog.with_changes({"setting": setting})


def measured(prog: Programme, network: place.Network, n_fields: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield field, mover, least cost on the full grid and over the network of every scenario pair and field."""
    grid = place.grid_network(prog, network.terrain)
    searches = [(Costs(one), one) for one in (grid, network)]
    pairs = prog["scenario"].drop_duplicates(["mover_id", "origin_id", "destination_id"])
    slow = [hours_per_km(grid, i) for i in range(len(grid.movers))]
    slowest = max(slow)
    per_hour = float(prog.setting("abandonment_per_hour"))
    none = np.zeros(network.terrain.side.size)
    for field, rate in enumerate(chain([none], place.random_fields(network.terrain, n_fields, seed))):
        for i, mover in enumerate(network.movers):
            own = pairs[pairs["mover_id"] == mover]
            least, over = (costs.of(own, i, per_hour, rate * slowest / slow[i]) for costs, _ in searches)
            for a, b in zip(least.tolist(), over.tolist(), strict=True):
                yield {"field": field, "mover": mover, "least": a, "over": b}


def hours_per_km(grid: place.Network, mover: int) -> float:
    """Return the median hours of a mover for a km of the grid's steps, all steps taken as one cell long."""
    hours = grid.hours[mover]
    return float(np.median(hours[np.isfinite(hours)])) / grid.terrain.cell_m * 1000.0


class Costs:
    """Least costs over a network, searched from each destination back to its origins."""

    def __init__(self, network: place.Network) -> None:
        self.network = network
        self.number = pd.Index(network.node["id"])
        tail, head = (network.node_index(network.edge[end]) for end in ("tail_id", "head_id"))
        self.lists = adjacency(len(self.number), head, tail)

    def of(self, pairs: pd.DataFrame, mover: int, per_hour: float, rate: np.ndarray) -> np.ndarray:
        """Return the least cost of each pair of a mover under a field."""
        paths, hours = self.network.paths[mover], self.network.hours[mover]
        weight = per_hour * hours + sums(paths.ptr, rate[paths.cell] * paths.hours)
        origin = self.number.get_indexer(pairs["origin_id"])
        destination = self.number.get_indexer(pairs["destination_id"])
        cost = np.empty(len(pairs))
        for node in np.unique(destination):
            own = destination == node
            cost[own] = search(self.lists, weight, np.array([node]))[0][origin[own]]
        return cost


def summary(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return for each mover how much dearer the network is, and which share of those who get through it misses."""
    found = []
    for mover, own in rows.groupby("mover", sort=True):
        least, over = own["least"].to_numpy(dtype=float), own["over"].to_numpy(dtype=float)
        excess, missed = over / least - 1.0, 1.0 - np.exp(least - over)
        numbers = (
            np.median(excess),
            np.quantile(excess, 0.95),
            excess.max(),
            missed.mean(),
            missed.max(),
        )
        named = {name: round(float(x), 4) for name, x in zip(MEASURES, numbers, strict=True)}
        found.append({"mover": mover, "samples": len(own), "least": round(float(excess.min()), 4), **named})
    return found


if __name__ == "__main__":
    main()
