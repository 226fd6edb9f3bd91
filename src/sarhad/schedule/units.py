"""The activities that the items of a plan need: done once for the programme, a partner, a lot, or an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Work:
    """An item that is to be carried out.

    Parameters
    ----------
    id, measure, section
        Of the item; no section: "".
    lot
        Items of one measure, lead payer and start are bought together.
    lead, shares
        The partner who pays most of its capital, and the share [0..1] of each who pays.
    altitude_m
        Of its site, or of a middling site of its section.
    release, due
        Period in which the plan starts it, and in which it is to operate.
    capital
        Low, likely and high, dollars.
    months
        From order to acceptance: low, likely and high.
    """

    id: str
    measure: str
    section: str
    lot: str
    lead: str
    shares: Mapping[str, float]
    altitude_m: float
    release: int
    due: int
    capital: tuple[float, float, float]
    months: tuple[float, float, float]


@dataclass(frozen=True)
class Unit:
    """An activity: a row of the table activity_template for some items.

    Parameters
    ----------
    id
        Of the activity.
    row
        Its template.
    works
        The items it is for, at least one.
    partner
        Scope partner: the partner; else the lead payer of its items.
    """

    id: str
    row: Row
    works: tuple[Work, ...]
    partner: str

    @property
    def scope(self) -> str:
        """Return what it is done once for."""
        return str(self.row["scope"])

    @property
    def is_shared(self) -> bool:
        """Return whether it is for the programme or a partner, not for items of one lot."""
        return self.scope in ("programme", "partner")


def units(template: pd.DataFrame, works: Sequence[Work]) -> list[Unit]:
    """Return all activities, in order of template, then of lot or item."""
    rows = [{str(k): v for k, v in row.items()} for row in template.sort_values("id").to_dict("records")]
    return [unit for row in rows for unit in _of_row(row, works)]


def _of_row(row: Row, works: Sequence[Work]) -> Iterator[Unit]:
    own = [work for work in works if _needs(row, work)]
    name, partners = str(row["id"]), row["partner_ids"]
    if row["scope"] == "programme" and own:
        yield Unit(name, row, tuple(own), "")
    elif row["scope"] == "partner":
        payers = sorted({p for work in own for p in work.shares if not partners or p in partners})
        for payer in payers:
            paid = tuple(work for work in own if payer in work.shares)
            yield Unit(name if len(partners) == 1 else f"{name}-{payer}", row, paid, payer)
    elif row["scope"] == "lot":
        for lot in sorted({work.lot for work in own}):
            inside = tuple(work for work in own if work.lot == lot)
            yield Unit(f"{name}/{lot}", row, inside, inside[0].lead)
    elif row["scope"] == "item":
        for work in own:
            yield Unit(f"{name}/{work.id}", row, (work,), work.lead)


def _needs(row: Row, work: Work) -> bool:
    """Return whether an item needs the activities of a row."""
    payers = {*work.shares} if row["scope"] in ("programme", "partner") else {work.lead}
    return (
        (not row["measure_ids"] or work.measure in row["measure_ids"])
        and (not row["section_ids"] or work.section in row["section_ids"])
        and (not row["partner_ids"] or bool(payers & {*row["partner_ids"]}))
    )


class Follow:
    """Finds the activities that one follows."""

    def __init__(self, all_units: Sequence[Unit]) -> None:
        self.units = all_units
        self.by_template: dict[str, list[int]] = {}
        self.by_lot: dict[tuple[str, str], list[int]] = {}
        self.by_item: dict[tuple[str, str], int] = {}
        for k, unit in enumerate(all_units):
            name = str(unit.row["id"])
            self.by_template.setdefault(name, []).append(k)
            if not unit.is_shared:
                self.by_lot.setdefault((name, unit.works[0].lot), []).append(k)
            if unit.scope == "item":
                self.by_item[name, unit.works[0].id] = k

    def before(self, unit: Unit, template: str) -> list[int]:
        """Return the activities of a template that a unit follows, by number.

        What is done for an item follows what is done for it and for its lot; what is done for a lot follows what is
        done for all items of the lot; and both follow the activities of those who pay.
        """
        known = self.by_template.get(template, [])
        if not known:
            return []
        if not self.units[known[0]].is_shared:
            if unit.is_shared:
                return []
            if unit.scope == "item" and self.units[known[0]].scope == "item":
                own = self.by_item.get((template, unit.works[0].id))
                return [] if own is None else [own]
            return self.by_lot.get((template, unit.works[0].lot), [])
        payers = {p for work in unit.works for p in work.shares}
        payers = {unit.partner} if unit.scope == "partner" else payers
        return [k for k in known if self.units[k].scope == "programme" or self.units[k].partner in payers]
