"""Detection in a section: the best path that is forced to cross the line there."""

from __future__ import annotations

import numpy as np

from sarhad.detection.instance import FloatArray
from sarhad.detection.prepared import Prepared
from sarhad.detection.routes import Truth
from sarhad.detection.shortest import carry, in_threads, search


def section_detection(prepared: Prepared, truths: list[Truth]) -> FloatArray:
    """Return the probability that the best path forced to cross in a section is detected.

    Parameters
    ----------
    prepared
        Instance.
    truths
        What acts on the edges, a set for each state of the programme.

    Returns
    -------
    ndarray
        Shape (states, sections, threats, movers); nan where no scenario of the threat and mover can cross there.

    Notes
    -----
    For a threat and mover all origins of its scenarios start at once and all destinations end at once: one forward
    and one reverse search. Of all paths over a crossing edge of the section the one with the least weight is taken
    (effort included: it is the path that would be chosen); its detection is ``1 - exp(-exposure)``, effort left
    out. Prevention does not count. The figure does not depend on how movers choose. Of equal paths the one over
    the lowest crossing edge counts.
    """
    instance = prepared.instance
    n_threats, n_movers = len(instance.threats), len(instance.movers)
    pairs = np.unique(instance.threat * n_movers + instance.mover)
    n_states = len(truths)
    result = np.full((n_states, len(instance.sections), n_threats, n_movers), np.nan)

    def work(task: int) -> None:
        threat, mover = divmod(int(pairs[task]), n_movers)
        total, _ = _forced(prepared, threat, mover, prepared.base[mover], prepared.base[mover])
        possible = np.isfinite(total)
        for u, truth in enumerate(truths):
            _, exposure = _forced(prepared, threat, mover, truth.weight[mover], truth.exposure[mover])
            result[u, possible, threat, mover] = 1.0 - np.exp(-exposure[possible])

    in_threads(work, range(len(pairs)))
    return result


def _forced(
    prepared: Prepared, threat: int, mover: int, weight: FloatArray, exposure: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return weight and exposure of the best path over each section, inf where there is none."""
    instance, graph, crossing = prepared.instance, prepared.instance.graph, prepared.crossing
    mine = (instance.threat == threat) & (instance.mover == mover)
    before = weight.copy()
    before[crossing] = np.inf
    far, far_via, far_order = search(prepared.out, before, np.unique(instance.origin[mine]))
    near, near_via, near_order = search(prepared.into, weight, np.unique(instance.destination[mine]))
    far_seen = carry(far_order, far_via, graph.tail, exposure)
    near_seen = carry(near_order, near_via, graph.head, exposure)
    tail, head = graph.tail[crossing], graph.head[crossing]
    total = far[tail] + weight[crossing] + near[head]
    seen = far_seen[tail] + exposure[crossing] + near_seen[head]
    section = graph.section[crossing]
    # Sorted by section, then total, then edge: the first row of each section is its best path.
    order = np.lexsort((np.arange(len(total)), total, section))
    present, first = np.unique(section[order], return_index=True)
    least, seen_there = np.full(len(instance.sections), np.inf), np.full(len(instance.sections), np.inf)
    least[present], seen_there[present] = total[order][first], seen[order][first]
    return least, seen_there
