"""Detection in a section: the best path that is forced to cross the line there."""

from __future__ import annotations

import numpy as np

from sarhad.detection.bucket import reach
from sarhad.detection.instance import BoolArray, FloatArray, Instance, IntArray
from sarhad.detection.prepared import Prepared
from sarhad.detection.routes import Truth
from sarhad.detection.shortest import Lengths, in_threads, labels, lengths
from sarhad.detection.walk import walk


def section_detection(prepared: Prepared, truth: Truth) -> FloatArray:
    """Return the probability that the best path forced to cross in a section is detected.

    Parameters
    ----------
    prepared
        Instance.
    truth
        What acts on the edges.

    Returns
    -------
    ndarray
        Shape (sections, threats, movers); nan where no scenario of the threat and mover can cross there.

    Notes
    -----
    For a threat and mover all origins of its scenarios start at once and all destinations end at once: one forward
    and one reverse search, shared by threats with the same ends. Of all paths over a crossing edge of the section the
    one with the least weight is taken (effort included: it is the path that would be chosen); its detection is
    ``1 - exp(-exposure)``, effort left out. Prevention does not count. The figure does not depend on how movers
    choose. Of equal paths the one over the lowest crossing edge counts.
    """
    instance = prepared.instance
    result = np.full((len(instance.sections), len(instance.threats), len(instance.movers)), np.nan)
    ends = _ends(instance)
    movers = sorted({mover for mover, _, _ in ends})
    used = {m: _lengths(prepared, truth.weight[m]) for m in movers}

    def work(key: Ends) -> tuple[BoolArray, FloatArray]:
        mover, origins, destinations = key[0], np.array(key[1]), np.array(key[2])
        total, exposure = _forced(
            prepared, used[mover], (origins, destinations), truth.weight[mover], truth.exposure[mover]
        )
        if prepared.has_infinite:
            return _possible(prepared, mover, origins, destinations), exposure
        return np.isfinite(total), exposure

    keys = list(ends)
    for key, (possible, exposure) in zip(
        keys, in_threads(lambda k: work(keys[k]), range(len(keys))), strict=True
    ):
        for threat in ends[key]:
            result[possible, threat, key[0]] = 1.0 - np.exp(-exposure[possible])
    return result


Ends = tuple[int, tuple[int, ...], tuple[int, ...]]  # mover, origins, destinations


def _ends(instance: Instance) -> dict[Ends, list[int]]:
    """Return the threats of each mover and set of origins and of destinations."""
    found: dict[Ends, list[int]] = {}
    n_movers = len(instance.movers)
    for pair in np.unique(instance.threat * n_movers + instance.mover).tolist():
        threat, mover = divmod(pair, n_movers)
        mine = (instance.threat == threat) & (instance.mover == mover)
        origins, destinations = (
            np.unique(nodes[mine]).tolist() for nodes in (instance.origin, instance.destination)
        )
        found.setdefault((mover, tuple(origins), tuple(destinations)), []).append(threat)
    return found


def _lengths(prepared: Prepared, weight: FloatArray) -> tuple[Lengths, Lengths]:
    """Return the weights (E,) for the search on the far side, which stays there, and for the reverse search."""
    before = weight.copy()
    before[prepared.crossing] = np.inf
    return lengths(prepared.out, before), lengths(prepared.into, weight)


def _possible(prepared: Prepared, mover: int, origins: IntArray, destinations: IntArray) -> BoolArray:
    """Return over which sections there is a way when nothing is built, (K,)."""
    graph, crossing, base = prepared.instance.graph, prepared.crossing, prepared.base(mover)
    far = reach(prepared.out.ptr, prepared.out.neighbour, prepared.out.edge, base, origins)
    near = reach(prepared.into.ptr, prepared.into.neighbour, prepared.into.edge, base, destinations)
    joined = far[graph.tail[crossing]] & np.isfinite(base[crossing]) & near[graph.head[crossing]]
    return np.bincount(graph.section[crossing[joined]], minlength=len(prepared.instance.sections)) > 0


def _forced(
    prepared: Prepared,
    of: tuple[Lengths, Lengths],
    ends: tuple[IntArray, IntArray],
    weight: FloatArray,
    exposure: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return weight and exposure of the best path over each section, inf where there is none."""
    instance, graph, crossing = prepared.instance, prepared.instance.graph, prepared.crossing
    far, near = labels(prepared.out, of[0], ends[0]), labels(prepared.into, of[1], ends[1])
    total = far[0][graph.tail[crossing]] + weight[crossing] + near[0][graph.head[crossing]]
    section = graph.section[crossing]
    # Sorted by section, then total, then edge: the first row of each section is its best path.
    order = np.lexsort((np.arange(len(total)), total, section))
    present, first = np.unique(section[order], return_index=True)
    best = order[first]
    edge = crossing[best]
    seen = walk(prepared, weight, far, graph.tail[edge], exposure, is_forward=True) + exposure[edge]
    seen += walk(prepared, weight, near, graph.head[edge], exposure, is_forward=False)
    least, seen_there = np.full(len(instance.sections), np.inf), np.full(len(instance.sections), np.inf)
    least[present], seen_there[present] = total[best], seen
    return least, seen_there
