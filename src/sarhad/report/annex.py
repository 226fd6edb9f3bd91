"""The tables around the plan: what it rests on, what it leaves out, where it all comes from."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sarhad.report import words
from sarhad.report.content import Content
from sarhad.report.language import Language, mark
from sarhad.report.table import Column, Kind, Table, named

REASONS: Mapping[str, str] = {
    "no_range": mark("no low and no high value is stated"),
    "shares": mark("shares that add up to 1: one cannot move alone"),
    "network": mark("the network would have to be computed again"),
    "kept": mark("decides money and dates, which the fixed plan keeps"),
    "lesser": mark("belongs to a measure outside the plan, or to one of those that matter less"),
    "no_effect": mark("its low and high values are the same, or it does not act on the value"),
}


def final_year(content: Content, language: Language) -> Table:
    """Return the final state on the network and on the terrain grid; no rows where that was not computed."""
    say, year = language.say, content.headline.final_year
    columns = (
        Column("name", say("What is built"), Kind.TEXT),
        Column("network", say("On the network"), Kind.FIGURE, "attempts/year"),
        Column("fine", say("On the terrain grid"), Kind.FIGURE, "attempts/year"),
    )
    rows = (
        []
        if year is None
        else [
            (say("nothing built"), year.network_without_plan, year.fine_without_plan),
            (say("this plan"), year.network_with_plan, year.fine_with_plan),
        ]
    )
    frame = pd.DataFrame(rows, columns=["name", "network", "fine"])
    caption = say(
        "Attempts that get through in a year with the plan complete, on the network and on the terrain grid"
    )
    return Table("final_year", caption, columns, frame)


def not_varied(content: Content, language: Language) -> Table:
    """Return the assumptions that no swing moves, and why."""
    say = language.say
    columns = (
        Column("table_name", say("Assumptions about"), Kind.TEXT),
        Column("table", say("Table"), Kind.CODE, on_page=False),
        Column("rows", say("Assumed rows"), Kind.COUNT, "1"),
        Column("why", say("Why not varied"), Kind.TEXT),
    )
    frame = content.not_varied.assign(
        table_name=[words.table(language, code) for code in content.not_varied["table"]],
        why=[say(REASONS[code]) for code in content.not_varied["reason"]],
    )
    return Table("not_varied", say("Assumptions that are not varied"), columns, frame)


def calibration(content: Content, language: Language) -> Table:
    """Return the fit of the attempts to reported detections."""
    say = language.say
    threats = language.names(content.threats, "id")
    movers = language.names(content.movers, "id")
    fit = content.calibration
    frame = fit.assign(
        threat=[threats.get(threat, threat) for threat in fit["threat_id"]],
        region_name=[words.region(language, code) for code in fit["region"]],
        mover=[movers.get(mover, mover) for mover in fit["mover_id"]],
    )
    columns = (
        Column("threat_id", say("Id"), Kind.CODE, on_page=False),
        Column("threat", say("Threat"), Kind.TEXT),
        Column("region_name", say("Region"), Kind.TEXT),
        Column("region", say("Code of the region"), Kind.CODE, on_page=False),
        Column("mover", say("Mover"), Kind.TEXT),
        Column("mover_id", say("Code of the mover"), Kind.CODE, on_page=False),
        Column("reported", say("Share reported"), Kind.SHARE, "1"),
        Column("before", say("Share in the model before the fit"), Kind.SHARE, "1"),
        Column("fitted", say("Share in the model after it"), Kind.SHARE, "1"),
        Column("factor", say("Factor on attempts"), Kind.FIGURE, "1"),
        Column(
            "attempts_before", say("Attempts before the fit"), Kind.FIGURE, "attempts/year", on_page=False
        ),
        Column("attempts_after", say("Attempts after it"), Kind.FIGURE, "attempts/year", on_page=False),
        Column("residual", say("Residual"), Kind.FIGURE, "1"),
    )
    return Table(
        "calibration",
        say("Attempts fitted to the reported detections: a fit, not a validation"),
        columns,
        frame,
    )


def patrols(content: Content, language: Language) -> Table:
    """Return the chance of detection of each patrol: the catalogue's beside that of random search."""
    say = language.say
    columns = (
        Column("measure_id", say("Id"), Kind.CODE),
        Column("name", say("Measure"), Kind.TEXT),
        Column("catalogue_p", say("Stated in the catalogue"), Kind.SHARE, "1"),
        Column("computed_p", say("Computed, used by the plan"), Kind.SHARE, "1"),
    )
    caption = say(
        "Chance that a patrol detects the reference walker: stated in the catalogue, and by random search"
    )
    return Table("patrols", caption, columns, named(content.patrols, language))


