"""A linear programme as a file that any solver reads."""

from __future__ import annotations

from pathlib import Path

import highspy
import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from sarhad.errors import StoreError
from sarhad.plan.master import Master
from sarhad.plan.proof import Proof
from sarhad.plan.solver import quiet_solver


def write_programme(proof: Proof, master: Master, path: Path) -> None:
    """Write the linear programme of a proof as an MPS file.

    Rows ``f0, f1, ...`` are the limits and ``p0, p1, ...`` the cuts, in the order of the certificate's tables; columns
    ``e...`` chances to evade, ``y...`` payments, ``xITEM_QUARTER`` starts.
    """
    limits, n_pay = master.limits(), len(master.limits().most)
    n_eta = master.time.n * master.n_groups
    items, quarter = proof.starts.T
    number = {(i, q): k for k, (i, q) in enumerate(limits.starts.tolist())}
    column = [number[i, q] for i, q in proof.starts.tolist()]
    n_fixed, n_cut = len(limits.rows), len(proof.level)
    share = master.time.share[:, quarter + master.terms.build_quarters[items]]
    effect = csr_array(proof.profile[:, items])
    row = np.repeat(np.arange(n_cut), np.diff(effect.indptr))
    effect.data = effect.data * share[proof.epoch[row], effect.indices]
    is_cut = np.flatnonzero(proof.group >= 0)
    eta = proof.epoch[is_cut] * master.n_groups + proof.group[is_cut]
    own = csr_array((np.ones(len(is_cut)), (is_cut, eta)), shape=(n_cut, n_eta))
    rows = vstack(
        [
            hstack([csr_array((n_fixed, n_eta)), limits.pay_block, csr_array(limits.start_block[:, column])]),
            hstack([own, csr_array((n_cut, n_pay)), effect]),
        ]
    )
    _write(csr_array(rows), proof, master, path)


def _write(rows: csr_array, proof: Proof, master: Master, path: Path) -> None:
    """Hand rows and columns to the solver and let it write the file."""
    limits, n_start = master.limits(), len(proof.starts)
    n_pay, n_fixed = len(limits.most), len(limits.rows)
    weight = np.outer(master.time.weight, master.weight).ravel() / limits.scale
    zeros = np.zeros(n_pay + n_start)
    cost = np.concatenate([weight, zeros])
    low = np.concatenate([np.tile(master.low, master.time.n), zeros])
    high = np.concatenate([np.ones(len(weight)), limits.most, np.ones(n_start)])
    solver = quiet_solver()
    none = np.empty(0, dtype=np.int32)
    solver.addCols(len(cost), cost, low, high, 0, np.zeros(len(cost), dtype=np.int32), none, np.empty(0))
    bottom = np.concatenate([limits.low, proof.level])
    top = np.concatenate([limits.high, np.full(len(proof.level), highspy.kHighsInf)])
    index = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
    solver.addRows(len(bottom), bottom, top, rows.nnz, *index, rows.data)
    for k in range(len(bottom)):
        solver.passRowName(k, f"f{k}" if k < n_fixed else f"p{k - n_fixed}")
    names = [f"e{k}" for k in range(len(weight))] + [f"y{k}" for k in range(n_pay)]
    names += [f"x{item}_{quarter}" for item, quarter in proof.starts.tolist()]
    for k, name in enumerate(names):
        solver.passColName(k, name)
    if solver.writeModel(str(path)) == highspy.HighsStatus.kError:
        raise StoreError(f"{path}: cannot be written.", is_output=True)
