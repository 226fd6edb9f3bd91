"""Codes and column names of the data in words that a reader understands, in the language of the page."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from babel import Locale
from babel.core import get_global

from sarhad.report.language import Language, mark

UNITS: Mapping[str, str] = {
    "1": mark("number"),
    "attempts": mark("attempts"),
    "attempts/year": mark("attempts a year"),
    "h": mark("hours"),
    "1/h": mark("per hour"),
    "m": mark("m"),
    "km": mark("km"),
    "km/h": mark("km an hour"),
    "year": mark("year"),
    "quarter": mark("quarters of a year"),
    "people": mark("people"),
    "USD": mark("US dollars"),
    "usd/month": mark("US dollars a month"),
}

# what is assumed of a threat (rate, consequence) or of an effect of a measure
ASSUMED: Mapping[str, str] = {
    "rate": mark("attempts a year"),
    "consequence": mark("weight of one attempt"),
    "p": mark("chance of detection"),
    "range_km": mark("range, km"),
    "reach_km": mark("reach, km"),
    "observer_height_m": mark("height of the sensor, m"),
    "target_height_m": mark("height of what is seen, m"),
    "availability": mark("share of time in working order"),
    "assessment": mark("share of alarms that are assessed"),
    "sweep_width_km": mark("width that a patrol sees, km"),
    "speed_kmh": mark("speed on patrol, km an hour"),
    "duty": mark("share of time on patrol"),
    "added_hours": mark("hours of delay"),
    "share_checked": mark("share of traffic that is checked"),
    "level": mark("level that it raises others to"),
    "b": mark("strength of prevention"),
}

SHARES = frozenset({"p", "availability", "assessment", "duty", "share_checked", "level", "coverage"})
SHARE = mark("share of 1")

COVERAGE = mark("Detection that exists today (median of sections and movers)")

SETTINGS: Mapping[str, str] = {
    "status_date": mark("Nothing starts before this day"),
    "horizon_start": mark("First day of the first quarter"),
    "horizon_quarters": mark("Quarters that are planned"),
    "tail_years": mark("Years in the final state after the horizon"),
    "price_year": mark("Base year of all money"),
    "segment_length_km": mark("Length of a segment of the line"),
    "corridor_km": mark("Terrain to each side of the line"),
    "cell_m": mark("Cell of the terrain grid"),
    "watch_depth_km": mark("Depth to each side of the line that is watched"),
    "node_spacing_km": mark("Distance between nodes of the network"),
    "crossing_spacing_km": mark("Distance along the line between places to cross"),
    "network_fields": mark("Random exposures whose ways the network keeps"),
    "abandonment_per_hour": mark("Attempts given up per hour of travel"),
    "choice_theta": mark("Sharpness of choice in the fit to reported detections"),
    "deterrence_elasticity": mark(
        "Attempts deterred: per cent fewer for one per cent fewer that get through"
    ),
    "duration_correlation": mark("Correlation of the durations of activities of one kind of work"),
    "reference_speed_kmh": mark("Speed of the reference walker"),
    "refraction": mark("Refraction in the line of sight"),
    "office_month_usd": mark("Cost of the programme office a month"),
    "elevation_error_m": mark("Error of the elevations (standard deviation)"),
    "gravity_hours": mark("Hours over which attraction falls by e"),
    "destinations_per_origin": mark("Nearest destinations that each origin uses"),
    "hinterland_km": mark("Distance beyond the corridor up to which settlements weigh"),
    "unknown_population": mark("Population of settlements where it is not known"),
    "site_spacing_factor": mark("Factor on the distance between candidate sites"),
}

TABLES: Mapping[str, str] = {
    "border": mark("border line"),
    "section": mark("sections"),
    "crossing": mark("crossing points"),
    "settlement": mark("settlements"),
    "river": mark("rivers"),
    "road": mark("roads"),
    "raster": mark("elevation grids"),
    "mover": mark("movers"),
    "threat": mark("threats"),
    "traffic": mark("division of attempts among movers"),
    "coverage": mark("detection that exists today"),
    "calibration": mark("reported detections"),
    "measure": mark("catalogue of measures"),
    "effect": mark("effects of measures"),
    "effect_parameter": mark("parameters of effects"),
    "prerequisite": mark("prerequisites"),
    "alternative": mark("measures that exclude each other"),
    "budget": mark("money by year"),
    "eligibility": mark("what a partner pays for"),
    "price_index": mark("price index"),
    "pledge": mark("money with a string attached"),
    "resource": mark("crews and contractors"),
    "resource_need": mark("crews that a measure needs"),
    "resource_quarter": mark("crews by quarter"),
    "season": mark("closed seasons"),
    "package": mark("measures that belong together"),
    "floor": mark("what a plan must reach"),
    "setting": mark("settings"),
}

KINDS: Mapping[str, str] = {
    "capital": mark("To build"),
    "upkeep": mark("Upkeep"),
    "capital_in_kind": mark("To build, in kind"),
    "upkeep_in_kind": mark("Upkeep, in kind"),
}
IN_KIND = "_in_kind"  # ends the kind of what is given as measures and not as money

# ISO 3166-2; where a region is not listed its code is shown
REGIONS: Mapping[str, str] = {
    "TJ-GB": mark("Gorno-Badakhshan"),
    "TJ-KT": mark("Khatlon"),
    "TJ-RA": mark("Districts under republican rule"),
    "TJ-SU": mark("Sughd"),
}


def unit(language: Language, code: object, what: str = "") -> str:
    """Return the unit of what is assumed in words, a dash where there is none."""
    if code == "1" and what in SHARES:
        return language.say(SHARE)
    text = str(code) if isinstance(code, str) else ""
    return language.say(UNITS.get(text, text)) if text else "–"


def table(language: Language, code: str) -> str:
    """Return the name of a table of the programme."""
    return language.say(TABLES.get(code, code.replace("_", " ")))


def setting(language: Language, code: str, meaning: str = "") -> str:
    """Return what a setting means; a setting without a word of its own keeps what its declaration says."""
    return language.say(SETTINGS[code]) if code in SETTINGS else meaning or code.replace("_", " ")


def region(language: Language, code: object) -> str:
    """Return the name of a region, its code where none is known."""
    return language.say(REGIONS.get(str(code), str(code)))


def country(language: Language, alpha3: str) -> str:
    """Return the name of a country by its ISO 3166-1 alpha-3 code, blank where it is not known."""
    found = get_global("territory_aliases").get(alpha3, ())
    return str(Locale(language.code).territories.get(found[0], "")) if len(found) == 1 else ""


def assumption(language: Language, row: Mapping[Hashable, Any]) -> str:
    """Return what is assumed of what: the threat or measure by its name in the language, or the setting."""
    what, subject = str(row["what"]), row["subject_id"]
    if what == "coverage":
        return language.say(COVERAGE)
    if not isinstance(subject, str):
        return setting(language, what, str(row["name"]))
    said = language.say(ASSUMED.get(what, what.replace("_", " ")))
    return language.say("{id} {name}: {what}", id=subject, name=language.name(row), what=said)


def assumptions(language: Language, swings: pd.DataFrame) -> list[str]:
    """Return the name of each assumption of a frame of swings."""
    return [assumption(language, row) for row in swings.to_dict("records")]
