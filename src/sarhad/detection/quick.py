"""The value alone, for informed movers: one search a group, no flows, no sections; many times an evaluation's speed."""

from __future__ import annotations

import numpy as np

from sarhad.detection.exposure import columns_on, edge_exposure, prevention
from sarhad.detection.instance import BoolArray, FloatArray, Instance
from sarhad.detection.shortest import distances, groups


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
    dist, _ = distances(instance, weight)
    evade = np.exp(-dist[groups(instance).of_scenario, instance.origin])
    through = np.bincount(instance.threat, instance.attempts_per_year * evade, len(instance.threats))
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
    base = instance.effort + instance.existing
    prevented = prevention(instance.exposure, columns_on(instance.exposure, states))
    a_year = [
        value_by_threat(instance, base + edge_exposure(instance, state), prevented[u]).sum()
        for u, state in enumerate(states)
    ]
    return np.asarray(years * np.array(a_year)[of_period.reshape(-1)])
