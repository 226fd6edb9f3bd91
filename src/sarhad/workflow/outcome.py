"""What a command hands to a face: one JSON-ready object and the same in lines for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """The result of a command.

    Parameters
    ----------
    payload
        A JSON-ready object, its schema under `docs/schemas/`.
    write_lines
        Gives the lines for people from the payload.
    """

    payload: dict[str, Any]
    write_lines: Callable[[Mapping[str, Any]], Iterator[str]]

    def lines(self) -> Iterator[str]:
        """Return the lines for people."""
        return self.write_lines(self.payload)


def plain(value: object) -> Any:
    """Return the value with numpy scalars as Python numbers, and NaN and infinities as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
