"""Effect forms: what they must offer, and the one door through which built-in and third-party forms come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from sarhad.errors import PluginError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

GROUP = "sarhad.effects"
KINDS = ("edge", "support", "prevention")


@dataclass(frozen=True)
class Samples:
    """Points of the paths of edges that a site can act upon.

    Parameters
    ----------
    edge
        Index of the edge that each point belongs to, shape (K,).
    distance_km
        Distance of the point from the site, shape (K,).
    hours
        Hours that the mover spends at the point, shape (K,).
    """

    edge: IntArray
    distance_km: FloatArray
    hours: FloatArray


class SiteView(Protocol):
    """What one item at its site can see and reach of one mover's paths; geometry only."""

    @property
    def n_edges(self) -> int:
        """Return the number of edges E of the network."""

    @property
    def reference_speed_kmh(self) -> float:
        """Return the speed of the walker that published probabilities speak of."""

    @property
    def existing_rate_per_hour(self) -> FloatArray:
        """Return the exposure per hour of the coverage that exists, shape (E,)."""

    def visible(self, observer_height_m: float, target_height_m: float, range_km: float) -> Samples:
        """Return the points in line of sight, no farther than the range."""

    def ground(self, reach_km: float) -> tuple[float, Samples]:
        """Return the area in km2 that a patrol from the site watches, and the points on it."""

    def crossed(self) -> IntArray:
        """Return the edges that cross the line within the stretch of the site and that the mover can use."""

    def passed(self) -> IntArray:
        """Return the edges through the crossing point of the site that the mover can use."""


class Form(Protocol):
    """An effect form: a frozen dataclass without fields, made by calling its class.

    `parameters` names each parameter and its unit. A form of kind `edge` also has
    `exposure(parameters, view)`; kind `support` has a parameter `level`, kind `prevention` a parameter `b`.
    """

    kind: ClassVar[Literal["edge", "support", "prevention"]]
    parameters: ClassVar[Mapping[str, str]]


class EdgeForm(Form, Protocol):
    """A form that puts exposure on edges."""

    def exposure(self, parameters: Mapping[str, float], view: SiteView) -> FloatArray:
        """Return the exposure of every edge, shape (E,), each value >= 0, infinite where nothing passes."""


_registered: dict[str, type[Form]] = {}


def forms() -> dict[str, type[Form]]:
    """Return every effect form by name: those of installed packages and those registered here.

    Raises
    ------
    PluginError
        If two packages offer one name, a form cannot be loaded, or one does not keep the contract.
    """
    offered: dict[str, EntryPoint] = {}
    faults: list[str] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        other = offered.setdefault(point.name, point)
        if other.value != point.value:
            faults.append(
                f"{point.name} is offered twice, by {other.value} and by {point.value}; uninstall one"
            )
    if faults:
        raise PluginError(f"effect forms: {'; '.join(faults)}.")
    found = {name: _load(point) for name, point in offered.items()}
    return dict(sorted({**found, **_registered}.items()))


def form(name: str) -> type[Form]:
    """Return the effect form of that name.

    Raises
    ------
    PluginError
        If no installed package offers it.
    """
    known = forms()
    if name not in known:
        raise PluginError(
            f"effect form {name!r} is not installed; known: {', '.join(known)}. "
            f"Correct effect.form or install the package that offers it (entry point group {GROUP!r})."
        )
    return known[name]


def register(name: str, cls: type[Form]) -> None:
    """Add a form without packaging it, for notebooks and tests.

    Raises
    ------
    PluginError
        If the name is taken or the form does not keep the contract.
    """
    known = forms()
    if name in known:
        raise PluginError(
            f"effect form {name!r} exists already ({known[name].__module__}); choose another name."
        )
    _registered[name] = _kept(name, cls)


def unregister(name: str) -> None:
    """Take away a form that `register` added.

    Raises
    ------
    PluginError
        If it was not added by `register`.
    """
    if name not in _registered:
        raise PluginError(f"effect form {name!r} was not registered here; nothing to take away.")
    del _registered[name]


def _load(point: EntryPoint) -> type[Form]:
    try:
        cls = point.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"effect form {point.name!r} cannot be loaded from {point.value}: {error}. Mend or uninstall its package."
        ) from error
    return _kept(point.name, cls)


def _kept(name: str, cls: type[Form]) -> type[Form]:
    faults = breaches(cls)
    if faults:
        raise PluginError(f"effect form {name!r} does not keep the contract: {'; '.join(faults)}.")
    return cls


def breaches(cls: object) -> list[str]:
    """Return how a class departs from what a form must offer; empty when it does not."""
    if not isinstance(cls, type):
        return [f"it must be a class, not {type(cls).__name__}"]
    faults = []
    kind = getattr(cls, "kind", None)
    if kind not in KINDS:
        faults.append(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    parameters = getattr(cls, "parameters", None)
    if not isinstance(parameters, Mapping) or not all(isinstance(unit, str) for unit in parameters.values()):
        faults.append("parameters must map each parameter to its unit")
        parameters = {}
    if kind == "edge" and not callable(getattr(cls, "exposure", None)):
        faults.append("a form of kind edge needs exposure(parameters, view)")
    needed = {"support": "level", "prevention": "b"}.get(str(kind))
    if needed and needed not in parameters:
        faults.append(f"a form of kind {kind} needs the parameter {needed}")
    return faults
