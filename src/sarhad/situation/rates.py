"""Threats without a place: programme-wide rates, shown apart and never summed with the others."""

from __future__ import annotations

import pandas as pd

from sarhad.programme import Programme

COLUMNS = ("threat_id", "name_en", "rate_low", "rate", "rate_high", "reason")


def programme_rates(prog: Programme) -> pd.DataFrame:
    """Return the threats that have a rate but no place on the line, sorted by id.

    Without a place is a threat that is not spatial, or partly so and kept out of the value. People seeking safety
    and ordinary life at the river are no threats and are not in it; nor is anything else that has no adversary.

    Returns
    -------
    DataFrame
        threat_id, name_en, rate_low, rate, rate_high (a year), reason that `enters_value` gives.
    """
    threat = prog["threat"].sort_values("id")
    is_apart = (threat["is_spatial"] == "no") | ((threat["is_spatial"] == "partly") & ~threat["enters_value"])
    is_counted = threat["rate"].notna() & (threat["is_adversarial"] != "no")
    found = threat[is_counted & is_apart].rename(columns={"id": "threat_id", "enters_value_reason": "reason"})
    return found[list(COLUMNS)].reset_index(drop=True)
