"""Least security by threat or section: measured exactly at a plan, and cut off where a plan falls short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection import value_by_period
from sarhad.detection.instance import FloatArray, Instance, IntArray
from sarhad.errors import SpecError
from sarhad.plan.game import Changeable, changeable, states
from sarhad.plan.limits import SecurityFloor, Terms, operating
from sarhad.plan.rows import StartRows, start_rows
from sarhad.plan.supports import Supports

EXACT = 1e-9  # share of the attempts by which a floor may be missed


@dataclass(frozen=True)
class FloorState:
    """What a plan does for a floor: attempts that get through in the last quarter, as a share of those with nothing built."""

    words: str
    most_share: float
    share: float

    @property
    def is_kept(self) -> bool:
        """Tell whether the floor is kept."""
        return self.share <= self.most_share + EXACT


def restricted(instance: Instance, floor: SecurityFloor) -> Instance:
    """Return the game that a floor speaks of: its threat alone, and every way over its section.

    Raises
    ------
    SpecError
        If there is no such threat or section, or the threat makes no attempt.
    """
    if floor.threat and floor.threat not in instance.threats:
        raise SpecError(
            f"{floor.words}: threat {floor.threat} is not in the value (it has: {', '.join(instance.threats)}). "
            "Name one of these, or leave the threat blank for all."
        )
    if floor.section and floor.section not in instance.sections:
        raise SpecError(f"{floor.words}: there is no section {floor.section}. Name a section of the line.")
    keep, consequence = np.ones(instance.n_scenarios, dtype=np.bool_), instance.consequence.copy()
    if floor.threat:
        at = instance.threats.index(floor.threat)
        keep, consequence[at] = instance.threat == at, 1.0
    if not (instance.attempts_per_year[keep] > 0).any():
        raise SpecError(
            f"{floor.words}: there are no attempts to count. Leave the floor out, or state a rate."
        )
    effort = instance.effort.copy()
    if floor.section:
        crossed = instance.graph.section
        effort[:, (crossed >= 0) & (crossed != instance.sections.index(floor.section))] = np.inf
    return replace(
        instance,
        effort=effort,
        consequence=consequence,
        scenario_ids=tuple(s for s, kept in zip(instance.scenario_ids, keep, strict=True) if kept),
        origin=instance.origin[keep],
        destination=instance.destination[keep],
        mover=instance.mover[keep],
        threat=instance.threat[keep],
        attempts_per_year=instance.attempts_per_year[keep],
    )


class Floors:
    """The security floors of a plan.

    Notes
    -----
    Let a plan's binaries ``S`` be on in the last quarter, ``e_u`` the chance to evade on the best path of unit ``u`` there and
    ``a_ub`` what binary ``b`` would add to that path. Any other plan lets at least ``sum w_u e_u (1 - sum over b outside
    S of (1 - exp(-a_ub)))`` through, for a fixed path's chance is supermodular and more never makes it larger. Where ``S``
    lets too much through this is a row that it breaks and no plan that keeps the floor does.
    """

    def __init__(self, instance: Instance, terms: Terms) -> None:
        self.terms = terms
        self._restricted = [restricted(instance, floor) for floor in terms.floors]
        self._games: list[tuple[SecurityFloor, Changeable]] = [
            (floor, changeable(game)[0]) for floor, game in zip(terms.floors, self._restricted, strict=True)
        ]
        self._supports = Supports(self._games[0][1].over) if self._games else None

    def measure(self, start: IntArray) -> tuple[FloorState, ...]:
        """Return how a plan stands to every floor, by the evaluation: 0 where nothing gets through in any case."""
        last = operating(self.terms, start)[-1:]
        pair = np.concatenate([np.zeros_like(last), last])
        found = []
        for floor, game in zip(self.terms.floors, self._restricted, strict=True):
            without, through = value_by_period(game, pair, np.ones(2))
            share = float(through / without) if without > 0 else 0.0
            found.append(FloorState(floor.words, floor.most_share, share))
        return tuple(found)

    def rows(self, start: IntArray) -> StartRows:
        """Return rows that the starts break and no plan does that keeps the floors; none where they are kept."""
        shape = self.terms.n_items, self.terms.n_quarters
        rows = []
        for floor, game in self._games:
            share, worth = self._look(game, start)
            short = share - floor.most_share
            if short > EXACT:
                factor = -np.minimum(worth / short, 1.0)
                rows.append((floor.words, np.tile(factor[:, None], (1, shape[1])), -1.0))
        return start_rows(shape, rows)

    def _look(self, game: Changeable, start: IntArray) -> tuple[float, FloatArray]:
        """Return the share that gets through, and by how much each item outside could lower it at most, (I,)."""
        worth = np.zeros(self.terms.n_items)
        total = float(game.weight.sum()) + game.constant
        if game.of.n == 0 or self._supports is None:
            return float(total > 0), worth
        on = states(self.terms, game.over, start)[-1].astype(np.float64)
        evade, found = game.paths(on[None])
        through = game.weight * evade[0]
        path = np.repeat(np.arange(len(found.unit)), np.diff(found.ptr))
        gain = through[found.unit[path]] * -np.expm1(-found.added) * (1.0 - on[found.binary])
        by_binary = np.bincount(found.binary, gain, game.over.n) / total
        worth = np.asarray(by_binary @ self._supports.least(on[: self.terms.n_items])).ravel()
        return (float(through.sum()) + game.constant) / total, worth


def item_rows(rows: StartRows, n_quarters: int) -> tuple[csr_array, FloatArray]:
    """Return rows that do not depend on the quarter of a start as ``profile @ items >= level``."""
    return csr_array(-rows.factor[:, ::n_quarters]), -rows.room


def as_notices(found: Sequence[FloorState]) -> tuple[str, ...]:
    """Return how a plan stands to its floors, in words."""
    return tuple(f"{f.words}: {f.share:.1%} get through, at most {f.most_share:.1%} may" for f in found)
