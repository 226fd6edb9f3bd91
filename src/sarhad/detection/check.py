"""Faults of an instance, all found before any is raised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sarhad.detection.bucket import reach
from sarhad.detection.instance import BoolArray, FloatArray, Instance, IntArray
from sarhad.detection.shortest import Adjacency, forward_adjacency, groups, in_threads, reverse_adjacency
from sarhad.errors import DataError

SHOWN = 5  # ids named in a message before the rest is only counted


def check_instance(instance: Instance) -> None:
    """Raise DataError that names every fault of the arrays, as `checked_lists` does; return when there is none."""
    checked_lists(instance)


def checked_lists(instance: Instance) -> tuple[Adjacency, Adjacency]:
    """Return the edges into and out of each node, once no fault of the arrays is found.

    Raises
    ------
    DataError
        Wrong shapes, indices that point to nothing, values that are missing or negative, paths that would
        cross the line twice, scenarios whose destination cannot be reached even without a programme. All faults
        of the first kind found are named at once.
    """
    faults = list(_shapes(instance))
    if not faults:
        faults = [*_indices(instance), *_values(instance)]
    if not faults:
        into, out = reverse_adjacency(instance.graph), forward_adjacency(instance.graph)
        faults = [*_second_crossing(instance, out), *_unreachable(instance, into)]
        if not faults:
            return into, out
    ids = tuple(i for _, found in faults for i in found)
    raise DataError(" ".join(text for text, _ in faults), table="instance", ids=ids)


Fault = tuple[str, Sequence[str]]


def _shapes(instance: Instance) -> Iterator[Fault]:
    graph, exposure = instance.graph, instance.exposure
    n_edges, n_columns, n_scenarios = graph.n_edges, exposure.n_columns, instance.n_scenarios
    by_mover = (len(instance.movers), n_edges)
    expected: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
        "graph.head": (graph.head.shape, (n_edges,)),
        "graph.section": (graph.section.shape, (n_edges,)),
        "graph.edge_ids": ((len(graph.edge_ids),), (n_edges,)),
        "effort": (instance.effort.shape, by_mover),
        "existing": (instance.existing.shape, by_mover),
        "exposure.supports": ((len(exposure.supports),), (n_columns,)),
        "exposure.by_mover": ((len(exposure.by_mover),), (len(instance.movers),)),
        "exposure.by_threat": (exposure.by_threat.shape, (n_columns, len(instance.threats))),
        "consequence": (instance.consequence.shape, (len(instance.threats),)),
    }
    expected |= {
        name: (getattr(instance, name).shape, (n_scenarios,))
        for name in ("origin", "destination", "mover", "threat", "attempts_per_year")
    }
    expected |= {
        f"exposure.by_mover[{m}]": (added.shape, (n_columns, n_edges))
        for m, added in enumerate(exposure.by_mover)
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            yield f"instance.{name}: shape {found} found, {wanted} expected.", ()


def _indices(instance: Instance) -> Iterator[Fault]:
    graph, exposure = instance.graph, instance.exposure
    columns = tuple(
        exposure.item_ids[i] if 0 <= i < exposure.n_items else str(i) for i in exposure.item.tolist()
    )
    yield from _dangling("graph.tail", graph.tail, graph.n_nodes, graph.edge_ids)
    yield from _dangling("graph.head", graph.head, graph.n_nodes, graph.edge_ids)
    yield from _dangling("graph.section", graph.section, len(instance.sections), graph.edge_ids, least=-1)
    yield from _dangling("origin", instance.origin, graph.n_nodes, instance.scenario_ids)
    yield from _dangling("destination", instance.destination, graph.n_nodes, instance.scenario_ids)
    yield from _dangling("mover", instance.mover, len(instance.movers), instance.scenario_ids)
    yield from _dangling("threat", instance.threat, len(instance.threats), instance.scenario_ids)
    yield from _dangling("exposure.item", exposure.item, exposure.n_items, columns)
    bad = [
        column
        for column, sets in zip(columns, exposure.supports, strict=True)
        if any(not members or min(members) < 0 or max(members) >= exposure.n_items for members in sets)
    ]
    yield from _named("exposure.supports", "support sets are empty or name an item that does not exist", bad)


def _dangling(name: str, index: IntArray, n: int, ids: Sequence[str], least: int = 0) -> Iterator[Fault]:
    wrong = (index < least) | (index >= n)
    yield from _named(
        name, f"indices lie outside {least}..{n - 1}", [ids[k] for k in np.flatnonzero(wrong).tolist()]
    )


def _values(instance: Instance) -> Iterator[Fault]:
    exposure, edges = instance.exposure, instance.graph.edge_ids
    for m, mover in enumerate(instance.movers):
        yield from _negative(f"effort of {mover}", instance.effort[m], edges)
        yield from _negative(f"existing of {mover}", instance.existing[m], edges)
        added = exposure.by_mover[m]
        rows = np.repeat(np.arange(exposure.n_columns), np.diff(added.indptr))
        owners = [exposure.item_ids[i] for i in exposure.item[rows[_wrong(added.data)]]]
        yield from _named(f"exposure of {mover}", "values are missing or negative", owners)
    per_column = [exposure.item_ids[i] for i in exposure.item.tolist()]
    for h, threat in enumerate(instance.threats):
        yield from _negative(f"prevention of {threat}", exposure.by_threat[:, h], per_column)
    for name, values, ids in (
        ("attempts_per_year", instance.attempts_per_year, instance.scenario_ids),
        ("consequence", instance.consequence, instance.threats),
    ):
        wrong = _wrong(values) | np.isinf(values)
        found = [ids[k] for k in np.flatnonzero(wrong).tolist()]
        yield from _named(name, "values are missing, negative or infinite", found)


def _wrong(values: FloatArray) -> BoolArray:
    return np.asarray(np.isnan(values) | (values < 0))


def _negative(name: str, values: FloatArray, ids: Sequence[str]) -> Iterator[Fault]:
    found = [ids[k] for k in np.flatnonzero(_wrong(values)).tolist()]
    yield from _named(name, "values are missing or negative", found)


def _named(name: str, what: str, ids: Sequence[str]) -> Iterator[Fault]:
    if ids:
        more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
        yield f"instance.{name}: {len(ids)} {what}: {', '.join(ids[:SHOWN])}{more}.", ids


def _second_crossing(instance: Instance, out: Adjacency) -> Iterator[Fault]:
    """Yield the crossing edges that can be reached after another one."""
    graph = instance.graph
    crosses = graph.section >= 0
    if not crosses.any():
        return
    reached = reach(out.ptr, out.neighbour, out.edge, np.zeros(graph.n_edges), np.unique(graph.head[crosses]))
    again = crosses & reached[graph.tail]
    found = [graph.edge_ids[e] for e in np.flatnonzero(again).tolist()]
    yield from _named("graph.section", "edges cross the line but can be reached after crossing it", found)


def _unreachable(instance: Instance, into: Adjacency) -> Iterator[Fault]:
    """Yield the scenarios without a way, and those whose origin is their destination."""
    ends = groups(instance)
    base = {m: instance.effort[m] + instance.existing[m] for m in np.unique(ends.mover).tolist()}

    def work(g: int) -> BoolArray:
        members = np.flatnonzero(ends.of_scenario == g)
        weight = base[int(ends.mover[g])]
        reached: BoolArray = reach(into.ptr, into.neighbour, into.edge, weight, ends.node[g : g + 1])
        return reached[instance.origin[members]]

    has_way = np.empty(instance.n_scenarios, dtype=np.bool_)
    for g, found in enumerate(in_threads(work, range(ends.n_groups))):
        has_way[ends.of_scenario == g] = found
    lost = [instance.scenario_ids[s] for s in np.flatnonzero(~has_way).tolist()]
    yield from _named("scenarios", "scenarios cannot reach their destination without any programme", lost)
    same = instance.origin == instance.destination
    here = [instance.scenario_ids[s] for s in np.flatnonzero(same).tolist()]
    yield from _named("scenarios", "scenarios start at their destination", here)
