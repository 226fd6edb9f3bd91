"""Rows and columns in HiGHS, with the sides that they were given."""

from __future__ import annotations

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan.solver import quiet_solver

FREE = -highspy.kHighsInf  # bottom of a row that has none
LINEAR = (("presolve", "off"), ("solver", "simplex"))
WHOLE = (
    ("presolve", "on"), ("solver", "choose"),
    ("mip_rel_gap", 1e-9), ("mip_abs_gap", 1e-9), ("mip_feasibility_tolerance", 1e-9),
)  # fmt: skip


class Sheet:
    """A linear programme that grows: ``bottom <= rows @ columns <= top``, ``low <= columns <= high``.

    Its answers go on from the last basis.
    """

    def __init__(self) -> None:
        self.low, self.high = np.empty(0), np.empty(0)
        self.bottom, self.top = np.empty(0), np.empty(0)
        self.solver = quiet_solver()
        self.solver.setOptionValue("threads", 1)
        self._set(LINEAR)

    @property
    def n_columns(self) -> int:
        """Return the number of columns."""
        return int(self.solver.getNumCol())

    @property
    def status(self) -> highspy.HighsModelStatus:
        """Return how the last run ended."""
        return self.solver.getModelStatus()

    def add_columns(
        self, cost: FloatArray, low: FloatArray, high: FloatArray, block: csc_array | None = None
    ) -> int:
        """Add columns, with their coefficients in the rows that exist, and return the index of the first."""
        first, n = self.n_columns, len(cost)
        block = csc_array((len(self.bottom), n)) if block is None else block
        index = block.indptr[:-1].astype(np.int32), block.indices.astype(np.int32)
        self.solver.addCols(n, cost, low, high, block.nnz, *index, block.data)
        self.low, self.high = np.concatenate([self.low, low]), np.concatenate([self.high, high])
        return first

    def add_rows(self, rows: csr_array, bottom: FloatArray, top: FloatArray) -> None:
        """Add rows over columns that exist."""
        index = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
        self.solver.addRows(rows.shape[0], bottom, top, rows.nnz, *index, rows.data)
        self.bottom, self.top = np.concatenate([self.bottom, bottom]), np.concatenate([self.top, top])

    def drop_rows(self, at: IntArray) -> None:
        """Take rows out."""
        self.solver.deleteRows(len(at), at.astype(np.int32))
        self.bottom, self.top = np.delete(self.bottom, at), np.delete(self.top, at)

    def limit(self, columns: IntArray, high: FloatArray, rows: IntArray, bottom: FloatArray) -> None:
        """Give columns another upper and rows another lower side."""
        self.high[columns], self.bottom[rows] = high, bottom
        bounds = self.low[columns], self.high[columns]
        self.solver.changeColsBounds(len(columns), columns.astype(np.int32), *bounds)
        for row in rows:
            self.solver.changeRowBounds(int(row), self.bottom[row], self.top[row])

    def run(self, time_limit_s: float) -> highspy.HighsModelStatus:
        """Let the solver go on and return how it ended."""
        self.solver.setOptionValue("time_limit", self.solver.getRunTime() + max(time_limit_s, 0.01))
        self.solver.run()
        return self.status

    def run_whole(self, columns: IntArray, time_limit_s: float) -> FloatArray | None:
        """Return the best values of all columns with these whole, None where none was found; linear again afterwards."""
        at = columns.astype(np.int32)
        self._set(WHOLE)
        self.solver.changeColsIntegrality(len(at), at, np.full(len(at), highspy.HighsVarType.kInteger))
        # whole programmes count their time from their start
        self.solver.setOptionValue("time_limit", max(time_limit_s, 0.01))
        self.solver.run()
        is_found = (
            self.solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        )
        values = np.array(self.solver.getSolution().col_value) if is_found else None
        self.solver.changeColsIntegrality(len(at), at, np.full(len(at), highspy.HighsVarType.kContinuous))
        self._set(LINEAR)
        return values

    def _set(self, options: tuple[tuple[str, str | float], ...]) -> None:
        for option, setting in options:
            self.solver.setOptionValue(option, setting)
