"""The engines that prove small programmes: which there are, and whether they are installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from sarhad.errors import SpecError

EngineName = Literal["highs", "scip"]


def require(engine: EngineName) -> None:
    """Refuse an engine that does not exist or is not installed.

    Raises
    ------
    SpecError
        With what to do about it.
    """
    if engine not in ("highs", "scip"):
        raise SpecError(f"engine {engine!r}: there are highs and scip. Name one of them.")
    if engine == "scip" and find_spec("pyscipopt") is None:
        raise SpecError(
            "engine scip: pyscipopt is not installed. Install it with pip install 'sarhad[scip]', "
            "or use the engine highs."
        )
