"""Cover: where to build so that as much demand as possible is within reach; movers keep to their places."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import highspy
import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import IntArray
from sarhad.errors import SolverError, SpecError
from sarhad.plan.demand import Demand
from sarhad.plan.solver import quiet_solver

GAP = 1e-6  # at which the proof ends, relative
LAGRANGE_STEPS = 400
PATIENCE = 10  # Lagrange steps without a better bound before they are halved
STATUS = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kTimeLimit: "feasible",
    highspy.HighsModelStatus.kInterrupt: "feasible",
}


@dataclass(frozen=True, eq=False)
class CoverResult:
    """Facilities to build, the demand they cover, and what no choice can exceed.

    Parameters
    ----------
    facilities
        Indices of the chosen ones, ascending.
    value, bound, gap
        Demand covered (higher is better), bound >= every possible value, ``(bound - value) / value``.
    status
        optimal, feasible or unknown.
    seconds
        Wall time.
    """

    facilities: IntArray
    value: float
    bound: float
    status: str
    seconds: float

    @property
    def gap(self) -> float:
        """Return the distance of the bound from the value, as a share of the value."""
        return (self.bound - self.value) / self.value if self.value > 0 else float("inf")


def cover(demand: Demand, choose: int, *, time_limit_s: float = 60.0) -> CoverResult:
    """Return the facilities that cover most demand, with a bound.

    Parameters
    ----------
    demand
        As `demand_within` gives it, or a non-adaptive game's own: classes of paths with fixed shares.
    choose
        How many facilities may be built.
    time_limit_s
        When to stop with the best answer so far.

    Raises
    ------
    SpecError
        If `choose` is not in 1..F or the time limit is not positive.

    Notes
    -----
    A class counts once when at least one chosen facility covers it. Classes are columns between 0 and 1, the choices
    binary. Solved by HiGHS from a greedy start (at least ``1 - 1/e`` of the optimum) improved by swaps; the bound is the
    better one of HiGHS and of a Lagrangian.

    References
    ----------
    Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science Association 32.
    Cordeau, Furini and Ljubic (2019), Benders decomposition for very large scale partial set covering and maximal
    covering location problems, European Journal of Operational Research 275.
    """
    began = perf_counter()
    if not 1 <= choose <= demand.n_facilities:
        raise SpecError(f"choose must lie in 1..{demand.n_facilities}, found {choose}.")
    if not time_limit_s > 0:
        raise SpecError(f"time_limit_s must be positive, found {time_limit_s}.")
    start = _improved(demand, _greedy(demand, choose))
    loose = _bound(demand, choose, covered(demand, start))
    found, bound, status = _solved(demand, choose, start, time_limit_s - (perf_counter() - began))
    best = max((start, found), key=lambda chosen: covered(demand, chosen))
    value = covered(demand, best)
    return CoverResult(np.sort(best), value, max(min(bound, loose), value), status, perf_counter() - began)


def covered(demand: Demand, facilities: IntArray) -> float:
    """Return the demand that these facilities cover; it knows no solver."""
    reached = np.asarray(demand.covers[:, np.asarray(facilities, dtype=np.int64)].sum(axis=1)) > 0
    return float(demand.weight[reached].sum())


def _greedy(demand: Demand, choose: int) -> IntArray:
    """Return facilities taken one after another, each the one that covers most of what is left."""
    left, chosen = demand.weight.copy(), np.empty(choose, dtype=np.int64)
    by_facility = demand.covers.T.tocsr()
    for k in range(choose):
        gain = np.asarray(by_facility @ left)
        gain[chosen[:k]] = -1.0
        chosen[k] = int(gain.argmax())
        left[by_facility[[chosen[k]]].indices] = 0.0
    return chosen


def _improved(demand: Demand, chosen: IntArray) -> IntArray:
    """Return the choice after swaps of one facility for another, while they help."""
    by_facility, best = demand.covers.T.tocsr(), chosen.copy()
    times = np.asarray(demand.covers[:, best].sum(axis=1), dtype=np.int64).ravel()
    k = unhelped = 0
    while unhelped < len(best):
        own = by_facility[[best[k]]].indices
        times[own] -= 1
        gain = np.asarray(by_facility @ np.where(times > 0, 0.0, demand.weight))
        gain[np.delete(best, k)] = -1.0
        other = int(gain.argmax())
        helps = gain[other] > gain[best[k]] * (1.0 + 1e-12)
        best[k] = other if helps else best[k]
        times[by_facility[[best[k]]].indices] += 1
        unhelped = 0 if helps else unhelped + 1
        k = (k + 1) % len(best)
    return best


def _bound(demand: Demand, choose: int, value: float) -> float:
    """Return a bound from Lagrange multipliers u, one a class: ``sum(w - u)`` and the largest sums of u of facilities.

    Each facility may collect u from every class that it covers; a subgradient method lowers the sum, with Polyak's step.
    """
    weight, by_facility = demand.weight, demand.covers.T.tocsr()
    u, best, pace, unhelped = weight / 2.0, float("inf"), 1.0, 0
    for _ in range(LAGRANGE_STEPS):
        sums = np.asarray(by_facility @ u)
        chosen = np.argpartition(-sums, choose - 1)[:choose]
        now = float((weight - u).sum() + sums[chosen].sum())
        unhelped = 0 if now < best else unhelped + 1
        best = min(best, now)
        built = np.zeros(demand.n_facilities)
        built[chosen] = 1.0
        slope = np.asarray(demand.covers @ built) - 1.0
        slope[((u <= 0.0) & (slope > 0.0)) | ((u >= weight) & (slope < 0.0))] = 0.0
        steepness = float(slope @ slope)
        if steepness == 0.0 or now <= value:
            break
        if unhelped == PATIENCE:
            pace, unhelped = pace / 2.0, 0
        u = np.clip(u - pace * (now - value) / steepness * slope, 0.0, weight)
    return best


def _solved(demand: Demand, choose: int, start: IntArray, time_limit_s: float) -> tuple[IntArray, float, str]:
    """Return the facilities HiGHS finds from a start, its bound, and the status."""
    solver, n_f = quiet_solver(), demand.n_facilities
    solver.passModel(_model(demand, choose))
    for name, option in (("time_limit", max(time_limit_s, 0.1)), ("mip_rel_gap", GAP), ("threads", 1)):
        solver.setOptionValue(name, option)
    first = highspy.HighsSolution()
    built = np.isin(np.arange(n_f), start)
    reached = np.asarray(demand.covers @ built.astype(np.float64)) > 0
    first.col_value = np.concatenate([built, reached]).astype(np.float64).tolist()
    solver.setSolution(first)
    solver.run()
    status = STATUS.get(solver.getModelStatus())
    if status is None:
        raise SolverError(
            f"HiGHS ended a coverage with {solver.modelStatusToString(solver.getModelStatus())}."
        )
    values = np.asarray(solver.getSolution().col_value)
    found = np.flatnonzero(values[:n_f] > 0.5).astype(np.int64) if len(values) else start
    bound = min(-solver.getInfo().mip_dual_bound, float(demand.weight.sum()))
    return found, bound, status


def _model(demand: Demand, choose: int) -> highspy.HighsLp:
    """Return: minimise ``-sum w z``, ``z_c <= sum of x_f that cover c``, ``sum x <= choose``, x binary, 0 <= z <= 1."""
    n_c, n_f = demand.covers.shape
    covers = demand.covers
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n_f + n_c, n_c + 1
    lp.col_cost_ = np.concatenate([np.zeros(n_f), -demand.weight])
    lp.col_lower_, lp.col_upper_ = np.zeros(n_f + n_c), np.ones(n_f + n_c)
    lp.row_lower_ = np.full(n_c + 1, -highspy.kHighsInf)
    lp.row_upper_ = np.concatenate([np.zeros(n_c), [float(choose)]])
    size = np.diff(covers.indptr)
    row = np.concatenate([np.repeat(np.arange(n_c), size), np.arange(n_c), np.full(n_f, n_c)])
    column = np.concatenate([covers.indices, n_f + np.arange(n_c), np.arange(n_f)])
    data = np.concatenate([-np.ones(covers.nnz), np.ones(n_c), np.ones(n_f)])
    matrix = csr_array((data, (row, column)), shape=(n_c + 1, n_f + n_c))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    lp.integrality_ = [highspy.HighsVarType.kInteger] * n_f + [highspy.HighsVarType.kContinuous] * n_c
    return lp
