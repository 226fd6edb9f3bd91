"""How a mover chooses its path: what it knows of the items and how it weighs the ways."""

from __future__ import annotations

from dataclasses import dataclass, field

from sarhad.detection.instance import BoolArray
from sarhad.errors import SpecError


@dataclass(frozen=True)
class Informed:
    """Knows every operating item and takes the path with the least exposure and effort."""


@dataclass(frozen=True, eq=False)
class PartlyInformed:
    """Takes the best path by the items it knows; what happens to it there is decided by all of them.

    Parameters
    ----------
    known
        Which items it knows of, shape (I,). A column is believed on when its item is known and operates,
        and each of its support sets holds a known, operating item.
    """

    known: BoolArray


@dataclass(frozen=True)
class Logit:
    """Recursive logit: at each node it takes an edge with probability by exp(-theta x weight of what follows).

    Parameters
    ----------
    theta
        Precision per unit of exposure; large is close to `Informed`. Below a least value, which the network
        sets, the sum over all walks does not converge, and evaluation raises SpecError naming that value.
    """

    theta: float

    def __post_init__(self) -> None:
        _refuse_theta(self.theta)


@dataclass(frozen=True)
class CrossingLogit:
    """Chooses the crossing edge by logit over the best path through each; any theta > 0 will do.

    Parameters
    ----------
    theta
        Precision per unit of exposure; large is close to `Informed`.
    """

    theta: float

    def __post_init__(self) -> None:
        _refuse_theta(self.theta)


@dataclass(frozen=True)
class NonAdaptive:
    """Keeps the paths, in the shares, that another mover has without the programme.

    Parameters
    ----------
    without
        How the paths without the programme are chosen.
    """

    without: Informed | CrossingLogit = field(default_factory=Informed)


Mover = Informed | PartlyInformed | Logit | CrossingLogit | NonAdaptive


def _refuse_theta(theta: float) -> None:
    if not 0.0 < theta < float("inf"):
        raise SpecError(f"theta must be a positive finite number, found {theta}.")
