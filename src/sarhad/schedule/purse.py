"""The money of a plan's activities: a stock for each partner and what it may pay for, and receipts that fill it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from sarhad.schedule.units import Unit, Work
from sarhad.schedule.zones import as_day

CENT = 0.01  # of a dollar, by which rounding may fall short of a whole one
MOST_NAMED = 4  # measures in the name of a stock


@dataclass(frozen=True)
class Purse:
    """Who pays out of what.

    Parameters
    ----------
    names
        Of the stocks: the partner, and where its money is not all for the same items, their measures.
    amounts
        Dollars that ever come in, by stock.
    receipts
        Dollars, first period, first period no longer (-1: never), stocks: as a project takes them; None: all of it is
        there from the first period to the last.
    stock_of
        Number of the stock, by partner and item.
    """

    names: tuple[str, ...]
    amounts: tuple[int, ...]
    receipts: tuple[tuple[int, int, int, tuple[int, ...]], ...] | None
    stock_of: Mapping[tuple[str, str], int]

    def bill(self, unit: Unit, cost: float) -> list[int]:
        """Return whole dollars by stock of a cost that the items of a unit share, each rounded down."""
        shares = [0.0] * len(self.names)
        whole = sum(work.capital[1] for work in unit.works)
        for work in unit.works if whole > 0 else ():
            for partner, share in work.shares.items():
                shares[self.stock_of[partner, work.id]] += share * work.capital[1] / whole
        return [int(cost * share + CENT) for share in shares]


def purse(money: pd.Series[int] | pd.DataFrame, works: Sequence[Work], begin: date) -> Purse:
    """Return the stocks and receipts of a plan's items.

    Parameters
    ----------
    money
        One row for each sum: partner_id, usd, opens (first day), closes (last day, blank: none), item_ids. Or dollars by
        partner, for all of its items at any time.
    works
        The items, with the share of each partner.
    begin
        Day of period 0.

    Notes
    -----
    Items that the same sums of a partner may pay for share a stock. A sum may serve several stocks.
    """
    if isinstance(money, pd.Series):
        names = tuple(sorted(str(partner) for partner in money.index))
        number = {partner: n for n, partner in enumerate(names)}
        of = {(partner, work.id): number[partner] for work in works for partner in work.shares}
        return Purse(names, tuple(int(money[partner]) for partner in names), None, of)
    rows = [row for row in money.to_dict("records") if row["usd"] > 0 and _span(row, begin) is not None]
    reach: dict[tuple[str, tuple[int, ...]], list[Work]] = {}
    for work in works:
        for partner in work.shares:
            own = [
                k for k, row in enumerate(rows) if row["partner_id"] == partner and work.id in row["item_ids"]
            ]
            reach.setdefault((partner, tuple(own)), []).append(work)
    groups = sorted(reach, key=lambda group: (group[0], min(work.id for work in reach[group])))
    count = {partner: sum(other == partner for other, _ in groups) for partner, _ in groups}
    receipts = []
    for k, row in enumerate(rows):
        opens, closes = _span(row, begin) or (0, 0)
        serves = tuple(n for n, (_, own) in enumerate(groups) if k in own)
        if serves:
            receipts.append((int(row["usd"]), opens, closes, serves))
    return Purse(
        names=tuple(p if count[p] == 1 else f"{p} ({_measures(reach[p, own])})" for p, own in groups),
        amounts=tuple(sum(int(rows[k]["usd"]) for k in own) for _, own in groups),
        receipts=tuple(receipts),
        stock_of={(group[0], work.id): n for n, group in enumerate(groups) for work in reach[group]},
    )


def _span(row: Mapping[Any, Any], begin: date) -> tuple[int, int] | None:
    """Return the first period in which money may be spent, and the first in which no longer; None where it never may."""
    opens = max(0, (as_day(row["opens"]) - begin).days)
    if row["closes"] is None or pd.isna(row["closes"]):
        return opens, -1
    closes = (as_day(row["closes"]) - begin).days + 1
    return (opens, closes) if closes > opens else None


def _measures(works: Sequence[Work]) -> str:
    names = sorted({work.measure for work in works})
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
