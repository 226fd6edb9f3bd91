"""What late items cost in security: exact for given dates, with a surrogate for many draws."""

from sarhad.schedule.security.clock import Clock, clock_of
from sarhad.schedule.security.exact import delay_costs, states_of, value_of_dates, values_of_draws
from sarhad.schedule.security.loss import Loss, loss_of
from sarhad.schedule.security.pool import Pool, pool_of, pool_values

__all__ = [
    "Clock",
    "Loss",
    "Pool",
    "clock_of",
    "delay_costs",
    "loss_of",
    "pool_of",
    "pool_values",
    "states_of",
    "value_of_dates",
    "values_of_draws",
]
