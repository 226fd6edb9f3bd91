"""What a plan is asked for and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    from sarhad.plan.certificate import Evidence

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
Stopped = Literal["time", "interrupt"]


@dataclass(frozen=True)
class PlanSpec:
    """What a person has already decided.

    Parameters
    ----------
    lock_in
        Items that must be in the plan: item id to the label of its start quarter, None where free. A given
        quarter is a commitment: it may lie before the status date.
    lock_out
        Items that must not be in the plan.
    warm_start
        A former plan to begin with: item id to start quarter; what no longer fits is left out.
    keep
        A former plan that the people concerned know already: the search begins with it, and tries its quarters first.
    max_changes
        Items of the kept plan that may be dropped or moved, and new ones that may come in, together; None: any number.
    """

    lock_in: Mapping[str, str | None] = field(default_factory=dict)
    lock_out: frozenset[str] = frozenset()
    warm_start: Mapping[str, str] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)
    max_changes: int | None = None


@dataclass(frozen=True)
class PlanProgress:
    """Where the search stands: seconds, the best value, the bound, the gap, and what it is doing."""

    seconds: float
    value: float
    bound: float
    gap: float
    phase: str


OnProgress = Callable[[PlanProgress], bool]


@dataclass(frozen=True)
class PlanResult:
    """A plan with its certificate.

    Parameters
    ----------
    plan_items
        item_id, start_quarter, operating_quarter, cost_usd (capital and upkeep within the horizon),
        marginal_value (NaN until somebody fills it in).
    funding
        item_id, partner_id, year, kind, usd.
    value, bound, value_without_plan, value_with_everything
        Expected weighted attempts that get through, without the constant.
    constant
        What gets through whatever is built, left out of the others.
    gap, gap_of_gain
        ``(value - bound) / value`` and ``(value - bound) / (value_without_plan - bound)``.
    status
        optimal, feasible, infeasible, or unknown (no plan found, none excluded).
    seconds, seed, stopped
        Time taken; seed; "time" or "interrupt" where the search was ended from outside.
    notices
        What a person should know; for an infeasible plan the limits that conflict.
    evidence
        What a certificate is written from, where it was asked for.
    """

    plan_items: pd.DataFrame
    funding: pd.DataFrame
    value: float
    bound: float
    gap: float
    gap_of_gain: float
    status: Status
    value_without_plan: float
    value_with_everything: float
    constant: float
    seconds: float
    seed: int
    stopped: Stopped | None
    notices: tuple[str, ...]
    evidence: Evidence | None = field(default=None, repr=False, compare=False)


def gap(value: float, bound: float) -> float:
    """Return the share of the value that the bound leaves open; 0 where nothing gets through."""
    return max(0.0, value - bound) / value if value > 0 else 0.0


def gap_of_gain(value: float, bound: float, without: float) -> float:
    """Return the share of the largest possible gain that the plan may miss; 0 where none is possible."""
    possible = without - bound
    return max(0.0, value - bound) / possible if possible > 1e-12 * max(1.0, without) else 0.0
