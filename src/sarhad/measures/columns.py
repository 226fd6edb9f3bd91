"""What the items add: the sparse exposure of every item, level and mover on every edge."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from sarhad.detection import Exposure
from sarhad.errors import PluginError
from sarhad.measures.catalogue import Effect, Levels, effects
from sarhad.measures.geometry import Views
from sarhad.measures.strip import FloatArray, IntArray
from sarhad.measures.supports import Ladder, Serving, ladder, places
from sarhad.measures.view import Crossings, SiteSees, crossings
from sarhad.plugins import EdgeForm
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.effects import idle_supports

Column = tuple[int, tuple[Serving, ...]]
RAISABLE = ("assessment", "availability")


@dataclass
class _Entries:
    """Entries of the sparse matrix of one mover, as they are found."""

    columns: list[IntArray] = field(default_factory=list)
    edges: list[IntArray] = field(default_factory=list)
    exposures: list[FloatArray] = field(default_factory=list)


def exposure(
    prog: Programme,
    views: Views,
    *,
    existing_rate: FloatArray | None = None,
    levels: Levels | None = None,
    only: Collection[str] | None = None,
) -> Exposure:
    """Return what the items add to the exposure of each edge, with a column for each level of support.

    Parameters
    ----------
    prog
        The programme.
    views
        Geometry of its items.
    existing_rate
        Exposure per hour of the coverage that exists, on the edges that cross the line, shape (M, E), for barriers
        that delay; zero when not given.
    levels
        (effect id, parameter) to a value other than likely.
    only
        Items whose columns are filled (all when not given): much quicker for a fixed plan. The other items
        keep an empty column, so that indices stay the same.

    Raises
    ------
    DataError, SpecError
        See `effects`.
    PluginError
        If a form gives exposures of a wrong shape, below zero, not a number, or falling with support.
    """
    known = effects(prog, levels)
    on_edges = [one for one in known if one.form.kind == "edge"]
    supports = [one for one in known if one.form.kind == "support"]
    require_none(idle_supports(prog))
    rates = np.zeros(views.network.hours.shape) if existing_rate is None else existing_rate
    builder = _Builder(views, rates, only)
    for effect in on_edges:
        builder.add(effect, supports)
    threats = prog["threat"].query("enters_value").sort_values("id")["id"]
    return builder.build(prevention(views.items, known), tuple(threats))


def prevention(items: pd.DataFrame, known: Sequence[Effect]) -> pd.DataFrame:
    """Return by how much each item lowers a threat's attempts, ``exp(-b)``: item_id, threat_id, b."""
    rows = [
        {"item_id": item, "threat_id": threat, "b": effect.parameters["b"]}
        for effect in known
        if effect.form.kind == "prevention"
        for item in items.loc[items["measure_id"] == effect.measure_id, "id"]
        for threat in effect.threat_ids
    ]
    return pd.DataFrame(rows, columns=["item_id", "threat_id", "b"])


