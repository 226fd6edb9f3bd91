"""Where attempts move when items operate: from section to section, by threat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.evaluation import truth
from sarhad.detection.exposure import columns_on, prevention, refuse_shape
from sarhad.detection.instance import BoolArray, FloatArray, Instance
from sarhad.detection.prepared import Prepared, prepare
from sarhad.detection.routes import best_paths


@dataclass(frozen=True, eq=False)
class Displacement:
    """Attempts a year by threat, the section where they cross before, and what becomes of them after.

    Parameters
    ----------
    flow
        Shape (H, K, K + 2): the K sections, then attempts that are no longer made (prevention), then attempts that
        are made but cross nowhere (certain detection everywhere). Rows sum to the flow before.
    threats, sections
        Ids.
    """

    flow: FloatArray
    threats: tuple[str, ...]
    sections: tuple[str, ...]

    @property
    def before(self) -> FloatArray:
        """Return the flow before by threat and section, (H, K)."""
        return np.asarray(self.flow.sum(axis=2))

    @property
    def after(self) -> FloatArray:
        """Return the flow after by threat and section, (H, K)."""
        return np.asarray(self.flow[:, :, : len(self.sections)].sum(axis=1))


def displacement(
    instance: Instance, before: BoolArray, after: BoolArray, *, theta: float | None = None
) -> Displacement:
    """Return from which section to which the attempts of each threat move between two states.

    Parameters
    ----------
    instance
        Graph, exposures, scenarios.
    before, after
        Items that operate, each of shape (I,).
    theta
        None for informed movers; else movers that spread over crossing edges by ``exp(-theta * total)``.

    Notes
    -----
    Each scenario's shares by section before and after are known; who goes where in between is not, and is taken as
    the least move: what a section keeps stays, the rest moves in proportion. With one best crossing
    this is no assumption. Attempts that cross nowhere before (graphs without a line) are left out.
    Prevention is that of `after` relative to `before`, and counts as no longer made where it rises.
    """
    prepared = prepare(instance)
    for state in (before, after):
        refuse_shape(state, (instance.exposure.n_items,))
    first, second = (_sections(prepared, state, theta) for state in (before, after))
    prevented = prevention(instance.exposure, columns_on(instance.exposure, np.stack([before, after])))
    made = np.exp(-prevented)[:, instance.threat] * instance.attempts_per_year
    n = len(instance.sections)
    flow = np.zeros((len(instance.threats), n, n + 2))
    for s in range(instance.n_scenarios):
        kept = min(1.0, made[1, s] / made[0, s]) if made[0, s] > 0 else 1.0
        moved = np.zeros((n, n + 2))
        moved[:, :n] = kept * _least_move(first[s], second[s])
        moved[:, n] = (1.0 - kept) * first[s]
        moved[:, n + 1] = np.maximum(first[s] - moved.sum(axis=1), 0.0)
        flow[instance.threat[s]] += made[0, s] * moved
    return Displacement(flow, instance.threats, instance.sections)


def _sections(prepared: Prepared, state: BoolArray, theta: float | None) -> FloatArray:
    """Return the share of each scenario's attempts that crosses in each section, (S, K)."""
    instance = prepared.instance
    now = truth(prepared, state)
    share = best_paths(prepared, now.weight, [now], theta)[0].share
    section = instance.graph.section[prepared.crossing]
    x = np.arange(len(section))
    to_section = csr_array((np.ones(len(x)), (x, section)), shape=(len(x), len(instance.sections)))
    return np.asarray((share @ to_section).toarray())


def _least_move(before: FloatArray, after: FloatArray) -> FloatArray:
    """Return the shares (K, K) that stay or move; rows sum to `before` as far as `after` takes it up."""
    stay = np.minimum(before, after)
    gone, come = before - stay, after - stay
    total = max(float(gone.sum()), float(come.sum()))
    moved = np.outer(gone, come) / total if total > 0 else np.zeros((len(before), len(before)))
    return np.asarray(np.diag(stay) + moved)
