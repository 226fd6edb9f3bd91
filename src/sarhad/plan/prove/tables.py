"""The tables of a certificate, what follows from them at once, and the report."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

NEAR = 1e-9  # relative difference of recomputed figures

Array = Any


def lists(text: object) -> list[list[int]]:
    """Return ``1 2|3`` as lists of numbers."""
    parts = [] if pd.isna(text) or text == "" else str(text).split("|")  # type: ignore[call-overload]
    return [[int(word) for word in part.split()] for part in parts]


class Certificate:
    """The tables of a folder, and the distances that follow from them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.head = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
        self.t = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}
        edges, over = self.t["edges"], self.t["binaries"]
        self.tail, self.to = edges["tail"].to_numpy(), edges["head"].to_numpy()
        self.n_binaries, self.n_items = len(over), len(self.t["items"])
        self.movers = range(len(self.head["movers"]))
        cap = self.head["capped_exposure"]
        self.fixed = []
        for k in self.movers:
            effort, existing = edges[f"effort_{k}"].to_numpy(), edges[f"existing_{k}"].to_numpy()
            self.fixed.append(np.where(np.isfinite(effort), effort + np.minimum(existing, cap), np.inf))
        self.added = []
        for _, part in ((k, self.t["exposure"].query("mover == @k")) for k in self.movers):
            at = part["edge"].to_numpy(), part["binary"].to_numpy()
            self.added.append(csr_array((part["added"].to_numpy(), at), (len(edges), self.n_binaries)))
        found = self.t["prevention"]
        self.prevention = np.zeros((self.n_binaries, len(self.head["threats"])))
        self.prevention[found["binary"], found["threat"]] = found["added"]
        self.limits_of = [
            [[int(item)], *lists(sets)] if b >= self.n_items else [[int(item)]]
            for b, (item, sets) in enumerate(zip(over["item"], over["supports"], strict=True))
        ]
        self.weight = np.array(self.head["quarter_weight"])
        self.build = self.t["items"]["build_quarters"].to_numpy()

    def binaries(self, items: Array) -> Array:
        """Return the state of every binary: the least of what limits it."""
        return np.array([min(items[part].sum() for part in limits) for limits in self.limits_of])

    def distances(self, state: Array, who: pd.DataFrame) -> Array:
        """Return the exposure of the best path of each row of `who` while the binaries are in a state."""
        result = np.empty(len(who))
        for k in self.movers:
            part = who[who["mover"] == k]
            if part.empty:
                continue
            length = self.fixed[k] + self.added[k] @ state
            open_ = np.flatnonzero(np.isfinite(length))
            order = open_[np.lexsort((length[open_], self.tail[open_], self.to[open_]))]
            pair = self.to[order].astype(np.int64) * self.head["nodes"] + self.tail[order]
            order = order[np.unique(pair, return_index=True)[1]]  # of parallel edges the shortest
            size = (self.head["nodes"],) * 2
            back = csr_array((length[order], (self.to[order], self.tail[order])), size)
            ends, place = np.unique(part["destination"], return_inverse=True)
            found = dijkstra(back, indices=ends)
            rows = who.index.get_indexer(part.index)
            result[rows] = found[place.ravel(), part["origin"].to_numpy()]
        return result + (state @ self.prevention)[who["threat"].to_numpy()]

    def factors(self, name: str, columns: str, *, is_size: bool = False) -> csr_array:
        """Return the factors of starts or payments in the limits, or their sizes."""
        part = self.t[name]
        data = np.abs(part["factor"]) if is_size else part["factor"]
        return csr_array(
            (data, (part["row"], part.iloc[:, 1])), (len(self.t["limits"]), len(self.t[columns]))
        )

    def operating(self) -> Array:
        """Return which items operate in which quarter."""
        plan, on = self.t["plan"], np.zeros((len(self.weight), self.n_items))
        for item, quarter in zip(plan["item"], plan["quarter"], strict=True):
            on[quarter + self.build[item] :, item] = 1.0
        return on


class Report:
    """What was proved and what was not."""

    def __init__(self) -> None:
        self.is_ok, self.tree = True, -np.inf

    def say(self, name: str, faults: Iterable[str], text: str) -> None:
        """Write one line: OK, or NOT with what is wrong."""
        wrong = list(faults)
        self.is_ok &= not wrong
        told = f"{len(wrong)} wrong: {'; '.join(wrong[:3])}" if wrong else text
        sys.stdout.write(f"{'NOT' if wrong else 'OK ':<4}{name:<12}{told}\n")


def is_near(a: Array, b: Array) -> Array:
    """Tell where figures agree."""
    return np.abs(np.asarray(a) - b) <= NEAR * np.maximum(1.0, np.abs(b)) + 1e-12