class _Builder:
    """Collects the entries of all effects and turns them into an `Exposure`."""

    def __init__(self, views: Views, rates: FloatArray, only: Collection[str] | None) -> None:
        self.views = views
        self.rates = rates
        self.place = places(views.items, views.sites)
        self.lines: Crossings = crossings(views)
        self.item_ids = tuple(str(one) for one in views.items["id"])
        self.number: dict[Column, int] = {(item, ()): item for item in range(len(self.item_ids))}
        self.entries = [_Entries() for _ in views.network.movers]
        wanted = set(self.item_ids if only is None else only)
        self.is_wanted = np.array([one in wanted for one in self.item_ids], dtype=np.bool_)

    def add(self, effect: Effect, supports: Sequence[Effect]) -> None:
        """Add the exposure of one effect on the edges, at every level of its supports."""
        own = np.flatnonzero((self.place.measure == effect.measure_id) & self.is_wanted)
        ladders = [
            ladder(effect, parameter, own.tolist(), self.place, supports)
            for parameter in RAISABLE
            if parameter in effect.parameters
        ]
        for position, item in enumerate(own.tolist()):
            steps = [_reachable(one, position) for one in ladders]
            for mover, name in enumerate(self.views.network.movers):
                if name in effect.movers:
                    site = str(self.place.site[item])
                    view = SiteSees(self.views, site, mover, self.lines, self.rates[mover])
                    touched, found = _levels(effect, view, ladders, steps)
                    for step in np.ndindex(found.shape[:-1]):
                        sets = {
                            one.serving[k - 1][position]
                            for one, k in zip(ladders, step, strict=True)
                            if k > 0
                        }
                        self._store(mover, (item, tuple(sorted(sets))), touched, found[step])

    def _store(self, mover: int, column: Column, edges: IntArray, exposures: FloatArray) -> None:
        added = np.flatnonzero(exposures)
        if len(added):
            number = self.number.setdefault(column, len(self.number))
            into = self.entries[mover]
            into.columns.append(np.full(len(added), number, dtype=np.int64))
            into.edges.append(edges[added])
            into.exposures.append(exposures[added])

    def build(self, prevented: pd.DataFrame, threats: tuple[str, ...]) -> Exposure:
        """Return the exposure, columns sorted by item, base column first."""
        columns = sorted(self.number)
        rank = np.empty(len(columns), dtype=np.int64)
        rank[[self.number[column] for column in columns]] = np.arange(len(columns))
        shape = (len(columns), len(self.views.network.edge))
        by_threat = np.zeros((len(columns), len(threats)))
        index = {name: i for i, name in enumerate(self.item_ids)}
        threat_index = {name: i for i, name in enumerate(threats)}
        for row in prevented.to_dict("records"):
            item = index[row["item_id"]]
            if row["threat_id"] in threat_index and self.is_wanted[item]:
                by_threat[rank[self.number[item, ()]], threat_index[row["threat_id"]]] += row["b"]
        return Exposure(
            item_ids=self.item_ids,
            item=np.array([item for item, _ in columns], dtype=np.int64),
            supports=tuple(sets for _, sets in columns),
            by_mover=tuple(_matrix(one, rank, shape) for one in self.entries),
            by_threat=by_threat,
        )


def _reachable(found: Ladder, position: int) -> int:
    """Return how many steps of a ladder some item can give."""
    return sum(1 for serving in found.serving if serving[position])


def _levels(
    effect: Effect, view: SiteSees, ladders: Sequence[Ladder], steps: Sequence[int]
) -> tuple[IntArray, FloatArray]:
    """Return the edges touched, and what each combination of steps adds to those below it on them.

    The latter has shape (steps + 1 of each ladder, edges touched).
    """
    shape = tuple(step + 1 for step in steps)
    found = np.empty((*shape, view.n_edges))
    for step in np.ndindex(shape):
        raised = {one.parameter: one.steps[k] for one, k in zip(ladders, step, strict=True)}
        found[step] = _exposure(effect, {**effect.parameters, **raised}, view)
    touched = np.flatnonzero(found.reshape(-1, view.n_edges).any(axis=0))
    found = found[..., touched]
    for axis in range(len(shape)):
        upper = tuple(itertools.repeat(slice(None), axis))
        with np.errstate(invalid="ignore"):
            rise = np.diff(found, axis=axis)
        found[(*upper, slice(1, None))] = np.nan_to_num(rise, nan=0.0, posinf=np.inf)
    if found.size and found.min() < -1e-12:
        raise PluginError(
            f"effect {effect.id}: form {type(effect.form).__name__} gives exposure that falls, or rises less, with "
            f"more support. Check the form with measures.check_effect."
        )
    return touched, np.maximum(found, 0.0)


def _exposure(effect: Effect, parameters: dict[str, float], view: SiteSees) -> FloatArray:
    form: EdgeForm = effect.form  # type: ignore[assignment]
    found = form.exposure(parameters, view)
    if np.shape(found) != (view.n_edges,) or (found.size and not found.min() >= 0):  # min of NaN is NaN
        raise PluginError(
            f"effect {effect.id}: form {type(form).__name__} must give {view.n_edges} exposures >= 0, none missing. "
            f"Check the form with measures.check_effect."
        )
    return found


def _matrix(entries: _Entries, rank: IntArray, shape: tuple[int, int]) -> csr_array:
    if not entries.exposures:
        return csr_array(shape, dtype=np.float64)
    rows = rank[np.concatenate(entries.columns)]
    place = (rows, np.concatenate(entries.edges))
    return csr_array(coo_array((np.concatenate(entries.exposures), place), shape=shape))
