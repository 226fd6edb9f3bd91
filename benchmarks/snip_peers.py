"""SNIP as one mixed-integer programme, for HiGHS and SCIP: what the engines are measured against.

Both forms hold a potential for each node, at least the best chance from there to the sink. The extensive form
has potentials for every scenario, the compact form shares them among scenarios with one sink.
"""

from __future__ import annotations

import time

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array

from sarhad.detection import Instance
from sarhad.plan.solver import quiet_solver

FORMS = ("extensive", "compact")
SOLVERS = ("highs", "scip")


def _model(instance: Instance, form: str) -> tuple[csc_array, np.ndarray, np.ndarray]:
    """Return rows ``A z >= 0`` or ``>= -(r - q) psi`` with their right sides, and the costs: potentials, then sensors.

    Without a sensor ``pi_i >= r pi_j - (r - q) psi_j x``, always ``pi_i >= q pi_j``; psi is the best chance with no
    sensor, so the first holds when the sensor stands.
    """
    graph, n_items = instance.graph, instance.exposure.n_items
    r = np.exp(-instance.existing[0])
    matrix = csr_array(instance.exposure.by_mover[0])  # (items, edges)
    edge_item = np.full(graph.n_edges, -1)
    edge_item[matrix.indices] = np.repeat(np.arange(n_items), np.diff(matrix.indptr))
    q = r.copy()
    q[matrix.indices] *= np.exp(-matrix.data)
    sinks, sink_of = np.unique(instance.destination, return_inverse=True)
    if form == "compact":
        copies, copy_of = sinks, sink_of
    else:
        copies, copy_of = instance.destination, np.arange(instance.n_scenarios)
    psi = {int(s): _best(graph.tail, graph.head, r, graph.n_nodes, int(s)) for s in sinks}
    n, entries, right = graph.n_nodes, [], []
    with_item, row = np.flatnonzero(edge_item >= 0), 0
    for c, sink in enumerate(copies.tolist()):
        base, tail, head = c * n, graph.tail, graph.head
        at = row + np.arange(len(tail))
        entries += [(at, base + tail, np.ones(len(tail))), (at, base + head, -r)]
        gain = (r - q)[with_item] * psi[sink][head[with_item]]
        entries.append((at[with_item], len(copies) * n + edge_item[with_item], gain))
        row += len(tail)
        at = row + np.arange(len(with_item))
        entries += [
            (at, base + tail[with_item], np.ones(len(at))),
            (at, base + head[with_item], -q[with_item]),
        ]
        row += len(with_item)
        entries.append((np.array([row]), np.array([base + sink]), np.ones(1)))
        row += 1
        right.append(np.concatenate([np.zeros(len(tail) + len(with_item)), [1.0]]))
    rows, columns, data = (np.concatenate([e[k] for e in entries]) for k in range(3))
    keep = data != 0
    shape = (row, len(copies) * n + n_items)
    cost = np.zeros(shape[1])
    np.add.at(cost, copy_of * n + instance.origin, instance.attempts_per_year)
    return (
        csc_array(csr_array((data[keep], (rows[keep], columns[keep])), shape=shape)),
        np.concatenate(right),
        cost,
    )


def _best(tail: np.ndarray, head: np.ndarray, r: np.ndarray, n: int, sink: int) -> np.ndarray:
    """Return the best chance from each node to the sink."""
    best = np.zeros(n)
    best[sink] = 1.0
    while True:
        new = best.copy()
        np.maximum.at(new, tail, r * best[head])
        if (new == best).all():
            return best
        best = new


def solve(
    instance: Instance, budget: int, form: str, solver: str, time_limit_s: float, gap: float
) -> tuple[float, float, str, float]:
    """Return value, bound, status and seconds, setting up included."""
    began = time.perf_counter()
    matrix, right, cost = _model(instance, form)
    n_items = instance.exposure.n_items
    run = _highs if solver == "highs" else _scip
    left = time_limit_s - (time.perf_counter() - began)
    value, bound, is_proved = run(matrix, right, cost, n_items, budget, max(left, 1.0), gap)
    return (
        value,
        bound,
        "optimal" if is_proved else "feasible" if np.isfinite(value) else "unknown",
        (time.perf_counter() - began),
    )


def _highs(
    matrix: csc_array,
    right: np.ndarray,
    cost: np.ndarray,
    n_items: int,
    budget: int,
    seconds: float,
    gap: float,
) -> tuple[float, float, bool]:
    """Return value, bound and whether HiGHS proved it."""
    model, n = quiet_solver(), len(cost)
    model.addCols(
        n, cost, np.zeros(n), np.ones(n), 0, np.zeros(n, np.int32), np.empty(0, np.int32), np.empty(0)
    )
    own = csr_array(matrix)
    ptr, index = own.indptr[:-1].astype(np.int32), own.indices.astype(np.int32)
    model.addRows(len(right), right, np.full(len(right), highspy.kHighsInf), own.nnz, ptr, index, own.data)
    sensors = np.arange(n - n_items, n, dtype=np.int32)
    model.addRow(0.0, float(budget), n_items, sensors, np.ones(n_items))
    model.changeColsIntegrality(n_items, sensors, np.full(n_items, highspy.HighsVarType.kInteger))
    for name, value in (("mip_rel_gap", gap), ("time_limit", seconds), ("threads", 1)):
        model.setOptionValue(name, value)
    model.run()
    info = model.getInfo()
    has_plan = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    is_proved = model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return (info.objective_function_value if has_plan else np.inf), info.mip_dual_bound, is_proved


def _scip(
    matrix: csc_array,
    right: np.ndarray,
    cost: np.ndarray,
    n_items: int,
    budget: int,
    seconds: float,
    gap: float,
) -> tuple[float, float, bool]:
    """Return value, bound and whether SCIP proved it."""
    import pyscipopt

    model, n = pyscipopt.Model(), len(cost)
    model.hideOutput()
    model.setParam("limits/gap", gap)
    columns = [
        model.addVar(lb=0.0, ub=1.0, obj=float(c), vtype="B" if k >= n - n_items else "C")
        for k, c in enumerate(cost)
    ]
    own = csr_array(matrix)
    for k in range(len(right)):
        part = slice(own.indptr[k], own.indptr[k + 1])
        pairs = zip(own.indices[part].tolist(), own.data[part].tolist(), strict=True)
        model.addCons(pyscipopt.quicksum(f * columns[c] for c, f in pairs) >= float(right[k]))
    model.addCons(pyscipopt.quicksum(columns[n - n_items :]) <= budget)
    model.setParam("limits/time", seconds)
    model.optimize()
    value = model.getPrimalbound() if model.getNSols() else np.inf
    return value, model.getDualbound(), model.getStatus() in ("optimal", "gaplimit")
