"""What the report shows of a schedule and its risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from sarhad.report.frames import require_columns

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "measures": ("measure_id", "name_en", "planned_start", "planned_end", "start", "end", "p50", "p80"),
    "chain": ("activity_id", "name_en", "item_id", "start", "end"),
    "curve": ("day", "planned_usd", "scheduled_usd", "p10_usd", "p50_usd", "p90_usd"),
    "drivers": ("id", "name_en", "finish_days", "expected_undetected"),
    "windows": ("item_id", "name_en", "quarter", "p_miss"),
}


@dataclass(frozen=True, eq=False)
class Timetable:
    """A schedule, many draws of it, and what being late costs.

    Parameters
    ----------
    begin, finish
        First day, and the day on which the scheduled programme is complete.
    finish_p50, finish_p80
        The same in half, and in eight of ten draws.
    cost_p50_usd, cost_p80_usd
        Capital.
    draws, exact_draws
        How many, and in how many of them the lost security was evaluated exactly.
    items, items_late, activities
        Counts; late are items that the schedule brings after the plan's date.
    loss_mean, loss_error, loss_p80, loss_worst
        Expected undetected attempts more than with all items on time: mean, half of its 95 % interval, P80, mean of the
        worst fifth of the draws.
    value
        Expected undetected attempts with all items on time.
    measures
        By measure: days of the plan, of the schedule (`start`, `end`), and its last item's P50 and P80.
    chain
        Activities that follow each other up to the scheduled end, in order.
    closed
        First and last day of seasons in which the most work rests, in order.
    curve
        Capital spent until each day: by the plan, by the schedule, and P10, P50, P90 of the draws.
    drivers
        What is gained in the mean without each driver: days of the finish, attempts.
    windows
        Chance that an item misses the season in which its work is to end, by the quarter of that end.
    quarters
        The quarters of the plan, as ``2025Q1``: they are shown even where no work ends in them.
    """

    begin: date
    finish: date
    finish_p50: date
    finish_p80: date
    cost_p50_usd: float
    cost_p80_usd: float
    draws: int
    exact_draws: int
    items: int
    items_late: int
    activities: int
    loss_mean: float
    loss_error: float
    loss_p80: float
    loss_worst: float
    value: float
    measures: pd.DataFrame
    chain: pd.DataFrame
    closed: tuple[tuple[date, date], ...]
    curve: pd.DataFrame
    drivers: pd.DataFrame
    windows: pd.DataFrame
    quarters: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse frames without the columns that the report shows."""
        require_columns(self, COLUMNS)
