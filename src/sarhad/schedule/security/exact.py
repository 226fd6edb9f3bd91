"""The value of dates of operation, exact: what operates in each period, and the movers' best paths through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from sarhad.detection import Instance, nested_values, removal_values
from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.schedule.security.clock import Clock

OnDraw = Callable[[int, int], bool]


def states_of(instance: Instance, number: IntArray, ready: FloatArray, clock: Clock) -> BoolArray:
    """Return what operates in each period: items that are ready by its middle, shape (T, I).

    Parameters
    ----------
    instance
        The game.
    number
        Index in the game of each of the J items, shape (J,).
    ready
        Day from which each operates, shape (J,).
    """
    states = np.zeros((len(clock.years), instance.exposure.n_items), dtype=np.bool_)
    states[:, number] = ready[None, :] <= clock.middle[:, None]
    return states


def value_of_dates(instance: Instance, number: IntArray, ready: FloatArray, clock: Clock) -> float:
    """Return the expected weighted attempts that get through when items operate from these days on.

    Equal to the value of `detection.evaluate` for the same states and years, informed movers.
    """
    states = states_of(instance, number, ready, clock)
    is_new = np.append(True, (states[1:] != states[:-1]).any(axis=1))
    a_year = nested_values(instance, states[is_new])[np.cumsum(is_new) - 1]
    return float((a_year * clock.years).sum())


def values_of_draws(
    instance: Instance,
    number: IntArray,
    ready: FloatArray,
    clock: Clock,
    *,
    on_draw: OnDraw | None = None,
) -> FloatArray:
    """Return the value of each draw of the days, shape (n,); fewer when `on_draw` says stop.

    Parameters
    ----------
    ready
        Day from which each item operates in each draw, shape (J, n).
    on_draw
        Called with draws done and asked for.
    """
    found: list[float] = []
    for k in range(ready.shape[1]):
        if on_draw is not None and not on_draw(k, ready.shape[1]):
            break
        found.append(value_of_dates(instance, number, ready[:, k], clock))
    return np.array(found, dtype=np.float64)


def delay_costs(
    instance: Instance,
    operating: BoolArray,
    falls: Mapping[int, Sequence[int]],
    months: Sequence[int],
) -> pd.DataFrame:
    """Return what each item costs when it alone comes late: item (index), months_late, expected_undetected.

    Parameters
    ----------
    instance
        The game.
    operating
        What operates in each quarter, shape (T, I); the last one goes on after the horizon.
    falls
        The items to be late, each with what cannot operate without it, itself included.
    months
        How late, each.

    Notes
    -----
    An item that is m months late is missing in the first m months in which the plan has it operate: in whole quarters,
    and a part of the last one. Each is the exact difference of two evaluations, all other items on time.
    """
    last = len(operating) - 1
    quarters = -(-max(months) // 3)
    first = {item: int(np.argmax(operating[:, item])) for item in falls if operating[:, item].any()}
    lost: dict[tuple[int, int], float] = {}
    for at in range(last + 1):
        due = [i for i, q in first.items() if q <= at < q + quarters or (at == last and q + quarters > last)]
        if due:
            sets = [np.array(sorted(falls[i]), dtype=np.int64) for i in due]
            a_year = removal_values(instance, operating[at : at + 1], np.ones(1), sets)
            lost |= {(i, at): float(v) for i, v in zip(due, a_year, strict=True)}
    rows = [
        {"item": item, "months_late": m, "expected_undetected": _missing(lost, item, q, last, m)}
        for item, q in first.items()
        for m in months
    ]
    return pd.DataFrame(rows, columns=["item", "months_late", "expected_undetected"])


def _missing(lost: Mapping[tuple[int, int], float], item: int, first: int, last: int, months: int) -> float:
    """Return the sum over the months in which an item is missing."""
    whole, rest = divmod(months, 3)
    total = sum(lost[item, min(first + k, last)] * 0.25 for k in range(whole))
    return total + (lost[item, min(first + whole, last)] * rest / 12.0 if rest else 0.0)
