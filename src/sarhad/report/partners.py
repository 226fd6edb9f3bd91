"""What each partner is asked for: the pages at the end of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from sarhad.report import summaries
from sarhad.report.binding import Tail, tail
from sarhad.report.content import Content
from sarhad.report.language import Language
from sarhad.report.table import Column, Kind, Table

YEAR_OF_QUARTERS = 4


@dataclass(frozen=True)
class Waiting:
    """Work that starts up to a quarter: how many items, the partner's money for them, how many of each measure."""

    until: str
    items: int
    usd: float
    kinds: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Ask:
    """One partner's page.

    Parameters
    ----------
    id, name
        Of the partner.
    asked_usd, capital_usd, upkeep_usd, offered_usd, tail_usd
        Money of the horizon; tail_usd a year after it.
    tail
        What of its upkeep money after the horizon is asked; None where it offers none.
    first_quarter
        When work that it pays for starts first; blank when it pays for nothing.
    waits
        What waits for its decision: what starts in that quarter, and what within four quarters.
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
    tail: Tail | None
    first_quarter: str
    waits: tuple[Waiting, ...]
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
        first = min(items.frame["start_quarter"], default="")
        offered = float(rows["amount_usd"].sum())
        own = content.partners[content.partners["id"] == partner["id"]]
        pages.append(
            Ask(
                id=partner["id"],
                name=language.name(partner),
                asked_usd=float(rows["asked_usd"].sum()),
                capital_usd=float(rows["capital_usd"].sum()),
                upkeep_usd=float(rows["upkeep_usd"].sum()),
                offered_usd=offered,
                tail_usd=float(partner["tail_upkeep_usd"]),
                tail=tail(own, offered / max(1, len(rows))),
                first_quarter=first,
                waits=_waits(items.frame, first, content.identity.quarters),
                by_year=made["money"].only(rows, caption=caption, without=("partner_id", "partner")),
                items=items,
            )
        )
    return tuple(pages)


def _waits(items: pd.DataFrame, first: str, quarters: Sequence[str]) -> tuple[Waiting, ...]:
    """Return what starts in the first quarter, and what in the four from there on where that is more."""
    if not first:
        return ()
    at = list(quarters).index(first)
    untils = (first, quarters[min(at + YEAR_OF_QUARTERS, len(quarters)) - 1])
    found = []
    for until in untils:
        due = items[items["start_quarter"] <= until]
        kinds = due["name"].value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
        found.append(
            Waiting(
                until,
                len(due),
                float(due["share_usd"].sum()),
                tuple((str(n), int(c)) for n, c in kinds.items()),
            )
        )
    return tuple(found) if found[1].items > found[0].items else (found[0],)


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
