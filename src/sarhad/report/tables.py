"""Every table of the report: those of the plan here, those around it from `annex`."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sarhad.report import annex, summaries, words
from sarhad.report.content import Content
from sarhad.report.language import Language
from sarhad.report.table import Column, Kind, Table, named

LEAST_FLOW = 0.005  # attempts a year; less is written as nothing


def tables(content: Content, language: Language) -> Mapping[str, Table]:
    """Return all tables by id, in the order of the workbook."""
    made = (
        _items(content, language),
        _funding(content, language),
        _money(content, language),
        _mix(content, language),
        _sections(content, language),
        _detection(content, language),
        _threats(content, language),
        _given_up(content, language),
        _flow(content, language),
        _flow_by_section(content, language),
        _by_quarter(content, language),
        _swings(content, language),
        _comparison(content, language),
        *(() if content.rounds is None else (_rounds(content.rounds, language),)),
        annex.final_year(content, language),
        annex.not_varied(content, language),
        annex.calibration(content, language),
        annex.patrols(content, language),
        annex.apart(content, language),
        annex.never(content, language),
        annex.not_candidates(content, language),
        annex.crossings(content, language),
        annex.settings(content, language),
        annex.sources(content, language),
    )
    return {table.id: table for table in made}


def _rounds(rounds: pd.DataFrame, language: Language) -> Table:
    say = language.say
    columns = (
        Column("round", say("Round"), Kind.COUNT),
        Column("value", say("Get through as planned"), Kind.COUNT, "attempts"),
        Column("value_scheduled", say("Get through as scheduled"), Kind.COUNT, "attempts"),
        Column("items", say("Measures in the plan"), Kind.COUNT),
        Column("items_late", say("Late"), Kind.COUNT),
        Column("items_late_beyond", say("Late by more than a quarter"), Kind.COUNT),
        Column("months_late", say("Months late in the mean"), Kind.FIGURE, "month"),
        Column("is_kept", say("Kept"), Kind.TRUTH),
    )
    return Table("rounds", say("Rounds of plan and schedule"), columns, rounds.sort_values("round"))


def _items(content: Content, language: Language) -> Table:
    say = language.say
    names = language.names(content.partners, "id")
    paid: dict[str, list[str]] = {}
    for row in summaries.payers(content).to_dict("records"):
        partner, millions = names.get(row["partner_id"], row["partner_id"]), language.millions(row["usd"], 3)
        paid.setdefault(row["item_id"], []).append(say("{name} {number}", name=partner, number=millions))
    frame = named(summaries.items_in_order(content), language)
    frame["section"] = frame["section_id"].astype(object).where(frame["section_id"].notna(), "–")
    frame["partners"] = [say(", ").join(paid.get(item, [])) for item in frame["item_id"]]
    frame["category_name"] = [language.category(code) for code in frame["category"]]
    columns = (
        Column("item_id", say("Item"), Kind.CODE),
        Column("name", say("Measure"), Kind.TEXT),
        Column("category_name", say("Category"), Kind.TEXT, on_page=False),
        Column("section", say("Section"), Kind.CODE),
        Column("chainage_from_km", say("From km"), Kind.KM, "km"),
        Column("chainage_to_km", say("To km"), Kind.KM, "km"),
        Column("units", say("Units"), Kind.FIGURE, "1", on_page=False),
        Column("start_quarter", say("Start"), Kind.QUARTER),
        Column("operating_quarter", say("In operation"), Kind.QUARTER),
        Column("cost_usd", say("Cost"), Kind.USD, "USD"),
        Column("partners", say("Paid by (M USD)"), Kind.TEXT),
        Column(
            "marginal_value", say("More get through without it and what needs it"), Kind.FIGURE, "attempts"
        ),
    )
    return Table("items", say("Measures in the plan, by what each one adds to the rest"), columns, frame)


def _funding(content: Content, language: Language) -> Table:
    say = language.say
    columns = (
        Column("item_id", say("Item"), Kind.CODE),
        Column("partner_id", say("Partner"), Kind.CODE),
        Column("year", say("Year"), Kind.YEAR),
        Column("kind_name", say("Kind"), Kind.TEXT),
        Column("usd", say("Amount"), Kind.USD, "USD"),
    )
    frame = content.funding.sort_values(["item_id", "partner_id", "year", "kind"])
    frame = frame.assign(kind_name=[say(words.KINDS.get(kind, kind)) for kind in frame["kind"]])
    return Table("funding", say("Who pays for what"), columns, frame)


def _money(content: Content, language: Language) -> Table:
    say = language.say
    names = language.names(content.partners, "id")
    frame = summaries.money_by_year(content)
    frame["partner"] = [names.get(p, p) for p in frame["partner_id"]]
    columns = (
        Column("partner_id", say("Id"), Kind.CODE),
        Column("partner", say("Partner"), Kind.TEXT),
        Column("year", say("Year"), Kind.YEAR),
        Column("amount_usd", say("Offered for the year"), Kind.USD, "USD"),
        Column("carried_usd", say("Carried over from the year before"), Kind.USD, "USD"),
        Column("capital_usd", say("To build"), Kind.USD, "USD"),
        Column("upkeep_usd", say("Upkeep"), Kind.USD, "USD"),
        Column("asked_usd", say("Asked in all"), Kind.USD, "USD"),
        Column("left_usd", say("Left at the end of the year"), Kind.USD, "USD"),
    )
    return Table("money", say("Money by partner and year (M USD)"), columns, frame)


def _mix(content: Content, language: Language) -> Table:
    say = language.say
    frame = summaries.by_category(content)
    frame["name"] = [language.category(code) for code in frame["category"]]
    columns = (
        Column("name", say("Category"), Kind.TEXT),
        Column("items", say("Items"), Kind.COUNT, "1"),
        Column("cost_usd", say("Cost"), Kind.USD, "USD"),
        Column("upkeep_usd", say("of which upkeep"), Kind.USD, "USD"),
    )
    return Table("mix", say("The mix of measures (M USD within the horizon)"), columns, frame)


def _sections(content: Content, language: Language) -> Table:
    say = language.say
    frame = named(content.sections, language).drop(columns="geometry")
    frame["difference_km"] = frame["length_km"] - frame["judged_length_km"]
    columns = (
        Column("id", say("Section"), Kind.CODE),
        Column("name", say("Name"), Kind.TEXT),
        Column("chainage_from_km", say("From km"), Kind.KM, "km"),
        Column("chainage_to_km", say("To km"), Kind.KM, "km"),
        Column("length_km", say("Length measured, km"), Kind.KM, "km"),
        Column("judged_length_km", say("Length judged by the reference data, km"), Kind.KM, "km"),
        Column("difference_km", say("Difference, km"), Kind.KM, "km"),
        Column("detection_before", say("Detection before"), Kind.SHARE, "1"),
        Column("detection_after", say("Detection with the plan"), Kind.SHARE, "1"),
    )
    return Table("sections", say("Sections of the line, from west to east"), columns, frame)


def _detection(content: Content, language: Language) -> Table:
    say = language.say
    threats, sections = language.names(content.threats, "id"), language.names(content.sections, "id")
    frame = content.detection.assign(
        section=[sections.get(s, s) for s in content.detection["section_id"]],
        threat=[threats.get(t, t) for t in content.detection["threat_id"]],
    )
    columns = (
        Column("section_id", say("Section"), Kind.CODE),
        Column("section", say("Name"), Kind.TEXT),
        Column("threat_id", say("Id"), Kind.CODE),
        Column("threat", say("Threat"), Kind.TEXT),
        Column("before", say("Before"), Kind.SHARE, "1"),
        Column("after", say("With the plan"), Kind.SHARE, "1"),
    )
    return Table("detection", say("Chance to detect a crossing, by section and threat"), columns, frame)


def _threats(content: Content, language: Language) -> Table:
    say = language.say
    columns = (
        Column("id", say("Id"), Kind.CODE),
        Column("name", say("Threat"), Kind.TEXT),
        Column("consequence", say("Weight of one attempt"), Kind.FIGURE, "1"),
        Column("attempts", say("Attempts"), Kind.FIGURE, "attempts"),
        Column("through_before", say("Get through before"), Kind.FIGURE, "attempts"),
        Column("through_after", say("Get through with the plan"), Kind.FIGURE, "attempts"),
        Column("detected_before", say("Detected before"), Kind.SHARE, "1"),
        Column("detected_after", say("Detected with the plan"), Kind.SHARE, "1"),
    )
    return Table(
        "threats",
        say("Threats in the value: a year with the plan complete, unweighted counts"),
        columns,
        named(content.threats, language),
    )


def _given_up(content: Content, language: Language) -> Table:
    """Return where the attempts of a year end: detected, given up, got through; with the plan, then without it."""
    say = language.say
    threats = named(summaries.threats_of_a_year(content), language)
    frames = [
        threats[["id", "name"]].assign(
            state=label,
            attempts=threats[attempts],
            detected=threats[attempts] * threats[f"detected_{when}"],
            given_up=threats[f"given_up_{when}"],
            through=threats[f"through_{when}"],
        )
        for when, attempts, label in (
            ("before", "attempts", say("before")),
            ("after", "attempts_after", say("with the plan")),
        )
    ]
    frame = pd.concat(frames).sort_values("id", kind="stable", ignore_index=True)
    columns = (
        Column("id", say("Id"), Kind.CODE),
        Column("name", say("Threat"), Kind.TEXT),
        Column("state", say("When"), Kind.TEXT),
        Column("attempts", say("Attempts"), Kind.FIGURE, "attempts/year"),
        Column("detected", say("Detected"), Kind.FIGURE, "attempts/year"),
        Column("given_up", say("Given up on the way"), Kind.FIGURE, "attempts/year"),
        Column("through", say("Get through"), Kind.FIGURE, "attempts/year"),
    )
    caption = say("Where the attempts of a year end, with the plan complete and before: unweighted counts")
    return Table("outcomes", caption, columns, frame)


def _flow(content: Content, language: Language) -> Table:
    say = language.say
    columns = (
        Column("threat_id", say("Threat"), Kind.CODE),
        Column("chainage_from_km", say("From km"), Kind.KM, "km"),
        Column("chainage_to_km", say("To km"), Kind.KM, "km"),
        Column("before", say("Before"), Kind.FIGURE, "attempts/year"),
        Column("after", say("With the plan"), Kind.FIGURE, "attempts/year"),
    )
    return Table("flow", say("Where attempts cross, by stretch of the line"), columns, content.flow)


def _flow_by_section(content: Content, language: Language) -> Table:
    say = language.say
    threats, sections = language.names(content.threats, "id"), language.names(content.sections, "id")
    frame = summaries.flow_by_section(content)
    frame["section"] = [sections.get(s, s) for s in frame["section_id"]]
    frame["threat"] = [threats.get(t, t) for t in frame["threat_id"]]
    frame["change"] = frame["after"] - frame["before"]
    frame["is_quiet"] = frame[["before", "after"]].max(axis=1) < LEAST_FLOW
    columns = (
        Column("section_id", say("Section"), Kind.CODE),
        Column("section", say("Name"), Kind.TEXT),
        Column("threat", say("Threat"), Kind.TEXT),
        Column("before", say("Before"), Kind.FIGURE, "attempts/year"),
        Column("after", say("With the plan"), Kind.FIGURE, "attempts/year"),
        Column("change", say("Change"), Kind.FIGURE, "attempts/year"),
    )
    note = say(
        "Left out here: {number} pairs of section and threat where nobody crosses, before or with the plan."
    )
    caption = say("Attempts a year that cross in each section")
    return Table("flow_by_section", caption, columns, frame, "is_quiet", note)


def _by_quarter(content: Content, language: Language) -> Table:
    say = language.say
    columns = (
        Column("quarter", say("Quarter"), Kind.QUARTER),
        Column("without_plan", say("Without the plan"), Kind.FIGURE, "attempts"),
        Column("with_plan", say("With the plan"), Kind.FIGURE, "attempts"),
    )
    return Table("by_quarter", say("Attempts that get through in each quarter"), columns, content.by_quarter)


def _swings(content: Content, language: Language) -> Table:
    say = language.say
    frame = summaries.most_influential(content.swings, len(content.swings))
    frame["said"] = words.assumptions(language, frame)
    frame["unit_said"] = [
        words.unit(language, unit, what) for unit, what in zip(frame["unit"], frame["what"], strict=True)
    ]
    frame["sources"] = [", ".join(ids) for ids in frame["source_ids"]]
    frame["place"] = [f"{table}: {row}" for table, row in zip(frame["table"], frame["row"], strict=True)]
    frame["basis"] = [
        f"{reasoning.strip().rstrip('.')}. [{place}]" if reasoning.strip() else f"[{place}]"
        for reasoning, place in zip(frame["reasoning"], frame["place"], strict=True)
    ]
    frame["is_quiet"] = frame["swing"] < LEAST_FLOW
    columns = (
        Column("said", say("Assumption, why, and its row in the data"), Kind.TEXT, under="basis"),
        Column("table", say("Table"), Kind.CODE, on_page=False),
        Column("row", say("Row"), Kind.CODE, on_page=False),
        Column("low", say("Low"), Kind.FIGURE),
        Column("likely", say("Likely"), Kind.FIGURE),
        Column("high", say("High"), Kind.FIGURE),
        Column("unit_said", say("Unit"), Kind.TEXT),
        Column("value_low", say("Value when low"), Kind.FIGURE, "attempts"),
        Column("value_high", say("Value when high"), Kind.FIGURE, "attempts"),
        Column("swing", say("Swing"), Kind.FIGURE, "attempts", on_page=False),
        Column("is_assumption", say("Assumed"), Kind.TRUTH),
        Column("sources", say("Sources"), Kind.CODE),
        Column("reasoning", say("Reasoning"), Kind.DATA_TEXT, on_page=False),
    )
    caption = say(
        "Assumptions by how far they move the value of the fixed plan, in a year with the plan complete"
    )
    note = say("Left out here: {number} assumptions whose low and high values leave the value where it is.")
    return Table("assumptions", caption, columns, frame, "is_quiet", note)


def _comparison(content: Content, language: Language) -> Table:
    say = language.say
    columns = (
        Column("name", say("What is built"), Kind.TEXT),
        Column("value", say("Attempts that get through"), Kind.FIGURE, "attempts"),
    )
    frame = summaries.comparison(content, language)
    return Table("comparison", say("The plan beside simpler ways to spend the same money"), columns, frame)
