"""The bound again: summed up from dual values over every allowed start, and by other solvers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from ortools.linear_solver.python import model_builder
from scipy.sparse import csr_array, csr_matrix, hstack, vstack

from .cuts import CUT_SLACK, Cuts
from .tables import Array, Certificate

ROUNDING = 2.0**-53
TREE_SECONDS = 60.0


def epochs(c: Certificate) -> tuple[Array, Array]:
    """Return the years of each epoch, and the share of it in which an item operates from a quarter on."""
    begins, n = np.array(c.head["epochs"]), len(c.weight)
    of = np.searchsorted(begins, np.arange(n), "right") - 1
    total = np.bincount(of, c.weight)
    share = [np.bincount(of[q:], c.weight[q:], len(begins)) / total for q in range(n)]
    return total, np.stack([*share, np.zeros(len(begins))], axis=1)


class Sum:
    """A sum from below: what its terms come to, what rounding may have added taken off.

    A sum of n products in float64 is wrong by at most n ROUNDING times the sum of their sizes (Higham 2002, 3.1).
    """

    def __init__(self, n: int) -> None:
        self.n, self.terms, self.loss = n, list[Array](), 0.0

    def add(self, terms: Array, size: Array = 0.0) -> None:
        """Add terms; `size` bounds the sizes of the products that each was itself summed up from."""
        self.terms.append(np.ravel(terms))
        self.loss += self.n * ROUNDING * float(np.sum(size))

    def total(self) -> float:
        """Return a number that the true sum is not below."""
        flat = np.concatenate(self.terms)
        return float(flat.sum() - self.loss - (self.n + len(flat)) * ROUNDING * np.abs(flat).sum())


def proved_bound(c: Certificate, cuts: Cuts, dual: tuple[Array, Array], excess: Array) -> float:
    """Return the bound that duals prove over every allowed start, rounding taken off.

    Whatever the duals are, every column takes the end of its range that costs least; of an item's starts only one.
    """
    limits, high = c.t["limits"], c.t["limits"]["high"].to_numpy()
    low: Array = limits["low"].to_numpy()
    fixed: Array = np.where(np.isinf(low), np.minimum(dual[0], 0.0), dual[0])
    fixed = np.where(np.isinf(high), np.maximum(fixed, 0.0), fixed)
    of_cut = np.where(np.isfinite(excess), np.maximum(dual[1], 0.0), 0.0)
    total = Sum(len(fixed) + len(of_cut) + c.n_items + 100)
    add_chances(total, c, cuts, of_cut)
    pays = -(c.factors("limit_payments", "payments").T @ fixed)
    most, sizes = c.t["payments"]["most"].to_numpy(), c.factors("limit_payments", "payments", is_size=True)
    total.add(np.minimum(pays, 0.0) * most, sizes.T @ np.abs(fixed) * most)
    others = np.where(limits["kind"] == "choice", 0.0, fixed)
    total.add(least_starts(c, cuts, others, of_cut, total.n))
    used = others != 0
    total.add(np.where(others > 0, low, high)[used] * others[used])
    total.add(of_cut * cuts.table["level"].to_numpy())
    total.add(-of_cut * np.where(np.isfinite(excess), excess, 0.0))
    return float(total.total() * c.head["scale"])


def add_chances(total: Sum, c: Certificate, cuts: Cuts, of_cut: Array) -> None:
    """Add what the chances to evade cost at least, each between its least and 1."""
    group = c.t["units"]["group"]
    low = np.bincount(group, c.t["units"]["share"] * c.t["units"]["low"])
    cost = np.outer(epochs(c)[0], np.bincount(group, c.t["units"]["weight"])) / c.head["scale"]
    is_cut = np.flatnonzero(cuts.table["group"] >= 0)
    at = cuts.table["epoch"].to_numpy()[is_cut], cuts.table["group"].to_numpy()[is_cut]
    gained = np.zeros_like(cost)
    np.add.at(gained, at, of_cut[is_cut])
    left = cost - gained
    total.add(np.where(left > 0, left * low, left), cost + gained)


def least_starts(c: Certificate, cuts: Cuts, of_limit: Array, of_cut: Array, n: int) -> Array:
    """Return for each item what its best start costs at least, 0 where leaving it out is better and allowed."""
    starts, share = c.t["starts"], epochs(c)[1]
    item, quarter = starts["item"].to_numpy(), starts["quarter"].to_numpy()
    worth, size = np.zeros((len(share), c.n_items)), np.zeros((len(share), c.n_items))
    for e in range(len(share)):
        mine = np.flatnonzero(cuts.table["epoch"] == e)
        worth[e], size[e] = of_cut[mine] @ cuts.slope[mine], of_cut[mine] @ cuts.sizes[mine]
    at = share[:, np.minimum(quarter + c.build[item], len(c.weight))]
    cost = -(c.factors("limit_starts", "starts").T @ of_limit) - (worth[:, item] * at).sum(axis=0)
    sizes = c.factors("limit_starts", "starts", is_size=True).T @ np.abs(of_limit)
    cost -= n * ROUNDING * (sizes + (size[:, item] * at).sum(axis=0))
    best = np.full(c.n_items, np.inf)
    np.minimum.at(best, item, cost)
    is_free = ~np.isin(np.arange(c.n_items), c.t["forced"]["item"])
    return np.where(is_free, np.minimum(best, 0.0), np.where(np.isfinite(best), best, 0.0))


def programme(c: Certificate, cuts: Cuts, columns: Array) -> Any:
    """Return the programme of these starts as a model: chances to evade, payments, starts; limits, then cuts."""
    years, share = epochs(c)
    units, limits, pays = c.t["units"], c.t["limits"], c.t["payments"]
    starts: pd.DataFrame = c.t["starts"].take(columns)
    weight = np.bincount(units["group"], units["weight"])
    n_eta, item = len(years) * len(weight), starts["item"].to_numpy()
    effect = csr_array(cuts.slope[:, item])
    row = np.repeat(np.arange(len(cuts.table)), np.diff(effect.indptr))
    epoch, group = cuts.table["epoch"].to_numpy(), cuts.table["group"].to_numpy()
    effect.data = (
        effect.data * share[epoch[row], (starts["quarter"].to_numpy() + c.build[item])[effect.indices]]
    )
    is_cut = np.flatnonzero(group >= 0)
    at = is_cut, epoch[is_cut] * len(weight) + group[is_cut]
    own = csr_array((np.ones(len(is_cut)), at), (len(group), n_eta))
    block = csr_array(c.factors("limit_starts", "starts")[:, columns])
    above = [csr_array((len(limits), n_eta)), c.factors("limit_payments", "payments"), block]
    matrix = csr_matrix(vstack([hstack(above), hstack([own, csr_array((len(group), len(pays))), effect])]))
    zeros = np.zeros(len(pays) + len(starts))
    low = np.bincount(units["group"], units["share"] * units["low"])
    model = model_builder.Model()  # type: ignore[no-untyped-call]
    fill: Any = model.helper.fill_model_from_sparse_data  # its stub swaps shape and type
    fill(
        np.concatenate([np.tile(low, len(years)), zeros]),
        np.concatenate([np.ones(n_eta), pays["most"], np.ones(len(starts))]),
        np.concatenate([np.outer(years, weight).ravel() / c.head["scale"], zeros]),
        np.concatenate([limits["low"], cuts.table["level"]]),
        np.concatenate([limits["high"], np.full(len(group), np.inf)]),
        matrix,
    )
    return model


def other_duals(c: Certificate, cuts: Cuts) -> tuple[float, tuple[Array, Array]]:
    """Return the optimum and the duals of the linear programme by GLOP, over the starts that it grew to."""
    model = programme(c, cuts, np.flatnonzero(c.t["starts"]["is_column"]))
    solver, n_fixed = model_builder.Solver("GLOP"), len(c.t["limits"])
    if solver.solve(model) != model_builder.SolveStatus.OPTIMAL:
        return -np.inf, (np.zeros(n_fixed), np.zeros(len(cuts.table)))
    dual = solver.dual_values(model.get_linear_constraints()).to_numpy()
    return solver.objective_value * c.head["scale"], (dual[:n_fixed], dual[n_fixed:])


def tree_bound(c: Certificate, cuts: Cuts, excess: Array) -> float:
    """Return the bound over whole starts that SCIP proves in floating point; -inf where a cut is not proved."""
    solver = model_builder.Solver("SCIP")
    if not solver.solver_is_supported() or (excess > CUT_SLACK).any():
        return -np.inf
    n_starts = len(c.t["starts"])
    model = programme(c, cuts, np.arange(n_starts))
    for column in model.get_variables()[-n_starts:]:
        column.is_integral = True
    solver.set_time_limit_in_seconds(TREE_SECONDS)
    solver.set_solver_specific_parameters("limits/gap = 1e-9\nnumerics/feastol = 1e-9")
    solver.solve(model)
    return float(solver.best_objective_bound * c.head["scale"])
