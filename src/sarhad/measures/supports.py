"""Which items support which, and by what levels they raise a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sarhad.measures.catalogue import Effect
from sarhad.measures.strip import BoolArray, FloatArray, IntArray

TextArray = npt.NDArray[np.str_]
Serving = tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """Where the items stand, as far as support needs it.

    Parameters
    ----------
    measure, site, section
        Text of each item; section blank for items without one.
    chainage_km
        Middle of each item's stretch; NaN for programme-wide items.
    """

    measure: TextArray
    site: TextArray
    section: TextArray
    chainage_km: FloatArray


def places(items: pd.DataFrame, sites: pd.DataFrame) -> Place:
    """Return where the items stand."""
    rows = sites.set_index("id").loc[list(items["site_id"])]
    mid = (rows["chainage_from_km"] + rows["chainage_to_km"]).to_numpy(dtype=np.float64) / 2
    mid[(rows["rule"] == "programme").to_numpy()] = np.nan
    return Place(
        measure=_text(items["measure_id"]),
        site=_text(items["site_id"]),
        section=_text(items["section_id"].fillna("")),
        chainage_km=mid,
    )


def _text(column: pd.Series) -> TextArray:
    return np.array([str(one) for one in column], dtype=np.str_)


@dataclass(frozen=True)
class Ladder:
    """The levels to which a parameter of one effect can be raised, lowest first.

    Parameters
    ----------
    parameter
        The parameter that is raised.
    steps
        Value at each step; step 0 is the value without support, shape (steps,).
    serving
        For each step above 0, for each item of the effect: the items of which any one gives that step; empty
        where nothing can.
    """

    parameter: str
    steps: tuple[float, ...]
    serving: tuple[tuple[Serving, ...], ...]


def ladder(
    effect: Effect, parameter: str, own: Sequence[int], place: Place, supports: Sequence[Effect]
) -> Ladder:
    """Return how supports raise one parameter of an effect.

    A support that gives a higher level also gives each lower one, so steps nest; no item supports itself.

    Parameters
    ----------
    effect
        The effect that is supported.
    parameter
        Its parameter.
    own
        Indices of the items that have the effect.
    place
        Where all items stand.
    supports
        All support effects of the programme.
    """
    base = effect.parameters[parameter]
    raising = [
        one
        for one in supports
        if one.raises == parameter and effect.measure_id in one.supported and one.parameters["level"] > base
    ]
    values = tuple(sorted({one.parameters["level"] for one in raising}))
    index = np.asarray(own, dtype=np.int64)
    serving = tuple(
        _serving(index, [one for one in raising if one.parameters["level"] >= value], place)
        for value in values
    )
    return Ladder(parameter, (base, *values), serving)


def _serving(own: IntArray, supports: Sequence[Effect], place: Place) -> tuple[Serving, ...]:
    served = np.zeros((len(own), len(place.measure)), dtype=np.bool_)
    for one in supports:
        others = np.flatnonzero(place.measure == one.measure_id)
        served[:, others] |= _serves(one, others[None, :], own[:, None], place)
    served[np.arange(len(own)), own] = False
    return tuple(tuple(np.flatnonzero(row).tolist()) for row in served)


def _serves(effect: Effect, support: IntArray, item: IntArray, place: Place) -> BoolArray:
    if effect.scope == "site":
        return np.equal(place.site[support], place.site[item])
    if effect.scope == "section":
        return np.equal(place.section[support], place.section[item]) & np.not_equal(
            place.section[support], ""
        )
    if effect.scope == "reach":
        gap = np.abs(place.chainage_km[support] - place.chainage_km[item])
        return np.less_equal(gap, effect.parameters.get("reach_km", np.inf))
    return np.ones(np.broadcast_shapes(support.shape, item.shape), dtype=np.bool_)
