"""The engines that prove small programmes: which there are, and whether they are installed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from sarhad.errors import SpecError

EngineName = Literal["highs", "scip"]
OPTIMAL = 1e-6  # relative gap at which a plan counts as optimal unless another is asked for


@dataclass(frozen=True)
class Method:
    """How a plan is searched for.

    Parameters
    ----------
    engine
        What proves small programmes: HiGHS, again and again with more cuts, or one tree of SCIP. Large
        programmes are bounded by the linear programme with either.
    target_gap
        Relative gap at which the search stops and the plan counts as optimal.
    memory_limit_gb
        Memory that the process may take; without it four fifths of the machine's.
    """

    engine: EngineName = "highs"
    target_gap: float = OPTIMAL
    memory_limit_gb: float | None = None

    def require(self) -> None:
        """Refuse what cannot be done.

        Raises
        ------
        SpecError
            If the engine is unknown or not installed, or the gap is none.
        """
        require(self.engine)
        if not 0.0 <= self.target_gap < 1.0:
            raise SpecError(
                f"target gap {self.target_gap:g}: a gap is a share of the value, 0 or more and below 1. "
                "Give 0.05 for five percent."
            )


def require(engine: str) -> EngineName:
    """Return the engine of this name; refuse one that does not exist or is not installed.

    Raises
    ------
    SpecError
        With what to do about it.
    """
    named: dict[str, EngineName] = {"highs": "highs", "scip": "scip"}
    if engine not in named:
        raise SpecError(f"engine {engine!r}: there are highs and scip. Name one of them.")
    if engine == "scip" and find_spec("pyscipopt") is None:
        raise SpecError(
            "engine scip: pyscipopt is not installed. Install it with pip install 'sarhad[scip]', "
            "or use the engine highs."
        )
    return named[engine]
