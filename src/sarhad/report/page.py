"""The page: content, figures and tables put into the template."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sarhad.report import fonts, palette, summaries
from sarhad.report.binding import binding, limits
from sarhad.report.content import Content
from sarhad.report.language import Language
from sarhad.report.notices import said
from sarhad.report.partners import asks
from sarhad.report.pictures import Picture
from sarhad.report.table import Column, Kind, Table

ITEMS_SHOWN = 15
KINDS_SHOWN = 5  # kinds of measure named in a sentence
SHORT_CODE = 14
LONG_TEXT = 120
NARROW_COLUMNS = 3  # a table of more columns becomes a card a row on a phone
INK = {
    name: value for name, value in vars(palette).items() if isinstance(value, str) and value.startswith("#")
}


@dataclass(frozen=True)
class Cell:
    """A cell of the page: what it says, how it is set, what stands small below it in the words of the data."""

    text: str
    style: str
    is_english: bool = False
    url: str = ""
    under: str = ""


def page(
    content: Content,
    language: Language,
    drawn: Mapping[str, Picture],
    made: Mapping[str, Table],
    others: Sequence[Language],
) -> str:
    """Return the whole page as one HTML text that needs nothing beside it."""
    environment = _environment()
    gain = math.nan if content.headline.gap_of_gain is None else content.headline.gap_of_gain
    rules = environment.get_template("report.css.j2").render(fonts=fonts.css(language.code), ink=INK)
    style = Markup(rules)  # noqa: S704 our own style sheet
    return environment.get_template("report.html.j2").render(
        content=content,
        identity=content.identity,
        headline=content.headline,
        language=language,
        others=others,
        say=language.say,
        pictures=drawn,
        tables=made,
        asks=asks(content, language, made),
        matrix=_matrix(content, language),
        money_words=limits(binding(content), language, summaries.horizon_years(content)),
        outcomes=_outcomes(content),
        search_end=_search_end(content, language),
        notices=[said(language, notice) for notice in content.notices],
        carried=summaries.carried_over(content),
        partner_names=language.names(content.partners, "id"),
        money=summaries.money_matrix(content),
        top=summaries.most_influential(content.swings),
        gain_secured=None if math.isnan(gain) else 1.0 - gain,
        years=summaries.horizon_years(content),
        title=language.name(
            {f"name_{k}": getattr(content.identity, f"title_{k}") for k in ("en", "ru", "ar")}
        ),
        credits=sorted(content.sources["credit"].dropna().unique()),
        view=lambda table: _view(table, language),
        items_shown=ITEMS_SHOWN,
        kinds_shown=KINDS_SHOWN,
        threat_names=[language.name(row) for row in content.threats.to_dict("records")],
        rasters=_rasters(content, language),
        style=style,
        families=", ".join(f'"{name}"' for name in fonts.families(language.code)),
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("sarhad.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _view(table: Table, language: Language) -> dict[str, Any]:
    """Return heads and rows of a table as the template wants them."""
    rows = table.shown.to_dict("records")
    columns = [c for c in table.columns if c.on_page]
    title = next((c for c in columns if c.kind in {Kind.TEXT, Kind.DATA_TEXT}), columns[0])
    left_out = len(table.frame) - len(rows)
    return {
        "heads": [Cell(c.heading, "number" if c.kind.is_number else c.kind.value) for c in columns],
        "rows": [[_set(c, row, language, is_title=c is title) for c in columns] for row in rows],
        "note": table.note.format(number=language.number(left_out)) if left_out else "",
        "stacks": len(columns) > NARROW_COLUMNS,
    }


def _set(column: Column, row: Mapping[Hashable, Any], language: Language, *, is_title: bool) -> Cell:
    """Return the cell of a row; the title stands above the others where a row becomes a card."""
    cell = _cell(column, row[column.key], language)
    under = str(row[column.under]) if column.under else ""
    return replace(cell, style=f"{cell.style} title" if is_title else cell.style, under=under)


def _cell(column: Column, value: Any, language: Language) -> Cell:
    style = "number" if column.kind.is_number else column.kind.value
    if column.kind is Kind.QUARTER:
        return Cell(language.quarter(value), style)
    if value is None or pd.isna(value):
        return Cell("–", style)
    if column.kind is Kind.TRUTH:
        return Cell(language.say("yes") if value else language.say("no"), style)
    written = {
        Kind.USD: lambda: language.millions(value, 2),
        Kind.SHARE: lambda: language.percent(value),
        Kind.KM: lambda: language.number(value, 1),
        Kind.FIGURE: lambda: language.figure(value),
        Kind.COUNT: lambda: language.number(value),
    }.get(column.kind, lambda: str(value))()
    is_english = column.kind in {Kind.CODE, Kind.DATA_TEXT, Kind.LINK}
    url = str(value) if column.kind is Kind.LINK and str(value).startswith(("https://", "http://")) else ""
    if column.kind is Kind.CODE and len(written) <= SHORT_CODE:
        style += " short"
    if column.kind is Kind.DATA_TEXT and len(written) > LONG_TEXT:
        style += " long"
    return Cell(written, style, is_english, url)


def _rasters(content: Content, language: Language) -> str:
    """Return which raster gave which share of the elevations, each kept in one piece between words of the page."""
    start, end = ("\u2066", "\u2069") if language.is_rtl else ("", "")
    return language.say(", ").join(
        f"{start}{content.ground.names.get(name, name)} {language.percent(share)}{end}"
        for name, share in content.ground.filled.items()
    )


def _outcomes(content: Content) -> Mapping[str, float]:
    """Return where all attempts of a year with the plan complete end, the threats together and unweighted."""
    threats = summaries.threats_of_a_year(content)
    return {
        "attempts": float(threats["attempts_after"].sum()),
        "detected": float((threats["attempts_after"] * threats["detected_after"]).sum()),
        "given_up": float(threats["given_up_after"].sum()),
        "through": float(threats["through_after"].sum()),
    }


def _search_end(content: Content, language: Language) -> str:
    """Return what ended the search, and after how long."""
    seconds = language.number(content.identity.seconds)
    if content.identity.stopped == "time":
        return language.say(
            "The search was ended by the clock after {seconds} seconds: another run may end with another plan.",
            seconds=seconds,
        )
    if content.identity.stopped == "interrupt":
        return language.say("A person ended the search after {seconds} seconds.", seconds=seconds)
    if content.identity.seconds > 0:
        return language.say("The search ended by itself after {seconds} seconds.", seconds=seconds)
    return language.say("What ended the search, and after how long, stands in the plan.json of its run.")


def _matrix(content: Content, language: Language) -> list[dict[str, Any]]:
    """Return a row per section: its name and detection before and after for each threat."""
    pairs = content.detection.set_index(["section_id", "threat_id"])[["before", "after"]]
    rows = []
    for section in content.sections.to_dict("records"):
        cells = [
            tuple(pairs.loc[(section["id"], threat)])
            if (section["id"], threat) in pairs.index
            else (None, None)
            for threat in content.threats["id"]
        ]
        rows.append({"id": section["id"], "name": language.name(section), "cells": cells})
    return rows