def apart(content: Content, language: Language) -> Table:
    """Return the threats without a place."""
    say = language.say
    columns = (
        Column("id", say("Id"), Kind.CODE),
        Column("name", say("Threat"), Kind.TEXT),
        Column("rate_low", say("A year, low"), Kind.FIGURE, "attempts/year"),
        Column("rate", say("A year, likely"), Kind.FIGURE, "attempts/year"),
        Column("rate_high", say("A year, high"), Kind.FIGURE, "attempts/year"),
        Column("rate_with_plan", say("A year with the plan, likely"), Kind.FIGURE, "attempts/year"),
        Column("reason", say("Why apart"), Kind.DATA_TEXT),
    )
    frame = named(content.threats_apart, language)
    return Table("threats_apart", say("Threats without a place, each by itself"), columns, frame)


def never(content: Content, language: Language) -> Table:
    """Return what is never minimised."""
    say = language.say
    columns = (
        Column("id", say("Id"), Kind.CODE),
        Column("name", say("What"), Kind.TEXT),
        Column("reason", say("Why never"), Kind.DATA_TEXT),
    )
    return Table("threats_never", say("Never minimised"), columns, named(content.threats_never, language))


def not_candidates(content: Content, language: Language) -> Table:
    """Return the measures that no plan may choose."""
    say = language.say
    frame = named(content.not_candidates, language)
    frame["category_name"] = [language.category(code) for code in frame["category"]]
    columns = (
        Column("measure_id", say("Id"), Kind.CODE),
        Column("name", say("Measure"), Kind.TEXT),
        Column("category_name", say("Category"), Kind.TEXT),
        Column("reason", say("Why not"), Kind.DATA_TEXT),
    )
    return Table("not_candidates", say("Measures of the catalogue that no plan may choose"), columns, frame)


def crossings(content: Content, language: Language) -> Table:
    """Return the crossing points."""
    say = language.say
    columns = (
        Column("id", say("Id"), Kind.CODE),
        Column("name_en", say("Inside"), Kind.DATA_TEXT),
        Column("name_beyond", say("Beyond the line"), Kind.DATA_TEXT),
        Column("chainage_km", say("At km"), Kind.KM, "km"),
    )
    return Table("crossings", say("Crossing points"), columns, content.crossings)


def settings(content: Content, language: Language) -> Table:
    """Return the settings in force."""
    say = language.say
    given = content.settings
    frame = given.assign(
        meaning=[
            words.setting(language, code, text)
            for code, text in zip(given["id"], given["description"], strict=True)
        ],
        unit_said=[words.unit(language, unit) for unit in given["unit"]],
    )
    columns = (
        Column("meaning", say("Setting"), Kind.TEXT),
        Column("value", say("Value"), Kind.CODE),
        Column("unit_said", say("Unit"), Kind.TEXT),
        Column("is_assumption", say("Assumed"), Kind.TRUTH),
        Column("id", say("Name in the data"), Kind.CODE),
    )
    return Table("settings", say("Settings of this run"), columns, frame)


def sources(content: Content, language: Language) -> Table:
    """Return the sources."""
    say = language.say
    columns = (
        Column("id", say("Id"), Kind.CODE),
        Column("title", say("Title"), Kind.DATA_TEXT),
        Column("publisher", say("Publisher"), Kind.DATA_TEXT),
        Column("date", say("Date"), Kind.CODE),
        Column("url", say("Address"), Kind.LINK),
        Column("licence", say("Licence"), Kind.CODE),
    )
    return Table("sources", say("Sources cited"), columns, content.sources)
