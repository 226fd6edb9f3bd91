"""Checks: every fault of a programme at once, each with table, row, column, value and remedy."""

from __future__ import annotations

from sarhad.programme.checks.cells import cell_faults
from sarhad.programme.checks.run import faults_of

__all__ = ["cell_faults", "faults_of"]
