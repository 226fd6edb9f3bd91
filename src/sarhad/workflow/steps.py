"""Progress that any face can show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A moment of a long computation.

    Parameters
    ----------
    stage
        What is being done.
    done
        Share done [0..1].
    text
        A figure or two, such as value and gap.
    keeps_answer
        True while the computation, told to stop, goes on until it has kept its answer; else an interrupt
        may break it off at once, and the caller keeps what there is.
    """

    stage: str
    done: float
    text: str = ""
    keeps_answer: bool = False


OnStep = Callable[[Step], bool]


def silent(step: Step) -> bool:
    """Show nothing and go on."""
    del step
    return True
