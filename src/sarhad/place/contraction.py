"""Contraction: of a dense network what movers use, without exposure and when they keep out of the way of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sarhad.errors import DataError
from sarhad.place.border import FloatArray
from sarhad.place.exposure_fields import random_fields
from sarhad.place.network import Network
from sarhad.place.nodes import ENDS
from sarhad.place.ragged import Paths, sums, take_runs
from sarhad.place.terrain import IntArray
from sarhad.programme import Programme

SEED = 2025  # of the fields that shape the network; tests of it take others


def contracted(
    prog: Programme,
    dense: Network,
    pairs: pd.DataFrame,
    *,
    on_field: Callable[[float], object] | None = None,
) -> Network:
    """Return the part of a network that movers use.

    Parameters
    ----------
    prog
        The programme: settings abandonment_per_hour, watch_depth_km, network_fields.
    dense
        The network as `network` makes it.
    pairs
        Columns mover_id, origin_id, destination_id, such as the table scenario; repeated rows count once.
    on_field
        Told the share of fields done [0..1]; what it raises ends the work.

    Returns
    -------
    Network
        With the same ids, hours and paths. Each mover's least hours between all ends, and its least watched hours
        through the strip at each place to cross, are those of the dense network; so are the least costs of each
        pair, without exposure and under every field that shaped it.

    Raises
    ------
    DataError
        If a pair names a mover or node that the network has not.

    Notes
    -----
    The alternatives are found by penalty (de la Barra and others 1993; Bekhor and others 2006): random exposure makes
    the quickest ways dear, and the least-cost way under each of `network_fields` fields is kept.
    """
    _require_known(dense, pairs)
    number = int(prog.setting("network_fields"))
    per_hour = float(prog.setting("abandonment_per_hour"))
    ways = _Ways(dense)
    ways.use_between_ends()
    ways.use_places_to_cross(float(prog.setting("watch_depth_km")))
    slow = [_hours_a_point(paths) for paths in dense.paths]
    ways.use_to_places(pairs)
    asked = list(_by_destination(dense, pairs))
    for k, rate in enumerate(random_fields(dense.terrain, number, SEED)):
        if on_field is not None:
            on_field(k / number)
        for mover, paths in enumerate(dense.paths):
            exposure = sums(paths.ptr, rate[paths.cell] * paths.hours) * max(slow) / slow[mover]
            weight = per_hour * dense.hours[mover] + exposure
            for origins, destination in (ends for owner, *ends in asked if owner == mover):
                ways.use(weight, destination, origins, is_reverse=True)
    is_kept = ways.is_used | dense.edge["is_road"].to_numpy(dtype=np.bool_)
    return _taken(dense, np.flatnonzero(is_kept))


class _Ways:
    """Least-cost ways over a network, and the edges that those asked for used.

    Parameters
    ----------
    network
        It has N nodes and E edges.

    Attributes
    ----------
    is_used
        True at the edges used so far, shape (E,); of edges between the same two nodes all count as used.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.tail, self.head = (network.node_index(network.edge[end]) for end in ("tail_id", "head_id"))
        self.crosses = network.edge["is_crossing"].to_numpy(dtype=np.bool_)
        self.is_used = np.zeros(len(self.tail), dtype=np.bool_)
        self.lists = {
            is_reverse: _Lists(
                len(network.node), *((self.head, self.tail) if is_reverse else (self.tail, self.head))
            )
            for is_reverse in (False, True)
        }

    def use(self, weight: FloatArray, roots: IntArray, starts: IntArray, *, is_reverse: bool) -> None:
        """Use the least-cost way between each root and each start that it reaches.

        Ways lead from the root, or to it when reverse. Weights are >= 0, infinite where closed, shape (E,).
        """
        lists = self.lists[is_reverse]
        far, before = dijkstra(lists.graph(weight), indices=roots, return_predecessors=True)
        is_reached = np.isfinite(far[:, starts])
        for row, reached in zip(before, is_reached, strict=True):
            self.is_used[lists.edges_of(row, starts[reached])] = True

    def use_between_ends(self) -> None:
        """Use the quickest ways of every mover between all ends."""
        node = self.network.node
        is_end, inside = node["kind"].isin(ENDS).to_numpy(), (node["side"] == "inside").to_numpy()
        for hours in self.network.hours:
            self.use(
                hours, np.flatnonzero(is_end & inside), np.flatnonzero(is_end & ~inside), is_reverse=True
            )

    def use_places_to_cross(self, depth_km: float) -> None:
        """Use all places to cross, with every mover's quickest ways from the nearest end and through the strip."""
        node = self.network.node
        is_end, inside = node["kind"].isin(ENDS).to_numpy(), (node["side"] == "inside").to_numpy()
        is_outside = node["distance_km"].to_numpy(dtype=np.float64) >= depth_km
        self.is_used |= self.crosses
        for hours, watched in zip(self.network.hours, self.network.watched_hours, strict=True):
            over = np.flatnonzero(self.crosses & np.isfinite(hours))
            for roots, costs in (
                (is_end, hours),
                (is_outside, np.where(np.isfinite(hours), watched, np.inf)),
            ):
                weight = np.where(self.crosses, np.inf, costs)
                self._use_nearest(weight, np.flatnonzero(roots & ~inside), self.tail[over], is_reverse=False)
                self._use_nearest(weight, np.flatnonzero(roots & inside), self.head[over], is_reverse=True)

    def use_to_places(self, pairs: pd.DataFrame) -> None:
        """Use the quickest ways of every pair's mover from its origin to all places to cross, and on to its end."""
        for mover, own in pairs.groupby("mover_id", sort=True):
            hours = self.network.hours[self.network.movers.index(mover)]
            over = np.flatnonzero(self.crosses & np.isfinite(hours))
            weight = np.where(self.crosses, np.inf, hours)
            origins, destinations = (
                self.network.node_index(own[end].drop_duplicates()) for end in ("origin_id", "destination_id")
            )
            self.use(weight, origins, self.tail[over], is_reverse=False)
            self.use(weight, destinations, self.head[over], is_reverse=True)

    def _use_nearest(
        self, weight: FloatArray, roots: IntArray, starts: IntArray, *, is_reverse: bool
    ) -> None:
        """Use the least-cost way between each start and the root nearest to it."""
        if not len(roots):
            return
        lists = self.lists[is_reverse]
        far, before, _ = dijkstra(lists.graph(weight), indices=roots, return_predecessors=True, min_only=True)
        self.is_used[lists.edges_of(before, starts[np.isfinite(far[starts])])] = True


