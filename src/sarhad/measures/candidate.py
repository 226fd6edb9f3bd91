"""Items: a measure at a site, with its cost and build time, where the ground allows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sarhad.measures.siting import LETTERS, spacing_label
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.catalogue import BY_SPACING, missing_prices, useful_measures

COLUMNS = (
    "id",
    "measure_id",
    "site_id",
    "section_id",
    "category",
    "units",
    "cost_factor",
    "capital_low_usd",
    "capital_usd",
    "capital_high_usd",
    "annual_usd",
    "build_quarters_low",
    "build_quarters",
    "build_quarters_high",
)


def items(prog: Programme, sites: pd.DataFrame) -> pd.DataFrame:
    """Return what a plan may choose (table item), sorted by id.

    A measure that has no effect and that no other needs is left out: it could only cost. What suits a site follows
    from the site's own relief, altitude and river. Money is in dollars of the base year; the site factor applies to
    capital, not to upkeep.

    Raises
    ------
    DataError
        If the price index lacks the base year or one that a measure's prices are in.
    """
    measure = prog["measure"]
    wanted = measure[measure["is_candidate"] & measure["id"].isin(useful_measures(prog))].sort_values("id")
    deflator = _deflators(prog, wanted)
    factor = float(prog.setting("site_spacing_factor"))
    family = pd.Series(_families(sites), index=sites.index, dtype=object)
    rows = []
    for row in wanted.to_dict("records"):
        rows += [
            _item(row, site, deflator[int(row["price_year"])])
            for site in sites[family == _family(row, factor)].to_dict("records")
            if suits(row, site)
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("id", ignore_index=True)


def suits(measure: Mapping[Any, Any], site: Mapping[Any, Any]) -> bool:
    """Return whether a measure can stand at a site by the site's own relief, altitude and river."""
    if site["rule"] == "programme":
        return True
    too_steep = _number(measure["max_relief_m"], math.inf) < site["relief_m"]
    too_high = _number(measure["max_altitude_m"], math.inf) < site["elevation_m"]
    is_dry = not pd.isna(measure["needs_river"]) and bool(measure["needs_river"]) and not site["has_river"]
    return not (too_steep or too_high or is_dry)


def cost_factor(measure: Mapping[Any, Any], site: Mapping[Any, Any]) -> float:
    """Return by how much the site makes capital dearer: 1 plus terms in relief, altitude above 2 km and river."""
    if site["rule"] == "programme":
        return 1.0
    return float(
        1.0
        + _number(measure["relief_cost_per_km"], 0.0) * site["relief_m"] / 1000
        + _number(measure["altitude_cost_per_km"], 0.0) * max(0.0, site["elevation_m"] / 1000 - 2.0)
        + _number(measure["river_cost"], 0.0) * bool(site["has_river"])
    )


def _item(measure: Mapping[Any, Any], site: Mapping[Any, Any], deflator: float) -> dict[str, Any]:
    units = _number(measure["units_per_site"], 1.0)
    if measure["spatial_mode"] == "linear":
        units *= site["chainage_to_km"] - site["chainage_from_km"]
    factor = cost_factor(measure, site)
    capital = units * factor * deflator
    return {
        "id": f"{measure['id']}-{site['id']}",
        "measure_id": measure["id"],
        "site_id": site["id"],
        "section_id": site["section_id"],
        "category": measure["category"],
        "units": units,
        "cost_factor": factor,
        "capital_low_usd": measure["capital_low_usd"] * capital,
        "capital_usd": measure["capital_likely_usd"] * capital,
        "capital_high_usd": measure["capital_high_usd"] * capital,
        "annual_usd": measure["annual_cost_usd"] * units * deflator,
        "build_quarters_low": math.ceil(measure["duration_low_months"] / 3),
        "build_quarters": math.ceil(measure["duration_likely_months"] / 3),
        "build_quarters_high": math.ceil(measure["duration_high_months"] / 3),
    }


def _deflators(prog: Programme, wanted: pd.DataFrame) -> dict[int, float]:
    require_none(missing_prices(prog))
    index = {int(year): float(value) for year, value in prog["price_index"][["year", "index"]].to_numpy()}
    base = int(prog.setting("price_year"))
    return {int(year): index[base] / index[int(year)] for year in wanted["price_year"]}


def _family(measure: Mapping[Any, Any], factor: float) -> str:
    rule = str(measure["site_rule"])
    if rule in BY_SPACING:
        return LETTERS[rule] + spacing_label(float(measure["site_spacing_km"]) * factor)
    return LETTERS.get(rule, "")


def _families(sites: pd.DataFrame) -> list[str]:
    return [str(name).split("-", maxsplit=1)[0] for name in sites["id"]]


def _number(value: Any, default: float) -> float:
    return default if pd.isna(value) or not np.isfinite(value) else float(value)
