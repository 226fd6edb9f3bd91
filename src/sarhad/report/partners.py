"""What each partner is asked for: the pages at the end of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sarhad.report import summaries
from sarhad.report.content import Content
from sarhad.report.language import Language
from sarhad.report.table import Column, Kind, Table


@dataclass(frozen=True)
class Ask:
    """One partner's page.

    Parameters
    ----------
    id, name
        Of the partner.
    asked_usd, capital_usd, upkeep_usd, offered_usd, tail_usd
        Money of the horizon; tail_usd a year after it.
    first_quarter
        When work that it pays for starts first; blank when it pays for nothing.
    by_year, items
        Its money by year, and what it pays for by start.
    """

    id: str
    name: str
    asked_usd: float
    capital_usd: float
    upkeep_usd: float
    offered_usd: float
    tail_usd: float
    first_quarter: str
    by_year: Table
    items: Table


def asks(content: Content, language: Language, made: Mapping[str, Table]) -> tuple[Ask, ...]:
    """Return a page per partner with a budget or a payment, in the order of the partners."""
    money = made["money"].frame
    pages = []
    for partner in content.partners.to_dict("records"):
        rows = money[money["partner_id"] == partner["id"]]
        if rows.empty:
            continue
        items = _items(content, language, partner["id"], made["items"].frame)
        caption = language.say("{name} by year (M USD)", name=language.name(partner))
        pages.append(
            Ask(
                id=partner["id"],
                name=language.name(partner),
                asked_usd=float(rows["asked_usd"].sum()),
                capital_usd=float(rows["capital_usd"].sum()),
                upkeep_usd=float(rows["upkeep_usd"].sum()),
                offered_usd=float(rows["amount_usd"].sum()),
                tail_usd=float(partner["tail_upkeep_usd"]),
                first_quarter=min(items.frame["start_quarter"], default=""),
                by_year=made["money"].only(rows, caption=caption, without=("partner_id", "partner")),
                items=items,
            )
        )
    return tuple(pages)


def _items(content: Content, language: Language, partner_id: str, items: pd.DataFrame) -> Table:
    say = language.say
    paid = summaries.paid_in_horizon(content)
    paid = paid[paid["partner_id"] == partner_id]
    sums = paid.pivot_table(index="item_id", columns="kind", values="usd", aggfunc="sum", fill_value=0)
    sums = sums.reindex(columns=["capital", "upkeep"], fill_value=0).reset_index()
    frame = items.merge(sums, on="item_id").sort_values(["start_quarter", "item_id"])
    frame["share_usd"] = frame["capital"] + frame["upkeep"]
    columns = (
        Column("start_quarter", say("Money needed from"), Kind.QUARTER),
        Column("operating_quarter", say("In operation"), Kind.QUARTER),
        Column("item_id", say("Item"), Kind.CODE),
        Column("name", say("Measure"), Kind.TEXT),
        Column("section", say("Section"), Kind.CODE),
        Column("capital", say("To build"), Kind.USD, "USD"),
        Column("upkeep", say("Upkeep"), Kind.USD, "USD"),
        Column("share_usd", say("In all"), Kind.USD, "USD"),
    )
    return Table(
        f"items_{partner_id}", say("What it pays for, by the quarter work starts (M USD)"), columns, frame
    )
