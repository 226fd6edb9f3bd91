"""For authors of effect forms: whether a form keeps its contract."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sarhad.measures.strip import FloatArray, IntArray
from sarhad.plugins import EdgeForm, Form, Samples, breaches

TYPICAL = {"1": 0.5, "km": 3.0, "m": 5.0, "km/h": 4.0, "h": 1.0}


@dataclass(frozen=True)
class SyntheticView:
    """A site that sees three of six edges, crosses two and gates one (keeps `plugins.SiteView`)."""

    n_edges: int = 6
    reference_speed_kmh: float = 3.0

    @property
    def existing_rate_per_hour(self) -> FloatArray:
        """Return a small rate on every edge."""
        return np.full(self.n_edges, 0.02)

    def visible(self, observer_height_m: float, target_height_m: float, range_km: float) -> Samples:  # noqa: ARG002
        """Return points at growing distances on edges 0, 1 and 4."""
        return _within(range_km)

    def ground(self, reach_km: float) -> tuple[float, Samples]:
        """Return half a disc and the points on it."""
        return math.pi * reach_km**2 / 2, _within(reach_km)

    def crossed(self) -> IntArray:
        """Return two edges."""
        return np.array([1, 2], dtype=np.int64)

    def passed(self) -> IntArray:
        """Return one edge."""
        return np.array([3], dtype=np.int64)


def check_effect(form: type[Form]) -> list[str]:
    """Return every way in which a form departs from its contract; empty when it keeps it.

    A form of kind edge is run against a small synthetic view: shape, values (not missing, >= 0, infinite allowed),
    the same answer twice, parameters left alone, never falling with `p`, `availability` or `assessment`, never
    rising less with one of the latter when the other is higher, and zero when `availability` is 0.
    """
    faults = breaches(form)
    if faults or form.kind != "edge":
        return faults
    made: EdgeForm = form()  # type: ignore[assignment]
    likely = {name: TYPICAL.get(unit, 1.0) for name, unit in form.parameters.items()}
    for name in [None, *sorted({"p", "availability", "assessment"} & set(likely))]:
        for value in (0.0, 0.2, 0.7, 1.0):
            faults += _run(made, likely if name is None else {**likely, name: value})
    if faults:
        return list(dict.fromkeys(faults))
    for name in sorted({"p", "availability", "assessment"} & set(likely)):
        runs = [_exposure(made, {**likely, name: value}) for value in (0.0, 0.2, 0.7, 1.0)]
        if any((upper < lower - 1e-12).any() for lower, upper in itertools.pairwise(runs)):
            faults.append(f"exposure falls when {name} rises")
    if "availability" in likely and _exposure(made, {**likely, "availability": 0.0}).any():
        faults.append("exposure is not zero when availability is 0")
    if {"availability", "assessment"} <= set(likely) and not _is_supermodular(made, likely):
        faults.append("exposure gains less from assessment when availability is higher")
    return faults


def _run(form: EdgeForm, parameters: Mapping[str, float]) -> list[str]:
    before = dict(parameters)
    view = SyntheticView()
    try:
        first = form.exposure(MappingProxyType(before), view)
        second = form.exposure(MappingProxyType(before), view)
    except Exception as error:  # noqa: BLE001 - whatever the author's code raises is his fault to see
        return [f"exposure raises {type(error).__name__}: {error}"]
    if not isinstance(first, np.ndarray) or first.shape != (view.n_edges,) or first.dtype != np.float64:
        return [f"exposure must be an array of {view.n_edges} float64, one an edge"]
    faults = []
    if np.isnan(first).any():
        faults.append("exposure is not a number somewhere")
    if (first < 0).any():
        faults.append("exposure is below zero somewhere")
    if not np.array_equal(first, second, equal_nan=True):
        faults.append("exposure differs from one call to the next")
    return faults


def _is_supermodular(form: EdgeForm, likely: Mapping[str, float]) -> bool:
    def at(availability: float, assessment: float) -> FloatArray:
        return _exposure(form, {**likely, "availability": availability, "assessment": assessment})

    gain_low = at(0.3, 0.9) - at(0.3, 0.2)
    gain_high = at(0.8, 0.9) - at(0.8, 0.2)
    return bool((gain_high >= gain_low - 1e-12).all())


def _exposure(form: EdgeForm, parameters: Mapping[str, float]) -> FloatArray:
    return form.exposure(parameters, SyntheticView())


def _within(range_km: float) -> Samples:
    edge = np.array([0, 0, 1, 1, 4, 4], dtype=np.int64)
    distance = np.array([0.2, 0.9, 1.1, 2.0, 2.9, 8.0])
    near = distance <= range_km
    return Samples(edge[near], distance[near], np.full(int(near.sum()), 0.25))
