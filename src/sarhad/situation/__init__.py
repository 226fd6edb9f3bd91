"""Situation: the coverage that exists, and who attempts to cross, how often, from where to where."""

from sarhad.situation.attempts import fitted_scenarios, scenarios
from sarhad.situation.calibration import Calibration, calibrate
from sarhad.situation.coverage import existing, existing_rate, quickest_hours
from sarhad.situation.rates import programme_rates

__all__ = [
    "Calibration",
    "calibrate",
    "existing",
    "existing_rate",
    "fitted_scenarios",
    "programme_rates",
    "quickest_hours",
    "scenarios",
]
