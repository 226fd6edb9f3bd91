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
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from sarhad import place, situation
from sarhad.detection.shortest import adjacency, search
from sarhad.place.ragged import sums
from sarhad.programme import Programme
from sarhad.workflow.demo import example_path

SMOOTH_KM = 6.0  # standard deviation of the filter that makes a field smooth
SMOOTH_PER_HOUR = 0.02  # median exposure of an hour of the slowest mover by the smooth part
POSTS = 80
POST_KM = (3.0, 8.0)  # radius of a post's disc
POST_PER_HOUR = (0.1, 0.5)  # exposure of an hour of the slowest mover within it
MEASURES = ("excess_median", "excess_p95", "excess_worst", "missed_mean", "missed_worst")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programme", type=Path, default=example_path())
    parser.add_argument("--fields", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spacing-km", type=float, help="another node_spacing_km than the programme's")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    prog = Programme.open(options.programme)
    if options.spacing_km is not None:
        prog = with_spacing(prog, options.spacing_km)
    terrain = place.terrain(prog)
    prog = prog.adopt({"segment": place.segments(prog, terrain)})
    network = place.network(prog, terrain)
    prog = prog.adopt(network.tables())
    prog = prog.adopt({"scenario": situation.scenarios(prog, network)})
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
    rng = np.random.default_rng(seed)
    for field in range(n_fields + 1):
        rate = random_field(network.terrain, rng) if field else np.zeros(network.terrain.side.size)
        for i, mover in enumerate(network.movers):
            own = pairs[pairs["mover_id"] == mover]
            least, over = (costs.of(own, i, per_hour, rate * slowest / slow[i]) for costs, _ in searches)
            for a, b in zip(least.tolist(), over.tolist(), strict=True):
                yield {"field": field, "mover": mover, "least": a, "over": b}


def hours_per_km(grid: place.Network, mover: int) -> float:
    """Return the median hours of a mover for a km of the grid's steps, all steps taken as one cell long."""
    hours = grid.hours[mover]
    return float(np.median(hours[np.isfinite(hours)])) / grid.terrain.cell_m * 1000.0


def random_field(terrain: place.Terrain, rng: np.random.Generator) -> np.ndarray:
    """Return exposure an hour of the slowest mover at every cell: a smooth random field and the discs of posts."""
    km = terrain.cell_m / 1000.0
    noise = ndimage.gaussian_filter(rng.standard_normal(terrain.shape), SMOOTH_KM / km)
    rate = SMOOTH_PER_HOUR * np.exp(noise / noise.std())
    at_line = np.flatnonzero((terrain.side.ravel() != 0) & (terrain.distance_km.ravel() < 2.0))
    row, col = np.divmod(rng.choice(at_line, POSTS), terrain.shape[1])
    radii, strengths = rng.uniform(*POST_KM, POSTS), rng.uniform(*POST_PER_HOUR, POSTS)
    for r, c, radius, strength in zip(row, col, radii / km, strengths, strict=True):
        top, left = max(int(r - radius), 0), max(int(c - radius), 0)
        window = rate[top : int(r + radius) + 2, left : int(c + radius) + 2]
        rows, cols = np.ogrid[top : top + window.shape[0], left : left + window.shape[1]]
        window[np.hypot(rows - r, cols - c) <= radius] += strength
    flat: np.ndarray = rate.ravel()
    return flat


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
