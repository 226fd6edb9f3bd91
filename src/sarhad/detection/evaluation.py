"""What a plan does to the attempts: value, where the flow goes, what is detected; needs no solver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sarhad.detection.deterrence import require_elasticity, still_made
from sarhad.detection.exposure import columns_on, edge_exposure, prevention, refuse_shape
from sarhad.detection.instance import BoolArray, FloatArray, Instance, IntArray
from sarhad.detection.logit import logit_outcome
from sarhad.detection.memory import evaluation_bytes, require_room
from sarhad.detection.movers import CrossingLogit, Informed, Logit, Mover, NonAdaptive, PartlyInformed
from sarhad.detection.prepared import Prepared, prepare
from sarhad.detection.routes import Chosen, Outcome, Truth, choose
from sarhad.detection.section import section_detection
from sarhad.errors import SpecError


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a plan does over T periods; sums over periods include the years of each.

    Parameters
    ----------
    value
        Expected attempts that get through, each weighted by the consequence of its threat, all periods together.
    by_period, by_threat, by_section
        The same by period (T,), threat (H,) and the section where the path crosses (K,). What crosses
        nowhere (graphs without a line) is in no section.
    attempts, detected, through, deterred
        Unweighted expected counts (T, H): attempts made (after prevention and deterrence), those that would be detected
        along the chosen path if none gave up, those that get through, and those not made for deterrence alone.
    crossing
        Edge index of the X crossing edges, ascending.
    flow
        Attempts per year over each crossing edge (T, X); the last row is the final state.
    detection
        Probability of detection on the best path forced to cross in a section, for each period, section, threat
        and mover (T, K, H, M); nan where nobody of them can cross.
    evade
        Probability that an attempt of a scenario gets through, prevention left out (T, S).
    pair_attempts
        Attempts per year of each threat and mover without a programme (H, M): the weights of means.
    """

    value: float
    by_period: FloatArray
    by_threat: FloatArray
    by_section: FloatArray
    attempts: FloatArray
    detected: FloatArray
    through: FloatArray
    deterred: FloatArray
    crossing: IntArray
    flow: FloatArray
    detection: FloatArray
    evade: FloatArray
    pair_attempts: FloatArray

    @property
    def detected_share(self) -> FloatArray:
        """Return the share of the attempts made that is detected, all threats, shape (T,); nan without attempts."""
        return _ratio(self.detected.sum(axis=1), self.attempts.sum(axis=1))

    @property
    def detection_by_section(self) -> FloatArray:
        """Return the mean of `detection` over threats and movers, weighted by attempts, shape (T, K)."""
        return self._mean((2, 3))

    @property
    def detection_by_section_threat(self) -> FloatArray:
        """Return the mean of `detection` over movers, weighted by attempts, shape (T, K, H)."""
        return self._mean((3,))

    def _mean(self, axes: tuple[int, ...]) -> FloatArray:
        weight = np.where(np.isnan(self.detection), 0.0, self.pair_attempts)
        summed = (weight * np.nan_to_num(self.detection)).sum(axis=axes)
        return _ratio(summed, weight.sum(axis=axes))


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, nan where the whole is zero."""
    ratio = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def evaluate(
    instance: Instance,
    operating: BoolArray,
    years: FloatArray,
    mover: Mover | None = None,
    *,
    elasticity: float = 0.0,
    memory_limit_bytes: int | None = None,
) -> Evaluation:
    """Return what happens while the given items operate.

    Parameters
    ----------
    instance
        Graph, exposures, scenarios.
    operating
        Which items operate in each period, shape (T, I). Equal periods are computed once.
    years
        Length of each period in years, shape (T,).
    mover
        How movers choose; `Informed` when None.
    elasticity
        Deterrence: per cent by which the attempts of a scenario fall when its chance to get through falls by one per
        cent from that without a programme (see `still_made`). 0: attempts do not react; so the plan counts them.
    memory_limit_bytes
        Refuse to start when more memory would be needed beside the instance (see `evaluation_bytes`); None: no limit.

    Returns
    -------
    Evaluation
        See there.

    Raises
    ------
    DataError
        As `check_instance` does.
    SpecError
        Shapes that do not fit, years that are negative or missing, a `Logit` whose theta is too small, an elasticity
        below zero, too little memory allowed.
    """
    require_elasticity(elasticity)
    refuse_shape(operating, (len(operating), instance.exposure.n_items))
    if years.shape != (len(operating),) or not (years >= 0).all() or np.isinf(years).any():
        raise SpecError(f"years must be {len(operating)} finite numbers >= 0, found {years.tolist()}.")
    states, of_period = np.unique(operating, axis=0, return_inverse=True)
    of_period = of_period.reshape(-1)
    mover = mover if mover is not None else Informed()
    needed = evaluation_bytes(instance, len(states), mover)
    require_room(
        "evaluate", needed, memory_limit_bytes, "Evaluate fewer movers at once, or on a coarser network."
    )
    prepared = prepare(instance)
    judge = _judge(prepared, mover)
    outcomes, detection = [], []
    for state in states:
        now = truth(prepared, state)
        outcomes.append(judge(state, now))
        detection.append(section_detection(prepared, now))
    made = np.exp(-prevention(instance.exposure, columns_on(instance.exposure, states)))[:, instance.threat]
    made *= instance.attempts_per_year
    share = np.ones(made.shape)
    if elasticity > 0.0:
        nothing = np.zeros_like(states[0])
        without = judge(nothing, truth(prepared, nothing)).evade
        share = still_made(np.stack([one.evade for one in outcomes]), without, elasticity)
    return _summary(prepared, outcomes, (made, share), np.stack(detection), of_period, years)


def truth(prepared: Prepared, operating: BoolArray) -> Truth:
    """Return what acts on each edge while the items (I,) operate."""
    exposure = edge_exposure(prepared.instance, operating)
    weight = np.empty_like(exposure)
    for mover in range(len(exposure)):
        np.add(prepared.base(mover), exposure[mover], out=weight[mover])
        exposure[mover] += prepared.instance.existing[mover]
    return Truth(weight, exposure)


def _judge(prepared: Prepared, mover: Mover) -> Callable[[BoolArray, Truth], Outcome]:
    """Return the function that gives the outcome of a state (I,) and its truth for one kind of mover."""
    match mover:
        case Informed():
            return lambda _, now: choose(prepared, now.weight).outcome(now)
        case CrossingLogit():
            return lambda _, now: choose(prepared, now.weight, mover.theta).outcome(now)
        case NonAdaptive():
            theta = mover.without.theta if isinstance(mover.without, CrossingLogit) else None
            nothing = np.zeros(prepared.instance.exposure.n_items, dtype=np.bool_)
            chosen = choose(prepared, truth(prepared, nothing).weight, theta)
            return lambda _, now: chosen.outcome(now)
        case PartlyInformed():
            refuse_shape(mover.known, (prepared.instance.exposure.n_items,))
            beliefs: dict[bytes, Chosen] = {}
            return lambda state, now: _believed(prepared, state & mover.known, beliefs).outcome(now)
        case Logit():
            return lambda _, now: logit_outcome(prepared, now, mover.theta)


def _believed(prepared: Prepared, known: BoolArray, beliefs: dict[bytes, Chosen]) -> Chosen:
    """Return where movers go that know these items (I,), once for all states that look the same to them."""
    key = known.tobytes()
    if key not in beliefs:
        beliefs[key] = choose(prepared, truth(prepared, known).weight)
    return beliefs[key]


def _summary(
    prepared: Prepared,
    outcomes: list[Outcome],
    attempts_made: tuple[FloatArray, FloatArray],
    detection: FloatArray,
    of_period: IntArray,
    years: FloatArray,
) -> Evaluation:
    """Return the sums over scenarios and periods.

    `attempts_made` holds the attempts per year after prevention and the share of them that is not deterred, (U, S).
    """
    instance, n_threats = prepared.instance, len(prepared.instance.threats)
    made = attempts_made[0] * attempts_made[1]
    deterred = attempts_made[0] - made
    evade = np.stack([one.evade for one in outcomes])
    seen = 1.0 - np.stack([one.undetected for one in outcomes])
    weight = instance.consequence[instance.threat]

    def by_threat(values: FloatArray) -> FloatArray:
        return np.stack([np.bincount(instance.threat, row, n_threats) for row in values])

    attempts, through = by_threat(made)[of_period], by_threat(made * evade)[of_period]
    by_state_section = np.stack(
        [_by_section(prepared, made[u] * weight, one) for u, one in enumerate(outcomes)]
    )
    flow = np.stack([made[u] @ one.share for u, one in enumerate(outcomes)])
    lasting = years[:, None]
    by_period = years * (through @ instance.consequence)
    return Evaluation(
        value=float(by_period.sum()),
        by_period=by_period,
        by_threat=(lasting * through).sum(axis=0) * instance.consequence,
        by_section=(lasting * by_state_section[of_period]).sum(axis=0),
        attempts=lasting * attempts,
        detected=lasting * by_threat(made * seen)[of_period],
        through=lasting * through,
        deterred=lasting * by_threat(deterred)[of_period],
        crossing=prepared.crossing,
        flow=flow[of_period],
        detection=detection[of_period],
        evade=evade[of_period],
        pair_attempts=_pair_attempts(instance),
    )


def _by_section(prepared: Prepared, weight: FloatArray, outcome: Outcome) -> FloatArray:
    section = prepared.instance.graph.section[prepared.crossing]
    return np.bincount(section, weight @ outcome.through, len(prepared.instance.sections)).astype(np.float64)


def _pair_attempts(instance: Instance) -> FloatArray:
    n_threats, n_movers = len(instance.threats), len(instance.movers)
    pair = instance.threat * n_movers + instance.mover
    summed = np.bincount(pair, instance.attempts_per_year, n_threats * n_movers)
    return np.asarray(summed.reshape(n_threats, n_movers))
