"""Diving: fix the starts that the linear programme is surest of, let it answer again, until it is in doubt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.plan.bounding import Bounding

SURE = 0.9  # share of an item from which it is fixed at once
DOUBT = 0.5  # share below which nothing is fixed: the money left is better spent by looking at each item
EACH = 5  # items fixed between two answers that are less than sure
MOST = 40  # items fixed between two answers
ROUNDS = 2  # answers after each fixing
NEAR = 0.005  # share of the value that the programme may underrate before the next fixing

Left = Callable[[], float]


def dive(bounding: Bounding, base: IntArray, left_s: Left) -> IntArray:
    """Return the starts that a dive fixed, and of `base`; -1 where the programme stayed in doubt, shape (I,).

    Parameters
    ----------
    bounding
        The linear programme, answered before; it comes back unrestricted, with more cuts.
    base
        Starts that every plan holds, -1 elsewhere, shape (I,).
    left_s
        Seconds left; the dive ends with what it has when there are none.

    Notes
    -----
    Prerequisites are held within an epoch only: the plan has to be taken over by what keeps them to the quarter. Their rows
    come in where an answer breaks them; when what was fixed last breaks one, it is left free again.
    """
    fixed = base.copy()
    tried = fixed >= 0
    answer = bounding.answer
    while answer is not None and left_s() > 0:
        batch = _surest(answer.start, tried)
        if len(batch) == 0:
            break
        tried[batch] = True
        _fix(bounding, fixed, batch, answer.start[batch].argmax(axis=1), left_s)
        for _ in range(ROUNDS):
            answer = bounding.dive_round(left_s())
            if answer is None or bounding.dived_short < NEAR * answer.bound:
                break
        if answer is None and left_s() > 0:
            fixed[batch] = -1
            _restrict(bounding, fixed, left_s)
            answer = bounding.dive_round(left_s())
    is_forced = np.isin(np.arange(len(base)), bounding.forced)
    bounding.master.restrict(bounding.allowed, is_forced, left_s())
    bounding.round(left_s())
    return fixed


def _surest(share: FloatArray, tried: BoolArray) -> IntArray:
    """Return the items to fix next, the surest first, at equal share those that begin most at once."""
    total = share.sum(axis=1)
    free = np.flatnonzero(~tried & (total >= DOUBT))
    order = free[np.argsort(-total[free] - 1e-3 * share[free].max(axis=1), kind="stable")]
    n_sure = int((total[order] >= SURE).sum())
    return order[: min(max(n_sure, EACH), MOST)]


def _fix(bounding: Bounding, fixed: IntArray, items: IntArray, starts: IntArray, left_s: Left) -> None:
    """Fix these items at these starts in the linear programme: all of them, or each that can be."""
    if not _try(bounding, fixed, items, starts, left_s):
        for k in range(len(items)):
            _try(bounding, fixed, items[k : k + 1], starts[k : k + 1], left_s)


def _try(bounding: Bounding, fixed: IntArray, items: IntArray, starts: IntArray, left_s: Left) -> bool:
    """Fix items if the linear programme still has an answer then; tell whether it has."""
    before = fixed[items]
    fixed[items] = starts
    if _restrict(bounding, fixed, left_s):
        return True
    fixed[items] = before
    _restrict(bounding, fixed, left_s)
    return False


def _restrict(bounding: Bounding, fixed: IntArray, left_s: Left) -> bool:
    """Restrict the linear programme to plans with these starts."""
    chosen = np.flatnonzero(fixed >= 0)
    allowed = bounding.allowed.copy()
    allowed[chosen] = False
    allowed[chosen, fixed[chosen]] = True
    forced = fixed >= 0
    forced[bounding.forced] = True
    return bounding.master.restrict(allowed, forced, left_s())
