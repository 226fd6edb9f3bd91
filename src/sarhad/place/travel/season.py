"""What a month changes: what is closed, how wide and fast rivers run, down to where snow lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sarhad.errors import SpecError
from sarhad.place.travel.numbers import Numbers

MONTHS = range(1, 13)


@dataclass(frozen=True)
class Season:
    """A month, or the mean of the year.

    Parameters
    ----------
    month
        1 to 12; None: nothing is closed, no snow, rivers as their file has them.
    width_factor, current_factor
        Of rivers, against their mean.
    snow_line_m
        Snow lies above it; infinite where there is none.
    """

    month: int | None
    width_factor: float = 1.0
    current_factor: float = 1.0
    snow_line_m: float = np.inf

    def is_closed(self, months: frozenset[int]) -> bool:
        """Return whether what is closed in some months is so now."""
        return self.month in months


def season_of(month: int | None, numbers: Numbers, *, has_rivers: bool, snow_line_m: float | None) -> Season:
    """Return the season of a month.

    Notes
    -----
    Width and speed of a river follow its discharge as ``w ~ Q^0.26``, ``v ~ Q^0.34`` at one station.

    Raises
    ------
    SpecError
        If the month is none.

    References
    ----------
    Leopold and Maddock (1953), US Geological Survey Professional Paper 252.
    """
    if month is not None and month not in MONTHS:
        raise SpecError(f"--month: {month} is not 1 to 12.")
    line = np.inf if snow_line_m is None else snow_line_m
    if month is None:
        return Season(None, snow_line_m=line)
    if snow_line_m is None:
        line = numbers.take("month", str(month), "snow_line_m")
    if not has_rivers:
        return Season(month, snow_line_m=line)
    ratio = numbers.take("month", str(month), "discharge_ratio")
    wide, fast = (
        float(ratio ** numbers.take("river", "any", f"{name}_exponent")) for name in ("width", "current")
    )
    return Season(month, wide, fast, line)


def months_of(text: str) -> frozenset[int]:
    """Return the months of a text such as 11-3,5; empty for none.

    Raises
    ------
    ValueError
        If it is no list of months.
    """
    found: set[int] = set()
    for part in filter(None, (part.strip() for part in text.replace(";", ",").split(","))):
        first, _, last = part.partition("-")
        start, end = int(first), int(last or first)
        if start not in MONTHS or end not in MONTHS:
            raise ValueError(part)
        found.update((start + k - 1) % 12 + 1 for k in range((end - start) % 12 + 1))
    return frozenset(found)
