"""The value alone, for informed movers: one search a group, no flows, no sections; the least that an answer takes."""

from __future__ import annotations

import numpy as np

from sarhad.detection.exposure import columns_on, edge_exposure, prevention
from sarhad.detection.instance import BoolArray, FloatArray, Instance
from sarhad.detection.shortest import Adjacency, groups, in_threads, labels, lengths, reverse_adjacency


def value_by_threat(instance: Instance, weight: FloatArray, prevented: FloatArray) -> FloatArray:
    """Return the weighted attempts a year that get through, by threat.

    Parameters
    ----------
    instance
        Graph and scenarios.
    weight
        Effort and all exposure of each edge, shape (n_movers, E).
    prevented
        Prevention exposure of each threat, shape (n_threats,).

    Returns
    -------
    ndarray
        Shape (n_threats,), equal to `by_threat` of `evaluate` for a period of one year.
    """
    return threat_values(
        instance, least_totals(instance, reverse_adjacency(instance.graph), weight), prevented
    )


def least_totals(instance: Instance, into: Adjacency, weight: FloatArray) -> FloatArray:
    """Return the least total of each scenario, (S,), at these weights (n_movers, E): a reverse search a group."""
    ends = groups(instance)
    used = {m: lengths(into, weight[m]) for m in np.unique(ends.mover).tolist()}
    least = np.empty(instance.n_scenarios)

    def work(g: int) -> None:
        s = np.flatnonzero(ends.of_scenario == g)
        least[s] = labels(into, used[int(ends.mover[g])], ends.node[g : g + 1])[0][instance.origin[s]]

    in_threads(work, range(ends.n_groups))
    return least


def threat_values(instance: Instance, least: FloatArray, prevented: FloatArray) -> FloatArray:
    """Return the weighted attempts a year that get through, (n_threats,), at these least totals (S,)."""
    through = np.bincount(instance.threat, instance.attempts_per_year * np.exp(-least), len(instance.threats))
    return np.asarray(through * instance.consequence * np.exp(-prevented))


def value_by_period(instance: Instance, operating: BoolArray, years: FloatArray) -> FloatArray:
    """Return the value of each period of a plan, shape (T,): `by_period` of `evaluate` for informed movers.

    Parameters
    ----------
    instance
        Graph, exposures, scenarios.
    operating
        Which items operate in each period, shape (T, I). Equal periods are computed once.
    years
        Length of each period, shape (T,).
    """
    states, of_period = np.unique(operating, axis=0, return_inverse=True)
    into = reverse_adjacency(instance.graph)
    prevented = prevention(instance.exposure, columns_on(instance.exposure, states))
    a_year = np.empty(len(states))
    for u, state in enumerate(states):
        weight = instance.effort + instance.existing
        weight += edge_exposure(instance, state)
        a_year[u] = threat_values(instance, least_totals(instance, into, weight), prevented[u]).sum()
    return np.asarray(years * a_year[of_period.reshape(-1)])