class _Lists:
    """The edges at each node as a sparse matrix, edges between the same two nodes in one entry."""

    def __init__(self, n_nodes: int, at: IntArray, other: IntArray) -> None:
        self.shape = n_nodes, n_nodes
        key = at * n_nodes + other
        self.order = np.argsort(key, kind="stable")
        self.key, self.first = np.unique(key[self.order], return_index=True)
        self.ptr = np.searchsorted(self.key, np.arange(n_nodes + 1) * n_nodes).astype(np.int32)
        self.other = (self.key % n_nodes).astype(np.int32)

    def graph(self, weight: FloatArray) -> csr_array:
        """Return the least weight (E,) between every two nodes."""
        return csr_array(
            (np.minimum.reduceat(weight[self.order], self.first), self.other, self.ptr), shape=self.shape
        )

    def edges_of(self, before: npt.NDArray[np.int32], starts: IntArray) -> IntArray:
        """Return the edges on the ways from some nodes back to a root, by the node before each."""
        is_passed = np.zeros(len(before), dtype=np.bool_)
        at = np.unique(starts)
        while len(at):
            is_passed[at] = True
            at = np.unique(before[at])
            at = at[at >= 0]
            at = at[~is_passed[at]]
        passed = np.flatnonzero(is_passed & (before >= 0))
        entry = np.searchsorted(self.key, before[passed].astype(np.int64) * self.shape[0] + passed)
        stop = np.append(self.first, len(self.order))
        return np.concatenate(
            [
                np.zeros(0, dtype=np.int64),
                *(self.order[a:b] for a, b in zip(stop[entry], stop[entry + 1], strict=True)),
            ]
        )


def _require_known(network: Network, pairs: pd.DataFrame) -> None:
    known = {
        "mover_id": network.movers,
        "origin_id": network.node["id"],
        "destination_id": network.node["id"],
    }
    wrong = sorted(
        {name for column, ids in known.items() for name in pairs.loc[~pairs[column].isin(ids), column]}
    )
    if wrong:
        raise DataError(
            f"pairs: the network knows no mover or node {', '.join(wrong[:5])} ({len(wrong)} unknown). Take ids "
            "of its movers and nodes.",
            ids=wrong,
        )


def _by_destination(network: Network, pairs: pd.DataFrame) -> Iterator[tuple[int, IntArray, IntArray]]:
    """Yield mover, origins (K,) and destination (1,) of the pairs, as indices."""
    for (mover, destination), own in pairs.groupby(["mover_id", "destination_id"], sort=True):
        origins = network.node_index(own["origin_id"].drop_duplicates())
        yield network.movers.index(mover), origins, network.node_index(pd.Series([destination]))


def _hours_a_point(paths: Paths) -> float:
    """Return the median hours that a mover spends at a point of its paths; 1 where it has none."""
    hours = paths.hours[paths.hours > 0.0]
    return float(np.median(hours)) if len(hours) else 1.0


def _taken(network: Network, rows: IntArray) -> Network:
    """Return some edges of a network, and of its nodes the ends and those that the edges join."""
    edge = network.edge.iloc[rows].reset_index(drop=True)
    is_joined = network.node["id"].isin(pd.concat([edge["tail_id"], edge["head_id"]]))
    paths = []
    for path in network.paths:
        ptr, cell = take_runs(path.ptr, path.cell, rows)
        _, points = take_runs(path.ptr, np.arange(len(path.cell)), rows)
        paths.append(Paths(ptr, cell, path.hours[points]))
    return replace(
        network,
        node=network.node[is_joined | network.node["kind"].isin(ENDS)].reset_index(drop=True),
        edge=edge,
        hours=network.hours[:, rows],
        watched_hours=network.watched_hours[:, rows],
        paths=tuple(paths),
    )
