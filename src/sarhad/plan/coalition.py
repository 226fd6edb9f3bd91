"""What any part of a plan is worth by itself: items keep their quarters, those without what they require stand idle."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sarhad.detection import nested_values
from sarhad.detection.instance import BoolArray, FloatArray, Instance, IntArray
from sarhad.plan.game import changeable
from sarhad.plan.limits import Terms, operating
from sarhad.plan.store import starts
from sarhad.plan.supports import Supports

AT_ONCE = 64  # states searched in one go: memory stays bounded


class Coalitions:
    """The value of every part of a plan, exact, each distinct state searched once.

    Parameters
    ----------
    instance, terms
        The game and the limits of the plan.
    plan_items
        The plan: item_id and start_quarter.

    Notes
    -----
    An item of a part starts when it does in the plan. It operates while, for each of its prerequisites, another
    item of the part that serves it operates.
    """

    def __init__(self, instance: Instance, terms: Terms, plan_items: pd.DataFrame) -> None:
        self.terms = terms
        self._instance = instance
        self.game, _ = changeable(instance)
        self.chosen: IntArray = np.flatnonzero((start := starts(terms, plan_items)) >= 0)
        states, of = np.unique(operating(terms, start), axis=0, return_inverse=True)
        self._states: BoolArray = states
        self._years = np.bincount(of.ravel(), terms.quarter_weight, len(states))
        self._supports = Supports(self.game.over)
        self._known: dict[bytes, float] = {}

    def values(self, parts: BoolArray) -> FloatArray:
        """Return the value, without the constant, of each part (Q, I) of the plan, shape (Q,)."""
        states = parts[:, None, :] & self._states[None, :, :]
        flat = standing(self.terms, states.reshape(-1, self.terms.n_items))
        return np.asarray(self._yearly(flat).reshape(len(parts), -1) @ self._years)

    def along(self, order: IntArray) -> FloatArray:
        """Return the value, without the constant, of the first 0, 1, ... n items in this order of `chosen`."""
        parts = np.zeros((len(order) + 1, self.terms.n_items), dtype=np.bool_)
        for k, i in enumerate(order.tolist()):
            parts[k + 1 :, self.chosen[i]] = True
        value = np.full(len(parts), -self.game.constant * float(self._years.sum()))
        for state, years in zip(self._states, self._years.tolist(), strict=True):
            nested = standing(self.terms, parts & state)
            is_new = np.append(True, (nested[1:] != nested[:-1]).any(axis=1))
            value += years * nested_values(self._instance, nested[is_new])[np.cumsum(is_new) - 1]
        return value

    def _yearly(self, states: BoolArray) -> FloatArray:
        """Return the attempts a year that get through in each state (N, I), shape (N,)."""
        keys = [row.tobytes() for row in np.packbits(states, axis=1)]
        open_ = list({key: k for k, key in enumerate(keys) if key not in self._known}.items())
        for at in range(0, len(open_), AT_ONCE):
            here = open_[at : at + AT_ONCE]
            found = self._search(states[[k for _, k in here]])
            self._known.update(zip([key for key, _ in here], found.tolist(), strict=True))
        return np.array([self._known[key] for key in keys])

    def _search(self, states: BoolArray) -> FloatArray:
        if self.game.of.n == 0:
            return np.zeros(len(states))
        points = self._supports.states(states.astype(np.float64))
        dist = self.game.pricer.distances(points)
        return np.asarray(np.exp(self.game.without - dist) @ self.game.weight)


def standing(terms: Terms, states: BoolArray) -> BoolArray:
    """Return each state (N, I) without the items whose prerequisites nothing in it serves."""
    kept = states.copy()
    needy = [(i, [list(s) for s in sets]) for i, sets in enumerate(terms.requires) if sets]
    while True:
        before = int(kept.sum())
        for i, sets in needy:
            for members in sets:
                kept[:, i] &= kept[:, members].any(axis=1)
        if int(kept.sum()) == before:
            return kept
