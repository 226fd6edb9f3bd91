"""HiGHS without its banner."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

import highspy


def quiet_solver() -> highspy.Highs:
    """Return a solver that prints nothing.

    Notes
    -----
    Since 1.16 HiGHS writes a banner to standard output as it is made, before any option can be set; there it
    would spoil the one JSON object of a command.
    """
    with _standard_output_closed():
        solver: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    return solver


@contextmanager
def _standard_output_closed() -> Iterator[None]:
    flush = ctypes.CDLL(None).fflush
    flush(None)
    kept, sink = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 1)
        yield
        flush(None)
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(sink)
