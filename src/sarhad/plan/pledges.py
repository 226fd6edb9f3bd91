"""Read who pays for what: budgets, eligibility, and money with a string attached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sarhad.detection.instance import BoolArray, IntArray
from sarhad.plan.limits import Tied
from sarhad.plan.places import Places

if TYPE_CHECKING:
    from sarhad.programme import Programme


@dataclass(frozen=True)
class Money:
    """Partners and their money as the limits hold it; see `Terms`."""

    partners: tuple[str, ...]
    years: tuple[int, ...]
    budget: IntArray
    carries: BoolArray
    is_tail_paid: bool
    item_class: IntArray
    payers: BoolArray
    tied: Tied | None
    notices: tuple[str, ...]


def money(
    prog: Programme, items: pd.DataFrame, at: Places, quarter_year: IntArray, tail_years: float
) -> Money:
    """Return partners, years, whole dollars, what carries over, funding classes and tied money."""
    first, last = int(quarter_year[0]), int(quarter_year[-1])
    years = tuple(range(first, last + 1 + int(np.ceil(tail_years))))
    rows, pledges = prog["budget"], prog["pledge"].sort_values("id")
    rows = rows[rows["year"].isin(years) & (rows["amount_usd"] >= 1)]
    pledges, notices = usable(pledges, years)
    partners = tuple(sorted({*rows["partner_id"], *pledges["partner_id"]}))
    budget = np.zeros((len(partners), len(years)), dtype=np.int64)
    carries = np.zeros(budget.shape, dtype=np.bool_)
    for row in rows.sort_values("id").itertuples():
        here = partners.index(str(row.partner_id)), years.index(int(str(row.year)))
        budget[here] += int(float(str(row.amount_usd)))
        carries[here] |= bool(row.carries_over)
    carries[:, last - first :] = False
    eligible = _eligible(prog["eligibility"], items, partners)
    pays = _pays(pledges, at, eligible, partners)
    item_class, classes = _classes(np.concatenate([eligible, pays], axis=1))
    tied = None
    if len(pledges):
        tied = Tied(
            partner=np.array([partners.index(p) for p in pledges["partner_id"]], dtype=np.int64),
            year=_index(pledges["year"], years),
            first=_index(pledges["usable_from_year"], years),
            last=_index(pledges["usable_to_year"], years),
            usd=pledges["amount_usd"].to_numpy(np.float64).astype(np.int64),
            is_in_kind=pledges["is_in_kind"].to_numpy(np.bool_),
            pays=classes[:, len(partners) :],
        )
    is_tail_paid = bool((rows["year"] > last).any() or (pledges["usable_to_year"] > last).any())
    payers = classes[:, : len(partners)]
    return Money(partners, years, budget, carries, is_tail_paid, item_class, payers, tied, notices)


def usable(pledges: pd.DataFrame, years: tuple[int, ...]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the pledges that can be spent at all, blanks filled in, and what of them cannot."""
    first = pledges["usable_from_year"].fillna(pledges["year"]).astype("int64")
    last = pledges["usable_to_year"].fillna(pledges["year"]).astype("int64")
    known = pledges.assign(usable_from_year=first, usable_to_year=last)
    known["is_in_kind"] = known["is_in_kind"].fillna(False).astype(bool)
    in_time = (last >= years[0]) & (first <= years[-1]) & (known["amount_usd"] >= 1)
    late = known.loc[~in_time & (known["amount_usd"] >= 1), "id"].tolist()
    notice = (
        f"{len(late)} pledges cannot be spent in {years[0]}-{years[-1]}: {', '.join(late[:5])}",
    ) * bool(late)
    return known[in_time].reset_index(drop=True), notice


def _index(year: pd.Series, years: tuple[int, ...]) -> IntArray:
    """Return the indices of years, those before and after at the ends."""
    return np.asarray(year.to_numpy(np.int64).clip(years[0], years[-1]) - years[0], dtype=np.int64)


def _eligible(eligibility: pd.DataFrame, items: pd.DataFrame, partners: tuple[str, ...]) -> BoolArray:
    """Return who may pay for which item out of free money, shape (I, P)."""
    pays = set(zip(eligibility["partner_id"], eligibility["category"], strict=True))
    rows = [[(p, c) in pays for p in partners] for c in items["category"]]
    return np.array(rows, dtype=np.bool_).reshape(len(items), len(partners))


def _pays(pledges: pd.DataFrame, at: Places, eligible: BoolArray, partners: tuple[str, ...]) -> BoolArray:
    """Return which pledge may pay for which item, shape (I, G)."""
    result = np.zeros((len(at.measure), len(pledges)), dtype=np.bool_)
    for g, row in enumerate(pledges.to_dict("records")):
        measures = tuple(row["measure_ids"])
        result[:, g] = at.named(measures, row["section_ids"], row["regions"])
        if not measures:
            result[:, g] &= eligible[:, partners.index(str(row["partner_id"]))]
    return result


def _classes(reach: BoolArray) -> tuple[IntArray, BoolArray]:
    """Return the funding class of each item (I,), and what reaches each class (K, P + G), the most reached first."""
    keys = [tuple(row) for row in reach.tolist()]
    classes = sorted(set(keys), reverse=True)
    place = {key: k for k, key in enumerate(classes)}
    payers = np.array(classes, dtype=np.bool_).reshape(len(classes), reach.shape[1])
    return np.array([place[key] for key in keys], dtype=np.int64), payers
